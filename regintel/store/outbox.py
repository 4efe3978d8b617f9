"""Digests and the outbox: written before anything is sent, so that nothing is lost and nothing doubled."""

import json
from collections.abc import Iterable, Sequence
from uuid import uuid4

from regintel.records import OutboxMessage
from regintel.store.database import Index, Row
from regintel.vocabulary import MessageRole, OutboxState


def last_slot(index: Index, project: str) -> str | None:
    """Return the newest moment for which a digest of a project was built, or none."""
    row = index.row("SELECT max(slot) AS slot FROM digests WHERE project = ?", [project])
    return row["slot"] if row else None


def add_digest(index: Index, *, project: str, channel: str, slot: str, built_at: str, told: Iterable[int]) -> str:
    """Write that a digest was built, and what it tells; to be called inside a transaction, with its messages.

    Earlier digests of the project that said nothing new and were not sent are given up: this one says it anew.

    :param told: ids of the changes it tells.
    """
    changes_told = list(told)
    name = uuid4().hex
    index.insert("digests", {
        "id": name, "project": project, "channel": channel, "slot": slot, "built_at": built_at,
        "items": len(changes_told),
    })  # fmt: skip
    for change in changes_told:
        values = [name, change, project]
        index.write('UPDATE matches SET digest = ? WHERE "change" = ? AND project = ?', values)
    _give_up_empty(index, project, slot)
    return name


def _give_up_empty(index: Index, project: str, slot: str) -> None:
    sql = """
        UPDATE outbox SET state = 'dead', error = 'superseded by a later digest'
        WHERE project = ? AND state = 'pending'
          AND digest IN (SELECT id FROM digests WHERE items = 0 AND slot < ?)"""
    index.write(sql, [project, slot])


def close_slot(index: Index, project: str, digest: str) -> None:
    """Write that every channel was told all there was; to be called inside the digests' transaction.

    What one channel had refused, and has now left, waits for nobody any more.
    """
    index.write("UPDATE matches SET digest = ? WHERE project = ? AND relevant AND digest IS NULL", [digest, project])


def add_message(
    index: Index,
    *,
    kind: str,
    channel: str,
    subject: str,
    text: str,
    blocks: Sequence[object],
    created_at: str,
    project: str | None = None,
    digest: str | None = None,
    not_before: str | None = None,
    parent: str | None = None,
    role: MessageRole = MessageRole.MESSAGE,
    document: str | None = None,
    broadcast: bool = False,
    told: Iterable[int] = (),
) -> str:
    """Put a message into the outbox; to be called inside a transaction.

    :param told: ids of the changes that are told in it, to its project.
    """
    name = uuid4().hex
    index.insert("outbox", {
        "id": name, "kind": kind, "project": project, "channel": channel, "digest": digest, "subject": subject,
        "parent": parent, "text": text, "blocks": list(blocks), "state": OutboxState.PENDING,
        "created_at": created_at, "not_before": not_before, "attempts": 0, "role": role, "document": document,
        "broadcast": broadcast,
    })  # fmt: skip
    for change in told:
        index.insert("message_items", {"message": name, "change": change, "project": project})
    return name


def add_alarm(
    index: Index, channels: Iterable[str], subject: str, text: str, blocks: Sequence[object], created_at: str
) -> None:
    """Put an alarm into the outbox, once for each channel; to be called inside a transaction."""
    for channel in channels:
        add_message(
            index, kind="alarm", channel=channel, subject=subject, text=text, blocks=blocks, created_at=created_at
        )


def said_since(index: Index, subject: str, since: str) -> bool:
    """Return whether a message with this subject was put into the outbox since a moment."""
    return index.row("SELECT 1 FROM outbox WHERE subject = ? AND created_at >= ?", [subject, since]) is not None


def last_said(index: Index, prefix: str) -> str | None:
    """Return the subject of the newest message whose subject starts so, or none."""
    sql = "SELECT subject FROM outbox WHERE substr(subject, 1, length(?)) = ? ORDER BY seq DESC LIMIT 1"
    row = index.row(sql, [prefix, prefix])
    return row["subject"] if row else None


def due_messages(index: Index, now: str) -> list[OutboxMessage]:
    """Return messages that are to be sent or asked after now, in the order they were written."""
    sql = """
        SELECT outbox.*, parent.ts AS thread_ts FROM outbox LEFT JOIN outbox AS parent ON parent.id = outbox.parent
        WHERE outbox.state IN ('pending', 'sending', 'unknown')
          AND (outbox.not_before IS NULL OR outbox.not_before <= ?)
        ORDER BY outbox.seq"""
    return [_message(row) for row in index.rows(sql, [now])]


