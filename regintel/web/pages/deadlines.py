"""`/deadlines`: what is still to come, as a list and as a calendar."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from regintel.jobs.ahead import Days, ahead
from regintel.jobs.standing import standing
from regintel.vocabulary import Agency
from regintel.web.asked import AgencyOrAll, Month
from regintel.web.desk import Desk, desk_of
from regintel.web.month import month as month_of
from regintel.web.paper import Paper, paper_of

router = APIRouter(include_in_schema=False)


@router.get("/deadlines")
def deadlines_page(
    request: Request,
    desk: Annotated[Desk, Depends(desk_of)],
    paper: Annotated[Paper, Depends(paper_of)],
    agency: AgencyOrAll = "",
    month: Month = "",
    view: Literal["", "list", "calendar"] = "",
) -> HTMLResponse:
    """Show days to come; of a month that is named, all of its days."""
    today = desk.house.clock.now().date()
    shown = month if "0002" <= month < "9999" else f"{today:%Y-%m}"
    calendar = view == "calendar" or bool(month)
    span = {"since": f"{shown}-01", "until": f"{shown}-31"} if calendar else {}
    with desk.reading() as index:
        found = ahead(index, desk.house, agency=agency, **span)
        stands = standing(index, desk.house)
    return paper.page(
        request, "deadlines", deadlines=found, days_left=Days(today), today=today, agencies=list(Agency),
        agency=agency, month=month_of(shown, found) if calendar else None, standing=stands,
    )  # fmt: skip
