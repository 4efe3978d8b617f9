"""What a project was told: changes that mattered to it, and the message that told them."""

import json
from dataclasses import dataclass

from regintel.records import Change
from regintel.store.database import Index
from regintel.store.documents import changes


@dataclass(frozen=True)
class Told:
    """A change that matters to a project."""

    change: Change
    language: str
    """Of the document."""
    score: float
    must_not_miss: bool
    reasons: tuple[str, ...]
    at: str | None
    """When the newest message that tells it was written; none while it waits for one."""
    state: str | None
    """How that message stands in the outbox: pending, sent, unknown, dead."""


def told(index: Index, project: str, limit: int) -> list[Told]:
    """Return the newest changes that matter to a project."""
    sql = """
        SELECT matches."change", documents.language, matches.score, matches.must_not_miss, matches.reasons,
            outbox.created_at, outbox.state
        FROM matches JOIN changes ON changes.id = matches."change"
        JOIN documents ON documents.id = changes.document
        LEFT JOIN outbox ON outbox.seq = (
            SELECT max(telling.seq) FROM message_items JOIN outbox AS telling ON telling.id = message_items.message
            WHERE message_items."change" = matches."change" AND message_items.project = matches.project
              AND telling.role != 'follow_up' AND NOT telling.released)
        WHERE matches.project = ? AND matches.relevant
        ORDER BY changes.at DESC, matches.score DESC, changes.id DESC LIMIT ?"""
    rows = list(index.rows(sql, [project, limit]))
    oldest = min((row["change"] for row in rows), default=1)
    known = {each.id: each for each in changes(index, after=oldest - 1)} if rows else {}
    return [
        Told(
            change=known[row["change"]],
            language=row["language"],
            score=row["score"],
            must_not_miss=bool(row["must_not_miss"]),
            reasons=tuple(json.loads(row["reasons"])),
            at=row["created_at"],
            state=row["state"],
        )
        for row in rows
    ]
