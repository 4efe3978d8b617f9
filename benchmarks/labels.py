"""How good the labels are: F1 of modalities and topics and recall of CMC relevance, beside plain keyword matching.

    python benchmarks/labels.py LABELS.jsonl [--models FOLDER] [--folds 5] [--seeds 3] [--fit]

The weights are fitted on four folds and scored on the fifth; near-duplicate titles and titles that name the same ICH
code stay in one fold. `--fit` prints the weights fitted on everything, for `regintel/classify/calibration.py`.
"""

import argparse
import json
import re
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from regintel.classify.calibration import Calibration, CmcWeights, Weights, cmc_features, log_odds
from regintel.classify.classifier import PrototypeClassifier, subject
from regintel.classify.lexical import ich_codes, normal
from regintel.classify.prototypes import background_titles
from regintel.classify.scheme import Scheme
from regintel.classify.taxonomy import NO_MODALITY, NO_TOPIC, Taxonomy, load_taxonomy
from regintel.encoder import open_encoder

ROOT = Path(__file__).parent.parent
SAME = 0.55
"""Two titles sharing this much of their 4-grams are one document's issues, or a series."""


class Embedder:
    """Remembers vectors, so that each fold's classifier costs nothing."""

    def __init__(self, models: Path) -> None:
        self.encoder = open_encoder(None, models)
        self.known: dict[str, np.ndarray] = {}

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Return one unit row per text."""
        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        self.known.update(zip(new, self.encoder.encode_documents(new), strict=True))
        return np.stack([self.known[text] for text in texts])


def groups(titles: Sequence[str]) -> np.ndarray:
    """Return a group number per title, shape (n,)."""
    plain = [re.sub(r"\W+", " ", normal(title).lower()) for title in titles]
    grams = [{text[at : at + 4] for at in range(max(1, len(text) - 3))} for text in plain]
    codes = [set(ich_codes(normal(title))) for title in titles]
    group = np.arange(len(titles))
    for one in range(len(titles)):
        for other in range(one):
            alike = len(grams[one] & grams[other]) / len(grams[one] | grams[other]) > SAME
            if alike or codes[one] & codes[other]:
                group[group == group[one]] = group[other]
    return group


def folds(group: np.ndarray, count: int, seed: int) -> np.ndarray:
    order = np.random.default_rng(seed).permutation(np.unique(group))
    place = {name: at % count for at, name in enumerate(order)}
    return np.array([place[name] for name in group])


class Bench:
    """The records with all that is measured of them, once without and once with the agency's topics."""

    def __init__(self, records: list[dict], taxonomy: Taxonomy, embed: Embedder) -> None:
        self.records, self.taxonomy, self.embed = records, taxonomy, embed
        self.background = embed(background_titles(ROOT / "data/labels/background.jsonl"))
        self.texts = [subject(record["title"], record.get("abstract_or_excerpt") or "") for record in records]
        self.vectors = embed(self.texts)
        self.filed = [record.get("listing_meta", {}).get("topics", []) for record in records]
        self.unfiled: list[list[str]] = [[] for _ in records]
        self.base = PrototypeClassifier(taxonomy, embed, self.background)
        self.measured = {
            scheme.name: [
                scheme.measure(self.vectors, self.texts, filing).features for filing in (self.unfiled, self.filed)
            ]
            for scheme in (self.base.modalities, self.base.topics)
        }

    def fit(self, rows: np.ndarray) -> Calibration:
        """Return the calibration for these records, a mask of shape (n,)."""
        modality = self.fit_scheme(self.base.modalities, "modalities", rows)
        topic = self.fit_scheme(self.base.topics, "cmc_topics", rows)
        cmc = np.concatenate(
            [
                cmc_features(log_odds(features[rows], topic), features[rows], self.base.topics.exclusive)
                for features in self.measured["topic"]
            ]
        )
        relevant = np.array([record["is_cmc_relevant"] for record in self.records])[rows]
        return Calibration(modality, topic, CmcWeights(*curve(cmc, np.tile(relevant, 2))))

    def fit_scheme(self, scheme: Scheme, field: str, rows: np.ndarray) -> Weights:
        """Return one curve for all labels of the scheme."""
        gold = np.array([[name in record[field] for name in scheme.ids] for record in self.records])[rows]
        both = [np.delete(features[rows], scheme.exclusive, axis=1) for features in self.measured[scheme.name]]
        features = np.concatenate(both).reshape(-1, both[0].shape[2])
        return Weights(*curve(features, np.tile(np.delete(gold, scheme.exclusive, axis=1).ravel(), 2)))

    def predict(self, calibration: Calibration, filing: list[list[str]]) -> list[dict]:
        """Return the labels of every record."""
        classifier = PrototypeClassifier(self.taxonomy, self.embed, self.background, calibration)
        return [answer(one) for one in classifier.classify(self.vectors, self.texts, filing)]

    def cross_validated(self, group: np.ndarray, count: int, seed: int, filing: list[list[str]]) -> list[dict]:
        """Return the labels of every record, by weights that were fitted without it and its like."""
        fold, answers = folds(group, count, seed), [{} for _ in self.records]
        for held_out in range(count):
            predicted = self.predict(self.fit(fold != held_out), filing)
            for row in np.flatnonzero(fold == held_out):
                answers[row] = predicted[row]
        return answers

    def keywords(self) -> list[dict]:
        """Return what the taxonomy's words alone say: found anywhere, any case, at most three topics."""
        return [
            {
                "modalities": found(text, self.taxonomy.modality, NO_MODALITY, 16),
                "cmc_topics": found(text, self.taxonomy.topic, NO_TOPIC, 3),
            }
            for text in self.texts
        ]


