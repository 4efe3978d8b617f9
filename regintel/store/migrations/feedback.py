"""Step nine: what channels ask for, and what people say of what they were told."""

from sqlite_utils import Database

from regintel.store.migrations.steps import migrations, refuse_rewriting

APPEND_ONLY = ("subscriptions", "feedback")


@migrations()
def m009_what_channels_ask_for_and_people_say(db: Database) -> None:
    """Subscriptions of channels to projects, and feedback on what was told, each with who said it."""
    db.execute("""
        CREATE TABLE subscriptions (
            id INTEGER PRIMARY KEY,
            project TEXT NOT NULL,
            channel TEXT NOT NULL,
            said TEXT NOT NULL CHECK (said IN ('subscribed', 'unsubscribed', 'muted', 'unmuted')),
            until TEXT,
            by TEXT NOT NULL,
            at TEXT NOT NULL
        ) STRICT""")
    db.execute("CREATE INDEX subscriptions_by_project ON subscriptions (project, channel)")
    db.execute("""
        CREATE TABLE feedback (
            id INTEGER PRIMARY KEY,
            at TEXT NOT NULL,
            channel TEXT NOT NULL,
            user TEXT NOT NULL,
            project TEXT NOT NULL,
            "change" INTEGER NOT NULL REFERENCES changes (id),
            document TEXT NOT NULL REFERENCES documents (id),
            said TEXT NOT NULL CHECK (said IN ('useful', 'wrong_tag', 'not_for_us')),
            labels TEXT NOT NULL,
            reason TEXT NOT NULL,
            message TEXT NOT NULL
        ) STRICT""")
    db.execute('CREATE INDEX feedback_by_change ON feedback ("change", project, user)')
    refuse_rewriting(db, APPEND_ONLY)
