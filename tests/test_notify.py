"""The postman against a stand-in for Slack: each message goes out once in effect, and the outbox tells its story."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from regintel.clock import Clock, iso
from regintel.config import Notify
from regintel.jobs.notify import Postman, Sender, Sent, without_sender
from regintel.notify.slack import SlackSender
from regintel.notify.webhook import WebhookSender
from regintel.store import outbox
from regintel.store.database import Index
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
        with self.index.transaction():
            outbox.add_digest(
                self.index,
                project=project or f"project of {texts[0]}",
                channel=channel,
                slot=iso(self.now),
                built_at=iso(self.now),
                told=[],
                messages=[(text, [section(text)]) for text in texts],
                not_before=iso(not_before) if not_before else None,
            )

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

    def send(self, *, token: str = TOKEN, sender: Sender | None = None, after: timedelta = timedelta()) -> Sent:
        self.now += after
        return Postman(self.index, sender or self.bot(token), self.notify, Clock(self.now)).send()

    def bot(self, token: str = TOKEN) -> SlackSender:
        return SlackSender(token, self.slack.url, sleep=self.time.sleep, monotonic=self.time.monotonic)

    def webhook(self) -> WebhookSender:
        return WebhookSender(self.slack.webhook, sleep=self.time.sleep, monotonic=self.time.monotonic)

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
    assert office.time.slept == [1.0]
    office.write("four")
    office.write("five")
    office.send()
    assert office.time.slept == [1.0, 1.0]


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
def test_a_bad_token_leaves_everything_waiting_for_a_good_one(office: Office, code: str) -> None:
    office.write("parent", "second")
    office.write("other", channel=MRNA)
    office.slack.always(Fault(error=code))
    found = office.send()
    assert (found.sent, found.failed, found.pending) == (0, 0, 3)
    assert found.overdue, "a run that could not send is partial"
    assert [method for method, _ in office.slack.calls] == [POST], "after the first no, nobody asks on"
    office.slack.always(Fault(accepts=True))
    assert office.send(after=timedelta(days=1)) == Sent(sent=3)
    assert office.told() == ["parent", "second"]
    assert office.told(MRNA) == ["other"]


def test_a_token_that_slack_does_not_know_loses_nothing(office: Office) -> None:
    office.write("parent", "second")
    assert office.send(token="xoxb-not-this-one").pending == 2
    assert office.send() == Sent(sent=2)


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
    assert office.time.slept == [7.0]


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
    assert office.send().newly_unknown == 1
    assert office.states()[lost] == "unknown"
    office.send(after=timedelta(days=1))
    parent, second = office.slack.messages
    assert (parent.text, second.text, second.thread_ts) == ("parent", "second", parent.ts)
    assert office.states() == {"parent": "sent", "second": "sent"}
    assert office.deliveries(lost) == ["unknown", "sent"]


@pytest.mark.parametrize("lost", ["parent", "second"])
def test_a_message_that_never_arrived_is_sent_again_exactly_once(office: Office, lost: str) -> None:
    office.write("parent", "second")
    office.slack.next(*([DROP] if lost == "parent" else [Fault(accepts=True), DROP]))
    office.send()
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


def test_while_slack_cannot_be_asked_nothing_that_may_have_arrived_is_sent_again(office: Office) -> None:
    office.write("parent", "second")
    office.slack.next(LOST)
    office.send()
    office.slack.always(Fault(error="missing_scope"), HISTORY)
    for sent in (1, 0, 0):  # the one is what operations is told
        found = office.send(after=timedelta(days=1))
        assert (found.unknown, found.newly_unknown, found.sent) == (1, 0, sent)
    assert office.told() == ["parent"]
    assert "missing_scope" in office.error("parent")
    assert len(office.told(OPERATIONS)) == 1
    assert office.deliveries("parent") == ["unknown", "unknown"], "that it is still so is no news"
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
    office.slack.next(DROP)
    office.send()
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
    assert office.send(sender=office.webhook()) == Sent(unknown=1, newly_unknown=1)
    assert office.send(sender=office.webhook()) == Sent(sent=1, unknown=1), "operations is told"
    assert office.send(sender=office.webhook()) == Sent(unknown=1)
    assert [each.text for each in office.slack.messages][:1] == ["parent"]
    assert len(office.slack.messages) == 2


@pytest.mark.parametrize("code", ["invalid_token", "no_service", "no_team", "no_active_hooks"])
def test_a_webhook_that_is_switched_off_leaves_everything_waiting_for_a_good_one(office: Office, code: str) -> None:
    office.write("parent", "second")
    office.slack.next(Fault(status=403, error=code), method="webhook")
    assert office.send(sender=office.webhook()).pending == 2
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
    office.send()
    assert office.send(after=timedelta(days=60)) == Sent(sent=1)
    assert office.told() == ["old"]


def test_without_a_credential_everything_waits_and_that_is_no_failure(office: Office) -> None:
    office.write("parent", "second")
    assert without_sender(office.index) == Sent(pending=2)


@pytest.mark.parametrize("tried", [False, True])
def test_a_digest_without_news_that_waited_is_given_up_for_the_next(office: Office, *, tried: bool) -> None:
    office.write("nothing new on Monday", project="cart")
    office.write("another project's", channel=MRNA, project="mrna")
    if tried:
        office.send(token="xoxb-not-this-one")
    office.write("nothing new on Tuesday", project="cart")
    assert office.send() == Sent(sent=2)
    assert office.told() == ["nothing new on Tuesday"]
    assert office.told(MRNA) == ["another project's"]
