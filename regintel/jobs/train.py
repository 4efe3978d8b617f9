"""Train the head anew, from the labelled titles and from what people said since."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from regintel.classify.evaluation import cross_validated
from regintel.classify.examples import Example
from regintel.classify.figures import macro_f1, micro_f1
from regintel.classify.scheme import Scheme
from regintel.classify.shelf import HEAD, Shelf
from regintel.classify.taxonomy import NO_MODALITY, NO_TOPIC, Taxonomy
from regintel.classify.training import Material, material, train
from regintel.encoder import Encoder
from regintel.exceptions import ClassifyError

WORSE = 0.01
"""How much lower F1 may come out with people's corrections: as much as another parting in folds makes."""


@dataclass(frozen=True)
class Trained:
    """What a training did."""

    path: Path
    method: str
    examples: int
    corrections: int
    before: dict[str, float]
    """In cross-validation, without the corrections."""
    after: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints of it."""
        return {**self.__dict__, "path": str(self.path)}


def measured(
    shelf: Shelf,
    taxonomy: Taxonomy,
    encoder: Encoder,
    asked: Sequence[Example],
    teaching: Sequence[Example] = (),
) -> Material:
    """Return all that is measured of labelled titles, by this model.

    :param asked: those that figures are about.
    :param teaching: those that heads only learn from.
    """
    embed = shelf.embed(encoder.identity.key, encoder.encode_documents)
    background = embed(shelf.background)
    modalities = Scheme("modality", taxonomy.modality, NO_MODALITY, embed, background)
    topics = Scheme("topic", taxonomy.topic, NO_TOPIC, embed, background)
    _check_ids([*asked, *teaching], modalities, topics)
    return material(asked, teaching, modalities, topics, embed)


def train_head(
    shelf: Shelf, taxonomy: Taxonomy, encoder: Encoder, corrected: Sequence[Example], folder: Path, *, force: bool
) -> Trained:
    """Train on the labelled titles and on corrected ones, and keep the head if it is no worse for these.

    :raises ClassifyError: when it is; the old head stays.
    """
    model = encoder.identity.key
    base = measured(shelf, taxonomy, encoder, shelf.development, shelf.teaching)
    before = _figures(base, model, taxonomy)
    teaching = [*shelf.teaching, *corrected]
    every = measured(shelf, taxonomy, encoder, shelf.development, teaching) if corrected else base
    after = _figures(every, model, taxonomy) if corrected else before
    fallen = [name for name in before if after[name] < before[name] - WORSE]
    if fallen and not force:
        told = ", ".join(f"{name} {after[name]:.3f} for {before[name]:.3f}" for name in fallen)
        raise ClassifyError(f"the head is worse with the corrections ({told}) and was not kept; --force keeps it")
    head = train(every, model, taxonomy.key)
    head.save(folder / HEAD)
    return Trained(folder / HEAD, head.method, head.examples, len(corrected), before, after)


def _figures(given: Material, model: str, taxonomy: Taxonomy) -> dict[str, float]:
    """Return F1 in cross-validation."""
    run, gold = cross_validated(given, model, taxonomy.key, seed=0), given.questions
    weights = np.ones((1, given.asked))
    return {
        "modality_macro_f1": round(float(macro_f1(run.modality, gold.modality_gold, weights)[0]), 4),
        "modality_micro_f1": round(float(micro_f1(run.modality, gold.modality_gold, weights)[0]), 4),
        "topic_macro_f1": round(float(macro_f1(run.topic, gold.topic_gold, weights)[0]), 4),
        "topic_micro_f1": round(float(micro_f1(run.topic, gold.topic_gold, weights)[0]), 4),
    }


def _check_ids(examples: Sequence[Example], modalities: Scheme, topics: Scheme) -> None:
    for example in examples:
        for scheme, given in ((modalities, example.modalities), (topics, example.topics)):
            unknown = sorted(set(given) - set(scheme.ids))
            if unknown:
                raise ClassifyError(f"{example.id}: {scheme.name} {unknown[0]!r} is not in the taxonomy")
