"""Real responses of PMDA and MHLW, at several times: exactly the items and changes that expected.json names.

In our words: a feed's address that stands in two rows is one document, what it says today is its newest row, the other
its past; so `count` are rows, and of several spot checks of one address the newest is checked. Numbers are compared as
with the 号 that PMDA forgot. Files behind the lists are not in the captures: that they are missing is the only problem.
"""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import pytest

from regintel.clock import Clock
from regintel.config import Replay
from regintel.house import House
from regintel.jobs.crawl import CrawlReport, crawl
from regintel.records import Document
from regintel.replay import ReplayServer
from regintel.store.database import Index
from regintel.store.documents import changes
from regintel.text.numbers import notification_numbers
from regintel.vocabulary import ChangeKind
from tests.places import CAPTURES
from tests.test_captures import EXPECTED, by_url, captures, of_source, plain, told_of

pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures of real responses are not here")
assert captures  # the fixture

OURS = ("pmda_news_ja", "pmda_news_en", "pmda_guidance_ja", "pmda_guidance_en", "mhlw_news")
PAGES = {
    (name, address): sorted(group, key=lambda each: each["time"])
    for (name, address), group in groupby(
        sorted(
            (each for name in OURS for each in of_source(name)), key=lambda each: (each["source"], each["source_url"])
        ),
        key=lambda each: (each["source"], each["source_url"]),
    )
}
"""Each page's expected states, oldest first."""
CHANGES = {(each["source"], each["source_url"], each["to"]): each for each in EXPECTED.get("changes", [])}


def read(house: House, index: Index, server: ReplayServer, name: str, address: str, day: str) -> CrawlReport:
    config = replace(house.config, replay=Replay(server.prefix(day), delay=0.0, expect=False))
    source = house.sources[name].model_copy(update={"urls": (address,)})
    clock = Clock(datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC))
    (report,) = crawl(config, index, [source], clock)
    assert report.ok, report.run.reason
    assert {problem.kind for problem in report.problems} <= {"missing"}, report.problems
    return report


@pytest.mark.parametrize(("name", "address"), PAGES, ids=lambda value: value.rsplit("/", 1)[-1])
def test_a_page_is_read_as_expected_at_every_time_and_its_changes_told_exactly(house, index, captures, name, address):
    for expected in PAGES[name, address]:
        before = len(changes(index))
        report = read(house, index, captures, name, address, expected["time"])
        assert report.run.listed == expected["count"]
        check_items(by_url(index), expected)
        if told := CHANGES.get((name, address, expected["time"])):
            check_changes(index, told, before)


def check_items(found: dict[str, Document], expected: dict[str, Any]) -> None:
    newest: dict[str, dict[str, Any]] = {}
    for spot in sorted(expected["spot_checks"], key=lambda spot: spot["date"]):
        newest[spot["url"]] = spot
    for spot in newest.values():
        now = found[spot["url"]].current
        assert plain(now.title) == plain(spot["title"])
        assert now.published == spot["date"]
        assert now.reference == spot.get("reference", now.reference)
        assert now.status == spot.get("status", now.status).casefold()
        assert list(now.topics) == spot.get("tags", list(now.topics))
        for number in spot.get("references", ()):
            assert set(notification_numbers(number)) <= set(now.references)


def check_changes(index: Index, expected: dict[str, Any], before: int) -> None:
    new = {each["url"] for each in expected["new"]}
    revised = {each["url"]: each for each in expected["revised"]}
    assert (expected["status_changed"], expected["removed"], expected["paired"]) == ([], [], [])
    assert told_of(index, ChangeKind.NEW) == new
    assert told_of(index, ChangeKind.REVISED) == set(revised)
    told = changes(index)
    assert len(told) - before == len(new) + len(revised)
    for change in told:
        if change.url in revised:
            after = change.after or {}
            assert plain(str(after["title"])) == plain(revised[change.url]["title"])
            assert after["published"] == revised[change.url]["date"]


def test_a_notification_is_read_in_full(house, index, captures):
    (expected,) = (each for each in EXPECTED["details"] if each["source"] == "mhlw_notifications")
    read(house, index, captures, "mhlw_notifications", expected["url"], expected["time"])
    (found,) = by_url(index).values()
    now = found.current
    assert (found.id, now.url, now.published) == ("pmda:00tc4403", expected["url"], expected["date"])
    assert (plain(now.title), now.reference) == (plain(expected["title"]), expected["reference"])
    assert (now.status, found.issuer, now.stage) == ("通知", "mhlw", "final")
    assert now.text_hash
