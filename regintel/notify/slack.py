"""Slack's Web API and incoming webhooks; the only module that knows slack_sdk.

Slack has no idempotency key: a message that is sent twice stands there twice. So nothing here sends again unless it
knows that the first try did not arrive: after a 429 (refused unseen), or after a 5xx once Slack was asked for the
message's outbox id, which rides in the message's metadata, and does not have it. Any other broken answer is `Lost`, to
be looked for by `find` before anybody tries again. The SDK's own retry handlers are off: its default one sends again
after a broken connection, and all of them sleep by a clock of their own.

Delivery errors, by what to do next:

DeliveryError
├── Refused     no, and no again: a person has to act
├── Later       nothing arrived: try again after `retry_after` seconds
├── Lost        it may have arrived: `find` it first
└── CannotAsk   Slack cannot be asked whether it arrived

The SDK's own log is off too: what it says, the exceptions say, and at DEBUG it writes the webhook's secret address.
"""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.client import HTTPException
from socket import gaierror
from ssl import SSLCertVerificationError
from typing import TypeVar
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse
from slack_sdk.webhook import WebhookClient

from regintel.exceptions import ConfigError, DeliveryError
from regintel.records import OutboxMessage

T = TypeVar("T")

TIMEOUT = 30
"""Seconds for one answer."""
PAUSES = (1.0, 4.0)
"""Seconds to wait after a 5xx before the second and third try."""
RATE_LIMITS = 5
"""How often one call waits for its turn."""
LONGEST_WAIT = 60.0
"""Seconds; who asks for more is tried again by a later run."""
MARGIN = timedelta(minutes=15)
"""How far Slack's clock and ours may differ when a message is looked for."""
PAGE, PAGES = 200, 25
"""How far back a message is looked for: 5,000 messages."""

EVENT = "regintel_message"
TOKEN_ERRORS = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope"}
)
RATE_LIMITED = frozenset({"ratelimited", "rate_limited"})
UNTAKEN = frozenset({"request_timeout", "team_added_to_org"})
"""Slack's codes for "not now": it took nothing."""
BROKEN = frozenset({"internal_error", "fatal_error", "service_unavailable", "rollup_error"})
"""Slack's codes for "something broke, and part of it may have been done"."""


class Refused(DeliveryError):  # noqa: N818  what happened, not that it did
    """Slack said no, and would say no again."""

    def __init__(self, code: str, where: str) -> None:
        super().__init__(f"slack: {code} ({where})")
        self.code = code
        """Slack's own word: `channel_not_found`, `invalid_blocks`, …"""

    @property
    def of_token(self) -> bool:
        """Whether the token is at fault, so that every message would be refused, and this one is not to blame."""
        return self.code in TOKEN_ERRORS


class Lost(DeliveryError):  # noqa: N818  what happened, not that it did
    """No usable answer came: the message may or may not have arrived."""

    def __init__(self, why: str, *, answered: bool = False) -> None:
        self.why = redacted(why)
        super().__init__(f"slack: it is not known whether the message arrived ({self.why})")
        self.answered = answered
        """Whether Slack did answer, with an error: then it is done with the message, and can be asked at once."""


class Later(DeliveryError):  # noqa: N818  what happened, not that it did
    """Slack took nothing; it may be tried again."""

    def __init__(self, why: str, retry_after: float = 60.0, *, limited: bool = False) -> None:
        super().__init__(f"slack: not now ({redacted(why)})")
        self.retry_after = retry_after
        """Seconds."""
        self.limited = limited
        """Whether Slack named those seconds."""


class CannotAsk(DeliveryError):  # noqa: N818  what happened, not that it did
    """Slack cannot be asked whether a message arrived."""


@dataclass(frozen=True)
class Receipt:
    """What Slack says of a message it took."""

    ts: str | None
    """Its timestamp, which names it in its channel; webhooks give none."""
    channel: str


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


class Pacer:
    """At most one message a second and channel, counted from one answer to the next message."""

    def __init__(self, monotonic: Callable[[], float], sleep: Callable[[float], None], interval: float = 1.0) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._interval = interval
        self._free: dict[str, float] = {}

    @contextmanager
    def turn(self, channel: str) -> Iterator[None]:
        """Wait until the channel may be written to."""
        wait = self._free.get(channel, 0.0) - self._monotonic()
        if channel in self._free and wait > 0:
            self._sleep(wait)
        try:
            yield
        finally:
            self._free[channel] = self._monotonic() + self._interval


