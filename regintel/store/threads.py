"""One thread for each document and channel: which message is its root, and what was told there already."""

from regintel.records import OutboxMessage
from regintel.store.database import Index


def root_of(index: Index, channel: str, document: str) -> str | None:
    """Return the outbox id of the message in whose thread a document's story goes on, or none.

    A root that will not arrive is none.
    """
    sql = """
        SELECT threads.message FROM threads JOIN outbox ON outbox.id = threads.message
        WHERE threads.channel = ? AND threads.document = ? AND outbox.state != 'dead'
        ORDER BY threads.id DESC LIMIT 1"""
    row = index.row(sql, [channel, document])
    return row["message"] if row else None


def add_root(index: Index, channel: str, document: str, message: str, at: str) -> None:
    """Write that a document's story begins with a message; to be called inside a transaction."""
    index.insert("threads", {"channel": channel, "document": document, "message": message, "at": at})


def told_there(index: Index, channel: str, change: int) -> bool:
    """Return whether a channel was, or is about to be, told a change: by whichever project, in whatever place."""
    sql = """
        SELECT 1 FROM message_items JOIN outbox ON outbox.id = message_items.message
        WHERE message_items."change" = ? AND outbox.channel = ? AND outbox.state != 'dead'"""
    return index.row(sql, [change, channel]) is not None


def stand_alone(index: Index, message: OutboxMessage, at: str) -> None:
    """Write that an alert goes out by itself, for its thread is not to be had: it is the root from here on."""
    with index.transaction():
        index.write("UPDATE outbox SET parent = NULL, broadcast = 0 WHERE id = ?", [message.id])
        if message.document:
            add_root(index, message.channel, message.document, message.id, at)
