"""The app: which of a person's doings goes where. Slack hears at once that it arrived; the answer follows.

What a listener raises after that is told to the person and to the log (`_broken`): the app's named door.
"""

import logging
import re
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from regintel.notify.delivery import redacted
from regintel.notify.mrkdwn import escaped
from regintel.slack_app import form
from regintel.slack_app.command import LONGEST, Search, command_of
from regintel.slack_app.desk import UNKNOWN_PRESS, Asker, Desk
from regintel.slack_app.found import SHARE
from regintel.slack_app.reply import answer, said
from regintel.vocabulary import Opinion

logger = logging.getLogger(__name__)

Body = dict[str, Any]
FORMS = (Opinion.WRONG_TAG, Opinion.NOT_FOR_US)
WRITING = "Being written down …"


def make_app(desk: Desk, client: WebClient, log: logging.Logger, workers: Executor) -> App:
    """Return the app; it asks Slack once who it is.

    :raises BoltError: when Slack does not say so.
    """
    app = App(name="regintel", client=client, logger=log, listener_executor=workers)
    doors = Doors(desk)
    app.command(re.compile(r"/\S+"))(doors.command)  # whatever the workspace named it: two installations need two names
    app.action(SHARE)(doors.share)
    app.action(f"feedback_{Opinion.USEFUL}")(doors.useful)
    for opinion in FORMS:
        app.action(f"feedback_{opinion}")(doors.opens(opinion))
        app.view(f"feedback_{opinion}")(doors.takes(opinion))
    app.error(_broken)
    return app


class Doors:
    """What Bolt calls; each takes what its parameters name."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def command(self, ack: Ack, body: Body) -> None:
        """Answer `/reg`."""
        ack()
        asker = Asker(body["user_id"], body["channel_id"], str(body["command"]))
        answer(body, self._desk.answered(command_of(str(body.get("text") or "")), asker))

    def share(self, ack: Ack, body: Body) -> None:
        """Show to the channel what one person was answered."""
        ack()
        query = command_of(f"search {_value(body)[: 4 * LONGEST]}")
        if isinstance(query, Search):
            answer(body, self._desk.found(query.query, _asker(body).user))

    def useful(self, ack: Ack, body: Body) -> None:
        """Keep that a person finds a change useful."""
        ack()
        press = self._desk.press(_value(body))
        told = self._desk.keep(Opinion.USEFUL, press, _asker(body), _message(body)) if press else UNKNOWN_PRESS
        answer(body, said(told))

    def opens(self, opinion: Opinion) -> Callable[..., None]:
        """Return what opens the form that asks why."""

        def opened(ack: Ack, body: Body, client: WebClient) -> None:
            ack()
            press = self._desk.press(_value(body))
            if press is None:
                answer(body, said(UNKNOWN_PRESS))
                return
            about = form.About(_value(body), _asker(body).channel, _message(body))
            title, present = self._desk.title_and_labels(press)
            view = form.form(opinion, about, title, present, self._desk.schemes)
            try:
                client.views_open(trigger_id=body["trigger_id"], view=view)
            except (SlackApiError, OSError) as error:
                logger.warning("a form was not opened: %s", _why(error))
                answer(body, said(f"The form could not be opened ({escaped(_why(error), 100)}). Please press again."))

        return opened

    def takes(self, opinion: Opinion) -> Callable[..., None]:
        """Return what keeps a form that was sent."""

        def taken(ack: Ack, body: Body, view: Body, client: WebClient) -> None:
            given = form.filled(view)
            press = self._desk.press(given.about.value) if given else None
            if given is None or press is None:
                ack(response_action="update", view=form.told(UNKNOWN_PRESS))
                return
            wrong = form.mistakes(opinion, given, [each for kind in self._desk.schemes.values() for each in kind])
            if wrong:
                ack(response_action="errors", errors=wrong)
                return
            ack(response_action="update", view=form.told(WRITING))
            asker = Asker(body["user"]["id"], given.about.channel)
            words = self._desk.keep(opinion, press, asker, given.about.message, given)
            _tell(client, str(view["id"]), asker, words)

        return taken


def _tell(client: WebClient, view: str, asker: Asker, words: str) -> None:
    """Say what came of a form in its place, or in the channel where it was closed meanwhile."""
    try:
        client.views_update(view_id=view, view=form.told(words))
    except (SlackApiError, OSError):
        try:
            client.chat_postEphemeral(channel=asker.channel, user=asker.user, text=words)
        except (SlackApiError, OSError) as error:
            logger.warning("what came of a form could not be told: %s", _why(error))


def _broken(error: Exception, body: Body) -> None:
    """Log what went wrong, and tell the person that it did."""
    logger.error("a listener failed: %s: %s", type(error).__name__, redacted(str(error)), exc_info=error)
    why = escaped(redacted(f"{type(error).__name__}: {error}"), 200)
    if body.get("response_url"):
        answer(body, said(f"That did not work ({why}); it is in the log of regintel."))


def _why(error: Exception) -> str:
    if isinstance(error, SlackApiError):
        return str(error.response.get("error") or "no reason given")
    return redacted(f"{type(error).__name__}: {error}")


def _value(body: Body) -> str:
    actions = body.get("actions") or [{}]
    return str(actions[0].get("value") or "")


def _asker(body: Body) -> Asker:
    container: Mapping[str, Any] = body.get("container") or {}
    channel: Mapping[str, Any] = body.get("channel") or {}
    return Asker(body["user"]["id"], str(channel.get("id") or container.get("channel_id") or ""))


def _message(body: Body) -> str:
    container: Mapping[str, Any] = body.get("container") or {}
    return str((body.get("message") or {}).get("ts") or container.get("message_ts") or "")
