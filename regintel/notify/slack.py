"""Slack's Web API, as a bot token may use it.

Slack has no idempotency key: a message that is sent twice stands there twice. So nothing here sends again unless it
knows that the first try did not arrive: after a 429 (refused unseen), or after a 5xx once Slack was asked for the
message's outbox id, which rides in the message's metadata, and does not have it. Any other broken answer is `Lost`, to
be looked for by `find` before anybody tries again.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPException

from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from regintel.notify.client import metadata, outbox_id, web_client
from regintel.notify.delivery import CannotAsk, Later, Lost, Receipt, Refused, broken, failure, header
from regintel.notify.pacing import Pacer, when_let
from regintel.records import OutboxMessage

PAUSES = (1.0, 4.0)
"""Seconds to wait after a 5xx before the second and third try."""
MARGIN = timedelta(minutes=15)
"""How far Slack's clock and ours may differ when a message is looked for."""
PAGE, PAGES = 200, 25
"""How far back a message is looked for: 5,000 messages."""


@dataclass(frozen=True)
class Identity:
    """Whom the token belongs to."""

    team: str
    user: str
    url: str
    scopes: tuple[str, ...]
    """What the token may do; `channels:history` or `groups:history` is needed to look for messages."""


@dataclass(frozen=True)
class Channel:
    """A channel as the bot sees it."""

    id: str
    name: str
    is_member: bool
    is_archived: bool
    is_private: bool


class SlackSender:
    """Posts messages with a bot token, and finds those whose answer was lost."""

    def __init__(
        self,
        token: str,
        base_url: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Build without connecting.

        :param base_url: `https://slack.com/api/`, or SLACK_API_URL; a missing last slash is added.
        :raises ConfigError: when the token or the address cannot be one.
        """
        self._sleep = sleep
        self._pacer = Pacer(monotonic, sleep)
        self._client = web_client(token, base_url)

    def post(self, message: OutboxMessage) -> Receipt:
        """Send one message, waiting for the channel's turn.

        :raises Refused, Later, Lost:
        """
        began = datetime.now(UTC)  # whatever the run's own clock says: Slack keeps real time
        for pause in PAUSES:
            try:
                return self._in_turn(message)
            except Lost as lost:
                if not lost.answered:
                    raise
                self._sleep(pause)
                ts = self._found_after(lost, message, began)
            if ts is not None:
                return Receipt(ts, message.channel)
        return self._in_turn(message)

    def find(self, message: OutboxMessage, attempted_at: datetime | None = None) -> str | None:
        """Return the timestamp of the message if Slack has it, by its outbox id.

        :param attempted_at: when it was first tried, by the wall clock; without it the last 5,000 are searched.
        :raises CannotAsk: when Slack does not let us look, or not far enough back.
        :raises Later: when it cannot be asked now.
        """
        oldest = f"{(attempted_at - MARGIN).timestamp():.6f}" if attempted_at else None
        cursor: str | None = None
        for _ in range(PAGES):
            page = self._page(message, oldest, cursor)
            for found in page.get("messages") or []:
                if outbox_id(found) == message.id:
                    return str(found["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None
        raise CannotAsk(f"slack: too many messages to look through ({message.channel})")

    def check(self) -> Identity:
        """Return whom the token belongs to.

        :raises Refused, Later:
        """
        answer = self._asked(self._client.auth_test, "auth.test")
        words = {name: str(answer.get(name) or "") for name in ("team", "user", "url")}
        scopes = header(answer.headers, "x-oauth-scopes")
        return Identity(**words, scopes=tuple(scope.strip() for scope in scopes.split(",") if scope.strip()))

    def channel(self, channel: str) -> Channel:
        """Return the channel of that id.

        :raises Refused, Later:
        """
        answer = self._asked(lambda: self._client.conversations_info(channel=channel), channel)
        told = answer.get("channel") or {}
        flags = {name: bool(told.get(name)) for name in ("is_member", "is_archived", "is_private")}
        return Channel(id=str(told.get("id") or channel), name=str(told.get("name") or ""), **flags)

    def _in_turn(self, message: OutboxMessage) -> Receipt:
        with self._pacer.turn(message.channel):
            return when_let(lambda: self._posted(message), self._sleep)

    def _posted(self, message: OutboxMessage) -> Receipt:
        def send() -> SlackResponse:
            return self._client.chat_postMessage(
                channel=message.channel,
                text=message.text,
                blocks=list(message.blocks) or None,
                thread_ts=message.thread_ts,
                metadata=metadata(message),
                unfurl_links=False,
                unfurl_media=False,
            )

        answer = _answer(send, message.channel)
        if not answer.get("ts"):
            raise Lost("an answer without a timestamp")
        return Receipt(str(answer.get("ts")), str(answer.get("channel") or message.channel))

    def _asked(self, call: Callable[[], SlackResponse], where: str) -> SlackResponse:
        """Call something that changes nothing, and may be called again."""
        for pause in PAUSES:
            try:
                return when_let(lambda: _answer(call, where), self._sleep)
            except Lost:
                self._sleep(pause)
        try:
            return when_let(lambda: _answer(call, where), self._sleep)
        except Lost as lost:
            raise Later(lost.why) from None

    def _found_after(self, lost: Lost, message: OutboxMessage, began: datetime) -> str | None:
        try:
            return self.find(message, began)
        except (CannotAsk, Later):
            raise lost from None

    def _page(self, message: OutboxMessage, oldest: str | None, cursor: str | None) -> SlackResponse:
        def ask() -> SlackResponse:
            if message.thread_ts:
                return self._client.conversations_replies(
                    channel=message.channel,
                    ts=message.thread_ts,
                    oldest=oldest,
                    cursor=cursor,
                    limit=PAGE,
                    include_all_metadata=True,
                )
            return self._client.conversations_history(
                channel=message.channel, oldest=oldest, cursor=cursor, limit=PAGE, include_all_metadata=True
            )

        try:
            return self._asked(ask, message.channel)
        except Refused as refused:
            raise CannotAsk(f"slack: cannot look for the message: {refused.code} ({message.channel})") from None


def check_app(token: str, base_url: str) -> None:
    """Ask Slack for a connection in Socket Mode, as `regintel slack` does; none is opened.

    :raises ConfigError: when the token cannot be one.
    :raises Refused, Later, Lost:
    """
    client = web_client(token, base_url, "SLACK_APP_TOKEN")
    _answer(lambda: client.apps_connections_open(app_token=token), "SLACK_APP_TOKEN")


def _answer(call: Callable[[], SlackResponse], where: str) -> SlackResponse:
    """Call once.

    Errors are raised without their cause: it may quote the request's headers.
    """
    try:
        return call()
    except SlackApiError as error:
        answer = error.response
        raise failure(answer.status_code, str(answer.get("error") or ""), answer.headers, where) from None
    except (OSError, HTTPException, ValueError) as error:
        raise broken(error) from None
