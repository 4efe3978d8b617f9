"""Other ways out than Slack, through Apprise: e-mail, Teams and the rest.

Apprise says only whether all went well. Where not, its own log tells a refusal from a connection that never stood; all
else may have arrived, and is `Lost`: there is nobody to ask, so it is never sent twice. Addresses hold passwords: they
come from the environment, and nothing of them, nor of Apprise's words, is logged or raised.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from regintel.config import OUTLET, OUTLET_CHANNEL
from regintel.exceptions import DeliveryError
from regintel.notify.delivery import CannotAsk, Later, Lost, Receipt, Refused
from regintel.notify.letter import letter
from regintel.records import OutboxMessage

if TYPE_CHECKING:
    from apprise import Apprise

UNSENT = re.compile(
    r"Connection refused|getaddrinfo|Name or service not known|Temporary failure in name resolution|NameResolutionError"
    r"|No route to host|Network is unreachable|Failed to establish a new connection|ConnectTimeout|CERTIFICATE_VERIFY"
)
"""What a system says when no connection stood: nothing was sent."""
STATUS = re.compile(r"\berror=(\d{3})\b")
"""Where Apprise writes the status of an answer."""
SMTP_REFUSAL = re.compile(r"\((5\d\d), b['\"]")
"""How Python shows the answer of a mail server that says no for good."""
SAID = "Socket Exception:"
"""Begins the line in which Apprise quotes the system."""


class AppriseSender:
    """Posts messages to outlets; they have no threads, and cannot be asked."""

    def __init__(self, outlets: Mapping[str, SecretStr]) -> None:
        """Build without connecting.

        :param outlets: addresses by the outlets' names.
        """
        self._outlets = outlets
        self._one_at_a_time = Lock()  # Apprise's log is read for what happened, and it is one for all

    def trouble(self, name: str) -> str:
        """Return why an outlet cannot be used, and what to do; empty where it can."""
        try:
            self._service(name)
        except Later as error:
            return str(error)
        return ""

    def post(self, message: OutboxMessage) -> Receipt:
        """Send one message. What a person has to set right first makes it wait.

        :raises Refused, Later, Lost:
        """
        name = message.channel.removeprefix(OUTLET_CHANNEL)
        service = self._service(name)
        html = _takes_html(service[0])
        written = letter(message.text, message.blocks, message.id)
        with self._one_at_a_time, _log() as lines:
            body, form = (written.html, "html") if html else (written.text, "text")
            arrived = bool(service.notify(body=body, title=written.title, body_format=form))
        if arrived:
            return Receipt(None, message.channel)
        raise _failure(lines, f"{OUTLET_CHANNEL}{name}")

    def queue(self, channel: str) -> str:
        """Return the queue of an outlet: its own."""
        return channel

    def find(self, message: OutboxMessage, attempted_at: datetime | None = None) -> str | None:
        """Raise: no outlet can be asked.

        :raises CannotAsk:
        """
        since = f" since {attempted_at:%H:%M}" if attempted_at else ""
        raise CannotAsk(f"{message.channel}: nobody can be asked for message {message.id}{since}")

    def _service(self, name: str) -> "Apprise":
        """Return the service behind an outlet.

        :raises Later: when it cannot be used as things stand.
        """
        who, variable = f"{OUTLET_CHANNEL}{name}", f"{OUTLET}{name.upper()}"
        address = self._outlets.get(name)
        if address is None:
            raise Later(f"{variable} is not set", who=who)
        try:
            from apprise import Apprise, AppriseAsset, OverflowMode, PersistentStoreMode
        except ModuleNotFoundError:
            raise Later("Apprise is not installed: pip install 'regintel[apprise]'", who=who) from None
        # Words from outside are no templates.
        asset = AppriseAsset(async_mode=False, storage_mode=PersistentStoreMode.MEMORY, allow_templates=False)
        service = Apprise(asset=asset)
        with self._one_at_a_time, _log():
            known = service.add(address.get_secret_value())
        if not known or len(service) != 1:
            raise Later(f"{variable} is not one address that Apprise knows", who=who)
        service[0].overflow_mode = OverflowMode.SPLIT  # nothing is cut
        return service


def _takes_html(service: Any) -> bool:
    formats = service.notify_format
    first = next(iter(formats), "") if isinstance(formats, tuple | list | set) else formats
    return str(getattr(first, "value", first)) == "html"


def _failure(lines: list[str], who: str) -> DeliveryError:
    """Return what went wrong; Apprise's words may hold addresses, so that only codes are told."""
    if any(line.startswith("Sent ") for line in lines):
        return Lost("a part of it arrived", who=who)
    said = " ".join(line for line in lines if line.startswith(SAID))
    status = next((int(found[1]) for line in lines if (found := STATUS.search(line))), 0)
    if status in {408, 429}:
        return Later(f"HTTP {status}", who=who)
    if 400 <= status < 500:
        return Refused(f"HTTP {status}", "the service", who=who)
    refusal = SMTP_REFUSAL.search(said)
    if refusal:
        return Refused(f"SMTP {refusal[1]}", "the mail server", who=who)
    if UNSENT.search(said):
        return Later("no connection", who=who)
    return Lost(f"HTTP {status}" if status else "no usable answer", answered=bool(status), who=who)


@contextmanager
def _log() -> Iterator[list[str]]:
    """Read along what Apprise logs, down to its quotes of the system, and let none of it go anywhere else."""
    logger = logging.getLogger("apprise")
    lines: list[str] = []
    reader = _Reader(lines)
    level, onward = logger.level, logger.propagate
    logger.addHandler(reader)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        yield lines
    finally:
        logger.removeHandler(reader)
        logger.setLevel(level)
        logger.propagate = onward


class _Reader(logging.Handler):
    """Keeps what is logged, as long as somebody reads along."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self._lines.append(record.getMessage())
