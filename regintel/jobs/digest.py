"""Build the alerts and digests that are due, and put them into the outbox with the mark that they were told.

What a project's `[immediate]` rule asks for is told by itself as soon as it is known; the digest tells the rest. Both
are built whatever the hour: quiet hours delay the sending only.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

from regintel import health
from regintel.clock import Clock, iso
from regintel.config import OUTLET_CHANNEL, Notify
from regintel.glossary import Glossary
from regintel.jobs.mailing import Mailing
from regintel.jobs.told import digest_items
from regintel.notify.message import Message, alerts, messages
from regintel.notify.projects import Profile
from regintel.records import Change, Digest, DigestItem, Match, SourceHealth
from regintel.sources import Source
from regintel.store import outbox, runs
from regintel.store.database import Index
from regintel.store.documents import changes, count_documents
from regintel.store.matches import attempted_changes, unsent_matches, waiting_matches


@dataclass(frozen=True)
class Built:
    """A digest as it goes out, or the alerts of one hour."""

    digest: Digest
    messages: tuple[Message, ...]
    alert: bool = False

    def as_json(self) -> dict[str, object]:
        """Return what `--json` prints of it; alerts that are no burst are messages beside each other."""
        others = [list(each.blocks) for each in self.messages[1:]]
        beside = self.alert and len(self.messages) == len(self.digest.items)
        return {
            "project": self.digest.project,
            "channel": self.digest.channel,
            "day": self.digest.day,
            "alert": self.alert,
            "items": [asdict(item) for item in self.digest.items],
            "sources": [asdict(source) for source in self.digest.sources],
            "blocks": list(self.messages[0].blocks),
            "thread": [] if beside else others,
            "beside": others if beside else [],
        }


def own_channel(profile: Profile) -> list[str]:
    """Return where in Slack a project's messages go if nobody said anything else."""
    return [profile.channel]


class DigestDesk:
    """Builds alerts and digests from the index."""

    def __init__(
        self,
        index: Index,
        sources: list[Source],
        names: Mapping[str, str],
        notify: Notify,
        clock: Clock,
        *,
        channels: Callable[[Profile], list[str]] = own_channel,
        buttons: bool = False,
        glossary: Glossary | None = None,
    ) -> None:
        """Build without reading.

        :param channels: where in Slack a project's messages go now; where that is nowhere, everything waits.
        :param buttons: whether somebody listens to them.
        :param glossary: by which Japanese and Chinese titles have a gist.
        """
        self._index = index
        self._sources = sources
        self._names = names
        self._notify = notify
        self._clock = clock
        self._channels = channels
        self._buttons = buttons
        self._glossary = glossary

    def preview(self, profile: Profile, fresh: list[Match]) -> Built:
        """Return what a project would be told now: everything that it was not sent yet. Writes nothing.

        :param fresh: matches that are not in the index yet.
        """
        waiting = unsent_matches(self._index, profile.id)
        return self._digest(profile, profile.channel, [*waiting, *(each for each in fresh if each.relevant)])

    def build(self, profiles: list[Profile]) -> list[Built]:
        """Build what is due, and commit it to the outbox."""
        return [built for profile in profiles for built in self._build_due(profile)]

    def _build_due(self, profile: Profile) -> list[Built]:
        channels = self._channels(profile)
        if not channels:
            return []
        channels = [*channels, *(f"{OUTLET_CHANNEL}{name}" for name in profile.also)]
        slot, last = iso(profile.digest.slot(self._clock.now())), outbox.last_slot(self._index, profile.id)
        with self._index.transaction():
            # What a project hears first is what came before it: nothing of that is urgent.
            built = self._build_alerts(profile, channels, last) if last is not None else []
            if last is None or last < slot:
                built += self._build_digests(profile, channels, slot)
        return built

    def _build_alerts(self, profile: Profile, channels: list[str], slot: str) -> list[Built]:
        """Build what does not wait; what was refused once does: the next digest tells it."""
        tried = attempted_changes(self._index, profile.id)
        waiting = {channel: waiting_matches(self._index, profile.id, channel) for channel in channels}
        found = []
        for channel, matches in waiting.items():
            urgent = self._urgent(profile, [each for each in matches if each.change not in tried])
            if urgent:
                digest = self._composed(profile, channel, urgent)
                built = Built(digest, alerts(digest, self._names, buttons=self._buttons), alert=True)
                self._mailing(profile, digest, slot).alert(built.messages)
                found.append(built)
        return found

    def _build_digests(self, profile: Profile, channels: list[str], slot: str) -> list[Built]:
        waiting = {channel: waiting_matches(self._index, profile.id, channel) for channel in channels}
        found, name = [], ""
        for channel, matches in waiting.items():
            built = self._digest(profile, channel, matches)
            name = self._mailing(profile, built.digest, slot).tell(built.messages)
            found.append(built)
        outbox.close_slot(self._index, profile.id, name)
        return found

    def _mailing(self, profile: Profile, digest: Digest, slot: str) -> Mailing:
        now = self._clock.now()
        loud = profile.digest.loud_from(now)
        not_before = iso(loud) if loud > now else None
        return Mailing(self._index, digest, slot, not_before, self._names, buttons=self._buttons)

    def _urgent(self, profile: Profile, waiting: list[Match]) -> list[Match]:
        kinds = {each.id: each.kind for each in self._changes(waiting)}
        alert = profile.immediate
        return [each for each in waiting if each.score >= alert.min_score and kinds.get(each.change) in alert.kinds]

    def _digest(self, profile: Profile, channel: str, matches: list[Match]) -> Built:
        digest = self._composed(profile, channel, matches)
        return Built(digest, messages(digest, self._names, buttons=self._buttons))

    def _composed(self, profile: Profile, channel: str, matches: list[Match]) -> Digest:
        now = self._clock.now()
        day = now.astimezone(profile.digest.zone).date()
        return Digest(
            project=profile.id,
            name=profile.name,
            channel=channel,
            built_at=iso(now),
            day=day.isoformat(),
            items=tuple(self._items(matches, day)),
            sources=tuple(source_healths(self._index, self._sources, self._notify, now)),
            documents=count_documents(self._index),
        )

    def _changes(self, matches: list[Match]) -> list[Change]:
        wanted = {each.change for each in matches}
        return [each for each in changes(self._index, after=min(wanted, default=1) - 1) if each.id in wanted]

    def _items(self, matches: list[Match], day: date) -> list[DigestItem]:
        told = {each.id: each for each in self._changes(matches)}
        return digest_items(self._index, told, matches, day, self._glossary)


def source_healths(index: Index, sources: list[Source], notify: Notify, now: datetime) -> list[SourceHealth]:
    """Return how each source stands."""
    told = {"after_runs": notify.alarm_after_runs, "after_hours": notify.alarm_after_hours}
    found = []
    for source in sources:
        recent = runs.recent_runs(index, source.id)
        problems = len(runs.problems_of(index, recent[0].id)) if recent else 0
        stands = health.health(source, recent, now.astimezone(UTC), open_problems=problems, **told)
        found.append(stands)
    return found
