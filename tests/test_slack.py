"""The sender against a stand-in for Slack: nothing lost, nothing twice, nothing secret said."""

import json
import subprocess
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from regintel.exceptions import ConfigError, DeliveryError
from regintel.notify.delivery import CannotAsk, Later, Lost, Refused, redacted
from regintel.notify.slack import SlackSender
from regintel.notify.webhook import WebhookSender
from regintel.records import OutboxMessage
from regintel.vocabulary import OutboxState
from tests.slack_server import DROP, LOST, TOKEN, Channel, Fault, SlackServer, faults, problem

LIMITED = Fault(status=429, error="ratelimited", retry_after=7)
BROKEN = Fault(status=500)
BROKEN_AFTER = Fault(accepts=True, status=500)
REFUSALS = (
    "channel_not_found",
    "not_in_channel",
    "invalid_auth",
    "is_archived",
    "account_inactive",
    "token_revoked",
    "not_authed",
    "invalid_blocks",
    "msg_too_long",
    "msg_blocks_too_long",
    "no_text",
    "restricted_action",
)


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


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def sender(slack: SlackServer, time: Time) -> SlackSender:
    return SlackSender(TOKEN, slack.url, sleep=time.sleep)


def message(identity: str = "m1", **changes: object) -> OutboxMessage:
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "One & all".replace("&", "&amp;")}}
    known: dict[str, object] = {
        "id": identity,
        "channel": "C0123CART",
        "kind": "digest",
        "project": "cart",
        "text": "One &amp; all",
        "blocks": (block,),
        "state": OutboxState.SENDING,
        "created_at": "2031-01-01T00:00:00Z",
    }
    return OutboxMessage(**{**known, **changes})  # type: ignore[arg-type]


def test_a_message_arrives_as_it_was_made(slack: SlackServer, sender: SlackSender) -> None:
    receipt = sender.post(message())
    (accepted,) = slack.messages
    assert (receipt.ts, receipt.channel) == (accepted.ts, "C0123CART")
    assert accepted.text == "One &amp; all"
    assert accepted.blocks == list(message().blocks)
    assert accepted.metadata == {"event_type": "regintel_message", "event_payload": {"outbox_id": "m1"}}
    assert accepted.request["unfurl_links"] is False
    assert accepted.request["unfurl_media"] is False
    assert "thread_ts" not in accepted.request


def test_the_rest_of_a_digest_goes_into_the_thread(slack: SlackServer, sender: SlackSender) -> None:
    parent = sender.post(message())
    sender.post(message("m2", thread_ts=parent.ts))
    assert [accepted.thread_ts for accepted in slack.messages] == [None, parent.ts]


def test_a_reply_that_matters_is_shown_in_the_channel_as_well(slack: SlackServer, sender: SlackSender) -> None:
    root = sender.post(message())
    sender.post(message("m2", thread_ts=root.ts, broadcast=True))
    sender.post(message("m3", broadcast=True))
    assert [accepted.request.get("reply_broadcast") for accepted in slack.messages] == [None, True, None]


@pytest.mark.parametrize("wait", [7, 3600])
def test_a_limit_is_told_with_its_wait_and_not_sat_out(slack: SlackServer, sender: SlackSender, wait: int) -> None:
    slack.next(Fault(status=429, error="ratelimited", retry_after=wait))
    with pytest.raises(Later) as caught:
        sender.post(message())
    assert (caught.value.retry_after, caught.value.limited) == (wait, True)
    assert slack.messages == []


def test_a_lost_answer_is_not_sent_again_but_found(slack: SlackServer, sender: SlackSender) -> None:
    before = datetime.now(UTC)
    slack.next(LOST)
    with pytest.raises(Lost):
        sender.post(message())
    assert len(slack.messages) == 1
    assert sender.find(message(), before) == slack.messages[0].ts


