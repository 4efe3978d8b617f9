"""Who posts messages: what the credentials allow, to Slack and by the other ways out."""

from datetime import datetime
from typing import Protocol

from regintel.config import OUTLET_CHANNEL, Config, Secrets
from regintel.notify.apprise import AppriseSender
from regintel.notify.delivery import Receipt
from regintel.notify.slack import SlackSender
from regintel.notify.webhook import WebhookSender
from regintel.records import OutboxMessage


class Sender(Protocol):
    """What can post a message, and look for one whose answer was lost. It is called from several threads."""

    def post(self, message: OutboxMessage) -> Receipt:
        """Send it."""

    def find(self, message: OutboxMessage, attempted_at: datetime | None = None) -> str | None:
        """Return its timestamp, if Slack has it."""

    def queue(self, channel: str) -> str:
        """Return the name of the queue in which a channel's messages wait, one behind the other."""


def sender_of(secrets: Secrets) -> Sender | None:
    """Return what the credentials allow, or none without any."""
    if secrets.bot_token:
        return SlackSender(secrets.bot_token.get_secret_value(), secrets.api_url)
    if secrets.webhook_url:
        return WebhookSender(secrets.webhook_url.get_secret_value())
    return None


def outlets_of(secrets: Secrets) -> Sender | None:
    """Return what serves the outlets that have an address, or none without any."""
    return AppriseSender(secrets.outlets) if secrets.outlets else None


def ways(config: Config, slack: Sender | None) -> dict[str, Sender]:
    """Return who takes an alarm to each channel, as far as there are credentials."""
    others = outlets_of(config.secrets)
    channels = config.settings.notify.alarm_channels
    found = {each: others if each.startswith(OUTLET_CHANNEL) else slack for each in channels}
    return {channel: sender for channel, sender in found.items() if sender is not None}
