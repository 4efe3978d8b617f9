"""Measure a search: queries with graded answers over a corpus of records, through ingest, classify and search.

nDCG@10 has gains 2^grade - 1 and discounts log2(rank + 1). The head must not have seen what it labels: of the titles
that regintel was trained on, labels are those of heads that had not seen them (`classify.evaluation`).
"""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import log2
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from regintel.classify.evaluation import cross_validated
from regintel.exceptions import UsageError
from regintel.house import House
from regintel.jobs.ingest import ingest
from regintel.jobs.run import label
from regintel.jobs.train import measured
from regintel.records import SearchFilters
from regintel.search.modes import Mode
from regintel.search.searcher import Searcher
from regintel.store.corrections import write_classification
from regintel.store.database import Index, open_index, read_index

TOP = 10


class Query(BaseModel):
    """A query, and which documents answer it how well."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    qid: str
    query: str
    kind: str = "all"
    relevant: dict[str, int] = Field(min_length=1)
    """Grades by id: 1 helps, 2 answers."""
    corpus: str = ""
    """The file of records, beside the queries; without it the index of this data folder is searched."""


@dataclass(frozen=True)
class Answered:
    """What a search found for one query."""

    query: Query
    ranking: tuple[str, ...]

    @property
    def ndcg(self) -> float:
        """Normalised discounted cumulative gain of the first ten."""
        return _gain([self.query.relevant.get(name, 0) for name in self.ranking[:TOP]]) / _gain(
            sorted(self.query.relevant.values(), reverse=True)[:TOP]
        )

    @property
    def recall(self) -> float:
        """The share of all that helps that is among the first ten."""
        return len({*self.ranking[:TOP]} & self.query.relevant.keys()) / len(self.query.relevant)


def read_queries(path: Path) -> list[Query]:
    """Read queries, a JSON object a line.

    :raises UsageError: naming the first line that is none.
    """
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                found.append(Query.model_validate_json(line))
            except ValidationError as error:
                raise UsageError(f"{path}:{number}: no query: {error.errors()[0]['msg']}") from error
    if not found:
        raise UsageError(f"{path}: no queries")
    return found


def retrieval(house: House, path: Path) -> dict[str, Any]:
    """Return nDCG@10 and recall@10 of a file of queries, per kind and mode."""
    queries = read_queries(path)
    with corpus_of(house, queries, path.parent) as index:
        return figures({mode: answered(index, house.searcher, queries, mode) for mode in Mode})


@contextmanager
def corpus_of(house: House, queries: Sequence[Query], folder: Path) -> Iterator[Index]:
    """Open an index of the queries' corpus, made for them; or the house's own where they name none that is there.

    :raises UsageError: when the index is empty or queries name several.
    """
    names = {each.corpus for each in queries}
    if len(names) > 1:
        raise UsageError(f"queries of several corpora at once: {', '.join(sorted(names))}")
    (name,) = names
    if not name or not (folder / name).is_file():
        with read_index(house.config.index) as index:
            _check_known(index, queries, name)
            yield index
        return
    with tempfile.TemporaryDirectory(prefix="regintel-retrieval-") as scratch:
        own = replace(house, config=replace(house.config, data=Path(scratch) / "data"))
        with open_index(own.config.index) as index:
            _fill(own, index, folder / name, Path(scratch) / "records.jsonl")
            yield index


def _check_known(index: Index, queries: Sequence[Query], corpus: str) -> None:
    wanted = sorted({name for each in queries for name in each.relevant})
    sql = "SELECT count(*) AS n FROM documents WHERE id IN (SELECT value FROM json_each(?))"
    row = index.row(sql, [json.dumps(wanted)])
    if not row or not row["n"]:
        where = f"{corpus} is not beside the queries, and " if corpus else ""
        raise UsageError(f"{where}the index holds none of the documents that answer the queries")


def _fill(house: House, index: Index, corpus: Path, records: Path) -> None:
    """Take a corpus in as people hand records in, and label it."""
    lines = [_record(json.loads(line)) for line in corpus.read_text(encoding="utf-8").splitlines() if line.strip()]
    records.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    ingest(house.config, index, [records], house.clock, by="evaluation", baseline=True, otherwise={})
    label(house, index)
    _unlearn(house, index)


def _record(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record of the evaluation data in the form of `ingest`."""
    named = {name: told[name] for name in ("id", "title", "agency", "language", "url") if told.get(name)}
    text = told.get("text") or told.get("abstract_or_excerpt") or ""
    return {**named, "text": text, "published": told.get("published") or told.get("date") or ""}


