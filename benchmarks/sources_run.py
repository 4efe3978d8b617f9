"""What every source asks of its agency, and how long the whole run takes: `python benchmarks/sources_run.py [FOLDER]`.

First table: each captured list (../shared/captures) at two times, and the second time once more with nothing new:
requests and seconds, robots.txt included. The baseline in the same run is the start-up of a crawl process.
Second table: the whole run of all sources on the shipped demo samples: first day, second day, second day again;
seconds and peak memory of the largest process, and requests by host of the quiet day.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from daily_run import measure, regintel

from regintel.replay import serve
from regintel.sources import load_sources
from regintel.store.database import read_index

ROOT = Path(__file__).parent.parent
QUIET = {"REGINTEL_DELAY": "0", "REGINTEL_EXPECT": "0"}
HOSTS = """
    SELECT responses.url FROM responses JOIN runs ON runs.id = responses.run
    WHERE runs.started >= ?"""


def main() -> None:
    captures = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "captures"
    started = measure({}, sys.executable, "-c", "import regintel.crawl, scrapy.crawler").seconds
    print(f"start-up of a crawl process: {started:.2f} s")
    if captures.is_dir():
        print_table(lists(captures))
    print_table(whole_run())


def lists(captures: Path) -> list[tuple[str, ...]]:
    """Return each captured list: requests and seconds of the first, the changed and the quiet crawl."""
    expected = json.loads((captures / "expected.json").read_text())
    known = load_sources(ROOT / "config")
    rows = [("list", "first: requests, s", "changed: requests, s", "told", "nothing new: requests, s, 304")]
    done: set[tuple[str, str, str]] = set()
    with serve([captures]) as server:
        for each in expected["changes"]:
            name, pair = each["source"], (each["source"], each["from"], each["to"])
            if name not in known or pair in done:
                continue
            done.add(pair)
            with tempfile.TemporaryDirectory() as scratch:
                first, changed, quiet = (
                    crawl(Path(scratch), name, server.prefix(day), hour)
                    for hour, day in enumerate((each["from"], each["to"], each["to"]))
                )
            told = {kind: changed[kind] for kind in ("new", "revised", "status_changed", "withdrawn") if changed[kind]}
            words = ", ".join(f"{number} {kind}" for kind, number in told.items()) or changed["state"]
            rows.append((f"{name} {each['from']} → {each['to']}", cost(first), cost(changed), words,
                         f"{cost(quiet)}, {quiet['not_modified']}"))  # fmt: skip
    return rows


def crawl(data: Path, name: str, prefix: str, hour: int) -> dict:
    words = ["--data", str(data), "--now", f"2026-12-01T{hour:02}:00:00Z", "crawl", name, "--json"]
    told = {**os.environ, **QUIET, "REGINTEL_FETCH_PREFIX": prefix}
    done = subprocess.run([sys.executable, "-m", "regintel", *words], env=told, capture_output=True, check=False)
    return json.loads(done.stdout)["runs"][0]


def cost(run: dict) -> str:
    return f"{run['requests']}, {run['seconds']:.1f}"


def whole_run() -> list[tuple[str, ...]]:
    """Return the run of all sources on the demo's samples."""
    rows = [("whole run", "sources", "requests", "s", "peak MB of a process", "not read")]
    with serve([ROOT / "data" / "demo"]) as server, tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"
        days = (
            ("first day", "20251015", "2025-10-15T12:00:00Z"),
            ("second day", "20251215", "2025-12-15T12:00:00Z"),
            ("second day, an hour later", "20251215", "2025-12-15T13:00:00Z"),
        )
        for name, day, at in days:
            done = regintel({**QUIET, "REGINTEL_FETCH_PREFIX": server.prefix(day)}, data, "--now", at, "run", "--json")
            runs = done.answer["crawl"]["runs"]
            unread = ", ".join(run["source"] for run in runs if run["state"] != "ok")
            asked = sum(run["requests"] for run in runs)
            rows.append((name, str(len(runs)), str(asked), f"{done.seconds:.1f}", f"{done.peak_mb:.0f}", unread))
        with read_index(data / "index.db") as index:
            hosts = Counter(urlsplit(row["url"]).hostname for row in index.rows(HOSTS, [days[-1][2]]))
        lists_of = Counter(urlsplit(source.url).hostname for source in load_sources(ROOT / "config").values())
        for host, number in sorted(hosts.items(), key=lambda pair: -pair[1]):
            rows.append((f"  quiet day: {host}", str(lists_of[host]), str(number), "", "", ""))
    return rows


def print_table(rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print()


if __name__ == "__main__":
    main()
