"""Documents with their labels, or the change log, as a file for other programs and for people.

One state of the index is read, in batches: a crawl beside it does not show, and memory stays bounded. The same index
and the same wishes give the same bytes.
"""

import codecs
import csv
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from regintel import __version__
from regintel.clock import iso
from regintel.exceptions import UsageError
from regintel.house import House
from regintel.jobs.columns import CHANGES, DOCUMENTS, Cell, Column, Record, line
from regintel.jobs.standing import Standing, standing
from regintel.jobs.workbook import About, write_workbook
from regintel.records import Document, Labels, SearchFilters
from regintel.search.modes import Mode
from regintel.store.database import Index
from regintel.store.documents import documents
from regintel.store.labels import labels_of
from regintel.store.runs import newest_finish
from regintel.store.search import allowed
from regintel.text.cells import defused

BATCH = 500
"""Documents that are read at once."""


class Format(StrEnum):
    """What is written."""

    JSONL = "jsonl"
    """A JSON object a line: the words as they are."""
    CSV = "csv"
    """RFC 4180, UTF-8 with a byte order mark, without which Excel reads Japanese as gibberish; nothing is a formula."""
    XLSX = "xlsx"
    """A workbook that also says what it is, and which sources could not be read."""


@dataclass(frozen=True)
class Wanted:
    """Which documents."""

    query: str = ""
    filters: SearchFilters = field(default_factory=SearchFilters)
    mode: Mode = Mode.HYBRID
    count: int | None = None
    """How many at most; none means all."""


@dataclass(frozen=True)
class Export:
    """What is to be written, and what has to be said with it."""

    title: str
    columns: Sequence[Column]
    records: Iterable[Record]
    count: int
    about: About
    notes: tuple[str, ...]
    """How a query was read, and what else is not plain."""


def of_documents(
    index: Index, house: House, wanted: Wanted, told: Callable[[Document, Labels | None], Record]
) -> Export:
    """Return the documents that are wanted: a query's best first, else the newest first.

    :param told: returns a document's record; its labels are none where it was never labelled.
    """
    names, notes = _found(index, house, wanted)
    kept = names if wanted.count is None else names[: wanted.count]
    unlabelled = len(kept) - sum(1 for _ in _labelled(index, kept))
    if unlabelled:
        notes = (*notes, f"{unlabelled} documents have no labels yet (`regintel classify` gives them)")
    facts = [("documents", f"{len(kept)} of {len(names)} that answer" if len(kept) < len(names) else str(len(kept)))]
    facts += _narrowed(wanted)
    about = _about(index, house, facts, notes)
    return Export("Documents", DOCUMENTS, _records(index, kept, told), len(kept), about, notes)


def of_log(index: Index, house: House, records: Sequence[Record], facts: Sequence[tuple[str, str]]) -> Export:
    """Return the change log as it is given."""
    counted = [("changes", str(len(records))), *facts]
    return Export("Changes", CHANGES, records, len(records), _about(index, house, counted, ()), ())


def _found(index: Index, house: House, wanted: Wanted) -> tuple[Sequence[str], tuple[str, ...]]:
    if not wanted.query.strip():
        return allowed(index, wanted.filters), ()
    found = house.searcher.search(index, wanted.query, wanted.filters, mode=wanted.mode, count=0)
    if wanted.mode is Mode.LEXICAL or not found.answering:
        return found.answering, found.notes
    meant = f"mode {wanted.mode}: the last of them may hold no word of the query (--mode lexical: only those that do)"
    return found.answering, (*found.notes, meant)


def _labelled(index: Index, names: Sequence[str]) -> Iterator[str]:
    for start in range(0, len(names), BATCH):
        yield from labels_of(index, names[start : start + BATCH])


def _records(index: Index, names: Sequence[str], told: Callable[[Document, Labels | None], Record]) -> Iterator[Record]:
    for start in range(0, len(names), BATCH):
        batch = names[start : start + BATCH]
        labels = labels_of(index, batch)
        for document in documents(index, batch):
            yield told(document, labels.get(document.id))


def _narrowed(wanted: Wanted) -> list[tuple[str, str]]:
    facts = [("query", wanted.query), ("mode", str(wanted.mode))] if wanted.query.strip() else []
    for each in fields(wanted.filters):
        value = getattr(wanted.filters, each.name)
        if value:
            facts.append((each.name, value if isinstance(value, str) else ", ".join(value)))
    return facts or [("narrowed to", "nothing: every document that the index holds")]


def _about(index: Index, house: House, facts: Sequence[tuple[str, str]], notes: Sequence[str]) -> About:
    stands = standing(index, house)
    told = [
        ("exported", iso(house.clock.now())),
        ("by", f"regintel {__version__}"),
        *facts,
        ("documents in the index", str(stands.documents)),
        ("last read", stands.last_read or "never"),
        ("sources not read", str(len(stands.unread))),
        *(("note", note) for note in (*notes, *gaps(stands))),
    ]
    return About(told, stands, newest_finish(index))


def gaps(stands: Standing) -> list[str]:
    """Return what may be missing, a line each."""
    never = [each.source for each in stands.unread if each.state == "never_run"]
    lines = [
        f"not read: {each.source} is {each.state} since {each.failing_since or '?'}, last read well "
        f"{each.last_success or 'never'}: what is newer there is missing"
        for each in stands.unread if each.source not in never
    ]  # fmt: skip
    return [*lines, *([f"never read: {', '.join(never)}"] if never else [])]


def write(export: Export, form: Format, out: BinaryIO) -> None:
    """Write an export.

    :raises UsageError: when it is more than a workbook holds.
    """
    if form is Format.XLSX:
        write_workbook(out, export.title, export.columns, export.records, export.count, export.about)
    elif form is Format.CSV:
        _write_csv(out, export.columns, export.records)
    else:
        for record in export.records:
            out.write(f"{line(record)}\n".encode())


def _write_csv(out: BinaryIO, columns: Sequence[Column], records: Iterable[Record]) -> None:
    sheet = csv.writer(codecs.getwriter("utf-8-sig")(out), lineterminator="\r\n")
    sheet.writerow([column.name for column in columns])
    sheet.writerows([_cell(column.cell(record)) for column in columns] for record in records)


def _cell(value: Cell) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return defused(value) if isinstance(value, str) else "" if value is None else str(value)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write that takes the place of the one at `path` once it is whole; where writing fails, of none.

    :raises UsageError: when there cannot be such a file.
    """
    place = Path(os.path.realpath(path))
    half = place.with_name(f".{place.name}.{os.getpid()}.new")
    if place.exists() and not place.is_file():
        raise UsageError(f"{path}: is no file")
    try:
        out = half.open("xb")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    try:
        with out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        half.replace(place)
    finally:
        half.unlink(missing_ok=True)
