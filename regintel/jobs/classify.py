"""Label what has no label by the current model, taxonomy and method."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from time import perf_counter

import numpy as np

from regintel.classify.classifier import Classification, version_of
from regintel.classify.shelf import Shelf
from regintel.classify.taxonomy import Taxonomy
from regintel.clock import Clock, iso
from regintel.encoder import Encoder
from regintel.store.corrections import write_classification
from regintel.store.database import Index
from regintel.store.documents import count_documents
from regintel.store.labels import BATCH, Unlabelled, Vectors, embedded, unlabelled


@dataclass(frozen=True)
class Classified:
    """What a classification did."""

    classified: int
    skipped: int
    seconds: float

    @property
    def docs_per_second(self) -> float:
        """Documents labelled a second."""
        return round(self.classified / self.seconds, 1) if self.classified and self.seconds else 0.0


def classify(
    index: Index,
    encoder: Encoder,
    taxonomy: Taxonomy,
    clock: Clock,
    shelf: Shelf,
    *,
    everything: bool = False,
) -> Classified:
    """Label documents; nothing is loaded when there is nothing to do."""
    begun = perf_counter()
    method = version_of(shelf.weigher(encoder.identity.key, taxonomy.key))
    todo = unlabelled(index, encoder.identity.key, taxonomy.key, method, everything=everything)
    if todo:
        desk = _Desk(index, encoder, taxonomy, shelf, iso(clock.now()))
        for start in range(0, len(todo), BATCH):
            desk.label(todo[start : start + BATCH])
    return Classified(len(todo), count_documents(index) - len(todo), round(perf_counter() - begun, 2))


class _Desk:
    """Labels documents, a batch a transaction."""

    def __init__(self, index: Index, encoder: Encoder, taxonomy: Taxonomy, shelf: Shelf, at: str) -> None:
        self._index = index
        self._encoder = encoder
        self._taxonomy = taxonomy
        self._at = at
        self._classifier = shelf.classifier(taxonomy, encoder.identity.key, self._vectors)

    def label(self, batch: list[Unlabelled]) -> None:
        read = [self._classifier.pieces(each.title, f"{each.summary}\n{each.text}".strip()) for each in batch]
        texts = [piece.text for pieces in read for piece in pieces]
        filing = [each.topics for each, pieces in zip(batch, read, strict=True) for _ in pieces]
        places = [piece.where for pieces in read for piece in pieces]
        found = self._classifier.classify(self._vectors(texts), texts, filing, places)
        with self._index.transaction():
            for each, pieces, labels in zip(batch, read, found, strict=True):
                self._write(each, pieces[0].text, labels)

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        """Return a vector for each text; a text that was met before is not embedded again."""
        names = [_hash(text) for text in texts]
        wanted = dict(zip(names, texts, strict=True))
        known = embedded(self._index, self._encoder.identity.key, wanted, self._encoder.encode_documents)
        return np.stack([known[name] for name in names])

    def _write(self, each: Unlabelled, text: str, found: Classification) -> None:
        head = {
            "version": each.version,
            "document": each.document,
            "hash": _hash(text),
            "body": each.body,
            "model": self._encoder.identity.key,
            "taxonomy": self._taxonomy.key,
            "method": self._classifier.version,
            "at": self._at,
            "cmc_score": found.labels.cmc_score,
            "is_cmc_relevant": found.labels.is_cmc_relevant,
            "abstained": found.labels.abstained,
        }
        write_classification(self._index, head, [asdict(label) for label in found.evidence])


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
