"""Learns a head from labelled titles; with scikit-learn, which is not needed to use it.

Everything that is chosen, calibration and limits among it, is chosen on predictions of titles that the curves had not
seen: the examples are parted in folds, near-duplicates together. Each title counts twice, with and without its agency's
topics, since not every source gives any.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from regintel.classify.examples import Example, data_hash, folds, groups
from regintel.classify.head import Head, centred, cmc_features, label_odds, shared_odds
from regintel.classify.limits import balanced_limit, label_limits
from regintel.classify.prototypes import Embed
from regintel.classify.reading import subject
from regintel.classify.scheme import Scheme
from regintel.classify.verdict import Floats, Odds, probability
from regintel.exceptions import ClassifyError

INNER = 5
"""Folds within which calibration and limits are chosen."""
REPEATS = 3
"""Times the examples are parted in folds anew for that; limits from one parting are noisy."""
VECTOR = 2.0
"""How freely a label's curve may follow the vector, beside the shared log odds. Of .5, 1 and 2 the lowest log loss in
cross-validation for modalities, and within 1 % of it for topics; TF-IDF of words changed neither by more than 1 %."""
SHARED = 5.0
"""Titles that the curve of all labels is worth: a label with few of its own leans on its definition and words."""
LEAST = 20
"""Fewer examples teach nothing that the taxonomy does not say."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Material:
    """Labelled titles with all that is measured of them, each once without and once with its agency's topics."""

    examples: Sequence[Example]
    asked: int
    """How many of them, from the first, figures are about; the others only teach."""
    vectors: Floats
    modality: tuple[Floats, Floats]
    topic: tuple[Floats, Floats]
    modality_gold: Mask
    topic_gold: Mask
    relevant: Mask
    group: NDArray[np.int64]
    exclusive: tuple[int, int]
    """The columns of `cross_none` and `not_cmc`."""

    @property
    def questions(self) -> "Material":
        """The examples that figures are about, alone."""
        first = slice(self.asked)
        return replace(
            self,
            examples=self.examples[first],
            vectors=self.vectors[first],
            modality=(self.modality[0][first], self.modality[1][first]),
            topic=(self.topic[0][first], self.topic[1][first]),
            modality_gold=self.modality_gold[first],
            topic_gold=self.topic_gold[first],
            relevant=self.relevant[first],
            group=self.group[first],
        )


def material(
    asked: Sequence[Example], teaching: Sequence[Example], modalities: Scheme, topics: Scheme, embed: Embed
) -> Material:
    """Measure examples.

    :param asked: those that figures are about.
    :param teaching: those that heads only learn from.
    """
    examples = [*asked, *teaching]
    texts = [subject(example.title, example.excerpt) for example in examples]
    vectors = embed(texts)
    ways: tuple[list[Sequence[str]], list[Sequence[str]]] = ([() for _ in examples], [each.filed for each in examples])

    def measured(scheme: Scheme) -> tuple[Floats, Floats]:
        bare, filed = (scheme.measure(vectors, texts, way).features for way in ways)
        return bare, filed

    return Material(
        examples=examples,
        asked=len(asked),
        vectors=vectors.astype(np.float64),
        modality=measured(modalities),
        topic=measured(topics),
        modality_gold=np.array([[name in each.modalities for name in modalities.ids] for each in examples]),
        topic_gold=np.array([[name in each.topics for name in topics.ids] for each in examples]),
        relevant=np.array([each.is_cmc_relevant for each in examples]),
        group=groups([each.title for each in examples]),
        exclusive=(modalities.exclusive, topics.exclusive),
    )


def train(given: Material, model: str, taxonomy: str, *, rows: Mask | None = None, seed: int = 0) -> Head:
    """Return the head that these examples teach.

    :param rows: the examples to learn from; all, if none.
    :raises ClassifyError: when there are too few.
    """
    chosen = np.flatnonzero(rows) if rows is not None else np.arange(len(given.examples))
    if len(chosen) < LEAST:
        raise ClassifyError(f"{len(chosen)} labelled titles: at least {LEAST} are needed to learn from")
    with threadpool_limits(1):  # the curves are small: more threads only wait for each other
        parts = [_unseen(given, chosen, seed + REPEATS * again) for again in range(REPEATS)]
        unseen = tuple(np.concatenate(part) for part in zip(*parts, strict=True))
        curves = _calibration(given, chosen, unseen)
        learnt = _learn(given, chosen)
    kinds, subjects, cmc = (
        probability(odds * slope + bias) for odds, (slope, bias) in zip(unseen, curves, strict=True)
    )
    return Head(
        model=model,
        taxonomy=taxonomy,
        data=data_hash([given.examples[row] for row in chosen.tolist()]),
        examples=len(chosen),
        **learnt.__dict__,
        curves=curves,
        modality_limits=label_limits(kinds, np.tile(given.modality_gold[chosen], (2 * REPEATS, 1)), given.exclusive[0]),
        topic_limits=label_limits(subjects, np.tile(given.topic_gold[chosen], (2 * REPEATS, 1)), given.exclusive[1]),
        cmc_limit=np.asarray(balanced_limit(cmc, np.tile(given.relevant[chosen], 2 * REPEATS))),
    )


