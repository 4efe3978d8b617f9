"""Real responses of FDA's feeds and pages and of the Federal Register: exactly the items that expected.json names.

The captures hold no PDF of the two pinned guidances: that their files are missing is a problem each, and no more.
"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from regintel.clock import Clock
from regintel.config import Replay
from regintel.house import House
from regintel.jobs.crawl import CrawlReport, crawl
from regintel.replay import ReplayServer
from regintel.store.database import Index
from regintel.store.documents import changes, versions
from tests.places import CAPTURES
from tests.test_captures import (  # noqa: F401  (a fixture is used by its name)
    EXPECTED,
    by_url,
    captures,
    of_source,
    plain,
    read,
)

pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures of real responses are not here")

LISTS = ("fda_biologics_news", "fda_drugs_news", "federal_register_fda")
DETAILS = [each for each in EXPECTED.get("details", []) if each["source"] == "fda_guidance_pages"]


@pytest.mark.parametrize(
    "expected", [each for name in LISTS for each in of_source(name)], ids=lambda e: e["source"] + e["time"]
)
def test_a_feed_is_read_as_expected(house, index, captures, expected):  # noqa: F811
    counts = read(house, index, captures, expected["source"], expected["time"])
    assert counts["items"] == counts["listed"] == counts["new"] == expected["count"]
    found = by_url(index)
    assert len(found) == len(expected["spot_checks"])
    for spot in expected["spot_checks"]:
        now = found[spot["url"]].current
        assert (plain(now.title), now.published) == (plain(spot["title"]), spot["date"])
        assert now.status == spot.get("status", now.status).casefold()
        assert now.reference == spot.get("reference", now.reference)
        assert now.references == ((now.reference, *spot["docket"]) if "docket" in spot else ())
        assert now.comment_closes == spot.get("comment_closes", now.comment_closes)


def pages_of(house: House, index: Index, server: ReplayServer, day: str) -> CrawlReport:
    """Read the pinned pages as they were on a day."""
    config = replace(house.config, replay=Replay(server.prefix(day), delay=0.0, expect=False))
    clock = Clock(datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC))
    (report,) = crawl(config, index, [house.sources["fda_guidance_pages"]], clock)
    assert report.ok, report.run.reason
    assert [(each.kind, each.url) for each in report.problems] == [("missing", each["pdf_url"]) for each in DETAILS]
    return report


def test_pages_are_read_as_expected_and_a_banner_that_came_is_no_change(house, index, captures):  # noqa: F811
    first = pages_of(house, index, captures, "20251015")
    assert (first.run.items, first.run.listed) == (len(DETAILS), len(DETAILS))
    found = by_url(index)
    for expected in DETAILS:
        now = found[expected["url"]].current
        assert (plain(now.title), now.published) == (plain(expected["title"]), expected["published_month"])
        assert (now.status, now.reference) == (expected["status"].casefold(), expected["reference"])
        assert now.reference_raw == expected["reference_raw"]
        assert [list(names) for names in (now.offices, now.topics, now.products)] == [
            expected[name] for name in ("offices", "topics", "products")
        ]
        assert [each.url for each in now.attachments] == [expected["pdf_url"]]
        assert now.summary.startswith(expected["summary_starts"])
    (change,) = [each for each in EXPECTED["changes"] if each["source"] == "fda_guidance_pages"]
    second = pages_of(house, index, captures, change["to"])
    assert second.run.counts["unchanged"] == len(DETAILS)
    assert changes(index) == []
    assert [len(versions(index, each.id)) for each in found.values()] == [1] * change["unchanged"] * len(DETAILS)


def test_list_and_feeds_of_one_day_know_each_guidance_once(house, index, captures):  # noqa: F811
    config = replace(house.config, replay=Replay(captures.prefix("20251215"), delay=0.0, expect=False))
    names = ("fda_guidance", "fda_biologics_news", "fda_drugs_news")
    clock = Clock(datetime(2025, 12, 15, tzinfo=UTC))
    listed, biologics, drugs = crawl(config, index, [house.sources[name] for name in names], clock)
    assert all(report.ok for report in (listed, biologics, drugs))
    assert (biologics.run.counts["joined"], biologics.run.counts["new"]) == (5, 0)
    assert (drugs.run.counts["joined"], drugs.run.counts["new"]) == (7, 0)
    assert len(by_url(index)) == listed.run.items
