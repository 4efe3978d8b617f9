"""`/projects` and `/projects/{id}`: a profile, what it was told, what is ahead of it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from regintel.house import House
from regintel.jobs.ahead import Days, ahead_of
from regintel.jobs.standing import standing
from regintel.notify.projects import Profile
from regintel.store.told import told
from regintel.web.desk import Desk, desk_of
from regintel.web.paper import Paper, paper_of

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
        ahead = ahead_of(index, desk.house, profile)
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
