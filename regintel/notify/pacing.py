"""Slack's pace: a message a second and channel, and a pause when it says so.

Slack counts calls by method, app and workspace, and chat.postMessage by channel besides; a 429 does not say which of
the two was meant. So it stops its own channel first. A second channel that is stopped meanwhile shows that it is the
workspace: then all wait.
"""

import math
import time
from collections.abc import Callable
from typing import TypeVar

from regintel.notify.delivery import Later

T = TypeVar("T")

INTERVAL = 1.01
"""Seconds from one message to the next of a channel; a hundredth more than Slack asks for."""
RATE_LIMITS = 5
"""How often one call waits for its turn."""
LONGEST_WAIT = 60.0
"""Seconds; who asks for more is tried again by a later run."""


class Pace:
    """When each channel may be written to next."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._free: dict[str, float] = {}
        self._limited: dict[str, float] = {}
        self._everybody = -math.inf
        self._begun: dict[str, float] = {}
        self._quickest = math.inf
        """Seconds that the quickest way to Slack and back took."""

    def wait(self, channel: str) -> float:
        """Return the seconds until a channel is free; none or less, if it is."""
        return max(self._free.get(channel, -math.inf), self._everybody) - self._monotonic()

    def begin(self, channel: str) -> None:
        """Note that a message is on its way."""
        self._begun[channel] = self._monotonic()

    def answer(self, channel: str) -> None:
        """Note that Slack answered.

        Slack counts a message when it arrives, which we do not see: at the latest, the quickest way back before its
        answer. The next one is there, at the earliest, the quickest way forth after it has left.
        """
        took = self._monotonic() - self._begun[channel]
        self._quickest = min(self._quickest, took)
        self.pause(channel, INTERVAL - self._quickest)

    def pause(self, channel: str, seconds: float) -> None:
        """Leave a channel alone for so long."""
        self._free[channel] = max(self._free.get(channel, -math.inf), self._monotonic() + seconds)

    def limit(self, channel: str, seconds: float) -> None:
        """Obey a 429."""
        now = self._monotonic()
        if any(until > now for other, until in self._limited.items() if other != channel):
            self._everybody = max(self._everybody, now + seconds)
        self._limited[channel] = now + seconds
        self.pause(channel, seconds)


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
