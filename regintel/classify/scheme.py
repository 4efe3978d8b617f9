"""One kind of label, modalities or CMC topics: measures what speaks for each of its labels in a document."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from regintel.classify.lexical import Hits, Lexicon
from regintel.classify.prototypes import Embed, Prototypes, Vectors
from regintel.classify.taxonomy import LabelDefinition

SchemeName = Literal["modality", "topic"]

FEATURES = ("similarity", "word", "code", "agency_topic", "outside")
"""What is measured of a document and a label: similarity in standard deviations; whether a word of the label is there,
or an ICH code; an agency topic, 1 divided by the number of labels that it stands for; whether a word of the exclusive
label is there, which speaks against all others."""


@dataclass(frozen=True)
class Measured:
    """What speaks for each label of a scheme in each of n documents."""

    features: NDArray[np.float64]
    """Shape (n, labels, 5), in the order of FEATURES."""
    hits: list[list[Hits]]
    """By document, then label."""


class Scheme:
    """The labels of one kind, one of which is exclusive: it is given when no other passes."""

    def __init__(
        self,
        name: SchemeName,
        labels: Sequence[LabelDefinition],
        exclusive: str,
        embed: Embed,
        background: Vectors,
    ) -> None:
        self.name = name
        self.ids = tuple(label.id for label in labels)
        self.exclusive = self.ids.index(exclusive)
        self._lexicon = Lexicon(labels)
        self._prototypes = Prototypes(labels, embed, background)
        self._meanings = Counter(topic for label in labels for topic in (*label.maps_from.fda, *label.maps_from.ema))

    def measure(self, vectors: Vectors, texts: Sequence[str], agency_topics: Sequence[Sequence[str]]) -> Measured:
        """Return what speaks for each label in each document.

        :param vectors: unit rows of the texts, shape (n, d).
        :param agency_topics: the agency's own filing of each text, possibly empty.
        """
        hits = [self._lexicon.hits(text, topics) for text, topics in zip(texts, agency_topics, strict=True)]
        found = [[self._found(hit, row[self.exclusive]) for hit in row] for row in hits]
        lexical = np.array(found, dtype=np.float64).reshape(len(texts), len(self.ids), len(FEATURES) - 1)
        similarities = self._prototypes.similarities(vectors)[:, :, np.newaxis]
        return Measured(np.concatenate([similarities, lexical], axis=2), hits)

    def words_in(self, text: str) -> int:
        """Return how many words and codes of these labels a text holds, without those of the exclusive one."""
        hits = self._lexicon.hits(text)
        return sum(len(hit.words) + len(hit.codes) for at, hit in enumerate(hits) if at != self.exclusive)

    def _found(self, hits: Hits, exclusive: Hits) -> tuple[float, float, float, float]:
        filed = max((1 / self._meanings[topic] for topic in hits.topics), default=0.0)
        return float(bool(hits.words)), float(bool(hits.codes)), filed, float(bool(exclusive.words))
