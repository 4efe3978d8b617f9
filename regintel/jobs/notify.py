"""Send what is in the outbox and due, each message once in effect.

A message is marked `sending` and committed before Slack is called. What is found so marked at the next run may or may
not have arrived: Slack is asked for the outbox id in the channel's history, and only what is not there is sent again.
Where Slack cannot be asked, the message is reported `unknown` and never sent twice.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from regintel.clock import Clock, iso, moment_of
from regintel.config import Notify, Secrets
from regintel.exceptions import DeliveryError
from regintel.notify.delivery import CannotAsk, Later, Lost, Receipt, Refused
from regintel.notify.message import alarm
from regintel.notify.slack import SlackSender
from regintel.notify.webhook import WebhookSender
from regintel.records import OutboxMessage
from regintel.store import outbox
from regintel.store.database import Index
from regintel.vocabulary import OutboxState

logger = logging.getLogger(__name__)


class Sender(Protocol):
    """What can post a message, and look for one whose answer was lost."""

    def post(self, message: OutboxMessage) -> Receipt:
        """Send it."""

    def find(self, message: OutboxMessage, attempted_at: datetime | None = None) -> str | None:
        """Return its timestamp, if Slack has it."""


@dataclass
class Sent:
    """What a sending did."""

    sent: int = 0
    failed: int = 0
    pending: int = 0
    """Messages that are still to be sent, now or later."""
    overdue: int = 0
    """Those of them that should have gone out in this call."""
    unknown: int = 0
    """Messages that Slack may have and cannot be asked for."""
    newly_unknown: int = 0

    @property
    def partial(self) -> bool:
        """Return whether something that should have gone out in this call did not, or may not have."""
        return bool(self.overdue or self.newly_unknown or self.failed)

    def as_json(self) -> dict[str, int]:
        """Return what `--json` prints of it."""
        return {"sent": self.sent, "pending": self.pending, "unknown": self.unknown, "failed": self.failed}


def sender_of(secrets: Secrets) -> Sender | None:
    """Return what the credentials allow, or none without any."""
    if secrets.bot_token:
        return SlackSender(secrets.bot_token.get_secret_value(), secrets.api_url)
    if secrets.webhook_url:
        return WebhookSender(secrets.webhook_url.get_secret_value())
    return None


class Postman:
    """Empties the outbox."""

    def __init__(self, index: Index, sender: Sender, notify: Notify, clock: Clock) -> None:
        self._index = index
        self._sender = sender
        self._notify = notify
        self._clock = clock
        self._result = Sent()
        self._locked_out = False

    def send(self) -> Sent:
        """Send what is due."""
        now = self._clock.now()
        days = self._notify.max_backlog_days
        outbox.give_up_old(self._index, iso(now - timedelta(days=days)), f"not sent within {days} days")
        for message in self._due(iso(now)):
            self._send_one(message)
            if self._locked_out:
                break
        return self._counted()

    def _due(self, now: str) -> Iterator[OutboxMessage]:
        """Yield what is due, once each; the alarm that a refusal raises goes out in the same sending."""
        met: set[str] = set()
        while fresh := [each for each in outbox.due_messages(self._index, now) if each.id not in met]:
            met |= {each.id for each in fresh}
            yield from fresh

    def _send_one(self, message: OutboxMessage) -> None:
        parent = outbox.parent_state(self._index, message)
        if parent is OutboxState.DEAD:
            self._settle(message, OutboxState.DEAD, error="the message it belongs to was not sent")
            return
        if parent not in {None, OutboxState.SENT}:
            self._result.overdue += parent is not OutboxState.UNKNOWN
            return
        try:
            self._deliver(message)
        except DeliveryError as error:  # the delivery's door: one message costs only itself
            self._note_failure(message, error)

    def _deliver(self, message: OutboxMessage) -> None:
        if message.parent:
            message = _in_thread(message, outbox.thread_ts(self._index, message))
        if message.state is not OutboxState.PENDING:
            ts = self._sender.find(message, _attempted(message))
            if ts is not None:
                self._settle(message, OutboxState.SENT, ts=ts)
                return
        outbox.set_sending(self._index, message, iso(datetime.now(UTC)))  # Slack keeps real time, whatever ours is
        receipt = self._sender.post(message)
        self._settle(message, OutboxState.SENT, ts=receipt.ts)

    def _settle(
        self, message: OutboxMessage, state: OutboxState, *, ts: str | None = None, error: str | None = None
    ) -> None:
        outbox.set_outcome(self._index, message, state, iso(self._clock.now()), ts=ts, error=error)
        self._result.sent += state is OutboxState.SENT
        self._result.failed += state is OutboxState.DEAD
        self._result.newly_unknown += state is OutboxState.UNKNOWN and message.state is not OutboxState.UNKNOWN

    def _note_failure(self, message: OutboxMessage, error: DeliveryError) -> None:
        logger.warning("message %s to %s: %s", message.id, message.channel, error)
        if isinstance(error, Refused) and not error.of_token:
            self._give_up(message, error)
        elif isinstance(error, Lost):
            self._settle(message, OutboxState.UNKNOWN, error=str(error))  # the next run asks for it
        elif isinstance(error, CannotAsk):
            self._leave_unknown(message, error)
        elif isinstance(error, Refused | Later):
            self._put_back(message, error)
        else:
            self._result.overdue += 1

    def _give_up(self, message: OutboxMessage, error: Refused) -> None:
        """Write that Slack does not want the message; what it told is told again by the project's next digest."""
        with self._index.transaction():  # a kill in between would cost the alarm, or the items
            self._settle(message, OutboxState.DEAD, error=str(error))
            outbox.release_items(self._index, message)
            self._tell_operations(message, f"Slack refused a message to {message.channel}", str(error))

    def _leave_unknown(self, message: OutboxMessage, error: CannotAsk) -> None:
        """Write that nobody can say whether Slack has the message; that this is still so is no news."""
        if message.error == str(error):
            return
        with self._index.transaction():
            self._settle(message, OutboxState.UNKNOWN, error=str(error))
            self._tell_operations(message, f"A message to {message.channel} may or may not have arrived", str(error))

    def _put_back(self, message: OutboxMessage, error: Refused | Later) -> None:
        """Write that the message waits: for as long as Slack asks, or for a good token, as all others then do."""
        self._result.overdue += 1
        if isinstance(error, Refused):
            self._locked_out = True
        elif message.state is not OutboxState.PENDING:
            return  # it was sent once: only Slack's history can say that it may be sent again
        wait = timedelta(seconds=error.retry_after if isinstance(error, Later) else 0)
        outbox.put_back(self._index, message, iso(self._clock.now() + wait), str(error))

    def _tell_operations(self, message: OutboxMessage, what: str, why: str) -> None:
        channel = self._notify.operations_channel
        if not channel or message.kind == "alarm":
            return
        told = alarm(what, [why, f"Project: {message.project or 'none'}"])
        outbox.add_message(
            self._index,
            kind="alarm",
            channel=channel,
            subject=f"not delivered {message.id}",
            text=told.text,
            blocks=told.blocks,
            created_at=iso(self._clock.now()),
        )

    def _counted(self) -> Sent:
        found = outbox.counts(self._index)
        self._result.pending = found[OutboxState.PENDING] + found[OutboxState.SENDING]
        self._result.unknown = found[OutboxState.UNKNOWN]
        return self._result


def without_sender(index: Index) -> Sent:
    """Return how the outbox stands where there is no credential: everything waits, and that is no failure."""
    found = outbox.counts(index)
    return Sent(pending=found[OutboxState.PENDING] + found[OutboxState.SENDING], unknown=found[OutboxState.UNKNOWN])


def _in_thread(message: OutboxMessage, ts: str | None) -> OutboxMessage:
    return replace(message, thread_ts=ts)


def _attempted(message: OutboxMessage) -> datetime | None:
    return moment_of(message.attempted_at) if message.attempted_at else None
