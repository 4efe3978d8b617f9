"""How fast a search is: a generated index of 20,000 documents and 500,000 passages, with synthetic vectors.

python benchmarks/search.py [--documents 20000] [--queries 200] [--keep FOLDER]
python benchmarks/search.py --cold DATA

Texts are drawn from 40,000 made-up words by Zipf's law, 25 passages of some 100 words a document. What is searched, and
how, is the product's own code; only the model is replaced, by one that answers at once with a random unit vector, for a
real query costs the same 15 ms of the encoder (twice: as query and as title) however large the index is.
"""

import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from regintel.encoder import ModelIdentity
from regintel.records import QueryLabels, SearchFilters
from regintel.search.modes import Mode
from regintel.search.searcher import Searcher
from regintel.store.database import Index, open_index, read_index
from regintel.store.labels import add_classification
from regintel.store.passage_vectors import dots, keep_passage_vectors
from regintel.store.texts import keep_text, passages_of
from regintel.store.view import refresh
from regintel.text.terms import terms

PASSAGES, WORDS, VOCABULARY, DIMENSION = 25, 100, 40_000, 384
TOPICS, MODALITIES = [f"topic_{n}" for n in range(24)], [f"modality_{n}" for n in range(13)]
AGENCIES = ("fda", "ema", "mhra", "pmda", "nmpa", "ich")


class Instant:
    """Answers at once, with a vector that depends on the text."""

    identity = ModelIdentity("synthetic", "1", DIMENSION, "", "", "none")

    def encode_documents(self, texts):
        """Return a unit row per text."""
        return np.stack([self.encode_query(text) for text in texts])

    def encode_query(self, text):
        """Return a unit vector."""
        return unit(np.random.default_rng(abs(hash(text)) % 2**32).normal(size=DIMENSION))


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


class Corpus:
    """Draws texts, vectors and queries."""

    def __init__(self, seed: int = 0) -> None:
        self.random = np.random.default_rng(seed)
        language = np.random.default_rng(7)  # one for texts and queries
        letters = np.array(list("abcdefghilmnoprstuv"))
        lengths = language.integers(4, 11, VOCABULARY)
        self.words = np.array(["".join(language.choice(letters, length)) for length in lengths])
        weights = 1 / (np.arange(VOCABULARY) + 10.0)
        self.weights = weights / weights.sum()

    def draw(self, count: int) -> list[str]:
        """Return so many words."""
        return self.words[self.random.choice(VOCABULARY, count, p=self.weights)].tolist()

    def body(self) -> str:
        """Return a text that is cut into 25 passages."""
        words = self.draw(PASSAGES * WORDS)
        parts = (" ".join(words[at : at + WORDS]) for at in range(0, len(words), WORDS))
        return "\n".join(f"## Section {number}\n{part}." for number, part in enumerate(parts, 1))

    def queries(self, count: int) -> list[str]:
        """Return queries of two to eight words, common and rare."""
        return [" ".join(self.draw(int(self.random.integers(2, 9)))) for _ in range(count)]


def build(path: Path, count: int) -> None:
    """Fill an index, and say how fast."""
    corpus, model, begun, words = Corpus(), Instant.identity.key, time.perf_counter(), 0.0
    with open_index(path) as index:
        index.insert("runs", {
            "id": "r", "source": "s", "started": "2026-01-01", "finished": "2026-01-01", "state": "ok", "reason": "",
            "baseline": 1, "listed": count, "items": count, "counts": "{}", "requests": 1, "not_modified": 0,
            "seconds": 1.0, "software": "benchmark",
        })  # fmt: skip
        for start in range(0, count, 500):
            with index.transaction():
                for number in range(start, min(start + 500, count)):
                    body, title = corpus.body(), " ".join(corpus.draw(9))
                    before = time.perf_counter()
                    add_document(index, number, title, keep_text(index, body))
                    words += time.perf_counter() - before
                    add_meaning(index, corpus, number, model)
    total = time.perf_counter() - begun
    size = sum(file.stat().st_size for file in path.parent.glob("index.db*"))
    print(f"built {count:,} documents, {count * PASSAGES:,} passages in {total:.0f} s; texts, passages and words at "
          f"{count * PASSAGES / words:,.0f} passages a second; {size / 1e9:.2f} GB", flush=True)  # fmt: skip


