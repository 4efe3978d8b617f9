"""Captured pages and feeds of EMA, EudraLex and ICH: exactly the items and changes that expected.json names.

The words of `tests/test_captures.py` hold. Only one of ICH's four pages and two of EMA's four feeds were captured, and
no PDF behind them: the sources are narrowed to what there is, and a guideline's missing PDF is the one problem.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from regintel.clock import Clock
from regintel.config import Replay
from regintel.house import House
from regintel.jobs.crawl import CrawlReport, crawl
from regintel.records import Document
from regintel.replay import ReplayServer
from regintel.sources import Follow
from regintel.store.database import Index
from regintel.store.documents import changes
from regintel.vocabulary import ChangeKind, RunState
from tests.places import CAPTURES
from tests.test_captures import EXPECTED, by_url, captures, of_source, plain, told_of

__all__ = ["captures"]  # the fixture

pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures of real responses are not here")

SHORT = (
    "https://www.ema.europa.eu/en/guideline-quality-non-clinical-clinical-requirements-investigational-advanced-therapy-"
    "medicinal"
)


def read(house: House, index: Index, server: ReplayServer, source: str, day: str, *urls: str) -> CrawlReport:
    """Crawl these addresses of a source as they were on a day; no file is read but those that just came."""
    told = {"urls": urls, "follow": Follow(most=5)}
    narrowed = house.sources[source].model_copy(update=told)
    config = replace(house.config, replay=Replay(server.prefix(day), delay=0.0, expect=False))
    clock = Clock(datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC))
    (report,) = crawl(config, index, [narrowed], clock)
    assert report.ok, report.run.reason
    return report


def counted(report: CrawlReport) -> tuple[int, int]:
    assert report.problems == ()
    return report.run.items, report.run.listed


def list_of(source: str, time: str, part: str = "") -> dict[str, Any]:
    return next(each for each in of_source(source) if each["time"] == time and part in each["source_url"])


def change_of(source: str) -> dict[str, Any]:
    return next(each for each in EXPECTED["changes"] if each["source"] == source)


def spotted(index: Index, expected: dict[str, Any]) -> list[tuple[dict[str, Any], Document]]:
    found = by_url(index)
    spots = [(spot, found[spot["url"]]) for spot in expected["spot_checks"]]
    assert all(plain(each.current.title) == plain(spot["title"]) for spot, each in spots)
    return spots


def test_eudralex_is_read_as_expected(house, index, captures):
    expected = list_of("eudralex_volume4", "20260720")
    report = read(house, index, captures, "eudralex_volume4", "20260720")
    assert counted(report) == (expected["count"], expected["count"])
    assert report.run.counts["new"] == expected["count"]
    for spot, each in spotted(index, expected):
        now = each.current
        assert (now.key, now.reference) == (spot["reference"], spot["reference"])
        assert now.reference_raw == spot.get("part")
        assert now.summary.startswith(spot.get("status_text", ""))
        assert now.quoted.get("status") == spot.get("status_text")
        assert each.issuer == "ec"


def ich_as_expected(index: Index, expected: dict[str, Any]) -> None:
    for spot, each in spotted(index, expected):
        now = each.current
        assert (now.reference, now.published, now.status) == (
            spot["reference"],
            spot["date"],
            spot["status"].casefold(),
        )
        assert now.comment_closes == spot.get("comment_closes")


def test_ich_is_read_as_expected_and_its_changes_told(house, index, captures):
    expected = change_of("ich_guidelines")
    for time in (expected["from"], expected["to"]):
        asked = list_of("ich_guidelines", time)
        report = read(house, index, captures, "ich_guidelines", time, asked["source_url"])
        assert counted(report) == (asked["count"], asked["count"])
        ich_as_expected(index, asked)
    (new,) = expected["new"]
    assert [(each.kind, each.url) for each in changes(index)] == [(ChangeKind.NEW, new["url"])]


def feed_as_expected(house: House, index: Index, server: ReplayServer, expected: dict[str, Any]) -> None:
    report = read(house, index, server, "ema_rss", expected["time"], expected["source_url"])
    assert counted(report) == (expected["count"], expected["count"])
    for spot, each in spotted(index, expected):
        assert each.current.published == spot["date"]
        same = {each.current.url, *identified(index, each.id)}
        assert spot["same_document_as"] in same


def identified(index: Index, document: str) -> set[str]:
    """Return the addresses under which another list would find a document."""
    rows = index.rows("SELECT identifier FROM identifiers WHERE document = ?", [document])
    return {f"https://www.{row['identifier'][4:]}" for row in rows if row["identifier"].startswith("url ")}


def test_the_feed_of_scientific_guidelines_is_read_as_expected_and_its_changes_told(house, index, captures):
    expected = change_of("ema_rss")
    for time in (expected["from"], expected["to"]):
        feed_as_expected(house, index, captures, list_of("ema_rss", time))
    assert told_of(index, ChangeKind.NEW) == {each["url"] for each in expected["new"]}
    assert len(changes(index)) == len(expected["new"])


def test_the_feed_of_inspections_is_read_as_expected(house, index, captures):
    feed_as_expected(house, index, captures, list_of("ema_rss", "20260620", "inspections"))


def test_a_banner_is_no_change_and_the_short_address_is_the_same_page(house, index, captures):
    expected, (details,) = change_of("ema_guideline_pages"), details_of("ema_guideline_pages")
    page = expected["source_url"]
    read(house, index, captures, "ema_guideline_pages", expected["from"], page)
    report = read(house, index, captures, "ema_guideline_pages", expected["to"], page, SHORT)
    assert {each.kind for each in report.problems} == {"missing"}  # the PDF was not captured
    assert (report.run.items, report.run.listed, report.run.counts["unchanged"]) == (1, 1, expected["unchanged"])
    assert changes(index) == []
    now = by_url(index)[details["url"]].current
    assert (now.title, now.status) == (details["title"], details["status"].casefold())
    assert (now.reference, now.published) == (details["reference"], details["date"])
    assert ", ".join(now.topics).startswith(details["keywords_start"])


def details_of(source: str) -> list[dict[str, Any]]:
    return [each for each in EXPECTED["details"] if each["source"] == source]


def test_a_page_that_lists_files_gives_an_item_per_file(house, index, captures):
    expected = list_of("ema_guideline_pages", "20260720")
    report = read(house, index, captures, "ema_guideline_pages", "20260720", expected["source_url"])
    assert counted(report) == (expected["count"], expected["count"])
    for spot, each in spotted(index, expected):
        assert (each.current.document_type, each.current.published) == (spot["type"], spot.get("date"))


def test_a_firewalls_page_with_200_is_a_block(house, index, captures):
    page = (CAPTURES / "blocked" / "ema_waf_with_200.html").read_bytes()
    from tests.upstream import Page, Upstream

    with Upstream() as upstream:
        upstream.set("ema.europa.eu/en/", Page(page, headers={"Content-Type": "text/html"}))
        config = replace(house.config, replay=Replay(upstream.prefix, delay=0.0, expect=False))
        clock = Clock(datetime(2025, 10, 15, tzinfo=UTC))
        reports = crawl(config, index, [house.sources["ema_rss"], house.sources["ema_guideline_pages"]], clock)
    assert [each.run.state for each in reports] == [RunState.BLOCKED, RunState.BLOCKED]
