"""Which lines of a PDF are headings: numbered, lettered, in capitals, or one of the words that name a section.

A list looks like headings, so items that follow each other directly are none, nor is what reads as a sentence.
"""

import re
from dataclasses import dataclass, field

_LONGEST = 110
_NUMBERED = re.compile(r"([1-9]\d?(?:\.\d{1,2}){0,4})(\.?)\s+(?=[^\W\d_])")  # "4.2.1 Starting materials"
_ROMAN = re.compile(r"[IVX]{1,5}\.\s+(?=[A-Z])")  # "III. BACKGROUND"
_LETTERED = re.compile(r"[A-Z]\.\s+(?=[A-Z][A-Za-z])")  # "A. Components of the Drug Product (2.1)"
_NAMED = re.compile(r"(annex|appendix|chapter|part|section)\s+([IVX]{1,5}|\d{1,2}|[A-Z])\b(?!\s*[,;)])", re.IGNORECASE)
_NUMERAL = "[0-9０-９一二三四五六七八九十]"
_CJK = re.compile(rf"第\s*{_NUMERAL}+\s*[章節节条部编編]|[一二三四五六七八九十]+、|別[添紙]|附[件录録則]")

_CONTENTS = re.compile(r"\.{4}|…{2}|(\. ){4}")  # "I. INTRODUCTION (1, 1.1)........ 1"
_REFERENCE = re.compile(r"/\d{3}")  # "EMA/CHMP/BWP/187338/2014"
_SENTENCE = re.compile(r"\b(is|are|was|were|be|been|has|have|should|shall|must|may|can|will|could|would)\b")
_DATE = re.compile(r"\d{1,2}\s+(jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)[a-z]*\s+\d{4}", re.IGNORECASE)
_NAMES = frozenset({
    "abbreviations", "background", "conclusion", "conclusions", "definitions", "discussion", "document history",
    "executive summary", "glossary", "introduction", "keywords", "legal basis", "preamble", "problem statement",
    "purpose", "questions and answers", "recommendation", "references", "scope", "summary", "table of contents",
})  # fmt: skip


@dataclass
class Headings:
    """Finds a document's headings, asked line by line from its beginning."""

    chapter: int = field(default=0, init=False)
    """Of the last heading that was numbered without a dot, as "2 Principle"; the next is one more."""

    def is_one(self, before: str, line: str, after: str, width: int) -> bool:
        """Return whether a line is a heading, given its neighbours and the width of the page's lines in characters."""
        if not _may_be(line) or is_contents(after) or (is_contents(before) and len(after) < 0.85 * width):
            return False
        if in_capitals(line) or line.casefold() in _NAMES:
            return True
        if _CJK.match(line):
            return len(line) <= 40 and line[-1] not in "。、,，"
        rank = _rank(line)
        if not rank or rank in (_rank(before), _rank(after)) or after[:1].islower():
            return False
        reads_on = _SENTENCE.search(line) or line[-1] == ":" or len(line) > max(0.85 * width, 40)
        return not reads_on and (rank != "1" or self._is_next(line))

    def _is_next(self, line: str) -> bool:
        number = int(line.split()[0])
        if number != self.chapter + 1:
            return False
        self.chapter = number
        return True


def in_capitals(line: str) -> bool:
    """Return whether a line is written in capitals and says more than an abbreviation or a reference number."""
    if _REFERENCE.search(line):
        return False
    words = re.findall(r"[^\W\d_]+", line)
    letters = "".join(words[1:] if _ROMAN.match(line) else words)
    return len(letters) >= 5 and all(word.isupper() for word in words) and any(len(word) >= 4 for word in words)


def continues(heading: str, line: str, width: int) -> bool:
    """Return whether a line is the second of a heading: in capitals as the first, or capitalised and short after it."""
    if not _may_be(line) or _rank(line):
        return False
    if in_capitals(heading):
        return in_capitals(line)
    titled = all(word[0].isupper() for word in re.findall(r"[^\W\d_]{4,}", line))
    return len(heading) > 0.6 * width and len(line) < 0.6 * width and titled and line[0] not in "•·"


def _may_be(line: str) -> bool:
    return (
        bool(line)
        and len(line) <= _LONGEST
        and line[-1] not in ".,;–—-"
        and not (is_contents(line) or _DATE.match(line))
    )


def is_contents(line: str) -> bool:
    """Return whether a line is one of a table of contents, with dots up to its page number."""
    return bool(_CONTENTS.search(line))


def _rank(line: str) -> str:
    """Return what kind of number a line begins with, the same for lines on one level; "" for none."""
    if numbered := _NUMBERED.match(line):
        capital = not line[numbered.end()].islower()
        return re.sub(r"\d+", "1", numbered[1]) + numbered[2] if capital else ""
    kinds = {"I": _ROMAN, "A": _LETTERED, "annex": _NAMED}
    return next((kind for kind, pattern in kinds.items() if pattern.match(line)), "")
