"""One way to search for every door: what is held of the documents is read once, and kept while it holds good.

A searcher may be shared by threads, each with an index of its own; what it keeps is never changed in place.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from threading import Lock
from time import perf_counter
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from regintel.encoder import Encoder
from regintel.records import Found, QueryLabels, SearchFilters
from regintel.search import jurisdictions, lexical, ranking
from regintel.search.hits import hits
from regintel.search.modes import Mode
from regintel.search.ranking import Floats, Scale, Weights
from regintel.search.reading import Reading, Term, known_only, reading
from regintel.store import search as store
from regintel.store.database import Index
from regintel.store.holdings import Holdings, mark_of, read_holdings
from regintel.store.passage_vectors import Coverage, dots, passage_cosines
from regintel.vocabulary import Agency

DEPTH = 200
"""How many documents, the nearest in meaning, answer a query besides those that hold its words."""
COMPARED = 60
"""Of how many of the best the passages are compared."""
KEPT = 256
"""Queries whose vectors are kept, so that the next page costs none."""
COUNTED = 20_000
"""Words of which is kept how many documents hold them."""
EXACT = frozenset({"agency", "source", "language"})
"""Filters whose values are ours, in one spelling; of the others it does not matter how they are written."""
SYNONYMS = 24
"""Spellings that a query is widened by, at most."""

Mask = NDArray[np.bool_]
Kept = TypeVar("Kept")


class Synonyms(Protocol):
    """Knows how else a query's words are written."""

    def __call__(self, text: str) -> Mapping[str, Sequence[str]]:
        """Return other spellings of the words of a text, by language."""


def no_synonyms(_text: str) -> Mapping[str, Sequence[str]]:
    """Know none."""
    return {}


@dataclass(frozen=True)
class _Asked:
    """A query, read against what an index holds."""

    reading: Reading
    synonyms: Mapping[str, Sequence[str]]
    agencies: Mapping[Agency, str]
    vector: Floats | None = None
    about: QueryLabels | None = None


