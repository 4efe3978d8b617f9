"""How fast EMA's documents file is read, and in how much memory. `python benchmarks/ema_report.py` prints a table.

The file is made here: 70,444 records of the real shape and the real shares of types, as valid JSON and as the broken
form (no commas between records; in a twentieth of them unescaped quotes in the name). Each line is a process of its
own, so that its peak is its own. The baseline is `json.loads` of the whole. The last lines are whole crawl processes,
Scrapy, archive and spool included, against a server on loopback.
"""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
RECORDS = 70_444
SHARES = {  # counts of 2026-09-02; the rest is spread over types that are left out
    "scientific-guideline": 2726, "regulatory-procedural-guideline": 766, "other": 4412, "presentation": 6337,
    "pip-decision": 6585, "psusa": 3444, "variation-report": 3297, "referral": 2885, "orphan-designation": 2420,
    "product-information": 2212, "assessment-report": 15360, "minutes": 20000,
}  # fmt: skip
WORDS = [
    "guideline", "on", "the", "quality", "of", "medicinal", "products", "containing", "active", "substances",
    "manufacture", "investigational", "advanced", "therapy", "clinical", "requirements", "stability", "testing",
    "development", "and", "validation", "committee", "for", "patients’", "use",
]  # fmt: skip  # the apostrophe makes the text two bytes a character, as the real one may be
ADDRESS = "https://www.ema.europa.eu/en/documents/report/documents-output-json-report_en.json"


def records() -> Iterator[dict[str, str]]:
    rng = random.Random(20260902)  # noqa: S311  (a benchmark's file, the same each time)
    types = [name for name, count in SHARES.items() for _ in range(count)]
    rng.shuffle(types)
    for number, kind in enumerate(types[:RECORDS]):
        name = " ".join(rng.choices(WORDS, k=rng.randint(6, 22))).capitalize()
        slug = "-".join(name.lower().replace("’", "").split()) + f"-{number}"
        yield {
            "id": str(2000 + number),
            "name": name,
            "type": kind,
            "medicine_name": "" if "guideline" in kind else "Nobivac",
            "ema_product_number": "" if "guideline" in kind else "EMEA/H/C/004412",
            "status": "Adopted" if "guideline" in kind else "",
            "consultation_date": "2024-07-29 to 2025-01-31" if number % 50 == 0 else "",
            "first_published_date": f"20{number % 25:02}-0{1 + number % 9}-1{number % 9}T12:00:00Z",
            "last_updated_date": f"20{number % 25:02}-0{1 + number % 9}-1{number % 9}T12:00:00Z",
            "reference_number": f"EMA/CHMP/QWP/{100000 + number}/20{number % 25:02}",
            "document_url": f"https://www.ema.europa.eu/en/documents/{kind}/{slug}_en.pdf",
        }


def write_files(folder: Path) -> None:
    """Write both forms of the file."""
    meta = f'"meta":{{"total_records":{RECORDS},"timestamp":"2026-09-02T05:45:08Z"}}'
    valid, broken = folder / "valid.json", folder / "broken.json"
    rows = [json.dumps(each, indent=6, ensure_ascii=False) for each in records()]
    valid.write_text(f'{{{meta},"data":[\n' + ",\n".join(rows) + "\n]}")
    torn = [row.replace('"name": "', '"name": "The "new" ') if n % 20 == 0 else row for n, row in enumerate(rows)]
    broken.write_text(f'{{{meta},"data":[\n' + "\n".join(torn) + "\n]}")


# What is measured; each in a process of its own


def nothing(path: Path) -> int:
    """Hold the body, with what a crawl process has loaded: the floor."""
    import regintel.crawl  # noqa: F401

    return len(path.read_bytes()) * 0


def json_loads(path: Path) -> int:
    return len(json.loads(path.read_bytes())["data"])


def report(path: Path) -> int:
    from regintel.spiders.ema_report import Report

    return sum(1 for _ in Report(path.read_bytes()))


