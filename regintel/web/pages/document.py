"""`/documents/{id}`: one document, with the words that every statement rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from regintel.comparison import phrases
from regintel.jobs.standing import standing
from regintel.records import Change, Document, Labels, Version
from regintel.search.reading import reading
from regintel.store.database import Index, Row
from regintel.store.documents import changes, document, records_of, sightings, versions
from regintel.store.identities import merges
from regintel.store.labels import evidence, labels_of
from regintel.store.texts import passages_of, pdf_of
from regintel.vocabulary import ChangeKind
from regintel.web.asked import Asked
from regintel.web.desk import Desk, desk_of
from regintel.web.paper import FIELDS, Paper, paper_of

router = APIRouter(include_in_schema=False)

PART = 150
"""Passages on a page: about 100 kB, so that a book of 600 pages opens as fast as a leaflet."""
LONGEST_ID = 600


@dataclass(frozen=True)
class Dated:
    """A day of a document, and who says so in which words."""

    field: str
    day: str
    quoted: str | None
    """The agency's words that it was read from; none where its list has a field for it."""
    source: str
    """Whose version says so."""


@dataclass(frozen=True)
class Step:
    """One version in the history of a document."""

    version: Version
    change: Change | None
    differences: tuple[str, ...]
    records: Sequence[Row]


@router.get("/documents/{name:path}")
def document_page(
    request: Request,
    name: str,
    desk: Annotated[Desk, Depends(desk_of)],
    paper: Annotated[Paper, Depends(paper_of)],
    q: Asked = "",
    at: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> HTMLResponse:
    """Show a document; with `at`, the part of its text that holds this passage."""
    with desk.reading() as index:
        found = known_document(index, name)
        history = versions(index, found.id)
        passages = passages_of(index, found.current.text_hash)
        part = min(at, max(0, len(passages) - 1)) // PART
        told: dict[str, Any] = {
            "labels": labels_of(index, [found.id]).get(found.id, Labels()),
            "reasons": _reasons(evidence(index, found.id)),
            "steps": _steps(index, found, history),
            "sightings": sightings(index, found.id),
            "merges": merges(index, found.id),
            "pdf": pdf_of(index, found.current.text_hash),
            "standing": standing(index, desk.house),
        }
    telling = {each.source for each in history}
    behind = [each for each in told["standing"].unread if each.source in telling]
    return paper.page(
        request, "document", behind=behind, document=found, now=found.current, dates=_dates(found, history), q=q,
        passages=passages[part * PART : (part + 1) * PART], count=len(passages), part=part, size=PART,
        words=reading(q).words if q else [], today=desk.house.clock.now().date().isoformat(), **told,
    )  # fmt: skip


def known_document(index: Index, name: str) -> Document:
    """Return a document by its id, key or address.

    :raises HTTPException: 404, when there is none.
    """
    found = document(index, name) if len(name) <= LONGEST_ID and "\0" not in name else None
    if found is None:
        raise HTTPException(404, "no document has this id")
    return found


def _dates(found: Document, history: Sequence[Version]) -> list[Dated]:
    dates = []
    for field in FIELDS:
        day = found.first_seen if field == "first_seen" else getattr(found.current, field)
        if not day:
            continue
        said = [each for each in reversed(history) if getattr(each, field, None) == day]
        quoted = next((each.quoted[field] for each in said if field in each.quoted), None)
        source = "" if field == "first_seen" else said[0].source if said else found.source
        dates.append(Dated(field, day, quoted, source))
    return dates


def _reasons(rows: Sequence[Row]) -> Mapping[str, Sequence[Row]]:
    """Return the accepted labels and the nearest that were not, with what speaks for each."""
    kept = [row for row in rows if row["accepted"]]
    near = [row for row in rows if not row["accepted"] and row["score"] >= 0.1]
    return {"accepted": kept, "near": near[:8]}


def _steps(index: Index, found: Document, history: Sequence[Version]) -> list[Step]:
    """Return the versions, newest first, each with the change that led to it."""
    told = {each.version: each for each in changes(index, document_id=found.id)}
    return [
        Step(each, told.get(each.id), _differences(told.get(each.id)), records_of(index, each))
        for each in reversed(history)
    ]


def _differences(change: Change | None) -> tuple[str, ...]:
    if change is None or change.kind is ChangeKind.WITHDRAWN or not change.before:
        return ()
    after = change.after or {}
    return tuple(phrases({name: was for name, was in change.before.items() if name in after}, after))
