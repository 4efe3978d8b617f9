"""Vectors of passages, a text a row: int8 with a scale for each passage, a quarter of float32's room.

They are read for the few hundred documents that a search considers, not all at once. Rounding to int8 moves a cosine
by less than .005.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regintel.store.database import Index

Vectors = NDArray[np.float32]

SHOWN = """
    SELECT coalesce(json_extract(documents.filled, '$.text_hash'), versions.text_hash) AS hash,
           max(coalesce(versions.updated, versions.published, '')) AS day
    FROM documents JOIN versions ON versions.id = documents.version GROUP BY 1 HAVING hash IS NOT NULL"""
"""The bodies that documents are shown with, and the newest day of each."""


@dataclass(frozen=True)
class Coverage:
    """How many of the passages that documents are shown with have vectors by a model."""

    passages: int
    embedded: int


def dots(rows: Vectors, query: Vectors) -> Vectors:
    """Return the dot product of each row with a query, in the thread that asks.

    `rows @ query` wakes BLAS's threads for each product: 8 ms of CPU for 5,000 rows on two busy cores, and .2 this way.
    """
    told: Vectors = np.einsum("ij,j->i", rows, query)
    return told


def keep_passage_vectors(index: Index, text_hash: str, model: str, vectors: Vectors) -> None:
    """Write the vectors of a text's passages, unit rows in their order; to be called inside a transaction."""
    scales = np.abs(vectors).max(axis=1).astype(np.float32) / np.float32(127)
    rounded = np.rint(vectors / np.maximum(scales, np.float32(1e-12))[:, None]).astype(np.int8)
    sql = "INSERT OR REPLACE INTO passage_vectors (text_hash, model, count, vectors, scales) VALUES (?, ?, ?, ?, ?)"
    index.write(sql, [text_hash, model, len(vectors), rounded.tobytes(), scales.tobytes()])


def passage_cosines(index: Index, model: str, texts: Iterable[str], query: Vectors) -> dict[str, Vectors]:
    """Return the cosine of every passage to a query, by text; texts that were not embedded are left out."""
    sql = """
        SELECT text_hash, count, vectors, scales FROM passage_vectors
        WHERE model = ? AND text_hash IN (SELECT value FROM json_each(?))"""
    rows = index.tuples(sql, [model, json.dumps(list(texts))]).fetchall()
    if not rows:
        return {}
    names, counts, vectors, scales = zip(*rows, strict=True)
    rounded = np.frombuffer(b"".join(vectors), np.int8).reshape(-1, len(query))
    cosines = dots(rounded.astype(np.float32), query) * np.frombuffer(b"".join(scales), np.float32)
    ends = np.cumsum(counts).tolist()
    starts = [0, *ends[:-1]]
    return {name: cosines[start:end] for name, start, end in zip(names, starts, ends, strict=True)}


def texts_without_vectors(index: Index, model: str) -> list[str]:
    """Return the texts that documents are shown with and whose passages have no vectors, newest first."""
    sql = f"""
        SELECT hash FROM ({SHOWN}) AS shown
        WHERE NOT EXISTS (SELECT 1 FROM passage_vectors WHERE text_hash = shown.hash AND model = ?)
        ORDER BY day DESC, hash"""  # noqa: S608  (parts are ours)
    return [row["hash"] for row in index.rows(sql, [model])]


def coverage(index: Index, model: str) -> Coverage:
    """Return how far the passages of the bodies that are shown have vectors."""
    sql = f"""
        SELECT coalesce(sum(vectors.count), 0) AS embedded, coalesce(sum(coalesce(
            vectors.count, (SELECT count(*) FROM passages WHERE passages.text_hash = shown.hash))), 0) AS passages
        FROM ({SHOWN}) AS shown
        LEFT JOIN passage_vectors AS vectors ON vectors.text_hash = shown.hash AND vectors.model = ?"""  # noqa: S608
    row = index.row(sql, [model]) or {"passages": 0, "embedded": 0}
    return Coverage(row["passages"], row["embedded"])
