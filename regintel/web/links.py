"""Addresses: our own pages', and others' as far as they may be followed."""

from collections.abc import Iterable
from urllib.parse import quote, urlencode

from regintel.notify.mrkdwn import link

Pairs = tuple[tuple[str, str], ...]


def document_link(name: str, query: str = "", passage: int | None = None) -> str:
    """Return the address of a document's page, at a passage where one is named."""
    path = f"/documents/{quote(name, safe=':/')}"
    told = [("q", query)] if query else []
    if passage is not None:
        told.append(("at", str(passage)))
    return path + (f"?{urlencode(told)}" if told else "") + (f"#p{passage}" if passage is not None else "")


def outside(url: str | None, page: int | None = None) -> str:
    """Return an agency's address as it may be followed, at a page of its PDF; empty where it is no plain http(s)."""
    safe = link(url or "")
    return f"{safe.partition('#')[0]}#page={page}" if safe and page else safe


class Here:
    """The page that is shown and what was asked of it, so that links can change one thing of it."""

    def __init__(self, path: str, asked: Iterable[tuple[str, str]]) -> None:
        self.path = path
        self.asked: Pairs = tuple((name, value) for name, value in asked if value)

    def plus(self, name: str, value: object) -> str:
        """Return the address with one value more; the paging begins anew."""
        return self._address([*self._but("page"), (name, str(value))])

    def minus(self, name: str, value: object) -> str:
        """Return the address without one value; the paging begins anew."""
        return self._address(pair for pair in self._but("page") if pair != (name, str(value)))

    def having(self, **values: object) -> str:
        """Return the address with these values in place of those that it has; an empty one leaves the name out."""
        kept = self._but("page", *values)
        return self._address([*kept, *((name, str(value)) for name, value in values.items() if value)])

    def has(self, name: str, value: object) -> bool:
        """Return whether this was asked."""
        return (name, str(value)) in self.asked

    def kept(self, *leaving: str) -> list[tuple[str, str]]:
        """Return what a form has to carry on, without the fields that it shows itself."""
        return self._but("page", *leaving)

    def json(self, path: str) -> str:
        """Return the address of the same in JSON."""
        return f"{path}?{urlencode(self.asked)}" if self.asked else path

    def _but(self, *names: str) -> list[tuple[str, str]]:
        return [pair for pair in self.asked if pair[0] not in names]

    def _address(self, pairs: Iterable[tuple[str, str]]) -> str:
        told = urlencode(list(pairs))
        return f"{self.path}?{told}" if told else self.path
