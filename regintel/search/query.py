"""A single search, by an index and an encoder alone. What searches often, or well, holds a `Searcher`."""

from regintel.encoder import Encoder
from regintel.records import Found, SearchFilters
from regintel.search.modes import Mode
from regintel.search.searcher import Searcher
from regintel.store.database import Index

__all__ = ["Mode", "search"]


def search(
    index: Index,
    encoder: Encoder,
    query: str,
    filters: SearchFilters,
    *,
    mode: Mode = Mode.HYBRID,
    count: int = 10,
    offset: int = 0,
) -> Found:
    """Return what answers the query, without the help of labels and glossary (`House.searcher` has both)."""
    searcher = Searcher(encoder)
    return searcher.search(index, query, filters, mode=mode, count=count, offset=offset)
