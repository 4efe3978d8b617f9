"""The lexical index: one row a document, of what each source last said of it. It can always be worked out again."""

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
    values = [rows[0]["seq"], terms("\n".join(titles)), " ".join(numbers), terms(body)]
    index.write("INSERT INTO words (rowid, title, reference, body) VALUES (?, ?, ?, ?)", values)


def _numbers(row: Row) -> tuple[str | None, ...]:
    return (row["reference"], row["reference_raw"], *json.loads(row["references"]))
