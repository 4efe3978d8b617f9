"""How well a search finds, on the development queries, through the product's own path: ingest, classify, search.

python benchmarks/retrieval.py [QUERIES]     each mode, without labels, without glossary, and fused by ranks; the same
                                             figures by the evaluation data's score.py, where that lies beside
python benchmarks/retrieval.py --weights     what weights other folds of queries would choose, and what these are worth
                                             on the fold that did not choose them
"""

import argparse
import importlib.util
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from regintel.clock import Clock
from regintel.config import load_config
from regintel.encoder import Encoder
from regintel.house import House
from regintel.jobs.retrieval import Answered, Query, answered, corpus_of, read_queries
from regintel.records import QueryLabels, SearchFilters
from regintel.search.modes import Mode
from regintel.search.ranking import Weights
from regintel.search.searcher import Searcher
from regintel.search.synonyms import GlossarySynonyms
from regintel.store.database import Index

ROOT = Path(__file__).parent.parent
QUERIES = ROOT.parent / "shared/eval/queries_dev.jsonl"
KINDS = ("all", "en", "ja_zh", "cross_lingual")
STEPS = (0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0)
FOLDS = 5


class Kept:
    """Asks once what each query is about."""

    def __init__(self, about: Callable[[str], QueryLabels]) -> None:
        self._about, self._known = about, dict[str, QueryLabels]()

    def __call__(self, text: str) -> QueryLabels:
        """Return what a query is about."""
        if text not in self._known:
            self._known[text] = self._about(text)
        return self._known[text]


class KeptVectors:
    """Encodes each query once; weights change nothing of it."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder, self._known, self.identity = encoder, dict[str, np.ndarray](), encoder.identity

    def encode_documents(self, texts: Sequence[str]) -> np.ndarray:
        """Return a unit row per text."""
        return self._encoder.encode_documents(texts)

    def encode_query(self, text: str) -> np.ndarray:
        """Return a query's vector."""
        if text not in self._known:
            self._known[text] = self._encoder.encode_query(text)
        return self._known[text]


class Bench:
    """A corpus in a temporary index, and what searches it."""

    def __init__(self, house: House, index: Index, queries: Sequence[Query]) -> None:
        self.index, self.queries, self.encoder = index, queries, KeptVectors(house.encoder)
        self.about, self.synonyms = Kept(house.searcher.about), GlossarySynonyms(house.glossary)

    def searcher(self, weights: Weights | None = None, *, labels: bool = True, glossary: bool = True) -> Searcher:
        """Return a searcher with this much help."""
        about, synonyms = self.about if labels else None, {"synonyms": self.synonyms} if glossary else {}
        return Searcher(self.encoder, about=about, weights=weights, **synonyms)

    def run(self, searcher: Searcher, mode: Mode = Mode.HYBRID) -> list[Answered]:
        """Return what it finds."""
        return answered(self.index, searcher, self.queries, mode)

    def by_ranks(self, searcher: Searcher, weight: float, k: int) -> list[Answered]:
        """Fuse words and meaning alone by reciprocal rank, as a comparison."""
        runs = []
        for query in self.queries:
            scores: dict[str, float] = {}
            for mode, counts in ((Mode.LEXICAL, 1.0), (Mode.SEMANTIC, weight)):
                found = searcher.search(self.index, query.query, SearchFilters(), mode=mode, count=0)
                for rank, name in enumerate(found.answering[:200], 1):
                    scores[name] = scores.get(name, 0) + counts / (k + rank)
            order = sorted(scores, key=lambda name: (-scores[name], name))
            runs.append(Answered(query, tuple(order[:10])))
        return runs


def told(name: str, run: Sequence[Answered]) -> dict[str, float]:
    values = {}
    for kind in KINDS:
        mine = [each for each in run if kind in {"all", each.query.kind}]
        values[kind] = float(np.mean([each.ndcg for each in mine])) if mine else float("nan")
        values[f"{kind} recall"] = float(np.mean([each.recall for each in mine])) if mine else float("nan")
    cells = "".join(f"   {values[kind]:.3f} ({values[f'{kind} recall']:.3f})" for kind in KINDS)
    print(f"{name:44}{cells}", flush=True)
    return values


