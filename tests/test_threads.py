"""Alerts, threads and follow-ups, from a change in the index to what stands in Slack."""

from collections.abc import Iterator
from typing import Any

import pytest

from regintel.house import House
from regintel.jobs.digest import Built, DigestDesk
from regintel.jobs.notify import Postman
from regintel.jobs.senders import Sender
from regintel.jobs.sent import Sent
from regintel.notify.projects import Immediate, Profile
from regintel.notify.slack import SlackSender
from regintel.notify.webhook import WebhookSender
from regintel.store.database import Index
from regintel.store.told import told
from tests.slack_server import LOST, TOKEN, Accepted, Channel, Fault, SlackServer
from tests.test_digest import CART, MHRA, QUIET, Week, item
from tests.test_notify import OPERATIONS, Time

ALERT = CART.model_copy(
    update={"immediate": Immediate(kinds=("new", "status_changed", "withdrawn"), min_score=0.85)}  # type: ignore[arg-type]
)
ELSEWHERE = "C0000ELSE"


class Desk(Week):
    """A week whose messages are sent to a stand-in for Slack."""

    def __init__(self, house: House, index: Index, slack: SlackServer) -> None:
        super().__init__(house, index)
        self.slack, self.time = slack, Time()
        self.places: list[str] | None = None

    @property
    def desk(self) -> DigestDesk:
        def channels(profile: Profile) -> list[str]:
            return [profile.channel] if self.places is None else self.places

        return DigestDesk(self.index, self.sources, self.house.names, self.notify, self.clock, channels=channels)

    def send(self, sender: Sender | None = None) -> Sent:
        sender = sender or SlackSender(TOKEN, self.slack.url, sleep=self.time.sleep)
        told: dict[str, Any] = {"monotonic": self.time.monotonic, "sleep": self.time.sleep}
        return Postman(self.index, sender, self.notify, self.clock, **told).send()

    def day(
        self, *profiles: Profile, sender: Sender | None = None, **time: float
    ) -> tuple[list[Built], list[Accepted]]:
        """Build and send; return what was built, and what Slack has of it."""
        self.later(**time)
        before = len(self.slack.messages)
        built = self.build(*profiles)
        self.send(sender)
        return built, self.slack.messages[before:]

    def final(self, key: str) -> None:
        """Let a draft become final."""
        self.read(self.listed[key].model_copy(update={"status": "final", "stage": "final"}))

    def states(self) -> list[tuple[str, str]]:
        return [(row["role"], row["state"]) for row in self.index.rows("SELECT role, state FROM outbox ORDER BY seq")]


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture
def desk(house: House, index: Index, slack: SlackServer) -> Desk:
    """A desk whose sources were read before, and whose project had its first digest, of Monday."""
    made = Desk(house, index, slack)
    made.notify = made.notify.model_copy(update={"operations_channel": OPERATIONS})
    made.read(item("old"), baseline=True)
    made.read(source=MHRA, baseline=True)
    made.day(ALERT)
    slack.messages.clear()
    return made


# An alert


def test_each_document_that_does_not_wait_is_a_message_of_its_own(desk: Desk) -> None:
    desk.read(item("one"), item("two"), item("old", published="2025-10-13"))
    built, said = desk.day(ALERT, hours=1)
    assert [each.alert for each in built] == [True]
    assert [each.thread_ts for each in said] == [None, None]
    assert sorted(word for each in said for word in ("one", "two", "old") if f"{word} CAR-T" in each.text) == [
        "one",
        "two",
    ]
    (digest,), said = desk.day(ALERT, days=1)
    assert [each.document for each in digest.digest.items] == ["fda:old"], "the rest, and nothing again"
    assert len(said) == 1


def test_alerts_and_digest_of_one_hour_tell_each_change_once(desk: Desk) -> None:
    desk.read(item("urgent"), item("old", published="2025-10-13"))
    built, said = desk.day(ALERT, days=1)
    assert [(each.alert, [item.document for item in each.digest.items]) for each in built] == [
        (True, ["fda:urgent"]),
        (False, ["fda:old"]),
    ]
    assert len(said) == 2


