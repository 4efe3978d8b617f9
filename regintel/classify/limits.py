"""From which probability a label is given, chosen on predictions of titles that the curves had not seen."""

import numpy as np
from numpy.typing import NDArray

from regintel.classify.verdict import Floats

Mask = NDArray[np.bool_]

STEPS = np.arange(0.15, 0.86, 0.025)
LENT = 20.0
"""Positives that a label borrows from all labels of its kind: one with few has nearly the limit that suits all."""
RECALL, PRECISION = 0.92, 0.85
"""What is promised of CMC relevance; the limit leaves equal room to both."""


def label_limits(scores: Floats, gold: Mask, exclusive: int) -> Floats:
    """Return for each label the limit with the best F1, by its own examples and some of all the others'."""
    counts = np.stack([_counts(scores, gold, step) for step in STEPS])
    kept = np.delete(counts, exclusive, axis=1)
    lent = kept.sum(axis=1) * LENT / max(1, np.delete(gold, exclusive, axis=1).sum())
    right, given, true = np.moveaxis(counts + lent[:, None, :], 2, 0)
    best = (2 * right / (given + true)).argmax(axis=0)
    limits: Floats = STEPS[best]
    return limits


def balanced_limit(scores: Floats, gold: Mask) -> float:
    """Return the limit that leaves recall and precision the same room above what is promised of them."""
    room = []
    for step in STEPS:
        given = scores >= step
        right = int((given & gold).sum())
        room.append(min(right / max(1, gold.sum()) - RECALL, right / max(1, given.sum()) - PRECISION))
    return float(STEPS[int(np.argmax(room))])


def _counts(scores: Floats, gold: Mask, limit: float) -> Floats:
    """Return right, given and true of each label, shape (labels, 3)."""
    given = scores >= limit
    return np.stack([(given & gold).sum(0), given.sum(0), gold.sum(0)], axis=1).astype(np.float64)
