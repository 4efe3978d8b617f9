"""From odds to labels: what passes, what is exclusive, and when nothing can be told.

A label passes at its own limit. A document that passes as CMC keeps its best topic even below that one's limit, since
"CMC, probably this" is more use than "not CMC"; one that does not gets no topic, whatever words it uses. `cross_none`
and `not_cmc` are given when nothing else passes, and never beside another label.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Vectors = NDArray[np.float32]

MOST_TOPICS = 3
UNCLEAR = 0.1
"""So near to its limit, the CMC score says nothing."""


@dataclass(frozen=True)
class Odds:
    """The log odds of everything that can be said of n documents."""

    modality: Floats
    """Shape (n, modalities)."""
    topic: Floats
    """Shape (n, topics)."""
    cmc: Floats
    """That it is about CMC, shape (n,)."""


@dataclass(frozen=True)
class Limits:
    """From which probability a label is given."""

    modality: Floats
    topic: Floats
    cmc: float


@dataclass(frozen=True)
class Verdict:
    """The scores of one scheme's labels for one document, and which passed, best first."""

    scores: Floats
    passed: tuple[int, ...]
    sure: bool
    """Whether one passed at its own limit."""


def probability(odds: Floats) -> Floats:
    """Return the probability that log odds stand for."""
    share: Floats = 1 / (1 + np.exp(-odds))
    return share


def modality_verdict(scores: Floats, exclusive: int, limits: Floats) -> Verdict:
    """Return the modalities of a document, or that it names none."""
    full = scores.copy()
    full[exclusive] = 1 - np.delete(scores, exclusive).max(initial=0)
    passed = tuple(_passing(full, exclusive, limits))
    return Verdict(full, passed or (exclusive,), bool(passed))


def topic_verdict(scores: Floats, exclusive: int, cmc: float, limits: Limits) -> Verdict:
    """Return the topics of a document, or that it is not about CMC."""
    full = scores.copy()
    full[exclusive] = 1 - cmc
    ranked = [label for label in _ranked(full) if label != exclusive]
    if cmc < limits.cmc or not ranked:
        return Verdict(full, (exclusive,), sure=False)
    passed = tuple(_passing(full, exclusive, limits.topic)[:MOST_TOPICS])
    return Verdict(full, passed or (ranked[0],), bool(passed))


def is_unclear(modality: Verdict, topic: Verdict, cmc: float, limits: Limits) -> bool:
    """Return whether nothing passed at its own limit and the CMC score says nothing either."""
    return abs(cmc - limits.cmc) < UNCLEAR and not (modality.sure or topic.sure)


def _passing(scores: Floats, exclusive: int, limits: Floats) -> list[int]:
    return [label for label in _ranked(scores) if label != exclusive and scores[label] >= limits[label]]


def _ranked(scores: Floats) -> Sequence[int]:
    return [int(label) for label in np.argsort(-scores, kind="stable")]
