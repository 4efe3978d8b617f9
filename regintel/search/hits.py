"""What is shown of a document that was found: the passage that answers, with its page and section."""

from collections.abc import Mapping, Sequence

import numpy as np

from regintel.records import Document, Hit, Labels
from regintel.search.ranking import Floats
from regintel.store.database import Index
from regintel.store.documents import documents
from regintel.store.labels import labels_of
from regintel.store.texts import passages_of
from regintel.text.snippets import folded, holds, snippet

NO_COSINES = np.zeros(0, np.float32)


def hits(
    index: Index,
    ranked: Sequence[tuple[str, float]],
    words: Sequence[str],
    synonyms: Mapping[str, Sequence[str]],
    nearness: Mapping[str, Floats],
) -> tuple[Hit, ...]:
    """Return documents with the passages that answer.

    :param ranked: ids with scores, best first.
    :param synonyms: what else is marked, by a document's language.
    :param nearness: how near each passage of a text is to the query, 0 to 1, by the text's hash.
    """
    found = {each.id: each for each in documents(index, [name for name, _ in ranked])}
    labels = labels_of(index, found)
    return tuple(
        _hit(index, found[name], score, labels.get(name, Labels()), [*words, *synonyms.get(found[name].language, ())],
             nearness.get(found[name].current.text_hash or "", NO_COSINES))
        for name, score in ranked if name in found
    )  # fmt: skip


def _hit(index: Index, document: Document, score: float, labels: Labels, words: Sequence[str], nearness: Floats) -> Hit:
    version = document.current
    rows = passages_of(index, version.text_hash)
    held = held_words([version.summary, *(row["text"] for row in rows)], words)
    near = np.zeros(len(rows), np.float32)
    near[: len(nearness)] = nearness[: len(rows)]
    best = int(np.argmax(held[1:] + near)) if rows else None  # of equals the first
    if best is not None and (not version.summary or held[1 + best] > held[0]):
        told = rows[best]
        return Hit(document, score, labels, snippet(told["text"], words), told["page"], told["section"])
    return Hit(document, score, labels, snippet(version.summary or ", ".join(version.topics) or version.title, words))


def held_words(texts: Sequence[str], words: Sequence[str]) -> Floats:
    """Return how much of what is asked for each text holds, 0 to 1: a word counts the more, the fewer texts hold it."""
    plain = [folded(text) for text in texts]
    wanted = [word for each in words if len(word := folded(each)) > 1]
    holding = np.array([[holds(text, word) for text in plain] for word in dict.fromkeys(wanted)], np.float32)
    if not len(holding):
        return np.zeros(len(texts), np.float32)
    weighed = holding * np.log(1 + len(texts) / np.maximum(holding.sum(axis=1, keepdims=True), 1))
    most = float(weighed.max(axis=1).sum())
    share: Floats = (weighed.sum(axis=0) / (most or 1.0)).astype(np.float32)
    return share
