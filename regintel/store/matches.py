"""What projects made of changes, read back."""

import json

from regintel.records import Match
from regintel.store.database import Index, Row


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
