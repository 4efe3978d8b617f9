"""How long a daily run takes, and what it asks of the agencies: `make bench`, or this file with a capture folder.

Reads a capture folder (../shared/captures when it is there, else the shipped demo samples) through the real commands,
each in a process of its own, on loopback without delays. Prints a table; each figure stands beside its baseline of the
same run: process start-up, or the bare model encoding the same texts.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from regintel.replay import serve

ROOT = Path(__file__).parent.parent
DAYS = ("20251015", "20251215")


@dataclass
class Measured:
    """One command as a whole process."""

    seconds: float
    peak_mb: float
    answer: dict


def measure(environment: dict[str, str], *command: str) -> Measured:
    """Run a command; its peak memory is that of its largest process."""
    begun = time.perf_counter()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, check=False)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        os.write(writer, json.dumps({"rc": done.returncode, "peak": peak}).encode() + b"\n" + done.stdout)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        head, _, answer = pipe.read().partition(b"\n")
    os.waitpid(child, 0)
    told = json.loads(head)
    assert told["rc"] == 0, (command, told)
    text = answer.decode().strip()
    return Measured(time.perf_counter() - begun, told["peak"], json.loads(text) if text.startswith("{") else {})


def regintel(environment: dict[str, str], data: Path, *arguments: str) -> Measured:
    return measure(environment, sys.executable, "-m", "regintel", "--data", str(data), *arguments)


def bare_encode(data: Path) -> float:
    """Return documents a second of the bare model on the texts that classify read: the baseline of its speed."""
    code = """
import sys, time
from pathlib import Path
from regintel.classify.reading import subject
from regintel.encoder import open_encoder
from regintel.store.database import read_index
with read_index(Path(sys.argv[1]) / "index.db") as index:
    sql = '''SELECT title, summary, coalesce(text, '') AS text FROM documents JOIN versions ON versions.id = version
             LEFT JOIN texts ON texts.hash = text_hash'''
    texts = [subject(row["title"], (row["summary"] + chr(10) + row["text"]).strip()) for row in index.rows(sql)]
encoder = open_encoder(None, Path(sys.argv[1]) / "models")
encoder.encode_documents(texts[:200])
begun = time.perf_counter()
encoder.encode_documents(texts)
print('{"rate": %.2f}' % (len(texts) / (time.perf_counter() - begun)))
"""
    return float(measure({}, sys.executable, "-c", code, str(data)).answer["rate"])


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "captures"
    folder = folder if folder.is_dir() else ROOT / "data" / "demo"
    rows: list[tuple[str, str, str]] = []
    with serve([folder]) as server, tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"

        def on(day: str) -> dict[str, str]:
            return {"REGINTEL_FETCH_PREFIX": server.prefix(day), "REGINTEL_DELAY": "0", "REGINTEL_EXPECT": "0"}

        python = measure({}, sys.executable, "-c", "pass").seconds
        spider = measure({}, sys.executable, "-c", "import regintel.crawl, scrapy.crawler").seconds
        helped = measure({}, sys.executable, "-m", "regintel", "--help")
        rows.append(("regintel --help, s", f"{helped.seconds:.2f}", f"python -c pass: {python:.2f}"))

        first = regintel(on(DAYS[0]), data, "--now", "2025-10-15T12:00:00Z", "crawl", "--json")
        for run in first.answer["runs"]:
            rate = run["items"] / run["seconds"]
            rows.append(
                (f"first load, {run['source']}: records/s", f"{rate:.0f}", f"{run['items']} in {run['seconds']} s")
            )
        rows.append(
            ("first load: seconds with storing", f"{first.seconds:.1f}", f"spider process start-up: {spider:.2f}")
        )
        labelled = regintel({}, data, "classify", "--json")
        told = labelled.answer
        rows.append(
            ("classify: documents/s", f"{told['docs_per_second']:.1f}", f"bare encode: {bare_encode(data):.1f}")
        )
        rows.append(
            (
                "classify: seconds, model build and load included",
                f"{labelled.seconds:.1f}",
                f"{told['classified']} documents",
            )
        )
        rows.append(("peak memory, MB: crawl / classify", f"{first.peak_mb:.0f} / {labelled.peak_mb:.0f}", "goal 1500"))

        again = regintel(on(DAYS[0]), data, "--now", "2025-10-15T13:00:00Z", "run", "--json")
        for run in again.answer["crawl"]["runs"]:
            what = f"{run['requests']} requests, {run['not_modified']} answered 304, {run['seconds']} s"
            rows.append(
                (f"run with nothing changed, {run['source']}", what, f"spider process start-up: {spider:.2f} s")
            )
        rows.append(("run with nothing changed: all, s", f"{again.seconds:.1f}", "goal 3 + start-up a source"))
        rows.append(
            ("run with nothing changed: documents embedded", str(again.answer["classify"]["classified"]), "goal 0")
        )

        later = regintel(on(DAYS[1]), data, "--now", "2025-12-15T12:00:00Z", "run", "--json")
        rows.extend(
            (f"run of the second day, {run['source']}: requests", str(run["requests"]), f"{run['seconds']} s")
            for run in later.answer["crawl"]["runs"]
        )
        rows.append(
            (
                "run of the second day: all, s",
                f"{later.seconds:.1f}",
                f"{later.answer['classify']['classified']} labelled",
            )
        )

        found = regintel({}, data, "search", "potency assay for CAR-T", "--json")
        rows.append(("cold search, s", f"{found.seconds:.2f}", f"in process: {found.answer['took_ms']:.0f} ms"))

    print(f"samples: {folder}")
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    main()
