"""The lexical index: one row a document, of its newest version. It can always be worked out again."""

import json

from regintel.store.database import Index
from regintel.text.terms import terms


def index_words(index: Index, name: str) -> None:
    """Index a document's newest version in place of what was indexed of it."""
    sql = """
        SELECT documents.seq, versions.title, versions.reference, versions.reference_raw, versions.summary,
               versions.topics, texts.text
        FROM documents
        JOIN versions ON versions.id = documents.version
        LEFT JOIN texts ON texts.hash = versions.text_hash
        WHERE documents.id = ?"""
    row = index.row(sql, [name])
    if row is None:
        return
    body = "\n".join(filter(None, [row["summary"], ", ".join(json.loads(row["topics"])), row["text"]]))
    reference = " ".join(filter(None, {row["reference"], row["reference_raw"]}))
    index.write("DELETE FROM words WHERE rowid = ?", [row["seq"]])
    values = [row["seq"], terms(row["title"]), reference, terms(body)]
    index.write("INSERT INTO words (rowid, title, reference, body) VALUES (?, ?, ?, ?)", values)
