"""Label what has no label by the current model and taxonomy."""

from dataclasses import dataclass
from time import perf_counter

from regintel.classify.classifier import PrototypeClassifier
from regintel.classify.taxonomy import Taxonomy
from regintel.clock import Clock
from regintel.encoder import Encoder
from regintel.store.database import Index
from regintel.store.documents import count_documents
from regintel.store.labels import BATCH, unlabelled

LEAD = 1500
"""Characters of a body that are embedded with its title: about what the model reads at once."""


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
    background: list[str],
    clock: Clock,
    *,
    everything: bool = False,
) -> Classified:
    """Label documents; nothing is loaded when there is nothing to do."""
    begun = perf_counter()
    model = encoder.identity.key
    todo = unlabelled(index, model, taxonomy.key, PrototypeClassifier.version, everything=everything)
    if todo:
        classifier = PrototypeClassifier(taxonomy, lambda texts: _vectors(index, encoder, texts), background)
        for start in range(0, len(todo), BATCH):
            _label(index, encoder, classifier, taxonomy, todo[start : start + BATCH], clock)
    return Classified(len(todo), count_documents(index) - len(todo), round(perf_counter() - begun, 2))