def test_a_burst_is_one_message_and_its_thread(desk: Desk) -> None:
    desk.read(*(item(f"n{number}") for number in range(7)))
    _, (parent, *others) = desk.day(ALERT, hours=1)
    assert parent.thread_ts is None
    assert [each.thread_ts for each in others] == [parent.ts] * 7


def test_json_tells_a_thread_from_alerts_beside_each_other(desk: Desk) -> None:
    desk.read(*(item(f"n{number}") for number in range(7)))
    (burst,) = desk.build(ALERT)
    assert [len(burst.as_json()[key]) for key in ("thread", "beside")] == [7, 0]  # type: ignore[arg-type]
    desk.later(hours=1)
    desk.read(item("one"), item("two"))
    (alerts,) = desk.build(ALERT)
    assert [len(alerts.as_json()[key]) for key in ("thread", "beside")] == [0, 1]  # type: ignore[arg-type]


def test_what_a_project_was_told_goes_by_the_message_that_told_it(desk: Desk) -> None:
    desk.read(item("one"), item("two"))
    desk.slack.next(Fault(error="invalid_blocks"))
    desk.day(ALERT, hours=1)
    assert sorted(str(each.state) for each in told(desk.index, ALERT.id, 2)) == ["None", "sent"]
    desk.day(ALERT, days=1)
    assert {each.state for each in told(desk.index, ALERT.id, 2)} == {"sent"}


def test_nothing_of_a_projects_first_digest_is_urgent(desk: Desk) -> None:
    desk.read(item("new"))
    second = ALERT.model_copy(update={"id": "second", "channel": ELSEWHERE})
    built, _ = desk.day(second, hours=1)
    assert [(each.alert, len(each.digest.items)) for each in built] == [(False, 1)]


def test_in_quiet_hours_an_alert_is_made_and_waits_for_their_end(desk: Desk) -> None:
    quiet = ALERT.model_copy(update={"digest": QUIET.digest})
    desk.later(hours=11)
    desk.read(item("urgent"))
    built, said = desk.day(quiet)
    assert ([each.alert for each in built], said) == ([True], [])
    _, said = desk.day(quiet, hours=10, minutes=29)
    assert said == []
    _, said = desk.day(quiet, minutes=1)
    assert [each.thread_ts for each in said] == [None, None], "the alert, and the digest of the morning"


# A thread


def test_a_later_alert_is_a_reply_that_the_channel_sees_as_well(desk: Desk) -> None:
    desk.read(item("one"))
    _, (root,) = desk.day(ALERT, hours=1)
    desk.final("one")
    _, (reply,) = desk.day(ALERT, hours=1)
    assert (reply.thread_ts, reply.request["reply_broadcast"]) == (root.ts, True)


def test_a_later_stage_that_the_digest_tells_is_added_to_the_documents_thread(desk: Desk) -> None:
    desk.read(item("one"), item("two"))
    _, (digest,) = desk.day(CART, days=1)
    desk.final("one")
    _, (second, reply) = desk.day(CART, days=1)
    assert (second.thread_ts, reply.thread_ts) == (None, digest.ts), "the digest was the root of both"
    assert reply.request["reply_broadcast"] is True, "that it became final matters"
    desk.read(item("two", published="2025-10-14"))
    _, (_, reply) = desk.day(CART, days=1)
    assert reply.thread_ts == digest.ts
    assert "reply_broadcast" not in reply.request, "a revision is for who follows the thread"
    assert desk.states()[-1] == ("follow_up", "sent")


def test_a_document_that_is_told_first_needs_no_reply_in_its_own_message(desk: Desk) -> None:
    desk.read(item("one"))
    desk.read(item("one", published="2025-10-14"))
    _, said = desk.day(CART, days=1)
    assert len(said) == 1


def test_what_two_projects_tell_one_channel_stands_in_its_thread_once(desk: Desk) -> None:
    second = ALERT.model_copy(update={"id": "second"})
    desk.day(second)
    desk.read(item("one"))
    _, (root, reply) = desk.day(ALERT, second, hours=1)
    assert (root.thread_ts, reply.thread_ts) == (None, root.ts)
    assert "reply_broadcast" not in reply.request, "the channel has seen it"
    desk.read(item("one", published="2025-10-14"))
    _, said = desk.day(ALERT, second, days=1)
    assert [each.thread_ts for each in said] == [None, root.ts, None], "two digests, one follow-up"


