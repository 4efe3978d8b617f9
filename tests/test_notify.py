"""The postman against a stand-in for Slack: each message goes out once in effect, and the outbox tells its story."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from regintel.clock import Clock, iso
from regintel.config import Notify
from regintel.exceptions import UsageError
from regintel.jobs.notify import PAUSES, Postman
from regintel.jobs.senders import Sender
from regintel.jobs.sent import Sent, without_sender
from regintel.notify.delivery import Receipt
from regintel.notify.pacing import INTERVAL, Pace
from regintel.notify.slack import SlackSender
from regintel.notify.webhook import WebhookSender
from regintel.records import OutboxMessage
from regintel.store import outbox
from regintel.store.database import Index
from regintel.store.settlement import Verdict, posted, settle
from regintel.vocabulary import OutboxState
from tests.slack_server import DROP, LOST, POST, TOKEN, Channel, Fault, SlackServer

NOON = datetime(2025, 10, 15, 12, tzinfo=UTC)
CART, MRNA, OPERATIONS = "C0000CART", "C0000MRNA", "C0000OPS"
HISTORY, REPLIES = "conversations.history", "conversations.replies"
BUSY = Fault(status=429, error="ratelimited", retry_after=7)
BUSY_FOR_LONG = Fault(status=429, error="ratelimited", retry_after=600)


class Time:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.at = 100.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    def monotonic(self) -> float:
        return self.at


class Slow:
    """A sender whose answer in one channel comes when all others have theirs."""

    def __init__(self, sender: SlackSender, channel: str, done: Event) -> None:
        self._sender, self._channel, self._done = sender, channel, done
        self.others = 0
        self.find, self.queue = sender.find, sender.queue

    def post(self, message: OutboxMessage) -> Receipt:
        if message.channel == self._channel:
            assert self._done.wait(5), "the others wait for it"
        receipt = self._sender.post(message)
        self.others -= 1
        if not self.others:
            self._done.set()
        return receipt


class Office:
    """An outbox, a stand-in Slack, and days that pass; every sending is a postman of its own, as every run is."""

    def __init__(self, index: Index, slack: SlackServer) -> None:
        self.index, self.slack = index, slack
        self.now = NOON
        self.time = Time()
        self.notify = Notify(operations_channel=OPERATIONS)

    def write(
        self, *texts: str, channel: str = CART, not_before: datetime | None = None, project: str | None = None
    ) -> None:
        """Put a digest into the outbox, of a project of its own: its parent, and what goes into the thread."""
        name, at = project or f"project of {texts[0]}", iso(self.now)
        told = {"kind": "digest", "project": name, "channel": channel, "created_at": at}
        with self.index.transaction():
            digest = outbox.add_digest(self.index, project=name, channel=channel, slot=at, built_at=at, told=[])
            parent = None
            for text in texts:
                added = outbox.add_message(
                    self.index,
                    **told,
                    digest=digest,
                    subject=text,
                    text=text,
                    blocks=[section(text)],
                    not_before=iso(not_before) if not_before else None,
                    parent=parent,
                )
                parent = parent or added

    def write_alarm(self, text: str, channel: str = OPERATIONS) -> None:
        with self.index.transaction():
            outbox.add_message(
                self.index,
                kind="alarm",
                channel=channel,
                subject=f"alarm {text}",
                text=text,
                blocks=[section(text)],
                created_at=iso(self.now),
            )

    def send(
        self,
        *,
        token: str = TOKEN,
        sender: Sender | None = None,
        after: timedelta = timedelta(),
        go_on: Callable[[], bool] = lambda: True,
    ) -> Sent:
        self.now += after
        told = {"monotonic": self.time.monotonic, "sleep": self.time.sleep, "go_on": go_on}
        return Postman(self.index, sender or self.bot(token), self.notify, Clock(self.now), **told).send()

    def bot(self, token: str = TOKEN) -> SlackSender:
        return SlackSender(token, self.slack.url, sleep=self.time.sleep)

    def webhook(self) -> WebhookSender:
        return WebhookSender(self.slack.webhook)

    def states(self) -> dict[str, str]:
        return {row["text"]: row["state"] for row in self.index.rows("SELECT text, state FROM outbox ORDER BY seq")}

    def deliveries(self, text: str) -> list[str]:
        sql = """SELECT outcome FROM deliveries JOIN outbox ON outbox.id = deliveries.message
                 WHERE outbox.text = ? ORDER BY deliveries.id"""
        return [row["outcome"] for row in self.index.rows(sql, [text])]

    def error(self, text: str) -> str:
        row = self.index.row("SELECT error FROM outbox WHERE text = ?", [text])
        return str(row["error"]) if row else ""

    def told(self, channel: str = CART) -> list[str]:
        return [message.text for message in self.slack.messages if message.channel == channel]


def section(text: str) -> dict[str, object]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture
def office(index: Index, slack: SlackServer) -> Office:
    return Office(index, slack)


# A plain day


def test_a_digest_goes_out_parent_first_and_the_rest_in_its_thread_in_order(office: Office) -> None:
    office.write("parent", "second", "third")
    assert office.send() == Sent(sent=3)
    parent, *others = office.slack.messages
    assert (parent.text, parent.thread_ts, parent.blocks) == ("parent", None, [section("parent")])
    assert [(each.text, each.thread_ts) for each in others] == [("second", parent.ts), ("third", parent.ts)]


def test_a_message_carries_its_outbox_id(office: Office) -> None:
    office.write("parent", "second")
    office.send()
    ids = [row["id"] for row in office.index.rows("SELECT id FROM outbox ORDER BY seq")]
    assert [each.outbox_id for each in office.slack.messages] == ids
    assert office.slack.messages[0].metadata["event_type"] == "regintel_message"


def test_what_was_sent_is_not_sent_again(office: Office) -> None:
    office.write("parent", "second")
    office.send()
    assert office.send() == Sent()
    assert office.told() == ["parent", "second"]


def test_nothing_goes_out_before_its_time_and_waiting_is_no_failure(office: Office) -> None:
    office.write("parent", "second", not_before=NOON + timedelta(hours=2))
    assert office.send(after=timedelta(minutes=119)) == Sent(pending=2)
    assert office.slack.calls == []
    assert office.send(after=timedelta(minutes=1)) == Sent(sent=2)


def test_two_messages_to_one_channel_are_a_second_apart_and_others_do_not_wait(office: Office) -> None:
    office.write("one", "two")
    office.write("three", channel=MRNA)
    office.send()
    assert office.time.slept == [pytest.approx(INTERVAL)]
    office.write("four")
    office.write("five")
    office.send()
    assert office.time.slept[1:] == [pytest.approx(INTERVAL)]


def test_a_channel_that_is_told_to_wait_holds_up_no_other(office: Office) -> None:
    office.write("one", "two")
    office.slack.next(BUSY)
    for number in range(3):
        office.write(f"other {number}", channel=MRNA)
    office.send()
    assert [each.channel for each in office.slack.messages] == [MRNA] * 3 + [CART] * 2
    assert office.told() == ["one", "two"]


def test_a_slow_answer_holds_up_its_own_channel_only(office: Office) -> None:
    slow = Event()
    sender = Slow(office.bot(), CART, slow)
    office.write("slow")
    office.write("quick", channel=MRNA)
    office.write("quick too", channel=OPERATIONS)
    sender.others = 2
    assert office.send(sender=sender) == Sent(sent=3)
    assert [each.channel for each in office.slack.messages][-1] == CART


def test_two_channels_that_are_limited_at_once_stop_all(office: Office) -> None:
    pace = Pace(office.time.monotonic)
    pace.limit(CART, 30)
    assert pace.wait(MRNA) < 0
    pace.limit(MRNA, 20)
    assert pace.wait(OPERATIONS) == pytest.approx(20)
    assert pace.wait(CART) == pytest.approx(30)
    office.time.sleep(31)
    pace.limit(CART, 5)
    assert pace.wait(OPERATIONS) < 0


def test_deliveries_tell_what_became_of_each_message_and_cannot_be_rewritten(office: Office) -> None:
    office.write("parent", "second")
    office.send()
    assert office.deliveries("parent") == office.deliveries("second") == ["sent"]
    told = office.index.row("SELECT ts, error FROM outbox WHERE text = 'parent'")
    assert told == {"ts": office.slack.messages[0].ts, "error": None}
    for sql in ("UPDATE deliveries SET outcome = 'dead'", "DELETE FROM deliveries"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            office.index.write(sql)


# Slack says no


@pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "account_inactive", "missing_scope"])
def test_a_bad_token_costs_one_message_and_stops_the_sending(office: Office, code: str) -> None:
    office.write("parent", "second")
    office.slack.always(Fault(error=code))
    found = office.send()
    assert (found.sent, found.failed, found.pending) == (0, 1, 2), "the second part, and the alarm"
    assert found.partial
    assert [method for method, _ in office.slack.calls] == [POST], "after the first no, nobody asks on"
    office.write("other", channel=MRNA)
    office.slack.always(Fault(accepts=True))
    assert office.send(after=timedelta(minutes=1)) == Sent(sent=2, failed=1)
    assert office.told() == [], "its second part does not go out without the first"
    assert office.told(MRNA) == ["other"]
    (alarm,) = office.told(OPERATIONS)
    assert code in alarm


def test_what_is_on_its_way_when_the_token_turns_out_bad_is_not_burnt(office: Office) -> None:
    for number in range(6):
        office.write(f"to {number}", channel=f"C000{number}")
    found = office.send(token="xoxb-not-this-one")
    assert (found.failed, found.pending) == (1, 6), "five digests, and the alarm"
    assert office.send() == Sent(sent=6)


def test_an_alarm_waits_for_a_good_token_because_nobody_would_repeat_it(office: Office) -> None:
    office.write_alarm("a source is down")
    for _ in range(3):
        assert office.send(token="xoxb-not-this-one") == Sent(pending=1, overdue=1)
    assert office.send() == Sent(sent=1)
    assert office.told(OPERATIONS) == ["a source is down"]


def test_one_trouble_of_a_channel_is_one_alarm_a_day(office: Office) -> None:
    office.slack.channels = {OPERATIONS: Channel(OPERATIONS)}
    for number in range(4):
        office.write(f"digest {number}")
    assert office.send() == Sent(sent=1, failed=4)
    office.write("the next day")
    assert office.send(after=timedelta(days=1)) == Sent(sent=1, failed=1)
    assert len(office.told(OPERATIONS)) == 2


@pytest.mark.parametrize("code", ["channel_not_found", "not_in_channel", "is_archived", "invalid_blocks"])
def test_what_slack_refuses_is_dead_with_its_thread_and_operations_hears_of_it_once(office: Office, code: str) -> None:
    office.write("parent", "second", "third")
    office.slack.next(Fault(error=code))
    assert office.send().failed == 3
    assert [office.states()[text] for text in ("parent", "second", "third")] == ["dead"] * 3
    assert code in office.error("parent")
    for _ in range(3):
        office.send(after=timedelta(days=1))
    (alarm,) = office.told(OPERATIONS)
    assert CART in alarm
    assert code in alarm
    assert office.told() == []
    assert office.deliveries("parent") == office.deliveries("second") == ["dead"]


def test_operations_hears_of_a_refusal_in_the_same_run(office: Office) -> None:
    office.write("parent")
    office.slack.next(Fault(error="channel_not_found"))
    assert office.send() == Sent(sent=1, failed=1)
    assert len(office.told(OPERATIONS)) == 1


def test_an_alarm_that_is_refused_raises_no_alarm(office: Office) -> None:
    office.slack.channels = {CART: Channel(CART)}
    office.write_alarm("a source is down")
    for _ in range(3):
        office.send()
    assert office.states() == {"a source is down": "dead"}


def test_without_an_operations_channel_a_refusal_is_only_counted(office: Office) -> None:
    office.notify = Notify()
    office.write("parent")
    office.slack.next(Fault(error="channel_not_found"))
    assert office.send() == Sent(failed=1)
    assert office.states() == {"parent": "dead"}


def test_a_refused_message_does_not_hold_up_the_others(office: Office) -> None:
    office.write("refused")
    office.write("fine", channel=MRNA)
    office.slack.channels = {MRNA: Channel(MRNA), OPERATIONS: Channel(OPERATIONS)}
    office.send()
    assert office.told(MRNA) == ["fine"]


# Slack says not now


def test_a_short_wait_that_slack_asks_for_is_waited(office: Office) -> None:
    office.write("parent")
    office.slack.next(BUSY)
    assert office.send() == Sent(sent=1)
    assert sum(office.time.slept) == 7.0


def test_a_long_wait_is_left_to_a_later_run_and_the_thread_waits_for_its_parent(office: Office) -> None:
    office.write("parent", "second")
    office.slack.next(BUSY_FOR_LONG)
    assert office.send() == Sent(pending=2, overdue=2)
    assert office.send(after=timedelta(seconds=599)) == Sent(pending=2, overdue=1), "the parent is not due yet"
    assert office.slack.messages == []
    assert office.send(after=timedelta(seconds=1)) == Sent(sent=2)
    parent, second = office.slack.messages
    assert second.thread_ts == parent.ts


def test_a_refused_connection_is_tried_again_by_the_next_run(office: Office) -> None:
    office.write("parent")
    nowhere = SlackSender(TOKEN, "http://127.0.0.1:9/", sleep=office.time.sleep)
    assert office.send(sender=nowhere) == Sent(pending=1, overdue=1)
    assert office.send(after=timedelta(days=1)) == Sent(sent=1)


# Slack says nothing


@pytest.mark.parametrize("lost", ["parent", "second"])
def test_a_lost_answer_is_looked_for_and_not_sent_again(office: Office, lost: str) -> None:
    office.write("parent", "second")
    office.slack.next(*([LOST] if lost == "parent" else [Fault(accepts=True), LOST]))
    assert office.send() == Sent(sent=2)
    parent, second = office.slack.messages
    assert (parent.text, second.text, second.thread_ts) == ("parent", "second", parent.ts)
    assert office.states() == {"parent": "sent", "second": "sent"}
    assert office.deliveries(lost) == ["sent"]
    assert HISTORY in [method for method, _ in office.slack.calls] or REPLIES in [
        name for name, _ in office.slack.calls
    ]


@pytest.mark.parametrize("lost", ["parent", "second"])
def test_a_message_that_never_arrived_is_sent_again_exactly_once(office: Office, lost: str) -> None:
    office.write("parent", "second")
    office.slack.next(*([DROP] if lost == "parent" else [Fault(accepts=True), DROP]))
    for _ in range(3):
        office.send(after=timedelta(days=1))
    assert office.told() == ["parent", "second"]
    assert office.states() == {"parent": "sent", "second": "sent"}


@pytest.mark.parametrize("arrived", [True, False])
def test_a_run_that_died_while_sending_is_taken_up_where_it_stopped(office: Office, *, arrived: bool) -> None:
    office.write("parent", "second")
    (parent, _) = outbox.due_messages(office.index, iso(NOON))
    outbox.set_sending(office.index, parent, iso(datetime.now(UTC)))
    if arrived:
        office.bot().post(parent)
    assert office.send(after=timedelta(days=1)) == Sent(sent=2)
    assert office.told() == ["parent", "second"]


@pytest.mark.parametrize("fault", [DROP, LOST, Fault(status=500), Fault(accepts=True, status=500)])
def test_what_breaks_twice_is_asked_for_twice_and_goes_out_once(office: Office, fault: Fault) -> None:
    office.write("parent")
    office.slack.next(fault, fault)
    assert office.send() == Sent(sent=1)
    assert office.told() == ["parent"]
    assert sum(office.time.slept) >= PAUSES[0]


def test_what_breaks_without_end_is_left_to_the_next_run_and_its_channel_with_it(office: Office) -> None:
    for number in range(4):
        office.write(f"digest {number}")
    office.write("another channel's", channel=MRNA)
    office.slack.next(*[DROP] * 30)
    found = office.send()
    assert (found.sent, found.newly_unknown, found.pending) == (0, 3, 2)
    assert len([name for name, _ in office.slack.calls if name == POST]) == 9, (
        "two in the one channel, one in the other"
    )
    office.slack._faults.clear()
    assert office.send(after=timedelta(hours=1)) == Sent(sent=5)
    assert office.told() == [f"digest {number}" for number in range(4)]


def test_while_slack_cannot_be_asked_nothing_that_may_have_arrived_is_sent_again(office: Office) -> None:
    office.write("parent", "second")
    office.slack.next(LOST)
    office.slack.always(Fault(error="missing_scope"), HISTORY)
    assert office.send() == Sent(sent=1, unknown=1, newly_unknown=1, pending=1), "operations is told"
    for _ in range(2):
        found = office.send(after=timedelta(days=1))
        assert (found.unknown, found.newly_unknown, found.sent) == (1, 0, 0)
    assert office.told() == ["parent"]
    assert "missing_scope" in office.error("parent")
    assert len(office.told(OPERATIONS)) == 1
    assert office.deliveries("parent") == ["unknown"], "that it is still so is no news"
    office.slack.always(Fault(accepts=True), HISTORY)
    assert office.send().sent == 2, "with the scope, it is found, and its thread goes on"
    assert office.told() == ["parent", "second"]


def test_a_killed_run_whose_message_cannot_be_looked_for_makes_the_next_run_partial(office: Office) -> None:
    office.write("parent")
    (parent,) = outbox.due_messages(office.index, iso(NOON))
    outbox.set_sending(office.index, parent, iso(datetime.now(UTC)))
    office.slack.always(Fault(error="missing_scope"), HISTORY)
    assert office.send() == Sent(sent=1, unknown=1, newly_unknown=1)
    assert office.told() == []
    assert len(office.told(OPERATIONS)) == 1


def test_a_bad_token_at_the_looking_loses_nothing_either(office: Office) -> None:
    office.write("parent")
    (parent,) = outbox.due_messages(office.index, iso(NOON))
    outbox.set_sending(office.index, parent, iso(datetime.now(UTC)))
    office.send(token="xoxb-not-this-one")
    assert office.states()["parent"] == "unknown"
    assert office.send() == Sent(sent=2), "the message, and that nobody could say what became of it"
    assert office.told() == ["parent"]


# Webhooks


def test_a_webhook_takes_every_message_without_threads(office: Office) -> None:
    office.write("parent", "second")
    assert office.send(sender=office.webhook()) == Sent(sent=2)
    assert [each.text for each in office.slack.messages] == ["parent", "second"]
    assert {each.thread_ts for each in office.slack.messages} == {None}


def test_a_webhook_that_did_not_answer_is_never_asked_again(office: Office) -> None:
    office.write("parent")
    office.slack.next(LOST, method="webhook")
    assert office.send(sender=office.webhook()) == Sent(sent=1, unknown=1, newly_unknown=1), "operations is told"
    assert office.send(sender=office.webhook()) == Sent(unknown=1)
    assert [each.text for each in office.slack.messages][:1] == ["parent"]
    assert len(office.slack.messages) == 2


@pytest.mark.parametrize("code", ["invalid_token", "no_service", "no_team", "no_active_hooks"])
def test_a_webhook_that_is_switched_off_costs_one_message_and_the_rest_waits(office: Office, code: str) -> None:
    office.write("refused")
    office.write("waits", channel=MRNA)
    office.slack.next(Fault(status=403, error=code), method="webhook")
    found = office.send(sender=office.webhook())
    assert (found.failed, found.pending) == (1, 2)
    assert office.send(sender=office.webhook()) == Sent(sent=2)


# What nobody wants any more


def test_what_was_never_tried_is_given_up_after_the_backlog(office: Office) -> None:
    office.write("old", "old thread")
    office.now += timedelta(days=1)
    office.write("young")
    assert office.send(after=timedelta(days=14)) == Sent(sent=1)
    assert office.told() == ["young"]
    assert office.states() == {"old": "dead", "old thread": "dead", "young": "sent"}
    assert "14 days" in office.error("old")


def test_what_is_just_as_old_as_the_backlog_still_goes_out(office: Office) -> None:
    office.write("old")
    assert office.send(after=timedelta(days=14)) == Sent(sent=1)


@pytest.mark.parametrize("fault", [LOST, DROP])
def test_what_may_have_arrived_is_never_given_up(office: Office, fault: Fault) -> None:
    office.write("old")
    office.slack.next(fault)
    office.slack.always(DROP, HISTORY)
    assert office.send() == Sent(pending=1, overdue=1)
    office.slack.always(Fault(accepts=True), HISTORY)
    assert office.send(after=timedelta(days=60)) == Sent(sent=1)
    assert office.told() == ["old"]


def test_without_a_credential_everything_waits_and_that_is_no_failure(office: Office) -> None:
    office.write("parent", "second")
    assert without_sender(office.index) == Sent(pending=2)


def test_a_digest_without_news_that_waited_is_given_up_for_the_next(office: Office) -> None:
    office.write("nothing new on Monday", project="cart")
    office.write("another project's", channel=MRNA, project="mrna")
    office.now += timedelta(days=1)
    office.write("nothing new on Tuesday", project="cart")
    assert office.send() == Sent(sent=2)
    assert office.told() == ["nothing new on Tuesday"]
    assert office.told(MRNA) == ["another project's"]


# Told to stop


def test_told_to_stop_it_ends_after_the_message_that_is_on_its_way_and_the_rest_waits(office: Office) -> None:
    office.write("one", "two", "three")
    assert office.send(go_on=lambda: not office.slack.messages) == Sent(sent=1, pending=2, overdue=2)
    assert office.told() == ["one"]
    assert office.send() == Sent(sent=2)
    assert office.told() == ["one", "two", "three"]


def test_told_to_stop_before_the_first_message_it_sends_none(office: Office) -> None:
    office.write("one")
    assert office.send(go_on=lambda: False).pending == 1
    assert office.slack.calls == []


def test_a_long_pause_is_not_waited_out_by_who_is_told_to_stop(office: Office) -> None:
    office.write("one")
    office.slack.next(Fault(status=429, error="ratelimited", retry_after=50))
    assert office.send(go_on=lambda: len(office.time.slept) < 2) == Sent(pending=1, overdue=1)
    assert sum(office.time.slept) < 5
    assert office.send() == Sent(sent=1)
    assert office.told() == ["one"]


# What a person says


@pytest.mark.parametrize(
    ("verdict", "said", "state"),
    [
        (Verdict.SENT, ["doubtful"], "sent"),
        (Verdict.DROP, ["doubtful"], "dead"),
        (Verdict.AGAIN, ["doubtful"] * 2, "sent"),
    ],
)
def test_a_person_settles_what_a_webhook_cannot_and_is_named(
    office: Office, verdict: Verdict, said: list[str], state: str
) -> None:
    office.notify = Notify()
    office.write("doubtful")
    office.slack.next(LOST, method="webhook")
    office.send(sender=office.webhook())
    (found,) = posted(office.index)
    settle(office.index, found.id[:8], verdict, iso(NOON), by="Ada", reason="looked in the channel")
    office.send(sender=office.webhook())
    assert [each.text for each in office.slack.messages] == said
    assert office.states() == {"doubtful": state}
    (row,) = office.index.rows("SELECT by, reason FROM deliveries WHERE by IS NOT NULL")
    assert row == {"by": "Ada", "reason": "looked in the channel"}


def test_what_was_sent_cannot_be_settled_and_what_is_not_there_neither(office: Office) -> None:
    office.write("fine")
    office.send()
    (found,) = posted(office.index, [OutboxState.SENT])
    with pytest.raises(UsageError, match="nothing to settle"):
        settle(office.index, found.id, Verdict.AGAIN, iso(NOON), by="Ada", reason="why not")
    with pytest.raises(UsageError, match="no message"):
        settle(office.index, "ffffffff0", Verdict.AGAIN, iso(NOON), by="Ada", reason="why not")
