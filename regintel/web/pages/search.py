"""`/`: ask the index, narrow what was found, go to the passage."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from regintel.jobs.standing import standing
from regintel.search.modes import Mode
from regintel.vocabulary import SourceState
from regintel.web.asked import Asked, Narrowed, PageNumber, Sort
from regintel.web.desk import Desk, desk_of
from regintel.web.paper import Paper, paper_of
from regintel.web.results import results

router = APIRouter(include_in_schema=False)

FACETS = ("agency", "status", "modality", "topic", "language", "year")
SHOWN = 8
"""Values of a facet that are open to the eye; the rest is behind "more"."""


@router.get("/")
def search_page(
    request: Request,
    filters: Narrowed,
    desk: Annotated[Desk, Depends(desk_of)],
    paper: Annotated[Paper, Depends(paper_of)],
    q: Asked = "",
    mode: Mode | None = None,
    sort: Sort = "relevance",
    page: PageNumber = 1,
) -> HTMLResponse:
    """Show what answers a query."""
    with desk.reading() as index:
        found = results(index, desk, q, filters, mode=mode or Mode.HYBRID, sort=sort, page=page)
        stands = standing(index, desk.house)
    return paper.page(
        request, "search", q=q, mode=mode, modes=list(Mode), sort=sort, filters=filters, found=found, facets=FACETS,
        shown=SHOWN, standing=stands, broken=(SourceState.BROKEN, SourceState.BLOCKED),
    )  # fmt: skip
