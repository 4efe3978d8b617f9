"""How fast documents are exported, and in how much memory: `PYTHONPATH=. python benchmarks/export.py [DOCUMENTS]`.

Fills a new index with documents as a list would give them (20,000 if no number is named), labelled, without texts, and
exports all of them with the real command, a process for each format. Beside each stands the same of one document: what
starting costs. Prints a table.
"""

import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from regintel.clock import Clock, iso
from regintel.config import load_config
from regintel.house import House
from regintel.items import GuidanceItem
from regintel.records import Run
from regintel.store.database import Index, open_index
from regintel.store.labels import add_classification
from regintel.store.remember import Listing
from regintel.store.runs import add_run
from regintel.vocabulary import RunState

NOW = datetime(2026, 1, 2, 3, tzinfo=UTC)
AT = iso(NOW)
WORDS = (
    "potency", "stability", "comparability", "impurities", "sterility", "vector", "cell", "plasmid", "release",
    "shelf-life", "container",
)  # fmt: skip


def item(at: int) -> GuidanceItem:
    title = f"Guidance {at} on {WORDS[at % 11]} and {WORDS[at // 11 % 11]} of medicinal products, 品質に関する指針"
    return GuidanceItem(
        source="fda_guidance", key=f"made-{at}", title=title, url=f"https://www.example.org/guidance/made-{at}",
        status="final", stage="final", published=f"20{10 + at % 15}-0{at % 9 + 1}-1{at % 9}",
        reference=f"FDA-2024-D-{at:05}", summary=f"What this guidance says of {WORDS[at % 7]}. " * 10,
    )  # fmt: skip


def fill(house: House, index: Index, count: int) -> None:
    listing = Listing(index, house.sources["fda_guidance"], "benchmark", AT, baseline=True)
    run = Run("benchmark", "fda_guidance", AT, AT, RunState.OK, "", True, count, count, {}, 1, 0, 1.0)
    with index.transaction():
        add_run(index, run, [], [])
        listing.remember([item(at) for at in range(count)], [], set(), complete=True)
        for row in list(index.rows("SELECT id, version FROM documents")):
            label(index, row["id"], row["version"])


def label(index: Index, document: str, version: int) -> None:
    labels = [
        {"scheme": scheme, "label": name, "score": 0.9 - at / 10, "accepted": True, "evidence": "made"}
        for scheme, names in (("modality", ["cell_therapy_engineered"]), ("topic", ["potency", "comparability"]))
        for at, name in enumerate(names)
    ]
    head = {
        "document": document, "version": version, "hash": "made", "model": "made", "taxonomy": "made",
        "method": "made", "at": AT, "cmc_score": 0.9, "is_cmc_relevant": True, "abstained": False,
    }  # fmt: skip
    add_classification(index, head, labels)


def measured(data: Path, *words: str) -> tuple[float, float]:
    """Run the command; return seconds, and the peak of its memory in MB."""
    command = [sys.executable, "-m", "regintel", "--data", str(data), "export", *words]
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stderr=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    begun = time.perf_counter()
    told = subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True, text=True)
    return time.perf_counter() - begun, float(told.stdout)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        house = House(load_config(None, data), Clock(NOW))
        begun = time.perf_counter()
        with open_index(house.config.index) as index:
            fill(house, index, count)
        print(f"{count:,} documents made in {time.perf_counter() - begun:.0f} s\n")
        print(
            "| format | s | rows/s | peak MB | MB of the file | one document: s | MB |\n|---|---|---|---|---|---|---|"
        )
        for form in ("jsonl", "csv", "xlsx"):
            path = Path(folder) / f"all.{form}"
            first, least = measured(data, "-n", "1", "-o", str(Path(folder) / f"one.{form}"))
            took, most = measured(data, "-o", str(path))
            size = path.stat().st_size / 1e6
            print(
                f"| {form} | {took:.1f} | {count / took:,.0f} | {most:.0f} | {size:.1f} | {first:.1f} | {least:.0f} |"
            )


if __name__ == "__main__":
    main()
