"""What people say of what their channels were told: each word kept for ever, with who said it.

Somebody who says something else later adds a row; of one person, project and change the newest counts (`standing`).
"""

import json
from dataclasses import asdict, dataclass

from regintel.store.database import Index, Row
from regintel.vocabulary import Opinion


@dataclass(frozen=True)
class Feedback:
    """What one person said of one change."""

    at: str
    channel: str
    user: str
    """Slack's id of the person."""
    project: str
    change: int
    document: str
    said: Opinion
    message: str
    """Slack's timestamp of the message whose button was pressed."""
    wrong: tuple[str, ...] = ()
    """Labels that the document does not deserve."""
    missing: tuple[str, ...] = ()
    """Labels that it should have had."""
    reason: str = ""


def add_feedback(index: Index, given: Feedback) -> None:
    """Write what a person said; to be called inside a transaction."""
    row = asdict(given)
    labels = {"wrong": row.pop("wrong"), "missing": row.pop("missing")}
    index.insert("feedback", {**row, "labels": labels})


def was_told(index: Index, project: str, change: int, document: str) -> bool:
    """Return whether a change of the document was held against the project: only then can a person speak of it."""
    sql = """
        SELECT 1 FROM matches JOIN changes ON changes.id = matches."change"
        WHERE matches."change" = ? AND matches.project = ? AND changes.document = ?"""
    return index.row(sql, [change, project, document]) is not None


STANDING = """NOT EXISTS (
    SELECT 1 FROM feedback AS later
    WHERE later.user = feedback.user AND later.project = feedback.project
      AND later."change" = feedback."change" AND later.id > feedback.id)"""


def feedback(index: Index, *, since: str | None = None, project: str | None = None) -> list[Row]:
    """Return what people said, newest first, with the document's title and what `standing` says of each.

    :param since: an ISO day or moment, inclusive.
    """
    sql = f"""
        SELECT feedback.*, {STANDING} AS standing, documents.agency, versions.title
        FROM feedback
        JOIN documents ON documents.id = feedback.document
        JOIN changes ON changes.id = feedback."change"
        JOIN versions ON versions.id = changes.new_version
        WHERE (:since IS NULL OR feedback.at >= :since) AND (:project IS NULL OR feedback.project = :project)
        ORDER BY feedback.id DESC"""  # noqa: S608  (parts are ours)
    rows = index.rows(sql, {"since": since, "project": project})
    return [{**row, "labels": json.loads(row["labels"]), "standing": bool(row["standing"])} for row in rows]


def doubted_labels(index: Index) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """Return by document which labels people call wrong and which missing, where that still stands.

    Where two people differ on a label, the later one is followed.
    """
    sql = f"""
        SELECT document, labels FROM feedback WHERE said = 'wrong_tag' AND {STANDING} ORDER BY id"""  # noqa: S608
    found: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
    for row in index.rows(sql):
        said = json.loads(row["labels"])
        wrong, missing = frozenset(said["wrong"]), frozenset(said["missing"])
        before = found.get(row["document"], (frozenset(), frozenset()))
        found[row["document"]] = ((before[0] - missing) | wrong, (before[1] - wrong) | missing)
    return found
