"""Captures of NMPA's and CDE's lists at two times: the items and changes that expected.json names.

Pages of new notices are not captured: each is asked for once and found missing, which costs only its words. CDE's two
queries are two lists of expected.json and one of ours, so their counts and changes are added up.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from regintel.clock import Clock
from regintel.config import Replay
from regintel.house import House
from regintel.jobs.crawl import CrawlReport, crawl
from regintel.middlewares.blocks import refusal
from regintel.replay import ReplayServer, serve
from regintel.store.database import Index
from regintel.store.documents import changes
from regintel.vocabulary import ChangeKind, RunState
from tests.places import CAPTURES
from tests.spiders import Yielded, response, spider_of
from tests.test_captures import EXPECTED, by_url, of_source, plain, told_of

pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures of real responses are not here")

TIMES = {
    "nmpa_announcements": ("20251009", "20251014"),
    "nmpa_english": ("20250910", "20251120"),
    "cde_guidance": ("20260301", "20260602"),
    "cde_consultations": ("20260301", "20260602"),
}


@pytest.fixture(scope="module")
def captures() -> Iterator[ReplayServer]:
    with serve([CAPTURES]) as server:
        yield server


def crawled(house: House, index: Index, server: ReplayServer, source: str, day: str) -> CrawlReport:
    config = replace(house.config, replay=Replay(server.prefix(day), delay=0.0, expect=False))
    clock = Clock(datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC))
    (report,) = crawl(config, index, [house.sources[source]], clock)
    assert report.ok, report.run.reason
    return report


def lists(source: str, time: str) -> list[dict[str, Any]]:
    found = [each for each in of_source(source) if each["time"] == time]
    assert found
    return found


def assert_as_expected(index: Index, report: CrawlReport, source: str, time: str) -> None:
    expected = lists(source, time)
    assert report.run.items == report.run.listed == sum(each["count"] for each in expected)
    found = by_url(index)
    for spot in [spot for each in expected for spot in each["spot_checks"]]:
        now = found[spot["url"]].current
        assert plain(now.title) == plain(spot["title"])
        assert (now.published, now.reference) == (spot["date"], spot.get("reference"))
        assert now.status == spot.get("status", now.status)
        assert list(now.products) == spot.get("applies_to", [])


@pytest.mark.parametrize("source", TIMES)
def test_lists_are_read_as_expected_and_what_changed_is_told_exactly(house, index, captures, source):
    earlier, later = TIMES[source]
    first = crawled(house, index, captures, source, earlier)
    assert first.problems == ()
    assert_as_expected(index, first, source, earlier)
    second = crawled(house, index, captures, source, later)
    assert_as_expected(index, second, source, later)
    expected = [each for each in EXPECTED["changes"] if each["source"] == source]
    new = {each["url"] for change in expected for each in change["new"]}
    assert not any(change[kind] for change in expected for kind in ("revised", "status_changed", "removed", "paired"))
    assert told_of(index, ChangeKind.NEW) == new
    assert len(changes(index)) == len(new)
    asked = set() if source == "cde_guidance" else new
    assert {(each.kind, each.url) for each in second.problems} == {("missing", url) for url in asked}


def test_the_captured_notice_that_passed_the_protection_is_read(house, tmp_path):
    (expected,) = [each for each in EXPECTED["details"] if each["source"] == "nmpa_announcements"]
    source = house.sources["nmpa_announcements"]
    body = (CAPTURES / "nmpa/detail_20200911083851127.html").read_bytes()
    assert b"r='m'" in body
    spider = spider_of(source, tmp_path)
    listed = Yielded(spider.parse(_list(expected))).items[0].model_copy(update={"published": None})
    page = response(expected["url"], body, media_type="text/html")
    assert page.request is not None
    assert refusal(source, page.request, page) is None
    (item,) = Yielded(spider.open_document(page, listed)).items
    assert (item.title, item.published, item.url) == (expected["title"], expected["date"], expected["url"])
    assert "CXHS2000009" in item.text
    assert "序号 | 受理号 | 品名" in item.text
    assert "_$" not in item.text
    assert expected["published_at"].startswith(item.published or "-")


def _list(expected: dict[str, Any]) -> Any:
    row = f'<li><a href="{expected["url"]}" title="{expected["title"]}">…</a><span>({expected["date"]})</span></li>'
    column = '<meta name="ColumnName" content="药品公告通告">'
    page = f'<html><head>{column}</head><body><div class="list"><ul>{row}</ul></div></body></html>'
    return response("https://www.nmpa.gov.cn/yaopin/ypggtg/index.html", page.encode(), media_type="text/html")


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ("nmpa_announcements", "faults_nmpa_412"),
        ("nmpa_announcements", "faults_nmpa_202"),
        ("cde_guidance", "faults_cde_403"),
        ("cde_guidance", "faults_cde_html_instead_of_json"),
        ("cde_consultations", "faults_cde_403"),
    ],
)
def test_every_captured_refusal_is_a_blocked_run_and_the_crawl_stops_at_it(house, index, source, faults):
    from tests.upstream import Page, Upstream

    rules = json.loads((CAPTURES / "blocked" / f"{faults}.json").read_text())
    with Upstream() as agency:
        for rule in rules:
            agency.set(rule["match"], Page(rule["text"].encode(), rule["status"], rule["headers"]))
        config = replace(house.config, replay=Replay(agency.prefix, delay=0.0, expect=False))
        clock = Clock(datetime(2025, 10, 15, 12, tzinfo=UTC))
        (report,) = crawl(config, index, [house.sources[source]], clock)
        assert report.run.state is RunState.BLOCKED
        assert (report.run.items, report.run.listed, sum(report.run.counts.values())) == (0, 0, 0)
        asked = [url for url, _ in agency.requests if not url.endswith("/robots.txt")]
        assert asked == [house.sources[source].url]
        assert len(agency.requests) <= 2
