"""What is due when: a job for each source and each project, built from config, by APScheduler.

A job does no work; it says that its moment has come, to whoever keeps watch. What was missed while nothing ran is told
by the index, not by a job store: `overdue` holds each source's last healthy run against its cron.

Two traps of APScheduler 3.11 are walked around: its weekday 0 is Monday where cron's is Sunday, and a CronTrigger in a
zone with daylight saving can name the same moment for ever in the hour that comes twice. So the days of the week are
given by name, sources' moments are in UTC, and those of digests come from the profile itself.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import TracebackType
from typing import Self

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from regintel.clock import iso, moment_of
from regintel.cron import Cron
from regintel.house import House
from regintel.notify.projects import DigestTimes
from regintel.sources import Source
from regintel.store import runs
from regintel.store.database import Index
from regintel.vocabulary import RunState

UPKEEP = timedelta(hours=1)
"""How often labels, matches and alarms are looked after, whatever was read: what `regintel ingest` took goes out so."""
AGAIN = timedelta(hours=1)
"""How long a source that was tried in vain is left alone, however often the schedule is started anew."""


class Kind(StrEnum):
    """What there is to do."""

    SOURCE = "source"
    DIGEST = "digest"
    SEND = "send"
    UPKEEP = "upkeep"
    RELOAD = "reload"
    STOP = "stop"


@dataclass(frozen=True)
class Wake:
    """A moment that has come."""

    kind: Kind
    name: str = ""
    """Of the source or project."""


@dataclass(frozen=True)
class Job:
    """Something that is to be done again and again."""

    wake: Wake
    when: str
    """As its file says it."""
    zone: str
    trigger: BaseTrigger

    def next_after(self, now: datetime) -> datetime:
        """Return when it is due next."""
        found = self.trigger.get_next_fire_time(None, now)
        return found if isinstance(found, datetime) else now

    def as_json(self, now: datetime, overdue: Iterable[str]) -> dict[str, object]:
        """Return what `--plan --json` prints of it.

        :param overdue: ids of the sources that are read as soon as the schedule is started.
        """
        late = self.wake.kind is Kind.SOURCE and self.wake.name in overdue
        return {
            "kind": self.wake.kind,
            "id": self.wake.name or None,
            "schedule": self.when,
            "timezone": self.zone,
            "next": iso(self.next_after(now)),
            "overdue": late,
        }


class CronMoments(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """The moments of a cron expression in UTC, each later by the same while."""

    def __init__(self, text: str, later: timedelta = timedelta()) -> None:
        cron = Cron.of(text)
        self._later = later
        self._cron = CronTrigger(
            minute=cron.minute,
            hour=cron.hour,
            day=cron.day,
            month=cron.month,
            day_of_week=cron.day_of_week,
            timezone=UTC,
        )

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """Return the first moment after the last one that was seen, or from now on."""
        previous = previous_fire_time - self._later if previous_fire_time else None
        found = self._cron.get_next_fire_time(previous, now - self._later)
        return found + self._later if isinstance(found, datetime) else None


class DigestMoments(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """The moments at which a project's digest falls due, as the profile counts them."""

    def __init__(self, times: DigestTimes) -> None:
        self._times = times

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return the first moment after the last one that was seen, or after now."""
        return self._times.next_slot(previous_fire_time or now).astimezone(UTC)


def jobs(house: House, now: datetime, later: timedelta = timedelta()) -> list[Job]:
    """Return all there is to do, as config says it.

    :param later: how much later than its cron each source is read. It is the same for all, so that sources of one
        minute are read side by side, and a list still before what follows it.
    """
    sources = [
        Job(Wake(Kind.SOURCE, each.id), each.schedule, "UTC", CronMoments(each.schedule, later))
        for each in house.enabled
    ]
    digests = [
        Job(Wake(Kind.DIGEST, each.id), _said(each.digest), each.digest.timezone, DigestMoments(each.digest))
        for each in house.projects.values()
    ]
    minutes = house.config.settings.schedule.send_minutes
    sending = Job(Wake(Kind.SEND), f"every {minutes} min", "", _every(timedelta(minutes=minutes), now))
    return [*sources, *digests, sending, Job(Wake(Kind.UPKEEP), "hourly", "", _every(UPKEEP, now))]


def _said(times: DigestTimes) -> str:
    return f"{times.at} {times.weekday if times.every == 'weekly' else 'daily'}"


def _every(step: timedelta, now: datetime) -> IntervalTrigger:
    return IntervalTrigger(seconds=int(step.total_seconds()), start_date=now + step, timezone=UTC)


def overdue(index: Index, sources: Iterable[Source], now: datetime) -> list[Source]:
    """Return the sources whose cron has called since their last healthy run began."""
    return [source for source in sources if _is_overdue(index, source, now)]


def _is_overdue(index: Index, source: Source, now: datetime) -> bool:
    healthy = runs.last_healthy(index, source.id)
    if healthy is None:
        return True
    began = moment_of(healthy.started) + timedelta(seconds=1)
    called = CronMoments(source.schedule).get_next_fire_time(None, began)
    return called is not None and called <= now


def tried_lately(index: Index, source: Source, now: datetime) -> bool:
    """Return whether a source has just failed or refused; asking again at once would only harden that."""
    last = runs.last_run(index, source.id)
    return last is not None and last.state is not RunState.OK and now - moment_of(last.started) < AGAIN


class Clockwork:
    """Rings when the moment of a job has come; of moments that were slept through, once."""

    def __init__(self, ring: Callable[[Wake], object]) -> None:
        self._ring = ring
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def __enter__(self) -> Self:
        self._scheduler.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._scheduler.shutdown(wait=True)

    def wind(self, wanted: Iterable[Job]) -> None:
        """Ring for these jobs, and for no others."""
        self._scheduler.remove_all_jobs()
        for job in wanted:
            name = f"{job.wake.kind} {job.wake.name}".strip()
            self._scheduler.add_job(self._ring, job.trigger, args=[job.wake], id=name, name=name)
