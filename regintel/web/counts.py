"""Facets of what is listed without a query, counted once for each state of the index.

Over 20,000 documents the counting takes most of a second, and the first page is asked for most of all.
"""

from collections.abc import Sequence
from threading import Lock

from regintel.records import SearchFilters
from regintel.store.database import Index
from regintel.store.facets import Facet, facets
from regintel.store.holdings import mark_of

Facets = dict[str, list[Facet]]

KEPT = 100
"""Narrowings that are kept; they are forgotten together, as they are with every change of the index."""


class Counts:
    """Counts, and remembers; threads may share it, each with its own index."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._mark: tuple[object, ...] | None = None
        self._known: dict[SearchFilters, Facets] = {}

    def of(self, index: Index, filters: SearchFilters, names: Sequence[str]) -> Facets:
        """Return the facets of what filters let pass.

        :param names: the documents that they let pass now.
        """
        mark = mark_of(index)
        with self._turn:
            if mark != self._mark or len(self._known) >= KEPT:
                self._mark, self._known = mark, {}
            known = self._known.get(filters)
        if known is None:
            known = facets(index, names)
            with self._turn:
                if mark == self._mark:
                    self._known[filters] = known
        return known
