"""The clock is an argument: replay, tests and `--now` set it, everything else reads it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from regintel.exceptions import UsageError


def iso(moment: datetime) -> str:
    """Return the moment as it is stored and shown: UTC, seconds, `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_of(text: str) -> datetime:
    """Read an ISO 8601 moment; a bare day is its midnight, a missing zone is UTC.

    :raises UsageError: when it is not one.
    """
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:  # at an edge of the calendar UTC may lie beyond it
        raise UsageError(f"not an ISO 8601 time: {text!r}") from error


@dataclass(frozen=True)
class Clock:
    """Tells the time; once set by `start`, it stands still there."""

    start: datetime | None = None
    """The moment `--now` named, or none for the real clock."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return self.start or datetime.now(UTC)
