"""`/sources`: how each source stands; what could not be read stands first."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from regintel.jobs.standing import standing
from regintel.web.desk import Desk, desk_of
from regintel.web.paper import Paper, paper_of

router = APIRouter(include_in_schema=False)


@router.get("/sources")
def sources_page(
    request: Request, desk: Annotated[Desk, Depends(desk_of)], paper: Annotated[Paper, Depends(paper_of)]
) -> HTMLResponse:
    """Show the sources' health."""
    with desk.reading() as index:
        stands = standing(index, desk.house)
    return paper.page(request, "sources", standing=stands, sources=desk.house.sources)
