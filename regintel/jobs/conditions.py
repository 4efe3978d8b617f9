"""How everything stands that operations should hear of: sources, disk, Slack's door, messages that do not go out."""

import re
import shutil
from collections.abc import Iterable, Iterator
from datetime import timedelta

from regintel.clock import Clock, iso, moment_of
from regintel.config import Config
from regintel.house import House
from regintel.jobs.alarms import Condition, source_conditions
from regintel.notify.delivery import TOKEN_ERRORS
from regintel.notify.projects import Profile
from regintel.store.database import Index
from regintel.store.waiting import last_refusals, waiting_digests

DISK, SLACK = ":disk", ":slack"


def conditions(house: House, index: Index) -> Iterator[Condition]:
    """Yield how all stands that a sending does not change."""
    config = house.config
    yield from source_conditions(index, house.enabled, config.settings.notify, house.clock)
    yield disk(config)
    if config.secrets.bot_token or config.secrets.webhook_url:
        yield slack(index)


def after_sending(house: House, index: Index) -> Iterator[Condition]:
    """Yield how messages stand that a sending should have taken along."""
    if house.config.secrets.bot_token or house.config.secrets.webhook_url:
        yield from deliveries(index, house.projects.values(), house.config, house.clock)


def disk(config: Config) -> Condition:
    """Return whether the data folder's disk is nearly full."""
    free, least = shutil.disk_usage(config.data).free // 1_000_000, config.settings.notify.alarm_free_mb
    title = f"The disk of {config.data} is nearly full" if free < least else f"The disk of {config.data} has room again"
    return Condition(DISK, free < least, title, (f"{free} MB free; alarm_free_mb is {least}.",))


def slack(index: Index) -> Condition:
    """Return whether Slack refuses the token. Of this alarm Slack itself hears only once that is over."""
    refused = [code for error in last_refusals(index) if (code := _code(error)) in TOKEN_ERRORS]
    if not refused:
        return Condition(SLACK, False, "Slack takes the token again")
    lines = (f"Slack says: {refused[0]}", "Until there is a good token nothing is delivered; it waits.")
    return Condition(SLACK, True, "Slack refuses the token", lines)


def _code(error: str) -> str:
    """Return Slack's own word in an error as the outbox keeps it: `slack: invalid_auth (chat.postMessage)`."""
    found = re.match(r"slack: (\w+) \(", error)
    return found[1] if found else ""


def deliveries(index: Index, profiles: Iterable[Profile], config: Config, clock: Clock) -> Iterator[Condition]:
    """Yield for each project whether a message to it waits for too long, quiet hours apart."""
    hours = config.settings.notify.alarm_undelivered_hours
    waiting = waiting_digests(index, iso(clock.now()))
    for profile in profiles:
        late = [
            each
            for each in waiting
            if each.project == profile.id
            and clock.now() - profile.digest.loud_from(moment_of(each.created_at)) >= timedelta(hours=hours)
        ]
        key = f":digest:{profile.id}"
        if late:
            lines = (f"Since: {late[0].created_at}", f"Messages: {len(late)}", f"Last error: {late[0].error or 'none'}")
            yield Condition(key, True, f"{profile.name}: due for over {hours} hours and not delivered", lines)
        else:
            yield Condition(key, False, f"{profile.name}: nothing is overdue any more")
