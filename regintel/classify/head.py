"""What was learnt from labelled titles: a logistic curve for each label, kept as plain numbers.

A label's curve reads the document's vector and the log odds that all labels of its kind share (words, codes, filing,
likeness to the definition), so that a label with few examples leans on its definition. A third curve tells CMC. The
file is a zip of arrays without code, written by `regintel train`; scikit-learn is not needed to use it. A head holds
for one model and one taxonomy: with others its numbers mean nothing, and it is not used.
"""

import hashlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from regintel.classify.verdict import Floats, Limits, Odds, Vectors
from regintel.exceptions import ClassifyError

WORD, CODE, FILED = 1, 2, 3
"""Columns of what is measured of a document and a label (`scheme.FEATURES`)."""


@dataclass(frozen=True)
class Head:
    """A trained head."""

    model: str
    """Key of the model whose vectors it reads."""
    taxonomy: str
    """Key of the taxonomy whose labels it gives."""
    data: str
    """Hash of the examples that it learnt from."""
    examples: int
    centre: Floats
    """Mean vector of the examples, shape (d,)."""
    modality_shared: Floats
    """Bias and weights that all modalities share, shape (6,)."""
    topic_shared: Floats
    modality: Floats
    """A row for each: bias, weight of the shared log odds, weights of the vector; shape (modalities, 2 + d)."""
    topic: Floats
    cmc: Floats
    """Bias, then the weights of `cmc_features`."""
    curves: Floats
    """Slope and bias that make log odds calibrated: of modalities, topics, CMC; shape (3, 2)."""
    modality_limits: Floats
    topic_limits: Floats
    cmc_limit: Floats
    """Shape ()."""

    @property
    def method(self) -> str:
        """Return method and numbers as a short text; another head labels everything anew."""
        total = hashlib.sha256()
        for each in fields(self):
            value = getattr(self, each.name)
            total.update(value.tobytes() if isinstance(value, np.ndarray) else str(value).encode())
        return f"head-1/{total.hexdigest()[:8]}"

    def limits(self, modalities: int, topics: int) -> Limits:
        """Return from which probability a label is given.

        :raises ClassifyError: when it was trained for another number of labels.
        """
        if (modalities, topics) != (len(self.modality_limits), len(self.topic_limits)):
            raise ClassifyError("the head was trained for other labels: `regintel train` makes one for these")
        return Limits(self.modality_limits, self.topic_limits, float(self.cmc_limit))

    def odds(self, vectors: Floats, modality: Floats, topic: Floats, exclusive: int) -> Odds:
        """Return the calibrated log odds of every label.

        :param vectors: unit rows, shape (n, d).
        :param modality: what was measured for each modality, shape (n, modalities, 5).
        :param exclusive: the column of `not_cmc`.
        """
        near = centred(vectors, self.centre)
        kinds = label_odds(near, modality, self.modality_shared, self.modality)
        subjects = label_odds(near, topic, self.topic_shared, self.topic)
        cmc = self.cmc[0] + cmc_features(near, topic, exclusive) @ self.cmc[1:]
        slopes, biases = self.curves.T
        return Odds(
            kinds * slopes[0] + biases[0], subjects * slopes[1] + biases[1], np.asarray(cmc * slopes[2] + biases[2])
        )

    def save(self, path: Path) -> None:
        """Write the head; a reader finds the old one or the new one, never half of either."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        with part.open("wb") as file:
            told: dict[str, Any] = {each.name: np.asarray(getattr(self, each.name)) for each in fields(self)}
            np.savez_compressed(file, **told)
        part.replace(path)


def load_head(path: Path) -> Head:
    """Read a head.

    :raises ClassifyError: when the file cannot be read.
    """
    try:
        with np.load(path, allow_pickle=False) as kept:
            told = {each.name: kept[each.name] for each in fields(Head)}
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise ClassifyError(f"{path}: no head: {error}; `regintel train` makes one") from error
    texts = {name: str(told[name]) for name in ("model", "taxonomy", "data")}
    return Head(**{**told, **texts, "examples": int(told["examples"])})


def centred(vectors: Floats | Vectors, centre: Floats) -> Floats:
    """Return unit rows that point from the usual title to each of these; raw ones all point alike."""
    away = np.asarray(vectors, np.float64) - centre
    rows: Floats = away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
    return rows


def shared_odds(features: Floats, shared: Floats) -> Floats:
    """Return the log odds that all labels of a kind share, shape (n, labels)."""
    odds: Floats = shared[0] + features @ shared[1:]
    return odds


def label_odds(near: Floats, features: Floats, shared: Floats, weights: Floats) -> Floats:
    """Return each label's own log odds, not yet calibrated, shape (n, labels)."""
    odds: Floats = weights[:, 0] + shared_odds(features, shared) * weights[:, 1] + near @ weights[:, 2:].T
    return odds


def cmc_features(near: Floats, topic: Floats, exclusive: int) -> Floats:
    """Return what tells CMC from other documents: the vector, and what speaks for topics taken together."""
    others = np.delete(topic, exclusive, axis=1)
    likeness, found = np.sort(others[:, :, 0], axis=1)[:, -3:], others[:, :, WORD]
    together = [
        likeness, found.max(1)[:, None], np.minimum(found.sum(1), 3)[:, None], others[:, :, CODE].max(1)[:, None],
        others[:, :, FILED].max(1)[:, None], topic[:, exclusive, : FILED + 1],
    ]  # fmt: skip
    return np.concatenate([near, *together], axis=1)
