"""`/projects` and `/projects/{id}`: a profile, what it was told, what is ahead of it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from regintel.house import House
from regintel.notify.projects import Profile
from regintel.records import Labels
from regintel.store.database import Index
from regintel.store.deadlines import Deadline, deadlines
from regintel.store.labels import labels_of
from regintel.store.told import told
from regintel.vocabulary import Agency
from regintel.web.desk import Desk, desk_of
from regintel.web.pages.deadlines import Days
from regintel.web.paper import Paper, paper_of
from regintel.web.standing import standing

router = APIRouter(include_in_schema=False)

LATELY = 50


@router.get("/projects")
def projects_page(
    request: Request, desk: Annotated[Desk, Depends(desk_of)], paper: Annotated[Paper, Depends(paper_of)]
) -> HTMLResponse:
    """List the projects."""
    with desk.reading() as index:
        stands = standing(index, desk.house)
    return paper.page(request, "projects", projects=desk.house.projects, standing=stands)


@router.get("/projects/{name}")
def project_page(
    request: Request, name: str, desk: Annotated[Desk, Depends(desk_of)], paper: Annotated[Paper, Depends(paper_of)]
) -> HTMLResponse:
    """Show one project."""
    profile = known_project(desk.house, name)
    today = desk.house.clock.now().date()
    with desk.reading() as index:
        lately = told(index, name, LATELY)
        ahead = ahead_of(index, profile, today.isoformat())
        stands = standing(index, desk.house)
    return paper.page(
        request, "project", profile=profile, told=lately, lately=LATELY, deadlines=ahead, days_left=Days(today),
        standing=stands,
    )  # fmt: skip


def known_project(house: House, name: str) -> Profile:
    """Return a project.

    :raises HTTPException: 404, when there is none.
    """
    if name not in house.projects:
        raise HTTPException(404, "no project has this id")
    return house.projects[name]


def ahead_of(index: Index, profile: Profile, today: str) -> list[Deadline]:
    """Return the days to come of documents that bear one of the project's modalities and are of its agencies."""
    found = deadlines(index, today)
    labels = labels_of(index, [each.document for each in found])
    agencies = {*(profile.agencies or Agency), Agency.ICH}
    modalities = set(profile.modalities)
    return [
        each
        for each in found
        if each.agency in agencies
        and modalities & {label.id for label in labels.get(each.document, Labels()).modalities}
    ]
