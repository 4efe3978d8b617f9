"""How likely a document matters to a project, from what it is about: a logistic curve with two weights.

A document fits a project as far as it is about one of its modalities or about none that is another's, for much CMC
guidance names none. What fits must also be about CMC, or about the topics that the project names. The weights were
fitted on the development judgements (eight projects, 81 titles each) by `benchmarks/relevance.py --fit`, with labels by
heads that had not seen the titles. The likeness of title and description was offered to the curve, too: its weight came
out at nothing (-0.07 a standard deviation), so it is told as a reason but not counted.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from regintel.notify.projects import Profile

EXCLUSIVE = frozenset({"cross_none", "not_cmc"})


@dataclass(frozen=True)
class Curve:
    """Log odds that a document matters."""

    bias: float
    fits: float
    """Times how far it fits and is about CMC."""
    own: float
    """Times how far it is about the project's own modality and CMC."""


CURVE = Curve(bias=-2.88, fits=4.10, own=0.60)

RELEVANT = 0.18
"""Mean over three partings of the limit with the best F2, in which recall counts twice as much as precision: missing
one is worse than telling one too many. Inside the folds it is chosen the same way."""


@dataclass(frozen=True)
class Aspects:
    """What the curve reads of a document and a project, each from 0 to 1."""

    own: float
    """That it is about one of the project's modalities."""
    fits: float
    """That, or that it is about no other modality."""
    about: float
    """That it is about CMC, or one of the project's topics."""


def aspects(profile: Profile, modalities: Mapping[str, float], topics: Mapping[str, float], cmc: float) -> Aspects:
    """Return what the curve reads.

    :param modalities: the score of each, by id; one that is not there has none. So the topics.
    :param cmc: that it is about CMC.
    """
    wanted = {*profile.modalities}
    own = max((modalities.get(each, 0.0) for each in wanted), default=1.0)
    foreign = max((score for each, score in modalities.items() if each not in wanted | EXCLUSIVE), default=0.0)
    asked = max((topics.get(each, 0.0) for each in profile.topics), default=1.0)
    return Aspects(own, max(own, 1 - foreign) if wanted else 1.0, min(cmc, asked))


def probability(found: Aspects, curve: Curve = CURVE) -> float:
    """Return how likely the document matters to the project."""
    odds = curve.bias + curve.fits * found.fits * found.about + curve.own * found.own * found.about
    return 1 / (1 + math.exp(-odds))
