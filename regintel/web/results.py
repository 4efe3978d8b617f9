"""A page of search results with its facets."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from regintel.records import Document, Found, Hit, Labels, SearchFilters
from regintel.search.modes import Mode
from regintel.search.places import flat, passage_of, words_of
from regintel.store.database import Index
from regintel.store.documents import documents
from regintel.store.facets import Facet, facets
from regintel.store.labels import labels_of
from regintel.store.search import allowed
from regintel.text.snippets import MARK
from regintel.web.counts import Facets
from regintel.web.desk import Desk

SIZE = 20
"""Results on a page."""
DEPTH = 200
"""How far down a ranking the pages lead: beyond it, nearness in meaning says nothing any more."""


@dataclass(frozen=True)
class Result:
    """One hit, and the passage that its snippet stands in, where it stands in one."""

    hit: Hit
    passage: int | None

    @property
    def repeats_title(self) -> bool:
        """Whether the snippet says no more than the title, where there is no text to cut it from."""
        return words_of(self.hit.snippet) in flat(self.hit.document.current.title)


@dataclass(frozen=True)
class Results:
    """What a search found, one page of it."""

    shown: tuple[Result, ...]
    found: int
    """How many documents the pages and the counts are of."""
    total: int
    """How many answer at all."""
    page: int
    pages: int
    first: int
    """The rank of the first one shown, from 1."""
    facets: dict[str, list[Facet]]
    notes: tuple[str, ...]
    worded: int | None
    """How many of all that answer hold words that were asked for; None where none were looked for."""
    took_ms: float | None
    """None where nothing was asked for in words."""


def results(
    index: Index, desk: Desk, query: str, filters: SearchFilters, *, mode: Mode, sort: str, page: int
) -> Results:
    """Search, or without a query list what the filters let pass, newest first."""
    if not query.strip():
        names = allowed(index, filters)
        return _listed(index, names, page, desk.counts.of(index, filters, names))
    search = partial(desk.house.searcher.search, index, query, filters, mode=mode)
    if sort == "date":
        found = search(count=DEPTH)
        hits = sorted(found.hits, key=lambda hit: _issued(hit.document), reverse=True)
        _, _, start = _place(len(hits), page)
        return _paged(index, found, hits[start : start + SIZE], page)
    found = search(count=SIZE, offset=(min(page, DEPTH // SIZE) - 1) * SIZE)
    count = min(len(found.answering), DEPTH)
    if count and not found.hits:  # a page beyond the last shows the last
        found = search(count=SIZE, offset=_place(count, page)[2])
    return _paged(index, found, found.hits, page)


def _paged(index: Index, found: Found, hits: Sequence[Hit], page: int) -> Results:
    names = found.answering[:DEPTH]
    page, pages, start = _place(len(names), page)
    return Results(
        shown=tuple(Result(hit, passage_of(index, hit)) for hit in hits),
        found=len(names),
        total=found.total,
        page=page,
        pages=pages,
        first=start + 1,
        facets=facets(index, names),
        notes=found.notes,
        worded=found.worded,
        took_ms=found.took_ms,
    )


def _listed(index: Index, names: Sequence[str], page: int, counted: Facets) -> Results:
    page, pages, start = _place(len(names), page)
    known = documents(index, names[start : start + SIZE])
    labels = labels_of(index, [each.id for each in known])
    return Results(
        shown=tuple(Result(_bare(each, labels.get(each.id, Labels())), None) for each in known),
        found=len(names),
        total=len(names),
        page=page,
        pages=pages,
        first=start + 1,
        facets=counted,
        notes=(),
        worded=None,
        took_ms=None,
    )


def _bare(document: Document, labels: Labels) -> Hit:
    words = document.current.summary
    shown = words if len(words) <= 240 else f"{words[:240].rsplit(' ', 1)[0]} …"
    return Hit(replace(document), 0.0, labels, shown.replace(MARK, ""))


def _place(count: int, page: int) -> tuple[int, int, int]:
    """Return the page that there is, how many there are, and where it starts."""
    pages = max(1, -(-count // SIZE))
    page = min(page, pages)
    return page, pages, (page - 1) * SIZE


def _issued(document: Document) -> str:
    return document.current.published or document.current.updated or ""
