"""What `--json` prints: the contract's field names, and nothing that a user did not ask for."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from regintel.items import GIVEN
from regintel.records import Change, Document, Found, Hit, Labels, Run, SourceHealth, Version
from regintel.sources import MANUAL, Source
from regintel.store.database import Index
from regintel.store.documents import changes, records_of, sightings, text, versions
from regintel.store.identities import merges
from regintel.store.labels import evidence
from regintel.text.snippets import unmarked

if TYPE_CHECKING:  # what a crawl needs behind it costs a search .2 s
    from regintel.jobs.crawl import CrawlReport

Answer = dict[str, object]

CRAWLED = "crawl"
"""Provenance of what an agency's server answered; `manual` is that of what a person gave."""


def crawl_answer(reports: "list[CrawlReport]") -> Answer:
    """Return a crawl."""
    return {"runs": [_run(report) for report in reports]}


def _run(report: "CrawlReport") -> Answer:
    run = report.run
    return {
        "source": run.source, "state": run.state, "reason": run.reason, "baseline": run.baseline, "items": run.items,
        **run.counts, "listed": run.listed, "requests": run.requests, "not_modified": run.not_modified,
        "problems": [{"kind": each.kind, "url": each.url, "message": each.message} for each in report.problems],
        "seconds": run.seconds, "id": run.id,
    }  # fmt: skip


def source_answer(source: Source, stands: SourceHealth, last: Run | None = None) -> Answer:
    """Return a source and its health.

    :param last: its last run, which tells whether it was crawled or a person gave what was read.
    """
    return {
        "id": source.id, "agency": source.agency, "title": source.title, "url": source.url, "language": source.language,
        "state": stands.state, "last_success": stands.last_success, "last_run": stands.last_run,
        "last_items": stands.last_items, "failing_since": stands.failing_since, "reason": stands.reason,
        "expect": {"min_items": source.expect.min_items, "max_items": source.expect.max_items},
        "open_problems": stands.open_problems, "provenance": _provenance(last) if last else None,
    }  # fmt: skip


def _provenance(run: Run) -> str:
    return MANUAL if run.source == MANUAL or run.reason.startswith(f"{MANUAL}: ") else CRAWLED


def change_answer(change: Change) -> Answer:
    """Return a change."""
    return {
        "id": change.id, "document": change.document, "source": change.source, "kind": change.kind,
        "silent": change.silent, "at": change.at, "agency": change.agency, "title": change.title, "url": change.url,
        "from": change.before, "to": change.after, "summary": change.summary, "reason": change.reason,
    }  # fmt: skip


def document_answer(document: Document, labels: Labels) -> Answer:
    """Return a document as its newest version has it."""
    now = document.current
    return {
        "id": document.id, "agency": document.agency, "issuer": document.issuer, "source": document.source,
        "reference": now.reference, "title": now.title, "url": now.url, "status": now.status, "stage": now.stage,
        "document_type": now.document_type, "published": now.published, "updated": now.updated,
        "effective": now.effective, "comment_closes": now.comment_closes, "first_seen": document.first_seen,
        "language": document.language, "modalities": [asdict(each) for each in labels.modalities],
        "topics": [asdict(each) for each in labels.topics],
    }  # fmt: skip


def exported_answer(document: Document, labels: Labels | None) -> Answer:
    """Return a document as an export has it; whether it is about CMC is unknown where it was never labelled."""
    return {
        **document_answer(document, labels or Labels()), "cmc_score": labels.cmc_score if labels else None,
        "is_cmc_relevant": labels.is_cmc_relevant if labels else None,
        "abstained": labels.abstained if labels else None, "summary": document.current.summary,
    }  # fmt: skip


def search_answer(found: Found) -> Answer:
    """Return what a search found; snippets are plain, and `highlights` says where the found words stand in them."""
    results = [_hit(rank, hit) for rank, hit in enumerate(found.hits, start=found.offset + 1)]
    return {
        "query": found.query,
        "took_ms": found.took_ms,
        "total": found.total,
        "worded": found.worded,
        "offset": found.offset,
        "notes": found.notes,
        "results": results,
    }


def _hit(rank: int, hit: Hit) -> Answer:
    plain, highlights = unmarked(hit.snippet)
    about = {"snippet": plain, "highlights": highlights, "page": hit.page, "section": hit.section}
    return {"rank": rank, "score": hit.score, **document_answer(hit.document, hit.labels), **about}


def show_answer(index: Index, document: Document, labels: Labels) -> Answer:
    """Return a document with every version, label and change, and the bytes each version was read from."""
    now = document.current
    full = {
        **document_answer(document, labels), "summary": now.summary, "text": text(index, now.text_hash),
        "change_note": now.change_note, "offices": now.offices, "agency_topics": now.topics, "products": now.products,
        "attachments": [each.model_dump() for each in now.attachments], "cmc_score": labels.cmc_score,
        "is_cmc_relevant": labels.is_cmc_relevant, "abstained": labels.abstained,
    }  # fmt: skip
    return {
        "document": full,
        "versions": [_version(index, each) for each in versions(index, document.id)],
        "changes": [change_answer(each) for each in changes(index, document_id=document.id)],
        "labels": evidence(index, document.id),
        "sightings": sightings(index, document.id),
        "merges": merges(index, document.id),
    }


def _version(index: Index, version: Version) -> Answer:
    fields = asdict(version)
    fields["attachments"] = [each.model_dump() for each in version.attachments]
    records = records_of(index, version)
    given = any(each["method"] == GIVEN for each in records)
    return {**fields, "provenance": MANUAL if given else CRAWLED, "responses": records}