def held_channels(index: Index, now: str) -> set[str]:
    """Return channels that Slack, or the way there, asked to wait: what comes later does not overtake."""
    sql = """
        SELECT DISTINCT channel FROM outbox
        WHERE state = 'pending' AND attempts > 0 AND not_before IS NOT NULL AND not_before > ?"""
    return {row["channel"] for row in index.rows(sql, [now])}


def set_sending(index: Index, message: OutboxMessage, at: str) -> None:
    """Write that a message is about to be sent: from here on Slack may have it."""
    sql = """UPDATE outbox SET state = 'sending', attempts = attempts + 1, attempted_at = coalesce(attempted_at, ?)
             WHERE id = ?"""
    with index.transaction():
        index.write(sql, [at, message.id])


def put_back(index: Index, message: OutboxMessage, not_before: str, error: str) -> None:
    """Write that a message was not sent, and when to try again."""
    with index.transaction():
        sql = "UPDATE outbox SET state = 'pending', attempted_at = NULL, not_before = ?, error = ? WHERE id = ?"
        index.write(sql, [not_before, error, message.id])


def give_up_old(index: Index, before: str, reason: str) -> int:
    """Give up messages that were written before a moment and that Slack does not have; return how many.

    A thread is given up with its parent, and goes out with one that was sent.
    """
    sql = """
        UPDATE outbox SET state = 'dead', error = ?
        WHERE state = 'pending' AND created_at < ?
          AND (parent IS NULL OR parent IN (SELECT id FROM outbox WHERE state != 'sent'))"""
    with index.transaction():
        return index.write(sql, [reason, before])


def release_items(index: Index, message: OutboxMessage) -> None:
    """Write that what a message tells was not told, for it will not arrive; to be called inside a transaction.

    A follow-up gives nothing back: the digest tells it.
    """
    if message.role is MessageRole.FOLLOW_UP:
        return
    index.write("UPDATE outbox SET released = 1 WHERE id = ?", [message.id])
    sql = """
        UPDATE matches SET digest = NULL
        WHERE project = ? AND "change" IN (SELECT "change" FROM message_items WHERE message = ?)"""
    index.write(sql, [message.project, message.id])


def set_outcome(
    index: Index,
    message: OutboxMessage,
    state: OutboxState,
    at: str,
    *,
    ts: str | None = None,
    error: str | None = None,
) -> None:
    """Write what came of sending a message; to be called inside a transaction where more depends on it."""
    with index.transaction():
        index.write("UPDATE outbox SET state = ?, ts = ?, error = ? WHERE id = ?", [state, ts, error, message.id])
        index.insert("deliveries", {"message": message.id, "at": at, "outcome": state, "ts": ts, "error": error})


def counts(index: Index, channel: str | None = None) -> dict[str, int]:
    """Return how many messages, of one channel or of all, are in each state."""
    sql = "SELECT state, count(*) AS n FROM outbox WHERE :channel IS NULL OR channel = :channel GROUP BY state"
    found = {row["state"]: row["n"] for row in index.rows(sql, {"channel": channel})}
    return {str(state): found.get(state, 0) for state in OutboxState}


def parent_of(index: Index, message: OutboxMessage) -> tuple[OutboxState, str | None] | None:
    """Return state and Slack's timestamp of the message in whose thread this one goes; none if it stands alone."""
    row = index.row("SELECT state, ts FROM outbox WHERE id = ?", [message.parent]) if message.parent else None
    return (OutboxState(row["state"]), row["ts"]) if row else None


def _message(row: Row) -> OutboxMessage:
    return OutboxMessage(
        id=row["id"],
        channel=row["channel"],
        kind=row["kind"],
        project=row["project"],
        text=row["text"],
        blocks=tuple(json.loads(row["blocks"])),
        state=OutboxState(row["state"]),
        created_at=row["created_at"],
        not_before=row["not_before"],
        parent=row["parent"],
        thread_ts=row["thread_ts"],
        attempts=row["attempts"],
        attempted_at=row["attempted_at"],
        error=row["error"],
        role=MessageRole(row["role"]),
        document=row["document"],
        broadcast=bool(row["broadcast"]),
    )


def relevant_changes(index: Index, project: str) -> set[int]:
    """Return the ids of the changes that matter to a project."""
    sql = 'SELECT "change" FROM matches WHERE project = ? AND relevant'
    return {row["change"] for row in index.rows(sql, [project])}