def test_each_channel_has_threads_of_its_own(desk: Desk) -> None:
    desk.places = [CART.channel, ELSEWHERE]
    desk.read(item("one"))
    _, roots = desk.day(ALERT, hours=1)
    desk.final("one")
    _, replies = desk.day(ALERT, hours=1)
    assert {each.channel: each.ts for each in roots} == {each.channel: each.thread_ts for each in replies}
    assert {each.channel for each in roots} == {CART.channel, ELSEWHERE}


def test_while_nobody_listens_everything_waits(desk: Desk) -> None:
    desk.read(item("one"))
    desk.places = []
    built, said = desk.day(ALERT, days=1)
    assert (built, said) == ([], [])
    desk.places = None
    built, said = desk.day(ALERT, hours=1)
    assert [len(each.digest.items) for each in built] == [1, 0]
    assert len(said) == 2


# A thread that is not to be had


@pytest.mark.parametrize("code", ["thread_not_found", "message_not_found"])
def test_an_alert_whose_thread_was_deleted_goes_out_by_itself_and_is_the_new_root(desk: Desk, code: str) -> None:
    desk.read(item("one"))
    desk.day(ALERT, hours=1)
    desk.final("one")
    desk.slack.next(Fault(error=code))
    _, (alone,) = desk.day(ALERT, hours=1)
    assert alone.thread_ts is None
    desk.read(item("one", published="2025-10-14", status="final", stage="final"))
    _, (_, reply) = desk.day(ALERT, days=1)
    assert reply.thread_ts == alone.ts


def test_a_follow_up_whose_thread_was_deleted_is_given_up_quietly(desk: Desk) -> None:
    desk.read(item("one"))
    desk.day(CART, days=1)
    desk.read(item("one", published="2025-10-14"))
    desk.later(days=1)
    desk.build(CART)
    desk.slack.next(Fault(accepts=True), Fault(error="thread_not_found"))
    assert desk.send() == Sent(sent=1)
    assert desk.states()[-1] == ("follow_up", "dead")
    desk.later(days=1)
    assert desk.told(CART) == [[]], "the digest has told it"


def test_a_webhook_has_no_threads_so_alerts_stand_alone_and_follow_ups_are_left_to_the_digest(desk: Desk) -> None:
    webhook = WebhookSender(desk.slack.webhook)
    desk.read(item("one"))
    desk.day(ALERT, hours=1, sender=webhook)
    desk.final("one")
    _, said = desk.day(ALERT, hours=1, sender=webhook)
    assert len(said) == 1
    desk.read(item("one", published="2025-10-14", status="final", stage="final"))
    _, said = desk.day(ALERT, days=1, sender=webhook)
    assert len(said) == 1
    assert desk.states()[-1] == ("follow_up", "dead")


def test_a_lost_reply_is_looked_for_in_its_thread_and_said_once(desk: Desk) -> None:
    desk.read(item("one"))
    desk.day(ALERT, hours=1)
    desk.final("one")
    desk.slack.next(LOST)
    _, said = desk.day(ALERT, hours=1)
    assert len(said) == 1
    assert desk.states()[-1] == ("alert", "sent")


# Refusals


def test_a_refused_alert_is_told_by_the_next_digest_and_not_by_another_alert(desk: Desk) -> None:
    desk.read(item("one"))
    desk.slack.next(Fault(error="not_in_channel"))
    _, said = desk.day(ALERT, hours=1)
    assert [each.channel for each in said] == [OPERATIONS]
    built, _ = desk.day(ALERT, hours=1)
    assert built == []
    (digest,), said = desk.day(ALERT, days=1)
    assert ([each.document for each in digest.digest.items], len(said)) == (["fda:one"], 1)


