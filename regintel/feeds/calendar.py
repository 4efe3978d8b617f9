"""Comment deadlines and effective dates as an iCalendar file (RFC 5545) to subscribe to.

An event is known by its document and by which day it is, so that a day that moves moves the event, on every machine. A
day that was taken back stays as CANCELLED, and says so in its title: many calendars do not show that state.
"""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from urllib.parse import quote

from icalendar import Calendar, Event

from regintel import __version__
from regintel.clock import moment_of
from regintel.feeds.words import line, web_address
from regintel.notify.dates import date_words
from regintel.store.deadlines import DateKind, Deadline

HEADS = {DateKind.COMMENT_CLOSES: "comments close", DateKind.EFFECTIVE: "comes into effect"}
MONTH = len("2025-01")


def deadlines_calendar(deadlines: Sequence[Deadline], *, name: str, about: str = "") -> bytes:
    """Return days as a calendar of all-day events.

    A month without a day is an event of that whole month. What is not a date at all has no place in a calendar, and is
    left out: see `undated`.

    :param name: what calendars call it.
    :param about: what it holds and how far back it reaches, in a sentence.
    """
    calendar = Calendar()
    calendar.add("prodid", f"-//regintel//regintel {__version__}//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", line(name))
    calendar.add("x-wr-caldesc", line(about))
    calendar.add("x-published-ttl", "PT6H")
    for each in deadlines:
        span = _span(each.day)
        if span is not None:
            calendar.add_component(_event(each, *span))
    return bytes(calendar.to_ical())


def undated(deadlines: Iterable[Deadline]) -> list[Deadline]:
    """Return what names a day that is none: no calendar can hold it."""
    return [each for each in deadlines if _span(each.day) is None]


def _event(deadline: Deadline, begin: date, end: date) -> Event:
    now = deadline.document.current
    title = f"{line(deadline.document.agency).upper()} {HEADS[deadline.kind]}: {line(now.title) or '(no title)'}"
    event = Event()
    event.add("uid", f"{quote(deadline.document.id, safe='')}.{deadline.kind.replace('_', '-')}@regintel")
    event.add("sequence", deadline.revision)
    event.add("dtstamp", moment_of(deadline.changed))
    event.add("last-modified", moment_of(deadline.changed))
    event.add("created", moment_of(deadline.since))
    event.add("dtstart", begin)
    event.add("dtend", end)
    event.add("summary", title if deadline.stands else f"Cancelled: {title}")
    event.add("description", "\n".join(_lines(deadline)))
    event.add("status", "CONFIRMED" if deadline.stands else "CANCELLED")
    event.add("transp", "TRANSPARENT")
    event.add("categories", [line(deadline.document.agency).upper(), HEADS[deadline.kind].capitalize()])
    address = web_address(now.url)
    if address:
        event.add("url", address)
    return event


def _lines(deadline: Deadline) -> Iterable[str]:
    """Yield what stands in an event: what the agency calls the document, where the day comes from, and its address."""
    now = deadline.document.current
    yield line(now.title)
    yield f"Status: {line(now.status).replace('_', ' ')}"
    if not deadline.stands:
        yield "The agency no longer names this day, or withdrew the document before it came."
    if len(deadline.day) == MONTH:
        yield "The agency names the month only."
    if deadline.was:
        yield f"Moved: it was {date_words(deadline.was)}"
    for source, day in deadline.others:
        yield f"Not agreed: {source} says {date_words(day)}"
    if line(deadline.words):
        yield f"In the agency's words: {line(deadline.words)}"
    yield web_address(now.url)
    yield deadline.document.id


def _span(day: str) -> tuple[date, date] | None:
    """Return the first day and the day after the last; none for what is no date."""
    try:
        begin = date.fromisoformat(f"{day}-01" if len(day) == MONTH else day)
        last = begin.replace(day=monthrange(begin.year, begin.month)[1]) if len(day) == MONTH else begin
        return begin, last + timedelta(days=1)
    except (ValueError, OverflowError):
        return None
