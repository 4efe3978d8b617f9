"""How the sources stand, in words: what could not be read, since when, and what could."""

from regintel.clock import moment_of
from regintel.notify.dates import day_words
from regintel.notify.mrkdwn import clean, cut
from regintel.records import Digest, SourceHealth
from regintel.vocabulary import SourceState


def coverage(digest: Digest) -> tuple[str, ...]:
    """Return what could not be read, then what was, what is switched off, and how much the index holds."""
    year = digest.day[:4]
    read = (_read(source, year) for source in digest.sources if source.state is SourceState.OK)
    off = (f"{_name(source)} is switched off" for source in digest.sources if source.state is SourceState.DISABLED)
    return (*gaps(digest), *read, *off, f"The index holds {digest.documents:,} documents.")


def gaps(digest: Digest) -> tuple[str, ...]:
    """Return what could not be read."""
    unread = (source for source in digest.sources if source.state not in {SourceState.OK, SourceState.DISABLED})
    return tuple(_unread(source, digest.day[:4]) for source in unread)


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
