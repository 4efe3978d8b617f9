"""How the sources stand, in words: what could not be read, since when, and what could.

What could not be read is named source by source; of an agency with several sources, what was read is one line.
"""

from collections.abc import Iterator
from itertools import groupby

from regintel.clock import moment_of
from regintel.notify.dates import day_words
from regintel.notify.mrkdwn import clean, cut
from regintel.records import Digest, SourceHealth
from regintel.vocabulary import SourceState


def coverage(digest: Digest) -> tuple[str, ...]:
    """Return what could not be read, then what was, what is switched off, and how much the index holds."""
    year = digest.day[:4]
    read = (
        line for _, of in groupby(_by_agency(digest), lambda source: source.agency) for line in _told(list(of), year)
    )
    off = (f"{_name(source)} is switched off" for source in digest.sources if source.state is SourceState.DISABLED)
    return (*gaps(digest), *read, *off, f"The index holds {digest.documents:,} documents.")


def gaps(digest: Digest) -> tuple[str, ...]:
    """Return what could not be read."""
    unread = (source for source in digest.sources if source.state not in {SourceState.OK, SourceState.DISABLED})
    return tuple(_unread(source, digest.day[:4]) for source in unread)


SEVERAL = 3
"""Sources of one agency from which on what was read of them is one line."""


def _by_agency(digest: Digest) -> list[SourceHealth]:
    order = {agency: at for at, agency in enumerate(dict.fromkeys(source.agency for source in digest.sources))}
    return sorted(digest.sources, key=lambda source: order[source.agency])


def _told(sources: list[SourceHealth], year: str) -> Iterator[str]:
    """Yield what was read of one agency's sources."""
    read = [source for source in sources if source.state is SourceState.OK]
    if len(sources) < SEVERAL or not read:
        yield from (_read(source, year) for source in read)
        return
    wanted = [source for source in sources if source.state is not SourceState.DISABLED]
    first = min(source.last_success or "" for source in read)
    problems = sum(source.open_problems for source in read)
    rows = sum(source.last_items or 0 for source in read)
    unclear = f", {problems:,} not understood" if problems else ""
    some = "all" if len(read) == len(wanted) else f"{len(read)} of"
    agency = read[0].agency.upper()
    yield f"{agency}: {some} {len(wanted)} sources read{_moment(first, year)}, {rows:,} entries{unclear}"


def _read(source: SourceHealth, year: str) -> str:
    count = f", {source.last_items:,} documents" if source.last_items is not None else ""
    problems = f", {source.open_problems:,} not understood" if source.open_problems else ""
    return f"{_name(source)}: read{_moment(source.last_success, year)}{count}{problems}"


def _unread(source: SourceHealth, year: str) -> str:
    if source.state is SourceState.NEVER_RUN:
        return f"{_name(source)} has not been read yet"
    since = source.failing_since or source.last_run or ""
    why = "blocked" if source.state is SourceState.BLOCKED else _reason(source)
    told = f" since {day_words(since, year=not since.startswith(year))}" if since else ""
    last = f"last read{_moment(source.last_success, year)}" if source.last_success else "never read before"
    return f"{_name(source)} could not be read{told} ({why}); {last}"


def _reason(source: SourceHealth) -> str:
    """Return what went wrong, without the source's id that error messages begin with."""
    return cut(clean(source.reason).removeprefix(f"{source.source}: "), 120) or "failed"


def _name(source: SourceHealth) -> str:
    return clean(source.title) or clean(source.source)


def _moment(text: str | None, year: str) -> str:
    return f" {day_words(text, year=not text.startswith(year))} {moment_of(text):%H:%M} UTC" if text else ""
