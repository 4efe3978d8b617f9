"""What speaks for a document, weighed: docs/search.md has the figures, docs/decisions/0015 the reasons.

Every evidence is between 0 and 1. Weights were chosen on the development queries and checked in grouped
cross-validation (`benchmarks/retrieval.py --weights`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from regintel.records import QueryLabels
from regintel.store.holdings import Holdings, LabelScores

Floats = NDArray[np.float32]

SPREAD = 4.0
"""Standard deviations above the mean cosine at which likeness counts in full."""
NO_LABEL = {"modality": "cross_none", "topic": "not_cmc"}
"""Labels that say that there is none."""
PREFERENCE = 0.004
"""What being in force adds, and being withdrawn takes: it decides between equals, and no more."""


@dataclass(frozen=True)
class Weights:
    """How much each evidence counts."""

    words: float = 0.6
    """BM25 of the query's own words, of the best document's."""
    synonyms: float = 0.2
    """BM25 of their synonyms in all languages."""
    meaning: float = 1.0
    """Cosine of title or passage, above the mean of all titles."""
    topic: float = 0.7
    """The strongest topic that query and document share."""
    modality: float = 0.7
    """The strongest modality that they share."""
    no_modality: float = 0.2
    """That neither has a modality."""
    cmc: float = 0.3
    """The document's CMC relevance."""
    agency: float = 2.0
    """That the query names its agency or country: nearly a filter."""

    @property
    def total(self) -> float:
        """Their sum, by which scores are divided."""
        return float(sum(getattr(self, each.name) for each in fields(self)))


@dataclass(frozen=True)
class Scale:
    """How titles' cosines to a query are spread; where likeness begins to count and where it counts in full."""

    mean: float
    deviation: float

    def above(self, cosines: Floats) -> Floats:
        """Return cosines as evidence: 0 at the mean of titles and below, 1 from four deviations above."""
        reach = max(SPREAD * self.deviation, 1e-6)
        scaled: Floats = np.clip((cosines - np.float32(self.mean)) / np.float32(reach), 0, 1).astype(np.float32)
        return scaled


def scale_of(cosines: Floats) -> Scale:
    """Return how cosines are spread."""
    return Scale(float(cosines.mean()), float(cosines.std()))


def share(scores: Floats) -> Floats:
    """Return scores as parts of the best."""
    best = float(scores.max(initial=0))
    return scores / np.float32(best) if best > 0 else scores


def labels(holdings: Holdings, about: QueryLabels, weights: Weights) -> Floats:
    """Return what labels say for each document."""
    exclusive = about.modality.get(NO_LABEL["modality"], 0.0) * _column(holdings.modality, NO_LABEL["modality"])
    relevant = np.where(holdings.labelled, holdings.cmc, np.float32(0.5))
    told: Floats = (
        weights.topic * _shared(holdings.topic, about.topic, NO_LABEL["topic"])
        + weights.modality * _shared(holdings.modality, about.modality, NO_LABEL["modality"])
        + weights.no_modality * exclusive
        + weights.cmc * relevant
    ).astype(np.float32)
    return told


def _shared(held: LabelScores, asked: Mapping[str, float], exclusive: str) -> Floats:
    """Return the geometric mean of both probabilities of the label for which it is greatest."""
    best = np.zeros(held.scores.shape[1], np.float32)
    for name, scores in zip(held.ids, held.scores, strict=True):
        if name != exclusive and asked.get(name, 0.0) > 0.01:
            np.maximum(best, scores * np.float32(asked[name]), out=best)
    return np.sqrt(best)


def _column(held: LabelScores, name: str) -> Floats:
    return held.scores[held.ids.index(name)] if name in held.ids else np.zeros(held.scores.shape[1], np.float32)


def preference(holdings: Holdings) -> Floats:
    """Return what a document's stage adds between equals."""
    return np.float32(PREFERENCE) * holdings.preference
