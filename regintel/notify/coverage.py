"""How the sources stand, in words: what could not be read, since when, and what could.

What could not be read is named source by source; what was read is counted by agency, where it is much.
"""

from collections.abc import Iterator

from regintel.clock import moment_of
from regintel.notify.dates import day_words
from regintel.notify.mrkdwn import clean, cut
from regintel.records import Digest, SourceHealth
from regintel.vocabulary import SourceState

FEW = 5
"""Up to so many sources that were read are told one by one."""


def coverage(digest: Digest) -> tuple[str, ...]:
    """Return what could not be read, then what was, what is switched off, and how much the index holds."""
    read = [source for source in digest.sources if source.state is SourceState.OK]
    year = digest.day[:4]
    told = [_read(source, year) for source in read] if len(read) <= FEW else [*_told(read, year), *_unclear(read)]
    off = [_name(source) for source in digest.sources if source.state is SourceState.DISABLED]
    switched = [f"Switched off ({len(off)}): {'; '.join(off)}"] if off else []
    return (*gaps(digest), *told, *switched, f"The index holds {digest.documents:,} documents.")


def gaps(digest: Digest) -> tuple[str, ...]:
    """Return what could not be read."""
    unread = (source for source in digest.sources if source.state not in {SourceState.OK, SourceState.DISABLED})
    return tuple(_unread(source, digest.day[:4]) for source in unread)


def _told(read: list[SourceHealth], year: str) -> Iterator[str]:
    """Yield what was read, agency by agency, and since when all of it is."""
    first = min(source.last_success or "" for source in read)
    agencies = dict.fromkeys(source.agency for source in read)
    counts = (_count(agency, [source for source in read if source.agency == agency]) for agency in agencies)
    since = f" since{_moment(first, year)}" if first else ""
    yield f"{len(read)} sources read{since}: {'; '.join(counts)}"


def _count(agency: str, sources: list[SourceHealth]) -> str:
    rows = sum(source.last_items or 0 for source in sources)
    lists = f"{len(sources)} source{'' if len(sources) == 1 else 's'}"
    return f"{clean(agency).upper()} {lists}, {rows:,} {'entry' if rows == 1 else 'entries'}"


def _unclear(read: list[SourceHealth]) -> Iterator[str]:
    """Yield where rows were not understood."""
    unclear = [f"{_name(source)} ({source.open_problems:,})" for source in read if source.open_problems]
    if unclear:
        rows = sum(source.open_problems for source in read)
        yield f"{rows:,} {'row' if rows == 1 else 'rows'} not understood: {'; '.join(unclear)}"


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
