"""What an export holds of a document or a change, as the columns of a sheet: one value a cell, in words people know."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regintel.text.cells import cleaned

Record = Mapping[str, Any]
Cell = str | float | bool | None


@dataclass(frozen=True)
class Column:
    """One column."""

    name: str
    width: int
    """Characters, on a screen."""
    cell: Callable[[Record], Cell]


def _plain(name: str, width: int = 12) -> Column:
    return Column(name, width, lambda record: record[name])


def _scored(name: str) -> Column:
    """Return the column of labels with their scores: `potency (0.930); comparability (0.614)`."""
    return Column(
        name, 40, lambda record: "; ".join(f"{each['id']} ({each['score']:.3f})" for each in record[name] or ())
    )


def _ids(heading: str, name: str) -> Column:
    """Return the column of labels' ids alone, by which a sheet can be filtered."""
    return Column(heading, 30, lambda record: "; ".join(each["id"] for each in record[name] or ()))


def _fields(name: str) -> Column:
    """Return the column of a change's fields, as JSON."""
    return Column(name, 30, lambda record: _json(record[name]) if record[name] else None)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


DOCUMENTS: Sequence[Column] = (
    _plain("id", 30), _plain("agency", 8), _plain("issuer", 8), _plain("source", 20), _plain("reference", 20),
    _plain("title", 70), _plain("url", 40), _plain("status"), _plain("stage"), _plain("document_type", 20),
    _plain("published"), _plain("updated"), _plain("effective"), _plain("comment_closes", 15), _plain("first_seen", 20),
    _plain("language", 9), _scored("modalities"), _ids("modality_ids", "modalities"), _scored("topics"),
    _ids("topic_ids", "topics"), _plain("cmc_score", 10), _plain("is_cmc_relevant", 14), _plain("abstained", 10),
    _plain("summary", 70),
)  # fmt: skip
CHANGES: Sequence[Column] = (
    _plain("id", 8), _plain("document", 30), _plain("source", 20), _plain("kind", 16), _plain("silent", 7),
    _plain("at", 20), _plain("agency", 8), _plain("title", 70), _plain("url", 40), _fields("from"), _fields("to"),
    _plain("summary", 60), _plain("reason", 40),
)  # fmt: skip


def line(record: Record) -> str:
    """Return a record as a line of JSON: its words as they are, and nothing in it that a reader takes for a line's end.

    Lone surrogates are no text in any encoding; a mark stands in their place.
    """
    told = json.dumps(record, ensure_ascii=False, default=str)
    for mark in ("\x85", "\u2028", "\u2029"):
        told = told.replace(mark, f"\\u{ord(mark):04x}")
    return told if _encodes(told) else cleaned(told)


def _encodes(text: str) -> bool:
    return not any("\ud800" <= each <= "\udfff" for each in text)