def add_document(index: Index, number: int, title: str, text: str | None) -> None:
    name, agency = f"d{number}", AGENCIES[number % 6]
    index.insert("documents", {
        "id": name, "agency": agency, "issuer": "", "source": "s", "language": ("en", "en", "ja", "zh")[number % 4],
        "first_seen": "2026-01-01", "version": None,
    })  # fmt: skip
    index.insert("document_keys", {
        "source": "s", "key": name, "document": name, "since": "2026-01-01", "run": "r", "reason": "", "agency": agency,
    })  # fmt: skip
    index.insert("versions", {
        "document": name, "number": 1, "source": "s", "run": "r", "at": "2026-01-01", "key": name, "url": f"u:{name}",
        "title": title, "status": "final", "stage": ("final", "draft")[number % 2], "document_type": "guideline",
        "published": f"20{number % 26:02}-01-01", "summary": "", "text_hash": text, "offices": [], "topics": [],
        "products": [], "attachments": [], "body_records": [], "unread": [],
    })  # fmt: skip
    refresh(index, name)


def add_meaning(index: Index, corpus: Corpus, number: int, model: str) -> None:
    """Give a document labels and vectors."""
    row = index.row("SELECT versions.id, text_hash FROM versions WHERE document = ?", [f"d{number}"])
    assert row
    vector = unit(corpus.random.normal(size=DIMENSION))
    index.write("INSERT INTO vectors (hash, model, vector) VALUES (?, ?, ?)", [f"h{number}", model, vector.tobytes()])
    scores = corpus.random.beta(0.2, 2, len(TOPICS) + len(MODALITIES))
    labels = [("topic", each) for each in TOPICS] + [("modality", each) for each in MODALITIES]
    add_classification(index, {
        "version": row["id"], "document": f"d{number}", "hash": f"h{number}", "model": model, "taxonomy": "t",
        "method": "m", "at": "2026-01-01", "cmc_score": 0.5, "is_cmc_relevant": True, "abstained": False,
    }, [{"scheme": scheme, "label": label, "score": float(score), "accepted": bool(score > 0.5),
         "evidence": "similar to the definition (z=1.2); word 'potency'"}
        for (scheme, label), score in zip(labels, scores, strict=True)])  # fmt: skip
    vectors = unit(corpus.random.normal(size=(PASSAGES, DIMENSION)) + 2 * vector)
    if len(passages_of(index, row["text_hash"])) == PASSAGES:
        keep_passage_vectors(index, row["text_hash"], model, vectors)


def about(text: str) -> QueryLabels:
    random = np.random.default_rng(len(text))
    return QueryLabels(
        modality=dict(zip(MODALITIES, random.beta(0.2, 2, 13).tolist(), strict=True)),
        topic=dict(zip(TOPICS, random.beta(0.2, 2, 24).tolist(), strict=True)),
    )


def timed(name: str, work: Callable[[str], object], queries: list[str]) -> None:
    """Print p50 and p95 in milliseconds, wall clock and this process's own, all threads."""
    told(name, spent(work, queries))


def beside(works: dict[str, Callable[[str], object]], queries: list[str]) -> dict[str, tuple[float, float]]:
    """Time several ways of searching in turns of twenty queries, so that one load is on all of them; return each p50.

    Each turn asks its first query once before, so that what the others left in the caches does not count.
    """
    each: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for start in range(0, len(queries), 20):
        for name, work in works.items():
            work(queries[start])
            each[name] += spent(work, queries[start : start + 20])
    return {name: told(name, figures) for name, figures in each.items()}


