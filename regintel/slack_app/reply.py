"""An answer to a person in Slack, and its way there: the address that came with what they did.

Slack takes at most five answers at such an address, for half an hour, and needs no scope for it.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException

from slack_sdk.webhook import WebhookClient

from regintel.notify.blocks import Block, section
from regintel.notify.client import silence
from regintel.notify.delivery import redacted
from regintel.notify.mrkdwn import cut

logger = logging.getLogger(__name__)

TIMEOUT = 10
"""Seconds; who waits longer for an answer has asked again."""
TEXT = 3_000


@dataclass(frozen=True)
class Reply:
    """What a person is answered; seen by nobody else unless it says so."""

    text: str
    """Escaped; what notifications show and screen readers read."""
    blocks: tuple[Block, ...] = ()
    in_channel: bool = False

    def as_json(self, thread: str | None = None) -> dict[str, object]:
        """Return what Slack takes at a response address.

        :param thread: timestamp of the thread that it belongs to.
        """
        told: dict[str, object] = {
            "text": self.text,
            "blocks": list(self.blocks),
            "response_type": "in_channel" if self.in_channel else "ephemeral",
            "replace_original": False,  # the message with the button stays as it is
            "unfurl_links": False,
            "unfurl_media": False,
        }
        return {**told, "thread_ts": thread} if thread else told


def said(text: str, *, in_channel: bool = False) -> Reply:
    """Return a reply of one paragraph, already escaped."""
    told = cut(text, TEXT)
    return Reply(told, (section(told),), in_channel)


def answer(body: Mapping[str, object], reply: Reply) -> bool:
    """Send a reply to whoever did what the body tells; return whether Slack took it."""
    url = str(body.get("response_url") or "")
    client = WebhookClient(url, timeout=TIMEOUT, logger=silence(), retry_handlers=[])
    try:
        done = client.send_dict(reply.as_json(_thread(body)))
    except (OSError, HTTPException, ValueError) as error:
        logger.warning("an answer was not taken by Slack: %s", redacted(f"{type(error).__name__}: {error}"))
        return False
    if done.status_code != HTTPStatus.OK:
        logger.warning("an answer was not taken by Slack: HTTP %s %s", done.status_code, redacted(done.body[:200]))
    return done.status_code == HTTPStatus.OK


def _thread(body: Mapping[str, object]) -> str | None:
    message = body.get("message")
    thread = message.get("thread_ts") if isinstance(message, Mapping) else None
    return thread if isinstance(thread, str) else None