@dataclass(frozen=True)
class _Learnt:
    centre: Floats
    modality_shared: Floats
    topic_shared: Floats
    modality: Floats
    topic: Floats
    cmc: Floats

    def odds(self, given: Material, rows: NDArray[np.int64]) -> Odds:
        """Return log odds of titles, first all without their agency's topics, then all with."""
        near = centred(given.vectors[rows], self.centre)
        return Odds(
            np.concatenate(
                [label_odds(near, way[rows], self.modality_shared, self.modality) for way in given.modality]
            ),
            np.concatenate([label_odds(near, way[rows], self.topic_shared, self.topic) for way in given.topic]),
            np.concatenate(
                [self.cmc[0] + cmc_features(near, way[rows], given.exclusive[1]) @ self.cmc[1:] for way in given.topic]
            ),
        )


def _learn(given: Material, rows: NDArray[np.int64]) -> _Learnt:
    centre = given.vectors[rows].mean(axis=0)
    near = centred(given.vectors[rows], centre)
    kind = _scheme(near, [way[rows] for way in given.modality], given.modality_gold[rows], given.exclusive[0])
    subject_ = _scheme(near, [way[rows] for way in given.topic], given.topic_gold[rows], given.exclusive[1])
    told = [cmc_features(near, way[rows], given.exclusive[1]) for way in given.topic]
    cmc = _curve(np.concatenate(told), np.tile(given.relevant[rows], 2))
    return _Learnt(centre, kind[0], subject_[0], kind[1], subject_[1], cmc)


def _scheme(near: Floats, ways: Sequence[Floats], gold: Mask, exclusive: int) -> tuple[Floats, Floats]:
    """Return the curve that all labels share, and each label's own."""
    features, twice = np.concatenate(ways), np.tile(gold, (2, 1))
    shared = _curve(
        np.delete(features, exclusive, axis=1).reshape(-1, features.shape[2]),
        np.delete(twice, exclusive, axis=1).ravel(),
    )
    odds, both = shared_odds(features, shared), np.tile(near * VECTOR, (2, 1))
    own = np.zeros((gold.shape[1], 2 + near.shape[1]))
    own[:, 1] = 1  # a label without examples has what all share
    for label in range(gold.shape[1]):
        if label != exclusive and twice[:, label].any():
            learnt = _curve(np.concatenate([odds[:, [label]], both], axis=1), twice[:, label])
            titles = gold[:, label].sum()
            own[label] = (titles * learnt + SHARED * own[label]) / (titles + SHARED)
    own[:, 2:] *= VECTOR
    return shared, own


def _curve(features: Floats, gold: Mask) -> Floats:
    """Return bias and weights of a logistic curve; all alike, it is a constant.

    Single precision takes two thirds of the time and changes weights in the third decimal.
    """
    if gold.all() or not gold.any():
        return np.array([4.0 if gold.all() else -4.0, *np.zeros(features.shape[1])])
    fitted = LogisticRegression(max_iter=2000).fit(features.astype(np.float32), gold)
    return np.array([*fitted.intercept_, *fitted.coef_[0]], np.float64)


def _unseen(given: Material, rows: NDArray[np.int64], seed: int) -> tuple[Floats, Floats, Floats]:
    """Return the log odds of each title by curves that had not seen it; without, then with, its agency's topics."""
    fold = folds(given.group[rows], INNER, seed)
    count = len(rows)
    kinds = np.zeros((2 * count, given.modality_gold.shape[1]))
    subjects = np.zeros((2 * count, given.topic_gold.shape[1]))
    cmc = np.zeros(2 * count)
    for out in range(INNER):
        held = np.flatnonzero(fold == out)
        odds = _learn(given, rows[fold != out]).odds(given, rows[held])
        places = np.concatenate([held, held + count])
        kinds[places], subjects[places], cmc[places] = odds.modality, odds.topic, odds.cmc
    return kinds, subjects, cmc


def _calibration(given: Material, rows: NDArray[np.int64], unseen: tuple[Floats, ...]) -> Floats:
    """Return slope and bias for modalities, topics and CMC."""
    fitted = [_curve(unseen[2][:, None], np.tile(given.relevant[rows], 2 * REPEATS))]
    for odds, gold, exclusive in zip(unseen[:2], (given.modality_gold, given.topic_gold), given.exclusive, strict=True):
        true = np.tile(np.delete(gold[rows], exclusive, axis=1), (2 * REPEATS, 1))
        fitted.append(_curve(np.delete(odds, exclusive, axis=1).reshape(-1, 1), true.ravel()))
    cmc, kinds, subjects = ([slope, bias] for bias, slope in fitted)
    return np.array([kinds, subjects, cmc])
