"""What projects make of changes, and which messages tell them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from regintel.records import Change, Match
from regintel.store.database import Index, Row
from regintel.store.documents import changes
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


def unmatched(index: Index, project: str, since: str) -> list[Change]:
    """Return labelled changes since a moment that were not yet held against a project, oldest first.

    A project that was matched before misses nothing, however long ago that was. A change that another overtook before
    its version was labelled goes by the labels of the newer version.
    """
    since = min(since, first_match_at(index, project) or since)
    done = {row["change"] for row in index.rows('SELECT "change" FROM matches WHERE project = ?', [project])}
    sql = """
        SELECT changes.id FROM changes
        WHERE EXISTS (
            SELECT 1 FROM classifications
            WHERE classifications.document = changes.document AND classifications.version >= changes.new_version)"""
    labelled = {row["id"] for row in index.rows(sql)}
    return [each for each in reversed(changes(index, since=since)) if each.id in labelled - done]


def add_match(index: Index, match: Match, at: str) -> None:
    """Write what a project makes of a change; to be called inside a transaction."""
    index.insert("matches", {
        "change": match.change, "project": match.project, "score": match.score, "relevant": match.relevant,
        "must_not_miss": match.must_not_miss, "reasons": match.reasons, "at": at, "digest": None,
    })  # fmt: skip


def waiting_matches(index: Index, project: str, channel: str) -> list[Match]:
    """Return relevant matches that a channel of the project was not told yet, the most relevant first."""
    sql = """
        SELECT * FROM matches
        WHERE project = :project AND relevant AND digest IS NULL AND NOT EXISTS (
            SELECT 1 FROM message_items JOIN outbox ON outbox.id = message_items.message
            WHERE message_items."change" = matches."change" AND message_items.project = matches.project
              AND outbox.channel = :channel AND NOT outbox.released AND outbox.role != 'follow_up')
        ORDER BY score DESC, "change" """
    return [match_of(row) for row in index.rows(sql, {"project": project, "channel": channel})]


def unsent_matches(index: Index, project: str) -> list[Match]:
    """Return relevant matches that wait for a digest, or whose message waits to be sent, the most relevant first."""
    sql = """
        SELECT * FROM matches
        WHERE project = ? AND relevant AND (digest IS NULL OR EXISTS (
            SELECT 1 FROM message_items JOIN outbox ON outbox.id = message_items.message
            WHERE message_items."change" = matches."change" AND message_items.project = matches.project
              AND outbox.state = 'pending' AND outbox.role != 'follow_up'))
        ORDER BY score DESC, "change" """
    return [match_of(row) for row in index.rows(sql, [project])]


def attempted_changes(index: Index, project: str) -> set[int]:
    """Return ids of the changes that wait although a message told them: it was refused."""
    sql = """
        SELECT DISTINCT message_items."change" FROM message_items
        JOIN matches ON matches."change" = message_items."change" AND matches.project = message_items.project
        WHERE message_items.project = ? AND matches.digest IS NULL"""
    return {row["change"] for row in index.rows(sql, [project])}


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
