"""`/statistics`: charts, each beside the table of its figures."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from regintel.jobs.standing import standing
from regintel.store.statistics import finished, months, unfinished
from regintel.vocabulary import Agency
from regintel.web.chart import months_between, months_until, rows, strips
from regintel.web.desk import Desk, desk_of
from regintel.web.paper import Paper, paper_of

router = APIRouter(include_in_schema=False)

MONTHS = 24
WIDTH, HEIGHT = 720, 44


@router.get("/statistics")
def statistics_page(
    request: Request, desk: Annotated[Desk, Depends(desk_of)], paper: Annotated[Paper, Depends(paper_of)]
) -> HTMLResponse:
    """Show how much each agency publishes, and how long its drafts take."""
    shown = months_until(desk.house.clock.now().date(), MONTHS)
    with desk.reading() as index:
        counted = {(each.agency, each.month): each.count for each in months(index, shown[0])}
        done, without = finished(index), unfinished(index)
        stands = standing(index, desk.house)
    took = {each.document: months_between(each.draft, each.final) for each in done}
    longest = max(took.values(), default=0.0)
    durations = {agency.value: [took[each.document] for each in done if each.agency == agency] for agency in Agency}
    agencies = [each.value for each in Agency]
    return paper.page(
        request, "statistics", months=shown, counts=counted, agencies=agencies, width=WIDTH, height=HEIGHT,
        rows=rows(agencies, shown, counted, WIDTH, HEIGHT), finished=done, took=took, without=without,
        strips=strips(durations, longest, WIDTH), longest=longest, standing=stands,
    )  # fmt: skip
