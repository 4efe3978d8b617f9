"""The figures of an evaluation, as one object to print, to pin and to write the model card from."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from regintel.classify.figures import (
    Answers,
    Interval,
    Mask,
    brier,
    calibration_error,
    f1,
    interval,
    macro_f1,
    micro_f1,
    precision,
    recall,
)
from regintel.classify.taxonomy import Taxonomy
from regintel.classify.training import Material
from regintel.classify.verdict import Floats

WORST = 10

Figure = Callable[[Mask, Mask, Floats], Floats]


class Report:
    """Figures of several cross-validations of the same examples: means over them, each with an interval."""

    def __init__(self, given: Material, taxonomy: Taxonomy, runs: Sequence[Answers]) -> None:
        self._given = given
        self._runs = runs
        self._schemes = {
            "modality": ([each.id for each in taxonomy.modality], given.modality_gold),
            "topic": ([each.id for each in taxonomy.topic], given.topic_gold),
        }
        self._all = np.ones(len(given.examples), bool)
        self._languages = np.array([each.language for each in given.examples])
        self._ambiguous = np.array([each.ambiguous for each in given.examples])

    def as_json(self) -> dict[str, Any]:
        """Return everything."""
        parts = {name: self.part(rows) for name, rows in self._parts().items()}
        return {
            "examples": len(self._given.examples),
            "groups": len(np.unique(self._given.group)),
            "seeds": len(self._runs),
            **parts.pop("all"),
            "not_ambiguous": parts.pop("not_ambiguous"),
            "per_language": parts,
            "per_label": self._per_label(),
            "ece": self._mean(lambda run: calibration_error(run.cmc, self._given.relevant)),
            "ece_labels": self._mean(lambda run: calibration_error(*self._scores(run))),
            "brier": self._mean(lambda run: brier(run.cmc, self._given.relevant)),
            "brier_labels": self._mean(lambda run: brier(*self._scores(run))),
            "abstained": self._mean(lambda run: float(run.abstained.mean())),
            "confusion": self._confusion(),
        }

    def part(self, rows: Mask) -> dict[str, Any]:
        """Return the headline figures of some examples, and their intervals beside them."""
        kinds, topics, relevant = zip(*((run.modality, run.topic, run.relevant) for run in self._runs), strict=True)
        both = [np.concatenate(pair, axis=1) for pair in zip(kinds, topics, strict=True)]
        gold = np.concatenate([self._given.modality_gold, self._given.topic_gold], axis=1)
        asked: dict[str, tuple[Figure, Sequence[Mask], Mask]] = {
            "micro_f1": (micro_f1, both, gold),
            "macro_f1": (macro_f1, both, gold),
            "modality_macro_f1": (macro_f1, kinds, self._given.modality_gold),
            "modality_micro_f1": (micro_f1, kinds, self._given.modality_gold),
            "topic_macro_f1": (macro_f1, topics, self._given.topic_gold),
            "topic_micro_f1": (micro_f1, topics, self._given.topic_gold),
            "cmc_recall": (recall, relevant, self._given.relevant),
            "cmc_precision": (precision, relevant, self._given.relevant),
        }
        found = {name: self._interval(*told, rows) for name, told in asked.items()}
        return {
            "n": int(rows.sum()),
            **{name: each.value for name, each in found.items()},
            "intervals": {name: [each.low, each.high] for name, each in found.items()},
        }

    def _parts(self) -> Mapping[str, Mask]:
        japanese_chinese = np.isin(self._languages, ("ja", "zh"))
        return {
            "all": self._all,
            "not_ambiguous": ~self._ambiguous,
            **{name: self._languages == name for name in np.unique(self._languages).tolist()},
            "ja_zh": japanese_chinese,
        }

    def _interval(self, figure: Figure, given: Sequence[Mask], gold: Mask, rows: Mask) -> Interval:
        """Return a figure's mean over the runs, and the means of its interval's ends."""
        if not rows.any():
            return Interval(0.0, 0.0, 0.0)
        found = [interval(figure, each[rows], gold[rows], self._given.group[rows]) for each in given]
        ends = np.mean([[each.value, each.low, each.high] for each in found], axis=0).tolist()
        return Interval(*(round(value, 4) for value in ends))

    def _mean(self, figure: Callable[[Answers], float]) -> float:
        return round(float(np.mean([figure(run) for run in self._runs])), 4)

    def _scores(self, run: Answers) -> tuple[Floats, Mask]:
        gold = [self._given.modality_gold.ravel(), self._given.topic_gold.ravel()]
        return np.concatenate([run.modality_scores.ravel(), run.topic_scores.ravel()]), np.concatenate(gold)

    def _per_label(self) -> dict[str, dict[str, Any]]:
        return {
            name: self._of_label(scheme, column)
            for scheme, (names, _) in self._schemes.items()
            for column, name in enumerate(names)
        }

    def _of_label(self, scheme: str, column: int) -> dict[str, Any]:
        gold = self._schemes[scheme][1][:, column]
        given = np.stack([(run.modality if scheme == "modality" else run.topic)[:, column] for run in self._runs])
        right, said, true = (given & gold).sum(1).mean(), given.sum(1).mean(), gold.sum()
        return {
            "scheme": scheme,
            "positives": int(true),
            "precision": round(float(right / max(said, 1e-9)), 4),
            "recall": round(float(right / max(true, 1e-9)), 4),
            "f1": round(float(f1(right, said, true)), 4),
        }

    def _confusion(self) -> list[dict[str, Any]]:
        """Return what is said in place of what, most often first: a label missed and one wrongly given together."""
        found: list[dict[str, Any]] = []
        for scheme, (names, gold) in self._schemes.items():
            given = [run.modality if scheme == "modality" else run.topic for run in self._runs]
            counts = np.mean([(gold & ~one).T.astype(float) @ (one & ~gold) for one in given], axis=0)
            found += [
                {
                    "scheme": scheme,
                    "is": names[row],
                    "said": names[column],
                    "titles": round(float(counts[row, column]), 1),
                }
                for row, column in np.argwhere(counts > 0).tolist()
            ]
        return sorted(found, key=lambda each: -each["titles"])[:WORST]
