"""Steps one to seven: runs, documents, labels, messages, several sources of one document, corrections."""

from sqlite_utils import Database

from regintel.store.migrations.steps import migrations, refuse_rewriting

APPEND_ONLY = (
    "runs", "responses", "problems", "texts", "versions", "changes", "classifications", "labels", "digests",
    "deliveries",
)  # fmt: skip
"""Of the first five steps; later ones guard their own."""


@migrations()
def m001_runs(db: Database) -> None:
    """One crawl of one source, what it fetched, and what it did not understand."""
    db.execute("""
        CREATE TABLE runs (
            id TEXT PRIMARY KEY,
            source TEXT NOT NULL,
            started TEXT NOT NULL,
            finished TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('ok', 'failed', 'blocked')),
            reason TEXT NOT NULL,
            baseline INTEGER NOT NULL,
            listed INTEGER NOT NULL,
            items INTEGER NOT NULL,
            counts TEXT NOT NULL,
            requests INTEGER NOT NULL,
            not_modified INTEGER NOT NULL,
            seconds REAL NOT NULL,
            software TEXT NOT NULL
        ) STRICT""")
    db.execute("CREATE INDEX runs_by_source ON runs (source, started)")
    db.execute("""
        CREATE TABLE responses (
            id TEXT PRIMARY KEY,
            run TEXT NOT NULL REFERENCES runs (id),
            url TEXT NOT NULL,
            method TEXT NOT NULL,
            status INTEGER NOT NULL,
            fetched_at TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            size INTEGER NOT NULL,
            content_type TEXT NOT NULL,
            etag TEXT,
            last_modified TEXT,
            file TEXT NOT NULL,
            "offset" INTEGER NOT NULL,
            refers_to TEXT REFERENCES responses (id)
        ) STRICT""")
    db.execute("CREATE INDEX responses_by_url ON responses (url, fetched_at)")
    db.execute("CREATE INDEX responses_by_run ON responses (run)")
    db.execute("""
        CREATE TABLE problems (
            id INTEGER PRIMARY KEY,
            run TEXT NOT NULL REFERENCES runs (id),
            source TEXT NOT NULL,
            kind TEXT NOT NULL,
            message TEXT NOT NULL,
            url TEXT,
            "key" TEXT
        ) STRICT""")
    db.execute("CREATE INDEX problems_by_run ON problems (run)")


@migrations()
def m002_documents(db: Database) -> None:
    """Documents, their keys, texts, versions, changes and sightings."""
    db.execute("""
        CREATE TABLE documents (
            seq INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            agency TEXT NOT NULL,
            issuer TEXT NOT NULL,
            source TEXT NOT NULL,
            language TEXT NOT NULL,
            first_seen TEXT NOT NULL,
            version INTEGER REFERENCES versions (id) DEFERRABLE INITIALLY DEFERRED
        ) STRICT""")
    db.execute("""
        CREATE TABLE document_keys (
            source TEXT NOT NULL,
            "key" TEXT NOT NULL,
            document TEXT NOT NULL REFERENCES documents (id),
            since TEXT NOT NULL,
            run TEXT NOT NULL REFERENCES runs (id),
            reason TEXT NOT NULL,
            PRIMARY KEY (source, "key")
        ) STRICT""")
    db.execute("CREATE TABLE texts (hash TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT")
    db.execute("""
        CREATE TABLE versions (
            id INTEGER PRIMARY KEY,
            document TEXT NOT NULL REFERENCES documents (id),
            number INTEGER NOT NULL,
            source TEXT NOT NULL,
            run TEXT NOT NULL REFERENCES runs (id),
            at TEXT NOT NULL,
            "key" TEXT NOT NULL,
            url TEXT NOT NULL,
            title TEXT NOT NULL,
            status TEXT NOT NULL,
            stage TEXT NOT NULL,
            document_type TEXT NOT NULL,
            reference TEXT,
            reference_raw TEXT,
            published TEXT,
            updated TEXT,
            revised_at TEXT,
            effective TEXT,
            comment_opens TEXT,
            comment_closes TEXT,
            change_note TEXT,
            summary TEXT NOT NULL,
            text_hash TEXT REFERENCES texts (hash),
            offices TEXT NOT NULL,
            topics TEXT NOT NULL,
            products TEXT NOT NULL,
            attachments TEXT NOT NULL,
            record TEXT REFERENCES responses (id),
            body_records TEXT NOT NULL,
            unread TEXT NOT NULL,
            UNIQUE (document, number)
        ) STRICT""")
    db.execute("""
        CREATE TABLE changes (
            id INTEGER PRIMARY KEY,
            document TEXT NOT NULL REFERENCES documents (id),
            source TEXT NOT NULL,
            kind TEXT NOT NULL,
            silent INTEGER NOT NULL,
            at TEXT NOT NULL,
            run TEXT NOT NULL REFERENCES runs (id),
            old_version INTEGER REFERENCES versions (id),
            new_version INTEGER NOT NULL REFERENCES versions (id),
            "before" TEXT,
            "after" TEXT,
            summary TEXT NOT NULL,
            reason TEXT NOT NULL
        ) STRICT""")
    db.execute("CREATE INDEX changes_by_time ON changes (at)")
    db.execute("CREATE INDEX changes_by_document ON changes (document)")
    db.execute("""
        CREATE TABLE sightings (
            id INTEGER PRIMARY KEY,
            document TEXT NOT NULL REFERENCES documents (id),
            source TEXT NOT NULL,
            "key" TEXT NOT NULL,
            url TEXT NOT NULL,
            opened_at TEXT NOT NULL,
            opened_run TEXT NOT NULL REFERENCES runs (id),
            closed_at TEXT,
            closed_run TEXT REFERENCES runs (id),
            touched TEXT
        ) STRICT""")
    db.execute('CREATE UNIQUE INDEX sightings_open ON sightings (source, "key") WHERE closed_at IS NULL')
    db.execute("CREATE INDEX sightings_by_document ON sightings (document)")