def items(path: Path) -> int:
    """Read the file as the spider does, and write what it yields to a spool."""
    from scrapy import Request
    from scrapy.http import TextResponse

    from regintel.archive import ArchiveWriter
    from regintel.items import GuidanceItem
    from regintel.orders import SpoolWriter
    from regintel.spiders.ema_documents import EmaDocumentsSpider

    with tempfile.TemporaryDirectory() as scratch, SpoolWriter(Path(scratch) / "spool.jsonl") as spool:
        archive = ArchiveWriter(Path(scratch), "r", run="r", source="ema_documents", robots="obey")
        spider = EmaDocumentsSpider(order=order(Path(scratch), ""), spool=spool, archive=archive)
        page = TextResponse(ADDRESS, body=path.read_bytes(), request=Request(ADDRESS))
        made = 0
        for each in spider.parse(page):
            spool.write(each)  # type: ignore[arg-type]
            made += isinstance(each, GuidanceItem)
        print(f"{made} items made", file=sys.stderr)
        return spider.report.read if spider.report else 0


def order(folder: Path, prefix: str):
    from regintel.orders import CrawlOrder
    from regintel.sources import load_sources

    source = load_sources(ROOT / "config")["ema_documents"]
    return CrawlOrder(
        source=source, run="r", now=None, user_agent="benchmark", prefix=prefix, delay=0.0,
        archive=folder / "archive", spool=folder / "spool.jsonl",
    )  # fmt: skip


MEASURES = {each.__name__: each for each in (nothing, json_loads, report, items)}


def measure(name: str, path: Path) -> dict[str, float]:
    """Run one measure in a process of its own."""
    command = [sys.executable, __file__, "--measure", name, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout) | {"note": done.stderr.strip()}


def crawl(path: Path) -> dict[str, float]:
    """Run a whole crawl process against a server that has the file."""
    from regintel.replay import serve

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        served = folder / "captures"
        served.mkdir()
        os.link(path, served / "file.json")
        headers = {"Content-Type": "application/json"}
        line = {"url": ADDRESS, "time": "20260902000000", "headers": headers, "file": "file.json"}
        served.joinpath("index.jsonl").write_text(json.dumps(line) + "\n")
        with serve([served]) as server:
            told = order(folder, server.prefix("20260902")).model_dump_json().encode() + b"\n"
            begun = time.perf_counter()
            with subprocess.Popen(
                [sys.executable, "-m", "regintel.crawl"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT
            ) as process:
                assert process.stdin is not None
                process.stdin.write(told)
                process.stdin.flush()
                _, _, used = os.wait4(process.pid, 0)
                process.returncode = 0
            seconds = time.perf_counter() - begun
        end = json.loads((folder / "spool.jsonl").read_text().splitlines()[-1])["end"]
        assert end["error"] == "", end
        found = {"seconds": seconds, "cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss / 1024}
        return {**found, "records": RECORDS, "note": f"{end['listed']} items made"}


def main() -> None:
    if sys.argv[1:2] == ["--measure"]:
        begun, spent = time.perf_counter(), time.process_time()
        count = MEASURES[sys.argv[2]](Path(sys.argv[3]))
        seconds, spent = time.perf_counter() - begun, time.process_time() - spent
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"seconds": seconds, "cpu": spent, "records": count, "peak": peak}))
        return
    if sys.argv[1:2] == ["--write"]:
        write_files(Path(sys.argv[2]))
        return
    with tempfile.TemporaryDirectory() as scratch:
        # In a process of its own too: a child's peak begins where its parent stood when it was made.
        subprocess.run([sys.executable, __file__, "--write", scratch], check=True)
        files = {name: Path(scratch) / f"{name}.json" for name in ("valid", "broken")}
        size = files["valid"].stat().st_size / 1e6
        print(f"{RECORDS} records, {size:.0f} MB; goals: more than 20,000 records/s with items, less than 400 MB\n")
        print(f"{'what':<44}{'wall s':>8}{'CPU s':>8}{'records/CPU s':>15}{'peak MB':>9}  note")
        lines = [
            ("the modules of a crawl process and the body", measure("nothing", files["valid"])),
            ("baseline: json.loads of the whole, valid", measure("json_loads", files["valid"])),
            ("records only, valid", measure("report", files["valid"])),
            ("records only, broken", measure("report", files["broken"])),
            ("items to the spool, valid", measure("items", files["valid"])),
            ("items to the spool, broken", measure("items", files["broken"])),
            ("whole crawl process, valid", crawl(files["valid"])),
            ("whole crawl process, broken", crawl(files["broken"])),
        ]
        for what, found in lines:
            rate = f"{found['records'] / found['cpu']:,.0f}" if found["records"] else "-"
            times = f"{found['seconds']:>8.2f}{found['cpu']:>8.2f}"
            print(f"{what:<44}{times}{rate:>15}{found['peak']:>9.0f}  {found['note']}")


if __name__ == "__main__":
    main()
