"""What stands with every answer: which document says it, as of when, and what could not be read."""

from collections.abc import Mapping
from dataclasses import dataclass

from regintel.jobs.standing import Standing
from regintel.mcp_server.quotes import TITLE, short
from regintel.records import Document, Labels, LabelScore, SourceHealth
from regintel.text.snippets import MARK

Answer = dict[str, object]

UNREAD = 40
"""Sources that are named as not read, at most."""
INCOMPLETE = (
    "Some sources could not be read. Tell the reader which, and since when; do not say that an agency published"
    " nothing, or that a list is complete."
)
COMPLETE = (
    "Every enabled source was read. The index holds what these lists show and no more: not finding a document is no"
    " proof that there is none."
)


@dataclass(frozen=True)
class Citing:
    """Makes citations."""

    standing: Standing
    names: Mapping[str, str]
    """Labels' ids as people write them."""

    def citation(self, document: Document, *, page: int | None = None, section: str | None = None) -> Answer:
        """Return what a reader needs to find a document, and to know how it stands."""
        now, health = document.current, self._health(document.source)
        return {
            "document_id": document.id, "agency": document.agency, "issuer": document.issuer or None,
            "title": short(now.title, TITLE), "url": short(now.url, TITLE), "language": document.language,
            "reference": short(now.reference), "status": short(now.status), "stage": now.stage,
            "document_type": short(now.document_type), "published": now.published, "updated": now.updated,
            "effective": now.effective, "comment_closes": now.comment_closes, "version": now.number,
            "version_read": now.at, "first_seen": document.first_seen, "source": document.source,
            "source_state": health.state if health else None,
            "source_last_read": health.last_success if health else None, "page": page, "section": short(section),
        }  # fmt: skip

    def labels(self, labels: Labels | None) -> Answer | None:
        """Return what a document is about, by a model; none where it was never labelled."""
        if labels is None:
            return None
        told = {"modalities": self._scored(labels.modalities), "topics": self._scored(labels.topics)}
        return {**told, "is_cmc_relevant": labels.is_cmc_relevant, "abstained": labels.abstained}

    def health(self) -> Answer:
        """Return what could not be read."""
        unread = self.standing.unread
        return {
            "documents_in_index": self.standing.documents, "sources_enabled": self.standing.enabled,
            "last_read": self.standing.last_read, "sources_not_read": len(unread),
            "not_read": [source_told(each) for each in unread[:UNREAD]],
            "caution": INCOMPLETE if unread else COMPLETE,
        }  # fmt: skip

    def _scored(self, scores: tuple[LabelScore, ...]) -> list[Answer]:
        return [{"id": each.id, "name": self.names.get(each.id, each.id), "score": each.score} for each in scores]

    def _health(self, source: str) -> SourceHealth | None:
        return next((each for each in self.standing.healths if each.source == source), None)


def source_told(each: SourceHealth) -> Answer:
    """Return how a source stands."""
    return {
        "source": each.source, "agency": each.agency, "title": short(each.title, TITLE), "state": each.state,
        "last_read_well": each.last_success, "failing_since": each.failing_since, "reason": short(each.reason) or None,
        "items": each.last_items, "open_problems": each.open_problems,
    }  # fmt: skip


def bare(snippet: str) -> str:
    """Return a snippet without the marks of found words."""
    return snippet.replace(MARK, "")
