"""`/feeds/…`: changes as Atom, deadlines as a calendar, of everybody and of each project.

Readers ask again and again, so each file has an ETag of its bytes, which are the same as long as the index is.
"""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response

from regintel.jobs.feeds import FeedDesk
from regintel.store.database import Index
from regintel.web.api import FAULTS, UNKNOWN
from regintel.web.desk import Desk, desk_of
from regintel.web.pages.projects import known_project

ATOM, CALENDAR = "application/atom+xml; charset=utf-8", "text/calendar; charset=utf-8"

router = APIRouter(prefix="/feeds", responses=FAULTS, default_response_class=Response, include_in_schema=False)
Opened = Annotated[Desk, Depends(desk_of)]
Known = Annotated[str, Header(alias="if-none-match")]


@router.get("/changes.atom")
def changes_feed(desk: Opened, known: Known = "") -> Response:
    """Return every agency's newest changes as Atom."""
    with desk.reading() as index:
        return _file(_feeds(desk, index).changes(), ATOM, known)


@router.get("/deadlines.ics")
def deadlines_feed(desk: Opened, known: Known = "") -> Response:
    """Return comment deadlines and effective dates as a calendar."""
    with desk.reading() as index:
        return _file(_feeds(desk, index).deadlines(), CALENDAR, known)


@router.get("/{name}.atom", responses=UNKNOWN)
def project_feed(name: str, desk: Opened, known: Known = "") -> Response:
    """Return the newest of what matters to a project as Atom."""
    profile = known_project(desk.house, name)
    with desk.reading() as index:
        return _file(_feeds(desk, index).project(profile), ATOM, known)


@router.get("/{name}.ics", responses=UNKNOWN)
def project_calendar(name: str, desk: Opened, known: Known = "") -> Response:
    """Return the days ahead of a project as a calendar."""
    profile = known_project(desk.house, name)
    with desk.reading() as index:
        return _file(_feeds(desk, index).deadlines(profile), CALENDAR, known)


def _feeds(desk: Desk, index: Index) -> FeedDesk:
    house = desk.house
    return FeedDesk(
        index, list(house.sources.values()), house.names, house.config.settings.notify, house.clock, house.glossary
    )


def _file(content: bytes, media_type: str, known: str) -> Response:
    """Return a file, or that the reader's copy still stands."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "no-cache"}
    if tag in (each.strip().removeprefix("W/") for each in known.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)
