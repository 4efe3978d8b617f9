"""What people said a document is about: each word kept for ever, and stronger than the model's.

A correction is taken back by another one that says nothing of the label (`said` none). With each, a classification is
written that is the model's newest with what people say laid over it (`base` names the model's), so that everybody who
reads labels reads theirs, and the model's own stay as they were.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from regintel.store.database import Index, Row
from regintel.store.labels import add_classification

EXCLUSIVE = {"modality": "cross_none", "topic": "not_cmc"}
"""Given when no other label of the kind holds, never beside one."""


@dataclass(frozen=True)
class Correction:
    """What a person said of one label of one document."""

    scheme: str
    label: str
    said: bool | None
    """Whether it holds; none takes back what was said before."""
    by: str
    reason: str


def add_corrections(index: Index, document: str, corrections: Iterable[Correction], at: str) -> None:
    """Write what a person said of a document, and its labels as they are now; to be called inside a transaction."""
    for each in corrections:
        index.insert("corrections", {
            "document": document, "scheme": each.scheme, "label": each.label, "said": each.said, "by": each.by,
            "reason": each.reason, "at": at,
        })  # fmt: skip
    own = "SELECT * FROM classifications WHERE document = ? AND base IS NULL ORDER BY id DESC LIMIT 1"
    head = index.row(own, [document])
    if head:
        sql = "SELECT scheme, label, score, accepted, evidence FROM labels WHERE classification = ?"
        name = head.pop("id")
        _overlay(index, {**head, "at": at, "base": name}, list(index.rows(sql, [name])))


def write_classification(index: Index, head: Mapping[str, object], labels: Sequence[Row]) -> None:
    """Write what the model says a document is about, and over it what people say; to be called inside a transaction."""
    name = add_classification(index, head, labels)
    if standing(index, [str(head["document"])]):
        _overlay(index, {**head, "base": name}, labels)


def _overlay(index: Index, head: Mapping[str, object], labels: Sequence[Row]) -> None:
    told = standing(index, [str(head["document"])]).get(str(head["document"]), [])
    laid = overlaid(labels, told)
    if told:
        relevant = not any(each["label"] == EXCLUSIVE["topic"] and each["accepted"] for each in laid)
        head = {**head, "is_cmc_relevant": relevant, "abstained": False}
        if any(each.scheme == "topic" for each in told):
            head = {**head, "cmc_score": float(relevant)}
    add_classification(index, head, laid)


def standing(index: Index, documents: Iterable[str]) -> dict[str, list[Correction]]:
    """Return what people say of documents today, by document: of each label the last word that was not taken back."""
    sql = """
        SELECT document, scheme, label, said, by, reason FROM corrections
        WHERE document IN (SELECT value FROM json_each(?)) AND id IN (
            SELECT max(id) FROM corrections GROUP BY document, scheme, label)
        AND said IS NOT NULL ORDER BY id"""
    found: dict[str, list[Correction]] = {}
    for row in index.rows(sql, [json.dumps(list(documents))]):
        name = row.pop("document")
        found.setdefault(name, []).append(Correction(**{**row, "said": bool(row["said"])}))
    return found


def corrected_documents(index: Index) -> list[Row]:
    """Return the documents of which people say something today, with title, agency and language."""
    sql = """
        SELECT documents.id, documents.agency, documents.language, versions.title, versions.summary, versions.url,
               coalesce(versions.published, '') AS published, versions.topics
        FROM documents JOIN versions ON versions.id = documents.version
        WHERE documents.id IN (SELECT document FROM corrections) ORDER BY documents.seq"""
    return [{**row, "topics": json.loads(row["topics"])} for row in index.rows(sql)]


def overlaid(labels: Sequence[Row], told: Sequence[Correction]) -> list[Row]:
    """Return labels with what people say laid over them; exclusive ones stand alone, and where nothing else does."""
    said = {(each.scheme, each.label): each for each in told}
    laid = [_one(row, said.get((row["scheme"], row["label"]))) for row in labels]
    for scheme, exclusive in EXCLUSIVE.items():
        if not any(each.scheme == scheme for each in told):
            continue
        word = said.get((scheme, exclusive))
        if word and word.said:
            _keep_only(laid, scheme, {exclusive})
        else:
            given = {row["label"] for row in laid if row["scheme"] == scheme and row["accepted"]} - {exclusive}
            _keep_only(laid, scheme, given or {exclusive})
    return laid


def _one(row: Row, word: Correction | None) -> Row:
    if word is None:
        return dict(row)
    says = f"{word.by} says {'yes' if word.said else 'no'}: {word.reason}"
    return {**row, "accepted": bool(word.said), "score": float(bool(word.said)), "evidence": says}


def _keep_only(laid: list[Row], scheme: str, kept: set[str]) -> None:
    for row in laid:
        if row["scheme"] == scheme:
            row["accepted"] = row["label"] in kept
