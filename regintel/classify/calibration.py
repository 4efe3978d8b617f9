"""From what was measured to probabilities: three logistic curves and their few weights.

One curve serves all modalities, another all topics, a third says whether a document is about CMC at all. No label has
weights of its own. They were fitted on the development titles by `benchmarks/labels.py --fit`, each title once with and
once without its agency's topics, since not every source gives any.
"""

from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Weights:
    """How a label's features (`scheme.FEATURES`, same order) add up, in log odds."""

    bias: float
    similarity: float
    word: float
    code: float
    agency_topic: float
    outside: float


@dataclass(frozen=True)
class CmcWeights:
    """How a document's topics add up to its being about CMC, in log odds."""

    bias: float
    best: float
    """Times the log odds of the likeliest topic."""
    second: float
    """Times those of the next."""
    elsewhere: float
    """Times the similarity to `not_cmc`."""
    outside: float
    """Where a word of `not_cmc` is there."""


@dataclass(frozen=True)
class Calibration:
    """All the weights of the classifier."""

    modality: Weights
    topic: Weights
    cmc: CmcWeights


CALIBRATION = Calibration(
    modality=Weights(-5, 1.1, 5.4, 3.3, 2.9, -0.2),
    topic=Weights(-4.6, 0.8, 4.9, 2.3, 1.4, -1.4),
    cmc=CmcWeights(3.4, 0.6, 0.4, -0.2, -1.3),
)


def log_odds(features: Floats, weights: Weights | CmcWeights) -> Floats:
    """Return the log odds of each row of features, shape (…, k) to (…)."""
    bias, *rest = astuple(weights)
    odds: Floats = bias + features @ np.array(rest)
    return odds


def probability(odds: Floats) -> Floats:
    """Return the probability that log odds stand for."""
    share: Floats = 1 / (1 + np.exp(-odds))
    return share


def cmc_features(topic_odds: Floats, features: Floats, exclusive: int) -> Floats:
    """Return what tells CMC from other documents, shape (n, 4), in the order of CmcWeights.

    :param topic_odds: shape (n, topics).
    :param features: of the topics, shape (n, topics, 5).
    :param exclusive: the column of `not_cmc`.
    """
    ranked = np.sort(np.delete(topic_odds, exclusive, axis=1), axis=1)[:, ::-1]
    best, second = ranked[:, 0], ranked[:, min(1, ranked.shape[1] - 1)]
    return np.stack([best, second, features[:, exclusive, 0], features[:, exclusive, -1]], axis=1)