class SlackSender:
    """Posts messages with a bot token, and finds those whose answer was lost."""

    def __init__(
        self,
        token: str,
        base_url: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        """Build without connecting.

        :param base_url: `https://slack.com/api/`, or SLACK_API_URL; a missing last slash is added.
        :param now: the wall clock, whatever the run's own clock says; Slack keeps real time.
        :raises ConfigError: when the token or the address cannot be one.
        """
        if not re.fullmatch(r"[!-~]+", token.strip()):
            raise ConfigError("SLACK_BOT_TOKEN: empty, or with spaces or line breaks in it")
        self._sleep = sleep
        self._now = now or _wall_clock
        self._pacer = Pacer(monotonic, sleep)
        self._client = WebClient(
            token, _address("SLACK_API_URL", base_url), timeout=TIMEOUT, logger=_silence(), retry_handlers=[]
        )

    def post(self, message: OutboxMessage) -> Receipt:
        """Send one message, waiting for the channel's turn.

        :raises Refused, Later, Lost:
        """
        began = self._now()
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
                if _outbox_id(found) == message.id:
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
        scopes = _header(answer.headers, "x-oauth-scopes")
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
            return _when_let(lambda: self._posted(message), self._sleep)

    def _posted(self, message: OutboxMessage) -> Receipt:
        def send() -> SlackResponse:
            return self._client.chat_postMessage(
                channel=message.channel,
                text=message.text,
                blocks=list(message.blocks) or None,
                thread_ts=message.thread_ts,
                metadata=_metadata(message),
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
                return _when_let(lambda: _answer(call, where), self._sleep)
            except Lost:
                self._sleep(pause)
        try:
            return _when_let(lambda: _answer(call, where), self._sleep)
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


class WebhookSender:
    """Posts to an incoming webhook: one channel, no threads, and no way to look for a message."""

    def __init__(
        self,
        url: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pacer = Pacer(monotonic, sleep)
        self._sleep = sleep
        address = _address("SLACK_WEBHOOK_URL", url)
        self._client = WebhookClient(address, timeout=TIMEOUT, logger=_silence(), retry_handlers=[])

    def post(self, message: OutboxMessage) -> Receipt:
        """Send one message to the webhook's channel, whichever channel it is meant for.

        :raises Refused, Later, Lost:
        """
        with self._pacer.turn("webhook"):
            return _when_let(lambda: self._posted(message), self._sleep)

    def find(self, message: OutboxMessage, attempted_at: datetime | None = None) -> str | None:
        """Raise: a webhook cannot be asked.

        :raises CannotAsk:
        """
        since = f" since {attempted_at:%H:%M}" if attempted_at else ""
        raise CannotAsk(f"slack: a webhook cannot be asked for message {message.id}{since}")

    def _posted(self, message: OutboxMessage) -> Receipt:
        try:
            answer = self._client.send(
                text=message.text,
                blocks=list(message.blocks) or None,
                metadata=_metadata(message),
                unfurl_links=False,
                unfurl_media=False,
            )
        except (OSError, HTTPException, ValueError) as error:
            raise _broken(error) from None
        if answer.status_code == HTTPStatus.OK:
            return Receipt(None, message.channel)
        raise _failure(answer.status_code, answer.body.strip(), answer.headers, "webhook")


def redacted(text: str) -> str:
    """Return text without Slack tokens and without the secret part of a webhook's address."""
    return re.sub(r"x(?:ox\w|app)[-.][\w.-]+|(?<=/services/)[\w/-]+", "…", text)


def _when_let(call: Callable[[], T], sleep: Callable[[float], None]) -> T:
    """Call, and again each time Slack has said how long to wait."""
    for _ in range(RATE_LIMITS):
        try:
            return call()
        except Later as later:
            if not later.limited or later.retry_after > LONGEST_WAIT:
                raise
            sleep(later.retry_after)
    return call()


def _answer(call: Callable[[], SlackResponse], where: str) -> SlackResponse:
    """Call once.

    Errors are raised without their cause: it may quote the request's headers.
    """
    try:
        return call()
    except SlackApiError as error:
        answer = error.response
        raise _failure(answer.status_code, str(answer.get("error") or ""), answer.headers, where) from None
    except (OSError, HTTPException, ValueError) as error:
        raise _broken(error) from None


def _failure(status: int, code: str, headers: Mapping[str, object], where: str) -> DeliveryError:
    """Return what an answer other than yes means."""
    if status == HTTPStatus.TOO_MANY_REQUESTS or code in RATE_LIMITED:
        return Later(code or "rate limited", _retry_after(headers), limited=True)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or code in BROKEN:
        return Lost(f"HTTP {status} {code}", answered=True)
    if not re.fullmatch(r"[a-z_]+", code):
        # Not Slack's own words: a proxy's page. With an error status nothing came through it.
        why = f"HTTP {status}, not an answer of Slack's"
        return Lost(why) if status == HTTPStatus.OK else Later(why)
    return Later(code) if code in UNTAKEN else Refused(code, where)


def _broken(error: Exception) -> DeliveryError:
    """Return what a broken connection means: only before a connection stands, nothing was sent."""
    reason = error.reason if isinstance(error, URLError) else error
    # Only the system's own errors are quoted: those of http.client repeat what was sent.
    why = f"{type(reason).__name__}: {reason}" if isinstance(reason, OSError) else type(reason).__name__
    unsent = isinstance(error, URLError) and isinstance(
        reason, ConnectionRefusedError | gaierror | SSLCertVerificationError
    )
    return Later(why) if unsent else Lost(why)


def _retry_after(headers: Mapping[str, object]) -> float:
    """Return Slack's Retry-After in seconds, thirty where it is missing or no number."""
    told = _header(headers, "retry-after")
    return float(told) if told.isdigit() else 30.0


def _header(headers: Mapping[str, object], name: str) -> str:
    return next((str(value) for key, value in headers.items() if key.lower() == name), "")


def _address(variable: str, url: str) -> str:
    if not re.fullmatch(r"https?://[!-~]+", url):
        raise ConfigError(f"{variable}: not an http(s) address")
    return url


def _metadata(message: OutboxMessage) -> dict[str, object]:
    return {"event_type": EVENT, "event_payload": {"outbox_id": message.id}}


def _outbox_id(found: Mapping[str, Mapping[str, Mapping[str, object]]]) -> object:
    return ((found.get("metadata") or {}).get("event_payload") or {}).get("outbox_id")


def _silence() -> logging.Logger:
    """Return a logger for the SDK that says nothing."""
    logger = logging.getLogger("regintel.slack_sdk")
    logger.setLevel(logging.CRITICAL + 1)
    return logger


def _wall_clock() -> datetime:
    return datetime.now(UTC)
