"""From a PDF's lines to the project's text: a paragraph a line, headings marked `## `, pages parted by form feeds."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from regintel.text.pdf_headings import Headings, continues, is_contents
from regintel.text.pdf_lines import Lines, clean_lines

_ITEM = re.compile(
    r"[•·●○▪■◦–—*・-]\s|o\s|\(?[a-z]{1,4}\)|[ivx]{1,5}\.\s|\(?\d{1,2}[.)]\s|\d{1,2}(\.\d{1,2})+\s|\d{1,2}\s+[A-Z]|"
    r"[A-Z]\.\s|[IVX]{2,5}\.\s|[①-⑳]|[（(][0-9０-９一二三四五六七八九十]{1,2}[)）]"
)
_BULLET = re.compile(r"[•·●○▪■◦*o-]")
_CJK = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_BROKEN = re.compile(r"([^\W\d_]+)-")
_END = re.compile(r"""[.!?:;。！？：；]["'”’)\]）」』]*\d{0,2}$""")
_LEADERS = re.compile(r" ?(?:\. ?){5,}")  # "I. INTRODUCTION (1, 1.1)........ 1"
_PREFIXES = frozenset({
    "anti", "auto", "bio", "co", "counter", "cross", "ex", "extra", "inter", "intra", "macro", "micro", "mid", "mini",
    "multi", "nano", "non", "off", "post", "pre", "quasi", "re", "self", "semi", "sub", "super", "ultra", "well",
})  # fmt: skip
"""What stays parted by its hyphen: "non-viable", "re-examination"."""


def text_of_pages(pages: Sequence[str]) -> str:
    """Return the text of a PDF from the bare text of its pages."""
    lines = clean_lines(pages)
    words = _words(lines)
    headings = Headings()
    texts = [list(_paragraphs(page, headings, words)) for page in lines]
    _mend_over_pages(texts, words)
    return _LEADERS.sub(" … ", "\f".join("\n".join(text) for text in texts))


def _words(pages: Sequence[Lines]) -> frozenset[str]:
    """Return the words that stand whole in a line, compounds with their hyphens."""
    if not any(line.rstrip().endswith("-") for lines in pages for line in lines):
        return frozenset()
    whole = (re.sub(r"^\s*\w+|\w+-\s*$", "", line) for lines in pages for line in lines)
    return frozenset(word for line in whole for word in _WORD.findall(line.casefold()))


def _paragraphs(lines: Lines, headings: Headings, words: frozenset[str]) -> Iterator[str]:
    plain = [" ".join(line.split()) if line else "" for line in lines]
    written = [line for line in plain if line]
    width = sorted(map(len, written))[int(0.9 * len(written))] if written else 0
    at, paragraph, last = 0, "", ""
    for raw, line in zip(lines, plain, strict=True):
        if not line:
            last = "" if not raw else last
            continue
        before, after = written[at - 1] if at else "", written[at + 1] if at + 1 < len(written) else ""
        at += 1
        heading = headings.is_one(before, line, after, width)
        if paragraph.startswith("## ") and continues(paragraph[3:], line, width) and last and not is_contents(after):
            paragraph = f"{paragraph} {line}"
        elif heading or paragraph.startswith("## ") or (paragraph and _starts(line, paragraph, last, width)):
            yield from (paragraph,) if paragraph else ()
            paragraph = f"## {line}" if heading else line
        else:
            paragraph = joined(paragraph, line, words) if paragraph else line
        last = line
    if paragraph:
        yield paragraph


def _starts(line: str, paragraph: str, last: str, width: int) -> bool:
    """Return whether a line begins a paragraph, given the one before and its last line, which is "" before a blank."""
    if _BULLET.fullmatch(paragraph):
        return False
    if not last or _ITEM.match(line) or is_contents(last):
        return True
    short = len(last) < 0.75 * width
    new = not (line[0].islower() or _CJK.match(line)) or line[0] == "\u3000"
    return short and (new or bool(_END.search(last[-5:]) and _CJK.match(last[-1])))


def joined(text: str, line: str, words: frozenset[str]) -> str:
    """Return a text and its next line as one, a word broken at the line's end whole again."""
    if text.endswith("\xad"):
        return text[:-1] + line
    if _CJK.match(text[-1]) or _CJK.match(line):
        return text + line
    if text[-1] != "-" or len(text) < 2 or not text[-2].isalnum() or not line[0].isalnum():
        return f"{text} {line}"
    return _mended(text, line, words)


def _mended(text: str, line: str, words: frozenset[str]) -> str:
    """Return a text that ends in a hyphen with its next line: one word or a compound, as other lines write it."""
    following = _WORD.match(line)
    start = text.rfind(" ", max(0, len(text) - 60)) + 1
    left, right = text[start:-1], following[0] if following else ""
    if right in {"and", "or", "und", "et"}:  # "pre- and post-approval"
        return f"{text} {line}"
    if not (left.isalpha() and left[-1].islower() and right[:1].islower()):
        return text + line
    one, two = (left + right).casefold(), f"{left}-{right}".casefold()
    if two in words or (one not in words and (left.casefold() in _PREFIXES or {left.casefold(), right} <= words)):
        return text + line
    return text[:-1] + line


def _mend_over_pages(texts: Sequence[list[str]], words: frozenset[str]) -> None:
    """Bring the second half of a word that a page's end breaks to its first half."""
    for text, following in pairwise(texts):
        if not (text and following and _BROKEN.search(text[-1][-40:]) and text[-1].endswith(("-", "\xad"))):
            continue
        half, _, rest = following[0].partition(" ")
        if half[:1].islower() and half not in {"and", "or"}:
            text[-1] = joined(text[-1], half, words)
            following[:1] = [rest] if rest else []
