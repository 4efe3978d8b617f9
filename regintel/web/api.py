"""The JSON beside the pages: the same queries, the contract's names."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from regintel.answers import change_answer, search_answer, show_answer, source_answer
from regintel.exceptions import UsageError
from regintel.jobs.ahead import Days, ahead, ahead_of
from regintel.jobs.standing import standing
from regintel.records import Labels
from regintel.search.modes import Mode
from regintel.store import matrix as matrix_store
from regintel.store import statistics as statistics_store
from regintel.store.deadlines import Deadline
from regintel.store.labels import labels_of
from regintel.store.runs import last_run
from regintel.store.told import told
from regintel.web import schema
from regintel.web.asked import AgencyOrAll, Asked, Day, KindOrAll, Narrowed, Word, day_or_none
from regintel.web.chart import months_until
from regintel.web.desk import Desk, desk_of
from regintel.web.log import logged
from regintel.web.pages.document import known_document
from regintel.web.pages.projects import LATELY, known_project
from regintel.web.pages.statistics import MONTHS

FAULTS: dict[int | str, dict[str, Any]] = {
    400: {"model": schema.Fault, "description": "Asked for under a name that is not this page's."},
    401: {"model": schema.Fault, "description": "A token is needed."},
    503: {"model": schema.Fault, "description": "There is no index, it is busy, or the question took too long."},
}
UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"model": schema.Fault, "description": "There is none."}}

router = APIRouter(prefix="/api", responses=FAULTS)
Opened = Annotated[Desk, Depends(desk_of)]
Answer = dict[str, object]


@router.get("/search", response_model=schema.SearchAnswer)
def search_json(
    filters: Narrowed,
    desk: Opened,
    q: Asked = "",
    mode: Annotated[Mode, Query()] = Mode.HYBRID,
    n: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 10,
    offset: Annotated[int, Query(ge=0, le=1_000_000, description="How many better ones to pass over.")] = 0,
) -> Answer:
    """Search the guidance index; without a query, list what the filters let pass, newest first."""
    with desk.reading() as index:
        return search_answer(desk.house.searcher.search(index, q, filters, mode=mode, count=n, offset=offset))


@router.get("/documents/{name:path}", response_model=schema.DocumentAnswer, responses=UNKNOWN)
def document_json(name: str, desk: Opened) -> Answer:
    """Return one document, by id or address: every version, label and change, and the bytes they were read from."""
    with desk.reading() as index:
        found = known_document(index, name)
        return show_answer(index, found, labels_of(index, [found.id]).get(found.id, Labels()))


@router.get("/changes", response_model=schema.ChangesAnswer)
def changes_json(
    desk: Opened,
    since: Day = "",
    agency: AgencyOrAll = "",
    kind: KindOrAll = "",
    project: Word = "",
    n: Annotated[int, Query(ge=1, le=5000, description="How many at most.")] = 1000,
) -> Answer:
    """Return the change log, newest first."""
    with desk.reading() as index:
        found = logged(index, desk.house, agency=agency, kind=kind, project=project, since=since)
    return {"changes": [change_answer(change) for change in found[:n]], "total": len(found)}


@router.get("/sources", response_model=schema.SourcesAnswer)
def sources_json(desk: Opened) -> Answer:
    """Return each source and its health."""
    sources = list(desk.house.sources.values())
    with desk.reading() as index:
        healths = standing(index, desk.house).healths
        last = [last_run(index, source.id) for source in sources]
    return {"sources": [source_answer(*each) for each in zip(sources, healths, last, strict=True)]}


@router.get("/deadlines", response_model=schema.DeadlinesAnswer)
def deadlines_json(desk: Opened, agency: AgencyOrAll = "", since: Day = "", until: Day = "") -> Answer:
    """Return the days to come; `since` another day than today, those from then on."""
    with desk.reading() as index:
        found = ahead(index, desk.house, agency=agency, since=day_or_none(since), until=day_or_none(until))
    days_left = Days(desk.house.clock.now().date())
    return {"deadlines": [_deadline(each, days_left) for each in found]}


@router.get("/projects/{name}", response_model=schema.ProjectAnswer, responses=UNKNOWN)
def project_json(name: str, desk: Opened) -> Answer:
    """Return a project's profile, what it was told lately, and the days ahead of it."""
    profile = known_project(desk.house, name)
    with desk.reading() as index:
        lately = told(index, name, LATELY)
        days = ahead_of(index, desk.house, profile)
    days_left = Days(desk.house.clock.now().date())
    return {
        "project": profile.model_dump(mode="json"),
        "told": [
            {
                "change": change_answer(each.change), "score": each.score, "must_not_miss": each.must_not_miss,
                "reasons": each.reasons, "told_at": each.at, "state": each.state,
            }
            for each in lately
        ],
        "deadlines": [_deadline(each, days_left) for each in days],
    }  # fmt: skip


@router.get("/matrix", response_model=schema.MatrixAnswer)
def matrix_json(desk: Opened, modality: Word = "") -> Answer:
    """Return topics by agencies: how many documents are in force, in draft, or neither."""
    if modality and modality not in {each.id for each in desk.house.taxonomy.modality}:
        raise UsageError(f"unknown modality {modality!r}")
    with desk.reading() as index:
        found = [asdict(each) for each in matrix_store.cells(index, modality or None)]
        read = sorted(standing(index, desk.house).read_agencies)
    return {"modality": modality or None, "read": read, "cells": found}


@router.get("/statistics", response_model=schema.StatisticsAnswer)
def statistics_json(desk: Opened) -> Answer:
    """Return the documents a month by agency, of two years, and the drafts that became final."""
    first = months_until(desk.house.clock.now().date(), MONTHS)[0]
    with desk.reading() as index:
        counted = [asdict(each) for each in statistics_store.months(index, first)]
        done = [asdict(each) for each in statistics_store.finished(index)]
        unknown = statistics_store.unfinished(index)
    return {"months": counted, "finished": done, "unknown": unknown}


def _deadline(each: Deadline, days_left: Days) -> Answer:
    document, now = each.document, each.document.current
    return {
        "document": document.id, "agency": document.agency, "kind": each.kind, "day": each.day,
        "days_left": days_left(each.day), "stands": each.stands, "was": each.was, "quoted": each.words,
        "others": [{"source": source, "day": day} for source, day in each.others], "title": now.title, "url": now.url,
        "status": now.status, "stage": now.stage, "language": document.language,
    }  # fmt: skip


def index_health(request: Request) -> schema.HealthAnswer:
    """Answer whoever asks whether the page is there; whether the index is well, `regintel doctor` tells."""
    del request
    return schema.HealthAnswer(status="ok")
