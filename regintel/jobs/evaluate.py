"""Measure how good the labels are: in cross-validation, or on labelled titles that no head has seen."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from regintel.classify.evaluation import FOLDS, answers, cross_validated, keyword_answers, tfidf_answers
from regintel.classify.examples import Example, data_hash, groups, read_examples
from regintel.classify.report import Report
from regintel.classify.shelf import Shelf
from regintel.classify.taxonomy import Taxonomy
from regintel.classify.training import Material
from regintel.encoder import Encoder
from regintel.exceptions import ClassifyError
from regintel.jobs.train import measured

HEADLINES = (
    "modality_macro_f1", "modality_micro_f1", "topic_macro_f1", "topic_micro_f1", "cmc_recall", "cmc_precision",
)  # fmt: skip


def evaluate(
    shelf: Shelf, taxonomy: Taxonomy, encoder: Encoder, *, labels: Path | None = None, seeds: int = 3
) -> dict[str, Any]:
    """Return the figures of the development titles in cross-validation, or of a file of labelled titles.

    A file whose titles are all among the shipped ones is cross-validated, and the other shipped ones only teach. Of
    another, what is a near-duplicate of a shipped title is left out, and the rest is answered by the head in use, which
    has not seen it.

    :param seeds: how many times the titles are parted in folds anew.
    """
    model = encoder.identity.key
    asked = read_examples([labels]) if labels else shelf.development
    titles = {each.title for each in asked}
    if titles <= {each.title for each in shelf.examples}:
        teaching = [each for each in shelf.examples if each.title not in titles]
        return _cross_validated(measured(shelf, taxonomy, encoder, asked, teaching), model, taxonomy, seeds)
    fresh = _unseen(asked, shelf.examples)
    head = shelf.head(model, taxonomy.key)
    if head is None:
        raise ClassifyError(f"no head was trained for model {model} and this taxonomy: `regintel train` trains one")
    given = measured(shelf, taxonomy, encoder, fresh)
    run = answers(head, given, np.arange(len(fresh)), filed=False)
    how = {"method": head.method, "how": "held out", "left_out": len(asked) - len(fresh)}
    return {**how, "model": model, "taxonomy": taxonomy.key, **Report(given, taxonomy, [run]).as_json()}


def _cross_validated(given: Material, model: str, taxonomy: Taxonomy, seeds: int) -> dict[str, Any]:
    runs = [cross_validated(given, model, taxonomy.key, seed) for seed in range(seeds)]
    filed = [cross_validated(given, model, taxonomy.key, seed, filed=True) for seed in range(seeds)]
    gold, rows = given.questions, np.ones(given.asked, bool)
    return {
        "how": f"{FOLDS}-fold cross-validation",
        "model": model,
        "taxonomy": taxonomy.key,
        "data": data_hash(given.examples),
        "teaching": len(given.examples) - given.asked,
        **Report(gold, taxonomy, runs).as_json(),
        "with_agency_topics": _headlines(Report(gold, taxonomy, filed).part(rows)),
        "baselines": {
            "keywords": _headlines(Report(gold, taxonomy, [keyword_answers(gold, taxonomy)]).part(rows)),
            "tfidf": _headlines(Report(gold, taxonomy, [tfidf_answers(given, 0)]).part(rows)),
        },
    }


def _headlines(part: dict[str, Any]) -> dict[str, float]:
    return {name: part[name] for name in HEADLINES}


def _unseen(asked: Sequence[Example], known: Sequence[Example]) -> list[Example]:
    """Return the examples that are no near-duplicates of known ones."""
    group = groups([each.title for each in (*known, *asked)]).tolist()
    seen = set(group[: len(known)])
    return [each for each, name in zip(asked, group[len(known) :], strict=True) if name not in seen]


def summary(found: dict[str, Any]) -> list[str]:
    """Return the figures as lines for people."""
    head = f"{found['examples']} titles in {found['groups']} groups, {found['how']}, {found['seeds']} parting(s)"
    lines = [head, f"{'':24}{'all':>7}  95 % interval  en     ja+zh"]
    for name in ("micro_f1", "macro_f1", *HEADLINES):
        low, high = found["intervals"][name]
        languages = [found["per_language"].get(each, {}).get(name) for each in ("en", "ja_zh")]
        told = "".join(f"{value:7.3f}" if value is not None else f"{'-':>7}" for value in languages)
        lines.append(f"{name:24}{found[name]:7.3f}  {low:.3f} to {high:.3f}{told}")
    for name, figures in {**found.get("baselines", {})}.items():
        lines.append(f"{name + ' alone':24}" + ", ".join(f"{each} {value:.3f}" for each, value in figures.items()))
    lines.append(f"calibration error of the CMC score {found['ece']:.3f}, of labels {found['ece_labels']:.3f}")
    lines.append(f"abstained on {found['abstained']:.1%}")
    return lines
