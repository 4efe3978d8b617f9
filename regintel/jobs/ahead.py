"""The days to come, as every door shows them."""

from dataclasses import dataclass
from datetime import date

from regintel.house import House
from regintel.jobs.feeds import FeedDesk
from regintel.notify.projects import Profile
from regintel.store.database import Index
from regintel.store.deadlines import Deadline, deadlines


@dataclass(frozen=True)
class Days:
    """Counts days from today."""

    today: date

    def __call__(self, day: str) -> int | None:
        """Return how many days it is to a day; none where only its month is known, or it is no date."""
        known = day_of(day)
        return (known - self.today).days if known else None


def day_of(day: str) -> date | None:
    """Return a day as a date; none where it is a month, or words that a source gives in place of a date."""
    try:
        return date.fromisoformat(day) if len(day) == len("2025-01-31") else None
    except ValueError:
        return None


def ahead(
    index: Index, house: House, *, agency: str = "", since: str | None = None, until: str | None = None
) -> list[Deadline]:
    """Return the days from one day on, today where none is named, soonest first."""
    today = house.clock.now().date().isoformat()
    return deadlines(index, agencies=[agency] if agency else (), since=since or today, until=until)


def ahead_of(index: Index, house: House, profile: Profile) -> list[Deadline]:
    """Return the days to come of documents that matter to a project, by the same rule as its calendar."""
    desk = FeedDesk(
        index, list(house.sources.values()), house.names, house.config.settings.notify, house.clock, house.glossary
    )
    return desk.of_project(ahead(index, house), profile)