@pytest.mark.parametrize("refused", [0, 1], ids=["parent", "continuation"])
def test_what_a_refused_message_told_is_told_again_and_nothing_else(desk: Desk, refused: int) -> None:
    desk.read(*(item(f"n{number:02}") for number in range(60)))
    desk.later(days=1)
    (digest,) = desk.build(CART)
    assert len(digest.messages) > 2
    desk.slack.next(*[Fault(accepts=True)] * refused, Fault(error="invalid_blocks"))
    desk.send()
    desk.later(days=1)
    lost = digest.messages if refused == 0 else digest.messages[refused : refused + 1]
    (again,) = desk.build(CART)
    assert {each.change for each in again.digest.items} == {change for each in lost for change in each.changes}
    desk.send()
    desk.later(days=1)
    assert desk.told(CART) == [[]]


def test_what_one_channel_refuses_is_told_again_there_and_not_where_it_arrived(desk: Desk) -> None:
    desk.places = [CART.channel, ELSEWHERE]
    desk.read(item("one"))
    desk.slack.channels = {name: Channel(name) for name in (CART.channel, OPERATIONS)}
    desk.day(CART, days=1)
    desk.slack.channels[ELSEWHERE] = Channel(ELSEWHERE)
    built, _ = desk.day(CART, days=1)
    assert {each.digest.channel: len(each.digest.items) for each in built} == {CART.channel: 0, ELSEWHERE: 1}
    built, _ = desk.day(CART, days=1)
    assert {each.digest.channel: len(each.digest.items) for each in built} == {CART.channel: 0, ELSEWHERE: 0}


def test_what_a_channel_refused_goes_to_the_channel_that_replaces_it(desk: Desk) -> None:
    desk.read(item("one"))
    desk.slack.next(Fault(error="is_archived"))
    desk.day(CART, days=1)
    built, _ = desk.day(CART.model_copy(update={"channel": ELSEWHERE}), days=1)
    assert [(each.digest.channel, len(each.digest.items)) for each in built] == [(ELSEWHERE, 1)]


def test_a_bad_token_loses_no_item(desk: Desk) -> None:
    desk.read(*(item(f"n{number:02}") for number in range(60)))
    desk.slack.always(Fault(error="invalid_auth"))
    for _ in range(3):
        desk.day(ALERT, days=1)
    desk.slack.always(Fault(accepts=True))
    for _ in range(2):
        desk.day(ALERT, days=1)
    told = "\n".join(each.text for each in desk.slack.messages)
    assert all(f"n{number:02} CAR-T" in told for number in range(60))


# Other ways out


def test_an_outlet_is_told_what_the_channel_is_told_and_knows_no_threads(desk: Desk) -> None:
    mailed = ALERT.model_copy(update={"also": ("mail",)})
    desk.read(item("one"))
    desk.later(hours=1)
    desk.build(mailed)
    desk.final("one")
    desk.build(mailed)
    rows = desk.index.rows("SELECT channel, parent IS NULL AS alone FROM outbox WHERE role = 'alert' ORDER BY seq")
    assert [(row["channel"], bool(row["alone"])) for row in rows] == [
        (CART.channel, True),
        ("apprise:mail", True),
        (CART.channel, False),
        ("apprise:mail", True),
    ]


def test_a_bad_slack_token_does_not_stop_the_other_ways_out(desk: Desk) -> None:
    desk.notify = desk.notify.model_copy(update={"operations_also": ("mail",)})
    mail = Letters()
    desk.read(item("one"))
    desk.later(hours=1)
    desk.build(ALERT.model_copy(update={"also": ("mail",)}))
    desk.slack.always(Fault(error="invalid_auth"))
    told: dict[str, Any] = {"monotonic": desk.time.monotonic, "sleep": desk.time.sleep, "outlets": mail}
    sender = SlackSender(TOKEN, desk.slack.url, sleep=desk.time.sleep)
    Postman(desk.index, sender, desk.notify, desk.clock, **told).send()
    assert len(mail.taken) == 2, "the alert, and the alarm that Slack refuses the token"
    assert "invalid_auth" in mail.taken[1]


class Letters:
    """A way out that takes everything."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def post(self, message: Any) -> Any:
        from regintel.notify.delivery import Receipt

        self.taken.append(message.text)
        return Receipt(None, message.channel)

    def find(self, message: Any, attempted_at: Any = None) -> None:
        raise AssertionError("nobody asks")

    def queue(self, channel: str) -> str:
        return channel
