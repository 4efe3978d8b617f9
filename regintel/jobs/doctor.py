"""Checks of everything that a run needs, each a line with what to do."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Literal

from regintel.clock import iso
from regintel.config import OUTLET
from regintel.exceptions import RegintelError
from regintel.house import House
from regintel.jobs.senders import sender_of
from regintel.notify.apprise import AppriseSender
from regintel.notify.slack import SlackSender, check_app
from regintel.store.database import read_index
from regintel.store.migrations import GUARDED
from regintel.store.subscriptions import channels_of


@dataclass(frozen=True)
class Check:
    """One check."""

    name: str
    state: Literal["ok", "warn", "fail"]
    detail: str

    def as_json(self) -> dict[str, str]:
        """Return what `--json` prints of it."""
        return asdict(self)


def examine(house: House, *, offline: bool) -> list[Check]:
    """Run every check; one that fails does not stop the others."""
    checks: list[Callable[[House], Iterator[Check]]] = [
        _config,
        _glossary,
        _spiders,
        _index,
        _archive,
        _model,
        _outlets,
    ]
    found = [check for each in checks for check in _guarded(each, house)]
    return [*found, *([] if offline else [*_guarded(_slack, house), *_guarded(_slack_app, house)])]


def _guarded(check: Callable[[House], Iterator[Check]], house: House) -> list[Check]:
    try:
        return list(check(house))
    except (RegintelError, OSError, sqlite3.Error) as error:
        return [Check(check.__name__.strip("_"), "fail", " ".join(str(error).split()))]


def _config(house: House) -> Iterator[Check]:
    counted = f"{len(house.enabled)} of {len(house.sources)} sources enabled, {len(house.projects)} projects"
    yield Check("config", "ok", f"{house.config.folder}: {counted}")
    for warning in house.config.warnings:
        yield Check("environment", "warn", warning)
    if not house.config.settings.contact:
        yield Check("contact", "warn", "regintel.toml: contact is empty; agencies cannot reach whoever runs this")
    if not house.config.settings.notify.operations_channel:
        yield Check(
            "operations channel", "warn", "regintel.toml: notify.operations_channel is empty; nobody hears alarms"
        )
    if not house.projects:
        yield Check("projects", "warn", "no file in config/projects: nobody is told anything")


def _glossary(house: House) -> Iterator[Check]:
    yield Check("glossary", "ok", f"{len(house.glossary.terms)} terms in English, Japanese and Chinese")


def _spiders(house: House) -> Iterator[Check]:
    from scrapy.settings import Settings
    from scrapy.spiderloader import SpiderLoader

    known = set(SpiderLoader.from_settings(Settings({"SPIDER_MODULES": ["regintel.spiders"]})).list())
    lacking = sorted(house.sources.keys() - known)
    if lacking:
        yield Check("spiders", "fail", f"no spider for {', '.join(lacking)}")
    else:
        yield Check("spiders", "ok", f"every source has its spider ({', '.join(sorted(known & house.sources.keys()))})")


def _index(house: House) -> Iterator[Check]:
    if not house.config.index.exists():
        yield Check("index", "warn", f"{house.config.index} is not there yet; `regintel run` makes it")
        return
    with read_index(house.config.index) as index:
        wrong = index.check()
        sql = "SELECT count(*) AS n FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%_no_%'"
        guards = index.row(sql)
        if guards and guards["n"] < 2 * len(GUARDED):
            wrong.append("the triggers that keep history from being rewritten are gone")
    yield Check("index", "fail" if wrong else "ok", "; ".join(wrong[:3]) or str(house.config.index))


def _archive(house: House) -> Iterator[Check]:
    if not house.config.index.exists():
        return
    with read_index(house.config.index) as index:
        files = [row["file"] for row in index.rows("SELECT DISTINCT file FROM responses")]
    lost = [name for name in files if not (house.config.archive / name).is_file()]
    if lost:
        yield Check(
            "archive", "fail", f"{len(lost)} of {len(files)} WARC files that the index names are gone: {lost[0]} …"
        )
    else:
        yield Check("archive", "ok", f"all {len(files)} WARC files that the index names are there")


def _model(house: House) -> Iterator[Check]:
    vector = house.encoder.encode_query("potency assay")
    yield Check("model", "ok", f"{house.encoder.identity.name}, {len(vector)} dimensions")


def _outlets(house: House) -> Iterator[Check]:
    wanted: dict[str, list[str]] = {}
    for project in house.projects.values():
        for name in project.also:
            wanted.setdefault(name, []).append(f"project {project.id}")
    for name in house.config.settings.notify.operations_also:
        wanted.setdefault(name, []).append("operations")
    sender = AppriseSender(house.config.secrets.outlets)
    for name, whose in wanted.items():
        trouble = sender.trouble(name)
        told = f"{', '.join(whose)}: {trouble or 'Apprise knows the address; whether it is read there, nobody can ask'}"
        yield Check(f"outlet {name}", "fail" if trouble else "ok", told)
    for name in sorted(house.config.secrets.outlets.keys() - wanted.keys()):
        yield Check(
            f"outlet {name}", "warn", f"{OUTLET}{name.upper()} is set, and no profile or operations_also names it"
        )


def _slack(house: House) -> Iterator[Check]:
    sender = sender_of(house.config.secrets)
    if sender is None:
        yield Check("slack", "warn", "SLACK_BOT_TOKEN is not set: digests are shown, not sent")
        return
    if not isinstance(sender, SlackSender):
        yield Check("slack", "warn", "incoming webhook: no threads, and a lost answer cannot be looked up")
        return
    who = sender.check()
    yield Check("slack", "ok", f"{who.user} at {who.team}")
    yield from _channels(house, sender)


def _slack_app(house: House) -> Iterator[Check]:
    """Check what `regintel slack` needs; who has only one token, or none, does not use it."""
    token = house.config.secrets.app_token
    if token is None:
        if house.config.secrets.bot_token:
            yield Check("slack app", "ok", "not used: SLACK_APP_TOKEN is not set, so there are no buttons and no /reg")
        return
    if house.config.secrets.bot_token is None:
        yield Check("slack app", "fail", "SLACK_APP_TOKEN is set, SLACK_BOT_TOKEN is not: the app needs both")
        return
    if find_spec("slack_bolt") is None:
        yield Check("slack app", "fail", "slack-bolt is not installed: pip install 'regintel[slack-bolt]'")
        return
    check_app(token.get_secret_value(), house.config.secrets.api_url)
    yield Check("slack app", "ok", "Slack gives it a connection in Socket Mode")
    if not house.config.settings.slack.admins:
        yield Check("slack admins", "warn", "regintel.toml: slack.admins is empty; nobody may subscribe or mute")


def _channels(house: House, sender: SlackSender) -> Iterator[Check]:
    operations = house.config.settings.notify.operations_channel
    wanted = {channel: f"project {project}" for project, channel in _told(house)}
    for channel, whose in {**wanted, **({operations: "operations"} if operations else {})}.items():
        try:
            told = sender.channel(channel)
        except RegintelError as error:
            yield Check(f"channel {channel}", "fail", f"{whose}: {error}")
            continue
        if told.is_archived or not told.is_member:
            what = "is archived" if told.is_archived else "does not have the app: /invite it there"
            yield Check(f"channel {channel}", "fail", f"{whose}: #{told.name} {what}")
        else:
            yield Check(f"channel {channel}", "ok", f"{whose}: #{told.name}")


def _told(house: House) -> Iterator[tuple[str, str]]:
    """Yield each project with each channel that its messages go to: its own, and those that subscribed."""
    with read_index(house.config.index) as index:
        for project in house.projects.values():
            yield project.id, project.channel
            for channel in channels_of(index, project.id, project.channel, iso(house.clock.now())):
                yield project.id, channel