def curve(features: np.ndarray, gold: np.ndarray) -> list[float]:
    """Return bias and weights of a logistic curve."""
    fitted = LogisticRegression(max_iter=1000).fit(features, gold)
    return [float(weight) for weight in (*fitted.intercept_, *fitted.coef_[0])]


def answer(classification) -> dict:
    labels = classification.labels
    return {
        "modalities": [label.id for label in labels.modalities],
        "cmc_topics": [label.id for label in labels.topics],
        "cmc_score": labels.cmc_score,
        "abstained": labels.abstained,
    }


def found(text: str, labels, exclusive: str, most: int) -> list[str]:
    low = normal(text).lower()
    counts = {
        label.id: sum(
            word.rstrip("*").lower() in low for word in (*label.keywords.en, *label.keywords.ja, *label.keywords.zh)
        )
        for label in labels
        if label.id != exclusive
    }
    best = sorted((name for name, count in counts.items() if count), key=lambda name: -counts[name])
    return best[:most] or [exclusive]


def f1(right: int, extra: int, missed: int) -> float:
    return 2 * right / (2 * right + extra + missed) if right + extra + missed else 0.0


def label_scores(records: list[dict], answers: list[dict], field: str) -> tuple[float, float]:
    """Return macro-F1 over labels with three positives or more, and micro-F1."""
    pairs = [(set(record[field]), set(given[field])) for record, given in zip(records, answers, strict=True)]
    names = {name for gold, given in pairs for name in gold | given}
    counts = {
        name: (
            sum(name in gold and name in given for gold, given in pairs),
            sum(name in given and name not in gold for gold, given in pairs),
            sum(name in gold and name not in given for gold, given in pairs),
        )
        for name in names
    }
    enough = [f1(*count) for count in counts.values() if count[0] + count[2] >= 3]
    return float(np.mean(enough)), f1(*(sum(column) for column in zip(*counts.values(), strict=True)))


def scores(records: list[dict], answers: list[dict]) -> list[float]:
    gold = [record["is_cmc_relevant"] for record in records]
    given = [given["cmc_topics"] != [NO_TOPIC] for given in answers]
    right = sum(a and b for a, b in zip(gold, given, strict=True))
    return [
        *label_scores(records, answers, "modalities"),
        *label_scores(records, answers, "cmc_topics"),
        right / max(1, sum(gold)),
        f1(right, sum(given) - right, sum(gold) - right),
    ]


def row(name: str, values: Sequence[float]) -> None:
    print(f"{name:44}" + "".join(f"{value:9.3f}" for value in values))


def report(bench: Bench, count: int, seeds: int) -> None:
    records, group = bench.records, groups([record["title"] for record in bench.records])
    print(f"{len(records)} records in {len(set(group.tolist()))} groups, {count} folds, {seeds} seeds")
    heads = ("mod.mac", "mod.mic", "top.mac", "top.mic", "cmc.rec", "cmc.f1")
    print(f"{'':44}" + "".join(f"{head:>9}" for head in heads))
    subsets = {"all": records, "en": [], "ja, zh": []}
    for name, kept in (("all", None), ("en", {"en"}), ("ja, zh", {"ja", "zh"}), ("not ambiguous", False)):
        chosen = [
            at
            for at, record in enumerate(records)
            if kept is None or (not record.get("ambiguous") if kept is False else record["language"] in kept)
        ]
        subsets[name] = [records[at] for at in chosen]
        plain = bench.keywords()
        row(f"keywords, {name}", scores(subsets[name], [plain[at] for at in chosen]))
        for title, filing in (("title only", bench.unfiled), ("with agency topics", bench.filed)):
            runs = [bench.cross_validated(group, count, seed, filing) for seed in range(seeds)]
            values = [scores(subsets[name], [run[at] for at in chosen]) for run in runs]
            row(f"prototypes, {name}, {title}", np.mean(values, axis=0))
    runs = [bench.cross_validated(group, count, seed, bench.unfiled) for seed in range(seeds)]
    row("calibration error of the CMC score", [np.mean([calibration_error(records, run) for run in runs])])
    row("share of records abstained on", [np.mean([[given["abstained"] for given in run] for run in runs])])


def calibration_error(records: list[dict], answers: list[dict]) -> float:
    """Return the mean distance of the CMC score from the share that is CMC, over ten bins."""
    score = np.array([given["cmc_score"] for given in answers])
    gold = np.array([record["is_cmc_relevant"] for record in records])
    bins = np.minimum((score * 10).astype(int), 9)
    return float(
        sum(abs(score[bins == at].mean() - gold[bins == at].mean()) * (bins == at).mean() for at in np.unique(bins))
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--models", type=Path, default=ROOT / ".cache/models")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--fit", action="store_true")
    arguments = parser.parse_args()
    started = time.monotonic()
    records = [json.loads(line) for line in arguments.labels.read_text(encoding="utf-8").splitlines()]
    bench = Bench(records, load_taxonomy(ROOT / "config/taxonomy.toml"), Embedder(arguments.models))
    print(f"{len(bench.embed.known)} texts embedded in {time.monotonic() - started:.1f} s, {bench.base.version}")
    report(bench, arguments.folds, arguments.seeds)
    if arguments.fit:
        print(bench.fit(np.ones(len(records), dtype=bool)))


if __name__ == "__main__":
    main()
