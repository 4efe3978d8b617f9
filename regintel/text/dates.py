"""Agencies' stamps to our days and moments. What cannot be read is none, never today.

A date without a day is a month, `2024-08`. Japanese dates are in `eras`.
"""

import re
import unicodedata
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

# 2026年9月1日, 2020-09-11 08:38, 20260601
CHINESE = re.compile(
    r"(?<!\d)(?:(\d{4})\s*年\s*(\d{1,2})\s*月(?:\s*(\d{1,2})\s*日)?|"
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)|(\d{4})(\d\d)(\d\d)(?!\d))"
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?<![A-Za-z])(?P<month>(?=[A-Z])(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?))(?![A-Za-z])\.?"
)
_DAY = r"(?<!\d)(?P<day>\d{1,2})(?:st|nd|rd|th)?(?![\dA-Za-z])"
_YEAR = r"(?P<year>\d{4})(?!\d)"
# "January 16, 2025" and "25 August 2024"; "August, 2024"
ENGLISH_DAY = (
    re.compile(rf"{_MONTH}\s*{_DAY}\s*,?\s*{_YEAR}"),
    re.compile(rf"{_DAY}\s*{_MONTH}\s*,?\s*{_YEAR}"),
)
ENGLISH_MONTH = re.compile(rf"{_MONTH}\s*,?\s*{_YEAR}")
FOOTNOTE = re.compile(r"[(（]\d{1,2}[)）]|[¹²³⁰-⁹]+")
EUROPEAN = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(\d{4})(?![\d/])")


def moment(text: str | None) -> str | None:
    """Return an RFC 3339 stamp of any offset and precision in UTC, to the second; none if it is no stamp."""
    return _utc(_read(text))


def day(text: str | None, zone: str) -> str | None:
    """Return the day of a stamp in the agency's own calendar."""
    read = _read(text)
    return read.astimezone(ZoneInfo(zone)).date().isoformat() if read else None


def feed_moment(text: str | None) -> str | None:
    """Return a feed's stamp, of RSS or RFC 3339, in UTC; none if its zone is missing or unknown.

    >>> feed_moment("Thu, 10 Sep 2026 16:37:00 EDT"), feed_moment("2019-10-01T12:00:00+0200")
    ('2026-09-10T20:37:00Z', '2019-10-01T10:00:00Z')
    """
    return _utc(_read_feed(text))


def feed_day(text: str | None) -> str | None:
    """Return the day of a feed's stamp in the zone that the stamp itself names; a day without an hour is that day.

    >>> feed_day("Thu, 10 Sep 2026 23:37:00 EDT"), feed_day("2026-05-15T12:00:00+09:00"), feed_day("2026-05-15")
    ('2026-09-10', '2026-05-15', '2026-05-15')
    """
    if text and (plain := re.fullmatch(r"\s*(\d{4})-(\d\d)-(\d\d)\s*", text)):
        return calendar_day(*map(int, plain.groups()))
    read = _read_feed(text)
    return read.date().isoformat() if read else None


def chinese_day(text: str) -> str | None:
    """Return the first date of a Chinese text, or its month where it names no day; none if that cannot be.

    >>> chinese_day("自2026年9月1日起施行"), chinese_day("(2025-10-14)"), chinese_day("20260601")
    ('2026-09-01', '2025-10-14', '2026-06-01')
    """
    match = CHINESE.search(unicodedata.normalize("NFKC", text))
    return calendar_day(*(int(part) for part in match.groups() if part)) if match else None


def english_day(text: str) -> str | None:
    """Return the first date of an English text with its month in words, else the first month; none if that cannot be.

    >>> english_day("January 16, 2025 Administrative Notice"), english_day("1 June 2021"), english_day("August, 2024")
    ('2025-01-16', '2021-06-01', '2024-08')
    """
    plain = unicodedata.normalize("NFKC", FOOTNOTE.sub(" ", text))  # marks first: NFKC makes 2024¹ 20241
    days = [match for form in ENGLISH_DAY if (match := form.search(plain))]
    match = min(days, key=re.Match.start) if days else ENGLISH_MONTH.search(plain)
    if match is None:
        return None
    month = MONTHS.index(match["month"][:3].casefold()) + 1
    return calendar_day(int(match["year"]), month, int(match["day"]) if days else None)


def eu_day(text: str) -> str | None:
    """Return the first date of the form DD/MM/YYYY, always the day first; none if that cannot be.

    >>> eu_day("12/03/2026"), eu_day("03/13/2026")
    ('2026-03-12', None)
    """
    match = EUROPEAN.search(text)
    return calendar_day(int(match[3]), int(match[2]), int(match[1])) if match else None


def calendar_day(year: int, month: int, day: int | None = None) -> str | None:
    """Return a day, or without one a month, of the twentieth or twenty-first century; none if the calendar lacks it.

    >>> calendar_day(2024, 2, 29), calendar_day(2025, 2, 29), calendar_day(2024, 8)
    ('2024-02-29', None, '2024-08')
    """
    if not 1900 <= year < 2100:
        return None
    try:
        read = date(year, month, 1 if day is None else day)
    except ValueError:
        return None
    return f"{read:%Y-%m}" if day is None else read.isoformat()


def _utc(read: datetime | None) -> str | None:
    return read.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if read else None


def _read(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return _told(read)


def _read_feed(text: str | None) -> datetime | None:
    if not text:
        return None
    if read := _read(text.strip()):
        return read
    try:
        # A stamp of UTC that does not tell its own zone ends in -0000, which Python reads as no zone at all.
        return _told(parsedate_to_datetime(text.replace("-0000", "+0000")))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _told(read: datetime) -> datetime | None:
    """Return the stamp if it tells its zone, and lies where every zone has a year for it."""
    return read if read.tzinfo and 1 < read.year < 9999 else None
