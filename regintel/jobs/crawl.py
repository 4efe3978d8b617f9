"""Crawl sources, and remember what they listed. One source down leaves the others running: it is its run's verdict."""

import logging
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from regintel import health
from regintel.clock import Clock, iso, moment_of
from regintel.config import Config
from regintel.items import Gone, GuidanceItem, Problem, Response
from regintel.jobs.processes import Finished, crawl_all, crawl_one
from regintel.orders import CrawlEnd, CrawlOrder, Spool, Spooled
from regintel.records import Run
from regintel.sources import MANUAL, Source
from regintel.store import runs
from regintel.store.database import Index
from regintel.store.remember import COUNTED, Listing
from regintel.store.view import RANKS
from regintel.vocabulary import ListingKind, RunState

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CrawlReport:
    """A run, with what it did not understand."""

    run: Run
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Return whether the source was read."""
        return self.run.state is RunState.OK


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


def crawl(
    config: Config, index: Index, sources: list[Source], clock: Clock, go_on: Callable[[], bool] = lambda: True
) -> list[CrawlReport]:
    """Crawl these sources now; return a report of each, in their order.

    :param go_on: asked before each; those that are left once it says no are not read, and not reported.
    """
    _clear(config.data / "spool")
    reports: dict[str, CrawlReport] = {}
    # First what lists, then what follows it: only then is it known which pages have moved.
    for stage in ([each for each in sources if not each.follows], [each for each in sources if each.follows]):
        orders = [_order(config, index, source, clock) for source in sorted(stage, key=_turn)]
        for finished in _feeds_last(crawl_all(config, orders, clock, go_on)):
            reports[finished.order.source.id] = _remember(config, index, finished, clock)
    return [reports[source.id] for source in sources if source.id in reports]


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
    return _remember(config, index, crawl_one(config, order.model_copy(update=here), clock), clock)


def fetched(config: Config, index: Index, source: Source, clock: Clock) -> tuple[Found, CrawlEnd | None, str]:
    """Crawl a source and conclude nothing: return what was found, how it ended, and how the process died if it did."""
    finished = crawl_one(config, _order(config, index, source, clock), clock)
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
        tries=runs.tries(index, source.id),
        due=tuple(runs.due(index, source.id, source.follows)) if source.follows else (),
    )


def _doubted(index: Index, healthy: Run | None) -> list[str]:
    problems = runs.problems_of(index, healthy.id) if healthy else []
    return [each.key for each in problems if each.key and each.kind == "missing"]


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
    problems = [*found.problems, *_own_problems(order.source.id, end, judged), *_gap(order, found, judged)]
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


def _gap(order: CrawlOrder, found: Found, judged: health.Verdict) -> Iterator[Problem]:
    """Say that a feed shows nothing of what it showed when it was last read: what came between was not seen."""
    if judged.state is not RunState.OK or order.source.kind is not ListingKind.FEED or not order.listed:
        return
    if not order.given and order.listed.keys().isdisjoint(item.key for item in found.items):
        since = f"{order.last_success:%Y-%m-%d}" if order.last_success else "its last reading"
        words = f"{order.source.id}: no entry of {since} is left in it; what came and went between was not seen"
        yield Problem(source=order.source.id, kind="gap", message=words, url=order.source.url)


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
