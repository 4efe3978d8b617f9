"""Alarms for whoever runs this: one when a source has failed for long enough, one a day, one when it is read again."""

from datetime import timedelta

from regintel import health
from regintel.clock import Clock, iso
from regintel.config import Notify
from regintel.notify.message import alarm
from regintel.sources import Source
from regintel.store import outbox, runs
from regintel.store.database import Index

REMINDER = timedelta(hours=20)
"""Less than a day, so that a daily run at the same hour reminds every day."""


def raise_alarms(index: Index, sources: list[Source], notify: Notify, clock: Clock) -> int:
    """Put what is due into the outbox; return how many. Without an operations channel there is nobody to tell."""
    if not notify.operations_channel:
        return 0
    return sum(_raise(index, source, notify, clock) for source in sources if source.enabled)


def _raise(index: Index, source: Source, notify: Notify, clock: Clock) -> bool:
    recent = runs.recent_runs(index, source.id)
    told = {"after_runs": notify.alarm_after_runs, "after_hours": notify.alarm_after_hours}
    stands = health.health(source, recent, clock.now(), **told)
    last = outbox.last_said(index, f"alarm {source.id} ")
    if not health.alarming(recent, clock.now(), **told):
        if stands.failing_since or last is None or last.endswith(" recovered"):
            return False
        lines = [f"Read again: {stands.last_items} items at {stands.last_success}."]
        return _say(index, notify, clock, f"alarm {source.id} recovered", f"{source.title} is read again", lines)
    subject = f"alarm {source.id} {stands.failing_since}"
    if outbox.said_since(index, subject, iso(clock.now() - REMINDER)):
        return False
    title = f"{source.title} could not be read since {stands.failing_since}"
    lines = [f"State: {stands.state}", f"Reason: {stands.reason}", f"Last read: {stands.last_success or 'never'}"]
    return _say(index, notify, clock, subject, title, lines)


def _say(index: Index, notify: Notify, clock: Clock, subject: str, title: str, lines: list[str]) -> bool:
    told = alarm(title, lines)
    with index.transaction():
        outbox.add_message(
            index,
            kind="alarm",
            channel=notify.operations_channel,
            subject=subject,
            text=told.text,
            blocks=told.blocks,
            created_at=iso(clock.now()),
        )
    return True
