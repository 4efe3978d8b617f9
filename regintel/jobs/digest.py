"""Build the digests that are due, and put them into the outbox with the mark that they were told."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

from regintel import health
from regintel.clock import Clock, iso
from regintel.config import Notify
from regintel.jobs.told import digest_items
from regintel.notify.message import Message, messages
from regintel.notify.projects import Profile
from regintel.records import Change, Digest, DigestItem, Match, SourceHealth
from regintel.sources import Source
from regintel.store import outbox, runs
from regintel.store.database import Index
from regintel.store.documents import changes, count_documents


@dataclass(frozen=True)
class Built:
    """A digest as it goes out."""

    digest: Digest
    messages: tuple[Message, ...]

    def as_json(self) -> dict[str, object]:
        """Return what `--json` prints of it."""
        return {
            "project": self.digest.project,
            "channel": self.digest.channel,
            "day": self.digest.day,
            "items": [asdict(item) for item in self.digest.items],
            "sources": [asdict(source) for source in self.digest.sources],
            "blocks": list(self.messages[0].blocks),
            "thread": [list(each.blocks) for each in self.messages[1:]],
        }


class DigestDesk:
    """Builds digests from the index."""

    def __init__(
        self, index: Index, sources: list[Source], names: Mapping[str, str], notify: Notify, clock: Clock
    ) -> None:
        self._index = index
        self._sources = sources
        self._names = names
        self._notify = notify
        self._clock = clock

    def preview(self, profile: Profile, fresh: list[Match]) -> Built:
        """Return what a project would be told now: everything that it was not sent yet. Writes nothing.

        :param fresh: matches that are not in the index yet.
        """
        waiting = outbox.waiting_matches(self._index, profile.id, undelivered=True)
        return self._build(profile, [*waiting, *(each for each in fresh if each.relevant)])

    def build(self, profiles: list[Profile]) -> list[Built]:
        """Build what is due, and commit it to the outbox."""
        return [built for profile in profiles for built in self._build_due(profile)]

    def _build_due(self, profile: Profile) -> list[Built]:
        now = self._clock.now()
        slot, last = iso(profile.digest.slot(now)), outbox.last_slot(self._index, profile.id)
        waiting = outbox.waiting_matches(self._index, profile.id)
        if last is not None and last >= slot:
            waiting = self._urgent(profile, waiting)
            if not waiting:
                return []
            slot = last  # an alert of its own; the day's digest stays due
        built = self._build(profile, waiting)
        loud = profile.digest.loud_from(now)
        with self._index.transaction():
            outbox.add_digest(
                self._index,
                project=profile.id,
                channel=profile.channel,
                slot=slot,
                built_at=iso(now),
                told=[item.change for item in built.digest.items],
                messages=[(message.text, message.blocks) for message in built.messages],
                not_before=iso(loud) if loud > now else None,
            )
        return [built]

    def _urgent(self, profile: Profile, waiting: list[Match]) -> list[Match]:
        kinds = {each.id: each.kind for each in self._changes(waiting)}
        alert = profile.immediate
        return [each for each in waiting if each.score >= alert.min_score and kinds.get(each.change) in alert.kinds]

    def _build(self, profile: Profile, matches: list[Match]) -> Built:
        now = self._clock.now()
        day = now.astimezone(profile.digest.zone).date()
        digest = Digest(
            project=profile.id,
            name=profile.name,
            channel=profile.channel,
            built_at=iso(now),
            day=day.isoformat(),
            items=tuple(self._items(matches, day)),
            sources=tuple(source_healths(self._index, self._sources, self._notify, now)),
            documents=count_documents(self._index),
        )
        return Built(digest, messages(digest, self._names))

    def _changes(self, matches: list[Match]) -> list[Change]:
        wanted = {each.change for each in matches}
        return [each for each in changes(self._index, after=min(wanted, default=1) - 1) if each.id in wanted]

    def _items(self, matches: list[Match], day: date) -> list[DigestItem]:
        told = {each.id: each for each in self._changes(matches)}
        return digest_items(self._index, told, matches, day)


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
