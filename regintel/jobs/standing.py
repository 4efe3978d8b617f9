"""How far the index can be trusted today: when it was last read, and what could not be."""

from dataclasses import dataclass

from regintel.house import House
from regintel.jobs.digest import source_healths
from regintel.records import SourceHealth
from regintel.store.database import Index
from regintel.store.documents import count_documents
from regintel.vocabulary import SourceState

UNREAD = (SourceState.BLOCKED, SourceState.BROKEN, SourceState.SUSPECT, SourceState.NEVER_RUN)
"""States of a source that is meant to be read and was not, the worst first."""


@dataclass(frozen=True)
class Standing:
    """How the sources stand as a whole."""

    healths: tuple[SourceHealth, ...]
    documents: int

    @property
    def unread(self) -> tuple[SourceHealth, ...]:
        """The sources whose last reading failed or that were never read, the worst first."""
        found = [each for each in self.healths if each.state in UNREAD]
        return tuple(sorted(found, key=lambda each: (UNREAD.index(each.state), each.failing_since or "", each.source)))

    @property
    def enabled(self) -> int:
        """How many sources are meant to be read."""
        return sum(each.state is not SourceState.DISABLED for each in self.healths)

    @property
    def last_read(self) -> str | None:
        """When any of them was last read well."""
        return max((each.last_success for each in self.healths if each.last_success), default=None)

    @property
    def read_agencies(self) -> frozenset[str]:
        """The agencies of which at least one source was ever read well."""
        return frozenset(each.agency for each in self.healths if each.last_success)


def standing(index: Index, house: House) -> Standing:
    """Return how the sources stand."""
    sources = list(house.sources.values())
    healths = source_healths(index, sources, house.config.settings.notify, house.clock.now())
    return Standing(tuple(healths), count_documents(index))
