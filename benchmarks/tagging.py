"""How fast labels come: `classify` beside the bare model's `encode` on the same texts, and `tag` on many titles.

    PYTHONPATH=. python benchmarks/tagging.py [--titles 10000]

The titles are the development titles with a running number, so that each is embedded. Bare encoding and classifying
take turns in one process, the model loaded; `tag` is a process of its own, its start and the model's loading counted.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from regintel.classify.shelf import Shelf
from regintel.classify.taxonomy import load_taxonomy
from regintel.encoder import Encoder, open_encoder
from regintel.jobs.submission import Submission
from regintel.jobs.tag import Labeller

ROOT = Path(__file__).parent.parent
ROUNDS, ROUND = 3, 500


def titles(count: int) -> list[str]:
    known = [each.title for each in Shelf(ROOT / "data/labels").examples]
    return [f"{known[at % len(known)]} {at}" for at in range(count)]


def timed(work) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def side_by_side(encoder: Encoder) -> None:
    labeller = Labeller(Shelf(ROOT / "data/labels"), load_taxonomy(ROOT / "config/taxonomy.toml"), encoder)
    print(f"classifier made from shipped vectors: {timed(lambda: labeller.classifier):.2f} s")
    print(f"model built or loaded: {timed(lambda: encoder.encode_documents(titles(600))):.1f} s, with 600 titles")
    bare, whole = [], []
    for number in range(ROUNDS):
        texts = titles((number + 2) * ROUND)[-ROUND:]
        records = [Submission(title=text) for text in texts]
        bare.append(timed(lambda texts=texts: encoder.encode_documents(texts)))
        whole.append(timed(lambda records=records: labeller.labelled(records)))
    share = sum(whole) / sum(bare) - 1
    speeds = [ROUND * ROUNDS / sum(times) for times in (bare, whole)]
    print(f"bare encode {speeds[0]:.1f} titles/s, labelled {speeds[1]:.1f} titles/s: {share:+.1%} time")


def tag(count: int, models: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "models").symlink_to(models.resolve())
        lines = "\n".join(json.dumps({"title": title}) for title in titles(count))
        command = [sys.executable, "-m", "regintel", "--config", str(ROOT / "config"), "--data", folder, "tag"]
        begun = time.perf_counter()
        done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
        took = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    assert len(done.stdout.splitlines()) == count
    print(f"tag, {count} titles: {took:.1f} s, {count / took:.0f} titles/s, peak {peak:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--titles", type=int, default=10_000)
    parser.add_argument("--models", type=Path, default=ROOT / ".cache/models")
    asked = parser.parse_args()
    tag(20, asked.models)
    side_by_side(open_encoder(None, asked.models))
    tag(asked.titles, asked.models)


if __name__ == "__main__":
    main()
