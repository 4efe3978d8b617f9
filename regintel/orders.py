"""What a crawl process is told, and what it tells in return.

The parent writes a CrawlOrder to the process's stdin; the process writes what it found, a JSON object a line, to the
order's spool file. The last line is the end; a spool without one is a process that died, and nothing is taken from it.
"""

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from regintel.items import Gone, GuidanceItem, Problem, Response
from regintel.sources import Source


class Validator(BaseModel):
    """A page as it was last read in a healthy run: what to ask with, and where its bytes lie."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    response: Response
    """The archived response that holds the bytes."""
    checked_at: str
    """When the agency last said that these bytes still stand."""


class Listed(BaseModel):
    """A row that the last healthy listing held."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    touched: str | None = None


TRIES = 5
"""Healthy runs that may ask in vain for a document before it is left alone until its list says that it moved again."""


class Due(BaseModel):
    """A document whose own page is to be read, because the list that it stands in says that it moved."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    url: str
    title: str
    stamp: str
    """Which version of the list's entry asks for it; handed back as the first word of the item's `touched`."""


class CrawlOrder(BaseModel):
    """Everything one crawl of one source needs to know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Source
    run: str
    now: datetime | None
    user_agent: str
    prefix: str = ""
    delay: float | None = None
    archive: Path
    spool: Path
    last_success: datetime | None = None
    last_items: int | None = None
    validators: dict[str, Validator] = Field(default_factory=dict)
    listed: dict[str, Listed] = Field(default_factory=dict)
    doubted: frozenset[str] = frozenset()
    """Keys whose own page was missing in the last healthy run."""
    tries: dict[str, int] = Field(default_factory=dict)
    """How many healthy runs have asked in vain for a document since its row last moved, by its key."""
    due: tuple[Due, ...] = ()
    """Of a source that follows another: whose pages to read."""
    given: dict[str, Path] = Field(default_factory=dict)
    """Answers that a person saved, by address: they are read instead of asking, and nothing else is asked.

    Under names that are no addresses, further pages of the list, in their order.
    """
    given_by: str = ""
    """Whose hands they came from."""


class CrawlEnd(BaseModel):
    """The last line of a spool: how the crawl went as a whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    listed: int
    complete: bool
    """Whether every row of the listing was seen with its key: only then can one be missed."""
    requests: int
    not_modified: int
    error_kind: str | None = None
    error: str = ""
    error_url: str | None = None


Spooled = GuidanceItem | Gone | Problem | Response
KINDS: dict[str, type[Spooled]] = {"item": GuidanceItem, "gone": Gone, "problem": Problem, "response": Response}
NAMES = {form: name for name, form in KINDS.items()}


class SpoolWriter:
    """Writes what a crawl found, a line each; flushed to the disk before the end is written."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def write(self, thing: Spooled) -> None:
        """Append one thing."""
        self._line(NAMES[type(thing)], thing)

    def end(self, end: CrawlEnd) -> None:
        """Append the end, and see it to the disk."""
        self._line("end", end)
        self._file.flush()
        os.fsync(self._file.fileno())

    def _line(self, kind: str, thing: BaseModel) -> None:
        self._file.write(json.dumps({kind: thing.model_dump(mode="json")}, ensure_ascii=True) + "\n")


class Spool:
    """Reads a spool; `end` is none when the process died before it wrote one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.end = self._end()

    def things(self) -> Iterator[Spooled]:
        """Yield what was found, in the order it was found."""
        if not self._path.exists():
            return
        with self._path.open(encoding="utf-8") as lines:
            for line in lines:
                if not line.endswith("\n"):
                    return  # torn by a kill; the end is missing too
                ((kind, content),) = json.loads(line).items()
                if kind in KINDS:
                    yield KINDS[kind].model_validate(content)

    def _end(self) -> CrawlEnd | None:
        if not self._path.exists():
            return None
        last = _last_line(self._path)
        return (
            CrawlEnd.model_validate(json.loads(last)["end"])
            if last.startswith('{"end"') and last.endswith("\n")
            else None
        )


def _last_line(path: Path) -> str:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 65536))
        lines = file.read().splitlines(keepends=True)
    return lines[-1].decode() if lines else ""
