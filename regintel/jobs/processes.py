"""Crawls as processes: one for each source, so that a host is asked one thing at a time.

Sources of one host wait for each other; hosts are read side by side.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Queue
from time import monotonic, sleep

from regintel.clock import Clock, iso
from regintel.config import Config
from regintel.exceptions import BlockedError
from regintel.orders import CrawlEnd, CrawlOrder, Spool, SpoolWriter
from regintel.sources import Source

GRACE = 60
"""Seconds that a crawl process gets beyond its own limit before it is killed."""


@dataclass(frozen=True)
class Finished:
    """A crawl process that ended."""

    order: CrawlOrder
    started: str
    seconds: float
    died: str
    """How, if it died."""


def crawl_all(
    config: Config, orders: list[CrawlOrder], clock: Clock, go_on: Callable[[], bool] = lambda: True
) -> Iterator[Finished]:
    """Obey orders, hosts side by side; yield each as it ends, so that a kill costs only what is still on its way.

    :param go_on: asked before each; what is left once it says no is not begun.
    """
    ended: Queue[Finished | None] = Queue()
    groups = _by_host(orders)
    with ThreadPoolExecutor(config.settings.crawl.parallel) as pool:
        crawls = [pool.submit(_crawl_hosts, config, group, clock, ended, go_on) for group in groups]
        left = len(groups)
        while left:
            finished = ended.get()
            if finished is None:
                left -= 1
            else:
                yield finished
        for each in crawls:
            each.result()


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


def _crawl_hosts(
    config: Config,
    orders: list[CrawlOrder],
    clock: Clock,
    ended: "Queue[Finished | None]",
    go_on: Callable[[], bool],
) -> None:
    """Obey the orders of one host, one after the other; none at the end, however it comes."""
    refusers: dict[str, Source] = {}
    try:
        for place, order in enumerate(orders):
            source = order.source
            if not go_on():
                return
            if source.host in refusers:
                ended.put(_not_asked(order, refusers[source.host], clock))
                continue
            if place:  # the pause between two requests holds between two processes too
                sleep(source.politeness.delay if order.delay is None else order.delay)
            finished = crawl_one(config, order, clock)
            if source.blocked.whole_host and _was_blocked(finished):
                refusers[source.host] = source
            ended.put(finished)
    finally:
        ended.put(None)


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


def crawl_one(config: Config, order: CrawlOrder, clock: Clock) -> Finished:
    """Obey one order, in a process of its own."""
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
