"""What is shown of a document that was found: the passage that answers, with its page and section."""

import re
from collections.abc import Iterable, Mapping, Sequence
from math import log

import numpy as np

from regintel.records import Document, Hit, Labels
from regintel.search.ranking import Floats
from regintel.store.database import Index, Row
from regintel.store.documents import documents
from regintel.store.labels import labels_of
from regintel.store.texts import passages_of
from regintel.text.snippets import found_words, snippet

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
    rarity = _rarity([row["text"] for row in rows], words)
    best = max(range(len(rows)), key=lambda at: _answers(rows[at], rarity, nearness, at), default=None)
    told = rows[best] if best is not None else None
    if told and (not version.summary or _held(told["text"], rarity) > _held(version.summary, rarity)):
        return Hit(document, score, labels, snippet(told["text"], words), told["page"], told["section"])
    return Hit(document, score, labels, snippet(version.summary or ", ".join(version.topics) or version.title, words))


def _answers(row: Row, rarity: Mapping[re.Pattern[str], float], nearness: Floats, at: int) -> tuple[float, int]:
    """Return how well a passage answers: the words that it holds, and how near it is; of equals the first."""
    most = sum(rarity.values())
    words = _held(row["text"], rarity) / most if most else 0.0
    return words + (float(nearness[at]) if at < len(nearness) else 0.0), -at


def _held(text: str, rarity: Mapping[re.Pattern[str], float]) -> float:
    return sum(weight for pattern, weight in rarity.items() if pattern.search(text))


def _rarity(texts: Sequence[str], words: Iterable[str]) -> dict[re.Pattern[str], float]:
    """Return how much each word tells one passage of a document from the others."""
    patterns = [pattern for word in dict.fromkeys(words) if (pattern := found_words([word]))]
    holding = {pattern: sum(bool(pattern.search(text)) for text in texts) for pattern in patterns}
    return {pattern: log(1 + len(texts) / count) for pattern, count in holding.items() if count}
