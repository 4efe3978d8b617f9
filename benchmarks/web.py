"""How fast the web page answers, and what it takes: `PYTHONPATH=. python benchmarks/web.py DATA`.

Serves an index that is there already with the real command, in a process of its own, and asks it over HTTP: one reader
after the other, then fifty at once. Beside every figure stands the same of `/healthz`, which reads nothing: what HTTP
itself costs. Prints a table.

With `--generated` the index is one that `benchmarks/search.py --keep DATA` built: its model, which answers at once with
a random vector, takes the place of the real one, whose query costs the same 15 ms however large an index is.
"""

import argparse
import asyncio
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import httpx

from regintel.records import SearchFilters
from regintel.store.database import read_index

QUERIES = (
    "potency assay for CAR-T", "extractables and leachables", "nitrosamine impurities limit", "residual solvents",
    "what do agencies say on comparability after a manufacturing change", "再生医療等製品 品質", "细胞治疗 药学研究",
    "sterility testing of short-lived products", "FDA-2023-D-4299", "stability of biotechnological products",
)  # fmt: skip
GENERATED = """
import sys
from pathlib import Path
from benchmarks.search import Instant, about
from regintel.clock import Clock
from regintel.config import load_config
from regintel.house import House
from regintel.search.searcher import Searcher
from regintel.web.server import serve
house = House(load_config(None, Path(sys.argv[1])), Clock(), Instant())
vars(house)["searcher"] = Searcher(Instant(), about=about)
serve(house, "127.0.0.1", 0, {})
"""
PAGES = ("/", "/changes", "/deadlines", "/matrix", "/statistics", "/sources")
CLIENTS = 50


def percentiles(seconds: list[float]) -> tuple[float, float]:
    """Return p50 and p95 in milliseconds."""
    cut = statistics.quantiles(seconds, n=20, method="inclusive")
    return statistics.median(seconds) * 1000, cut[18] * 1000


def resident(process: int) -> float:
    """Return a process's memory in MB."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def timed(client: httpx.Client, path: str, **asked: str) -> float:
    begun = time.perf_counter()
    answer = client.get(path, params=asked or None)
    took = time.perf_counter() - begun
    assert answer.status_code == 200, (path, answer.status_code)
    return took


async def crowd(base: str, queries: list[str], each: int) -> tuple[list[float], float, Counter]:
    """Let fifty readers ask at once; return how long each answer took, the whole, and the statuses."""
    statuses: Counter = Counter()
    seconds: list[float] = []

    async def reader(client: httpx.AsyncClient, number: int) -> None:
        for at in range(each):
            query = queries[(number * each + at) % len(queries)]
            begun = time.perf_counter()
            answer = (
                await client.get("/", params={"q": query}) if at % 2 else await client.get(PAGES[number % len(PAGES)])
            )
            seconds.append(time.perf_counter() - begun)
            statuses[answer.status_code] += 1

    begun = time.perf_counter()
    async with httpx.AsyncClient(base_url=base, timeout=120, limits=httpx.Limits(max_connections=CLIENTS)) as client:
        await asyncio.gather(*(reader(client, number) for number in range(CLIENTS)))
    return seconds, time.perf_counter() - begun, statuses


def in_process(data: Path, queries: list[str], *, generated: bool) -> list[float]:
    """Return how long the search itself takes, by the same model, without HTTP."""
    from regintel.clock import Clock
    from regintel.config import load_config
    from regintel.house import House

    searcher = House(load_config(None, data), Clock()).searcher
    if generated:
        from benchmarks.search import Instant, about
        from regintel.search.searcher import Searcher

        searcher = Searcher(Instant(), about=about)
    seconds = []
    with read_index(data / "index.db") as index:
        searcher.search(index, "warm", SearchFilters(), count=1)
        for query in queries:
            begun = time.perf_counter()
            searcher.search(index, query, SearchFilters(), count=10)
            seconds.append(time.perf_counter() - begun)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--generated", action="store_true")
    asked = parser.parse_args()
    data, rounds, queries = asked.data, asked.rounds, list(QUERIES)
    if asked.generated:
        from benchmarks.search import Corpus

        queries = Corpus(1).queries(len(QUERIES) * rounds)
    else:
        queries *= rounds
    with read_index(data / "index.db") as index:
        counted = index.row("SELECT (SELECT count(*) FROM documents) AS d, (SELECT count(*) FROM passages) AS p")
    held = f"{counted['d']:,} documents, {counted['p']:,} passages"
    print(f"{held}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    served = (
        ["-c", GENERATED, str(data)]
        if asked.generated
        else ["-m", "regintel", "--data", str(data), "serve", "--port", "0"]
    )
    command = [sys.executable, *served]
    begun = time.perf_counter()
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            base = next(found[1] for line in process.stderr if (found := re.search(r"running on (http://\S+)", line)))
            ready, fresh = time.perf_counter() - begun, resident(process.pid)
            print("| what | p50 ms | p95 ms |\n|---|---|---|")
            with httpx.Client(base_url=base, timeout=120) as client:
                timed(client, "/", q="warm")
                rows = {"/healthz": [timed(client, "/healthz") for _ in range(rounds * 10)]}
                rows["search in process, 10 results"] = in_process(data, queries, generated=asked.generated)
                rows["/api/search, 10 results"] = [timed(client, "/api/search", q=query) for query in queries]
                rows["/?q=…, with facets of the best 200"] = [timed(client, "/", q=query) for query in queries]
                rows |= {page: [timed(client, page) for _ in range(max(3, rounds))] for page in PAGES}
            for name, seconds in rows.items():
                print("| {} | {:.1f} | {:.1f} |".format(name, *percentiles(seconds)))
            seconds, whole, statuses = asyncio.run(crowd(base, queries, 4))
            told = f"{CLIENTS} readers at once, {len(seconds)} pages in {whole:.1f} s, {dict(statuses)}"
            print("| {} | {:.0f} | {:.0f} |".format(told, *percentiles(seconds)))
            print(f"\nready after {ready:.1f} s; {fresh:.0f} MB at the start, {resident(process.pid):.0f} MB after")
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)


if __name__ == "__main__":
    main()
