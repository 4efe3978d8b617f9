"""Step ten: vectors of passages, what a search reads of labels, and words of references in pairs."""

from sqlite_utils import Database

from regintel.store.migrations.steps import migrations

TELLING = 0.05
"""Scores of labels below this say nothing to a search; the index of step ten leaves them out."""


@migrations()
def m010_passages(db: Database) -> None:
    """Vectors of a text's passages in one row; labels' scores by classification; what is due to be made anew.

    The words of every document are due: references were indexed as they are written, so that one in Japanese could not
    be found by its parts. Until a writing command has made them anew, the old words are searched.
    """
    db.execute("""
        CREATE TABLE passage_vectors (
            text_hash TEXT NOT NULL REFERENCES texts (hash),
            model TEXT NOT NULL,
            count INTEGER NOT NULL,
            vectors BLOB NOT NULL,
            scales BLOB NOT NULL,
            PRIMARY KEY (text_hash, model)
        ) STRICT""")
    db.execute(f"""
        CREATE INDEX labels_telling ON labels (classification, scheme, label, score)
        WHERE score >= {TELLING}""")
    db.execute("CREATE INDEX versions_by_text ON versions (text_hash)")
    db.execute("CREATE TABLE search_due (part TEXT PRIMARY KEY) STRICT")
    db.execute("INSERT INTO search_due SELECT 'words' WHERE EXISTS (SELECT 1 FROM documents)")
