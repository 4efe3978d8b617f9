"""What a person in Slack is answered: each asking has its own, and nothing here knows how it came or goes."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from regintel.clock import iso
from regintel.exceptions import DeliveryError, StoreError
from regintel.house import House
from regintel.notify.gist import gist
from regintel.notify.mrkdwn import escaped
from regintel.notify.projects import Profile
from regintel.notify.slack import SlackSender
from regintel.records import SearchFilters
from regintel.slack_app.command import LONGEST_MUTE, Asked, Command, Help, Search, Status
from regintel.slack_app.form import Filled
from regintel.slack_app.found import SHOWN, Scope, found_reply
from regintel.slack_app.press import Press, press_of
from regintel.slack_app.reply import Reply, said
from regintel.slack_app.status import (
    channel_status,
    elsewhere,
    meanwhile,
    moment_words,
    muted_words,
    sources_of,
    status_reply,
    unread,
)
from regintel.store.database import append_index, read_index
from regintel.store.documents import count_documents, documents
from regintel.store.feedback import Feedback, add_feedback
from regintel.store.labels import labels_of
from regintel.store.subscriptions import Subscription, add_wish, subscription
from regintel.vocabulary import Opinion, Wish

UNKNOWN_PRESS = "This button names nothing that regintel told this project. Nothing was kept."
VERBS = {Wish.SUBSCRIBED: "subscribe", Wish.UNSUBSCRIBED: "unsubscribe", Wish.MUTED: "mute", Wish.UNMUTED: "unmute"}


@dataclass(frozen=True)
class Asker:
    """Who asks, and where."""

    user: str
    channel: str
    command: str = "/reg"
    """As it is spelled in this workspace."""


class Desk:
    """Answers people."""

    def __init__(self, house: House, sender: SlackSender, *, patience: float = 25.0) -> None:
        """Build without reading anything.

        :param sender: asked whether the bot may write to a channel that wants to subscribe.
        :param patience: seconds that a word of a person waits for a run's transaction to end.
        """
        self._house = house
        self._sender = sender
        self._patience = patience

    def answered(self, command: Command, asker: Asker) -> Reply:
        """Return the answer to a command.

        :raises StoreError: when the index cannot be read.
        """
        if isinstance(command, Search):
            return self.found(command.query, asker.user if command.here else "")
        if isinstance(command, Status):
            return self._status(asker)
        return self._help(asker, command.why) if isinstance(command, Help) else self._asked(command, asker)

    def found(self, query: str, shown_by: str = "") -> Reply:
        """Return what the index has for a query.

        :param shown_by: who shows it to the channel; empty when only the asker sees it.
        :raises StoreError: when it cannot be read.
        """
        with read_index(self._house.config.index) as index:
            told = self._house.searcher.search(index, query, SearchFilters(), count=SHOWN)
            scope = Scope(
                documents=count_documents(index),
                gaps=unread(sources_of(self._house, index), self._house.clock),
                gists={
                    hit.document.id: gist(hit.document.current.title, hit.document.language, self._house.glossary)
                    for hit in told.hits
                },
            )
        return found_reply(told, scope, shown_by)

    def press(self, value: str) -> Press | None:
        """Return what a button's value names; none where that is nothing we told.

        :raises StoreError: when the index cannot be read.
        """
        with read_index(self._house.config.index) as index:
            return press_of(index, value)

    def title_and_labels(self, press: Press) -> tuple[str, list[str]]:
        """Return the title of a document, and the ids of the labels that it has.

        :raises StoreError: when the index cannot be read.
        """
        with read_index(self._house.config.index) as index:
            title = next((each.current.title for each in documents(index, [press.document])), "")
            labels = labels_of(index, [press.document]).get(press.document)
        return title, [each.id for each in (*labels.modalities, *labels.topics)] if labels else []

    @property
    def schemes(self) -> Mapping[str, Mapping[str, str]]:
        """What labels there are, by kind and id."""
        taxonomy = self._house.taxonomy
        return {
            "Modalities": {each.id: each.label for each in taxonomy.modality},
            "CMC topics": {each.id: each.label for each in taxonomy.topic},
        }

    def keep(self, opinion: Opinion, press: Press, asker: Asker, message: str, given: Filled | None = None) -> str:
        """Write down what a person said of a change; return what to tell them, escaped: thanks only for what is kept.

        :param message: Slack's timestamp of the message with the button.
        """
        words = Feedback(
            at=iso(self._house.clock.now()),
            channel=asker.channel,
            user=asker.user,
            project=press.project,
            change=press.change,
            document=press.document,
            said=opinion,
            message=message,
            wrong=given.wrong if given else (),
            missing=given.missing if given else (),
            reason=given.reason if given else "",
        )
        try:
            with append_index(self._house.config.index, self._patience) as index, index.transaction():
                add_feedback(index, words)
        except (sqlite3.Error, StoreError) as error:
            return _lost(error)
        told = {
            Opinion.USEFUL: "useful",
            Opinion.WRONG_TAG: "wrongly tagged",
            Opinion.NOT_FOR_US: "not for this project",
        }
        return f"Kept, with your name: {told[opinion]}. Thank you. You may press again; your newest word counts."

    def _status(self, asker: Asker) -> Reply:
        with read_index(self._house.config.index) as index:
            told = channel_status(self._house, index, asker.channel)
        return status_reply(told, self._house.clock, asker.command)

    def _help(self, asker: Asker, why: str) -> Reply:
        name = asker.command
        lines = [
            *([f"{escaped(why, 400)}\n"] if why else []),
            f"`{name} QUERY` looks through the index; only you see the answer. `--here` shows it to the channel.",
            f"`{name} search QUERY` does so whatever the first word is.",
            f"`{name} status` tells what this channel gets, when, and how the sources stand.",
            f"`{name} subscribe PROJECT`, `{name} unsubscribe PROJECT`: whether this channel gets a project.",
            f"`{name} mute [PROJECT] [until YYYY-MM-DD | for 7d]`, `{name} unmute [PROJECT]`: a pause; all is kept.",
            self._who(),
        ]
        return said("\n".join(lines))

    def _who(self) -> str:
        """Return who may decide what a channel gets."""
        admins = self._house.config.settings.slack.admins
        if not admins:
            return "Nobody may change what a channel gets yet: `[slack] admins` in regintel.toml is empty."
        return f"What a channel gets is changed by {', '.join(f'<@{each}>' for each in admins[:20])}."

    def _asked(self, asked: Asked, asker: Asker) -> Reply:
        if asker.user not in self._house.config.settings.slack.admins:
            return said(f"Sorry, you may not {VERBS[asked.wish]}. {self._who()}")
        if asked.project is not None and asked.project not in self._house.projects:
            known = ", ".join(f"`{each}`" for each in self._house.projects) or "none"
            return said(f"There is no project “{escaped(asked.project, 80)}”. There are: {known}.")
        with read_index(self._house.config.index) as index:
            chosen = [
                (profile, stands)
                for profile in self._house.projects.values()
                if asked.project in {None, profile.id}
                for stands in [subscription(index, profile.id, asker.channel, profile.channel)]
                if asked.project or stands.subscribed
            ]
        if not chosen:
            return said("This channel has no project.")
        refusal = self._unwritable(asker) if asked.wish is Wish.SUBSCRIBED else ""
        return said(refusal or "\n".join(self._done(asked, asker, *each) for each in chosen))

    def _unwritable(self, asker: Asker) -> str:
        """Return why a channel cannot subscribe; empty when the bot may write there."""
        try:
            channel = self._sender.channel(asker.channel)
        except DeliveryError as error:
            why = escaped(str(error), 200)
            return f"I cannot see this channel ({why}). `/invite` me first, then subscribe. Nothing was changed."
        if channel.is_archived or not channel.is_member:
            return "I am not in this channel. `/invite` me first, then subscribe. Nothing was changed."
        return ""

    def _done(self, asked: Asked, asker: Asker, profile: Profile, stands: Subscription) -> str:
        """Do what is asked for one project, and return what came of it."""
        now = self._house.clock.now()
        until = _moment(asked.until, profile, now)
        name = f"*{escaped(profile.name, 200)}* (`{profile.id}`)"
        already = _already(asked, stands, until, now)
        if already:
            return f"{name}: {already}"
        if until is not None and not now < until <= now + LONGEST_MUTE:
            return f"{name}: that is not within the next {LONGEST_MUTE.days} days; nothing was changed."
        ends = iso(until) if until else None
        try:
            with append_index(self._house.config.index, self._patience) as index, index.transaction():
                add_wish(
                    index,
                    asked.wish,
                    project=profile.id,
                    channel=asker.channel,
                    by=asker.user,
                    at=iso(now),
                    until=ends,
                )
        except (sqlite3.Error, StoreError) as error:
            return f"{name}: {_lost(error)}"
        with read_index(self._house.config.index) as index:
            after = subscription(index, profile.id, asker.channel, profile.channel)
            others = elsewhere(index, profile, asker.channel, now)
        return f"{name}: {_now(after, profile, now, others)}"


def _now(stands: Subscription, profile: Profile, now: datetime, others: tuple[str, ...]) -> str:
    """Return how a project stands in a channel from now on."""
    if not stands.subscribed:
        nobody = "" if others else " No channel does: what is new waits until one subscribes."
        return f"this channel gets it no longer.{nobody}"
    muted = muted_words(stands, profile, now)
    if muted:
        return f"{muted} in this channel. {meanwhile(others)}"
    return f"this channel gets it. Next digest {moment_words(profile.digest.next_slot(now), profile)}."


def _already(asked: Asked, stands: Subscription, until: datetime | None, now: datetime) -> str:
    """Return why there is nothing to do; empty when there is."""
    if asked.wish is not Wish.SUBSCRIBED and not stands.subscribed:
        return "this channel does not get it."
    if asked.wish is Wish.SUBSCRIBED and stands.gets(iso(now)):
        return "this channel gets it already."
    if asked.wish is Wish.UNMUTED and not stands.quiet(iso(now)):
        return "it is not muted."
    same = stands.until == (iso(until) if until else None)
    return "it is muted so already." if asked.wish is Wish.MUTED and stands.quiet(iso(now)) and same else ""


def _moment(until: date | timedelta | None, profile: Profile, now: datetime) -> datetime | None:
    """Return when a mute ends: a day begins at midnight where the project is."""
    if isinstance(until, timedelta):
        return now + until
    return datetime.combine(until, time(), profile.digest.zone) if until else None


def _lost(error: Exception) -> str:
    """Return that something was not kept, and why, escaped."""
    return f"*Not kept*: the index could not be written ({escaped(str(error), 200)}). Please try again in a minute."
