"""Alarms for whoever runs this: one when something has gone wrong, one a day, one when it is well again.

An alarm is a message like any other: written to the outbox, then sent. Where the index itself is the trouble there is
no outbox, and the crier tells it straight away, from memory.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from regintel import health
from regintel.clock import Clock, iso
from regintel.config import Notify
from regintel.exceptions import DeliveryError
from regintel.jobs.senders import Sender
from regintel.notify.message import alarm
from regintel.records import OutboxMessage
from regintel.sources import Source
from regintel.store import outbox, runs
from regintel.store.database import Index
from regintel.vocabulary import OutboxState

logger = logging.getLogger(__name__)

REMINDER = timedelta(hours=20)
"""Less than a day, so that a daily run at the same hour reminds every day."""
RECOVERED = "recovered"


@dataclass(frozen=True)
class Condition:
    """How one thing stands that somebody has to see to when it goes wrong."""

    key: str
    """A source's id; all else begins with a colon, as no source does."""
    trouble: bool
    title: str
    lines: tuple[str, ...] = ()
    since: str = ""
    """When the trouble began, where that is known; otherwise it is when it was first told."""


def announce(index: Index, conditions: Iterable[Condition], notify: Notify, clock: Clock) -> int:
    """Put what is due into the outbox; return how many. Without a channel for alarms there is nobody to tell."""
    if not notify.alarm_channels:
        return 0
    return sum(_announce(index, each, notify, clock) for each in conditions)


def source_conditions(index: Index, sources: list[Source], notify: Notify, clock: Clock) -> Iterator[Condition]:
    """Yield how sources stand that were read, or have failed for long enough to say so."""
    told = {"after_runs": notify.alarm_after_runs, "after_hours": notify.alarm_after_hours}
    for source in (each for each in sources if each.enabled):
        recent = runs.recent_runs(index, source.id)
        stands = health.health(source, recent, clock.now(), **told)
        if health.alarming(recent, clock.now(), **told):
            title = f"{source.title} could not be read since {stands.failing_since}"
            lines = (
                f"State: {stands.state}",
                f"Reason: {stands.reason}",
                f"Last read: {stands.last_success or 'never'}",
            )
            yield Condition(source.id, True, title, lines, stands.failing_since or "")
        elif not stands.failing_since:
            words = f"Read again: {stands.last_items} items at {stands.last_success}."
            yield Condition(source.id, False, f"{source.title} is read again", (words,))


def _announce(index: Index, condition: Condition, notify: Notify, clock: Clock) -> bool:
    last = outbox.last_said(index, f"alarm {condition.key} ")
    lasting = last if last and not last.endswith(f" {RECOVERED}") else None
    if not condition.trouble:
        return bool(lasting) and _say(index, notify, clock, condition, RECOVERED)
    since = condition.since or (lasting.split()[-1] if lasting else iso(clock.now()))
    if outbox.said_since(index, f"alarm {condition.key} {since}", iso(clock.now() - REMINDER)):
        return False
    return _say(index, notify, clock, condition, since)


def _say(index: Index, notify: Notify, clock: Clock, condition: Condition, since: str) -> bool:
    told = alarm(condition.title, condition.lines)
    with index.transaction():
        subject = f"alarm {condition.key} {since}"
        outbox.add_alarm(index, notify.alarm_channels, subject, told.text, told.blocks, iso(clock.now()))
    return True


class Crier:
    """Tells operations at once what cannot be written down first, because the index is what is wrong.

    It remembers what it told, so that this is told once a day, and its end once. A restart forgets that. What is lost
    on the way is told again with the next reminder.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ways: Mapping[str, Sender] = {}
        self._told: dict[str, datetime] = {}

    def goes(self, ways: Mapping[str, Sender]) -> None:
        """Tell by these ways from now on: who takes an alarm to each channel."""
        self._ways = ways

    def holds(self, key: str) -> bool:
        """Return whether it has told a trouble whose end it has yet to tell."""
        return key in self._told

    def cry(self, conditions: Iterable[Condition]) -> None:
        """Tell what is due of these."""
        for each in conditions:
            last = self._told.get(each.key)
            if not each.trouble and last is not None:
                del self._told[each.key]
                self._post(each)
            elif each.trouble and (last is None or self._clock.now() - last >= REMINDER):
                self._told[each.key] = self._clock.now()
                self._post(each)

    def _post(self, condition: Condition) -> None:
        told = alarm(condition.title, condition.lines)
        for channel, sender in self._ways.items():
            message = OutboxMessage(
                id=uuid4().hex,
                channel=channel,
                kind="alarm",
                project=None,
                text=told.text,
                blocks=tuple(told.blocks),
                state=OutboxState.SENDING,
                created_at=iso(self._clock.now()),
            )
            try:
                sender.post(message)
            except DeliveryError as error:  # the delivery's door: it stands in the log, and is told again in a day
                logger.warning("alarm %r: %s", condition.title, error)
