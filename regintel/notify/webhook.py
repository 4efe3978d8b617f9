"""Slack's incoming webhooks: the way in where there is no bot token."""

from datetime import datetime
from http import HTTPStatus
from http.client import HTTPException

from regintel.notify.client import metadata, webhook_client
from regintel.notify.delivery import CannotAsk, Receipt, broken, failure
from regintel.records import OutboxMessage


class WebhookSender:
    """Posts to an incoming webhook: one channel, no threads, and no way to look for a message."""

    def __init__(self, url: str) -> None:
        self._client = webhook_client(url)

    def queue(self, channel: str) -> str:
        """Return the one queue: whichever channel a message is meant for, it goes to the webhook's."""
        return "webhook"

    def post(self, message: OutboxMessage) -> Receipt:
        """Send one message to the webhook's channel, once.

        :raises Refused, Later, Lost:
        """
        try:
            answer = self._client.send(
                text=message.text,
                blocks=list(message.blocks) or None,
                metadata=metadata(message),
                unfurl_links=False,
                unfurl_media=False,
            )
        except (OSError, HTTPException, ValueError) as error:
            raise broken(error) from None
        if answer.status_code == HTTPStatus.OK:
            return Receipt(None, message.channel)
        raise failure(answer.status_code, answer.body.strip(), answer.headers, "webhook")

    def find(self, message: OutboxMessage, attempted_at: datetime | None = None) -> str | None:
        """Raise: a webhook cannot be asked.

        :raises CannotAsk:
        """
        since = f" since {attempted_at:%H:%M}" if attempted_at else ""
        raise CannotAsk(f"slack: a webhook cannot be asked for message {message.id}{since}")
