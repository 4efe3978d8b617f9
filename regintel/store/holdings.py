"""What a search holds of every document at once, as arrays: vectors, labels' scores, agency, language, stage, day.

At 20,000 documents some 40 MB that take half a second to read. A server keeps them while `mark` stays the same.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from regintel.store.database import Index
from regintel.store.labels import LATEST
from regintel.store.migrations.passages import TELLING
from regintel.store.passage_vectors import Coverage, coverage
from regintel.vocabulary import Agency, Stage

Floats = NDArray[np.float32]

IN_FORCE = frozenset({Stage.FINAL, Stage.REVISED})
GONE = frozenset({Stage.WITHDRAWN, Stage.SUPERSEDED})


@dataclass(frozen=True)
class LabelScores:
    """The scores of one kind of label."""

    ids: tuple[str, ...]
    scores: Floats
    """Shape (labels, documents); 0 where none is told."""


@dataclass(frozen=True)
class Holdings:
    """Every document, in the order of their numbers."""

    mark: tuple[object, ...]
    model: str
    seqs: NDArray[np.int64]
    ids: tuple[str, ...]
    agencies: tuple[frozenset[str], ...]
    sources: tuple[frozenset[str], ...]
    languages: NDArray[np.str_]
    stages: NDArray[np.str_]
    statuses: tuple[str, ...]
    types: tuple[str, ...]
    days: NDArray[np.str_]
    """Updated or published, ISO; empty where neither is known."""
    texts: tuple[str | None, ...]
    vectors: Floats
    """Unit rows, shape (documents, dimension); zeros where a document has none by this model."""
    embedded: NDArray[np.bool_]
    labelled: NDArray[np.bool_]
    cmc: Floats
    modality: LabelScores
    topic: LabelScores
    coverage: Coverage

    @cached_property
    def known(self) -> dict[str, frozenset[str]]:
        """What a search may be narrowed to, by filter."""
        return {
            "agency": frozenset(Agency).union(*self.agencies),
            "source": frozenset[str]().union(*self.sources),
            "language": frozenset({"en", "ja", "zh", *self.languages.tolist()}),
            "status": frozenset({*Stage, *(each.lower() for each in self.statuses)}),
            "document_type": frozenset(each.lower() for each in self.types if each),
            "modality": frozenset(self.modality.ids),
            "topic": frozenset(self.topic.ids),
        }

    @cached_property
    def newest(self) -> NDArray[np.int64]:
        """The rank of each document by its day, the greatest the newest."""
        return np.argsort(np.argsort(self.days, kind="stable"), kind="stable").astype(np.int64)

    @cached_property
    def preference(self) -> NDArray[np.int8]:
        """1 for what is in force, -1 for what is gone, else 0."""
        return np.array([(each in IN_FORCE) - (each in GONE) for each in self.stages.tolist()], np.int8)

    @cached_property
    def having(self) -> dict[str, dict[str, NDArray[np.bool_]]]:
        """Which documents a value of a filter lets pass, by filter and value; statuses and types in small letters."""
        statuses = ((told.lower(), stage) for told, stage in zip(self.statuses, self.stages.tolist(), strict=True))
        return {
            "agency": _having(self.agencies),
            "source": _having(self.sources),
            "language": _having((each,) for each in self.languages.tolist()),
            "status": _having(statuses),
            "document_type": _having((each.lower(),) for each in self.types),
        }

    @cached_property
    def names(self) -> NDArray[np.object_]:
        """The ids, as an array."""
        return np.array(self.ids, dtype=object)

    def places(self, seqs: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the places of documents by their numbers; -1 for one that came after the rest was read."""
        if not len(self.seqs):
            return np.full(len(seqs), -1, np.int64)
        return self._place[np.minimum(seqs, len(self._place) - 1)]

    @cached_property
    def _place(self) -> NDArray[np.int64]:
        place = np.full(int(self.seqs[-1]) + 2, -1, np.int64)
        place[self.seqs] = np.arange(len(self.seqs))
        return place


def _having(values: Iterable[Iterable[str]]) -> dict[str, NDArray[np.bool_]]:
    told = list(values)
    places: dict[str, list[int]] = {}
    for at, each in enumerate(told):
        for value in each:
            places.setdefault(value, []).append(at)
    found = {value: np.zeros(len(told), bool) for value in places}
    for value, mine in places.items():
        found[value][mine] = True
    return found


def mark_of(index: Index) -> tuple[object, ...]:
    """Return what differs once a document, version, label or vector was added, or another file is meant."""
    file = index.row("SELECT file FROM pragma_database_list WHERE name = 'main'")
    newest = index.row("""
        SELECT (SELECT max(id) FROM versions) AS version, (SELECT max(id) FROM classifications) AS classification,
               (SELECT count(*) FROM documents) AS documents, (SELECT count(*) FROM document_keys) AS known,
               (SELECT max(rowid) FROM passage_vectors) AS passages""")
    return (*(file or {}).values(), *(newest or {}).values())


