"""One archived response, and what it was the answer to."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, unquote, unquote_to_bytes, urlsplit

from regintel.archive import Headers

STAMP = "%Y%m%d%H%M%S"


@dataclass(frozen=True)
class Request:
    """What an archived response was the answer to, or what a client asks."""

    method: str
    url: str
    body: bytes = b""
    content_type: str = ""

    @property
    def fields(self) -> list[tuple[str, str]] | None:
        """The fields of a form, in an order of their own; none when it is no form."""
        if not self.content_type.lower().startswith("application/x-www-form-urlencoded"):
            return None
        text = self.body.decode("latin-1")  # a character a byte, whatever the form's encoding is
        return sorted(parse_qsl(text, keep_blank_values=True, encoding="latin-1"))

    def sends_the_same(self, other: "Request") -> bool:
        """Tell whether both send the same body: byte for byte, or as a form whose fields may stand in any order."""
        return self.body == other.body or (self.fields is not None and self.fields == other.fields)


@dataclass(frozen=True)
class Capture:
    """One archived response, its body left where it lies."""

    request: Request
    stamp: str
    """YYYYMMDDhhmmss, UTC."""
    status: int
    headers: Headers
    read: Callable[[], bytes]
    fits: Callable[[Request], bool]
    """Tells whether a request of this address and method is the one that was answered."""
    since: str
    """The stamp from which these bytes stood: earlier than `stamp` when a 304 renewed them."""
    pattern: re.Pattern[str] | None = None
    """Answers every address that this is found in."""

    def covers(self, url: str) -> bool:
        """Tell whether the capture's pattern is found in an address, as sent or percent-decoded."""
        return self.pattern is not None and bool(self.pattern.search(url) or self.pattern.search(unquote(url)))


def canonical(url: str) -> str:
    """Return an address without what makes no difference: scheme, default port, trailing slash, percent-encoding.

    An address that cannot be taken apart stays as it is.
    """
    try:
        parts = urlsplit(url.rstrip("/"))
    except ValueError:
        return url
    host = re.sub(r":(80|443)?$", "", parts.netloc.lower())
    path = re.sub(r"[^/]+", lambda part: _encoded(part[0]), parts.path).rstrip("/")
    query = re.sub(r"[^&=]+", lambda part: _encoded(part[0].replace("+", " ")), parts.query)
    return f"{host}{path}?{query}"


def _encoded(part: str) -> str:
    return quote(unquote_to_bytes(part), safe="")


def moment(stamp: str) -> datetime:
    """Read a stamp of fourteen digits.

    :raises ValueError: when it is none.
    """
    return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
