"""The index's schema, step by step. Steps are never edited once released; a new one is a module added at the end here.

Facts are appended, never overwritten: triggers refuse to change or delete them. What may be updated is what can be
worked out again (the pointer to the newest version, the search index) or a place in a queue (the outbox).
"""

from sqlite_utils import Database

# isort: off
from regintel.store.migrations import first, threads, feedback, passages  # steps are hung up in the order of import
from regintel.store.migrations.steps import migrations

# isort: on

MODULES = (first, threads, feedback, passages)
"""The modules that hang their steps on `migrations`, in their order."""

GUARDED = (
    *first.APPEND_ONLY,
    "merges",
    "separations",
    "corrections",
    *threads.APPEND_ONLY,
    *feedback.APPEND_ONLY,
)
"""Every table that only grows."""

__all__ = ["GUARDED", "MODULES", "migrations", "unknown_to_us"]


def unknown_to_us(db: Database) -> list[str]:
    """Return steps that the index has gone and this regintel does not know: it was made by a newer one."""
    ours = {each.name for each in migrations.pending(Database(memory=True))}
    return [each.name for each in migrations.applied(db) if each.name not in ours]
