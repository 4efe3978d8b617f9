"""Text to labels by the taxonomy alone: prototypes, words and the agency's own filing, weighed into probabilities.

A label passes when it is more likely than not. A document that is likely about CMC keeps its best topic even below
that, since "CMC, probably this" is more use than "not CMC"; one that is not likely about CMC gets no topic, whatever
words it uses. `cross_none` and `not_cmc` are given when nothing else passes, and never beside another label.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from regintel.classify.calibration import CALIBRATION, Calibration, Floats, cmc_features, log_odds, probability
from regintel.classify.lexical import Hits
from regintel.classify.prototypes import Embed, Vectors
from regintel.classify.scheme import Measured, Scheme, SchemeName
from regintel.classify.taxonomy import NO_MODALITY, NO_TOPIC, Taxonomy
from regintel.records import Labels, LabelScore

LIKELY = 0.5
"""A label passes when it is more likely than not."""
CMC = 0.6
"""A document counts as CMC from here; of .5, .55, .6 and .65 the best balance of topic F1 and CMC recall in
cross-validation."""
UNCLEAR = 0.1
"""So near to one half, the CMC score says nothing."""
MOST_TOPICS = 3
MOST_TEXT = 600
"""Characters of a body that are read beside the title; further on, words name what a document merely mentions."""


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
class _Verdict:
    """The scores of one scheme's labels for one document, and which passed, best first."""

    scores: Floats
    passed: tuple[int, ...]


class PrototypeClassifier:
    """Labels documents by the taxonomy alone.

    :param embed: gives document vectors; asked once per scheme, for all prototypes (some 900 short texts in all).
    :param background: the vectors of `background_titles` by the same model, shape (m, d).
    """

    def __init__(
        self, taxonomy: Taxonomy, embed: Embed, background: Vectors, calibration: Calibration = CALIBRATION
    ) -> None:
        self.modalities = Scheme("modality", taxonomy.modality, NO_MODALITY, embed, background)
        self.topics = Scheme("topic", taxonomy.topic, NO_TOPIC, embed, background)
        self._calibration = calibration

    @property
    def version(self) -> str:
        """Return method and constants as a short text, to be stored beside the labels."""
        return method(self._calibration)

    def classify(
        self, vectors: Vectors, texts: Sequence[str], agency_topics: Sequence[Sequence[str]] | None = None
    ) -> list[Classification]:
        """Return what each document is about.

        :param vectors: unit rows of the texts, shape (n, d).
        :param texts: as `subject` makes them.
        :param agency_topics: the agency's own filing of each document, where it gives any.
        """
        if not texts:
            return []
        filing = agency_topics if agency_topics is not None else [()] * len(texts)
        modalities = self.modalities.measure(vectors, texts, filing)
        topics = self.topics.measure(vectors, texts, filing)
        kinds = probability(log_odds(modalities.features, self._calibration.modality))
        odds = log_odds(topics.features, self._calibration.topic)
        cmc = probability(
            log_odds(cmc_features(odds, topics.features, self.topics.exclusive), self._calibration.cmc)
        ).tolist()
        subjects = probability(odds)
        return [
            self._classification(
                row,
                modalities,
                _modality_verdict(kinds[row], self.modalities.exclusive),
                topics,
                _topic_verdict(subjects[row], self.topics.exclusive, cmc[row]),
                cmc[row],
            )
            for row in range(len(texts))
        ]

    def _classification(
        self, row: int, modalities: Measured, kind: _Verdict, topics: Measured, subject: _Verdict, cmc: float
    ) -> Classification:
        relevant = subject.passed != (self.topics.exclusive,)
        clear = abs(cmc - 0.5) >= UNCLEAR or relevant or kind.passed != (self.modalities.exclusive,)
        return Classification(
            labels=Labels(
                modalities=_label_scores(self.modalities, kind),
                topics=_label_scores(self.topics, subject),
                cmc_score=round(cmc, 4),
                is_cmc_relevant=relevant,
                abstained=not clear,
            ),
            evidence=(
                *_evidence(self.modalities, modalities, kind, row),
                *_evidence(self.topics, topics, subject, row),
            ),
        )


def method(calibration: Calibration = CALIBRATION) -> str:
    """Return method and constants as a short text; a change of either labels everything anew."""
    constants = repr((calibration, LIKELY, CMC, UNCLEAR, MOST_TOPICS, MOST_TEXT))
    return f"prototypes-1/{hashlib.sha256(constants.encode()).hexdigest()[:8]}"


def subject(title: str, body: str = "") -> str:
    """Return the text that a document is classified and embedded by: its title, and how its body begins."""
    return f"{title}\n{body[:MOST_TEXT]}".strip()


def _modality_verdict(scores: Floats, exclusive: int) -> _Verdict:
    others = np.delete(scores, exclusive)
    full = scores.copy()
    full[exclusive] = 1 - others.max(initial=0)
    return _Verdict(full, tuple(_passing(full, exclusive)) or (exclusive,))


def _topic_verdict(scores: Floats, exclusive: int, cmc: float) -> _Verdict:
    full = scores.copy()
    full[exclusive] = 1 - cmc
    ranked = [int(label) for label in np.argsort(-full, kind="stable") if label != exclusive]
    if cmc < CMC or not ranked:
        return _Verdict(full, (exclusive,))
    return _Verdict(full, tuple(_passing(full, exclusive)[:MOST_TOPICS]) or (ranked[0],))


def _passing(scores: Floats, exclusive: int) -> list[int]:
    """Return the labels that are more likely than not, best first."""
    ranked = np.argsort(-scores, kind="stable")
    return [int(label) for label in ranked if label != exclusive and scores[label] >= LIKELY]


def _label_scores(scheme: Scheme, verdict: _Verdict) -> tuple[LabelScore, ...]:
    return tuple(LabelScore(scheme.ids[label], round(float(verdict.scores[label]), 4)) for label in verdict.passed)


def _evidence(scheme: Scheme, measured: Measured, verdict: _Verdict, row: int) -> list[LabelEvidence]:
    hits, against = measured.hits[row], measured.hits[row][scheme.exclusive].words
    return [
        LabelEvidence(
            scheme=scheme.name,
            label=name,
            score=round(float(verdict.scores[label]), 4),
            accepted=label in verdict.passed,
            evidence=_told(
                hits[label],
                float(measured.features[row, label, 0]),
                () if label == scheme.exclusive else against,
            ),
        )
        for label, name in enumerate(scheme.ids)
    ]


def _told(hits: Hits, similarity: float, against: Sequence[str]) -> str:
    """Return the evidence for a label as a person reads it: words, codes, filing, closeness, what is against."""
    parts = [
        *(f"word {word!r}" for word in hits.words),
        *(f"ICH code {code!r}" for code in hits.codes),
        *(f"agency topic {topic!r}" for topic in hits.topics),
        f"{'similar' if similarity > 0 else 'not similar'} to the definition (z={similarity:.1f})",
        *(f"against it: word {word!r}" for word in against),
    ]
    return "; ".join(parts)
