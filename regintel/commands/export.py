"""The command that writes documents, or the change log, for other programs and for people."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from regintel.clock import iso, moment_of
from regintel.commands.door import answer, house_command, reading
from regintel.commands.narrowing import filters_of, narrowing
from regintel.exceptions import UsageError
from regintel.house import House
from regintel.logs import printable

if TYPE_CHECKING:
    from regintel.jobs.export import Export, Wanted
    from regintel.store.database import Index

LOGGED = ("agency", "source", "since", "until")
"""The filters that narrow the change log, too."""


@house_command()
@click.argument("query", nargs=-1)
@click.option(
    "--format", "form", type=click.Choice(["jsonl", "csv", "xlsx"]),
    help="What is written. [default: what FILE ends with, else jsonl]",
)  # fmt: skip
@click.option("-o", "--output", "path", type=click.Path(path_type=Path), help="The file; else stdout. It is replaced.")
@narrowing
@click.option("-n", "count", type=click.IntRange(min=1), help="How many at most. [default: all]")
@click.option("--mode", type=click.Choice(["hybrid", "lexical", "semantic"]), default="hybrid", show_default=True)
@click.option("--changes", "log", is_flag=True, help="The change log; --since and --until are then when it was seen.")
def export(
    house: House,
    *,
    query: tuple[str, ...],
    form: str | None,
    path: Path | None,
    log: bool,
    count: int | None,
    mode: str,
    as_json: bool,
    **narrowed: Any,
) -> None:
    """Write documents with their labels, for programs and people: all, or what a search narrows them to.

    jsonl has the words as they are; csv and xlsx have nothing that a spreadsheet would run. What could not be read, and
    may be missing, is told on stderr, and in a workbook on its second sheet. --json tells what was written to FILE.
    """
    from regintel.jobs.export import Format, Wanted, gaps, whole_file, write
    from regintel.search.modes import Mode

    path = None if path == Path("-") else path
    chosen = _form(form, path)
    if as_json and path is None:
        raise UsageError("--json tells what was written to a file: name one with -o")
    wanted = Wanted(" ".join(query), filters_of(house, **narrowed), Mode(mode), count)
    with reading(house) as index, index.snapshot():
        made = _log(index, house, wanted) if log else _documents(index, house, wanted)
        if path is None:
            write(made, Format(chosen), sys.stdout.buffer)
        else:
            with whole_file(path) as out:
                write(made, Format(chosen), out)
    missing = gaps(made.about.standing)
    _say(made, path, missing)
    if as_json:
        told = {"format": chosen, "file": str(path), "rows": made.count, "notes": made.notes, "missing": missing}
        answer(told)


def _form(form: str | None, path: Path | None) -> str:
    """Return what is written where.

    :raises UsageError: for a workbook without a file: it is no text for a terminal or a pipe.
    """
    ending = path.suffix.removeprefix(".").lower() if path else ""
    chosen = form or (ending if ending in {"csv", "xlsx"} else "jsonl")
    if chosen == "xlsx" and path is None:
        raise UsageError("an xlsx workbook is written to a file: name one with -o")
    return chosen


def _documents(index: "Index", house: House, wanted: "Wanted") -> "Export":
    from regintel.answers import exported_answer
    from regintel.jobs.export import of_documents

    return of_documents(index, house, wanted, exported_answer)


def _log(index: "Index", house: House, wanted: "Wanted") -> "Export":
    """Return the change log, newest first.

    :raises UsageError: for what narrows documents, not changes.
    """
    from regintel.answers import change_answer
    from regintel.jobs.export import of_log
    from regintel.store.documents import changes

    filters = wanted.filters
    other = [name for name in filters.__dataclass_fields__ if getattr(filters, name) and name not in LOGGED]
    if other or wanted.query:
        raise UsageError(f"the change log is narrowed by {', '.join(f'--{each}' for each in LOGGED)} and -n only")
    since = iso(moment_of(filters.since)) if filters.since else None
    found = [
        change_answer(each)
        for each in changes(index, since=since)
        if (not filters.agency or each.agency in filters.agency)
        and (not filters.source or each.source in filters.source)
        and (not filters.until or each.at[: len(filters.until)] <= filters.until)
    ]
    told = [(name, str(getattr(filters, name))) for name in LOGGED if getattr(filters, name)]
    return of_log(index, house, found[: wanted.count], told)


def _say(made: "Export", path: Path | None, missing: list[str]) -> None:
    """Tell people, on stderr, what they have and what it may lack."""
    click.echo(f"{made.count} {made.title.lower()}" + (f" written to {path}" if path else ""), err=True)
    for words in (*made.notes, *missing):
        click.echo(printable(words), err=True)
