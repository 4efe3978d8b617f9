"""What answers would be by heads that had not seen the title: cross-validation, and two baselines beside it.

A head of each fold is trained on the others only; its calibration and limits are chosen within these. Near-duplicates,
and titles that name one ICH code, stay in one fold. Titles that only teach are in no fold: they teach every head but
the one that is asked about a near-duplicate of theirs. Only the background of the prototypes is common to all folds: it
holds titles without their labels.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_union
from threadpoolctl import threadpool_limits

from regintel.classify.examples import folds
from regintel.classify.figures import Answers, macro_f1
from regintel.classify.head import Head
from regintel.classify.lexical import normal
from regintel.classify.limits import STEPS
from regintel.classify.reading import subject
from regintel.classify.taxonomy import LabelDefinition, Taxonomy
from regintel.classify.training import Material, train
from regintel.classify.verdict import (
    MOST_TOPICS,
    Floats,
    Limits,
    is_unclear,
    modality_verdict,
    probability,
    topic_verdict,
)  # fmt: skip

FOLDS = 5

Mask = NDArray[np.bool_]
Learn = Callable[..., Head]


def cross_validated(
    given: Material, model: str, taxonomy: str, seed: int, *, filed: bool = False, learn: Learn = train
) -> Answers:
    """Return the answers of heads that had not seen each of the titles that figures are about.

    :param filed: whether a title's agency topics are told along with it.
    :param learn: makes a head of some rows.
    """
    fold = _folds(given, seed)
    parts = []
    for out in range(FOLDS):
        head = learn(given, model, taxonomy, rows=fold != out, seed=seed)
        rows = np.flatnonzero(fold[: given.asked] == out)
        parts.append((rows, answers(head, given, rows, filed=filed)))
    order = np.argsort(np.concatenate([rows for rows, _ in parts]))
    return Answers(
        *(np.concatenate(column)[order] for column in zip(*(_columns(part) for _, part in parts), strict=True))
    )


def _folds(given: Material, seed: int) -> NDArray[np.int64]:
    """Return each title's fold; -1 for one that only teaches and is like none that is asked."""
    own = given.group[: given.asked].tolist()
    fold_of = dict(zip(own, folds(given.group[: given.asked], FOLDS, seed).tolist(), strict=True))
    return np.array([fold_of.get(name, -1) for name in given.group.tolist()])


def answers(head: Head, given: Material, rows: NDArray[np.int64], *, filed: bool) -> Answers:
    """Return what a head says of some titles."""
    way = int(filed)
    kinds, topics = given.modality[way][rows], given.topic[way][rows]
    odds = head.odds(given.vectors[rows], kinds, topics, given.exclusive[1])
    limits = head.limits(kinds.shape[1], topics.shape[1])
    return judged(probability(odds.modality), probability(odds.topic), probability(odds.cmc), given.exclusive, limits)


def judged(kinds: Floats, subjects: Floats, cmc: Floats, exclusive: tuple[int, int], limits: Limits) -> Answers:
    """Return which labels probabilities make."""
    verdicts = [
        (modality_verdict(kind, exclusive[0], limits.modality), topic_verdict(subject_, exclusive[1], score, limits))
        for kind, subject_, score in zip(kinds, subjects, cmc.tolist(), strict=True)
    ]
    modality, topic = np.zeros(kinds.shape, bool), np.zeros(subjects.shape, bool)
    for row, (kind, subject_) in enumerate(verdicts):
        modality[row, kind.passed] = True
        topic[row, subject_.passed] = True
    return Answers(
        modality=modality,
        topic=topic,
        modality_scores=np.stack([kind.scores for kind, _ in verdicts]),
        topic_scores=np.stack([subject_.scores for _, subject_ in verdicts]),
        cmc=cmc,
        relevant=~topic[:, exclusive[1]],
        abstained=np.array(
            [is_unclear(*pair, score, limits) for pair, score in zip(verdicts, cmc.tolist(), strict=True)]
        ),
    )


