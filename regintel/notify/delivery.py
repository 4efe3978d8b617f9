"""How a delivery ended, to Slack or by another way out, and which ending an answer of Slack's means.

Delivery errors, by what to do next:

DeliveryError
├── Refused     no, and no again: a person has to act
├── Later       nothing arrived: try again after `retry_after` seconds
├── Lost        it may have arrived: `find` it first
└── CannotAsk   Slack cannot be asked whether it arrived
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from socket import gaierror
from ssl import SSLCertVerificationError
from urllib.error import URLError

from regintel.exceptions import DeliveryError

TOKEN_ERRORS = frozenset({
    "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope",
    "not_allowed_token_type", "access_denied", "org_login_required", "team_access_not_granted",
    "invalid_token", "no_service", "no_team", "no_active_hooks", "team_disabled",
})  # fmt: skip
"""Slack's codes for a token or webhook that is no good: the message is not to blame."""
THREADLESS = frozenset({"thread_not_found", "invalid_thread_ts", "message_not_found", "cannot_reply_to_message"})
"""Slack's codes for a thread that is not to be had: its root was deleted, or takes no replies."""
RATE_LIMITED = frozenset({"ratelimited", "rate_limited"})
UNTAKEN = frozenset({"request_timeout", "team_added_to_org"})
"""Slack's codes for "not now": it took nothing."""
BROKEN = frozenset({"internal_error", "fatal_error", "service_unavailable", "rollup_error"})
"""Slack's codes for "something broke, and part of it may have been done"."""


class Refused(DeliveryError):  # noqa: N818  what happened, not that it did
    """Slack said no, and would say no again."""

    def __init__(self, code: str, where: str, *, who: str = "slack") -> None:
        super().__init__(f"{who}: {code} ({where})")
        self.code = code
        """Slack's own word: `channel_not_found`, `invalid_blocks`, …"""

    @property
    def of_token(self) -> bool:
        """Whether the token is at fault, so that every message would be refused, and this one is not to blame."""
        return self.code in TOKEN_ERRORS

    @property
    def of_thread(self) -> bool:
        """Whether only the thread is at fault."""
        return self.code in THREADLESS


class Lost(DeliveryError):  # noqa: N818  what happened, not that it did
    """No usable answer came: the message may or may not have arrived."""

    def __init__(self, why: str, *, answered: bool = False, who: str = "slack") -> None:
        self.why = redacted(why)
        super().__init__(f"{who}: it is not known whether the message arrived ({self.why})")
        self.answered = answered
        """Whether an answer came, with an error."""


class Later(DeliveryError):  # noqa: N818  what happened, not that it did
    """Slack took nothing; it may be tried again."""

    def __init__(self, why: str, retry_after: float = 60.0, *, limited: bool = False, who: str = "slack") -> None:
        super().__init__(f"{who}: not now ({redacted(why)})")
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


SECRETS = re.compile(
    r"x(?:ox\w|app)[-.][\w.-]+|(?<=/services/)[\w/-]+|(?<=hooks\.slack\.com/)(?!services/)[\w/-]+|(?<=ticket=)[\w.%-]+"
)


def redacted(text: str) -> str:
    """Return text without Slack tokens and without the secret part of addresses: of a webhook, answer or connection."""
    return SECRETS.sub("…", text)


def failure(status: int, code: str, headers: Mapping[str, object], where: str) -> DeliveryError:
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


def broken(error: Exception) -> DeliveryError:
    """Return what a broken connection means: only before a connection stands, nothing was sent."""
    reason = error.reason if isinstance(error, URLError) else error
    # Only the system's own errors are quoted: those of http.client repeat what was sent.
    why = f"{type(reason).__name__}: {reason}" if isinstance(reason, OSError) else type(reason).__name__
    unsent = isinstance(error, URLError) and isinstance(
        reason, ConnectionRefusedError | gaierror | SSLCertVerificationError
    )
    return Later(why) if unsent else Lost(why)


def header(headers: Mapping[str, object], name: str) -> str:
    """Return a header of an answer, its name in small letters; empty where it has none."""
    return next((str(value) for key, value in headers.items() if key.lower() == name), "")


def _retry_after(headers: Mapping[str, object]) -> float:
    """Return Slack's Retry-After in seconds, thirty where it is missing or no number."""
    told = header(headers, "retry-after")
    return float(told) if told.isdecimal() else 30.0