def test_a_dropped_message_is_lost_and_not_found(slack: SlackServer, sender: SlackSender) -> None:
    slack.next(DROP)
    with pytest.raises(Lost):
        sender.post(message())
    assert sender.find(message(), datetime.now(UTC)) is None


@pytest.mark.parametrize("fault", [BROKEN, BROKEN_AFTER, Fault(error="fatal_error"), Fault(error="internal_error")])
def test_a_server_error_says_nothing_of_the_message_and_is_not_tried_again_from_here(
    slack: SlackServer, sender: SlackSender, fault: Fault
) -> None:
    slack.next(fault)
    with pytest.raises(Lost):
        sender.post(message())
    assert [method for method, _ in slack.calls] == ["chat.postMessage"]


def test_nobody_there_means_later(time: Time) -> None:
    with SlackServer() as server:
        url = server.url
    sender = SlackSender(TOKEN, url, sleep=time.sleep)
    with pytest.raises(Later, match="not now"):
        sender.post(message())


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_is_final_and_says_its_word(slack: SlackServer, sender: SlackSender, code: str) -> None:
    slack.next(Fault(error=code))
    with pytest.raises(Refused, match=rf"^slack: {code} \(C0123CART\)$") as caught:
        sender.post(message())
    assert caught.value.code == code
    assert caught.value.of_token == (
        code in {"invalid_auth", "account_inactive", "token_revoked", "not_authed", "missing_scope"}
    )


def test_a_message_over_the_limits_is_refused_by_the_stand_in_as_by_slack(sender: SlackSender) -> None:
    long = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_001}}
    with pytest.raises(Refused, match="invalid_blocks"):
        sender.post(message(blocks=(long,)))
    with pytest.raises(Refused, match="msg_too_long"):
        sender.post(message(text="x" * 40_001))


@pytest.mark.parametrize(("fault", "error"), [(Fault(status=403, body="<html>"), Later), (Fault(body="<html>"), Lost)])
def test_a_proxys_page_is_no_refusal(
    slack: SlackServer, sender: SlackSender, fault: Fault, error: type[DeliveryError]
) -> None:
    slack.next(fault)
    with pytest.raises(error):
        sender.post(message())


def test_half_an_answer_is_lost(slack: SlackServer, sender: SlackSender) -> None:
    slack.next(Fault(accepts=True, body='{"ok": tr'))
    with pytest.raises(Lost):
        sender.post(message())


def test_a_message_is_found_on_a_later_page(slack: SlackServer, sender: SlackSender) -> None:
    slack.page = 2
    for number in range(7):
        sender.post(message(f"m{number}"))
    began = datetime.now(UTC) - timedelta(minutes=1)
    assert sender.find(message("m0"), began) == slack.messages[0].ts
    assert sender.find(message("m9"), began) is None


def test_the_search_does_not_begin_after_the_attempt(slack: SlackServer, sender: SlackSender) -> None:
    sender.post(message())
    slack.calls.clear()
    attempted = datetime.now(UTC)
    assert sender.find(message(), attempted) is not None
    oldest = float(slack.calls[0][1]["oldest"])
    assert oldest == pytest.approx(attempted.timestamp() - 15 * 60)


def test_without_a_wall_clock_time_everything_is_searched(slack: SlackServer, sender: SlackSender) -> None:
    """The message's own times may be a simulated clock's, here one years ahead of Slack's."""
    sender.post(message())
    assert sender.find(message()) == slack.messages[0].ts
    assert "oldest" not in slack.calls[-1][1]


def test_a_search_that_would_not_end_is_given_up(slack: SlackServer, sender: SlackSender) -> None:
    slack.page = 1
    for number in range(27):
        sender.post(message(f"m{number}"))
    with pytest.raises(CannotAsk, match="too many"):
        sender.find(message("m99"))


