"""How well `match` finds what matters to a project: eight projects and 81 titles each, judged by one person.

    python benchmarks/relevance.py [--fit]

Labels are those of heads that had not seen the titles, in three partings. The curve and its limit are chosen on four
folds of records and measured on the fifth, near-duplicates together. `--fit` prints the curve and limit on everything,
for `regintel/notify/relevance.py`.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from regintel.classify.evaluation import cross_validated, keyword_answers
from regintel.classify.examples import folds
from regintel.classify.figures import Answers
from regintel.classify.shelf import Shelf
from regintel.classify.taxonomy import load_taxonomy
from regintel.encoder import open_encoder
from regintel.jobs.train import measured
from regintel.notify.match import heard
from regintel.notify.projects import Profile, load_projects
from regintel.notify.relevance import Curve, aspects

ROOT = Path(__file__).parent.parent
JUDGED = ROOT / "tests/relevance"
ISSUERS = {"mhlw": "pmda", "cde": "nmpa", "cmde": "nmpa", "ec": "ema"}
STEPS = np.arange(0.05, 0.6, 0.025)
RECALL_COUNTS = 2
"""Times as much as precision: the limit is the one with the best F2."""


class Judgements:
    """What was judged, with what the labels say of it in one parting."""

    def __init__(self, models: Path, seed: int) -> None:
        taxonomy, shelf = load_taxonomy(ROOT / "config/taxonomy.toml"), Shelf(ROOT / "data/labels")
        encoder = open_encoder(None, models)
        given = measured(shelf, taxonomy, encoder, shelf.development, shelf.teaching)
        run = cross_validated(given, encoder.identity.key, taxonomy.key, seed)
        self.kinds, self.topics = [[each.id for each in scheme] for scheme in (taxonomy.modality, taxonomy.topic)]
        projects = load_projects(JUDGED, self.kinds, self.topics)
        told = [json.loads(line) for line in (JUDGED / "judgements.jsonl").read_text(encoding="utf-8").splitlines()]
        row = {each.id: at for at, each in enumerate(shelf.examples)}
        rows = np.array([row[each["record"]] for each in told])
        found = [self.aspects(run, row[each["record"]], projects[each["profile"]]) for each in told]
        self.features = np.array([[each.fits * each.about, each.own * each.about] for each in found])
        agencies = [ISSUERS.get(shelf.examples[at].agency, shelf.examples[at].agency) for at in rows]
        self.let_in = np.array(
            [heard(projects[each["profile"]], agency) for agency, each in zip(agencies, told, strict=True)]
        )
        self.by_keywords = self._keyword_tags(keyword_answers(given.questions, taxonomy), told, row, projects)
        self.relevant = np.array([each["label"] != "not_relevant" for each in told])
        self.vital = np.array([each["label"] == "must_not_miss" for each in told])
        self.fold = folds(given.group[rows], 5, seed)

    def _keyword_tags(self, tags: Answers, told: list[dict], row: dict[str, int], projects: dict[str, Profile]):
        """Return what the taxonomy's words and the agency alone call relevant: own or no modality, and CMC."""
        said = []
        for each in told:
            at = row[each["record"]]
            kinds = {name for name, given in zip(self.kinds, tags.modality[at], strict=True) if given}
            said.append(bool(tags.relevant[at]) and bool(kinds & {*projects[each["profile"]].modalities, "cross_none"}))
        return np.array(said) & self.let_in

    def aspects(self, run: Answers, row: int, profile: Profile):
        """Return what the curve reads of a title and a project."""
        kinds = dict(zip(self.kinds, run.modality_scores[row].tolist(), strict=True))
        topics = dict(zip(self.topics, run.topic_scores[row].tolist(), strict=True))
        return aspects(profile, kinds, topics, float(run.cmc[row]))

    def fitted(self, rows: np.ndarray) -> Curve:
        """Return the curve of some judgements."""
        chosen = rows & self.let_in
        curve = LogisticRegression().fit(self.features[chosen], self.relevant[chosen])
        return Curve(float(curve.intercept_[0]), *(float(weight) for weight in curve.coef_[0]))

    def likely(self, curve: Curve) -> np.ndarray:
        """Return how likely each matters; what a project shuts out does not."""
        odds = curve.bias + self.features @ np.array([curve.fits, curve.own])
        return self.let_in / (1 + np.exp(-odds))

    def limit(self, likely: np.ndarray, rows: np.ndarray) -> float:
        """Return the limit for some judgements."""
        gold, weight = self.relevant & rows, RECALL_COUNTS**2

        def worth(step: float) -> float:
            said = (likely >= step) & rows
            return float((1 + weight) * (said & gold).sum() / (weight * gold.sum() + said.sum()))

        return float(max(STEPS, key=worth))

    def cross_validated(self) -> np.ndarray:
        """Return what is called relevant by curves and limits that had not seen it."""
        said = np.zeros(len(self.relevant), bool)
        for out in range(5):
            seen = self.fold != out
            likely = self.likely(self.fitted(seen))
            said[~seen] = (likely >= self.limit(likely, seen))[~seen]
        return said


def figures(each: Judgements, said: np.ndarray) -> list[float]:
    right = (said & each.relevant).sum()
    precision, recall = right / said.sum(), right / each.relevant.sum()
    return [
        precision,
        recall,
        2 * precision * recall / (precision + recall),
        (said & each.vital).sum() / each.vital.sum(),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=ROOT / ".cache/models")
    parser.add_argument("--fit", action="store_true")
    asked = parser.parse_args()
    runs = [Judgements(asked.models, seed) for seed in range(3)]
    print(f"{'':24}precision  recall     F1         must_not_miss recall")
    for name, values in (
        ("chosen inside the folds", [figures(each, each.cross_validated()) for each in runs]),
        ("keywords and agency", [figures(each, each.by_keywords) for each in runs]),
        ("agency alone", [figures(each, each.let_in) for each in runs]),
    ):
        print(
            f"{name:24}" + "".join(f"{value:<11.3f}" for value in np.mean(values, axis=0)), np.round(values, 3).tolist()
        )
    if asked.fit:
        every = [each.fitted(np.ones(len(each.fold), bool)) for each in runs]
        curve = Curve(*np.mean([[each.bias, each.fits, each.own] for each in every], axis=0).tolist())
        print(curve, "limit", np.mean([each.limit(each.likely(curve), np.ones(len(each.fold), bool)) for each in runs]))


if __name__ == "__main__":
    main()
