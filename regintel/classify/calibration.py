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
    modality=Weights(bias=-4.89, similarity=0.89, word=5.57, code=2.94, agency_topic=4.35, outside=-0.42),
    topic=Weights(bias=-4.52, similarity=0.88, word=4.77, code=3.20, agency_topic=1.55, outside=-1.88),
    cmc=CmcWeights(bias=3.75, best=0.64, second=0.48, elsewhere=-0.69, outside=-0.83),
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
