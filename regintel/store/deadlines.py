"""The days that documents name for their readers: when comments close, and when a document comes into effect.

Worked out from versions, so it can always be worked out again. A day is never dropped quietly: one that moved says from
where, and one that its agency took back, or whose document was withdrawn before it came, is there as cancelled.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from regintel.records import Document
from regintel.store.database import Index, Row
from regintel.store.documents import documents
from regintel.vocabulary import Stage

GONE = frozenset({Stage.WITHDRAWN, Stage.SUPERSEDED})


class DateKind(StrEnum):
    """Which day."""

    COMMENT_CLOSES = "comment_closes"
    EFFECTIVE = "effective"


@dataclass(frozen=True)
class Deadline:
    """A day that a document names, as far as its agency has said so to this day."""

    document: Document
    kind: DateKind
    day: str
    """ISO; `YYYY-MM` where the agency names the month only. Of one that was taken back, the last that was named."""
    stands: bool
    """False once it was taken back, or its document withdrawn, before it came."""
    was: str | None
    """The day that was named before this one."""
    since: str
    """When this day was first read, UTC."""
    changed: str
    """When the newest version of its document was read, UTC."""
    revision: int
    """How many versions of its document came after the first; it never falls."""
    words: str
    """The agency's own words that the day was read from, where they are kept."""
    others: tuple[tuple[str, str], ...]
    """Sources that name another day now, and that day: until they agree a person has to look."""


def deadlines(
    index: Index,
    *,
    agencies: Collection[str] = (),
    kinds: Collection[DateKind] = (),
    since: str | None = None,
    until: str | None = None,
) -> list[Deadline]:
    """Return the days, soonest first; those that were taken back, too.

    :param agencies: whose; empty means all.
    :param kinds: which; empty means all.
    :param since: an ISO day, inclusive; a month that is named without its day counts by its last.
    :param until: an ISO day, inclusive; such a month counts by its first.
    """
    histories = {name: list(rows) for name, rows in groupby(_versions(index, agencies), lambda row: row["document"])}
    known = {each.id: each for each in documents(index, histories)}
    found = (
        deadline
        for name, rows in histories.items()
        if name in known
        for kind in DateKind
        if (not kinds or kind in kinds) and (deadline := _deadline(known[name], kind, rows)) is not None
    )
    within = (each for each in found if _within(each.day, since, until))
    return sorted(within, key=lambda each: (each.day, each.document.id, each.kind))


def _within(day: str, since: str | None, until: str | None) -> bool:
    first, last = (f"{day}-01", f"{day}-31") if len(day) == len("2025-01") else (day, day)
    return (since is None or last >= since) and (until is None or first <= until)


def _versions(index: Index, agencies: Collection[str]) -> Iterator[Row]:
    """Yield every version of each document that ever named a day, a document's together and oldest first."""
    sql = """
        SELECT versions.id, versions.document, versions.source, versions.at, versions.stage, versions.comment_closes,
               versions.effective, versions.quoted, keys.rank
        FROM versions
        JOIN documents ON documents.id = versions.document
        JOIN (SELECT document, source, min(rank) AS rank FROM document_keys GROUP BY document, source) AS keys
          ON keys.document = versions.document AND keys.source = versions.source
        WHERE (json_array_length(:agencies) = 0 OR documents.agency IN (SELECT value FROM json_each(:agencies)))
          AND versions.document IN (
            SELECT document FROM versions WHERE comment_closes IS NOT NULL OR effective IS NOT NULL)
        ORDER BY documents.seq, versions.id"""
    return index.rows(sql, {"agencies": json.dumps(list(agencies))})


@dataclass(frozen=True)
class _State:
    """What was known once a version had been read."""

    at: str
    day: str | None
    gone: bool
    words: str


def _deadline(document: Document, kind: DateKind, rows: Sequence[Row]) -> Deadline | None:
    states = list(_states(kind, rows))
    named = [state for state in states if state.day]
    if not named:
        return None
    last = named[-1]
    run = [state for state in states if state.day == last.day]
    former = [state.day for state in named if state.day != last.day]
    ended = _ended(states, last.day)
    newest = {row["source"]: row for row in rows}
    others = {name: row[kind] for name, row in newest.items() if row[kind] and not _agree(row[kind], str(last.day))}
    return Deadline(
        document=document,
        kind=kind,
        day=str(last.day),
        stands=ended is None or _came(str(last.day), ended),
        was=former[-1] if former else None,
        since=run[0].at,
        changed=states[-1].at,
        revision=len(rows) - 1,
        words=last.words,
        others=tuple(sorted(others.items())),
    )


def _agree(one: str, other: str) -> bool:
    """Return whether two sources name the same day; one may name its month only."""
    return one.startswith(other) or other.startswith(one)


def _came(day: str, ended: str) -> bool:
    """Return whether a day had passed when it was taken back: then it is history."""
    return day < ended[: len(day)]


def _ended(states: Sequence[_State], day: str | None) -> str | None:
    """Return since when nobody names the day any more or its document is withdrawn; none where it still stands."""
    ended = None
    for state in reversed(states):
        if state.day == day and not state.gone:
            break
        ended = state.at
    return ended


def _states(kind: DateKind, rows: Iterable[Row]) -> Iterator[_State]:
    """Yield what was known after each version, as `view` shows a document: by its list, the rest filled in."""
    newest: dict[str, Row] = {}
    for row in rows:
        newest[row["source"]] = row
        first, *others = sorted(newest.values(), key=lambda each: (each["rank"], _gone(each), -each["id"]))
        names = next((each for each in (first, *others) if each[kind]), None)
        words = str(json.loads(names["quoted"]).get(kind, "")) if names else ""
        yield _State(row["at"], names[kind] if names else None, _gone(first), words)


def _gone(row: Row) -> bool:
    return row["stage"] in GONE
