"""What a query is about: the labels' probabilities, as for a document of which it were the title."""

from functools import cached_property
from threading import Lock

from regintel.classify.classifier import Classifier
from regintel.classify.shelf import Shelf
from regintel.classify.taxonomy import Taxonomy
from regintel.encoder import Encoder
from regintel.records import QueryLabels


class QueryReader:
    """Reads queries; the classifier is made when the first one comes."""

    def __init__(self, shelf: Shelf, taxonomy: Taxonomy, encoder: Encoder) -> None:
        self._shelf = shelf
        self._taxonomy = taxonomy
        self._encoder = encoder
        self._turn = Lock()

    def __call__(self, text: str) -> QueryLabels:
        """Return what a query is about."""
        with self._turn:
            classifier = self._classifier
        (found,) = classifier.classify(self._encoder.encode_documents([text]), [text])
        scores = {
            scheme: {each.label: each.score for each in found.evidence if each.scheme == scheme}
            for scheme in ("modality", "topic")
        }
        return QueryLabels(**scores)

    @cached_property
    def _classifier(self) -> Classifier:
        return self._shelf.classifier(self._taxonomy, self._encoder.identity.key, self._encoder.encode_documents)
