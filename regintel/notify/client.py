"""Slack's SDK, set up to do nothing of its own, and the mark by which a message is found again.

The SDK's own retry handlers are off: its default one sends again after a broken connection, and all of them sleep by a
clock of their own. Its log is off too: what it says, the exceptions say, and at DEBUG it writes the webhook's secret
address.
"""

import logging
import re
import ssl
from collections.abc import Mapping

from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from regintel.exceptions import ConfigError
from regintel.records import OutboxMessage

TIMEOUT = 30
"""Seconds for one answer."""
EVENT = "regintel_message"


def web_client(token: str, base_url: str, variable: str = "SLACK_BOT_TOKEN") -> WebClient:
    """Return a client of the Web API.

    :param variable: where the token was given.
    :raises ConfigError: when the token or the address cannot be one.
    """
    if not re.fullmatch(r"[!-~]+", token.strip()):
        raise ConfigError(f"{variable}: empty, or with spaces or line breaks in it")
    address = _address("SLACK_API_URL", base_url)
    trusted = ssl.create_default_context()  # once: to read all certificates for each call costs it its pace
    return WebClient(token, address, timeout=TIMEOUT, ssl=trusted, logger=silence(), retry_handlers=[])


def webhook_client(url: str) -> WebhookClient:
    """Return a client of an incoming webhook.

    :raises ConfigError: when the address cannot be one.
    """
    address = _address("SLACK_WEBHOOK_URL", url)
    return WebhookClient(address, timeout=TIMEOUT, logger=silence(), retry_handlers=[])


def metadata(message: OutboxMessage) -> dict[str, object]:
    """Return what rides in a message unseen: its outbox id."""
    return {"event_type": EVENT, "event_payload": {"outbox_id": message.id}}


def outbox_id(found: Mapping[str, Mapping[str, Mapping[str, object]]]) -> object:
    """Return the outbox id of a message that Slack has; none of a message that is not ours."""
    return ((found.get("metadata") or {}).get("event_payload") or {}).get("outbox_id")


def _address(variable: str, url: str) -> str:
    if not re.fullmatch(r"https?://[!-~]+", url):
        raise ConfigError(f"{variable}: not an http(s) address")
    return url


def silence() -> logging.Logger:
    """Return a logger for the SDK that says nothing."""
    logger = logging.getLogger("regintel.slack_sdk")
    logger.setLevel(logging.CRITICAL + 1)
    return logger
