"""The search of the guidance index: `regintel search`, and every other door to it."""

import unicodedata
from enum import StrEnum
from time import perf_counter

import numpy as np

from regintel.encoder import Encoder
from regintel.records import Document, Found, Hit, Labels, SearchFilters
from regintel.search.hybrid import fused
from regintel.search.lexical import expression, words_of
from regintel.store import search as store
from regintel.store.database import Index
from regintel.store.documents import documents
from regintel.store.labels import document_vectors, labels_of
from regintel.store.texts import passages_of
from regintel.text.snippets import snippet

DEPTH = 200
"""How far down each ranking the fusion looks."""


class Mode(StrEnum):
    """How to search."""

    HYBRID = "hybrid"
    LEXICAL = "lexical"
    SEMANTIC = "semantic"


def search(
    index: Index, encoder: Encoder, query: str, filters: SearchFilters, *, mode: Mode = Mode.HYBRID, count: int = 10
) -> Found:
    """Return what answers the query; an empty query returns what the filters let pass, newest first."""
    begun = perf_counter()
    allowed = store.allowed(index, filters)
    ranked, total, notes = _ranked(index, encoder, query, allowed, mode, max(DEPTH, count))
    shown = {each.id: each for each in documents(index, [name for name, _ in ranked[:count]])}
    labels = labels_of(index, shown)
    words = words_of(query)
    hits = tuple(
        _hit(index, shown[name], round(score, 6), labels.get(name, Labels()), words) for name, score in ranked[:count]
    )
    return Found(query, hits, total, round((perf_counter() - begun) * 1000, 1), notes)


def _ranked(
    index: Index, encoder: Encoder, query: str, allowed: list[str], mode: Mode, depth: int
) -> tuple[list[tuple[str, float]], int, tuple[str, ...]]:
    """Return the ranking, how many documents answer, and how the query was read."""
    if not query.strip():
        notes = ("no words: what the filters let pass, newest first",)
        return [(name, 0.0) for name in allowed], len(allowed), notes
    passing = set(allowed)
    lexical = _lexical(index, query, passing) if mode is not Mode.SEMANTIC else []
    semantic, told = _semantic(index, encoder, query, passing) if mode is not Mode.LEXICAL else ([], ())
    if mode is Mode.LEXICAL:
        return lexical, len(lexical), told
    if mode is Mode.SEMANTIC:
        return semantic, len(semantic), told
    near = semantic[:depth]
    both = {name for name, _ in lexical} | {name for name, _ in near}
    return fused([name for name, _ in lexical[:depth]], [name for name, _ in near]), len(both), told


def _lexical(index: Index, query: str, allowed: set[str]) -> list[tuple[str, float]]:
    wanted = expression(query)
    if wanted is None:
        return []
    # Filters are applied to the whole ranking: a narrow filter must not find less because others rank higher.
    found = store.lexical(index, wanted, -1)
    return [(name, score) for name, score in found if name in allowed]


def _semantic(
    index: Index, encoder: Encoder, query: str, allowed: set[str]
) -> tuple[list[tuple[str, float]], tuple[str, ...]]:
    names, matrix = document_vectors(index, encoder.identity.key)
    if not names:
        return [], (f"no document is embedded by {encoder.identity.name} yet: words only (`regintel classify`)",)
    scores = matrix @ encoder.encode_query(query)
    order = np.argsort(-scores, kind="stable")
    return [(names[at], float(scores[at])) for at in order if names[at] in allowed], ()


def _hit(index: Index, found: Document, score: float, labels: Labels, words: list[str]) -> Hit:
    """Return a document with the passage that answers: its summary, or the piece of its text that holds more words."""
    version = found.current
    best = max(passages_of(index, version.text_hash), key=lambda each: _held(each["text"], words), default=None)
    if best and (not version.summary or _held(best["text"], words) > _held(version.summary, words)):
        return Hit(found, score, labels, snippet(best["text"], words), best["page"], best["section"])
    return Hit(found, score, labels, snippet(version.summary or ", ".join(version.topics) or version.title, words))


def _held(text: str, words: list[str]) -> int:
    """Return how many of the words a text holds."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return sum(word.casefold() in plain for word in words if len(word) > 1)
