"""Step eight: threads, what each message tells, and what people say of messages that nobody can ask for."""

from sqlite_utils import Database

from regintel.store.migrations.steps import migrations, refuse_rewriting

APPEND_ONLY = ("message_items", "threads")


@migrations()
def m008_threads(db: Database) -> None:
    """Which message tells which change, and in whose thread a document's later stages go.

    What an older digest told stands with its first message, as far as anybody can know.
    """
    for column in (
        "role TEXT NOT NULL DEFAULT 'message' CHECK (role IN ('message', 'alert', 'follow_up'))",
        "document TEXT REFERENCES documents (id)",
        "broadcast INTEGER NOT NULL DEFAULT 0",
        "released INTEGER NOT NULL DEFAULT 0",
    ):
        db.execute(f"ALTER TABLE outbox ADD COLUMN {column}")
    for column in ("by TEXT", "reason TEXT"):
        db.execute(f"ALTER TABLE deliveries ADD COLUMN {column}")
    db.execute("CREATE INDEX outbox_by_digest ON outbox (digest)")
    db.execute("""
        CREATE TABLE message_items (
            message TEXT NOT NULL REFERENCES outbox (id),
            "change" INTEGER NOT NULL REFERENCES changes (id),
            project TEXT NOT NULL,
            PRIMARY KEY (message, "change")
        ) STRICT, WITHOUT ROWID""")
    db.execute('CREATE INDEX message_items_by_change ON message_items ("change", project)')
    db.execute("""
        INSERT INTO message_items (message, "change", project)
        SELECT outbox.id, matches."change", matches.project
        FROM matches JOIN outbox ON outbox.digest = matches.digest AND outbox.parent IS NULL""")
    db.execute("""
        CREATE TABLE threads (
            id INTEGER PRIMARY KEY,
            channel TEXT NOT NULL,
            document TEXT NOT NULL REFERENCES documents (id),
            message TEXT NOT NULL REFERENCES outbox (id),
            at TEXT NOT NULL
        ) STRICT""")
    db.execute("CREATE INDEX threads_by_document ON threads (document, channel)")
    refuse_rewriting(db, APPEND_ONLY)
