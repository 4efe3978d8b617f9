"""What a classifier is made of, and where it lies: shipped with regintel, or trained here.

A head that was trained here comes first, then the shipped one, each only with the model and the taxonomy that it was
trained for. With others the taxonomy alone labels, and it is said so.
"""

import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from regintel.classify.calibration import CALIBRATION
from regintel.classify.classifier import Classifier, Weigher
from regintel.classify.examples import Example, read_examples
from regintel.classify.head import Head, load_head
from regintel.classify.kept import kept_vectors, remembering
from regintel.classify.neighbours import Neighbours
from regintel.classify.prototypes import Embed, background_titles
from regintel.classify.reading import subject
from regintel.classify.taxonomy import Taxonomy

BACKGROUND, DEVELOPMENT, HEAD, VECTORS = "background.jsonl", "development.jsonl", "head.npz", "vectors.npz"


@dataclass(frozen=True)
class Shelf:
    """Labelled titles, kept vectors and heads.

    :param models: where a head lies that was trained here; none, if none can be.
    """

    labels: Path
    models: Path | None = None

    @property
    def examples(self) -> list[Example]:
        """Every labelled title, those that figures are about first."""
        return [*self.development, *self.teaching]

    @cached_property
    def development(self) -> list[Example]:
        """The labelled titles that figures are about; read when first needed."""
        return read_examples([self.labels / DEVELOPMENT])

    @cached_property
    def teaching(self) -> list[Example]:
        """The labelled titles that heads only learn from."""
        others = (path for path in self.labels.glob("*.jsonl") if path.name not in (BACKGROUND, DEVELOPMENT))
        return read_examples(sorted(others))

    @cached_property
    def background(self) -> tuple[str, ...]:
        """Real titles, against which likeness to a label is measured."""
        return background_titles(self.labels / BACKGROUND)

    def head(self, model: str, taxonomy: str) -> Head | None:
        """Return the head for this model and taxonomy, if there is one."""
        heads = (load_head(path) for path in self._heads)
        return next((head for head in heads if (head.model, head.taxonomy) == (model, taxonomy)), None)

    def weigher(self, model: str, taxonomy: str) -> Weigher:
        """Return the head for this model and taxonomy, or what labels without one."""
        return self.head(model, taxonomy) or CALIBRATION

    def classifier(self, taxonomy: Taxonomy, model: str, embed: Embed) -> Classifier:
        """Return a classifier; says so where no head fits."""
        weigher = self.weigher(model, taxonomy.key)
        if weigher is CALIBRATION:
            logging.getLogger("regintel").warning(
                "labels by the taxonomy alone: no head was trained for model %s and this taxonomy; `regintel train` "
                "trains one",
                model,
            )
        known = self.embed(model, embed)
        near = Neighbours(self.examples, known([subject(each.title, each.excerpt) for each in self.examples]))
        return Classifier(taxonomy, known, known(self.background), weigher, near)

    def embed(self, model: str, embed: Embed) -> Embed:
        """Return an `embed` that knows the shipped texts already, if the model is the default one."""
        return remembering(kept_vectors(self.labels / VECTORS, model), embed)

    @property
    def _heads(self) -> list[Path]:
        folders = (self.models, self.labels)
        return [folder / HEAD for folder in folders if folder is not None and (folder / HEAD).is_file()]
