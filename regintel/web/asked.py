"""What a request may ask: every parameter with its bounds, so that what is too long or no text is told, not tried."""

import unicodedata
from typing import Annotated, Literal

from fastapi import Depends, Query, Request
from pydantic import AfterValidator, StringConstraints

from regintel.clock import iso, moment_of
from regintel.records import SearchFilters
from regintel.search.modes import Mode
from regintel.vocabulary import Agency, ChangeKind
from regintel.web.desk import desk_of

LONGEST = 1000
"""Characters of a query, by the contract."""


def _readable(text: str) -> str:
    """Return the text with its line breaks as spaces.

    :raises ValueError: when it holds control characters or half of a character.
    """
    plain = " ".join(text.splitlines()) if len(text.splitlines()) > 1 else text.replace("\t", " ").strip("\r\n")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in plain):
        raise ValueError("holds control characters")
    return plain


Word = Annotated[str, StringConstraints(max_length=100), AfterValidator(_readable)]
Day = Annotated[str, StringConstraints(max_length=40), AfterValidator(_readable)]
"""A day, or a moment as the command line takes it too."""
Month = Annotated[str, StringConstraints(pattern="^([0-9]{4}-(0[1-9]|1[0-2]))?$")]

Words = Annotated[list[Word], Query(max_length=20)]
Asked = Annotated[str, Query(max_length=LONGEST), AfterValidator(_readable)]
Name = Annotated[str, AfterValidator(_readable)]
Sort = Literal["relevance", "date"]
PageNumber = Annotated[int, Query(ge=1, le=500)]
AgencyOrAll = Annotated[Agency | Literal[""], Query()]
KindOrAll = Annotated[ChangeKind | Literal[""], Query()]
ModeAsked = Annotated[Mode, Query()]


async def narrowed(
    request: Request,
    agency: Annotated[Words, Query(description="fda, ema, mhra, pmda, nmpa or ich; may be repeated.")] = [],  # noqa: B006
    modality: Annotated[Words, Query(description="A modality's id; may be repeated.")] = [],  # noqa: B006
    topic: Annotated[Words, Query(description="A CMC topic's id; may be repeated.")] = [],  # noqa: B006
    status: Annotated[Words, Query(description="The agency's word, or ours: draft, final, withdrawn …")] = [],  # noqa: B006
    language: Annotated[Words, Query(description="en, ja or zh.")] = [],  # noqa: B006
    source: Annotated[Words, Query(description="A source's id.")] = [],  # noqa: B006
    document_type: Annotated[Words, Query(alias="type", description="A type of document, as `show` tells it.")] = [],  # noqa: B006
    since: Annotated[Day, Query(description="Issued on this day (ISO) or later.")] = "",
    until: Annotated[Day, Query(description="Issued on this day (ISO) or earlier.")] = "",
) -> SearchFilters:
    """Return what a search is narrowed to.

    :raises UsageError: for an id that there is not.
    """
    lists = {
        "agency": agency, "modality": modality, "topic": topic, "status": status, "language": language,
        "source": source, "document_type": document_type,
    }  # fmt: skip
    wanted = {name: tuple(dict.fromkeys(filter(None, each))) for name, each in lists.items()}
    house = desk_of(request).house
    return house.checked(SearchFilters(**wanted, since=since or None, until=until or None))


Narrowed = Annotated[SearchFilters, Depends(narrowed)]


def day_or_none(text: str) -> str | None:
    """Return the day that was asked for, none where none was.

    :raises UsageError: when it is no ISO day or moment.
    """
    return iso(moment_of(text))[:10] if text else None
