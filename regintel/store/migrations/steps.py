"""The list of steps, and what several of them do."""

from collections.abc import Iterable

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("regintel")


def refuse_rewriting(db: Database, tables: Iterable[str]) -> None:
    """Guard tables by triggers: their rows can be added, not changed or deleted."""
    for table in tables:
        for action in ("UPDATE", "DELETE"):
            db.execute(f"""
                CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table}
                BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END""")
