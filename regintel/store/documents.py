"""Documents and their history, as values."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from regintel.items import Attachment
from regintel.records import Change, Document, Version
from regintel.store.database import Index, Row
from regintel.vocabulary import ChangeKind

VERSION_FIELDS = tuple(name for name in Version.__dataclass_fields__)
LISTS = ("offices", "topics", "products", "body_records", "unread", "references")


def version_of(row: Row, prefix: str = "") -> Version:
    """Return the version in a row, whose columns may bear a prefix."""
    fields = {name: row[prefix + name] for name in VERSION_FIELDS}
    fields |= {name: tuple(_read(fields[name])) for name in LISTS}
    fields["quoted"] = _read(fields["quoted"])
    fields["attachments"] = tuple(Attachment(**each) for each in _read(fields["attachments"]))
    return Version(**fields)


def _read(told: str) -> Any:
    """Return what JSON says; most of it is empty, and a page of documents asks for a hundred."""
    return [] if told == "[]" else {} if told == "{}" else json.loads(told)


def document(index: Index, name: str) -> Document | None:
    """Return a document by its id, by a key that it goes on under, or by an address it had; none if there is none."""
    return next(iter(documents(index, [_id_of(index, name)])), None)


def _id_of(index: Index, name: str) -> str:
    sql = """
        SELECT document FROM document_keys JOIN documents ON documents.id = document
        WHERE document_keys.agency || ':' || "key" = :name
        UNION ALL
        SELECT document FROM document_keys WHERE source = 'manual' AND "key" = :name
        UNION ALL
        SELECT document FROM (SELECT document FROM versions WHERE url = :name ORDER BY id DESC LIMIT 1)"""
    row = index.row(sql, {"name": name})
    return row["document"] if row else name


def documents(index: Index, names: Iterable[str]) -> list[Document]:
    """Return documents with their newest versions, in the order of their names; unknown ones are left out."""
    wanted = list(dict.fromkeys(names))
    sql = f"""
        SELECT documents.*, {version_columns()}
        FROM documents JOIN versions ON versions.id = documents.version
        WHERE documents.id IN (SELECT value FROM json_each(?))"""  # noqa: S608  (columns are ours)
    found = {row["id"]: document_of(row) for row in index.rows(sql, [json.dumps(wanted)])}
    return [found[name] for name in wanted if name in found]


def every_document(index: Index) -> list[Document]:
    """Return every document with its newest version, in the order in which they were first seen."""
    return documents(index, [row["id"] for row in index.rows("SELECT id FROM documents ORDER BY seq")])


def version_columns() -> str:
    """Return the columns of `versions` under names that do not collide."""
    return ", ".join(f'versions."{name}" AS "v_{name}"' for name in VERSION_FIELDS)


def document_of(row: Row) -> Document:
    """Return the document in a row that was selected with `version_columns`."""
    names = ("id", "agency", "issuer", "source", "language", "first_seen")
    shown, filled = version_of(row, "v_"), _read(row["filled"])
    return Document(**{name: row[name] for name in names}, current=replace(shown, **filled) if filled else shown)


def versions(index: Index, name: str) -> list[Version]:
    """Return a document's versions, oldest first."""
    return [version_of(row) for row in index.rows("SELECT * FROM versions WHERE document = ? ORDER BY id", [name])]


def versions_by_id(index: Index, ids: Iterable[int]) -> dict[int, Version]:
    """Return versions by their ids."""
    sql = "SELECT * FROM versions WHERE id IN (SELECT value FROM json_each(?))"
    return {row["id"]: version_of(row) for row in index.rows(sql, [json.dumps(list(ids))])}


def sightings(index: Index, name: str) -> list[Row]:
    """Return where a document was seen, and from when to when."""
    sql = 'SELECT source, "key", url, opened_at, closed_at FROM sightings WHERE document = ? ORDER BY id'
    return list(index.rows(sql, [name]))


def text(index: Index, text_hash: str | None) -> str:
    """Return a body's words; none were read where the hash is none."""
    row = index.row("SELECT text FROM texts WHERE hash = ?", [text_hash]) if text_hash else None
    return row["text"] if row else ""


def records_of(index: Index, version: Version) -> list[Row]:
    """Return the archived responses that a version was read from."""
    wanted = [each for each in (version.record, *version.body_records) if each]
    sql = """
        SELECT id, url, method, status, fetched_at, sha256, file, "offset"
        FROM responses WHERE id IN (SELECT value FROM json_each(?))"""
    return list(index.rows(sql, [json.dumps(wanted)]))


def changes(
    index: Index,
    *,
    since: str | None = None,
    agency: str | None = None,
    kind: str | None = None,
    document_id: str | None = None,
    after: int = 0,
) -> list[Change]:
    """Return changes, newest first.

    A change is its teller's: of a document that ICH and EMA share, each tells its own steps.

    :param since: an ISO day or moment, inclusive.
    :param after: only changes with a greater id.
    """
    sql = """
        SELECT changes.*, versions.title AS title, versions.url AS url, coalesce((
            SELECT told.agency FROM document_keys AS told
            WHERE told.source = changes.source AND told.document = changes.document), documents.agency) AS teller
        FROM changes
        JOIN documents ON documents.id = changes.document
        JOIN versions ON versions.id = changes.new_version
        WHERE changes.id > :after
          AND (:since IS NULL OR changes.at >= :since)
          AND (:agency IS NULL OR teller = :agency)
          AND (:kind IS NULL OR changes.kind = :kind)
          AND (:document IS NULL OR changes.document = :document)
        ORDER BY changes.at DESC, changes.id DESC"""
    told = {"after": after, "since": since, "agency": agency, "kind": kind, "document": document_id}
    return [_change(row) for row in index.rows(sql, told)]


def languages(index: Index, names: Iterable[str]) -> dict[str, str]:
    """Return the languages of documents, by id."""
    sql = "SELECT id, language FROM documents WHERE id IN (SELECT value FROM json_each(?))"
    return {row["id"]: row["language"] for row in index.rows(sql, [json.dumps(list(names))])}


def count_documents(index: Index) -> int:
    """Return how many documents the index holds."""
    row = index.row("SELECT count(*) AS n FROM documents")
    return int(row["n"]) if row else 0


def _change(row: Row) -> Change:
    return Change(
        id=row["id"],
        document=row["document"],
        source=row["source"],
        kind=ChangeKind(row["kind"]),
        silent=bool(row["silent"]),
        at=row["at"],
        agency=row["teller"],
        title=row["title"],
        url=row["url"],
        before=json.loads(row["before"]) if row["before"] else None,
        after=json.loads(row["after"]) if row["after"] else None,
        summary=row["summary"],
        reason=row["reason"],
        version=row["new_version"],
        former=row["old_version"],
    )
