"""One queue for each channel, side by side: a slow channel holds up nobody, and within one, order is kept.

The calls run in threads. Everything around them, and so all writing to the index, happens in the thread that asked.
"""

import time
from collections import defaultdict, deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from regintel.notify.delivery import Receipt
from regintel.notify.pacing import Pace
from regintel.records import OutboxMessage

GLANCE = 1.5
"""Seconds after which a pause is interrupted by a look at whether to go on."""
WORKERS = 32
"""Calls at once; with answers after 200 ms enough for 160 channels at a message a second each."""


@dataclass(frozen=True)
class Call:
    """A call about a message: its posting, or the question whether it is there."""

    message: OutboxMessage
    run: Callable[[], Receipt | str | None]
    posts: bool


Begin = Callable[[OutboxMessage], Call | None]
"""Say what is to be called for a message whose turn it is, or that nothing is."""
End = Callable[[Call, "Future[Receipt | str | None]"], None]
"""Take what came of a call."""


class Queues:
    """What waits for each channel."""

    def __init__(
        self,
        *,
        go_on: Callable[[], bool] = lambda: True,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Begin empty.

        :param go_on: asked before each message, and in pauses; once it says no, nothing more is begun.
        """
        self.pace = Pace(monotonic)
        self._go_on = go_on
        self._sleep = sleep
        self._waiting: dict[str, deque[OutboxMessage]] = defaultdict(deque)
        self._flying: dict[Future[Receipt | str | None], tuple[str, Call]] = {}

    def add(self, queue: str, message: OutboxMessage) -> None:
        """Put a message at the end of a queue."""
        self._waiting[queue].append(message)

    def put_back(self, queue: str, message: OutboxMessage, after: float = 0.0) -> None:
        """Put a message at the head of its queue, for another turn after so many seconds."""
        self._waiting[queue].appendleft(message)
        self.pace.pause(queue, after)

    def close(self, queue: str) -> int:
        """Send nothing more of a queue; return how many messages that leaves."""
        return len(self._waiting.pop(queue, ()))

    def close_all(self) -> int:
        """Send nothing more; return how many messages that leaves."""
        return sum(self.close(queue) for queue in list(self._waiting))

    def run(self, begin: Begin, end: End) -> None:
        """Work off all queues; told not to go on, wait for the answers to what is on its way, and leave the rest."""
        with ThreadPoolExecutor(WORKERS, "post") as workers:
            while self._flying or (any(self._waiting.values()) and self._go_on()):
                for queue in [name for name in self._waiting if self._is_due(name)]:
                    self._start(queue, begin, workers)
                self._await(end)

    def _is_due(self, queue: str) -> bool:
        return self._is_idle(queue) and self.pace.wait(queue) <= 0

    def _is_idle(self, queue: str) -> bool:
        return bool(self._waiting[queue]) and all(name != queue for name, _ in self._flying.values())

    def _start(self, queue: str, begin: Begin, workers: ThreadPoolExecutor) -> None:
        """Begin the first message of a queue that is to be called about."""
        while self._waiting[queue] and self._go_on():
            call = begin(self._waiting[queue].popleft())
            if call is None:
                continue
            self._flying[workers.submit(self._made, queue, call)] = (queue, call)
            return

    def _made(self, queue: str, call: Call) -> Receipt | str | None:
        """Make a call; in a thread of its own, and the only one of its queue."""
        if not call.posts:
            return call.run()
        self.pace.begin(queue)
        try:
            return call.run()
        finally:
            self.pace.answer(queue)

    def _await(self, end: End) -> None:
        """Wait for an answer, or until another queue is due."""
        pauses = [self.pace.wait(queue) for queue in self._waiting if self._is_idle(queue)]
        if not self._flying:
            if pauses and min(pauses) > 0:
                self._sleep(min(*pauses, GLANCE))
            return
        done, _ = wait(self._flying, max(0.0, min(pauses)) if pauses else None, FIRST_COMPLETED)
        for future in done:
            _, call = self._flying.pop(future)
            end(call, future)
