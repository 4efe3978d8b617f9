"""The keys that a source has listed before, and what it last said of them."""

from dataclasses import dataclass

from regintel.records import Version
from regintel.store.database import Index, Row
from regintel.store.documents import version_of
from regintel.vocabulary import ListingKind


@dataclass(frozen=True)
class Known:
    """A key of this source that the index has met before."""

    document: str
    last: Version
    sighting: Row | None
    """The open sighting; none when the listing did not hold the key last time."""


def known_keys(index: Index, source: str, kind: ListingKind) -> dict[str, Known]:
    """Return every key of a source with the last version that this source wrote of its document.

    A document goes on in a list under one key after another; a feed may tell of it under several, each for itself.
    """
    own = "" if kind is ListingKind.LIST else 'AND mine."key" = document_keys."key"'
    sql = f"""
        SELECT document_keys."key" AS own_key, document_keys.document AS own_document, versions.*
        FROM document_keys
        JOIN versions ON versions.id = (
            SELECT max(id) FROM versions AS mine
            WHERE mine.document = document_keys.document AND mine.source = document_keys.source {own})
        WHERE document_keys.source = ?"""  # noqa: S608  (the condition is ours)
    open_sql = "SELECT * FROM sightings WHERE source = ? AND closed_at IS NULL"
    sighted = {row["key"]: row for row in index.rows(open_sql, [source])}
    return {
        row["own_key"]: Known(row["own_document"], version_of(row), sighted.get(row["own_key"]))
        for row in index.rows(sql, [source])
    }
