"""What a channel gets, when next, how the sources stand, and what waits: gathered from the index, then put in words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from regintel.clock import Clock, iso, moment_of
from regintel.house import House
from regintel.jobs.digest import source_healths
from regintel.notify.blocks import packed, section, within
from regintel.notify.coverage import gaps
from regintel.notify.dates import day_words
from regintel.notify.mrkdwn import cut, escaped
from regintel.notify.projects import Profile
from regintel.records import Digest, SourceHealth
from regintel.slack_app.reply import Reply
from regintel.store.database import Index
from regintel.store.documents import count_documents
from regintel.store.matches import waiting_matches
from regintel.store.outbox import counts, last_slot
from regintel.store.subscriptions import Subscription, channels_of, subscription
from regintel.vocabulary import OutboxState, SourceState

LINE, ROOM, TEXT, NAMED = 300, 8_000, 3_500, 3


@dataclass(frozen=True)
class Standing:
    """A project in this channel."""

    profile: Profile
    subscription: Subscription
    waiting: int
    """Items that its next digest will tell."""
    due: bool
    """Whether that digest is due already, and comes with the next run."""
    elsewhere: tuple[str, ...] = ()
    """Other channels that get it now."""


@dataclass(frozen=True)
class ChannelStatus:
    """All that `/reg status` tells."""

    now: datetime
    projects: tuple[Standing, ...]
    """Those that the channel has, muted or not."""
    others: tuple[str, ...]
    """Ids of those that it does not have."""
    sources: tuple[SourceHealth, ...]
    documents: int
    outbox: dict[str, int] = field(default_factory=dict)
    """Messages to this channel, by their state."""
    operations: bool = False
    """Whether alarms come here."""


def sources_of(house: House, index: Index) -> tuple[SourceHealth, ...]:
    """Return how the sources stand now."""
    every = list(house.sources.values())
    return tuple(source_healths(index, every, house.config.settings.notify, house.clock.now()))


def unread(sources: Sequence[SourceHealth], clock: Clock) -> tuple[str, ...]:
    """Return what could not be read lately, a line each; what was never read comes last."""
    day = iso(clock.now())[:10]
    told = tuple(sorted(sources, key=lambda source: source.state is SourceState.NEVER_RUN))
    return gaps(Digest(project="", name="", channel="", built_at=day, day=day, items=(), sources=told))


def channel_status(house: House, index: Index, channel: str) -> ChannelStatus:
    """Return how a channel stands."""
    now = house.clock.now()
    stands = [
        (profile, subscription(index, profile.id, channel, profile.channel)) for profile in house.projects.values()
    ]
    return ChannelStatus(
        now=now,
        projects=tuple(
            Standing(
                profile,
                each,
                waiting=len(waiting_matches(index, profile.id, channel)),
                due=_due(index, profile, now),
                elsewhere=elsewhere(index, profile, channel, now),
            )
            for profile, each in stands
            if each.subscribed
        ),
        others=tuple(profile.id for profile, each in stands if not each.subscribed),
        sources=sources_of(house, index),
        documents=count_documents(index),
        outbox=counts(index, channel),
        operations=channel == house.config.settings.notify.operations_channel,
    )


def status_reply(status: ChannelStatus, clock: Clock, command: str) -> Reply:
    """Return the status in words."""
    lines = [
        *(line for each in status.projects for line in _project(each, status.now)),
        *(["Alarms about sources and deliveries come here."] if status.operations else []),
        *_none(status, command),
        *(
            [cut("Other projects: " + ", ".join(f"`{each}`" for each in status.others), 3 * LINE)]
            if status.others
            else []
        ),
        *_sources(status, clock),
        _outbox(status.outbox),
    ]
    return Reply("\n".join(within(lines, TEXT)), tuple(section(text) for text in packed(within(lines, ROOM))))


def muted_words(stands: Subscription, profile: Profile, now: datetime) -> str:
    """Return until when a project is muted; empty when it is not."""
    if not stands.quiet(iso(now)):
        return ""
    return f"muted until {moment_words(moment_of(stands.until), profile)}" if stands.until else "muted until unmuted"


def elsewhere(index: Index, profile: Profile, channel: str, now: datetime) -> tuple[str, ...]:
    """Return the other channels that get a project now."""
    return tuple(each for each in channels_of(index, profile.id, profile.channel, iso(now)) if each != channel)


def meanwhile(channels: tuple[str, ...]) -> str:
    """Return what becomes of what is new while a channel is muted."""
    if not channels:
        return "Nothing is dropped: what is new waits, and comes then."
    told = ", ".join(f"<#{channel}>" for channel in channels[:5])
    return f"What is new meanwhile is told in {told}, and not again here."


def moment_words(moment: datetime, profile: Profile) -> str:
    """Return a moment as it is where the project is: `Tue 3 Nov 2026 07:00 (America/New_York)`."""
    local = moment.astimezone(profile.digest.zone)
    return f"{day_words(local.date().isoformat(), year=True)} {local:%H:%M} ({profile.digest.timezone})"


def _project(each: Standing, now: datetime) -> list[str]:
    name = f"*{escaped(each.profile.name, LINE)}* (`{each.profile.id}`)"
    stands = each.subscription
    who = f", as <@{stands.by}> said" if stands.by else ""
    muted = muted_words(stands, each.profile, now)
    wait = f"{each.waiting:,} {'item waits' if each.waiting == 1 else 'items wait'} for it"
    if muted:
        return [f"{name}: {muted}{who}. {meanwhile(each.elsewhere)}"]
    due = "with the next run" if each.due else moment_words(each.profile.digest.next_slot(now), each.profile)
    alert = each.profile.immediate
    kinds = ", ".join(kind.replace("_", " ") for kind in alert.kinds)
    at_once = f" At once: {kinds}, from a score of {alert.min_score:g}." if kinds else ""
    return [f"{name}: next digest {due}; {wait}.{at_once}"]


def _due(index: Index, profile: Profile, now: datetime) -> bool:
    last = last_slot(index, profile.id)
    return last is None or last < iso(profile.digest.slot(now))


def _none(status: ChannelStatus, command: str) -> list[str]:
    return [] if status.projects else [f"This channel gets no project. Admins may `{command} subscribe PROJECT`."]


def _sources(status: ChannelStatus, clock: Clock) -> list[str]:
    """Return how the sources stand, in three lines at most."""
    wanted = [source for source in status.sources if source.state is not SourceState.DISABLED]
    missing = unread(status.sources, clock)
    newest = max((source.last_success or "" for source in wanted), default="")
    read = len(wanted) - len(missing)
    last = f", the last {day_words(newest, year=True)} {moment_of(newest):%H:%M} UTC" if newest else ""
    more = f" … and {len(missing) - NAMED} more." if len(missing) > NAMED else ""
    return [
        f"Sources: {read} of {len(wanted)} read{last}.",
        *([f"Not read: {escaped('; '.join(missing[:NAMED]), 2 * LINE)}{more}"] if missing else []),
        f"The index holds {status.documents:,} documents.",
    ]


def _outbox(found: dict[str, int]) -> str:
    waits = found.get(OutboxState.PENDING, 0) + found.get(OutboxState.SENDING, 0)
    told = [
        f"{waits:,} {'waits' if waits == 1 else 'wait'}",
        *([f"{found[OutboxState.UNKNOWN]:,} may or may not have arrived"] if found.get(OutboxState.UNKNOWN) else []),
        *([f"{found[OutboxState.DEAD]:,} given up (refused, too old, or overtaken by a later one)"]
          if found.get(OutboxState.DEAD) else []),
    ]  # fmt: skip
    return f"Messages to this channel: {', '.join(told)}."
