"""A document to its labels: what was measured of it, weighed into probabilities, judged, and told why.

The weights are those of a trained head, or, where there is none for this model and taxonomy, of three curves that need
no training (`calibration`). Both read the same measurements: prototypes, words, codes and the agency's own filing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from regintel.classify.calibration import CALIBRATION
from regintel.classify.lexical import Hits
from regintel.classify.neighbours import Neighbours
from regintel.classify.prototypes import Embed, Vectors
from regintel.classify.reading import MOST_PASSAGES, MOST_TEXT, Piece, pieces
from regintel.classify.scheme import Measured, Scheme, SchemeName
from regintel.classify.taxonomy import NO_MODALITY, NO_TOPIC, Taxonomy
from regintel.classify.verdict import (
    Floats,
    Limits,
    Odds,
    Verdict,
    is_unclear,
    modality_verdict,
    probability,
    topic_verdict,
)
from regintel.records import Labels, LabelScore

MENTIONED = 2.0
"""Log odds that a passage or heading has less than a title that says the same: bodies name much that they are not
about. A judgement: no long documents are labelled yet."""


class Weigher(Protocol):
    """Turns measurements into log odds: a `Head` or a `Calibration`."""

    @property
    def method(self) -> str:
        """Return method and constants as a short text."""

    def limits(self, modalities: int, topics: int) -> Limits:
        """Return from which probability a label is given."""

    def odds(self, vectors: Floats, modality: Floats, topic: Floats, exclusive: int) -> Odds:
        """Return the log odds of every label."""


@dataclass(frozen=True)
class LabelEvidence:
    """One label of one document, accepted or not, and why."""

    scheme: SchemeName
    label: str
    score: float
    """The probability that it holds."""
    accepted: bool
    evidence: str
    """In words for people."""


@dataclass(frozen=True)
class Classification:
    """What one document is about."""

    labels: Labels
    evidence: tuple[LabelEvidence, ...]
    """Of every label of the taxonomy, in its order."""


@dataclass(frozen=True)
class _Scored:
    """Everything that is known of one batch of pieces."""

    places: Sequence[str]
    modality: Measured
    topic: Measured
    odds: Odds
    likenesses: Floats


class Classifier:
    """Labels documents.

    :param embed: gives document vectors; asked once per scheme, for all prototypes (some 900 short texts in all).
    :param background: the vectors of `background_titles` by the same model, shape (m, d).
    :param weigher: a trained head, or curves that hold for any taxonomy.
    :param neighbours: labelled titles, to tell which are like a document.
    """

    def __init__(
        self,
        taxonomy: Taxonomy,
        embed: Embed,
        background: Vectors,
        weigher: Weigher = CALIBRATION,
        neighbours: Neighbours | None = None,
    ) -> None:
        self.modalities = Scheme("modality", taxonomy.modality, NO_MODALITY, embed, background)
        self.topics = Scheme("topic", taxonomy.topic, NO_TOPIC, embed, background)
        self._weigher = weigher
        self._limits = weigher.limits(len(self.modalities.ids), len(self.topics.ids))
        self._neighbours = neighbours or Neighbours([], background[:0])

    @property
    def version(self) -> str:
        """Return method and constants as a short text, to be stored beside the labels."""
        return version_of(self._weigher)

    def pieces(self, title: str, body: str) -> list[Piece]:
        """Return what of a document is to be read; the first piece is its title."""
        return pieces(title, body, lambda text: self.modalities.words_in(text) + self.topics.words_in(text))

    def classify(
        self,
        vectors: Vectors,
        texts: Sequence[str],
        agency_topics: Sequence[Sequence[str]] | None = None,
        places: Sequence[str] | None = None,
    ) -> list[Classification]:
        """Return what each document is about.

        :param vectors: unit rows of the texts, shape (n, d).
        :param texts: of `pieces`, one document's after another's.
        :param agency_topics: the agency's own filing for each text, where it gives any.
        :param places: where each text stands; an empty one begins a document. Without, each is a document.
        """
        if not texts:
            return []
        filing = agency_topics if agency_topics is not None else [()] * len(texts)
        modality = self.modalities.measure(vectors, texts, filing)
        topic = self.topics.measure(vectors, texts, filing)
        odds = self._weigher.odds(vectors.astype(np.float64), modality.features, topic.features, self.topics.exclusive)
        where = places if places is not None else [""] * len(texts)
        scored = _Scored(where, modality, topic, odds, self._neighbours.likenesses(vectors))
        starts = [row for row, place in enumerate(where) if not place]
        ends = [*starts[1:], len(texts)]
        return [self._classification(scored, range(*ends_)) for ends_ in zip(starts, ends, strict=True)]

    def _classification(self, scored: _Scored, rows: range) -> Classification:
        kinds, kind_rows = _strongest(scored.odds.modality, rows)
        subjects, subject_rows = _strongest(scored.odds.topic, rows)
        cmc = float(probability(_strongest(scored.odds.cmc[:, None], rows)[0])[0])
        kind = modality_verdict(probability(kinds), self.modalities.exclusive, self._limits.modality)
        subject = topic_verdict(probability(subjects), self.topics.exclusive, cmc, self._limits)
        return Classification(
            labels=Labels(
                modalities=_label_scores(self.modalities, kind),
                topics=_label_scores(self.topics, subject),
                cmc_score=round(cmc, 4),
                is_cmc_relevant=subject.passed != (self.topics.exclusive,),
                abstained=is_unclear(kind, subject, cmc, self._limits),
            ),
            evidence=(
                *self._evidence(self.modalities, scored, scored.modality, kind, kind_rows),
                *self._evidence(self.topics, scored, scored.topic, subject, subject_rows),
            ),
        )

    def _evidence(
        self, scheme: Scheme, scored: _Scored, measured: Measured, verdict: Verdict, rows: NDArray[np.int64]
    ) -> list[LabelEvidence]:
        found = []
        for label, name in enumerate(scheme.ids):
            row, accepted = int(rows[label]), label in verdict.passed
            against = () if label == scheme.exclusive else measured.hits[row][scheme.exclusive].words
            like = self._neighbours.nearest(scored.likenesses[row], name) if accepted else None
            told = _told(measured.hits[row][label], float(measured.features[row, label, 0]), against, like)
            place = f"{scored.places[row]}: " if scored.places[row] else ""
            score = round(float(verdict.scores[label]), 4)
            found.append(LabelEvidence(scheme.name, name, score, accepted, place + told))
        return found


def version_of(weigher: Weigher) -> str:
    """Return method and constants as a short text; a change of any labels everything anew."""
    return f"{weigher.method}/{MENTIONED}-{MOST_TEXT}-{MOST_PASSAGES}"


def _strongest(odds: Floats, rows: range) -> tuple[Floats, NDArray[np.int64]]:
    """Return each label's best log odds in a document's pieces, and the row that it is from."""
    own = odds[rows.start : rows.stop].copy()
    own[1:] -= MENTIONED
    best = own.argmax(axis=0)
    return own[best, np.arange(own.shape[1])], best + rows.start


def _label_scores(scheme: Scheme, verdict: Verdict) -> tuple[LabelScore, ...]:
    return tuple(LabelScore(scheme.ids[label], round(float(verdict.scores[label]), 4)) for label in verdict.passed)


def _told(hits: Hits, similarity: float, against: Sequence[str], like: str | None) -> str:
    """Return the evidence for a label as a person reads it: words, codes, filing, closeness, what is against."""
    parts = [
        *(f"word {word!r}" for word in hits.words),
        *(f"ICH code {code!r}" for code in hits.codes),
        *(f"agency topic {topic!r}" for topic in hits.topics),
        f"{'similar' if similarity > 0 else 'not similar'} to the definition (z={similarity:.1f})",
        *([f"like “{like[:160]}”, labelled so"] if like else []),
        *(f"against it: word {word!r}" for word in against),
    ]
    return "; ".join(parts)