def read_holdings(index: Index, model: str) -> Holdings:
    """Read all of it, vectors by one model."""
    with index.transaction():  # one view of the file for all queries
        mark = mark_of(index)
        heads = index.tuples(HEADS).fetchall()
        seqs = np.array([row[0] for row in heads], np.int64)
        agencies, sources = _known_by(index, seqs)
        vectors, embedded = _vectors(index, model, seqs)
        columns: list[tuple[Any, ...]] = list(zip(*heads, strict=True)) if heads else [()] * 10
        newest = json.dumps(columns[9])
        return Holdings(
            mark=mark, model=model, seqs=seqs, ids=columns[1], agencies=agencies, sources=sources,
            languages=np.array(columns[2], np.str_), stages=np.array(columns[3], np.str_), statuses=columns[4],
            types=columns[5], days=np.array(columns[6], np.str_), texts=columns[7], vectors=vectors, embedded=embedded,
            labelled=np.array([each is not None for each in columns[8]], bool),
            cmc=np.array([each or 0.0 for each in columns[8]], np.float32),
            modality=_labels(index, "modality", newest, len(seqs)),
            topic=_labels(index, "topic", newest, len(seqs)),
            coverage=coverage(index, model),
        )  # fmt: skip


HEADS = f"""
    SELECT documents.seq, documents.id, documents.language,
           coalesce(json_extract(documents.filled, '$.stage'), versions.stage),
           coalesce(json_extract(documents.filled, '$.status'), versions.status), versions.document_type,
           coalesce(versions.updated, versions.published, json_extract(documents.filled, '$.published'), ''),
           coalesce(json_extract(documents.filled, '$.text_hash'), versions.text_hash), classifications.cmc_score,
           classifications.id
    FROM documents JOIN versions ON versions.id = documents.version {LATEST.replace("JOIN", "LEFT JOIN", 1)}
    ORDER BY documents.seq"""  # noqa: S608  (parts are ours)


def _known_by(index: Index, seqs: NDArray[np.int64]) -> tuple[tuple[frozenset[str], ...], tuple[frozenset[str], ...]]:
    found: tuple[dict[int, set[str]], dict[int, set[str]]] = ({}, {})
    sql = """
        SELECT documents.seq, document_keys.agency, document_keys.source
        FROM document_keys JOIN documents ON documents.id = document_keys.document"""
    for seq, *names in index.tuples(sql):
        for of, name in zip(found, names, strict=True):
            of.setdefault(seq, set()).add(name)
    agencies, sources = (tuple(frozenset(of.get(seq, ())) for seq in seqs.tolist()) for of in found)
    return agencies, sources


def _vectors(index: Index, model: str, seqs: NDArray[np.int64]) -> tuple[Floats, NDArray[np.bool_]]:
    sql = """
        SELECT documents.seq, vectors.vector
        FROM documents
        JOIN classifications ON classifications.id = (
            SELECT max(id) FROM classifications AS mine WHERE mine.version = documents.version AND mine.model = :model)
        JOIN vectors ON vectors.hash = classifications.hash AND vectors.model = :model"""
    rows = index.tuples(sql, {"model": model}).fetchall()
    embedded = np.zeros(len(seqs), bool)
    if not rows:
        return np.zeros((len(seqs), 0), np.float32), embedded
    told = np.frombuffer(b"".join(row[1] for row in rows), np.float32).reshape(len(rows), -1)
    places = np.searchsorted(seqs, np.array([row[0] for row in rows], np.int64))
    vectors = np.zeros((len(seqs), told.shape[1]), np.float32)
    vectors[places] = told
    embedded[places] = True
    return vectors, embedded


def _labels(index: Index, scheme: str, newest: str, count: int) -> LabelScores:
    """Return the scores of one kind of label, of so many documents.

    :param newest: the documents' newest classifications, in the order of the documents, as JSON.
    """
    sql = f"""
        SELECT newest."key", labels.label, labels.score
        FROM json_each(?) AS newest CROSS JOIN labels ON labels.classification = newest.value
        WHERE labels.scheme = ? AND labels.score >= {TELLING}"""  # noqa: S608  (a number of ours)
    places, labels, told = tuple(zip(*index.tuples(sql, [newest, scheme]), strict=True)) or ((), (), ())
    ids = tuple(sorted(set(labels)))
    row = {name: at for at, name in enumerate(ids)}
    scores = np.zeros((len(ids), count), np.float32)
    scores[[row[each] for each in labels], list(places)] = told
    return LabelScores(ids, scores)