def _unlearn(house: House, index: Index) -> None:
    """Put the labels of heads that had not seen a title over those of the head that was trained on it."""
    model, taxonomy = house.encoder.identity.key, house.taxonomy
    head = house.shelf.head(model, taxonomy.key)
    rows = list(index.rows("""
        SELECT classifications.*, versions.title FROM classifications
        JOIN versions ON versions.id = classifications.version"""))  # fmt: skip
    places = {each.title: at for at, each in enumerate(house.shelf.examples)}
    seen = [(row, places[row["title"]]) for row in rows if row["title"] in places]
    if head is None or not seen:
        return
    given = measured(house.shelf, taxonomy, house.encoder, house.shelf.examples)
    run = cross_validated(given, model, taxonomy.key, 0)
    kinds = (("modality", taxonomy.modality, run.modality_scores, run.modality),
             ("topic", taxonomy.topic, run.topic_scores, run.topic))  # fmt: skip
    with index.transaction():
        for row, at in seen:
            told = {name: row[name] for name in row if name not in {"id", "title", "base"}}
            told |= {"cmc_score": float(run.cmc[at]), "is_cmc_relevant": bool(run.relevant[at])}
            write_classification(index, told, [
                {"scheme": scheme, "label": each.id, "score": float(scores[at, column]),
                 "accepted": bool(accepted[at, column]), "evidence": "of a head that had not seen it"}
                for scheme, labels, scores, accepted in kinds for column, each in enumerate(labels)
            ])  # fmt: skip


def answered(index: Index, searcher: Searcher, queries: Sequence[Query], mode: Mode) -> list[Answered]:
    """Return what is found for each query."""
    return [
        Answered(each, searcher.search(index, each.query, SearchFilters(), mode=mode, count=0).answering[:TOP])
        for each in queries
    ]


def figures(runs: Mapping[Mode, Sequence[Answered]]) -> dict[str, Any]:
    """Return the figures of hybrid search, and of each mode, per kind of query."""
    modes = {str(mode): _figures(run) for mode, run in runs.items()}
    per_kind = {
        kind: {str(mode): _figures([each for each in run if each.query.kind == kind]) for mode, run in runs.items()}
        for kind in sorted({each.query.kind for each in runs[Mode.HYBRID]})
    }
    return {"queries": len(runs[Mode.HYBRID]), **modes[Mode.HYBRID], "modes": modes, "per_kind": per_kind}


def _figures(run: Sequence[Answered]) -> dict[str, float]:
    return {
        "ndcg_at_10": round(sum(each.ndcg for each in run) / len(run), 4),
        "recall_at_10": round(sum(each.recall for each in run) / len(run), 4),
    }


def _gain(grades: Sequence[int]) -> float:
    return sum((2.0**grade - 1) / log2(rank + 1) for rank, grade in enumerate(grades, 1))


def summary(found: Mapping[str, Any]) -> list[str]:
    """Return the figures as lines for people."""
    lines = [f"{found['queries']} queries", f"{'nDCG@10 (recall@10)':22}" + "".join(f"{mode:>18}" for mode in Mode)]
    for kind, told in {"all": found["modes"], **found["per_kind"]}.items():
        cells = (f"{told[mode]['ndcg_at_10']:.3f} ({told[mode]['recall_at_10']:.3f})" for mode in Mode)
        lines.append(f"{kind:22}" + "".join(f"{cell:>18}" for cell in cells))
    return lines