def keyword_answers(given: Material, taxonomy: Taxonomy) -> Answers:
    """Return what the taxonomy's words alone say: found anywhere, in any case, at most three topics."""
    texts = [normal(subject(each.title, each.excerpt)).lower() for each in given.examples]
    kinds = np.array([_counted(text, taxonomy.modality) for text in texts], np.float64)
    topics = np.array([_counted(text, taxonomy.topic) for text in texts], np.float64)
    return _best(kinds, topics, given.exclusive)


def tfidf_answers(given: Material, seed: int) -> Answers:
    """Return what logistic regression over TF-IDF (words 1-2, characters 2-5) says, cross-validated alike.

    One limit for all labels of a kind is chosen inside the folds.
    """
    texts = np.array([subject(each.title, each.excerpt) for each in given.examples], dtype=object)
    fold = _folds(given, seed)
    found = []
    with threadpool_limits(1):
        for gold in (given.modality_gold, given.topic_gold):
            scores = np.zeros((given.asked, gold.shape[1]))
            for out in range(FOLDS):
                seen, held = np.flatnonzero(fold != out), np.flatnonzero(fold[: given.asked] == out)
                likely, limit = _tfidf(texts[seen], gold[seen], texts[held]), _tfidf_limit(texts[seen], gold[seen])
                scores[held] = np.where(likely >= limit, likely, 0)
            found.append(scores)
    return _best(found[0], found[1], given.exclusive)


def _tfidf_limit(texts: NDArray[np.object_], gold: Mask) -> float:
    third = np.arange(len(texts)) % 3
    scores = np.zeros(gold.shape)
    for out in range(3):
        scores[third == out] = _tfidf(texts[third != out], gold[third != out], texts[third == out])
    one = np.ones((1, len(texts)))
    return float(max(STEPS, key=lambda step: float(macro_f1(scores >= step, gold, one)[0])))


def _tfidf(texts: NDArray[np.object_], gold: Mask, new: NDArray[np.object_]) -> Floats:
    union = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    )
    rows, others = union.fit_transform(texts), union.transform(new)
    scores = np.zeros((len(new), gold.shape[1]))
    for label in np.flatnonzero(gold.any(axis=0)):
        curve = LogisticRegression(C=10, solver="liblinear", class_weight="balanced", random_state=0)
        scores[:, label] = curve.fit(rows, gold[:, label]).predict_proba(others)[:, 1]
    return scores


def _best(kinds: Floats, topics: Floats, exclusive: tuple[int, int]) -> Answers:
    """Return as labels what scores above 0, at most three topics, and the exclusive label where nothing does."""
    for scores, column in zip((kinds, topics), exclusive, strict=True):
        scores[:, column] = 0
    cut = -np.sort(-topics, axis=1, kind="stable")[:, [MOST_TOPICS - 1]]
    ranks = np.argsort(np.argsort(-topics, axis=1, kind="stable"), axis=1, kind="stable")
    modality, topic = kinds > 0, (topics > 0) & (topics >= cut) & (ranks < MOST_TOPICS)
    for passed, column in zip((modality, topic), exclusive, strict=True):
        passed[:, column] = ~passed.any(axis=1)
    relevant = ~topic[:, exclusive[1]]
    return Answers(modality, topic, kinds, topics, relevant.astype(np.float64), relevant, np.zeros(len(kinds), bool))


def _counted(text: str, labels: Sequence[LabelDefinition]) -> list[int]:
    return [
        sum(
            word.removesuffix("*").lower() in text
            for word in (*label.keywords.en, *label.keywords.ja, *label.keywords.zh)
        )
        for label in labels
    ]


def _columns(part: Answers) -> tuple[NDArray[np.float64] | Mask, ...]:
    return part.modality, part.topic, part.modality_scores, part.topic_scores, part.cmc, part.relevant, part.abstained
