"""Crawl sources, each in a process of its own, and remember what they listed.

Sources of one host wait for each other, so that a host is asked one thing at a time; hosts are read side by side. One
source down leaves the others running: what went wrong is its run's verdict.
"""

import logging
import secrets
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic

from regintel import health
from regintel.clock import Clock, iso, moment_of
from regintel.config import Config
from regintel.exceptions import BlockedError
from regintel.items import Gone, GuidanceItem, Problem, Response
from regintel.orders import CrawlEnd, CrawlOrder, Spool, Spooled, SpoolWriter
from regintel.records import Run
from regintel.sources import MANUAL, Source
from regintel.store import runs
from regintel.store.database import Index
from regintel.store.remember import COUNTED, Listing
from regintel.store.view import RANKS
from regintel.vocabulary import ListingKind, RunState

logger = logging.getLogger(__name__)

GRACE = 60
"""Seconds that a crawl process gets beyond its own limit before it is killed."""


@dataclass(frozen=True)
class CrawlReport:
    """A run, with what it did not understand."""

    run: Run
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Return whether the source was read."""
        return self.run.state is RunState.OK


@dataclass(frozen=True)
class Finished:
    """A crawl process that ended."""

    order: CrawlOrder
    started: str
    seconds: float
    died: str
    """How, if it died."""


@dataclass
class Found:
    """A spool, sorted."""

    items: list[GuidanceItem] = field(default_factory=list)
    gone: list[Gone] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)

    @classmethod
    def of(cls, things: Iterable[Spooled]) -> "Found":
        """Sort what a spool holds."""
        found = cls()
        for thing in things:
            {GuidanceItem: found.items, Gone: found.gone, Problem: found.problems, Response: found.responses}[
                type(thing)
            ].append(thing)  # type: ignore[attr-defined]
        return found


def crawl(config: Config, index: Index, sources: list[Source], clock: Clock) -> list[CrawlReport]:
    """Crawl these sources now; return a report of each, in their order."""
    _clear(config.data / "spool")
    reports: dict[str, CrawlReport] = {}
    # First what lists, then what follows it: only then is it known which pages have moved.
    for stage in ([each for each in sources if not each.follows], [each for each in sources if each.follows]):
        orders = [_order(config, index, source, clock) for source in sorted(stage, key=_turn)]
        for finished in _feeds_last(_crawl_all(config, orders, clock)):
            reports[finished.order.source.id] = _remember(config, index, finished, clock)
    return [reports[source.id] for source in sources]


def crawl_given(
    config: Config, index: Index, source: Source, given: Mapping[str, Path], clock: Clock, *, by: str, baseline: bool
) -> CrawlReport:
    """Read what a person saved of a source's pages, as if the source had answered it; nothing is asked.

    :param given: files by address, see `CrawlOrder.given`.
    :param baseline: announce nothing of it, whatever the source listed before.
    """
    order = _order(config, index, source, clock)
    here: dict[str, object] = {"given": dict(given), "given_by": by, "validators": {}, "prefix": ""}
    if baseline:
        here["last_success"] = None
    return _remember(config, index, _crawl_one(config, order.model_copy(update=here), clock), clock)


def fetched(config: Config, index: Index, source: Source, clock: Clock) -> tuple[Found, CrawlEnd | None, str]:
    """Crawl a source and conclude nothing: return what was found, how it ended, and how the process died if it did."""
    finished = _crawl_one(config, _order(config, index, source, clock), clock)
    spool = Spool(finished.order.spool)
    return Found.of(spool.things()), spool.end, finished.died


def _feeds_last(finished: Iterable[Finished]) -> Iterator[Finished]:
    """Yield lists as they end, and feeds when all have: on whichever host, what a list holds is told as it tells it."""
    held = []
    for each in finished:
        if each.order.source.kind is ListingKind.FEED:
            held.append(each)
        else:
            yield each
    yield from held


def _turn(source: Source) -> tuple[int, bool]:
    """Return when a source's turn comes on its host: a list tells in full what its feed, or a part of it, tells too."""
    return RANKS[source.kind], bool(source.part_of)


