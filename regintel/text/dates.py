"""Agencies' stamps to our days and moments. What cannot be read is none, never today."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def moment(text: str | None) -> str | None:
    """Return an RFC 3339 stamp of any offset and precision in UTC, to the second; none if it is no stamp."""
    read = _read(text)
    return read.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if read else None


def day(text: str | None, zone: str) -> str | None:
    """Return the day of a stamp in the agency's own calendar."""
    read = _read(text)
    return read.astimezone(ZoneInfo(zone)).date().isoformat() if read else None


def _read(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else None
