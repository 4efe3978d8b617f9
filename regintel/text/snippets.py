"""The piece of a text that answers a query."""

import re
import unicodedata
from collections.abc import Iterable

MARK = "**"
"""Stands before and after each found word of a snippet; nowhere else in it."""


def snippet(text: str, words: Iterable[str], length: int = 240) -> str:
    """Return the stretch of text that holds most of the words, these between marks; its beginning if it holds none."""
    plain = " ".join(unicodedata.normalize("NFKC", text).replace(MARK, "* *").split())
    pattern = found_words(words)
    if pattern is None:
        return _cut(plain, 0, length)
    hits = [(match.start(), match[0].casefold()) for match in pattern.finditer(plain)]
    if not hits:
        return _cut(plain, 0, length)
    best = max((at for at, _ in hits), key=lambda at: len({word for other, word in hits if at <= other < at + length}))
    return pattern.sub(lambda match: f"{MARK}{match[0]}{MARK}", _cut(plain, max(0, best - length // 4), length))


def unmarked(marked: str) -> tuple[str, list[list[int]]]:
    """Return a snippet without marks, and from where to where its found words stand, in characters.

    >>> unmarked("the **potency** assay")
    ('the potency assay', [[4, 11]])
    """
    plain, places = "", []
    for number, part in enumerate(marked.split(MARK)):
        if number % 2:
            places.append([len(plain), len(plain) + len(part)])
        plain += part
    return plain, places


def folded(text: str) -> str:
    """Return text as `holds` reads it: NFKC, small letters, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def holds(text: str, word: str) -> bool:
    """Return whether a folded text holds a folded word, as `found_words` finds it, ten times as fast.

    >>> holds("indications of cats", "cat"), holds("an indication", "cat"), holds("力価試験", "試験")
    (True, False, True)
    """
    stem = _stem(word)
    at = text.find(stem)
    while at > 0 and word.isascii() and text[at - 1].isalnum():
        at = text.find(stem, at + 1)
    return at >= 0


def found_words(words: Iterable[str]) -> re.Pattern[str] | None:
    """Return a pattern of any of the words as they stand in text: Latin ones with their endings, in any case."""
    plain = {" ".join(unicodedata.normalize("NFKC", word).split()) for word in words}
    longest = sorted((word for word in plain if len(word) > 1), key=len, reverse=True)
    if not longest:
        return None
    parts = (rf"\b{re.escape(_stem(word))}\w*" if word.isascii() else re.escape(word) for word in longest)
    return re.compile("|".join(parts), re.IGNORECASE)


def _stem(word: str) -> str:
    """Return the part of a Latin word that its plural and its singular share."""
    return word.removesuffix("s") if len(word) > 4 and not word.endswith("ss") else word


def _cut(text: str, start: int, length: int) -> str:
    if start:
        start = text.find(" ", start) + 1 if 0 <= text.find(" ", start) < start + 30 else start
    piece = text[start : start + length]
    end = start + length
    if end < len(text) and " " in piece[length // 2 :]:
        piece = piece[: piece.rindex(" ")]
    return ("… " if start else "") + piece + (" …" if end < len(text) else "")
