"""Slack's pace: a message a second and channel, and a pause when it says so."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from regintel.notify.delivery import Later

T = TypeVar("T")

INTERVAL = 1.0
"""Seconds from one answer to the next message of a channel."""
RATE_LIMITS = 5
"""How often one call waits for its turn."""
LONGEST_WAIT = 60.0
"""Seconds; who asks for more is tried again by a later run."""


class Pacer:
    """At most one message a second and channel, counted from one answer to the next message."""

    def __init__(self, monotonic: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._free: dict[str, float] = {}

    @contextmanager
    def turn(self, channel: str) -> Iterator[None]:
        """Wait until the channel may be written to."""
        wait = self._free.get(channel, -math.inf) - self._monotonic()
        if wait > 0:
            self._sleep(wait)
        try:
            yield
        finally:
            self._free[channel] = self._monotonic() + INTERVAL


def when_let(call: Callable[[], T], sleep: Callable[[float], None]) -> T:
    """Call, and again each time Slack has said how long to wait."""
    for _ in range(RATE_LIMITS):
        try:
            return call()
        except Later as later:
            if not later.limited or later.retry_after > LONGEST_WAIT:
                raise
            sleep(later.retry_after)
    return call()