def spent(work: Callable[[str], object], queries: list[str]) -> list[tuple[float, float]]:
    """Return milliseconds by the wall clock and of this process, for each query."""
    figures = []
    for query in queries:
        before, busy = time.perf_counter(), time.process_time()
        work(query)
        figures.append((1000 * (time.perf_counter() - before), 1000 * (time.process_time() - busy)))
    return figures


def told(name: str, figures: list[tuple[float, float]]) -> tuple[float, float]:
    """Print p50 and p95 in milliseconds; return both p50."""
    wall, own = zip(*figures, strict=True)
    p50, p95 = np.percentile(wall, [50, 95])
    c50, c95 = np.percentile(own, [50, 95])
    print(f"  {name:52} p50 {p50:7.1f}  p95 {p95:7.1f} ms   (CPU p50 {c50:7.1f}  p95 {c95:7.1f})", flush=True)
    return float(p50), float(c50)


def plain_words(index: Index) -> Callable[[str], object]:
    """Return FTS5 alone: the same words, any of them, common ones too; the ids and titles of the best ten documents."""
    sql = """
        SELECT documents.id, versions.title FROM (
            SELECT rowid AS seq FROM words WHERE words MATCH ? ORDER BY bm25(words, 5.0, 5.0, 1.0) LIMIT 10) AS best
        JOIN documents ON documents.seq = best.seq JOIN versions ON versions.id = documents.version"""

    def ask(query: str) -> object:
        expression = " OR ".join(f'"{word}"' for word in terms(query).split())
        return index.db.execute(sql, [expression]).fetchall()

    return ask


