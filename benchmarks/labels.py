"""How good the labels are, and what is shipped to make them.

python benchmarks/labels.py [--seeds 3]     measure, and write docs/classifier.md
python benchmarks/labels.py --vectors       embed the shipped texts anew (data/labels/vectors.npz), after a change of
                                            titles or taxonomy; then train
python benchmarks/labels.py --train         learn data/labels/head.npz from data/labels/*.jsonl
python benchmarks/labels.py --update [--lower REASON]
                                            pin the figures in data/baseline.json; one that falls needs a reason
python benchmarks/labels.py --fit           print the weights of regintel/classify/calibration.py, fitted anew
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).parent))
from model_card import model_card

from regintel.classify.calibration import cmc_features
from regintel.classify.evaluation import cross_validated
from regintel.classify.examples import data_hash
from regintel.classify.kept import keep_vectors
from regintel.classify.prototypes import prototype_texts
from regintel.classify.reading import subject
from regintel.classify.report import Report
from regintel.classify.shelf import HEAD, VECTORS, Shelf
from regintel.classify.taxonomy import load_taxonomy
from regintel.encoder import open_encoder
from regintel.jobs.evaluate import HEADLINES, evaluate, summary
from regintel.jobs.train import measured, train_head

ROOT = Path(__file__).parent.parent
LABELS, BASELINE, CARD = ROOT / "data/labels", ROOT / "data/baseline.json", ROOT / "docs/classifier.md"
EPSILON, LABEL_EPSILON = 0.01, 0.05


class Bench:
    """The shipped titles, taxonomy and default model."""

    def __init__(self, models: Path) -> None:
        self.shelf = Shelf(LABELS)
        self.taxonomy = load_taxonomy(ROOT / "config/taxonomy.toml")
        self.encoder = open_encoder(None, models)

    def measure(self, seeds: int) -> None:
        """Cross-validate, and write the model card."""
        begun = time.monotonic()
        found = evaluate(self.shelf, self.taxonomy, self.encoder, seeds=seeds)
        CARD.write_text(model_card(found, self.taxonomy, self.shelf), encoding="utf-8")
        print("\n".join(summary(found)))
        print(f"{time.monotonic() - begun:.0f} s; written to {CARD}")

    def keep_vectors(self) -> None:
        """Embed the shipped texts."""
        labels = (*self.taxonomy.modality, *self.taxonomy.topic)
        prototypes = [text for label in labels for text in prototype_texts(label)]
        titles = [subject(each.title, each.excerpt) for each in self.shelf.examples]
        texts = [*prototypes, *self.shelf.background, *titles]
        keep_vectors(LABELS / VECTORS, self.encoder.identity.key, texts, self.encoder.encode_documents)
        print(f"{len(set(texts))} vectors, {(LABELS / VECTORS).stat().st_size:,} bytes")

    def train(self) -> None:
        """Learn the shipped head."""
        with tempfile.TemporaryDirectory() as folder:
            done = train_head(self.shelf, self.taxonomy, self.encoder, [], Path(folder), force=False)
            (LABELS / HEAD).write_bytes((Path(folder) / HEAD).read_bytes())
        print(f"{done.method}, {done.examples} titles: {done.after}")

    def pin(self, lower: str | None) -> None:
        """Pin the figures of the parting that the tests make."""
        given = measured(self.shelf, self.taxonomy, self.encoder, self.shelf.development, self.shelf.teaching)
        run = cross_validated(given, self.encoder.identity.key, self.taxonomy.key, seed=0)
        report = Report(given.questions, self.taxonomy, [run]).as_json()
        old = json.loads(BASELINE.read_text(encoding="utf-8"))
        fallen = [name for name in HEADLINES if report[name] < old["figures"].get(name, 0)]
        if fallen and not lower:
            sys.exit(f"{', '.join(fallen)} fell: --lower REASON pins them nevertheless")
        pinned = {
            "epsilon": EPSILON,
            "label_epsilon": LABEL_EPSILON,
            "seed": 0,
            "data": data_hash(self.shelf.examples),
            "figures": {name: report[name] for name in ("micro_f1", "macro_f1", *HEADLINES)},
            "per_label": {name: told["f1"] for name, told in report["per_label"].items() if told["positives"] >= 3},
            "relevance_precision": old["relevance_precision"],
            "lowered": [*old.get("lowered", []), *([{"figures": fallen, "reason": lower}] if fallen else [])],
        }
        BASELINE.write_text(json.dumps(pinned, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def fit(self) -> None:
        """Print the curves that need no head."""
        head = self.shelf.head(self.encoder.identity.key, self.taxonomy.key)
        assert head
        given = measured(self.shelf, self.taxonomy, self.encoder, self.shelf.examples)
        print("modality", np.round(head.modality_shared, 2), "topic", np.round(head.topic_shared, 2))
        odds = [head.topic_shared[0] + way @ head.topic_shared[1:] for way in given.topic]
        told = [cmc_features(*pair, given.exclusive[1]) for pair in zip(odds, given.topic, strict=True)]
        curve = LogisticRegression(max_iter=1000).fit(np.concatenate(told), np.tile(given.relevant, 2))
        print("cmc", np.round([*curve.intercept_, *curve.coef_[0]], 2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=ROOT / ".cache/models")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--vectors", action="store_true")
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--lower", metavar="REASON")
    parser.add_argument("--fit", action="store_true")
    asked = parser.parse_args()
    bench = Bench(asked.models)
    if asked.vectors:
        bench.keep_vectors()
    if asked.train:
        bench.train()
    if asked.update:
        bench.pin(asked.lower)
    if asked.fit:
        bench.fit()
    if not (asked.vectors or asked.train or asked.update or asked.fit):
        bench.measure(asked.seeds)


if __name__ == "__main__":
    main()
