"""By what each document is known, which rows were taken for one document, and how to part them again."""

import json
from collections.abc import Iterator, Set

from regintel.exceptions import UsageError
from regintel.identity import Sameness, Witness, identifiers, same_document
from regintel.items import GuidanceItem
from regintel.sources import MANUAL, Source
from regintel.store.database import Index, Row
from regintel.store.view import refresh
from regintel.vocabulary import ListingKind

SOFTWARE = "regintel"


def known_as(
    index: Index, source: Source, item: GuidanceItem, text_hash: str | None, listed: Set[str]
) -> Sameness | None:
    """Return the document of another source that a new row of this one is, or none.

    :param listed: keys that this source lists side by side with the row's: their documents are others.
    """
    names = list(_names(source, item, text_hash))
    sql = """
        SELECT identifiers.identifier, documents.id AS document, documents.agency, documents.language,
               versions.title, versions.published
        FROM identifiers
        JOIN documents ON documents.id = identifiers.document
        JOIN versions ON versions.id = documents.version
        WHERE identifiers.identifier IN (SELECT value FROM json_each(?)) AND identifiers.source <> ?"""
    found: dict[str, list[Witness]] = {name: [] for name in names}
    for row in index.rows(sql, [json.dumps(names), source.id]):
        if not _other_by_its_source(index, source, item.key, row["document"], listed):
            found[row.pop("identifier")].append(Witness(**row))
    return same_document(source.agency, item.language, item, found)


def _other_by_its_source(index: Index, source: Source, key: str, document: str, listed: Set[str]) -> bool:
    """Return whether a row cannot be a document: its list shows both side by side, or a person parted them."""
    parted = 'SELECT 1 FROM separations WHERE source = ? AND "key" = ? AND document = ?'
    if index.row(parted, [source.id, key, document]):
        return True
    if source.kind is not ListingKind.LIST:
        return False  # a feed tells of one document again and again: that it is there, that its deadline moved
    sql = 'SELECT "key" FROM document_keys WHERE source = ? AND document = ?'
    return any(row["key"] != key and row["key"] in listed for row in index.rows(sql, [source.id, document]))


def note_identifiers(index: Index, source: Source, item: GuidanceItem, text_hash: str | None, document: str) -> None:
    """Write what a document is known by, so that other lists find it."""
    for name in _names(source, item, text_hash):
        sql = "INSERT OR IGNORE INTO identifiers (identifier, document, source) VALUES (?, ?, ?)"
        index.write(sql, [name, document, source.id])


def _names(source: Source, item: GuidanceItem, text_hash: str | None) -> Iterator[str]:
    """Yield what an item may be known by; a key that a person chose is none of the agency's, and no address is none."""
    for name in identifiers(source.agency, item.issuer, item, text_hash, len(item.text)):
        scheme, _, rest = name.partition(" ")
        if rest and not (scheme == "key" and source.id == MANUAL):
            yield name


def named(index: Index, document: str) -> Sameness | None:
    """Return the document that bears this very id, if there is one: who gives its id means it."""
    known = index.row("SELECT 1 FROM documents WHERE id = ?", [document])
    return Sameness(document, "the id that was given") if known else None


def note_merge(index: Index, source: Source, key: str, same: Sameness, at: str) -> None:
    """Write that a row was taken for a document that another source knows, and why."""
    index.insert("merges", {
        "source": source.id, "key": key, "document": same.document, "at": at, "by": SOFTWARE, "reason": same.reason,
    })  # fmt: skip


def merges(index: Index, document: str) -> list[Row]:
    """Return what was taken for this document, and what was parted from it, oldest first."""
    sql = """
        SELECT 'merged' AS what, source, "key", at, by, reason FROM merges WHERE document = :document
        UNION ALL SELECT 'parted', source, "key", at, by, reason FROM separations WHERE document = :document
        ORDER BY at"""
    return list(index.rows(sql, {"document": document}))


def part(index: Index, source: str, key: str, *, at: str, by: str, reason: str) -> str:
    """Give a source's row a document of its own again, and never take it for that one again; return its id.

    What was told of the joint document stays as it is. To be called inside a transaction.

    :raises UsageError: when the key is unknown, or its document is known by nothing else.
    """
    row = index.row('SELECT document FROM document_keys WHERE source = ? AND "key" = ?', [source, key])
    if row is None:
        raise UsageError(f"unknown key {key!r} of source {source!r}")
    joint = row["document"]
    if index.row("SELECT 1 FROM document_keys WHERE document = ? AND source <> ?", [joint, source]) is None:
        raise UsageError(f"{joint}: no other source knows it, so there is nothing to part")
    index.insert("separations", {
        "source": source, "key": key, "document": joint, "at": at, "by": by, "reason": reason,
    })  # fmt: skip
    own = _document_of_its_own(index, joint, source, key, at)
    _move(index, joint, own, source, key, f"parted from {joint} by {by}")
    refresh(index, joint)
    refresh(index, own)
    return own


def _document_of_its_own(index: Index, joint: str, source: str, key: str, at: str) -> str:
    head = index.row("SELECT * FROM documents WHERE id = ?", [joint]) or {}
    agency = head["agency"]
    name = key if source == MANUAL else f"{agency}:{key}"
    if index.row("SELECT 1 FROM documents WHERE id = ?", [name]):
        name = f"{name}~{at}"
    index.insert("documents", {
        "id": name, "agency": agency, "issuer": head["issuer"], "source": source, "language": head["language"],
        "first_seen": at, "version": None,
    })  # fmt: skip
    return name


def _move(index: Index, joint: str, own: str, source: str, key: str, reason: str) -> None:
    last = index.row('SELECT * FROM versions WHERE document = ? AND source = ? AND "key" = ? ORDER BY id DESC LIMIT 1',
                     [joint, source, key])  # fmt: skip
    if last is None:
        raise UsageError(f"{joint}: {source} never described it under {key!r}")
    index.insert("versions", {**{name: value for name, value in last.items() if name != "id"},
                              "document": own, "number": 1})  # fmt: skip
    for table in ("document_keys", "sightings"):
        sql = f'UPDATE {table} SET document = ? WHERE source = ? AND "key" = ?'  # noqa: S608  (names are ours)
        index.write(sql, [own, source, key])
    index.write('UPDATE document_keys SET reason = ? WHERE source = ? AND "key" = ?', [reason, source, key])
    kept = "SELECT identifier FROM identifiers WHERE document = ? AND source = ?"
    for row in list(index.rows(kept, [joint, source])):
        index.write("INSERT OR IGNORE INTO identifiers (identifier, document, source) VALUES (?, ?, ?)",
                    [row["identifier"], own, source])  # fmt: skip
    index.write("DELETE FROM identifiers WHERE document = ? AND source = ?", [joint, source])
