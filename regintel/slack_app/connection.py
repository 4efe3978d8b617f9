"""The app's line to Slack in Socket Mode: we call them, nobody calls us, no port is open.

The SDK keeps the line: it answers pings, and takes a new line when Slack closes the old one or the network was away.
What it cannot mend is a token that is no good any more; then we end, and say so.
"""

import logging
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException
from threading import Event
from typing import Any

from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.error import BoltError
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from regintel.config import Config
from regintel.exceptions import ConfigError, DeliveryError, LockedError, StoreError
from regintel.house import House
from regintel.logs import OneLineFormatter
from regintel.notify.client import silence, web_client
from regintel.notify.delivery import Later, Refused, broken, failure, redacted
from regintel.notify.slack import Identity, SlackSender
from regintel.slack_app.app import make_app
from regintel.slack_app.desk import Desk
from regintel.store.database import open_index, read_index
from regintel.store.lock import writing

WORKERS = 32
"""People who are answered at the same time. Many, since each who waits for a run's transaction to end holds one, and
Slack hears that something arrived only when one is free."""


class Listener:
    """Connects, listens until it is told to stop, and finishes what it was asked."""

    def __init__(self, house: House) -> None:
        """Check what can be checked without listening.

        :raises ConfigError: when a token is missing or cannot be one.
        :raises DeliveryError: when Slack does not take a token, or cannot be reached.
        :raises StoreError: when the index cannot be used.
        """
        bot, app, base = _tokens(house)
        self._stop = Event()
        self._refused: Refused | None = None
        sender = SlackSender(bot, base)
        self.identity: Identity = sender.check()
        _ = house.projects, house.glossary  # a mistake in config is told now, not to the first person who asks
        bring_up_to_date(house.config)
        desk = Desk(house, sender)
        desk.found("potency assay")  # model and index are warm when the first person asks
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="slack")
        self._log = quiet_log()
        try:
            made = make_app(desk, web_client(bot, base), self._log, self._workers)
        except BoltError as error:
            raise Later(str(error)) from None
        self._line = SocketModeHandler(made, app, logger=self._log, web_client=Calls(app, base, self._end))

    def connect(self) -> None:
        """Take the line.

        :raises DeliveryError: when Slack does not give one.
        """
        problem: DeliveryError | None = None
        self._log.disabled = True  # what goes wrong now is raised
        try:
            self._line.client.connect()
        except SlackApiError as error:
            told = error.response
            problem = failure(told.status_code, str(told.get("error") or ""), told.headers, "SLACK_APP_TOKEN")
        except (OSError, HTTPException) as error:
            problem = broken(error)
        if problem is None and not self._line.client.is_connected():
            problem = Later("the address that it gave for Socket Mode does not answer")
        if problem:
            self._close()
            raise problem
        self._log.disabled = False

    def listen(self) -> None:
        """Listen until `stop` is called.

        :raises Refused: when Slack stops taking the app's token.
        """
        try:
            self._stop.wait()
        finally:
            self._close()
        if self._refused:
            raise self._refused

    def stop(self, *_: object) -> None:
        """End, also as a signal's handler: what was asked is answered first."""
        self._stop.set()

    def stop_at_signals(self) -> None:
        """Let SIGTERM and an interrupt end it in peace."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)

    def _close(self) -> None:
        self._line.client.close()
        self._workers.shutdown()

    def _end(self, refused: Refused) -> None:
        self._refused = refused
        self._stop.set()


class Calls(WebClient):
    """The client that asks for a line; tells when Slack will never give one again."""

    def __init__(self, token: str, base_url: str, end: Callable[[Refused], None]) -> None:
        like = web_client(token, base_url, "SLACK_APP_TOKEN")
        super().__init__(token, like.base_url, timeout=like.timeout, logger=silence(), retry_handlers=[])
        self._end = end

    def apps_connections_open(self, *, app_token: str, **told: Any) -> SlackResponse:
        """Ask for the address of a line."""
        try:
            return super().apps_connections_open(app_token=app_token, **told)
        except SlackApiError as error:
            refused = Refused(str(error.response.get("error") or ""), "SLACK_APP_TOKEN")
            if refused.of_token:
                self._end(refused)
            raise


class RedactedFormatter(OneLineFormatter):
    """Formats a record on one line, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return redacted(super().format(record))


def quiet_log() -> logging.Logger:
    """Return the libraries' log: errors to stderr without secrets; with `--verbose` also how the line stands.

    Never DEBUG: there they write whole requests.
    """
    logger = logging.getLogger("regintel.slack_app.line")
    logger.propagate = False
    handler = logging.StreamHandler()
    handler.setFormatter(RedactedFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger.handlers = [handler]
    verbose = logging.getLogger("regintel").isEnabledFor(logging.DEBUG)
    logger.setLevel(logging.INFO if verbose else logging.ERROR)
    return logger


def bring_up_to_date(config: Config) -> None:
    """Make the index, or bring it up to date, so that what people say can be kept.

    The lock is taken only where there is something to do: a run that starts now is not turned away.

    :raises StoreError: when it cannot be used.
    """
    if config.index.exists():
        with suppress(StoreError), read_index(config.index):
            return
    try:
        with writing(config.lock), open_index(config.index):
            return
    except LockedError:  # by a run, which has done so
        with read_index(config.index):
            return


def _tokens(house: House) -> tuple[str, str, str]:
    bot, app = house.config.secrets.bot_token, house.config.secrets.app_token
    if bot is None or app is None:
        lacking = "SLACK_BOT_TOKEN" if bot is None else "SLACK_APP_TOKEN"
        raise ConfigError(f"{lacking} is not set; docs/slack.md tells where it comes from")
    return bot.get_secret_value(), app.get_secret_value(), house.config.secrets.api_url
