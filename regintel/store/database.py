"""The index file: one writer, many readers, nothing lost that was committed.

WAL with synchronous=FULL, because a commit here precedes messages to people: what was committed survives a power cut.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self

from sqlite_utils import Database

from regintel.exceptions import StoreError
from regintel.store.migrations import migrations, unknown_to_us

Row = dict[str, Any]


class Index:
    """An open index."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.db.conn.row_factory = sqlite3.Row

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is written inside as a whole, or nothing of it; references are checked at the end."""
        with self.db.atomic():
            self.db.execute("PRAGMA defer_foreign_keys = ON")
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read one state of the index, whatever others write meanwhile; until the end, their journal is kept."""
        with self.db.atomic():
            yield

    def rows(self, sql: str, values: Iterable[object] | Mapping[str, object] = ()) -> Iterator[Row]:
        """Yield the rows of a query."""
        for row in self.db.execute(sql, _bound(values)):
            yield dict(row)

    def tuples(self, sql: str, values: Iterable[object] | Mapping[str, object] = ()) -> sqlite3.Cursor:
        """Return a cursor over a query's rows as plain tuples, for queries of thousands of rows."""
        cursor = self.db.conn.cursor()
        cursor.row_factory = None
        return cursor.execute(sql, _bound(values))

    def row(self, sql: str, values: Iterable[object] | Mapping[str, object] = ()) -> Row | None:
        """Return the first row of a query, or none."""
        return next(self.rows(sql, values), None)

    def write(self, sql: str, values: Iterable[object] | Mapping[str, object] = ()) -> int:
        """Run one writing statement; return how many rows it touched."""
        return self.db.execute(sql, _bound(values)).rowcount

    def insert(self, table: str, row: Mapping[str, object]) -> int:
        """Insert one row; return its rowid. Tuples, lists and dicts are stored as JSON."""
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" for _ in row)
        sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608  (names are ours)
        cursor = self.db.execute(sql, [_stored(each) for each in row.values()])
        return int(cursor.lastrowid or 0)

    def quick_check(self) -> list[str]:
        """Return what SQLite finds wrong with the file at a glance: nothing, if its pages are well."""
        return [str(row[0]) for row in self.db.execute("PRAGMA quick_check(3)") if row[0] != "ok"]

    def limit(self, seconds: float) -> None:
        """Interrupt what is still being asked after so many seconds from now: `sqlite3.OperationalError`."""
        end = monotonic() + seconds
        # Every 2,000 steps of SQLite's machine: a fraction of a millisecond, and a hundredth of the time.
        self.db.conn.set_progress_handler(lambda: monotonic() > end, 2_000)

    def check(self) -> list[str]:
        """Return what SQLite finds wrong with the file: nothing, if all is well."""
        found = [str(row[0]) for row in self.db.execute("PRAGMA integrity_check(20)")]
        orphans = [
            f"{row[0]} row {row[1]} points to no {row[2]}" for row in self.db.execute("PRAGMA foreign_key_check")
        ]
        return [each for each in found if each != "ok"] + orphans


def _bound(values: Iterable[object] | Mapping[str, object]) -> dict[str, object] | tuple[object, ...]:
    return dict(values) if isinstance(values, Mapping) else tuple(values)


def _stored(value: object) -> object:
    if isinstance(value, tuple | list | dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return int(value) if isinstance(value, bool) else value


def open_index(path: Path) -> Index:
    """Open the index for writing, made and brought up to date if need be.

    :raises StoreError: when the file is no index, cannot be opened, or was made by a newer regintel.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        index = Index(Database(path))
        index.db.enable_wal()
        _prepare(index)
        _refuse_newer(index, path)
        migrations.apply(index.db)
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path}: {error}") from error
    return index


def read_index(path: Path) -> Index:
    """Open the index for reading; before the first run there is an empty one, and no file is made.

    :raises StoreError: when the file is no index, or was made by an older or newer regintel.
    """
    if not path.exists():
        index = Index(Database(memory=True))
        migrations.apply(index.db)
        return index
    try:
        index = Index(Database(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)))
        _prepare(index)
        _refuse_newer(index, path)
        pending = migrations.pending(index.db)
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path}: {error}") from error
    if pending:
        raise StoreError(
            f"{path}: made by an older regintel; any writing command (`regintel crawl`) brings it up to date"
        )
    return index


def append_index(path: Path, patience: float) -> Index:
    """Open the index to append single rows beside a run, without the lock file.

    The lock file keeps two runs apart: a run reads, concludes from what it read and writes that down over minutes, and
    another one in between would make its conclusions wrong. A row that says what a person said concludes nothing from
    other rows, changes none, and no run concludes from its absence; so that two writers do not mix, SQLite's own lock
    on each transaction is enough. Keep it so: one insert or a few in a transaction, nothing read in it before, since a
    transaction that has read and then finds another writer fails at once, however patient it is.

    :param patience: seconds to wait for another writer's transaction to end.
    :raises StoreError: when there is no index yet, or it was made by an older or newer regintel.
    """
    try:
        index = Index(Database(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)))
        _prepare(index)
        index.db.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")
        _refuse_newer(index, path)
        pending = migrations.pending(index.db)
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path}: {error}") from error
    if pending:
        raise StoreError(f"{path}: made by an older regintel; `regintel run` brings it up to date")
    return index


def _refuse_newer(index: Index, path: Path) -> None:
    newer = unknown_to_us(index.db)
    if newer:
        raise StoreError(f"{path}: made by a newer regintel ({newer[-1]}); upgrade this one")


def _prepare(index: Index) -> None:
    index.db.execute("PRAGMA synchronous = FULL")
    index.db.execute("PRAGMA foreign_keys = ON")
    index.db.execute("PRAGMA busy_timeout = 10000")