def compare(bench: Bench, scorer: Path) -> None:
    print(f"{'nDCG@10 (recall@10)':44}" + "".join(f"   {kind:13}" for kind in KINDS))
    runs = {mode: bench.run(bench.searcher(), mode) for mode in Mode}
    for mode, run in runs.items():
        told(f"--mode {mode}", run)
    plain = bench.searcher(glossary=False)
    told("words alone, without glossary (plain BM25)", bench.run(plain, Mode.LEXICAL))
    told("hybrid without labels", bench.run(bench.searcher(labels=False)))
    told("hybrid without glossary", bench.run(plain))
    told("hybrid without agency words", bench.run(bench.searcher(replace(Weights(), agency=0.0))))
    for weight, k in ((1.0, 60), (1.0, 10), (1.5, 10)):
        told(f"ranks fused, k={k}, meaning x {weight}", bench.by_ranks(plain, weight, k))
    if scorer.is_file():
        check(runs[Mode.HYBRID], scorer)


def check(run: Sequence[Answered], scorer: Path) -> None:
    """Hold our nDCG against that of the evaluation data's own script."""
    spec = importlib.util.spec_from_file_location("score", scorer)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    gold = [{**each.query.model_dump(), "relevant": each.query.relevant} for each in run]
    theirs = module.retrieval(gold, [{"qid": each.query.qid, "ranking": list(each.ranking)} for each in run])
    print("score.py, hybrid:", json.dumps(theirs))


def groups(queries: Sequence[Query]) -> list[int]:
    """Return a group for each query: those that share two answers or more are one."""
    group = list(range(len(queries)))
    for at, query in enumerate(queries):
        for other in range(at):
            if len(query.relevant.keys() & queries[other].relevant.keys()) > 1:
                old, new = group[at], group[other]
                group = [new if each == old else each for each in group]
    return group


def choose(bench: Bench) -> None:
    """Coordinate ascent on four folds of query groups, measured on the fifth."""
    group = np.array(groups(bench.queries))
    names = np.random.default_rng(0).permutation(np.unique(group))
    fold = np.array([int(np.flatnonzero(names == each)[0]) % FOLDS for each in group])
    scored: dict[Weights, np.ndarray] = {}

    def score(weights: Weights) -> np.ndarray:
        if weights not in scored:
            scored[weights] = np.array([each.ndcg for each in bench.run(bench.searcher(weights))])
        return scored[weights]

    out = np.zeros(len(group))
    for held in range(FOLDS):
        weights = ascent(score, fold != held)
        out[fold == held] = score(weights)[fold == held]
        print(f"fold {held}: {asdict(weights)}, {score(weights)[fold == held].mean():.3f} on the queries held out")
    kinds = np.array([each.kind for each in bench.queries])
    per_kind = ", ".join(f"{kind} {out[kinds == kind].mean():.3f}" for kind in KINDS[1:])
    print(f"held out, all folds: {out.mean():.3f} ({per_kind}); the weights in use: {score(Weights()).mean():.3f}")


def ascent(score: Callable[[Weights], np.ndarray], rows: np.ndarray) -> Weights:
    best = Weights(words=1.0, synonyms=0.2, meaning=1.0, topic=0.5, modality=0.5, no_modality=0.2, cmc=0.2, agency=1.0)
    reached = score(best)[rows].mean()
    for _ in range(2):
        for name in ("words", "synonyms", "topic", "modality", "no_modality", "cmc", "agency"):
            for step in STEPS:
                tried = replace(best, **{name: step})
                if (value := score(tried)[rows].mean()) > reached + 1e-4:
                    best, reached = tried, value
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("queries", nargs="?", type=Path, default=QUERIES)
    parser.add_argument("--weights", action="store_true")
    asked = parser.parse_args()
    if not asked.queries.is_file():
        sys.exit(f"{asked.queries}: not there")
    with tempfile.TemporaryDirectory() as scratch:
        config = replace(load_config(ROOT / "config", Path(scratch)), data=Path(scratch))
        house = House(config, Clock(None))
        house.given_encoder = open_kept_encoder()
        queries = read_queries(asked.queries)
        with corpus_of(house, queries, asked.queries.parent) as index:
            bench = Bench(house, index, queries)
            if asked.weights:
                choose(bench)
            else:
                compare(bench, asked.queries.parent / "score.py")


def open_kept_encoder():
    from regintel.encoder import open_encoder

    return open_encoder(None, ROOT / ".cache/models")


if __name__ == "__main__":
    main()
