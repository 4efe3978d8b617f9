"""Projects: how they stand, and what is wrong with their profiles."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from regintel.clock import iso
from regintel.config import read_toml, shown
from regintel.exceptions import ConfigError
from regintel.house import House
from regintel.jobs.match import Judge
from regintel.notify.apprise import AppriseSender
from regintel.notify.mistakes import Finding, Known, mistakes, warnings
from regintel.notify.projects import RESERVED, Profile
from regintel.records import Document
from regintel.store import outbox
from regintel.store.database import Index
from regintel.store.documents import every_document
from regintel.store.matches import waiting_changes, waiting_messages
from regintel.store.subscriptions import channels_of

Answer = dict[str, object]


@dataclass(frozen=True)
class Standing:
    """A project today."""

    profile: Profile
    next_digest: str
    """UTC; not after now where one is due already."""
    last_digest: str | None
    """The moment for which its last digest was due, UTC."""
    waiting: int
    """Changes that the next digest tells."""
    unsent: int
    """Messages that were written and not sent yet."""
    channels: tuple[str, ...]
    """Slack channels that get its messages now; none where it is muted everywhere: then what is new waits."""

    def as_json(self) -> Answer:
        """Return what `--json` prints of it."""
        times = self.profile.digest
        return {
            "id": self.profile.id, "name": self.profile.name, "channel": self.profile.channel,
            "channels": list(self.channels), "muted": not self.channels, "also": list(self.profile.also),
            "digest": {"every": times.every, "at": times.at, "timezone": times.timezone, "next": self.next_digest,
                       "weekday": times.weekday if times.every == "weekly" else None, "last": self.last_digest},
            "waiting": self.waiting, "unsent": self.unsent,
        }  # fmt: skip


def standings(house: House, index: Index) -> list[Standing]:
    """Return how each project stands."""
    now = house.clock.now()
    return [_standing(index, each, now) for each in house.projects.values()]


def _standing(index: Index, profile: Profile, now: datetime) -> Standing:
    waiting, unsent = waiting_changes(index, profile.id), waiting_messages(index, profile.id)
    channels = tuple(channels_of(index, profile.id, profile.channel, iso(now)))
    last = outbox.last_slot(index, profile.id)
    return Standing(profile, next_due(index, profile, now), last, waiting, unsent, channels)


def next_due(index: Index, profile: Profile, now: datetime) -> str:
    """Return the moment of a project's next digest, UTC; it has passed where one is due and was not built yet."""
    last, due = outbox.last_slot(index, profile.id), profile.digest.slot(now)
    return iso(due if last is None or last < iso(due) else profile.digest.next_slot(now))


@dataclass(frozen=True)
class Checked:
    """What was found in one profile."""

    project: str
    file: str
    mistakes: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()

    def as_json(self) -> Answer:
        """Return what `--json` prints of it."""
        told = {name: [each.as_json() for each in getattr(self, name)] for name in ("mistakes", "warnings")}
        return {"id": self.project, "file": self.file, **told}


def check(house: House, index: Index) -> list[Checked]:
    """Look through every profile: all mistakes of all files, and what is legal but surely not meant."""
    known_documents = every_document(index)
    known = Known(
        modalities={each.id for each in house.taxonomy.modality},
        topics={each.id for each in house.taxonomy.topic},
        read={source.agency for source in house.enabled},
        titles=[each.current.title for each in known_documents],
    )
    files = sorted((house.config.folder / "projects").glob("*.toml"))
    return [_checked(house, index, path, known, known_documents) for path in files]


def _checked(house: House, index: Index, path: Path, known: Known, held: list[Document]) -> Checked:
    try:
        content = read_toml(path)
    except ConfigError as error:
        return Checked(path.stem, shown(path), (Finding("", str(error).removeprefix(f"{shown(path)}: ")),))
    found = mistakes(content, path.stem, known)
    if path.stem in RESERVED:
        found.append(Finding("", "a project cannot be called so: that is the name of everybody's feed"))
    if found:
        return Checked(path.stem, shown(path), tuple(found))
    profile = Profile.model_validate({"id": path.stem, **content})
    scores = [each.score for each in Judge(index, profile, house.names).documents(held)]
    advice = [*warnings(profile, known, scores), *_outlets(house, profile)]
    return Checked(path.stem, shown(path), (), tuple(advice))


def _outlets(house: House, profile: Profile) -> Iterator[Finding]:
    sender = AppriseSender(house.config.secrets.outlets)
    for name in profile.also:
        if trouble := sender.trouble(name):
            yield Finding("also", trouble)
