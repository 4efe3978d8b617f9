"""How good answers are: F1 of labels, calibration, and how sure one can be of either.

The macro figures are over labels with three positives or more, as in the scorer of the development data; a label with
fewer says more about chance than about the classifier.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regintel.classify.verdict import Floats

Mask = NDArray[np.bool_]

ENOUGH = 3
"""Positives from which a label counts in a macro figure."""
BINS = 10
RESAMPLES = 1000


@dataclass(frozen=True)
class Answers:
    """What was said of n documents, and with what probability."""

    modality: Mask
    """Shape (n, modalities)."""
    topic: Mask
    modality_scores: Floats
    topic_scores: Floats
    cmc: Floats
    """Shape (n,)."""
    relevant: Mask
    abstained: Mask


@dataclass(frozen=True)
class Interval:
    """A figure with the 95 % interval of resampled documents."""

    value: float
    low: float
    high: float


def f1(right: Floats, given: Floats, true: Floats) -> Floats:
    """Return F1 from counts; nothing given and nothing true is 0, as the scorer has it."""
    share: Floats = 2 * right / np.maximum(given + true, 1e-9)
    return share


def macro_f1(given: Mask, gold: Mask, weights: Floats) -> Floats:
    """Return macro-F1 for each row of weights, shape (r, n) to (r,)."""
    enough = gold.sum(0) >= ENOUGH
    if not enough.any():
        return np.zeros(len(weights))
    right, said, true = (weights @ each[:, enough] for each in (given & gold, given, gold))
    return np.asarray(f1(right, said, true).mean(axis=1))


def micro_f1(given: Mask, gold: Mask, weights: Floats) -> Floats:
    """Return micro-F1 for each row of weights, shape (r, n) to (r,)."""
    right, said, true = ((weights @ each).sum(axis=1) for each in (given & gold, given, gold))
    return f1(right, said, true)


def recall(given: Mask, gold: Mask, weights: Floats) -> Floats:
    """Return recall for each row of weights; of one label, shape (n,)."""
    share: Floats = (weights @ (given & gold)) / np.maximum(weights @ gold, 1e-9)
    return share


def precision(given: Mask, gold: Mask, weights: Floats) -> Floats:
    """Return precision for each row of weights; of one label, shape (n,)."""
    return recall(gold, given, weights)


def interval(
    figure: Callable[[Mask, Mask, Floats], Floats], given: Mask, gold: Mask, group: NDArray[np.int64]
) -> Interval:
    """Return a figure with its interval, by resampling whole groups of near-duplicates."""
    names, place = np.unique(group, return_inverse=True)
    drawn = np.random.default_rng(0).multinomial(len(names), np.full(len(names), 1 / len(names)), size=RESAMPLES)
    weights = np.concatenate([np.ones((1, len(group))), drawn[:, place]])
    values = figure(given, gold, weights)
    low, high = np.percentile(values[1:], [2.5, 97.5])
    return Interval(round(float(values[0]), 4), round(float(low), 4), round(float(high), 4))


def calibration_error(scores: Floats, gold: Mask) -> float:
    """Return the mean distance of a probability from the share that is true (ECE), over ten bins."""
    scores, gold = scores.ravel(), gold.ravel()
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    parts = [abs(scores[bins == at].mean() - gold[bins == at].mean()) * (bins == at).mean() for at in np.unique(bins)]
    return round(float(sum(parts)), 4)


def brier(scores: Floats, gold: Mask) -> float:
    """Return the mean squared distance of a probability from what is true."""
    return round(float(((scores - gold) ** 2).mean()), 4)
