"""The piece of a text that answers a query."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

MARK = "**"
"""Stands before and after each found word of a snippet; nowhere else in it."""
SEAM = "\0"
"""Stands between texts, and in none of them."""


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
    """Return text as words are looked for in it: NFKC, small letters, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


class Folded:
    """Texts in a row, so that a word is looked for in all of them at once, as `found_words` finds it.

    >>> Folded(["indications of cats", "an indication", "力価試験"]).holding("cat")
    [0]
    """

    def __init__(self, texts: Iterable[str], *, phrases: bool = True) -> None:
        """Fold texts, all at once.

        :param phrases: whether words with spaces are looked for; without, spaces are left as they are.
        """
        whole = unicodedata.normalize("NFKC", SEAM.join(text.replace(SEAM, " ") for text in texts)).casefold()
        parts = [" ".join(part.split()) if phrases else part for part in whole.split(SEAM)]
        self._ends = list(accumulate(len(part) + 1 for part in parts))
        self._all = SEAM.join(parts)

    def holding(self, word: str) -> list[int]:
        """Return the places of the texts that hold a folded word."""
        stem, latin, found = _stem(word), word.isascii(), []
        at = self._all.find(stem)
        while at >= 0:
            if at and latin and self._all[at - 1].isalnum():
                at = self._all.find(stem, at + 1)
                continue
            found.append(bisect_right(self._ends, at))
            at = self._all.find(stem, self._ends[found[-1]])
        return found


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
