"""Documents' words: each text once, by its hash, and cut into passages that keep page and section."""

import hashlib
import json
from collections.abc import Iterable

from regintel.store.database import Index, Row
from regintel.text.passages import Passage, passages


def keep_text(index: Index, text: str) -> str | None:
    """Write a text with its passages, if it is not there yet; return its hash, or none for no text."""
    if not text:
        return None
    name = hashlib.sha256(text.encode()).hexdigest()
    if index.write("INSERT OR IGNORE INTO texts (hash, text) VALUES (?, ?)", [name, text]):
        _cut(index, name, text)
    return name


def cut_all_again(index: Index) -> int:
    """Cut every text into passages anew, in one transaction; return how many differ from what was there.

    Vectors of a text whose passages differ go with them.
    """
    differ = 0
    with index.transaction():
        for name in [row["hash"] for row in index.rows("SELECT hash FROM texts ORDER BY hash")]:
            before = passages_of(index, name)
            text = index.row("SELECT text FROM texts WHERE hash = ?", [name])
            index.write("DELETE FROM passages WHERE text_hash = ?", [name])
            _cut(index, name, text["text"] if text else "")
            if before != passages_of(index, name):
                index.write("DELETE FROM passage_vectors WHERE text_hash = ?", [name])
                differ += 1
    return differ


def _cut(index: Index, name: str, text: str) -> None:
    for each in passages(text):
        index.insert("passages", {
            "text_hash": name, "number": each.number, "page": each.page, "section": each.section, "text": each.text,
        })  # fmt: skip


def passages_of(index: Index, text_hash: str | None) -> list[Row]:
    """Return the passages of a text, in their order."""
    sql = "SELECT number, page, section, text FROM passages WHERE text_hash = ? ORDER BY number"
    return list(index.rows(sql, [text_hash])) if text_hash else []


def passages_of_each(index: Index, hashes: Iterable[str]) -> dict[str, list[Passage]]:
    """Return the passages of texts, by their hashes, each in its order; a text without any is left out."""
    found: dict[str, list[Passage]] = {}
    sql = """
        SELECT text_hash, number, page, section, text FROM passages
        WHERE text_hash IN (SELECT value FROM json_each(?)) ORDER BY text_hash, number"""
    for name, *told in index.tuples(sql, [json.dumps(list(hashes))]):
        found.setdefault(name, []).append(Passage(*told))
    return found


def pdf_of(index: Index, text_hash: str | None) -> str | None:
    """Return the address of the one PDF that a text was read from; none where it is no PDF, or of several files."""
    sql = """
        SELECT DISTINCT responses.url
        FROM versions, json_each(versions.body_records) AS body
        JOIN responses ON responses.id = body.value AND responses.content_type LIKE 'application/pdf%'
        WHERE versions.text_hash = ? LIMIT 2"""
    found = [row["url"] for row in index.rows(sql, [text_hash])] if text_hash else []
    return found[0] if len(found) == 1 else None
