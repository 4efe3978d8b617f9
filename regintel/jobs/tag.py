"""Label records that are handed in, a JSON line each; nothing of an index is read or written.

A line that cannot be taken is answered with what is wrong with it, and the rest goes on.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np

from regintel.classify.classifier import Classification, Classifier
from regintel.classify.shelf import Shelf
from regintel.classify.taxonomy import Taxonomy
from regintel.classify.verdict import Vectors
from regintel.encoder import Encoder
from regintel.exceptions import SubmissionError
from regintel.jobs.submission import Submission, submission_of

BATCH = 2_000
"""Records that are read before the first is answered. With so many at once the encoder knows that torch pays."""


@dataclass(frozen=True)
class Refused:
    """A line that could not be taken."""

    line: int
    """From 1."""
    error: str
    id: str | None = None

    def as_json(self) -> dict[str, object]:
        """Return the answer to the line."""
        told: dict[str, object] = {"id": self.id} if self.id else {}
        return {**told, "line": self.line, "error": self.error}


class Labeller:
    """Labels records; the classifier is made when the first one comes."""

    def __init__(self, shelf: Shelf, taxonomy: Taxonomy, encoder: Encoder) -> None:
        self._shelf = shelf
        self._taxonomy = taxonomy
        self._encoder = encoder

    @cached_property
    def classifier(self) -> Classifier:
        """The classifier."""
        return self._shelf.classifier(self._taxonomy, self._encoder.identity.key, self._encoder.encode_documents)

    @property
    def background(self) -> Vectors:
        """The vectors of real titles, shape (m, d)."""
        embed = self._shelf.embed(self._encoder.identity.key, self._encoder.encode_documents)
        return embed(self._shelf.background)

    def labelled(self, records: Sequence[Submission]) -> list[tuple[Classification, Vectors]]:
        """Return what each record is about, and the vector of its title."""
        if not records:
            return []
        read = [self.classifier.pieces(each.title, each.text) for each in records]
        flat = [piece for pieces in read for piece in pieces]
        texts = [piece.text for piece in flat]
        vectors = self._encoder.encode_documents(texts)
        found = self.classifier.classify(vectors, texts, places=[piece.where for piece in flat])
        starts = np.cumsum([0, *(len(pieces) for pieces in read[:-1])])
        return list(zip(found, vectors[starts], strict=True))


def tag(lines: Iterable[bytes], labeller: Labeller) -> Iterator[dict[str, Any]]:
    """Yield the answer to each line, in order."""
    for batch in batches(lines):
        taken = [each for each in batch if isinstance(each, Submission)]
        found = iter(labeller.labelled(taken))
        for each in batch:
            yield each.as_json() if isinstance(each, Refused) else _answer(each, next(found)[0])


def batches(lines: Iterable[bytes]) -> Iterator[list[Submission | Refused]]:
    """Yield what lines hold, many at a time; blank ones are passed over, and counted."""
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    while batch := [_taken(number, line) for number, line in islice(numbered, BATCH)]:
        yield batch


def _taken(number: int, line: bytes) -> Submission | Refused:
    try:
        return submission_of(line)
    except SubmissionError as error:
        return Refused(number, str(error), _id_of(line))


def _id_of(line: bytes) -> str | None:
    """Return the id of a line that could not be taken, if it has one that can be printed."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return None
    name = told.get("id") if isinstance(told, dict) else None
    return name[:200].encode("utf-8", "replace").decode() if isinstance(name, str) else None


def _answer(record: Submission, found: Classification) -> dict[str, Any]:
    labels = found.labels
    return {
        "id": record.key,
        "modalities": [asdict(label) for label in labels.modalities],
        "topics": [asdict(label) for label in labels.topics],
        "is_cmc_relevant": labels.is_cmc_relevant,
        "cmc_score": labels.cmc_score,
        "abstained": labels.abstained,
    }
