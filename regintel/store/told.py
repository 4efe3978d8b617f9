"""What a project was told: changes that mattered to it, and the digest that told them."""

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
    """When the digest that tells it was built; none while it waits for one."""
    state: str | None
    """How that digest stands in the outbox: pending, sent, unknown, dead."""


def told(index: Index, project: str, limit: int) -> list[Told]:
    """Return the newest changes that matter to a project."""
    sql = """
        SELECT matches."change", documents.language, matches.score, matches.must_not_miss, matches.reasons,
            digests.built_at,
            (SELECT outbox.state FROM outbox WHERE outbox.digest = digests.id AND outbox.parent IS NULL) AS state
        FROM matches JOIN changes ON changes.id = matches."change"
        JOIN documents ON documents.id = changes.document
        LEFT JOIN digests ON digests.id = matches.digest
        WHERE matches.project = ? AND matches.relevant
        ORDER BY changes.at DESC, matches.score DESC, changes.id DESC LIMIT ?"""
    rows = list(index.rows(sql, [project, limit]))
    known = {each.id: each for each in changes(index)} if rows else {}
    return [
        Told(
            change=known[row["change"]],
            language=row["language"],
            score=row["score"],
            must_not_miss=bool(row["must_not_miss"]),
            reasons=tuple(json.loads(row["reasons"])),
            at=row["built_at"],
            state=row["state"],
        )
        for row in rows
    ]
