"""A month as a calendar shows it."""

from calendar import Calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from regintel.jobs.ahead import day_of
from regintel.store.deadlines import Deadline


@dataclass(frozen=True)
class Month:
    """The weeks of a month, Monday first, with what falls on each day."""

    year: int
    number: int
    weeks: tuple[tuple[date, ...], ...]
    days: dict[date, tuple[Deadline, ...]]
    undated: tuple[Deadline, ...]
    """What the agency gives the month of, and no day."""

    @property
    def name(self) -> str:
        """As people write it."""
        return f"{date(self.year, self.number, 1):%B} {self.year}"

    @property
    def before(self) -> str:
        """The month before, `YYYY-MM`."""
        return f"{date(self.year, self.number, 1) - timedelta(days=1):%Y-%m}"

    @property
    def after(self) -> str:
        """The month after, `YYYY-MM`."""
        return f"{date(self.year, self.number, 28) + timedelta(days=4):%Y-%m}"


def month(text: str, found: Iterable[Deadline]) -> Month:
    """Return a month with the deadlines in it.

    :param text: `YYYY-MM`.
    """
    year, number = (int(part) for part in text.split("-"))
    days: dict[date, tuple[Deadline, ...]] = {}
    undated = []
    for each in found:
        day = day_of(each.day)
        if day is not None:
            days[day] = (*days.get(day, ()), each)
        elif each.day.startswith(text):
            undated.append(each)
    weeks = tuple(tuple(week) for week in Calendar().monthdatescalendar(year, number))
    return Month(year, number, weeks, days, tuple(undated))
