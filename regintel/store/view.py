"""How a document that several sources know is shown: as its list tells it, the rest filled in from the others.

Worked out from versions, so it can always be worked out again.
"""

import json
from collections.abc import Sequence

from regintel.store.database import Index, Row
from regintel.store.words import index_words
from regintel.vocabulary import ListingKind, Stage

RANKS = {ListingKind.LIST: 0, ListingKind.PAGES: 1, ListingKind.FEED: 2}
"""Whose word goes first: a list of documents, a document's own page, an announcement of it."""

FILLED = (
    "reference", "published", "updated", "effective", "comment_opens", "comment_closes", "summary", "text_hash",
)  # fmt: skip
"""Fields that another source's word fills in where the first has none."""


def refresh(index: Index, document: str) -> None:
    """Point a document to the version that shows it, fill in what that one lacks, and index its words."""
    newest = _newest(index, document)
    first, others = newest[0], newest[1:]
    filled = {
        name: value
        for name in FILLED
        if not first[name] and (value := next((each[name] for each in others if each[name]), None))
    }
    if first["stage"] == Stage.UNSTATED:
        stated = next((each for each in others if each["stage"] not in {Stage.UNSTATED, Stage.INFORMATION}), None)
        filled |= {"status": stated["status"], "stage": stated["stage"]} if stated else {}
    values = [first["id"], json.dumps(filled, ensure_ascii=False), document]
    index.write("UPDATE documents SET version = ?, filled = ? WHERE id = ?", values)
    index_words(index, document)


def _newest(index: Index, document: str) -> Sequence[Row]:
    """Return each source's newest version of a document, the one whose word goes first at the head."""
    sql = """
        SELECT versions.*, keys.rank FROM versions
        JOIN (SELECT source, min(rank) AS rank FROM document_keys WHERE document = :document GROUP BY source) AS keys
          ON keys.source = versions.source
        WHERE versions.id IN (SELECT max(id) FROM versions WHERE document = :document GROUP BY source)
        ORDER BY keys.rank, versions.stage = 'withdrawn', versions.id DESC"""
    return list(index.rows(sql, {"document": document}))
