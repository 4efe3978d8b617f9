"""The outbox as a person sees it, and what a person says of a message that nobody else can settle."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from regintel.exceptions import UsageError
from regintel.store.database import Index, Row
from regintel.vocabulary import MessageRole, OutboxState

OPEN = (OutboxState.PENDING, OutboxState.SENDING, OutboxState.UNKNOWN)


class Verdict(StrEnum):
    """What a person says of a message."""

    SENT = "sent"
    """It is there: somebody has seen it."""
    AGAIN = "again"
    """It is not there, and is to be sent."""
    DROP = "drop"
    """It is not to be sent, nor is what it tells told again."""


SETTLES = {Verdict.SENT: OutboxState.SENT, Verdict.AGAIN: OutboxState.PENDING, Verdict.DROP: OutboxState.DEAD}


@dataclass(frozen=True)
class Posted:
    """A message in the outbox, without its blocks."""

    id: str
    state: OutboxState
    role: MessageRole
    kind: str
    channel: str
    project: str | None
    subject: str
    text: str
    """Its first line."""
    attempts: int
    error: str | None
    created_at: str
    not_before: str | None
    ts: str | None


def posted(index: Index, states: Collection[OutboxState] = OPEN) -> list[Posted]:
    """Return the messages that are in one of the states, oldest first."""
    marks = ", ".join("?" for _ in states)
    sql = f"SELECT * FROM outbox WHERE state IN ({marks}) ORDER BY seq"  # noqa: S608  (marks are ours)
    return [_posted(row) for row in index.rows(sql, list(states))]


def settle(index: Index, name: str, verdict: Verdict, at: str, *, by: str, reason: str) -> Posted:
    """Write what a person says of a message; it is kept with who said so, when, and why.

    :param name: the message's id, or how no other begins.
    :raises UsageError: for a message that is not there, or of which nothing is to be said.
    """
    found = _named(index, name)
    if found.state not in OPEN or (found.state is OutboxState.PENDING and verdict is not Verdict.DROP):
        raise UsageError(f"message {found.id[:12]} is {found.state}: there is nothing to settle")
    state = SETTLES[verdict]
    with index.transaction():
        # Slack is not asked for what a person says is not there.
        sql = """UPDATE outbox SET state = ?, error = NULL, attempted_at = NULL,
                 not_before = CASE WHEN ? = 'pending' THEN NULL ELSE not_before END WHERE id = ?"""
        index.write(sql, [state, state, found.id])
        index.insert("deliveries", {
            "message": found.id, "at": at, "outcome": state, "ts": None, "error": found.error, "by": by,
            "reason": reason,
        })  # fmt: skip
    return _named(index, found.id)


def _named(index: Index, name: str) -> Posted:
    rows = list(index.rows("SELECT * FROM outbox WHERE substr(id, 1, length(?)) = ? LIMIT 2", [name, name]))
    if len(name) < 6 or not rows:
        raise UsageError(f"no message {name!r} in the outbox (regintel outbox lists them)")
    if len(rows) > 1:
        raise UsageError(f"several messages begin with {name!r}")
    return _posted(rows[0])


def _posted(row: Row) -> Posted:
    words = str(row["text"]).strip()
    return Posted(
        id=row["id"],
        state=OutboxState(row["state"]),
        role=MessageRole(row["role"]),
        kind=row["kind"],
        channel=row["channel"],
        project=row["project"],
        subject=row["subject"],
        text=words.splitlines()[0] if words else "",
        attempts=row["attempts"],
        error=row["error"],
        created_at=row["created_at"],
        not_before=row["not_before"],
        ts=row["ts"],
    )