def test_a_reply_is_found_in_its_thread(slack: SlackServer, sender: SlackSender) -> None:
    parent = sender.post(message("m1"))
    slack.next(LOST)
    reply = message("m2", thread_ts=parent.ts)
    with pytest.raises(Lost):
        sender.post(reply)
    assert sender.find(reply, datetime.now(UTC)) == slack.messages[1].ts
    assert sender.find(message("m3", thread_ts=parent.ts), datetime.now(UTC)) is None


@pytest.mark.parametrize("code", ["missing_scope", "not_in_channel", "channel_not_found", "invalid_auth"])
def test_a_question_slack_does_not_answer_is_no_no(slack: SlackServer, sender: SlackSender, code: str) -> None:
    slack.next(Fault(error=code), method="conversations.history")
    with pytest.raises(CannotAsk, match=code):
        sender.find(message(), datetime.now(UTC))


def test_a_broadcast_reply_is_looked_for_in_the_channel_too(slack: SlackServer, sender: SlackSender) -> None:
    root = sender.post(message())
    reply = message("m2", thread_ts=root.ts, broadcast=True)
    assert sender.find(reply, datetime.now(UTC)) is None
    asked = [method for method, _ in slack.calls][1:]
    assert asked == ["conversations.replies", "conversations.history"]


def test_a_search_that_broke_can_be_tried_later(slack: SlackServer, sender: SlackSender) -> None:
    slack.always(DROP, "conversations.history")
    with pytest.raises(Later):
        sender.find(message(), datetime.now(UTC))
    slack.always(LIMITED, "conversations.history")
    with pytest.raises(Later):
        sender.find(message(), datetime.now(UTC))


def test_reads_are_tried_again(slack: SlackServer, sender: SlackSender) -> None:
    slack.next(BROKEN, DROP, method="auth.test")
    identity = sender.check()
    assert (identity.team, identity.user) == ("Example", "regintel")
    assert identity.scopes == ("chat:write", "channels:history", "channels:read")


def test_the_doctor_sees_what_the_bot_sees(slack: SlackServer, sender: SlackSender) -> None:
    slack.channels["C1"] = Channel("C1", name="cart", is_member=False)
    channel = sender.channel("C1")
    assert (channel.name, channel.is_member, channel.is_archived) == ("cart", False, False)
    with pytest.raises(Refused, match=r"channel_not_found \(C2\)"):
        sender.channel("C2")


def test_a_wrong_token_is_refused_and_never_named(
    slack: SlackServer, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    secret = "xoxb-99-very-secret"
    sender = SlackSender(secret, slack.url, sleep=time.sleep)
    assert secret not in repr(sender)
    with pytest.raises(Refused) as caught:
        sender.check()
    assert caught.value.of_token
    slack.next(Fault(error=secret), Fault(status=400, body=secret), LOST)
    for _ in range(3):
        with pytest.raises(DeliveryError) as caught_again:
            sender.post(message())
        assert secret not in "".join(traceback.format_exception(caught_again.value))
    assert secret not in caplog.text


@pytest.mark.parametrize("token", ["", " ", "xoxb-1\n-secret", "xoxb-1 secret"])
def test_a_token_that_cannot_be_one_is_a_matter_of_configuration(token: str) -> None:
    with pytest.raises(ConfigError, match="SLACK_BOT_TOKEN") as caught:
        SlackSender(token, "https://slack.com/api/")
    assert "secret" not in str(caught.value)


def test_an_address_that_is_none_is_not_quoted() -> None:
    with pytest.raises(ConfigError, match=r"^SLACK_WEBHOOK_URL: not an http"):
        WebhookSender("hooks.slack.com/services/T0/B0/secretsecret")
    with pytest.raises(ConfigError, match=r"^SLACK_API_URL: not an http"):
        SlackSender(TOKEN, "slack.com/api/")


def test_what_is_secret_is_cut_out() -> None:
    assert redacted("at xoxb-1-2-abc, xapp-1-A0 and xoxe.xoxp-1-x!") == "at …, … and …!"
    assert redacted("POST https://hooks.slack.com/services/T0/B0/x9 failed") == (
        "POST https://hooks.slack.com/services/… failed"
    )


def test_a_webhook_takes_messages_and_answers_nothing(slack: SlackServer, time: Time) -> None:
    sender = WebhookSender(slack.webhook)
    receipt = sender.post(message())
    assert (receipt.ts, receipt.channel) == (None, "C0123CART")
    assert slack.messages[0].outbox_id == "m1"
    with pytest.raises(CannotAsk):
        sender.find(message(), datetime.now(UTC))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=404, error="no_service"), Refused),
        (Fault(error="invalid_blocks"), Refused),
        (Fault(status=500), Lost),
        (LOST, Lost),
        (Fault(status=502, body="<html>"), Lost),
        (Fault(status=403, body="<html>"), Later),
    ],
)
def test_a_webhooks_troubles_have_the_same_names(
    slack: SlackServer, time: Time, caplog: pytest.LogCaptureFixture, fault: Fault, error: type[DeliveryError]
) -> None:
    caplog.set_level("DEBUG")
    slack.next(fault, method="webhook")
    with pytest.raises(error) as caught:
        WebhookSender(slack.webhook).post(message())
    assert "secretsecret" not in "".join(traceback.format_exception(caught.value)) + caplog.text


