"""The lexical index: one row a document, of what each source last said of it. It can always be worked out again.

A row is written in the transaction that writes its document, and touches no other.
"""

import json

from regintel.store.database import Index, Row
from regintel.text.terms import terms


def index_words(index: Index, name: str) -> None:
    """Index each source's newest version of a document in place of what was indexed of it."""
    sql = """
        SELECT documents.seq, versions.title, versions.reference, versions.reference_raw, versions."references",
               versions.summary, versions.topics, texts.text
        FROM documents
        JOIN versions ON versions.id IN (
            SELECT max(id) FROM versions AS newest WHERE newest.document = documents.id GROUP BY newest.source)
        LEFT JOIN texts ON texts.hash = versions.text_hash
        WHERE documents.id = ? ORDER BY versions.id = documents.version DESC, versions.id DESC"""
    rows = list(index.rows(sql, [name]))
    if not rows:
        return
    titles = dict.fromkeys(row["title"] for row in rows)
    numbers = dict.fromkeys(filter(None, (number for row in rows for number in _numbers(row))))
    parts = (part for row in rows for part in (row["summary"], ", ".join(json.loads(row["topics"])), row["text"]))
    body = "\n".join(dict.fromkeys(filter(None, parts)))
    index.write("DELETE FROM words WHERE rowid = ?", [rows[0]["seq"]])
    values = [rows[0]["seq"], terms("\n".join(titles)), terms("\n".join(numbers)), terms(body)]
    index.write("INSERT INTO words (rowid, title, reference, body) VALUES (?, ?, ?, ?)", values)


def index_all_words(index: Index) -> int:
    """Index every document anew, in one transaction: a kill leaves the old words. Return how many there are."""
    with index.transaction():
        index.write("DELETE FROM words")
        names = [row["id"] for row in index.rows("SELECT id FROM documents ORDER BY seq")]
        for name in names:
            index_words(index, name)
        index.write("DELETE FROM search_due WHERE part = 'words'")
    return len(names)


def words_are_due(index: Index) -> bool:
    """Return whether a step of the schema asks for words that are made anew."""
    return index.row("SELECT 1 FROM search_due WHERE part = 'words'") is not None


def _numbers(row: Row) -> tuple[str | None, ...]:
    return (row["reference"], row["reference_raw"], *json.loads(row["references"]))
