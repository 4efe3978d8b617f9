"""Real responses of both sources, at several times: exactly the items and changes that expected.json names.

That file lists raw differences of listings. In our words: new = its `new` less the paired additions; withdrawn = its
`removed` less the paired; each pair is one `revised` or `status_changed`, told of the new address; FDA's `silent`
entries moved only a stamp (no change), GOV.UK's a body or an attachment (`revised`, silent).
"""

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from regintel.clock import Clock
from regintel.config import Replay
from regintel.house import House
from regintel.jobs.crawl import crawl
from regintel.records import Document
from regintel.replay import ReplayServer, serve
from regintel.store.database import Index
from regintel.store.documents import changes, documents
from regintel.vocabulary import ChangeKind
from tests.places import CAPTURES

pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures of real responses are not here")

EXPECTED: dict[str, Any] = json.loads((CAPTURES / "expected.json").read_text()) if CAPTURES.is_dir() else {}
OURS = ("fda_guidance", "mhra_guidance")


@pytest.fixture(scope="module")
def captures() -> Iterator[ReplayServer]:
    with serve([CAPTURES]) as server:
        yield server


def read(house: House, index: Index, server: ReplayServer, source: str, day: str) -> dict[str, int]:
    """Crawl a source as it was on a day; return the run's counts with its items and listed rows."""
    config = replace(house.config, replay=Replay(server.prefix(day), delay=0.0, expect=False))
    clock = Clock(datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC))
    (report,) = crawl(config, index, [house.sources[source]], clock)
    assert report.ok, report.run.reason
    # Captures lie months apart: a feed then shows nothing of what it showed, and says so.
    assert [problem for problem in report.problems if problem.kind != "gap"] == []
    return {**report.run.counts, "items": report.run.items, "listed": report.run.listed}


def of_source(name: str) -> list[dict[str, Any]]:
    return [each for each in EXPECTED.get("lists", []) if each["source"] == name]


def plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def by_url(index: Index) -> dict[str, Document]:
    names = [row["id"] for row in index.rows("SELECT id FROM documents")]
    return {each.current.url: each for each in documents(index, names)}


@pytest.mark.parametrize(
    "expected", [each for name in OURS for each in of_source(name)], ids=lambda e: e["source"] + e["time"]
)
def test_a_list_is_read_as_expected(house, index, captures, expected):
    counts = read(house, index, captures, expected["source"], expected["time"])
    assert counts["items"] == counts["listed"] == counts["new"] == expected["count"]
    found = by_url(index)
    for spot in expected["spot_checks"]:
        now = found[spot["url"]].current
        day = now.updated if expected["source"] == "mhra_guidance" else now.published
        assert plain(now.title) == plain(spot["title"])
        assert (now.status, day, now.reference) == (spot["status"].casefold(), spot.get("date"), spot.get("reference"))
        assert now.reference_raw == spot.get("reference_raw", now.reference_raw)
        assert now.published == spot.get("published", now.published)
        assert now.revised_at == spot.get("public_timestamp", now.revised_at)
        assert now.change_note == spot.get("change_note", now.change_note)
        assert now.comment_closes == spot.get("comment_closes", now.comment_closes)
        assert now.document_type == spot.get("document_type", now.document_type)
        assert set(now.topics) == set(spot.get("topics", now.topics))
        assert set(now.products) == set(spot.get("products", now.products))
        assert set(now.offices) == set(spot.get("offices", now.offices))
        if "pdf_url" in spot:
            assert [each.url for each in now.attachments] == [spot["pdf_url"]]


def told_of(index: Index, kind: ChangeKind, *, silent: bool = False) -> set[str]:
    return {each.url for each in changes(index) if each.kind is kind and each.silent is silent}


@pytest.mark.parametrize(
    "expected",
    [each for each in EXPECTED.get("changes", []) if each["source"] in OURS],
    ids=lambda e: e["source"] + e["to"],
)
def test_what_changed_between_two_times_is_told_exactly(house, index, captures, expected):
    name = expected["source"]
    read(house, index, captures, name, expected["from"])
    counts = read(house, index, captures, name, expected["to"])
    pairs = {pair["continues_in"]: pair["removed"] for pair in expected["paired"]}
    new = {each["url"] for each in expected["new"]} - set(pairs)
    withdrawn = {each["url"] for each in expected["removed"]} - set(pairs.values())
    moved = {each["url"] for each in expected["status_changed"]}
    revised = {each["url"] for each in expected["revised"]}
    status_of = {each["url"]: each["status"] for each in [*expected["new"], *expected["removed"]]}
    for after, before in pairs.items():
        (moved if status_of[after] != status_of[before] else revised).add(after)
    silent = {each["url"] for each in expected.get("silent", [])} if name == "mhra_guidance" else set()
    assert told_of(index, ChangeKind.NEW) == new
    assert told_of(index, ChangeKind.WITHDRAWN) == withdrawn
    assert told_of(index, ChangeKind.STATUS_CHANGED) == moved
    assert told_of(index, ChangeKind.REVISED) == revised
    assert told_of(index, ChangeKind.REVISED, silent=True) == silent
    assert len(changes(index)) == len(new) + len(withdrawn) + len(moved) + len(revised) + len(silent)
    assert counts["unchanged"] == expected.get("unchanged", counts["unchanged"])
    by_address = {each.url: each for each in changes(index)}
    for after, before in pairs.items():
        assert (by_address[after].before or {})["url"] == before
    for each in expected["status_changed"]:
        change = by_address[each["url"]]
        assert (change.before or {})["status"] == each["from"].casefold()
        assert (change.after or {})["status"] == each["to"].casefold()
    for each in expected["revised"]:
        told = set(by_address[each["url"]].after or {})
        names = {"date": "published", "pdf_url": "attachments", "public_timestamp": "revised_at"}
        assert {names.get(field, field) for field in each["fields"]} <= told


def test_two_updates_of_one_day_are_two(house, index, captures):
    address = (
        "/api/content/government/publications/medicines-notes-for-applicants-and-holders-of-a-manufacturer-licence"
    )
    import urllib.request

    stamps = []
    for time in ("20231117130000", "20231117160000"):
        with urllib.request.urlopen(f"{captures.prefix(time)}https://www.gov.uk{address}") as answer:
            stamps.append(json.load(answer)["public_updated_at"])
    from regintel.text.dates import day, moment

    assert len({moment(stamp) for stamp in stamps}) == 2
    assert len({day(stamp, "Europe/London") for stamp in stamps}) == 1