def test_a_webhook_tells_a_limit_too(slack: SlackServer) -> None:
    slack.next(LIMITED, method="webhook")
    with pytest.raises(Later) as caught:
        WebhookSender(slack.webhook).post(message())
    assert (caught.value.retry_after, caught.value.limited) == (7, True)


def test_the_stand_in_knows_slacks_limits() -> None:
    assert problem({}) == "no_text"
    divider = {"type": "divider"}
    assert problem({"text": "x", "blocks": [divider] * 50}) == ""
    assert problem({"text": "x", "blocks": [divider] * 51}) == "invalid_blocks"
    assert problem({"text": "x", "blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]})
    assert problem({"text": "x", "blocks": [{"type": "context", "elements": []}]}) == "invalid_blocks"
    assert problem({"text": "x", "blocks": [{**divider, "block_id": "a"}] * 2}) == "invalid_blocks"
    large = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2_900}}
    assert problem({"text": "x", "blocks": [large] * 4}) == "msg_blocks_too_long"


def test_the_stand_in_limits_a_channel_when_asked(sender: SlackSender, slack: SlackServer) -> None:
    slack.paced = True
    sender.post(message("m1"))
    with pytest.raises(Later):
        sender.post(message("m2"))
    sender.post(message("m3", channel="C0OTHER"))
    assert [accepted.outbox_id for accepted in slack.messages] == ["m1", "m3"]


def test_the_stand_in_reads_its_faults() -> None:
    read = list(faults("ok,lost,drop,500,500+,429:2,not_in_channel"))
    assert [(fault.accepts, fault.closes, fault.status, fault.error) for fault in read] == [
        (True, False, 200, ""),
        (True, True, 200, ""),
        (False, True, 200, ""),
        (False, False, 500, ""),
        (True, False, 500, ""),
        (False, False, 429, "ratelimited"),
        (False, False, 200, "not_in_channel"),
    ]


def test_the_stand_in_remembers_over_its_own_death(tmp_path: Path, time: Time) -> None:
    log = tmp_path / "accepted.jsonl"
    command = [sys.executable, "-m", "tests.slack_server", "--log", str(log), "--faults", "lost"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1])
    assert process.stdout is not None
    with process, process.stdout:
        url = process.stdout.readline().strip()
        with pytest.raises(Lost):
            SlackSender(TOKEN, url, sleep=time.sleep).post(message())
        process.kill()
    assert [json.loads(line)["text"] for line in log.read_text().splitlines()] == ["One &amp; all"]
    with SlackServer(log=log) as server:
        assert SlackSender(TOKEN, server.url).find(message(), datetime.now(UTC)) == server.messages[0].ts
