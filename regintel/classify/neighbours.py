"""The labelled titles that are most like a document: the part of "why" that a person can check at a glance."""

from collections.abc import Sequence

import numpy as np

from regintel.classify.examples import Example
from regintel.classify.head import centred
from regintel.classify.prototypes import Vectors
from regintel.classify.verdict import Floats

ALIKE = 0.45
"""Cosine of centred vectors below which nothing is like anything: 99 % of pairs of development titles."""


class Neighbours:
    """Labelled titles to be near to.

    :param vectors: unit rows of the examples, shape (m, d).
    """

    def __init__(self, examples: Sequence[Example], vectors: Vectors) -> None:
        self._titles = [example.title for example in examples]
        self._labels = [frozenset((*example.modalities, *example.topics)) for example in examples]
        self._centre = vectors.mean(axis=0).astype(np.float64) if len(examples) else np.zeros(0)
        self._rows = centred(vectors, self._centre) if len(examples) else np.zeros((0, 0))
        self._by_label: dict[str, list[int]] = {}
        for row, labels in enumerate(self._labels):
            for label in labels:
                self._by_label.setdefault(label, []).append(row)

    def likenesses(self, vectors: Vectors) -> Floats:
        """Return how like each document is to each example, shape (n, m)."""
        if not self._titles:
            return np.zeros((len(vectors), 0))
        likeness: Floats = centred(vectors, self._centre) @ self._rows.T
        return likeness

    def nearest(self, likeness: Floats, label: str) -> str | None:
        """Return the title that carries this label and is most like the document; none, if none is like it.

        :param likeness: the document's row of `likenesses`.
        """
        rows = self._by_label.get(label)
        if not rows:
            return None
        best = max(rows, key=lambda row: float(likeness[row]))
        return self._titles[best] if likeness[best] >= ALIKE else None
