"""The verdict on a run, and a source's state over its runs."""

from datetime import UTC, datetime, timedelta

import pytest

from regintel.clock import iso
from regintel.health import Verdict, alarming, doubts, health, verdict
from regintel.items import GuidanceItem
from regintel.orders import CrawlEnd
from regintel.records import Run
from regintel.sources import Source, load_sources
from regintel.vocabulary import ListingKind, RunState, SourceState
from tests.places import ROOT

FDA = load_sources(ROOT / "config")["fda_guidance"]
NOON = datetime(2025, 10, 15, 12, tzinfo=UTC)
LIMITS = {"after_runs": 3, "after_hours": 48}


def end(**fields: object) -> CrawlEnd:
    told = {"listed": 2789, "complete": True, "requests": 2, "not_modified": 0}
    return CrawlEnd.model_validate({**told, **fields})


def run(state: RunState, hours_ago: float) -> Run:
    at = iso(NOON - timedelta(hours=hours_ago))
    return Run("r", "fda_guidance", at, at, state, "why", False, 1, 1, {}, 1, 0, 1.0)


def test_a_list_as_long_as_ever_is_healthy():
    assert verdict(FDA, end(), 2789, 2791, bounds=True).state is RunState.OK


@pytest.mark.parametrize(
    ("items", "last", "bounds"),
    [(0, None, False), (0, 2789, False), (1394, 2789, False), (2700, 2789, False), (100, None, True)],
)
def test_an_empty_a_halved_or_a_short_list_is_a_failure(items, last, bounds):
    judged = verdict(FDA, end(listed=items), items, last, bounds=bounds)
    assert judged.state is RunState.FAILED
    assert str(items) in judged.reason


def test_normal_churn_is_no_failure():
    assert verdict(FDA, end(), 2789 - 58, 2789, bounds=True).state is RunState.OK


def test_more_than_expected_is_a_warning():
    judged = verdict(FDA, end(), 9000, 2789, bounds=True)
    assert judged.state is RunState.OK
    assert "9000" in judged.warning


def items(count: int, **fields: object) -> list[GuidanceItem]:
    told = {"source": "fda_guidance", "url": "https://x.org", "title": "t", "status": "final", "stage": "final"}
    return [GuidanceItem.model_validate({**told, "key": str(number), **fields}) for number in range(count)]


def expecting(**expect: object) -> Source:
    return FDA.model_copy(update={"expect": FDA.expect.model_copy(update=expect)})


def test_a_field_that_vanished_fails_the_run_and_is_no_edit_of_every_document():
    source = expecting(filled={"reference": 0.5})
    well = Verdict(RunState.OK)
    assert doubts(well, source, [*items(12, reference="FDA-2023-D-4299"), *items(8)], NOON.date()) == well
    judged = doubts(well, source, [*items(2, reference="FDA-2023-D-4299"), *items(18)], NOON.date())
    assert judged.state is RunState.FAILED
    assert "only 2 of 20 items have 'reference'" in judged.reason


def test_of_few_items_a_share_says_nothing():
    assert doubts(Verdict(RunState.OK), expecting(filled={"reference": 1.0}), items(3), NOON.date()).reason == ""


@pytest.mark.parametrize(
    ("newest", "stale"), [("2025-10-10", False), ("2025-09", False), ("2025-09-01", True), ("2025-08", True)]
)
def test_a_list_without_news_for_long_is_reported_and_still_read(newest, stale):
    judged = doubts(Verdict(RunState.OK), expecting(fresh_days=30), items(3, published=newest), NOON.date())
    assert judged.state is RunState.OK
    assert bool(judged.stale) is stale


def test_a_day_on_which_no_page_moved_is_healthy_for_what_reads_pages():
    pages = FDA.model_copy(update={"kind": ListingKind.PAGES})
    assert verdict(pages, end(listed=0), 0, 12, bounds=True).state is RunState.OK


def test_a_process_that_died_is_a_failure():
    judged = verdict(FDA, None, 2789, 2789, bounds=True, died="ended with signal 9")
    assert judged.state is RunState.FAILED
    assert "signal 9" in judged.reason


def test_a_refusal_is_blocked_and_not_failed():
    judged = verdict(FDA, end(error_kind="blocked", error="fda_guidance: apology"), 0, 2789, bounds=True)
    assert judged.state is RunState.BLOCKED


@pytest.mark.parametrize(
    ("runs", "state", "alarmed"),
    [
        ([], SourceState.NEVER_RUN, False),
        ([run(RunState.OK, 1)], SourceState.OK, False),
        ([run(RunState.FAILED, 1), run(RunState.OK, 25)], SourceState.SUSPECT, False),
        ([run(RunState.FAILED, hours) for hours in (1, 2, 3)], SourceState.BROKEN, True),
        ([run(RunState.FAILED, 1), run(RunState.FAILED, 49)], SourceState.BROKEN, True),
        ([run(RunState.BLOCKED, 1), run(RunState.OK, 25)], SourceState.BLOCKED, False),
        ([run(RunState.BLOCKED, hours) for hours in (1, 25, 49)], SourceState.BLOCKED, True),
        ([run(RunState.OK, 1), *(run(RunState.FAILED, hours) for hours in (2, 3, 4))], SourceState.OK, False),
    ],
)
def test_a_source_stands_as_its_runs_went(runs, state, alarmed):
    assert health(FDA, runs, NOON, **LIMITS).state is state
    assert alarming(runs, NOON, **LIMITS) is alarmed


def test_a_source_that_is_switched_off_says_so():
    off = FDA.model_copy(update={"enabled": False})
    assert health(off, [run(RunState.OK, 1)], NOON, **LIMITS).state is SourceState.DISABLED


def test_a_failing_source_says_since_when_and_what_was_last_read():
    stands = health(FDA, [run(RunState.FAILED, 1), run(RunState.FAILED, 25), run(RunState.OK, 49)], NOON, **LIMITS)
    assert stands.failing_since == iso(NOON - timedelta(hours=25))
    assert stands.last_success == iso(NOON - timedelta(hours=49))
    assert stands.reason == "why"
