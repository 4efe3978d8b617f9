"""An export as a workbook: a sheet of what was asked for, and one that says what it is and what may be missing.

Every word is written as a string, so nothing in it is a formula, a number or a date to a spreadsheet; only an address
of the web is a link. Rows go to disk as they are written.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

from regintel import __version__
from regintel.clock import moment_of
from regintel.exceptions import UsageError
from regintel.jobs.columns import Cell, Column, Record
from regintel.jobs.standing import Standing
from regintel.text.cells import cleaned, fitting

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

ROWS = 1_048_575
"""Of a sheet, below its header."""
CHARACTERS = 32_767
"""Of a cell, in UTF-16 units."""
LINKS = 65_530
"""Of a sheet; with more, a spreadsheet takes the file for damaged."""
ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]{1,90}(:\d{1,5})?(/[!-~]{0,590})?")
"""What becomes a link: of others a spreadsheet may say that the file is damaged. Escaped, a character may be three, and
2,079 are allowed."""
NO_DAY = datetime(1980, 1, 1, tzinfo=UTC)
NAMED = 20
"""Documents that are named as cut, at most."""


@dataclass(frozen=True)
class About:
    """What an export is."""

    facts: Sequence[tuple[str, str]]
    """Names and values: when, of what, narrowed how, how many."""
    standing: Standing
    """How the sources stood."""
    newest: str | None
    """When any source was read last; the file's own date, so that the same index gives the same file."""


@dataclass
class _Sheet:
    """A sheet that is being filled, from its top downwards."""

    sheet: "Worksheet"
    row: int = 0
    links: int = 0
    cut: list[str] = field(default_factory=list)
    """Names of the rows in which a cell had no room for all of its words."""

    def add(self, cells: Sequence[Cell], *, name: str = "", shape: object = None) -> None:
        """Write a row."""
        cuts = [self._put(column, cell, shape) for column, cell in enumerate(cells)]
        if any(cuts):
            self.cut.append(name)
        self.row += 1

    def _put(self, column: int, cell: Cell, shape: object) -> bool:
        """Write a cell; return whether it was cut."""
        if cell is None or cell == "":
            return False
        if isinstance(cell, bool):
            self.sheet.write_boolean(self.row, column, cell, shape)
            return False
        if not isinstance(cell, str):
            self.sheet.write_number(self.row, column, cell, shape)
            return False
        whole = cleaned(cell)
        words = fitting(whole, CHARACTERS)
        if ADDRESS.fullmatch(whole) and self.links < LINKS:
            self.links += 1
            self.sheet.write_url(self.row, column, whole, shape, words)
        else:
            self.sheet.write_string(self.row, column, words, shape)
        return words != whole


def write_workbook(
    out: BinaryIO, title: str, columns: Sequence[Column], records: Iterable[Record], count: int, about: About,
    *, rows: int = ROWS,
) -> None:  # fmt: skip
    """Write a workbook.

    :param count: how many records there are.
    :param rows: how many a sheet can hold.
    :raises UsageError: when there are more.
    """
    from xlsxwriter import Workbook

    if count > rows:
        raise UsageError(f"{count:,} rows are more than a sheet holds ({rows:,}): narrow it, or export as csv or jsonl")
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(out, options) as book:
        bold = book.add_format({"bold": True})
        created = (moment_of(about.newest) if about.newest else NO_DAY).replace(tzinfo=None)
        book.set_properties({"title": title, "author": f"regintel {__version__}", "created": created})
        first = book.add_worksheet(title)
        for at, column in enumerate(columns):
            first.set_column(at, at, column.width)
        first.freeze_panes(1, 0)
        first.autofilter(0, 0, max(count, 1), len(columns) - 1)
        filled = _Sheet(first)
        filled.add([column.name for column in columns], shape=bold)
        for record in records:
            filled.add([column.cell(record) for column in columns], name=str(record["id"]))
        _tell(_Sheet(book.add_worksheet("About")), about, filled.cut, bold)


def _tell(page: _Sheet, about: About, cut: Sequence[str], bold: object) -> None:
    """Fill the sheet that says what the file is."""
    page.sheet.set_column(0, 0, 24)
    page.sheet.set_column(1, 7, 22)
    for name, value in about.facts:
        page.add([name, value])
    if cut:
        more = f" and {len(cut) - NAMED} more" if len(cut) > NAMED else ""
        page.add(["cells cut", f"at {CHARACTERS:,} characters, which is all that a cell holds: in the rows "
                               f"{', '.join(cut[:NAMED])}{more}"])  # fmt: skip
    page.add([])
    page.add(["source", "agency", "state", "last read well", "failing since", "items", "why", "title"], shape=bold)
    for each in about.standing.healths:
        page.add([each.source, each.agency, each.state, each.last_success, each.failing_since, each.last_items,
                  each.reason, each.title])  # fmt: skip
