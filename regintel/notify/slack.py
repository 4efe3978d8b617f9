"""Slack's Web API, as a bot token may use it.

Slack has no idempotency key: a message that is sent twice stands there twice. So a message is posted by one call, and
never again from here. Whoever posts again has asked first: a message whose answer was `Lost` is looked for by `find`,
by its outbox id, which rides in its metadata. Reading does no harm, and is tried again here.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPException

from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from regintel.notify.client import metadata, outbox_id, web_client
from regintel.notify.delivery import CannotAsk, Later, Lost, Receipt, Refused, broken, failure, header
from regintel.notify.pacing import when_let
from regintel.records import OutboxMessage

PAUSES = (1.0, 4.0)
"""Seconds to wait before a question that broke is asked a second and third time."""
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

    def __init__(self, token: str, base_url: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        """Build without connecting.

        :param base_url: `https://slack.com/api/`, or SLACK_API_URL; a missing last slash is added.
        :raises ConfigError: when the token or the address cannot be one.
        """
        self._sleep = sleep
        self._client = web_client(token, base_url)

    def queue(self, channel: str) -> str:
        """Return the queue of a channel: Slack counts each by itself."""
        return channel

    def post(self, message: OutboxMessage) -> Receipt:
        """Send one message, once.

        :raises Refused, Later, Lost:
        """

        def send() -> SlackResponse:
            return self._client.chat_postMessage(
                channel=message.channel,
                text=message.text,
                blocks=list(message.blocks) or None,
                thread_ts=message.thread_ts,
                reply_broadcast=True if message.broadcast and message.thread_ts else None,
                metadata=metadata(message),
                unfurl_links=False,
                unfurl_media=False,
            )

        answer = _answer(send, message.channel)
        if not answer.get("ts"):
            raise Lost("an answer without a timestamp")
        return Receipt(str(answer.get("ts")), str(answer.get("channel") or message.channel))

    def find(self, message: OutboxMessage, attempted_at: datetime | None = None) -> str | None:
        """Return the timestamp of the message if Slack has it, by its outbox id.

        A reply stands in its thread; one that was broadcast, in the channel as well.

        :param attempted_at: when it was first tried, by the wall clock; without it the last 5,000 are searched.
        :raises CannotAsk: when Slack does not let us look, or not far enough back.
        :raises Later: when it cannot be asked now.
        """
        if message.thread_ts is None:
            return self._found(message, attempted_at, None)
        found = self._found(message, attempted_at, message.thread_ts)
        return found or (self._found(message, attempted_at, None) if message.broadcast else None)

    def _found(self, message: OutboxMessage, attempted_at: datetime | None, thread: str | None) -> str | None:
        oldest = f"{(attempted_at - MARGIN).timestamp():.6f}" if attempted_at else None
        cursor: str | None = None
        for _ in range(PAGES):
            page = self._page(message.channel, thread, oldest, cursor)
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

    def _page(self, channel: str, thread: str | None, oldest: str | None, cursor: str | None) -> SlackResponse:
        def ask() -> SlackResponse:
            if thread:
                return self._client.conversations_replies(
                    channel=channel, ts=thread, oldest=oldest, cursor=cursor, limit=PAGE, include_all_metadata=True
                )
            return self._client.conversations_history(
                channel=channel, oldest=oldest, cursor=cursor, limit=PAGE, include_all_metadata=True
            )

        try:
            return self._asked(ask, channel)
        except Refused as refused:
            raise CannotAsk(f"slack: cannot look for the message: {refused.code} ({channel})") from None


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