def _order(config: Config, index: Index, source: Source, clock: Clock) -> CrawlOrder:
    healthy = runs.last_healthy(index, source.id)
    name = f"{clock.now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    return CrawlOrder(
        source=source,
        run=name,
        now=clock.start,
        user_agent=config.user_agent,
        prefix=config.replay.prefix,
        delay=config.replay.delay,
        archive=config.archive,
        spool=config.data / "spool" / f"{source.id}-{name}.jsonl",
        last_success=moment_of(healthy.started) if healthy else None,
        last_items=healthy.items if healthy else None,
        validators=runs.validators(index, source.id),
        listed=runs.listed(index, source.id),
        doubted=frozenset(_doubted(index, healthy)),
        due=tuple(runs.due(index, source.id, source.follows)) if source.follows else (),
    )


def _doubted(index: Index, healthy: Run | None) -> list[str]:
    problems = runs.problems_of(index, healthy.id) if healthy else []
    return [each.key for each in problems if each.key and each.kind == "missing"]


# The processes


def _crawl_all(config: Config, orders: list[CrawlOrder], clock: Clock) -> Iterator[Finished]:
    with ThreadPoolExecutor(config.settings.crawl.parallel) as pool:
        waiting = [pool.submit(_crawl_hosts, config, group, clock) for group in _by_host(orders)]
        for done in as_completed(waiting):
            yield from done.result()


def _by_host(orders: list[CrawlOrder]) -> list[list[CrawlOrder]]:
    """Return orders in groups that share no host."""
    groups: list[tuple[set[str], list[CrawlOrder]]] = []
    for order in orders:
        hosts, members = set(order.source.hosts), [order]
        apart = []
        for group in groups:
            if group[0] & hosts:
                hosts, members = hosts | group[0], group[1] + members
            else:
                apart.append(group)
        groups = [*apart, (hosts, members)]
    return [members for _, members in groups]


def _crawl_hosts(config: Config, orders: list[CrawlOrder], clock: Clock) -> list[Finished]:
    finished: list[Finished] = []
    for order in orders:
        refused = _refused_before(order, finished)
        finished.append(_not_asked(order, refused, clock) if refused else _crawl_one(config, order, clock))
    return finished


def _refused_before(order: CrawlOrder, finished: list[Finished]) -> Source | None:
    """Return the source that its host refused earlier in this run, if a refusal of one is one of all there."""
    blocked = [each.order.source for each in finished if _was_blocked(each) and each.order.source.blocked.whole_host]
    return next((source for source in blocked if source.host == order.source.host), None)


def _was_blocked(finished: Finished) -> bool:
    end = Spool(finished.order.spool).end
    return end is not None and end.error_kind == BlockedError.kind


def _not_asked(order: CrawlOrder, refused: Source, clock: Clock) -> Finished:
    """Return the end of a crawl that was not begun: the host has said no, and asking on would only harden it."""
    words = f"{order.source.id}: not asked, since {order.source.host} refused {refused.id} in this run"
    end = CrawlEnd(listed=0, complete=False, requests=0, not_modified=0, error_kind=BlockedError.kind, error=words)
    with SpoolWriter(order.spool) as spool:
        spool.end(end)
    return Finished(order, iso(clock.now()), 0.0, "")


def _crawl_one(config: Config, order: CrawlOrder, clock: Clock) -> Finished:
    started, begun = iso(clock.now()), monotonic()
    config.logs.mkdir(parents=True, exist_ok=True)
    with (config.logs / f"{order.source.id}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "regintel.crawl"], stdin=subprocess.PIPE, stderr=log, stdout=log
        )
        with process:
            died = _tell_and_wait(process, order)
    return Finished(order, started, monotonic() - begun, died)