@migrations()
def m003_labels(db: Database) -> None:
    """Embeddings once per text and model; labels with their evidence; the lexical index."""
    db.execute("""
        CREATE TABLE vectors (
            hash TEXT NOT NULL,
            model TEXT NOT NULL,
            vector BLOB NOT NULL,
            PRIMARY KEY (hash, model)
        ) STRICT""")
    db.execute("""
        CREATE TABLE classifications (
            id INTEGER PRIMARY KEY,
            version INTEGER NOT NULL REFERENCES versions (id),
            document TEXT NOT NULL REFERENCES documents (id),
            hash TEXT NOT NULL,
            model TEXT NOT NULL,
            taxonomy TEXT NOT NULL,
            method TEXT NOT NULL,
            at TEXT NOT NULL,
            cmc_score REAL NOT NULL,
            is_cmc_relevant INTEGER NOT NULL,
            abstained INTEGER NOT NULL
        ) STRICT""")
    db.execute("CREATE INDEX classifications_by_version ON classifications (version, id)")
    db.execute("CREATE INDEX classifications_by_document ON classifications (document)")
    db.execute("""
        CREATE TABLE labels (
            classification INTEGER NOT NULL REFERENCES classifications (id),
            scheme TEXT NOT NULL CHECK (scheme IN ('modality', 'topic')),
            label TEXT NOT NULL,
            score REAL NOT NULL,
            accepted INTEGER NOT NULL,
            evidence TEXT NOT NULL,
            PRIMARY KEY (classification, scheme, label)
        ) STRICT, WITHOUT ROWID""")
    db.execute("CREATE INDEX labels_accepted ON labels (scheme, label, classification) WHERE accepted")
    db.execute("CREATE VIRTUAL TABLE words USING fts5 (title, reference, body, tokenize='porter unicode61')")


