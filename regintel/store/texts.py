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
