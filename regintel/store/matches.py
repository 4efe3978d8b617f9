"""What projects made of changes, read back."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from regintel.records import Match
from regintel.store.database import Index, Row
from regintel.vocabulary import OutboxState


@dataclass(frozen=True)
class Message:
    """A message that tells a change, and how far it came."""

    id: str
    channel: str
    state: OutboxState
    created_at: str
    not_before: str | None
    at: str | None
    """When its state was last written down: of a sent one, when it was sent."""
    error: str | None


@dataclass(frozen=True)
class Telling:
    """What a project made of a change, and the messages that tell it."""

    match: Match
    at: str
    """When the change was held against the project."""
    digest: str | None
    """The digest that told it; none while it waits for one."""
    messages: tuple[Message, ...]


def tellings(index: Index, project: str, change: int) -> Telling | None:
    """Return what a project made of a change, and its messages; none where it was never held against it."""
    row = index.row('SELECT * FROM matches WHERE project = ? AND "change" = ?', [project, change])
    return Telling(match_of(row), row["at"], row["digest"], tuple(_messages(index, row))) if row else None


def _messages(index: Index, match: Row) -> Iterator[Message]:
    """Yield the messages that tell it; a short reply in a document's thread only repeats what one of them told."""
    sql = """
        SELECT outbox.id, outbox.channel, outbox.state, outbox.created_at, outbox.not_before, outbox.error,
               (SELECT max(deliveries.at) FROM deliveries WHERE deliveries.message = outbox.id) AS at
        FROM message_items JOIN outbox ON outbox.id = message_items.message
        WHERE message_items."change" = ? AND message_items.project = ? AND outbox.role != 'follow_up'
        ORDER BY outbox.seq"""
    for row in index.rows(sql, [match["change"], match["project"]]):
        yield Message(**{**row, "state": OutboxState(row["state"])})


def first_match_at(index: Index, project: str) -> str | None:
    """Return when a project was first held against a change; none where it never was."""
    row = index.row("SELECT min(at) AS at FROM matches WHERE project = ?", [project])
    return row["at"] if row else None


def waiting_changes(index: Index, project: str) -> int:
    """Return how many changes that matter to a project wait for its next digest."""
    row = index.row("SELECT count(*) AS n FROM matches WHERE project = ? AND relevant AND digest IS NULL", [project])
    return int(row["n"]) if row else 0


def relevant_matches(index: Index, project: str, most: int) -> list[Match]:
    """Return what mattered to a project, told or not, newest change first, at most so many."""
    sql = """
        SELECT matches.* FROM matches JOIN changes ON changes.id = matches."change"
        WHERE matches.project = ? AND relevant ORDER BY changes.at DESC, changes.id DESC LIMIT ?"""
    return [match_of(row) for row in index.rows(sql, [project, most])]


def relevant_documents(index: Index, project: str) -> set[str]:
    """Return the documents that ever had a change which mattered to a project."""
    sql = """
        SELECT DISTINCT changes.document FROM matches JOIN changes ON changes.id = matches."change"
        WHERE matches.project = ? AND relevant"""
    return {row["document"] for row in index.rows(sql, [project])}


def waiting_messages(index: Index, project: str) -> int:
    """Return how many messages of a project were written and are not sent yet, or may not be."""
    sql = "SELECT count(*) AS n FROM outbox WHERE project = ? AND state IN ('pending', 'sending', 'unknown')"
    row = index.row(sql, [project])
    return int(row["n"]) if row else 0


def match_of(row: Row) -> Match:
    """Return the match in a row."""
    return Match(
        change=row["change"],
        project=row["project"],
        score=row["score"],
        relevant=bool(row["relevant"]),
        must_not_miss=bool(row["must_not_miss"]),
        reasons=tuple(json.loads(row["reasons"])),
    )
