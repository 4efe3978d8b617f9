"""Labels by the taxonomy alone: three logistic curves and their few weights.

One curve serves all modalities, another all topics, a third says whether a document is about CMC at all. No label has
weights of its own, so they hold for any taxonomy and any model: this is what labels where no head was trained. They
were fitted on the development titles by `benchmarks/labels.py --fit`, each title once with and once without its
agency's topics, since not every source gives any.
"""

import hashlib
from dataclasses import astuple, dataclass

import numpy as np

from regintel.classify.verdict import Floats, Limits, Odds

LIKELY = 0.5
"""A label passes when it is more likely than not."""
CMC = 0.6
"""A document counts as CMC from here; of .5, .55, .6 and .65 the best balance of topic F1 and CMC recall in
cross-validation."""


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

    @property
    def method(self) -> str:
        """Return method and constants as a short text; a change of either labels everything anew."""
        constants = repr((self, LIKELY, CMC))
        return f"prototypes-2/{hashlib.sha256(constants.encode()).hexdigest()[:8]}"

    def limits(self, modalities: int, topics: int) -> Limits:
        """Return from which probability a label is given, for so many labels."""
        return Limits(np.full(modalities, LIKELY), np.full(topics, LIKELY), CMC)

    def odds(self, vectors: Floats, modality: Floats, topic: Floats, exclusive: int) -> Odds:
        """Return the log odds of every label.

        :param vectors: not used; a trained head does.
        :param modality: what was measured for each modality, shape (n, modalities, 5).
        :param exclusive: the column of `not_cmc`.
        """
        subjects = log_odds(topic, self.topic)
        cmc = log_odds(cmc_features(subjects, topic, exclusive), self.cmc)
        return Odds(log_odds(modality, self.modality), subjects, cmc)


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


def cmc_features(topic_odds: Floats, features: Floats, exclusive: int) -> Floats:
    """Return what tells CMC from other documents, shape (n, 4), in the order of CmcWeights.

    :param topic_odds: shape (n, topics).
    :param features: of the topics, shape (n, topics, 5).
    :param exclusive: the column of `not_cmc`.
    """
    ranked = np.sort(np.delete(topic_odds, exclusive, axis=1), axis=1)[:, ::-1]
    best, second = ranked[:, 0], ranked[:, min(1, ranked.shape[1] - 1)]
    return np.stack([best, second, features[:, exclusive, 0], features[:, exclusive, -1]], axis=1)