def _tell_and_wait(process: "subprocess.Popen[bytes]", order: CrawlOrder) -> str:
    """Give a process its order and wait for it; its stdin stays open meanwhile, which is how it knows that we live."""
    if process.stdin is None:
        return "has no stdin"
    try:
        process.stdin.write(order.model_dump_json().encode() + b"\n")
        process.stdin.flush()
        code = process.wait(order.source.politeness.max_seconds + GRACE)
    except BrokenPipeError:
        return f"did not start (exit code {process.wait()}; see data/logs)"
    except subprocess.TimeoutExpired:
        process.kill()
        return "was killed: it did not end in time"
    except BaseException:
        process.kill()
        raise
    return f"ended with signal {-code}" if code < 0 else f"ended with exit code {code} (see data/logs)"


# What came of it


def _remember(config: Config, index: Index, finished: Finished, clock: Clock) -> CrawlReport:
    """Remember what a crawl found; if that fails, its run fails, and costs only this source."""
    try:
        spool = Spool(finished.order.spool)
        return _store(config, index, finished, Found.of(spool.things()), spool.end, clock)
    except Exception as error:  # the source's door
        logger.exception("%s could not be stored", finished.order.source.id)
        words = " ".join(str(error).split())[:300]
        died = f"ended well, but what it found could not be stored: {type(error).__name__}: {words}"
        return _store(config, index, replace(finished, died=died), Found(), None, clock)
    finally:
        finished.order.spool.unlink(missing_ok=True)


def _store(
    config: Config, index: Index, finished: Finished, found: Found, end: CrawlEnd | None, clock: Clock
) -> CrawlReport:
    order = finished.order
    bounds = config.replay.expect
    judged = health.verdict(order.source, end, len(found.items), order.last_items, bounds=bounds, died=finished.died)
    judged = health.doubts(judged, order.source, found.items, clock.now().date())
    problems = [*found.problems, *_own_problems(order.source.id, end, judged)]
    with index.transaction():
        counts = _remember_listing(index, finished, found, end) if judged.state is RunState.OK else {}
        run = _run(finished, found, end, judged, counts, clock)
        runs.add_run(index, run, found.responses, problems)
    return CrawlReport(run, tuple(problems))


def _remember_listing(index: Index, finished: Finished, found: Found, end: CrawlEnd | None) -> dict[str, int]:
    order = finished.order
    listing = Listing(index, order.source, order.run, finished.started, baseline=order.last_success is None)
    misread = {problem.key for problem in found.problems if problem.key} - {each.key for each in found.gone}
    return listing.remember(found.items, found.gone, misread, complete=bool(end and end.complete))


def _own_problems(source: str, end: CrawlEnd | None, judged: health.Verdict) -> Iterator[Problem]:
    if judged.state is not RunState.OK:
        kind = end.error_kind if end and end.error_kind else "run"
        yield Problem(source=source, kind=kind, message=judged.reason, url=end.error_url if end else None)
        return
    if judged.warning:
        yield Problem(source=source, kind="expect", message=judged.warning)
    if judged.stale:
        yield Problem(source=source, kind="stale", message=judged.stale)
    if end and not end.complete:
        yield Problem(
            source=source, kind="incomplete", message=f"{source}: not every row was read; no removal concluded"
        )


def _run(
    finished: Finished, found: Found, end: CrawlEnd | None, judged: health.Verdict, counts: dict[str, int], clock: Clock
) -> Run:
    return Run(
        id=finished.order.run,
        source=finished.order.source.id,
        started=finished.started,
        finished=iso(clock.now()),
        state=judged.state,
        reason=judged.reason or (provenance(finished.order.given_by) if finished.order.given else ""),
        baseline=judged.state is RunState.OK and finished.order.last_success is None,
        listed=end.listed if end else 0,
        items=len(found.items),
        counts={str(kind): counts.get(str(kind), 0) for kind in COUNTED},
        requests=end.requests if end else 0,
        not_modified=end.not_modified if end else 0,
        seconds=round(finished.seconds, 2),
    )


def provenance(by: str) -> str:
    """Return what a healthy run's reason says where persons gave what it read."""
    return f"{MANUAL}: given by {by}"


def _clear(folder: Path) -> None:
    """Remove spools of a run that was killed: nothing was taken from them, their pages are asked for again."""
    for path in folder.glob("*.jsonl"):
        path.unlink()
