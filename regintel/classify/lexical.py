"""What a text says in so many words: the taxonomy's keywords, ICH codes, and the agency's own filing.

Latin words are whole words, with or without a plural ending; Japanese and Chinese words are found anywhere, since those
languages put no space between words. Everything is compared after NFKC, so full and half width are one.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from regintel.classify.taxonomy import LabelDefinition

_BEFORE, _AFTER = "(?<![A-Za-z0-9À-ɏ])", "(?![A-Za-z0-9À-ɏ])"
_GAP = r"[\s\-‐‑‒–—]*"
# A code and, of a range, its last letter: "Q3A", "Q3A(R2)", "ICH M13A", "Q1A-Q1F", "Q5A–E".
_CODE = re.compile(rf"{_BEFORE}([QMSE]\d{{1,2}})([A-Z]?)(?:\s?[-–]\s?(?:\1)?([A-Z]))?{_AFTER}")


@dataclass(frozen=True)
class Hits:
    """What speaks for one label in one text."""

    words: tuple[str, ...] = ()
    """As the taxonomy writes them."""
    codes: tuple[str, ...] = ()
    """ICH codes that the text names."""
    topics: tuple[str, ...] = ()
    """The agency's own topics, as the taxonomy writes them."""


@dataclass(frozen=True)
class _Word:
    """A word that is looked for; its pattern is made when a text holds the word's start: few texts hold many."""

    written: str
    start: str
    """How it begins, in small letters."""
    plain: str
    """In the one form that words are compared in."""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return _pattern(self.plain)


@dataclass(frozen=True)
class _Topic:
    """A topic of an agency's; queries are filed under none, so that its pattern is made when it is asked for."""

    written: str

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return _bounded(re.escape(normal(self.written)))


class Lexicon:
    """The words of some labels, ready to be looked for."""

    def __init__(self, labels: Sequence[LabelDefinition]) -> None:
        self._words = [tuple(_words(label)) for label in labels]
        self._codes = [
            frozenset(code for entry in label.maps_from.ich for code in ich_codes(entry)) for label in labels
        ]
        self._topics = [[_Topic(topic) for topic in (*label.maps_from.fda, *label.maps_from.ema)] for label in labels]

    def hits(self, text: str, agency_topics: Sequence[str] = ()) -> list[Hits]:
        """Return what speaks for each label, in the labels' order.

        :param agency_topics: as the agency's listing writes them.
        """
        plain, filed = normal(text), "\n".join(normal(topic) for topic in agency_topics)
        low = plain.lower()
        codes = frozenset(ich_codes(plain))
        return [
            Hits(
                words=tuple(each.written for each in words if each.start in low and each.pattern.search(plain)),
                codes=tuple(sorted(code for code in codes if code in wanted or code[:-1] in wanted)),
                topics=tuple(each.written for each in topics if filed and each.pattern.search(filed)),
            )
            for words, wanted, topics in zip(self._words, self._codes, self._topics, strict=True)
        ]


def normal(text: str) -> str:
    """Return the text in the one form that words are compared in."""
    return unicodedata.normalize("NFKC", text)


def ich_codes(text: str) -> Iterator[str]:
    """Yield the ICH codes that a text names, without revision: `Q3A`, `M13A`; a range is told out."""
    for stem, first, last in _CODE.findall(text):
        yield stem + first
        if first and last:
            yield from (stem + chr(letter) for letter in range(ord(first) + 1, ord(last) + 1))


def _words(label: LabelDefinition) -> Iterator[_Word]:
    """Yield each word; looking for its start first is several times faster."""
    for word in dict.fromkeys((*label.keywords.en, *label.keywords.ja, *label.keywords.zh)):
        plain = normal(word)
        yield _Word(word, re.split(r"[\s\-*]", plain.lower())[0].removesuffix("y"), plain)


def _pattern(word: str) -> re.Pattern[str]:
    if not re.search(r"[A-Za-z0-9]", word) or re.search(r"[^\x00-ɏ]", word):
        return re.compile(re.escape(word.removesuffix("*")), re.IGNORECASE)
    parts = [_part(part) for part in re.split(r"[\s\-]+", word.removesuffix("*"))]
    if word.endswith("*"):
        return re.compile(f"{_BEFORE}{_GAP.join(parts)}")
    parts[-1] = f"{parts[-1].removesuffix('y)')}(?:ys?|ies))" if parts[-1].endswith("y)") else f"{parts[-1]}(?i:s|es)?"
    return re.compile(f"{_BEFORE}{_GAP.join(parts)}{_AFTER}")


def _part(word: str) -> str:
    """Return the pattern of one word; two capitals or more are meant literally: PET is no pet."""
    literal = sum(letter.isupper() for letter in word) > 1
    return re.escape(word) if literal else f"(?i:{re.escape(word)})"


def _bounded(pattern: str) -> re.Pattern[str]:
    return re.compile(f"{_BEFORE}{pattern}{_AFTER}", re.IGNORECASE)
