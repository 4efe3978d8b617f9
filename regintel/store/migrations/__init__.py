"""The index's schema, step by step. Steps are never edited once released; a new one is a module added at the end here.

Facts are appended, never overwritten: triggers refuse to change or delete them. What may be updated is what can be
worked out again (the pointer to the newest version, the search index) or a place in a queue (the outbox).
"""

from sqlite_utils import Database

from regintel.store.migrations import feedback, first, passages
from regintel.store.migrations.steps import migrations

MODULES = (first, feedback, passages)
"""The modules that hang their steps on `migrations`, in their order."""

GUARDED = (*first.APPEND_ONLY, "merges", "separations", "corrections", *feedback.APPEND_ONLY)
"""Every table that only grows."""

__all__ = ["GUARDED", "MODULES", "migrations", "unknown_to_us"]


def unknown_to_us(db: Database) -> list[str]:
    """Return steps that the index has gone and this regintel does not know: it was made by a newer one."""
    ours = {each.name for each in migrations.pending(Database(memory=True))}
    return [each.name for each in migrations.applied(db) if each.name not in ours]
