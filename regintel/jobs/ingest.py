"""The manual inbox: what persons hand in goes the way of what was crawled, and it is plain that persons handed it in.

Every file that something was taken from is archived as it is. The records of one call are stored in one transaction,
after the archive is on the disk: a call that is killed leaves nothing in the index, and can be made again. The inbox is
no list: what one call does not hold is not missing.
"""

import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import NamedTuple
from urllib.parse import quote

from regintel.archive import ArchiveWriter
from regintel.clock import Clock, iso
from regintel.config import Config
from regintel.items import GuidanceItem, Problem, Response
from regintel.jobs.crawl import provenance
from regintel.jobs.inbox import Otherwise, Rejected, Taken, take
from regintel.jobs.submission import Submission
from regintel.records import Run
from regintel.sources import MANUAL, Expect, Source
from regintel.store import runs
from regintel.store.database import Index
from regintel.store.remember import COUNTED, Listing
from regintel.vocabulary import Agency, ChangeKind, ListingKind, RunState

INBOX = Source(
    id=MANUAL,
    title="Manual inbox",
    agency=Agency.FDA,  # of each call's records in its turn: `_source_of`
    url="https://inbox.invalid/",
    kind=ListingKind.FEED,
    expect=Expect(min_items=1, max_items=1_000_000_000),
    statuses={},
)
"""The inbox as a source: of what it holds, nothing falls off its end but by a person's word."""

REVISIONS = (ChangeKind.REVISED, ChangeKind.STATUS_CHANGED, ChangeKind.DEADLINE_CHANGED, ChangeKind.RESTORED)


@dataclass(frozen=True)
class Ingested:
    """What came of one call."""

    counts: Mapping[str, int]
    rejected: tuple[Rejected, ...]

    def as_json(self) -> dict[str, object]:
        """Return what `--json` prints of it."""
        new, joined, unchanged = (self.counts.get(kind, 0) for kind in (ChangeKind.NEW, "joined", "unchanged"))
        revised = sum(self.counts.get(kind, 0) for kind in REVISIONS)
        return {
            "ingested": new + joined + unchanged + revised, "new": new, "revised": revised, "unchanged": unchanged,
            "joined": joined, "superseded": self.counts.get("superseded", 0),
            "rejected": [asdict(each) for each in self.rejected],
        }  # fmt: skip


class Record(NamedTuple):
    """One record with what proves it."""

    agency: str
    item: GuidanceItem
    named: bool
    """Whether its id was given: then it is that document, and no other that is like it."""


def ingest(
    config: Config, index: Index, files: Iterable[Path], clock: Clock, *, by: str, baseline: bool, otherwise: Otherwise
) -> Ingested:
    """Take in what the files hold.

    :param by: whose hands it came from.
    :param baseline: announce nothing of it.
    :param otherwise: what holds where a record says nothing of a field.
    """
    run = f"{clock.now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    with ArchiveWriter(config.archive, f"{MANUAL}-{run}", run=run, source=MANUAL, robots="obey") as archive:
        desk = _Desk(index, archive, run, clock, by)
        for path in files:
            desk.take(path, otherwise)
    return desk.store(baseline=baseline)  # after the archive is on the disk


class _Desk:
    """Takes one call's files, then stores their records."""

    def __init__(self, index: Index, archive: ArchiveWriter, run: str, clock: Clock, by: str) -> None:
        self._index = index
        self._archive = archive
        self._run = run
        self._clock = clock
        self._by = by
        self._begun = monotonic()
        self._known = _known_agencies(index)
        self._rejected: list[Rejected] = []
        self._files: list[Response] = []
        self._records: list[Record] = []

    def take(self, path: Path, otherwise: Otherwise) -> None:
        """Read one file, and archive it if anything of it was taken."""
        file = take(path, otherwise, self._rejected)
        if file is None:
            return
        whose = [(self._agency(file, line, entry), entry) for line, entry in file.entries]
        taken = [(agency, entry) for agency, entry in whose if agency is not None]
        if taken:
            kept = _keep(self._archive, file, self._by, self._clock.now())
            self._files.append(kept)
            self._records += [Record(agency, _item(entry, kept.id), bool(entry.id)) for agency, entry in taken]

    def _agency(self, file: Taken, line: int | None, entry: Submission) -> str | None:
        """Return whose document a record is of; none, and why, where its id stands for another agency's."""
        known = self._known.get(entry.key)
        if known is None or entry.agency in {"", known}:
            return entry.agency if known is None else known
        reason = f"id: {entry.key[:80]!r} stands for a document of {known or 'no agency'!r}, not {entry.agency!r}"
        self._rejected.append(Rejected(file.path, line, reason))
        return None

    def store(self, *, baseline: bool) -> Ingested:
        """Store what was taken, in one transaction."""
        at, counts = iso(self._clock.now()), Counter[str]()
        with self._index.transaction():
            for agency, records in _by_agency(self._records).items():
                named = {record.item.key for record in records if record.named}
                listing = Listing(self._index, _source_of(agency), self._run, at, baseline=baseline, named=named)
                counts += Counter(listing.remember([each.item for each in records], (), set(), complete=False))
            counts["superseded"] = len(self._records) - len({record.item.key for record in self._records})
            run = self._told(at, counts, baseline=baseline)
            runs.add_run(self._index, run, self._files, [_problem(each) for each in self._rejected])
        return Ingested(counts, tuple(self._rejected))

    def _told(self, at: str, counts: Mapping[str, int], *, baseline: bool) -> Run:
        return Run(
            id=self._run,
            source=MANUAL,
            started=at,
            finished=iso(self._clock.now()),
            state=RunState.OK if self._records or not self._rejected else RunState.FAILED,
            reason=provenance(self._by),
            baseline=baseline,
            listed=len(self._records) + len(self._rejected),
            items=len(self._records),
            counts={str(kind): counts.get(str(kind), 0) for kind in COUNTED},
            requests=0,
            not_modified=0,
            seconds=round(monotonic() - self._begun, 2),
        )


def _keep(archive: ArchiveWriter, file: Taken, by: str, at: datetime) -> Response:
    """Archive a file as it is, with its name and whose hands it came from."""
    address = f"file:///{quote(file.name)}"
    about = {"file-name": file.name, "given-by": by}
    return archive.write_given(file.data, url=address, content_type=file.media_type, about=about, at=at)


def _item(entry: Submission, record: str) -> GuidanceItem:
    return GuidanceItem(
        source=MANUAL,
        key=entry.key,
        url=entry.url,
        title=entry.title,
        status=entry.status,
        stage=entry.stage,
        issuer=entry.issuer,
        language=entry.language,
        published=entry.published,
        text=entry.text,
        record=record,
    )


def _source_of(agency: str) -> Source:
    return INBOX.model_copy(update={"agency": agency})


def _by_agency(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Return records by agency; of those with one id the last, which says what holds now."""
    last = {record.item.key: record for record in records}
    found: dict[str, list[Record]] = {}
    for record in last.values():
        found.setdefault(record.agency, []).append(record)
    return found


def _known_agencies(index: Index) -> dict[str, str]:
    sql = 'SELECT "key", agency FROM document_keys WHERE source = ?'
    return {row["key"]: row["agency"] for row in index.rows(sql, [MANUAL])}


def _problem(rejected: Rejected) -> Problem:
    where = f"{rejected.path}, line {rejected.line}" if rejected.line else rejected.path
    return Problem(source=MANUAL, kind="rejected", message=f"{where}: {rejected.reason}")
