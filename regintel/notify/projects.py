"""Project profiles: what a project makes, where it is filed, what it wants to hear and when."""

import re
from collections.abc import Container
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator

from regintel.config import Outlet, checked, read_toml, shown
from regintel.exceptions import ConfigError, UsageError
from regintel.records import SearchFilters
from regintel.vocabulary import Agency, ChangeKind

Word = Annotated[str, Field(pattern=r"\w")]
"""A blank one would be found in every title."""
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

RESERVED = frozenset({"changes", "deadlines"})
"""Ids that would give a project's feed the name of everybody's."""


def _time(text: str) -> time:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError("not a time of day as HH:MM")
    return time.fromisoformat(text)


class DigestTimes(BaseModel):
    """`[digest]`: when the project's local day brings its digest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    every: Literal["daily", "weekly"] = "daily"
    at: str = "07:00"
    weekday: str = "monday"
    timezone: str = "UTC"
    quiet: tuple[str, str] | None = None
    """From and to, local; evaluated always, delivered after."""

    @field_validator("at")
    @classmethod
    def _at(cls, text: str) -> str:
        _time(text)
        return text

    @field_validator("quiet")
    @classmethod
    def _quiet(cls, hours: tuple[str, str] | None) -> tuple[str, str] | None:
        for each in hours or ():
            _time(each)
        return hours

    @field_validator("weekday")
    @classmethod
    def _weekday(cls, text: str) -> str:
        if text.lower() not in DAYS:
            raise ValueError(f"not a weekday: {text!r}")
        return text.lower()

    @field_validator("timezone")
    @classmethod
    def _timezone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"no such time zone: {name!r}") from error
        return name

    @property
    def zone(self) -> ZoneInfo:
        """The project's time zone."""
        return ZoneInfo(self.timezone)

    def slot(self, now: datetime) -> datetime:
        """Return the newest moment, at or before now, for which a digest is due.

        Where clocks are put forward over `at`, it is as long after midnight as ever; where an hour comes twice, it is
        in the first.
        """
        day = now.astimezone(self.zone).date()
        if self.every == "weekly":
            day -= timedelta(days=(day.weekday() - DAYS.index(self.weekday)) % 7)
        moment = datetime.combine(day, _time(self.at), self.zone)
        # In UTC: two moments of one zone are compared by what the clock on the wall says, which can come twice.
        past = moment.astimezone(UTC) <= now.astimezone(UTC)
        return moment if past else datetime.combine(day - self._step, _time(self.at), self.zone)

    def next_slot(self, now: datetime) -> datetime:
        """Return the first moment after now for which a digest will be due."""
        return datetime.combine(self.slot(now).date() + self._step, _time(self.at), self.zone)

    @property
    def _step(self) -> timedelta:
        return timedelta(days=7 if self.every == "weekly" else 1)

    def loud_from(self, now: datetime) -> datetime:
        """Return now, or the end of the quiet hours that now falls into."""
        if self.quiet is None:
            return now
        local = now.astimezone(self.zone)
        begin, end = _time(self.quiet[0]), _time(self.quiet[1])
        here = local.time().replace(tzinfo=None)
        over_midnight = begin > end
        quiet = (here >= begin or here < end) if over_midnight else begin <= here < end
        if not quiet:
            return now
        day = local.date() + timedelta(days=1 if over_midnight and here >= begin else 0)
        return datetime.combine(day, end, self.zone)


class Immediate(BaseModel):
    """`[immediate]`: what does not wait for the digest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kinds: tuple[ChangeKind, ...] = ()
    min_score: float = Field(default=0.85, ge=0, le=1)


class Profile(BaseModel):
    """One project."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    name: str = Field(min_length=1)
    channel: str = Field(pattern=r"^[A-Z0-9]+$")
    modalities: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    """Empty means every CMC topic."""
    agencies: tuple[Agency, ...] = ()
    """Empty means all."""
    phase: Literal["preclinical", "phase_1", "phase_2", "phase_3", "commercial"] | None = None
    keywords: tuple[Word, ...] = ()
    exclude: tuple[Word, ...] = ()
    description: str = ""
    also: tuple[Outlet, ...] = ()
    """Other ways out beside the channel: names of Apprise targets, see `notify.apprise`."""
    digest: DigestTimes = DigestTimes()
    immediate: Immediate = Immediate()

    def narrowed(self, filters: SearchFilters) -> SearchFilters:
        """Return the filters with the project's own where they leave a choice.

        ICH documents concern every project, and so may one that is about no product type in particular.
        """
        return replace(
            filters,
            agency=filters.agency or ((*self.agencies, Agency.ICH) if self.agencies else ()),
            modality=filters.modality or ((*self.modalities, "cross_none") if self.modalities else ()),
            topic=filters.topic or self.topics,
        )


def load_projects(folder: Path, modalities: Container[str], topics: Container[str]) -> dict[str, Profile]:
    """Read every `projects/*.toml` of a configuration folder, by id.

    :param modalities: the ids that the taxonomy knows.
    :raises ConfigError: naming the file and key.
    """
    profiles = {}
    for path in sorted((folder / "projects").glob("*.toml")):
        content = read_toml(path)
        if "id" in content:
            raise ConfigError(f"{shown(path)}: id: unknown key (the file's name is the id)")
        if path.stem in RESERVED:
            raise ConfigError(f"{shown(path)}: a project cannot be called so: that is the name of everybody's feed")
        profile = checked(Profile, {"id": path.stem, **content}, path)
        _check_ids(path, "modalities", profile.modalities, modalities)
        _check_ids(path, "topics", profile.topics, topics)
        profiles[profile.id] = profile
    return profiles


def _check_ids(path: Path, key: str, ids: tuple[str, ...], known: Container[str]) -> None:
    for each in ids:
        if each not in known:
            raise ConfigError(f"{shown(path)}: {key}: {each!r} is not in config/taxonomy.toml")


def chosen_projects(profiles: dict[str, Profile], ids: tuple[str, ...]) -> list[Profile]:
    """Return the projects that a command names; without names, all.

    :raises UsageError: for an id that no project has.
    """
    for each in ids:
        if each not in profiles:
            raise UsageError(f"unknown project {each!r} (known: {', '.join(profiles) or 'none'})")
    return [profiles[each] for each in ids] if ids else list(profiles.values())
