"""What waits in the outbox longer than it should, and whether Slack lets us in."""

from dataclasses import dataclass

from regintel.store.database import Index


@dataclass(frozen=True)
class Waiting:
    """A digest's message that is due and was not taken."""

    project: str
    created_at: str
    error: str


def waiting_digests(index: Index, now: str) -> list[Waiting]:
    """Return digests that may go out and have not, oldest first."""
    sql = """
        SELECT project, created_at, coalesce(error, '') AS error FROM outbox
        WHERE state IN ('pending', 'sending') AND kind = 'digest' AND parent IS NULL
          AND (not_before IS NULL OR not_before <= ?)
        ORDER BY seq"""
    return [Waiting(**row) for row in index.rows(sql, [now])]


def last_refusals(index: Index) -> list[str]:
    """Return why messages still wait, and what the last delivery met with: nothing, if all went well."""
    waiting = "SELECT DISTINCT error FROM outbox WHERE state = 'pending' AND error IS NOT NULL"
    last = "SELECT error FROM deliveries ORDER BY id DESC LIMIT 1"
    return [row["error"] for sql in (waiting, last) for row in index.rows(sql) if row["error"]]


def something_is_due(index: Index, now: str) -> bool:
    """Return whether a sending would have anything to do."""
    sql = """
        SELECT 1 FROM outbox WHERE state IN ('pending', 'sending', 'unknown')
          AND (not_before IS NULL OR not_before <= ?) LIMIT 1"""
    return index.row(sql, [now]) is not None
