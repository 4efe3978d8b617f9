"""Real responses of the MHRA's lists and feeds, at several times: exactly what expected.json names, each told once.

A feed's `date` is the day of the entry's one stamp, our `updated`; of a blog post, which has two, that of its first.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from regintel.clock import Clock
from regintel.config import Replay
from regintel.jobs.crawl import crawl
from regintel.records import Version
from regintel.store.documents import changes, count_documents
from regintel.vocabulary import ChangeKind
from tests.places import CAPTURES
from tests.test_captures import by_url, captures, of_source, plain, read, told_of

__all__ = ["captures"]

pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures of real responses are not here")

MRNA = "https://www.gov.uk/government/consultations/draft-guidance-on-individualised-mrna-cancer-immunotherapies"
ALL = ("mhra_alerts", "mhra_consultations", "mhra_guidance", "mhra_guidance_atom")


def check(now: Version, spot: dict[str, Any], name: str) -> None:
    day = now.published if name == "mhra_inspectorate_blog" else now.updated
    assert (plain(now.title), day) == (plain(spot["title"]), spot["date"])
    assert now.status == spot.get("status", now.status)
    assert now.reference == spot.get("reference")
    assert now.published == spot.get("published", now.published)
    assert now.revised_at == spot.get("public_timestamp", now.revised_at)
    assert now.change_note == spot.get("change_note")
    assert now.comment_opens == spot.get("opens")
    assert now.comment_closes == spot.get("comment_closes")


def test_the_consultations_are_read_as_expected_and_every_step_of_one_is_told(house, index, captures):
    steps = []
    for expected in of_source("mhra_consultations"):
        counts = read(house, index, captures, "mhra_consultations", expected["time"])
        assert counts["items"] == counts["listed"] == expected["count"]
        for spot in expected["spot_checks"]:
            check(by_url(index)[spot["url"]].current, spot, "mhra_consultations")
        steps.append(counts["status_changed"])
    assert steps == [0, 1, 1]
    # Each list is one of the organisation's whole, so what expected.json says of the whole holds of this row too.
    assert told_of(index, ChangeKind.STATUS_CHANGED) == {MRNA}
    was = [(each.before or {})["status"] for each in changes(index)]  # newest first
    assert was == ["closed_consultation", "open_consultation"]
    assert "Response to consultation feedback" in _text(index)
    assert by_url(index)[MRNA].current.quoted == {
        "status": "consultation_outcome",
        "comment_opens": "2025-02-03T09:00:00+00:00",
        "comment_closes": "2025-03-31T23:59:00+01:00",
    }


def _text(index: Any) -> str:
    (row,) = index.rows("SELECT text FROM texts JOIN versions ON text_hash = hash ORDER BY versions.id DESC LIMIT 1")
    return str(row["text"])


@pytest.mark.parametrize("name", ["mhra_alerts", "mhra_inspectorate_blog", "mhra_guidance_atom"])
def test_a_feed_is_read_as_expected_and_what_falls_off_its_end_is_no_removal(house, index, captures, name):
    new = set()
    for number, expected in enumerate(of_source(name)):
        counts = read(house, index, captures, name, expected["time"])
        assert counts["items"] == counts["listed"] == expected["count"]
        assert counts["withdrawn"] == 0
        found = by_url(index)
        for spot in expected["spot_checks"]:
            check(found[spot["url"]].current, spot, name)
        new |= {spot["url"] for spot in expected["spot_checks"]} if number else set()
    assert told_of(index, ChangeKind.NEW) == new
    assert len(changes(index)) == len(new)


def test_four_lists_of_one_organisation_are_one_set_of_documents_and_every_change_is_told_once(house, index, captures):
    for day, documents in (("20251015", 19), ("20251215", 20)):
        config = replace(house.config, replay=Replay(captures.prefix(day), delay=0.0, expect=False))
        clock = Clock(datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC))
        names = [name for name in ALL if day == "20251215" or name != "mhra_guidance_atom"]
        reports = crawl(config, index, [house.sources[name] for name in names], clock)
        assert [report.run.source for report in reports if not report.ok or report.problems] == []
        assert count_documents(index) == documents
    (guidance,) = [
        each for each in _changes() if each["source"] == "mhra_guidance" and (each["from"], each["to"]) == _DAYS
    ]
    assert {each.source for each in changes(index)} == {"mhra_guidance"}
    assert told_of(index, ChangeKind.NEW) == {each["url"] for each in guidance["new"]}
    assert told_of(index, ChangeKind.STATUS_CHANGED) == {each["url"] for each in guidance["status_changed"]}
    assert told_of(index, ChangeKind.REVISED) == {each["url"] for each in guidance["revised"]}
    assert told_of(index, ChangeKind.WITHDRAWN) == {each["url"] for each in guidance["removed"]}
    assert told_of(index, ChangeKind.REVISED, silent=True) == {each["url"] for each in guidance["silent"]}
    assert len(changes(index)) == sum(
        len(guidance[name]) for name in ("new", "status_changed", "revised", "removed", "silent")
    )


_DAYS = ("20251015", "20251215")


def _changes() -> list[dict[str, Any]]:
    from tests.test_captures import EXPECTED

    return list(EXPECTED["changes"])
