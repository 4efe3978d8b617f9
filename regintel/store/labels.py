"""Embeddings, once per text and model, and labels with the evidence they rest on."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regintel.records import Labels, LabelScore
from regintel.store.database import Index, Row

Vectors = NDArray[np.float32]
BATCH = 256
"""Texts embedded between two commits: what a kill costs."""


@dataclass(frozen=True)
class Unlabelled:
    """A document whose newest version has no labels by this model and taxonomy."""

    document: str
    version: int
    title: str
    summary: str
    text: str
    topics: tuple[str, ...]
    body: str | None
    """Hash of the words that another source filled in: other words ask for other labels."""


def unlabelled(index: Index, model: str, taxonomy: str, method: str, *, everything: bool = False) -> list[Unlabelled]:
    """Return what has no labels by this model, taxonomy and method; or all of it."""
    sql = """
        SELECT documents.id AS document, versions.id AS version, versions.title, versions.topics,
               coalesce(nullif(versions.summary, ''), json_extract(documents.filled, '$.summary'), '') AS summary,
               coalesce(texts.text, '') AS text, json_extract(documents.filled, '$.text_hash') AS body
        FROM documents
        JOIN versions ON versions.id = documents.version
        LEFT JOIN texts ON texts.hash = coalesce(json_extract(documents.filled, '$.text_hash'), versions.text_hash)
        WHERE :everything OR NOT EXISTS (
            SELECT 1 FROM classifications
            WHERE classifications.version = versions.id AND classifications.model = :model
              AND classifications.taxonomy = :taxonomy AND classifications.method = :method
              AND classifications.body IS json_extract(documents.filled, '$.text_hash'))
        ORDER BY documents.seq"""
    told = {"model": model, "taxonomy": taxonomy, "method": method, "everything": everything}
    rows = index.rows(sql, told)
    return [Unlabelled(**{**row, "topics": tuple(json.loads(row["topics"]))}) for row in rows]


def embedded(
    index: Index, model: str, texts: Mapping[str, str], encode: Callable[[Sequence[str]], Vectors]
) -> dict[str, Vectors]:
    """Return a vector for each text, by its hash; what the index lacks is encoded and kept.

    :param texts: texts by their hashes.
    """
    known = stored_vectors(index, model, texts)
    missing = [name for name in texts if name not in known]
    for start in range(0, len(missing), BATCH):
        names = missing[start : start + BATCH]
        made = encode([texts[name] for name in names]).astype(np.float32)
        with index.transaction():
            for name, vector in zip(names, made, strict=True):
                values = [name, model, vector.tobytes()]
                index.write("INSERT OR IGNORE INTO vectors (hash, model, vector) VALUES (?, ?, ?)", values)
        known |= dict(zip(names, made, strict=True))
    return known


def stored_vectors(index: Index, model: str, names: Iterable[str]) -> dict[str, Vectors]:
    """Return the vectors that the index holds, by hash."""
    sql = "SELECT hash, vector FROM vectors WHERE model = ? AND hash IN (SELECT value FROM json_each(?))"
    rows = index.rows(sql, [model, json.dumps(list(names))])
    return {row["hash"]: np.frombuffer(row["vector"], np.float32) for row in rows}


def document_vectors(index: Index, model: str) -> tuple[list[str], Vectors]:
    """Return the ids of labelled documents and their vectors, (n, d)."""
    sql = """
        SELECT documents.id, vectors.vector
        FROM documents
        JOIN classifications ON classifications.id = (
            SELECT max(id) FROM classifications AS mine WHERE mine.version = documents.version AND mine.model = :model)
        JOIN vectors ON vectors.hash = classifications.hash AND vectors.model = :model
        ORDER BY documents.seq"""
    rows = list(index.rows(sql, {"model": model}))
    matrix = np.frombuffer(b"".join(row["vector"] for row in rows), np.float32)
    return [row["id"] for row in rows], matrix.reshape(len(rows), -1) if rows else np.empty((0, 0), np.float32)


def add_classification(index: Index, row: Mapping[str, object], labels: Iterable[Mapping[str, object]]) -> int:
    """Write what a document is about, and return the row's id; to be called inside a transaction."""
    name = index.insert("classifications", row)
    for label in labels:
        index.insert("labels", {"classification": name, **label})
    return name


LATEST = """
    JOIN classifications ON classifications.id = (
        SELECT max(id) FROM classifications AS newest WHERE newest.document = documents.id)"""
"""Joins a document with its newest classification; that of an older version stands until the new one is labelled."""


def labels_of(index: Index, names: Iterable[str]) -> dict[str, Labels]:
    """Return what documents are about, by id; a document that was never classified is left out."""
    wanted = json.dumps(list(names))
    heads = index.rows(
        f"""SELECT documents.id, classifications.id AS classification, cmc_score, is_cmc_relevant, abstained
            FROM documents {LATEST} WHERE documents.id IN (SELECT value FROM json_each(?))""",  # noqa: S608
        [wanted],
    )
    found = {row["classification"]: row for row in heads}
    accepted: dict[int, dict[str, list[LabelScore]]] = {}
    sql = """
        SELECT classification, scheme, label, score FROM labels
        WHERE accepted AND classification IN (SELECT value FROM json_each(?)) ORDER BY score DESC, label"""
    for row in index.rows(sql, [json.dumps(list(found))]):
        lists = accepted.setdefault(row["classification"], {"modality": [], "topic": []})
        lists[row["scheme"]].append(LabelScore(row["label"], row["score"]))
    return {row["id"]: _labels(row, accepted.get(name, {})) for name, row in found.items()}


def scores_of(index: Index, names: Iterable[str], scheme: str) -> dict[str, dict[str, float]]:
    """Return the score of every label of one kind, given or not, by document and label."""
    sql = f"""
        SELECT documents.id, labels.label, labels.score
        FROM documents {LATEST} JOIN labels ON labels.classification = classifications.id
        WHERE labels.scheme = ? AND documents.id IN (SELECT value FROM json_each(?))"""  # noqa: S608
    found: dict[str, dict[str, float]] = {}
    for row in index.rows(sql, [scheme, json.dumps(list(names))]):
        found.setdefault(row["id"], {})[row["label"]] = row["score"]
    return found


def evidence(index: Index, name: str) -> list[Row]:
    """Return every label of a document's newest classification, with score and evidence, best first."""
    sql = f"""
        SELECT labels.scheme, labels.label, labels.score, labels.accepted, labels.evidence,
               classifications.model, classifications.taxonomy, classifications.method, classifications.at,
               classifications.version
        FROM documents {LATEST}
        JOIN labels ON labels.classification = classifications.id
        WHERE documents.id = ? ORDER BY labels.scheme, labels.score DESC, labels.label"""  # noqa: S608
    return [{**row, "accepted": bool(row["accepted"])} for row in index.rows(sql, [name])]


def _labels(row: Row, accepted: dict[str, list[LabelScore]]) -> Labels:
    return Labels(
        modalities=tuple(accepted.get("modality", ())),
        topics=tuple(accepted.get("topic", ())),
        cmc_score=row["cmc_score"],
        is_cmc_relevant=bool(row["is_cmc_relevant"]),
        abstained=bool(row["abstained"]),
    )