@migrations()
def m004_messages(db: Database) -> None:
    """Digests, matches, and the messages that are on their way."""
    db.execute("""
        CREATE TABLE digests (
            id TEXT PRIMARY KEY,
            project TEXT NOT NULL,
            channel TEXT NOT NULL,
            slot TEXT NOT NULL,
            built_at TEXT NOT NULL,
            items INTEGER NOT NULL
        ) STRICT""")
    db.execute("CREATE INDEX digests_by_project ON digests (project, slot)")
    db.execute("""
        CREATE TABLE matches (
            "change" INTEGER NOT NULL REFERENCES changes (id),
            project TEXT NOT NULL,
            score REAL NOT NULL,
            relevant INTEGER NOT NULL,
            must_not_miss INTEGER NOT NULL,
            reasons TEXT NOT NULL,
            at TEXT NOT NULL,
            digest TEXT REFERENCES digests (id),
            PRIMARY KEY ("change", project)
        ) STRICT""")
    db.execute("CREATE INDEX matches_undigested ON matches (project) WHERE relevant AND digest IS NULL")
    db.execute("""
        CREATE TABLE outbox (
            seq INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL CHECK (kind IN ('digest', 'alarm')),
            project TEXT,
            channel TEXT NOT NULL,
            digest TEXT REFERENCES digests (id),
            subject TEXT NOT NULL,
            parent TEXT REFERENCES outbox (id),
            text TEXT NOT NULL,
            blocks TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'sent', 'unknown', 'dead')),
            created_at TEXT NOT NULL,
            not_before TEXT,
            attempts INTEGER NOT NULL,
            attempted_at TEXT,
            ts TEXT,
            error TEXT
        ) STRICT""")
    db.execute("CREATE INDEX outbox_open ON outbox (state, seq) WHERE state IN ('pending', 'sending', 'unknown')")
    db.execute("""
        CREATE TABLE deliveries (
            id INTEGER PRIMARY KEY,
            message TEXT NOT NULL REFERENCES outbox (id),
            at TEXT NOT NULL,
            outcome TEXT NOT NULL,
            ts TEXT,
            error TEXT
        ) STRICT""")
    db.execute("CREATE INDEX deliveries_by_message ON deliveries (message)")


@migrations()
def m005_append_only(db: Database) -> None:
    """Facts cannot be rewritten, not even by us."""
    refuse_rewriting(db, APPEND_ONLY)


@migrations()
def m006_several_sources_of_one_document(db: Database) -> None:
    """One document may be seen by several sources: what they know it by, what joined them, and what parted them."""
    for column in ("\"references\" TEXT NOT NULL DEFAULT '[]'", "quoted TEXT NOT NULL DEFAULT '{}'"):
        db.execute(f"ALTER TABLE versions ADD COLUMN {column}")
    db.execute("ALTER TABLE documents ADD COLUMN filled TEXT NOT NULL DEFAULT '{}'")
    db.execute("ALTER TABLE document_keys ADD COLUMN rank INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE document_keys ADD COLUMN agency TEXT NOT NULL DEFAULT ''")
    db.execute("UPDATE document_keys SET agency = (SELECT agency FROM documents WHERE id = document)")
    db.execute("CREATE INDEX document_keys_by_document ON document_keys (document)")
    db.execute('CREATE INDEX sightings_by_key ON sightings (source, "key")')
    db.execute('CREATE INDEX problems_by_key ON problems (source, "key")')
    db.execute("ALTER TABLE classifications ADD COLUMN body TEXT")
    db.execute("""
        CREATE TABLE identifiers (
            identifier TEXT NOT NULL,
            document TEXT NOT NULL REFERENCES documents (id),
            source TEXT NOT NULL,
            PRIMARY KEY (identifier, document, source)
        ) STRICT, WITHOUT ROWID""")
    for table in ("merges", "separations"):
        db.execute(f"""
            CREATE TABLE {table} (
                id INTEGER PRIMARY KEY,
                source TEXT NOT NULL,
                "key" TEXT NOT NULL,
                document TEXT NOT NULL REFERENCES documents (id),
                at TEXT NOT NULL,
                by TEXT NOT NULL,
                reason TEXT NOT NULL
            ) STRICT""")
    db.execute("""
        CREATE TABLE passages (
            text_hash TEXT NOT NULL REFERENCES texts (hash),
            number INTEGER NOT NULL,
            page INTEGER,
            section TEXT,
            text TEXT NOT NULL,
            PRIMARY KEY (text_hash, number)
        ) STRICT, WITHOUT ROWID""")
    refuse_rewriting(db, ("merges", "separations"))


@migrations()
def m007_what_people_say_of_labels(db: Database) -> None:
    """Corrections of labels, and which classifications have them laid over the model's own."""
    db.execute("""
        CREATE TABLE corrections (
            id INTEGER PRIMARY KEY,
            document TEXT NOT NULL REFERENCES documents (id),
            scheme TEXT NOT NULL CHECK (scheme IN ('modality', 'topic')),
            label TEXT NOT NULL,
            said INTEGER CHECK (said IN (0, 1)),
            by TEXT NOT NULL,
            reason TEXT NOT NULL,
            at TEXT NOT NULL
        ) STRICT""")
    db.execute("CREATE INDEX corrections_by_document ON corrections (document)")
    db.execute("ALTER TABLE classifications ADD COLUMN base INTEGER REFERENCES classifications (id)")
    refuse_rewriting(db, ("corrections",))
