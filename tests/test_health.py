"""The verdict on a run, and a source's state over its runs."""

from datetime import UTC, datetime, timedelta

import pytest

from regintel.clock import iso
from regintel.health import alarming, health, verdict
from regintel.orders import CrawlEnd
from regintel.records import Run
from regintel.sources import load_sources
from regintel.vocabulary import RunState, SourceState
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
