"""Documents' words: each text once, by its hash, and cut into passages that keep page and section."""

import hashlib

from regintel.store.database import Index, Row
from regintel.text.passages import passages


def keep_text(index: Index, text: str) -> str | None:
    """Write a text with its passages, if it is not there yet; return its hash, or none for no text."""
    if not text:
        return None
    name = hashlib.sha256(text.encode()).hexdigest()
    if index.write("INSERT OR IGNORE INTO texts (hash, text) VALUES (?, ?)", [name, text]):
        for each in passages(text):
            index.insert("passages", {
                "text_hash": name, "number": each.number, "page": each.page, "section": each.section,
                "text": each.text,
            })  # fmt: skip
    return name


def passages_of(index: Index, text_hash: str | None) -> list[Row]:
    """Return the passages of a text, in their order."""
    sql = "SELECT number, page, section, text FROM passages WHERE text_hash = ? ORDER BY number"
    return list(index.rows(sql, [text_hash])) if text_hash else []


def pdf_of(index: Index, text_hash: str | None) -> str | None:
    """Return the address of the one PDF that a text was read from; none where it is no PDF, or of several files."""
    sql = """
        SELECT DISTINCT responses.url
        FROM versions, json_each(versions.body_records) AS body
        JOIN responses ON responses.id = body.value AND responses.content_type LIKE 'application/pdf%'
        WHERE versions.text_hash = ? LIMIT 2"""
    found = [row["url"] for row in index.rows(sql, [text_hash])] if text_hash else []
    return found[0] if len(found) == 1 else None
