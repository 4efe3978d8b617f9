"""Send what is in the outbox and due, each message once in effect.

A message is marked `sending` and committed before Slack is called. What is found so marked at the next run, and what
got no usable answer in this one, may or may not have arrived: Slack is asked for the outbox id in the history, and
only what is not there is sent again. Where Slack cannot be asked, the message is reported `unknown` and never sent
twice. The channels are worked off side by side; the index is written to by one thread.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from regintel.clock import Clock, iso, moment_of
from regintel.config import OUTLET_CHANNEL, Notify
from regintel.exceptions import DeliveryError
from regintel.jobs.senders import Sender
from regintel.jobs.sent import Sent
from regintel.notify.delivery import CannotAsk, Later, Lost, Receipt, Refused
from regintel.notify.message import alarm
from regintel.notify.pacing import LONGEST_WAIT, RATE_LIMITS
from regintel.notify.queues import Call, Queues
from regintel.records import OutboxMessage
from regintel.store import outbox, threads
from regintel.store.database import Index
from regintel.vocabulary import MessageRole, OutboxState

logger = logging.getLogger(__name__)

PAUSES = (2.0, 8.0)
"""Seconds before a message that broke on the way has its second and third turn; time for one on its way to land."""
STRIKES = 2
"""Messages in a row that broke in all their turns, after which their channel waits for a later run."""
LOCKED_OUT = "alarm :slack"
"""Begins the subject of the alarm that Slack refuses the token; the condition of that name goes on with it."""
REMINDER = timedelta(hours=20)
"""How long one trouble of a channel is not told anew."""


class Postman:
    """Empties the outbox, once."""

    def __init__(
        self,
        index: Index,
        sender: Sender | None,
        notify: Notify,
        clock: Clock,
        *,
        outlets: Sender | None = None,
        go_on: Callable[[], bool] = lambda: True,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Build without sending.

        :param sender: for Slack's channels; without it they wait.
        :param outlets: for all other ways out.
        :param go_on: asked before each message; what is left once it says no waits for the next sending.
        """
        self._index = index
        self._slack = sender
        self._outlets = outlets
        self._notify = notify
        self._clock = clock
        self._go_on = go_on
        self._queues = Queues(go_on=go_on, monotonic=monotonic, sleep=sleep)
        self._result = Sent()
        self._locked: set[str] = set()
        """Ways out whose credential is no good."""
        self._doubtful: dict[str, bool] = {}
        """Ids of messages that were sent before and may have arrived, and whether they are known to be `unknown`."""
        self._absent: set[str] = set()
        """Ids of messages that Slack surely does not have."""
        self._turns: Counter[str] = Counter()
        self._limits: Counter[str] = Counter()
        self._strikes: Counter[str] = Counter()

    def send(self) -> Sent:
        """Send what is due; an alarm that a refusal raises goes out in the same sending."""
        days = self._notify.max_backlog_days
        before = iso(self._clock.now() - timedelta(days=days))
        outbox.give_up_old(self._index, before, f"not sent within {days} days")
        met: set[str] = set()
        while self._go_on() and self._queued(met):
            self._queues.run(self._begin, self._end)
        self._result.overdue += self._queues.close_all()
        return self._counted()

    def _queued(self, met: set[str]) -> bool:
        """Queue what is due and was not met yet; return whether there was something."""
        now = iso(self._clock.now())
        held = outbox.held_channels(self._index, now)
        fresh = [each for each in outbox.due_messages(self._index, now) if each.id not in met]
        met |= {each.id for each in fresh}
        for message in fresh:
            sender = self._sender(message)
            if message.channel in held:
                self._result.overdue += 1
            elif sender is not None:
                if message.state is not OutboxState.PENDING:
                    self._doubtful[message.id] = message.state is OutboxState.UNKNOWN
                self._queues.add(sender.queue(message.channel), message)
        return bool(fresh)

    def _begin(self, message: OutboxMessage) -> Call | None:
        """Return what is to be called about a message, once it is committed that it may be on its way."""
        sender = self._sender(message)
        if sender is None or self._way(message) in self._locked:
            self._result.overdue += 1
            return None
        placed = self._placed(message)
        if placed is None:
            return None
        if placed.id in self._doubtful and placed.id not in self._absent:
            attempted = moment_of(placed.attempted_at) if placed.attempted_at else None
            return Call(placed, partial(sender.find, placed, attempted), posts=False)
        at = placed.attempted_at or iso(datetime.now(UTC))  # Slack keeps real time, whatever ours is
        outbox.set_sending(self._index, placed, at)
        return Call(replace(placed, attempted_at=at), partial(sender.post, placed), posts=True)

    def _placed(self, message: OutboxMessage) -> OutboxMessage | None:
        """Return the message with its place in a thread; none where it has to wait for that, or is given up."""
        parent = outbox.parent_of(self._index, message)
        if parent is None:
            return message
        state, ts = parent
        if state is OutboxState.SENT and (ts or message.role is MessageRole.MESSAGE):
            return replace(message, thread_ts=ts)
        if message.role is MessageRole.ALERT:
            return self._alone(message)
        if state is OutboxState.DEAD or state is OutboxState.SENT:
            self._drop(message)
        elif message.role is MessageRole.MESSAGE and state is not OutboxState.UNKNOWN:
            self._result.overdue += 1
        return None

    def _alone(self, message: OutboxMessage) -> OutboxMessage:
        threads.stand_alone(self._index, message, iso(self._clock.now()))
        return replace(message, parent=None, thread_ts=None, broadcast=False)

    def _drop(self, message: OutboxMessage) -> None:
        """Give up what cannot stand without its thread: a follow-up quietly, a digest's part for the next digest."""
        with self._index.transaction():
            outbox.release_items(self._index, message)
            if message.role is MessageRole.FOLLOW_UP:
                why = "there is no thread to reply in; the digest tells it"
                outbox.set_outcome(self._index, message, OutboxState.DEAD, iso(self._clock.now()), error=why)
            else:
                self._settle(message, OutboxState.DEAD, error="the message it belongs to was not sent")

    def _end(self, call: Call, answer: "Future[Receipt | str | None]") -> None:
        try:
            found = answer.result()
        except DeliveryError as error:  # the delivery's door: one message costs only itself
            waits = isinstance(error, Later) and error.limited
            level = logging.INFO if waits else logging.WARNING  # to be told to wait is nothing to be warned of
            logger.log(level, "message %s to %s: %s", call.message.id, call.message.channel, error)
            self._note_failure(call, error)
            return
        if isinstance(found, Receipt):
            self._settle(call.message, OutboxState.SENT, ts=found.ts)
        elif found is not None:
            self._settle(call.message, OutboxState.SENT, ts=found)
        else:
            self._absent.add(call.message.id)
            self._again(call.message)

    def _settle(
        self, message: OutboxMessage, state: OutboxState, *, ts: str | None = None, error: str | None = None
    ) -> None:
        outbox.set_outcome(self._index, message, state, iso(self._clock.now()), ts=ts, error=error)
        self._result.sent += state is OutboxState.SENT
        self._result.failed += state is OutboxState.DEAD
        self._result.newly_unknown += state is OutboxState.UNKNOWN and not self._doubtful.get(message.id)
        if state is OutboxState.SENT:
            self._strikes[self._queue(message)] = 0

    def _note_failure(self, call: Call, error: DeliveryError) -> None:
        message = call.message
        if isinstance(error, Lost):
            self._after_loss(message, error)
        elif isinstance(error, CannotAsk):
            self._leave_unknown(message, error)
        elif isinstance(error, Refused):
            self._after_no(message, error)
        elif isinstance(error, Later) and call.posts:
            self._after_not_now(message, error)
        else:
            self._result.overdue += 1  # it could not be asked for now
            self._strike(message)

    def _after_loss(self, message: OutboxMessage, error: Lost) -> None:
        """Ask for a message whose answer was lost, after a while; at last leave that to the next run."""
        self._doubtful.setdefault(message.id, False)
        self._absent.discard(message.id)
        if not self._another_turn(message):
            self._settle(message, OutboxState.UNKNOWN, error=str(error))
            self._strike(message)

    def _after_not_now(self, message: OutboxMessage, error: Later) -> None:
        """Try again what was not taken, when Slack asks or after a while; at last leave it to a later run."""
        self._absent.add(message.id)
        queue = self._queue(message)
        if error.limited and error.retry_after <= LONGEST_WAIT and self._limits[message.id] < RATE_LIMITS:
            self._limits[message.id] += 1
            self._queues.pace.limit(queue, error.retry_after)
            self._again(message)
        elif error.limited:
            self._put_back(message, error.retry_after, error)
            self._result.overdue += self._queues.close(queue)
        elif not self._another_turn(message):
            self._put_back(message, error.retry_after, error)
            self._strike(message)

    def _after_no(self, message: OutboxMessage, error: Refused) -> None:
        """Give up what Slack does not want; after the first no to the credential, nothing else is burnt."""
        way, is_alarm = self._way(message), message.kind == "alarm"
        if error.of_token and (is_alarm or way in self._locked):
            self._put_back(message, 0, error)  # no digest would tell an alarm again
        elif error.of_thread and message.role is MessageRole.ALERT and message.parent:
            self._absent.add(message.id)
            self._again(self._alone(message))
        elif error.of_thread and message.role is MessageRole.FOLLOW_UP:
            self._drop(message)
        else:
            self._give_up(message, error)
        if error.of_token:
            self._locked.add(way)

    def _give_up(self, message: OutboxMessage, error: Refused) -> None:
        """Write that Slack does not want the message; what it told is told again by the project's next digest."""
        with self._index.transaction():  # a kill in between would cost the alarm, or the items
            self._settle(message, OutboxState.DEAD, error=str(error))
            outbox.release_items(self._index, message)
            if error.of_token:
                self._tell_of_token(message, error)
            else:
                what = f"A message to {message.channel} was refused"
                again = "The project's next digest tells again what it told." if message.project else ""
                self._tell_operations(message, f"refused {message.channel} {error.code}", what, str(error), again)

    def _leave_unknown(self, message: OutboxMessage, error: CannotAsk) -> None:
        """Write that nobody can say whether Slack has the message; that this is still so is no news."""
        if message.error == str(error) and self._doubtful.get(message.id):
            return
        with self._index.transaction():
            self._settle(message, OutboxState.UNKNOWN, error=str(error))
            what = f"A message to {message.channel} may or may not have arrived"
            settle = f"Once you have looked: regintel outbox settle {message.id[:12]} --sent or --again"
            self._tell_operations(message, f"not delivered {message.id}", what, str(error), settle)

    def _another_turn(self, message: OutboxMessage) -> bool:
        """Give a message another turn after a pause, unless it had all of them."""
        turn = self._turns[message.id]
        self._turns[message.id] += 1
        if turn < len(PAUSES):
            self._again(message, PAUSES[turn])
        return turn < len(PAUSES)

    def _again(self, message: OutboxMessage, after: float = 0.0) -> None:
        self._queues.put_back(self._queue(message), message, after)

    def _put_back(self, message: OutboxMessage, wait: float, error: DeliveryError) -> None:
        """Write that the message waits; one that may have arrived once waits for Slack's history to say it did not."""
        self._result.overdue += 1
        if message.id not in self._doubtful:
            until = iso(self._clock.now() + timedelta(seconds=wait))
            outbox.put_back(self._index, message, until, str(error))

    def _strike(self, message: OutboxMessage) -> None:
        """Close a queue in which nothing gets through; it may be one message's fault, so not at once."""
        queue = self._queue(message)
        self._strikes[queue] += 1
        if self._strikes[queue] >= STRIKES:
            self._result.overdue += self._queues.close(queue)

    def _tell_of_token(self, message: OutboxMessage, error: Refused) -> None:
        """Tell operations of a bad token, unless that is told already; the daily run reminds, and tells its end."""
        last = outbox.last_said(self._index, f"{LOCKED_OUT} ")
        if last is None or last.endswith(" recovered"):
            subject = f"{LOCKED_OUT} {iso(self._clock.now())}"
            self._tell_operations(message, subject, "Slack refuses the token", str(error), "The rest waits.")

    def _tell_operations(self, message: OutboxMessage, subject: str, what: str, *why: str) -> None:
        now = self._clock.now()
        if message.kind == "alarm" or outbox.said_since(self._index, subject, iso(now - REMINDER)):
            return
        told = alarm(what, [*why, f"Project: {message.project or 'none'}"])
        outbox.add_alarm(self._index, self._notify.alarm_channels, subject, told.text, told.blocks, iso(now))

    def _sender(self, message: OutboxMessage) -> Sender | None:
        return self._outlets if message.channel.startswith(OUTLET_CHANNEL) else self._slack

    def _way(self, message: OutboxMessage) -> str:
        return message.channel if message.channel.startswith(OUTLET_CHANNEL) else "slack"

    def _queue(self, message: OutboxMessage) -> str:
        sender = self._sender(message)
        return sender.queue(message.channel) if sender else message.channel

    def _counted(self) -> Sent:
        found = outbox.counts(self._index)
        self._result.pending = found[OutboxState.PENDING] + found[OutboxState.SENDING]
        self._result.unknown = found[OutboxState.UNKNOWN]
        return self._result
