"""What every request works on: the house, and the index, opened for this request alone and for a bounded time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from fastapi import Request

from regintel.exceptions import StoreError
from regintel.house import House
from regintel.store.database import Index, read_index
from regintel.web.counts import Counts

SECONDS = 20.0
"""How long one request may keep the index busy; fifty at once on two cores stay well below."""


class NoIndexError(StoreError):
    """There is no index yet."""


@dataclass(frozen=True)
class Desk:
    """The house and its index, for reading."""

    house: House
    seconds: float = SECONDS
    counts: Counts = field(default_factory=Counts)

    @contextmanager
    def reading(self) -> Iterator[Index]:
        """Open the index read-only, in the thread that asks; a query that runs too long is interrupted.

        :raises NoIndexError: before the first run: an empty page would look like an agency that published nothing.
        :raises StoreError: when the file is no index, or was made by another regintel.
        """
        path = self.house.config.index
        if not path.exists():
            raise NoIndexError(f"{path}: there is no index yet (`regintel run` makes it)")
        with read_index(path) as index:
            index.limit(self.seconds)
            yield index


def desk_of(request: Request) -> Desk:
    """Return the desk that the page was opened with."""
    desk: Desk = request.app.state.desk
    return desk
