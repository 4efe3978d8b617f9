"""`/deadlines`: what is still to come, as a list and as a calendar."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from regintel.store.deadlines import deadlines
from regintel.vocabulary import Agency
from regintel.web.asked import AgencyOrAll, Month
from regintel.web.desk import Desk, desk_of
from regintel.web.month import month as month_of
from regintel.web.paper import Paper, paper_of
from regintel.web.standing import standing

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
    with desk.reading() as index:
        found = deadlines(index, shown if calendar else today.isoformat())
        stands = standing(index, desk.house)
    wanted = [each for each in found if not agency or each.agency == agency]
    return paper.page(
        request, "deadlines", deadlines=wanted, days_left=_days_left(today), today=today, agencies=list(Agency),
        agency=agency, month=month_of(shown, wanted) if calendar else None, standing=stands,
    )  # fmt: skip


def _days_left(today: date) -> "Days":
    return Days(today)


class Days:
    """Counts days from today."""

    def __init__(self, today: date) -> None:
        self._today = today

    def __call__(self, day: str) -> int | None:
        """Return how many days it is to a day; none where only its month is known."""
        return (date.fromisoformat(day) - self._today).days if len(day) == len("2025-01-31") else None
