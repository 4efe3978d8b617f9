"""What the other sources of a document hold and have told, seen from one of them."""

import json

from regintel.records import Version
from regintel.store.database import Index
from regintel.store.documents import version_of
from regintel.store.known import Known
from regintel.store.view import RANKS
from regintel.vocabulary import ListingKind


class Others:
    """The other sources, seen from one."""

    def __init__(self, index: Index, source: str, at: str) -> None:
        self._index = index
        self._source = source
        self._at = at
        sql = "SELECT document FROM document_keys GROUP BY document HAVING count(DISTINCT source) > 1"
        self._shared = {row["document"] for row in index.rows(sql)}

    def share(self, document: str) -> bool:
        """Return whether another source knows a document too."""
        return document in self._shared

    def joined(self, document: str) -> None:
        """Note that another source knows a document from here on."""
        self._shared.add(document)

    def told_since(self, known: Known) -> list[dict[str, object]]:
        """Return what they have told of a document since this source last described it."""
        sql = "SELECT after FROM changes WHERE document = ? AND source <> ? AND new_version > ? AND after IS NOT NULL"
        rows = self._index.rows(sql, [known.document, self._source, known.last.id])
        return [json.loads(row["after"]) for row in rows]

    def words(self, document: str) -> list[Version]:
        """Return what each of them last said of a document."""
        sql = """
            SELECT * FROM versions WHERE id IN (
                SELECT max(id) FROM versions WHERE document = ? AND source <> ? GROUP BY source)"""
        return [version_of(row) for row in self._index.rows(sql, [document, self._source])]

    def list_it(self, document: str) -> bool:
        """Return whether another list, healthy of late, still shows a document: then it only left this one."""
        sql = """
            SELECT 1 FROM sightings JOIN document_keys USING (source, "key")
            WHERE sightings.document = ? AND sightings.source <> ? AND sightings.closed_at IS NULL AND rank = ?
              AND ('ok', 1) = (
                SELECT state, started >= strftime('%Y-%m-%dT%H:%M:%SZ', ?, '-14 days') FROM runs
                WHERE runs.source = sightings.source ORDER BY runs.rowid DESC LIMIT 1)"""
        told = [document, self._source, RANKS[ListingKind.LIST], self._at]
        return self._index.row(sql, told) is not None