@dataclass(frozen=True)
class _Ranked:
    """Documents' scores; of those that do not answer 0."""

    scores: Floats
    answers: Mask
    worded: int | None = None
    """How many of them hold words that were asked for; None where none were looked for."""
    nearness: Mapping[str, Floats] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Searcher:
    """Searches; reads what an index holds when it changed."""

    def __init__(
        self,
        encoder: Encoder,
        *,
        about: Callable[[str], QueryLabels] | None = None,
        synonyms: Synonyms | None = None,
        weights: Weights | None = None,
    ) -> None:
        """Set up; nothing is loaded.

        :param about: tells what a query is about; without, labels do not count.
        """
        self._encoder = encoder
        self.about = about
        self._synonyms = synonyms or no_synonyms
        self._weights = weights or Weights()
        self._turn = Lock()
        self._held: Holdings | None = None
        self._vectors: dict[str, Floats] = {}
        self._subjects: dict[str, QueryLabels] = {}
        self._counts: dict[str, int] = {}

    def search(
        self,
        index: Index,
        query: str,
        filters: SearchFilters,
        *,
        mode: Mode = Mode.HYBRID,
        count: int = 10,
        offset: int = 0,
    ) -> Found:
        """Return what answers the query; one without words returns what the filters let pass, newest first."""
        begun = perf_counter()
        read = reading(query)
        held = self._holdings(index)
        narrowed, unknown = known_only(read.filters, held.known)
        passing = _passing(index, held, (filters, narrowed)) & self._obeyed(index, held, read)
        asked = self._asked(read, mode, narrowed if narrowed.agency else filters, idle=not passing.any())
        ranked = self._ranked(index, held, asked, passing, mode)
        order = _order(held, ranked)
        shown = order[offset : offset + count].tolist()
        found = hits(
            index, [(held.ids[at], round(float(ranked.scores[at]), 6)) for at in shown], read.words,
            asked.synonyms, ranked.nearness,
        )  # fmt: skip
        notes = [*read.notes, *unknown, *ranked.notes, *_missing(read, passing, len(order))]
        if read.terms:
            notes += _other_languages(read.text, [each.document.language for each in found])
        return Found(
            query=query, hits=found, total=len(order), took_ms=round((perf_counter() - begun) * 1000, 1),
            notes=tuple(dict.fromkeys(notes)), offset=offset, answering=tuple(held.names[order].tolist()),
            worded=ranked.worded,
        )  # fmt: skip

    # What is held

    def _holdings(self, index: Index) -> Holdings:
        model = self._encoder.identity.key
        with self._turn:
            if self._held is None or self._held.mark != mark_of(index):
                self._held = read_holdings(index, model)
            return self._held

    def _asked(self, read: Reading, mode: Mode, filters: SearchFilters, *, idle: bool) -> _Asked:
        bare = idle or not read.terms or read.only_numbers
        agencies = {} if filters.agency or mode is not Mode.HYBRID else jurisdictions.meant(read.text)
        return _Asked(
            reading=read,
            synonyms={} if bare else self._synonyms(read.text),
            agencies=agencies,
            vector=None if bare or mode is Mode.LEXICAL else self._vector(read.text),
            about=None if bare or mode is not Mode.HYBRID or self.about is None else self._subject(read.text),
        )

    def _vector(self, text: str) -> Floats:
        if text not in self._vectors:
            _keep(self._vectors, text, self._encoder.encode_query(text))
        return self._vectors[text]

    def _subject(self, text: str) -> QueryLabels:
        assert self.about is not None  # noqa: S101  (for the type checker)
        if text not in self._subjects:
            _keep(self._subjects, text, self.about(text))
        return self._subjects[text]

    # Who may answer

    @staticmethod
    def _obeyed(index: Index, held: Holdings, read: Reading) -> Mask:
        """Return which documents hold what must be there, and nothing that must not."""
        passing = np.ones(len(held.ids), bool)
        for group in read.required:
            wanted = lexical.one_of(group)
            passing &= _mask(held, store.holding(index, wanted)) if wanted else True
        for term in read.excluded:
            unwanted = lexical.all_of(term)
            passing &= ~_mask(held, store.holding(index, unwanted)) if unwanted else True
        return passing

    # Who answers, and how well

    def _ranked(self, index: Index, held: Holdings, asked: _Asked, passing: Mask, mode: Mode) -> _Ranked:
        if not asked.reading.terms:
            notes = () if asked.reading.notes else ("no words: what the filters let pass, newest first",)
            return _Ranked(np.zeros(len(held.ids), np.float32), passing, notes=notes)
        words = self._words(index, held, asked) if mode is not Mode.SEMANTIC else np.zeros(len(held.ids), np.float32)
        if mode is Mode.LEXICAL or asked.vector is None:
            answers = passing & (words > 0)
            scores = words / np.float32(self._weights.words + self._weights.synonyms)
            return _Ranked(scores, answers, int(answers.sum()))
        if not held.embedded.any():
            name = self._encoder.identity.name
            note = f"no document is embedded by {name} yet: words only (`regintel classify`)"
            answers = passing & (words > 0)
            return _Ranked(words, answers, int(answers.sum()), notes=(note,))
        return self._by_meaning(index, held, asked, passing, words, mode)

    def _words(self, index: Index, held: Holdings, asked: _Asked) -> Floats:
        """Return the evidence of the query's words, and of their synonyms."""
        read = asked.reading
        bare = jurisdictions.without(read.text) if asked.agencies else read.text
        kept = [term for term in read.terms if term.exact or term.number or term.text in bare]
        own = ranking.share(self._scored(index, held, kept or read.terms))
        others = [Term(word, exact=True) for words in asked.synonyms.values() for word in words]
        wide = ranking.share(self._scored(index, held, others[:SYNONYMS]))
        bear = np.zeros(len(held.ids), np.float32)
        for term in read.terms:
            if term.number:
                bear += _mask(held, store.holding(index, lexical.in_reference(term)))
        weighed: Floats = np.float32(self._weights.words) * own + np.float32(self._weights.synonyms) * wide + bear
        return weighed

    def _scored(self, index: Index, held: Holdings, wanted: Sequence[Term]) -> Floats:
        """Return the BM25 of documents that hold any of the terms.

        A word that more than half of them hold tells none from another: FTS5 itself gives it no weight, and counting
        where it stands costs most of a search. It is looked for where there is no other.
        """
        parts = lexical.parts_of(wanted)
        telling = [part for part in parts if self._count(index, held, part) <= len(held.ids) / 2]
        return _scores(index, held, lexical.any_of(telling or parts))

    def _count(self, index: Index, held: Holdings, part: str) -> int:
        key = str((held.mark, part))
        if key not in self._counts:
            _keep(self._counts, key, store.count_holding(index, part), COUNTED)
        return self._counts[key]

    def _by_meaning(
        self, index: Index, held: Holdings, asked: _Asked, passing: Mask, words: Floats, mode: Mode
    ) -> _Ranked:
        assert asked.vector is not None  # noqa: S101  (for the type checker)
        cosines = dots(held.vectors, asked.vector)
        scale = ranking.scale_of(cosines[held.embedded])
        near = scale.above(cosines) * held.embedded
        answers = passing & ((words > 0) | _best(np.where(passing & held.embedded, cosines, -2), DEPTH))
        if mode is Mode.SEMANTIC:
            weighed, rest = Weights(0, 0, 1, 0, 0, 0, 0, 0), np.zeros(len(held.ids), np.float32)
            near = np.where(held.embedded, (1 + cosines) / 2, 0).astype(np.float32)
            scale = Scale(-1.0, 2 / ranking.SPREAD)
        else:
            weighed, rest = self._weights, words + self._labels(held, asked) + self._agency(held, asked)
        meaning = np.float32(weighed.meaning)
        first = np.flatnonzero(_best(np.where(answers, meaning * near + rest, -1), COMPARED) & answers)
        nearness = self._passages(index, held, asked.vector, first, scale)
        for at in first.tolist():
            told = nearness.get(held.texts[at] or "")
            if told is not None and len(told):
                near[at] = max(near[at], told.max())
        scores = ((meaning * near + rest) / np.float32(weighed.total)).astype(np.float32)
        worded = None if mode is Mode.SEMANTIC else int((answers & (words > 0)).sum())
        return _Ranked(scores, answers, worded, nearness, tuple(_said(held.coverage, asked)))

    def _labels(self, held: Holdings, asked: _Asked) -> Floats:
        if asked.about is None:
            return np.zeros(len(held.ids), np.float32)
        return ranking.labels(held, asked.about, self._weights)

    def _agency(self, held: Holdings, asked: _Asked) -> Floats:
        if not asked.agencies:
            return np.zeros(len(held.ids), np.float32)
        told = np.zeros(len(held.ids), bool)
        for agency in asked.agencies:
            told |= held.having["agency"].get(agency, False)
        return np.float32(self._weights.agency) * told

    def _passages(
        self, index: Index, held: Holdings, vector: Floats, places: NDArray[np.int64], scale: Scale
    ) -> Mapping[str, Floats]:
        """Return how near the passages of some documents are, by text, on the scale of titles."""
        texts = {text for at in places if (text := held.texts[at])}
        found = passage_cosines(index, self._encoder.identity.key, texts, vector)
        if not found:
            return {}
        near = scale.above(np.concatenate(list(found.values())))
        ends = list(accumulate(map(len, found.values())))
        return {text: near[start:end] for text, start, end in zip(found, [0, *ends], ends, strict=False)}