def plain_vectors(index: Index, encoder: Instant, product: Callable[..., np.ndarray]) -> Callable[[str], object]:
    """Return exact search over all passages in float32, as one matrix in memory; ids and titles of ten documents.

    :param product: of a matrix and a vector.
    """
    rows = index.db.execute("SELECT vectors, scales, text_hash FROM passage_vectors").fetchall()
    texts = [row[2] for row in rows]
    sql = """
        SELECT documents.id, versions.title FROM versions JOIN documents ON documents.version = versions.id
        WHERE versions.text_hash IN (SELECT value FROM json_each(?))"""
    rounded = np.frombuffer(b"".join(row[0] for row in rows), np.int8).reshape(-1, DIMENSION)
    matrix = rounded * np.frombuffer(b"".join(row[1] for row in rows), np.float32)[:, None]

    def ask(query: str) -> object:
        scores = product(matrix, encoder.encode_query(query))
        best = np.argpartition(-scores, 10 * PASSAGES)[: 10 * PASSAGES]  # ten documents at least
        names = dict.fromkeys(texts[at // PASSAGES] for at in best[np.argsort(-scores[best])])
        return index.db.execute(sql, [json.dumps(list(names)[:10])]).fetchall()

    return ask


def passage_words(path: Path) -> Callable[[str], object]:
    """Return FTS5 over passages, made beside the index, as a comparison."""
    db = sqlite3.connect(path.with_name("passages.db"))
    db.execute("ATTACH ? AS own", [str(path)])
    db.execute("CREATE VIRTUAL TABLE words USING fts5 (text, content='', tokenize='porter unicode61')")
    db.execute("INSERT INTO words (text) SELECT text FROM own.passages")
    db.commit()
    print(f"  (FTS5 over passages, without their text: {path.with_name('passages.db').stat().st_size / 1e9:.2f} GB)")

    def ask(query: str) -> object:
        expression = " OR ".join(f'"{word}"' for word in terms(query).split())
        return db.execute("SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT 10", [expression]).fetchall()

    return ask


def measure(path: Path, count: int) -> None:
    encoder, queries = Instant(), Corpus(1).queries(count)
    searcher = Searcher(encoder, about=about)
    with read_index(path) as index:
        first = time.perf_counter()
        searcher.search(index, "warm up", SearchFilters())
        print(f"first search in a process, holdings read: {time.perf_counter() - first:.2f} s")

        def ask(mode: Mode, filters: SearchFilters | None = None) -> Callable[[str], object]:
            return lambda query: searcher.search(index, query, filters or SearchFilters(), mode=mode)

        timed("hybrid", ask(Mode.HYBRID), queries)

        def rank(query: str) -> object:
            return searcher.search(index, query, SearchFilters(), count=0)

        timed("hybrid, ranking without snippets", rank, queries)
        narrow = SearchFilters(agency=("ema",), status=("draft",))
        timed("hybrid, agency:ema status:draft", ask(Mode.HYBRID, narrow), queries)
        timed("hybrid, a phrase required", lambda query: searcher.search(index, f'"{query}"', SearchFilters()), queries)
        timed("--mode lexical", ask(Mode.LEXICAL), queries)
        timed("--mode semantic", ask(Mode.SEMANTIC), queries)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"  memory at its highest: {memory:.0f} MB", flush=True)
        print("  in turns:")
        p50 = beside({
            "hybrid": ask(Mode.HYBRID), "FTS5 over documents": plain_words(index),
            "exact float32 over all passages, one thread": plain_vectors(index, encoder, dots),
            "exact float32 over all passages, BLAS": plain_vectors(index, encoder, np.matmul),
        }, queries)  # fmt: skip
        for at, name in enumerate(("wall clock", "CPU")):
            hybrid, words, *vectors = (each[at] for each in p50.values())  # of both exact ones, the faster
            times = hybrid / max(words, min(vectors))
            print(f"  hybrid is {times:.2f} x the slower of FTS5 and exact vectors ({name}, p50)")
        timed("FTS5 over passages", passage_words(path), queries[:50])


def cold() -> None:
    """Time `regintel search` from a shell, real model and all, over a small index."""
    with tempfile.TemporaryDirectory() as folder:
        records = Path(folder) / "records.jsonl"
        records.write_text(json.dumps({"id": "a", "title": "Potency tests for gene therapy"}), encoding="utf-8")
        command = [sys.executable, "-m", "regintel", "--data", folder]
        subprocess.run([*command, "ingest", str(records)], check=True, capture_output=True)
        subprocess.run([*command, "classify"], check=True, capture_output=True)
        cold_in(Path(folder), "one document")


def cold_in(folder: Path, name: str) -> None:
    """Time five searches from a shell over an index that is there."""
    command, spent, own = [sys.executable, "-m", "regintel", "--data", str(folder), "search"], [], []
    for _ in range(5):
        before, busy = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*command, "potency of CAR-T cells"], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(time.perf_counter() - before)
        own.append(after.ru_utime + after.ru_stime - busy.ru_utime - busy.ru_stime)
    each = ", ".join(f"{seconds:.2f}" for seconds in spent)
    print(f"cold `regintel search`, {name}, load {os.getloadavg()[0]:.1f}: {each} s; CPU {np.median(own):.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument(
        "--cold", type=Path, action="append", default=[], help="Only time cold searches over this data."
    )
    parser.add_argument("--keep", type=Path, help="Folder to build in, or that holds an index that was built.")
    asked = parser.parse_args()
    if asked.cold:
        cold()
        for folder in asked.cold:
            with read_index(folder / "index.db") as index:
                told = index.row("SELECT count(*) AS n FROM documents")
            cold_in(folder, f"{told['n']:,} documents of {folder.name}" if told else folder.name)
        return
    with tempfile.TemporaryDirectory() as scratch:
        path = (asked.keep or Path(scratch)) / "index.db"
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; Python {sys.version.split()[0]}, SQLite "
              f"{sqlite3.sqlite_version}, numpy {np.__version__}", flush=True)  # fmt: skip
        if not path.exists():
            build(path, asked.documents)
        path.with_name("passages.db").unlink(missing_ok=True)
        measure(path, asked.queries)
    cold()


if __name__ == "__main__":
    main()
