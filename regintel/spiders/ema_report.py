"""EMA's data files: one JSON array of flat records, read record by record, and mended where it is broken.

How they come (2025-12 to 2026-09):

* as a bare array, as `{"data": [...]}`, or as `{"meta": {"total_records": …, "timestamp": …}, "data": [...]}`;
* on 2026-07-12 the documents file was no JSON: no commas between its elements, unescaped quotes and control characters
  in `name`. On 2026-09-02 it was valid again, with 70,444 records and some 40 MB.

Pure: bytes in, records and faults out. A record is decoded strictly; only one that cannot be is taken apart by its
fields. One record is in memory at a time, beside the text.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

Record = dict[str, Any]

DECODER = json.JSONDecoder()
SPACE = re.compile(r"[\s\ufeff]*")
GAP = re.compile(r"[\s,]*")
MEMBER = re.compile(r'\s*"([^"]*)"\s*:\s*')
START = re.compile(r'\{\s*"[a-z_]+"\s*:')
# what may stand behind a record: the next one, or the end of the list and of the file
FOLLOWS = re.compile(r'[\s,]*(?:\{\s*"[a-z_]+"\s*:|\](?:\s*\}?\s*\Z|\s*,\s*"[a-z_]+"\s*:)|\Z)')
# "name":"Guideline on "x"
#  and y","type":"…: a value ends where a quote stands before the next field, or before the record's end
FIELD = re.compile(
    r'"(?P<name>[a-z_]+)"\s*:\s*(?:"(?P<value>.*?)"|null)(?=\s*(?:,\s*"[a-z_]+"\s*:|\}[\s,]*\Z))', re.DOTALL
)
LONE_QUOTE = re.compile(r'(?<!\\)((?:\\\\)*)"')
SHOWN = 80
LONGEST = 4096
"""Characters to look at for a record: a decoder that fails counts the lines of all it was given."""


class Report:
    """One data file: iterate over its records, then ask what was wrong with it."""

    def __init__(self, body: bytes) -> None:
        self._text = body.decode("utf-8", "replace")  # a broken character costs its record; the spider sees to that
        self.total: int | None = None
        """How many records the file says it holds."""
        self.read = 0
        """Records that came out."""
        self.mended = 0
        """Of them, those that were no JSON."""
        self.lost: list[str] = []
        """How each record begins that could not be saved."""
        self.commas_missing = False
        self.cut_off = False
        """Whether the array has no end."""

    def __iter__(self) -> Iterator[Record]:
        """Yield the records in their order.

        :raises ValueError: when this is no list of records at all.
        """
        at = self._open()
        while True:
            gap = GAP.match(self._text, at)
            at = gap.end() if gap else at
            if self._text.startswith("]", at) or at >= len(self._text):
                self._close(at)
                return
            self.commas_missing |= bool(self.read and gap and "," not in gap[0])
            record, at = self._record(at)
            if record is not None:
                self.read += 1
                yield record

    @property
    def is_whole(self) -> bool:
        """Return whether every record that the file holds came out, as far as it tells."""
        if self.lost or self.cut_off:
            return False
        if self.total is None:  # nothing to count against: a broken file may lack more than it shows
            return not (self.mended or self.commas_missing)
        return self.read == self.total

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield what was wrong, as a kind and a line, once all records were read."""
        if self.commas_missing or self.mended:
            yield "form", f"the file is not JSON: {self.mended} of {self.read} records had to be taken apart"
        if self.lost:
            yield "form", f"{len(self.lost)} records could not be read; the first begins {self.lost[0]!r}"
        if self.cut_off:
            yield "form", f"the file ends within its list, after {self.read} records"
        if self.total is not None and self.read != self.total:
            yield "count", f"{self.read} records where meta.total_records says {self.total}; no removal is concluded"

    def _open(self) -> int:
        """Return where the first record is due; remember what stands before."""
        at = _behind(SPACE, self._text, 0)
        if self._text.startswith("[", at):
            return at + 1
        if not self._text.startswith("{", at):
            raise ValueError(f"not JSON: {self._text[:SHOWN]!r}")
        found = self._members(at + 1)
        if found is None:
            raise ValueError("no list of records under 'data'")
        return found

    def _members(self, at: int) -> int | None:
        """Read the members of the envelope from here on; return where the records begin, if they do."""
        while match := MEMBER.match(self._text, at):
            if match[1] == "data" and self._text.startswith("[", match.end()):
                return match.end() + 1
            value, at = DECODER.raw_decode(self._text, match.end())
            if match[1] == "meta" and isinstance(value, dict) and isinstance(value.get("total_records"), int):
                self.total = value["total_records"]
            at = _behind(GAP, self._text, at)
        return None

    def _close(self, at: int) -> None:
        self.cut_off = at >= len(self._text)
        if not self.cut_off:
            self._members(_behind(GAP, self._text, at + 1))

    def _record(self, at: int) -> tuple[Record | None, int]:
        """Return the record that begins here, or none, and where it ends."""
        try:
            record, length = DECODER.raw_decode(self._text[at : at + LONGEST])
        except ValueError:
            return self._broken(at)
        if not FOLLOWS.match(self._text, at + length):  # "name":""} in brackets","type":…: its end was none
            return self._broken(at)
        return record, at + length

    def _broken(self, at: int) -> tuple[Record | None, int]:
        """Return what can be had of a record that is no JSON, or none, and where the next one begins."""
        following = START.search(self._text, at + 1)
        end = following.start() if following else max(self._text.rfind("]"), at + 1)
        record = _strict(self._text[at:end])
        if record is None:
            record = salvaged(self._text[at:end])
            self.mended += record is not None
        if record is None:
            self.lost.append(self._text[at : at + SHOWN])
        return record, end


def salvaged(text: str) -> Record | None:
    r"""Return the fields of a record that is no JSON, or none if it has no end.

    >>> salvaged('{"id":"1","name":"The "QP"\tdeclaration","type":"other"},')
    {'id': '1', 'name': 'The "QP"\tdeclaration', 'type': 'other'}
    >>> salvaged('{"id":"1","name":"cut off')
    """
    if not text.rstrip(" \t\r\n,").endswith("}"):
        return None
    return {match["name"]: _plain(match["value"]) for match in FIELD.finditer(text)} or None


def _strict(text: str) -> Record | None:
    """Return a record that was only longer than others."""
    try:
        record: Record
        record, length = DECODER.raw_decode(text)
    except ValueError:
        return None
    return None if text[length:].strip(" \t\r\n,") else record


def _plain(value: str | None) -> str | None:
    """Return a value without its escapes, where they can be read."""
    if value is None:
        return None
    try:
        return str(json.loads('"' + LONE_QUOTE.sub(r'\1\\"', value) + '"', strict=False))
    except ValueError:
        return value


def _behind(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at
