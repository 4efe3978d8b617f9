"""Whether two lists speak of one document. Pure; the decision is in docs/decisions.

In this order: the agency's own key; an address that both name; a reference or announcement number; a docket, which is
only a candidate (one of FDA's is on 215 records); an ICH code; the same words; a title, last. Everything but the key
needs a second witness, and exactly one document that it could be: a wrong merge is worse than none.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from urllib.parse import urlsplit

from regintel.text.numbers import announcement_number, docket, notification_month_day
from regintel.text.titles import agree, title_words

LEAST_WORDS = 4
"""Words that a title must have to name a document by itself."""
LEAST_TEXT = 500
"""Characters that a body must have to name a document by itself."""
LAG_DAYS = 200
"""How much later a translation may come out: 32 and 50 days were seen on english.nmpa.gov.cn."""
LOOSELY = 0.5


class Described(Protocol):
    """A row, as far as it says which document it is."""

    @property
    def key(self) -> str: ...  # noqa: D102
    @property
    def url(self) -> str: ...  # noqa: D102
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def reference(self) -> str | None: ...  # noqa: D102
    @property
    def references(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def same_as(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def published(self) -> str | None: ...  # noqa: D102


@dataclass(frozen=True)
class Witness:
    """A document that another source knows, as that source last described it."""

    document: str
    agency: str
    language: str
    title: str
    published: str | None


@dataclass(frozen=True)
class Sameness:
    """Which document a row is, and what says so."""

    document: str
    reason: str


def identifiers(agency: str, issuer: str, row: Described, text_hash: str | None, text_length: int) -> Iterator[str]:
    """Yield everything under which another list may know the same document, strongest first."""
    yield f"key {agency} {row.key}"
    for address in (row.url, *row.same_as):
        yield f"url {canonical(address)}"
    for number in dict.fromkeys(filter(None, (row.reference, *row.references))):
        yield from _number(agency, issuer, number, row.published)
    if text_hash and text_length >= LEAST_TEXT:
        yield f"text {text_hash}"
    words = title_words(row.title)
    if len(words) >= LEAST_WORDS and row.published:
        yield f"title {agency} {row.published} {' '.join(sorted(words))}"


def canonical(address: str) -> str:
    """Return an address without what does not name the page: scheme, `www.`, fragment, a last slash.

    EMA serves a document under /en/documents/ and /system/files/documents/; both are one.

    >>> canonical("http://www.ema.europa.eu/system/files/documents/other/x_en.pdf")
    'ema.europa.eu/en/documents/other/x_en.pdf'
    """
    parts = urlsplit(address)
    path = re.sub(r"/{2,}", "/", parts.path).rstrip("/").replace("/system/files/documents/", "/en/documents/")
    query = f"?{parts.query}" if parts.query else ""
    return f"{(parts.hostname or '').removeprefix('www.')}{path}{query}"


def _number(agency: str, issuer: str, number: str, published: str | None) -> Iterator[str]:
    if docket(number) == number:
        yield f"docket {number}"
    elif number.startswith("ICH "):
        yield f"ich {number}"
    elif announcement_number(number) == number:
        yield f"number {agency} {issuer} {number}"
    elif notification_month_day(number):
        if published:  # its month and day are in the number, its year is not
            yield f"number {agency} {number} {published[:4]}"
    elif any(letter.isdigit() for letter in number):  # 事務連絡 and "Administrative Notice" number nothing
        yield f"number {agency} {number}"


def same_document(
    agency: str, language: str, row: Described, found: Mapping[str, Iterable[Witness]]
) -> Sameness | None:
    """Return which known document a row is, or none.

    :param found: for each of the row's identifiers, strongest first, the documents of other sources that bear it too.
    """
    for identifier, known in found.items():
        scheme, _, rest = identifier.partition(" ")
        witnesses = [each for each in known if _bears_out(scheme, agency, language, row, each)]
        if len({each.document for each in witnesses}) == 1:
            return Sameness(witnesses[0].document, f"{WORDS[scheme]}: {rest[:200]}")
    return None


WORDS = {
    "key": "the agency's own key",
    "url": "the same address, and titles agree",
    "number": "the same number",
    "docket": "the same docket, and titles agree",
    "ich": "the same ICH code, and titles agree",
    "text": "the same words",
    "title": "the same title and day",
}


def _bears_out(scheme: str, agency: str, language: str, row: Described, other: Witness) -> bool:
    """Return whether a shared identifier is borne out by what else is known."""
    if scheme == "key":
        return True
    if scheme == "ich":  # FDA's and MHRA's copies of an ICH text are documents of their own, with dockets and days
        return {agency, other.agency} == {"ich", "ema"} and agree(_bare(row.title), _bare(other.title), LOOSELY)
    if agency != other.agency:
        return False
    if scheme == "number" and language != other.language:
        return _translation_of(row, other)
    if scheme in {"text", "title"}:
        return language == other.language
    return agree(row.title, other.title)


def _translation_of(row: Described, other: Witness) -> bool:
    """Return whether two languages' days lie as far apart as an original and its translation do."""
    days = [_day(each) for each in (row.published, other.published)]
    return all(days) and abs((days[0] - days[1]).days) <= LAG_DAYS  # type: ignore[operator]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text and len(text) == len("2025-01-31") else None


def _bare(title: str) -> str:
    """Return the title of an ICH text without its code, which one agency writes and another does not."""
    return re.sub(r"\bICH\b|\b[QSEM]\d{1,2}[A-Z]?(\s*\(R\d\))?", " ", title)