def _said(told: Coverage, asked: _Asked) -> list[str]:
    """Return what to say of a query's agencies, and of passages that likeness in meaning could not be measured of."""
    notes = [
        f"{word!r} was read as a preference for {agency.upper()} (agency:{agency} narrows to it)"
        for agency, word in asked.agencies.items()
    ]
    if told.embedded < told.passages:
        notes.append(
            f"{told.embedded} of {told.passages} passages have vectors yet; of the others, words and titles count"
        )
    return notes


def _passing(index: Index, held: Holdings, narrowed: Sequence[SearchFilters]) -> Mask:
    """Return which documents every one of the filters lets pass."""
    passing, nothing = np.ones(len(held.ids), bool), np.zeros(len(held.ids), bool)
    for filters in narrowed:
        for name, having in held.having.items():
            if wanted := getattr(filters, name):
                small = (each if name in EXACT else each.lower() for each in wanted)
                passing &= np.any([having[each] for each in small if each in having] or [nothing], axis=0)
        rest = replace(filters, agency=(), source=(), language=(), status=(), document_type=())
        if rest != SearchFilters():
            passing &= _mask(held, store.passing(index, rest))
    return passing


def _mask(held: Holdings, seqs: NDArray[np.int64]) -> Mask:
    found = np.zeros(len(held.ids), bool)
    places = held.places(seqs)
    found[places[places >= 0]] = True
    return found


def _scores(index: Index, held: Holdings, expression: str | None) -> Floats:
    scores = np.zeros(len(held.ids), np.float32)
    if expression:
        seqs, told = store.matching(index, expression)
        places = held.places(seqs)
        # BM25 of a word that many documents hold is next to nothing; it is still a word that is there.
        scores[places[places >= 0]] = np.maximum(told[places >= 0], 1e-6)
    return scores


def _best(scores: Floats, count: int) -> Mask:
    """Return which are the highest so many."""
    found = np.zeros(len(scores), bool)
    found[np.argpartition(-scores, count)[:count] if count < len(scores) else slice(None)] = True
    return found


def _order(held: Holdings, ranked: _Ranked) -> NDArray[np.int64]:
    """Return the places of the documents that answer, best first: of equals those in force, then the newest."""
    places = np.flatnonzero(ranked.answers)
    scores = ranked.scores[places]
    millionths = np.rint((scores + ranking.preference(held)[places] * (scores > 0)) * np.float64(1e6)).astype(np.int64)
    # One number for both: no two documents have the same rank by day.
    order: NDArray[np.int64] = places[np.argsort(-(millionths * len(held.ids) + held.newest[places]))]
    return order


def _missing(read: Reading, passing: Mask, total: int) -> list[str]:
    """Return what to say where nothing holds what must be there."""
    if total or not read.required:
        return []
    told = ", ".join(" or ".join(term.text for term in group) for group in read.required)
    but = f", but not {', '.join(term.text for term in read.excluded)}" if read.excluded else ""
    return [f"no document that the filters let pass holds {told}{but}"]


def _other_languages(text: str, languages: Sequence[str]) -> list[str]:
    """Return what to say where documents are in other languages than the query."""
    own = {"ja", "zh"} if any("\u3040" <= each <= "\u9fff" for each in text) else {"en"}
    others = [each for each in languages if each not in own]
    if not others:
        return []
    names = {"ja": "Japanese", "zh": "Chinese", "en": "English"}
    told = " and ".join(sorted({names.get(each, each) for each in others}))
    return [f"{len(others)} of {len(languages)} documents shown are in {told}: found by meaning, label and glossary"]


def _keep(kept: dict[str, Kept], name: str, value: Kept, most: int = KEPT) -> None:
    if len(kept) >= most:
        kept.clear()
    kept[name] = value
