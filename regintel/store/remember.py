"""From a listing to the index: documents, versions, changes and sightings, in one transaction of its caller.

Storing the same listing twice writes nothing the second time. A removal is concluded only from a complete, healthy
listing, and only after removals were paired with additions.
"""

from collections import Counter
from collections.abc import Collection, Iterable

from regintel import comparison
from regintel.comparison import Difference, difference, fields_of_item, fields_of_version
from regintel.items import Attachment, Gone, GuidanceItem
from regintel.sources import MANUAL, Source
from regintel.store.database import Index, Row
from regintel.store.documents import VERSION_FIELDS, document
from regintel.store.identities import known_as, named, note_identifiers, note_merge
from regintel.store.known import Known, known_keys
from regintel.store.others import Others
from regintel.store.texts import keep_text
from regintel.store.view import RANKS, refresh
from regintel.vocabulary import ChangeKind, ListingKind, Stage

COUNTED = (*ChangeKind, "unchanged", "joined")
"""`joined`: rows that were not known to their source, of documents that another source knows."""

UNLISTED = "it is no longer listed"
"""What we saw of a document whose agency says nothing of its end."""


class Listing:
    """Holds a healthy listing against what the index knows of its source."""

    def __init__(
        self, index: Index, source: Source, run: str, at: str, *, baseline: bool, named: Collection[str] = ()
    ) -> None:
        """Read what is known.

        :param named: keys that a person gave as documents' ids: they are never taken for documents merely like theirs.
        """
        self._index = index
        self._source = source
        self._run = run
        self._at = at
        self._baseline = baseline
        self._named = frozenset(named)
        self._returned: set[str] = set()
        self._evidence: str | None = None
        """The archived listing that a missing document is not in."""
        self._known = known_keys(index, source.id, source.kind)
        self._others = Others(index, source.id, at)
        self._listed: set[str] = set()
        self._counts: Counter[str] = Counter({str(kind): 0 for kind in COUNTED})

    def remember(
        self, items: list[GuidanceItem], gone: Iterable[Gone], misread: set[str], *, complete: bool
    ) -> dict[str, int]:
        """Write what the listing says; return how many documents changed in which way.

        :param misread: keys of rows that were listed but not understood: they stand as they were.
        :param complete: whether every row's key was read; else nothing is concluded from absence.
        """
        self._evidence = next((item.record for item in items), None)
        verdicts = {each.key: each for each in gone}
        seen = {item.key for item in items} | misread
        self._listed = seen
        self._part_returned(items)
        alive = {self._known[item.key].document for item in items if item.key in self._known}
        # Without a complete list, absence says nothing; what the agency says of a page still does.
        missing = [
            key
            for key, known in self._known.items()
            if known.sighting and key not in seen and (self._misses(complete=complete) or key in verdicts)
        ]
        withdrawn = (
            []
            if self._source.kind is not ListingKind.LIST
            else [
                key
                for key in missing
                if (key not in verdicts or verdicts[key].verdict == "withdrawn")
                and self._known[key].document not in alive
            ]
        )
        added = [item for item in items if item.key not in self._known]
        goes_on = {new: old for old, new in self._pairs(withdrawn, added).items()}
        for item in items:
            self._remember_item(item, goes_on.get(item.key))
        for key in missing:
            goes_on_elsewhere = key in goes_on.values() or self._known[key].document in alive
            self._remember_missing(key, verdicts.get(key), paired=goes_on_elsewhere)
        return dict(self._counts)

    def _misses(self, *, complete: bool) -> bool:
        """Return whether a row that is not there is missing: of pages that nobody asked for, none is."""
        return complete and self._source.kind is not ListingKind.PAGES

    def _pairs(self, withdrawn: list[str], added: list[GuidanceItem]) -> dict[str, str]:
        if self._baseline:
            return {}
        shared = frozenset(self._source.lookups.get("shared_addresses", ()))
        return comparison.pairs([self._known[key].last for key in withdrawn], added, shared)

    def _part_returned(self, items: list[GuidanceItem]) -> None:
        """Give a key that is listed again beside the one its document went on under a document of its own."""
        listed = [item.key for item in items if item.key in self._known]
        held = {self._known[key].document for key in listed if self._known[key].sighting}
        for key in listed:
            if self._known[key].sighting is None and self._known[key].document in held:
                self._returned.add(key)
                del self._known[key]

    # One row

    def _remember_item(self, item: GuidanceItem, old_key: str | None) -> None:
        known = self._known.get(old_key or item.key)
        text_hash = keep_text(self._index, item.text)
        now = fields_of_item(item, text_hash, known.last if known else None)
        if known is None:
            if not self._join(item, now, text_hash):
                self._new_document(item, now)
            return
        moved = difference(known.last, now, paired=old_key is not None)
        if moved and self._others.share(known.document):
            moved = comparison.untold(moved, known.last, self._others.told_since(known), str(now["stage"]))
            if self._source.kind is ListingKind.FEED and self._others.list_it(known.document):
                moved = comparison.of_deadlines(moved, known.last)
        if old_key is not None:
            self._add_key(item.key, known.document, f"continues {old_key}")
        if moved:
            version = self._add_version(known.document, item, now)
            self._tell(known.document, moved.kind, moved, known.last.id, version, item.title)
        if moved is None or moved.kind is None:
            self._counts["unchanged"] += 1
        self._see(item, known if old_key is None else None, known.document)

    def _join(self, item: GuidanceItem, now: dict[str, object], text_hash: str | None) -> bool:
        """Take a row for a document that another source knows, if it is one; tell only what is news about it."""
        by_name = item.key in self._named
        same = (
            named(self._index, item.key)
            if by_name
            else known_as(self._index, self._source, item, text_hash, self._listed)
        )
        if same is None or item.key in self._returned:
            return False
        others, shown_as = self._others.words(same.document), document(self._index, same.document)
        self._add_key(item.key, same.document, f"the same document: {same.reason}")
        note_merge(self._index, self._source, item.key, same, self._at)
        version = self._add_version(same.document, item, now)
        self._others.joined(same.document)
        self._counts["joined"] += 1
        step = comparison.became(shown_as.current, item) if shown_as and self._source.kind is ListingKind.FEED else None
        named_before = [*others, *([shown_as.current] if shown_as else [])]
        for moved in filter(None, (step, comparison.deadline(item, named_before))):
            self._tell(same.document, moved.kind, moved, None, version, item.title)
        self._see(item, None, same.document)
        return True

    def _new_document(self, item: GuidanceItem, now: dict[str, object]) -> None:
        name = item.key if self._source.id == MANUAL else f"{self._source.agency}:{item.key}"
        if item.key in self._returned or named(self._index, name):
            name = f"{name}~{self._run}"
        self._index.insert("documents", {
            "id": name, "agency": self._source.agency, "issuer": item.issuer, "source": self._source.id,
            "language": item.language, "first_seen": self._at, "version": None,
        })  # fmt: skip
        self._add_key(item.key, name, "first listed")
        version = self._add_version(name, item, now)
        self._tell(name, ChangeKind.NEW, None, None, version, item.title)
        self._see(item, None, name)

    def _remember_missing(self, key: str, verdict: Gone | None, *, paired: bool) -> None:
        known = self._known[key]
        if verdict is not None and verdict.verdict == "unknown":
            return
        if known.sighting is not None:
            self._close(known.sighting)
        if self._source.kind is not ListingKind.LIST:
            return  # it fell off the end of a feed
        if paired or (verdict is not None and verdict.verdict != "withdrawn"):
            return
        if verdict is None and self._others.list_it(known.document):
            return
        unlisted = Gone(source=self._source.id, key=key, verdict="withdrawn", seen=UNLISTED, record=self._evidence)
        self._withdraw(known, verdict or unlisted)

    def _withdraw(self, known: Known, gone: Gone) -> None:
        last = known.last
        fields = {**fields_of_version(last), "status": "withdrawn", "stage": Stage.WITHDRAWN, "unread": last.unread,
                  "quoted": last.quoted}  # fmt: skip
        version = self._insert_version(known.document, fields, last.key, gone.record, ())
        told: dict[str, object] = {"status": "withdrawn", "seen": gone.seen}
        moved = Difference(ChangeKind.WITHDRAWN, silent=False, before={"status": last.status}, after=told)
        told_before = any(each.get("status") == "withdrawn" for each in self._others.told_since(known))
        kind = None if told_before else ChangeKind.WITHDRAWN
        self._tell(known.document, kind, moved, last.id, version, last.title, gone.reason)

    # Writing

    def _add_key(self, key: str, name: str, reason: str) -> None:
        if key in self._returned:
            sql = "UPDATE document_keys SET document = ?, since = ?, run = ?, reason = ? WHERE source = ? AND key = ?"
            why = "listed again beside the key that its document went on under"
            self._index.write(sql, [name, self._at, self._run, why, self._source.id, key])
            return
        self._index.insert("document_keys", {
            "source": self._source.id, "key": key, "document": name, "since": self._at, "run": self._run,
            "reason": reason, "rank": RANKS[self._source.kind], "agency": self._source.agency,
        })  # fmt: skip

    def _add_version(self, name: str, item: GuidanceItem, now: dict[str, object]) -> int:
        fields = {**now, "unread": item.unread, "quoted": item.quoted}
        text_hash = now["text"]
        note_identifiers(self._index, self._source, item, text_hash if isinstance(text_hash, str) else None, name)
        return self._insert_version(name, fields, item.key, item.record, item.body_records)

    def _insert_version(
        self, name: str, fields: dict[str, object], key: str, record: str | None, bodies: tuple[str, ...]
    ) -> int:
        count = self._index.row("SELECT count(*) AS n FROM versions WHERE document = ?", [name])
        number = (count["n"] if count else 0) + 1
        row: dict[str, object] = {
            **{field: fields.get(field) for field in VERSION_FIELDS if field in fields},
            "document": name, "number": number, "source": self._source.id, "run": self._run, "at": self._at, "key": key,
            "text_hash": fields["text"], "record": record, "body_records": bodies,
            "attachments": [each.model_dump() for each in _attachments(fields["attachments"])],
        }  # fmt: skip
        version = self._index.insert("versions", row)
        refresh(self._index, name)
        return version

    def _tell(
        self,
        name: str,
        kind: ChangeKind | None,
        moved: Difference | None,
        old: int | None,
        new: int,
        title: str,
        reason: str = "",
    ) -> None:
        if kind is None:
            return
        self._counts[kind] += 1
        if self._baseline:
            return
        self._index.insert("changes", {
            "document": name, "source": self._source.id, "kind": kind, "silent": bool(moved and moved.silent),
            "at": self._at, "run": self._run, "old_version": old, "new_version": new,
            "before": moved.before if moved else None, "after": moved.after if moved else None,
            "summary": comparison.summary(kind, title, moved, reason), "reason": reason,
        })  # fmt: skip

    def _see(self, item: GuidanceItem, known: Known | None, name: str) -> None:
        sighting = known.sighting if known else None
        if sighting is not None and sighting["url"] == item.url:
            if sighting["touched"] != item.touched:
                self._index.write("UPDATE sightings SET touched = ? WHERE id = ?", [item.touched, sighting["id"]])
            return
        if sighting is not None:
            self._close(sighting)
        self._index.insert("sightings", {
            "document": name, "source": self._source.id, "key": item.key, "url": item.url, "opened_at": self._at,
            "opened_run": self._run, "closed_at": None, "closed_run": None, "touched": item.touched,
        })  # fmt: skip

    def _close(self, sighting: Row) -> None:
        sql = "UPDATE sightings SET closed_at = ?, closed_run = ? WHERE id = ?"
        self._index.write(sql, [self._at, self._run, sighting["id"]])


def _attachments(value: object) -> list[Attachment]:
    return [each for each in value if isinstance(each, Attachment)] if isinstance(value, tuple | list) else []
