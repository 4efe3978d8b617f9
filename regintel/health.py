"""The verdict on a run, and how a source stands over its runs. Pure.

Zero items is a failure; so is far fewer than last time. One failed run is a suspicion, three or two days of them a
breakage; a recognised refusal is a block at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from regintel.clock import moment_of
from regintel.items import GuidanceItem
from regintel.orders import CrawlEnd
from regintel.records import Run, SourceHealth
from regintel.sources import Expect, Source
from regintel.vocabulary import ListingKind, RunState, SourceState


@dataclass(frozen=True)
class Verdict:
    """Whether anything may be concluded from a run, and why not."""

    state: RunState
    reason: str = ""
    warning: str = ""
    stale: str = ""
    """Why its newest item seems too old, if it does."""


def verdict(
    source: Source, end: CrawlEnd | None, items: int, last_items: int | None, *, bounds: bool, died: str = ""
) -> Verdict:
    """Judge a crawl.

    :param end: what the crawl process said last; none when it died, then `died` says how.
    :param items: rows that were understood.
    :param last_items: those of the last healthy run.
    :param bounds: whether the absolute bounds of `[expect]` hold.
    """
    if end is None:
        return Verdict(RunState.FAILED, f"{source.id}: the crawl process {died}")
    if end.error_kind == "blocked":
        return Verdict(RunState.BLOCKED, end.error)
    if end.error_kind is not None:
        return Verdict(RunState.FAILED, end.error)
    return _counted(source, items, end.listed, last_items, bounds=bounds)


def _counted(source: Source, items: int, listed: int, last_items: int | None, *, bounds: bool) -> Verdict:
    expect = source.expect
    if source.kind is ListingKind.PAGES:
        return Verdict(RunState.OK)  # nothing due is a quiet day; each page that was not understood is a problem
    if items == 0:
        return Verdict(RunState.FAILED, f"{source.id}: {listed} rows listed, none understood; a list is never empty")
    if bounds and items < expect.min_items:
        return Verdict(RunState.FAILED, f"{source.id}: {items} items, fewer than the {expect.min_items} expected")
    if last_items is not None and items < least(expect, last_items):
        reason = f"{source.id}: {items} items where the last healthy run had {last_items}; nothing is concluded from it"
        return Verdict(RunState.FAILED, reason)
    if bounds and items > expect.max_items:
        return Verdict(RunState.OK, warning=f"{source.id}: {items} items, more than the {expect.max_items} expected")
    return Verdict(RunState.OK)


MANY = 10
"""Items below which a share says nothing."""


def doubts(judged: Verdict, source: Source, items: Sequence[GuidanceItem], today: date) -> Verdict:
    """Judge a healthy run once more by what its items say: fields that vanished fail it, old news is reported."""
    if judged.state is not RunState.OK or source.kind is ListingKind.PAGES:
        return judged
    for name, share in source.expect.filled.items():
        have = sum(bool(getattr(item, name)) for item in items)
        if len(items) >= MANY and have < share * len(items):
            found = f"only {have} of {len(items)} items have {name!r}, fewer than {share:.0%}"
            return Verdict(RunState.FAILED, f"{source.id}: {found}; nothing is concluded from it")
    newest = max((day for item in items for day in (item.published, item.updated) if day), default=None)
    limit = source.expect.fresh_days
    if limit and newest and newest < (today - timedelta(days=limit)).isoformat()[: len(newest)]:
        return replace(judged, stale=f"{source.id}: its newest item is of {newest}, older than {limit} days")
    return judged


def least(expect: Expect, last_items: int) -> float:
    """Return how many items a run must have after one that had so many."""
    return max(1.0, last_items * (1 - expect.max_drop) - expect.allowance)


def health(
    source: Source, runs: Sequence[Run], now: datetime, *, after_runs: int, after_hours: int, open_problems: int = 0
) -> SourceHealth:
    """Return how a source stands.

    :param runs: its runs, newest first.
    """
    healthy = next((run for run in runs if run.state is RunState.OK), None)
    failing = _streak(runs)
    return SourceHealth(
        source=source.id,
        agency=source.agency,
        title=source.title,
        state=_state(source, runs, failing, now, after_runs, after_hours),
        last_success=healthy.finished if healthy else None,
        last_run=runs[0].finished if runs else None,
        last_items=healthy.items if healthy else None,
        failing_since=failing[-1].started if failing else None,
        reason=failing[0].reason if failing else "",
        open_problems=open_problems,
    )


def alarming(runs: Sequence[Run], now: datetime, *, after_runs: int, after_hours: int) -> bool:
    """Return whether a source has failed, or was blocked, for long enough to say so.

    :param runs: its runs, newest first.
    """
    failing = _streak(runs)
    return bool(failing) and _long(failing, now, after_runs, after_hours)


def _streak(runs: Sequence[Run]) -> list[Run]:
    failing: list[Run] = []
    for run in runs:
        if run.state is RunState.OK:
            break
        failing.append(run)
    return failing


def _state(
    source: Source, runs: Sequence[Run], failing: list[Run], now: datetime, after_runs: int, after_hours: int
) -> SourceState:
    if not source.enabled:
        return SourceState.DISABLED
    if not runs:
        return SourceState.NEVER_RUN
    if not failing:
        return SourceState.OK
    if failing[0].state is RunState.BLOCKED:
        return SourceState.BLOCKED
    return SourceState.BROKEN if _long(failing, now, after_runs, after_hours) else SourceState.SUSPECT


def _long(failing: list[Run], now: datetime, after_runs: int, after_hours: int) -> bool:
    since = moment_of(failing[-1].started)
    return len(failing) >= after_runs or now - since >= timedelta(hours=after_hours)
