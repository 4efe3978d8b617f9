"""Keep the search index whole: words that a step of the schema made due, passages, and their vectors.

Everything here is worked out from texts and versions, and can be thrown away and made anew. A text's vectors are
written together; a kill costs those that were being made.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import accumulate
from time import perf_counter

from regintel.encoder import Encoder
from regintel.store.database import Index
from regintel.store.documents import count_documents
from regintel.store.passage_vectors import coverage, keep_passage_vectors, texts_without_vectors
from regintel.store.texts import cut_all_again, passages_of
from regintel.store.words import index_all_words, words_are_due

SECONDS = 30.0
"""Of a daily run that go into vectors of passages, the newest documents' first; 30 pages take 2 to 10."""
TOGETHER = 128
"""Passages that are embedded between two looks at the clock."""


@dataclass(frozen=True)
class Indexed:
    """How the search index stands, and what was done to it."""

    documents: int
    passages: int
    passages_with_vectors: int
    words_rebuilt: bool
    texts_recut: int
    """Texts whose passages came out different."""
    embedded: int
    """Passages that got vectors now."""
    seconds: float

    def as_json(self) -> dict[str, object]:
        """Return what `--json` prints of it."""
        return asdict(self)


def bring_up_to_date(
    index: Index,
    encoder: Encoder,
    *,
    rebuild: bool = False,
    seconds: float | None = SECONDS,
    go_on: Callable[[], bool] = lambda: True,
    now: Callable[[], float] = perf_counter,
) -> Indexed:
    """Make what is due, then vectors of passages for so many seconds; without a limit, of all.

    :param rebuild: make words and passages anew, though nothing says that they are due.
    :param go_on: asked between batches; whoever is told to stop says no.
    """
    begun = now()
    recut = cut_all_again(index) if rebuild else 0
    due = rebuild or words_are_due(index)
    if due:
        index_all_words(index)
    until = None if seconds is None else now() + seconds
    embedded = _embed(index, encoder, lambda: go_on() and (until is None or now() < until))
    stands = coverage(index, encoder.identity.key)
    return Indexed(
        documents=count_documents(index), passages=stands.passages, passages_with_vectors=stands.embedded,
        words_rebuilt=due, texts_recut=recut, embedded=embedded, seconds=round(now() - begun, 2),
    )  # fmt: skip


def _embed(index: Index, encoder: Encoder, go_on: Callable[[], bool]) -> int:
    done = 0
    waiting = texts_without_vectors(index, encoder.identity.key)
    while waiting and go_on():
        batch, size = [], 0
        while waiting and size < TOGETHER:
            name = waiting.pop(0)
            texts = [row["text"] for row in passages_of(index, name)]
            batch.append((name, texts))
            size += len(texts)
        done += _embed_texts(index, encoder, batch)
    return done


def _embed_texts(index: Index, encoder: Encoder, batch: list[tuple[str, list[str]]]) -> int:
    flat = [text for _, texts in batch for text in texts]
    if not flat:
        return 0
    vectors = encoder.encode_documents(flat)
    ends = list(accumulate(len(texts) for _, texts in batch))
    with index.transaction():
        for (name, texts), end in zip(batch, ends, strict=True):
            if texts:
                keep_passage_vectors(index, name, encoder.identity.key, vectors[end - len(texts) : end])
    return len(flat)
