"""What is shown of a document that was found: the passage that answers, with its page and section."""

from collections.abc import Mapping, Sequence

import numpy as np

from regintel.records import Document, Hit, Labels
from regintel.search.ranking import Floats
from regintel.store.database import Index
from regintel.store.documents import documents
from regintel.store.labels import labels_of
from regintel.store.texts import passages_of_each
from regintel.text.passages import Passage
from regintel.text.snippets import Folded, folded, snippet

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
    texts = {name: each.current.text_hash or "" for name, each in found.items()}
    passages = passages_of_each(index, filter(None, texts.values()))
    return tuple(
        _hit(found[name], score, labels.get(name, Labels()), [*words, *synonyms.get(found[name].language, ())],
             passages.get(texts[name], []), nearness.get(texts[name], NO_COSINES))
        for name, score in ranked if name in found
    )  # fmt: skip


def _hit(
    document: Document,
    score: float,
    labels: Labels,
    words: Sequence[str],
    passages: Sequence[Passage],
    nearness: Floats,
) -> Hit:
    version = document.current
    held = held_words([version.summary, *(each.text for each in passages)], words)
    near = np.zeros(len(passages), np.float32)
    near[: len(nearness)] = nearness[: len(passages)]
    best = int(np.argmax(held[1:] + near)) if passages else None  # of equals the first
    if best is not None and (not version.summary or held[1 + best] > held[0]):
        told = passages[best]
        return Hit(document, score, labels, snippet(told.text, words), told.page, told.section)
    return Hit(document, score, labels, snippet(version.summary or ", ".join(version.topics) or version.title, words))


def held_words(texts: Sequence[str], words: Sequence[str]) -> Floats:
    """Return how much of what is asked for each text holds, 0 to 1: a word counts the more, the fewer texts hold it."""
    wanted = dict.fromkeys(word for each in words if len(word := folded(each)) > 1)
    if not wanted:
        return np.zeros(len(texts), np.float32)
    plain, holding = Folded(texts, phrases=" " in "".join(wanted)), np.zeros((len(wanted), len(texts)), np.float32)
    for row, word in zip(holding, wanted, strict=True):
        row[plain.holding(word)] = 1
    weighed = holding * np.log(1 + len(texts) / np.maximum(holding.sum(axis=1, keepdims=True), 1))
    most = float(weighed.max(axis=1).sum())
    share: Floats = (weighed.sum(axis=0) / (most or 1.0)).astype(np.float32)
    return share
