"""The queries behind a search: which documents are allowed, and which hold the words."""

import json
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from regintel.records import SearchFilters
from regintel.store.database import Index
from regintel.store.labels import LATEST

Numbers = NDArray[np.int64]

ACCEPTED = """EXISTS (
    SELECT 1 FROM labels WHERE labels.classification = classifications.id AND labels.accepted
      AND labels.scheme = '{scheme}' AND labels.label IN (SELECT value FROM json_each(:{scheme})))"""


KNOWN_BY = """EXISTS (
    SELECT 1 FROM document_keys AS known
    WHERE known.document = documents.id AND known.{name} IN (SELECT value FROM json_each(:{name})))"""
"""A document is of every source that knows it, and of their agencies: an ICH step and its EMA page are one."""

SHOWN_AS = "coalesce(json_extract(documents.filled, '$.{name}'), versions.{name})"
STATUSES = "(SELECT lower(value) FROM json_each(:status))"


def allowed(index: Index, filters: SearchFilters) -> list[str]:
    """Return the ids of the documents that the filters let pass, those with the newest dates first."""
    conditions, told = _conditions(filters)
    sql = f"""
        SELECT documents.id FROM documents
        JOIN versions ON versions.id = documents.version
        {LATEST.replace("JOIN", "LEFT JOIN", 1)}
        WHERE {" AND ".join(conditions) or "1"}
        ORDER BY coalesce(versions.updated, versions.published, json_extract(documents.filled, '$.published'), '') DESC,
            documents.id"""  # noqa: S608  (parts are ours)
    return [row["id"] for row in index.rows(sql, told)]


def passing(index: Index, filters: SearchFilters) -> Numbers:
    """Return the numbers of the documents that the filters let pass, in no order."""
    conditions, told = _conditions(filters)
    labels = LATEST.replace("JOIN", "LEFT JOIN", 1) if filters.modality or filters.topic else ""
    sql = f"""
        SELECT documents.seq FROM documents JOIN versions ON versions.id = documents.version {labels}
        WHERE {" AND ".join(conditions) or "1"}"""  # noqa: S608  (parts are ours)
    return np.fromiter(chain.from_iterable(index.tuples(sql, told)), np.int64)


def _conditions(filters: SearchFilters) -> tuple[list[str], dict[str, object]]:
    lists = {
        "agency": (KNOWN_BY.format(name="agency"), filters.agency),
        "source": (KNOWN_BY.format(name="source"), filters.source),
        "language": ("documents.language IN (SELECT value FROM json_each(:language))", filters.language),
        "status": (
            f"lower({SHOWN_AS.format(name='status')}) IN {STATUSES} OR {SHOWN_AS.format(name='stage')} IN {STATUSES}",
            filters.status,
        ),
        "modality": (ACCEPTED.format(scheme="modality"), filters.modality),
        "topic": (ACCEPTED.format(scheme="topic"), filters.topic),
        "document_type": (
            "lower(versions.document_type) IN (SELECT lower(value) FROM json_each(:document_type))",
            filters.document_type,
        ),
    }
    told: dict[str, object] = {name: json.dumps(values) for name, (_, values) in lists.items() if values}
    conditions = [f"({condition})" for name, (condition, _) in lists.items() if name in told]
    if filters.since:
        conditions.append("coalesce(versions.published, versions.updated) >= :since")
        told["since"] = filters.since
    if filters.until:
        conditions.append("substr(coalesce(versions.published, versions.updated), 1, length(:until)) <= :until")
        told["until"] = filters.until
    return conditions, told


def matching(index: Index, expression: str) -> tuple[Numbers, NDArray[np.float64]]:
    """Return the numbers of documents that match an FTS5 expression, with BM25 scores (greater is better), unsorted.

    A word in the title or reference weighs five times one in the body.
    """
    sql = "SELECT rowid, -bm25(words, 5.0, 5.0, 1.0) FROM words WHERE words MATCH ?"
    table = np.fromiter(chain.from_iterable(index.tuples(sql, [expression])), np.float64).reshape(-1, 2)
    return table[:, 0].astype(np.int64), table[:, 1]


def holding(index: Index, expression: str) -> Numbers:
    """Return the numbers of documents that match an FTS5 expression."""
    rows = index.tuples("SELECT rowid FROM words WHERE words MATCH ?", [expression])
    return np.fromiter(chain.from_iterable(rows), np.int64)


def count_holding(index: Index, expression: str) -> int:
    """Return how many documents match an FTS5 expression."""
    row = index.row("SELECT count(*) AS n FROM words WHERE words MATCH ?", [expression])
    return int(row["n"]) if row else 0
