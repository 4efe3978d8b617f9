"""Lines of PDF pages without what the paper put there: line numbers, running heads, page numbers, odd characters.

Drafts number their lines ("2 EMA/CHMP/BWP/187338/2014"), from 1 on each page or through the document; a blank line has
a number too. A list or table counts as well, so numbers go only where most lines of most pages carry them.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import isnan

from regintel.text.titles import INVISIBLE, squeezed

Lines = list[str]

_LIGATURES = str.maketrans({
    "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\uf0b7": "•", "\uf0a7": "▪",
})  # fmt: skip
"""NFKC would do it too, and would make half-width what Japanese and Chinese write full-width; Symbol's bullets."""
_MOST = 0.4
"""Share of pages, or of a page's lines, that is "most" of them: covers, contents and footnotes have none."""
_STEP = 3
"""A number or two may be lost where the PDF puts it into the line before."""
_LOST = 12
"""Numbers between two pages that may be lost so."""
_EDGE = 4
"""Lines at the top and bottom of a page among which running heads are sought."""
_OUTERMOST = 0.25
"""Share of a page at either end that shows which lines are running heads; or a short page would be nothing else."""
_LONG_HEAD = 20
"""Characters from which a running head is one wherever it stands; figures push it into the middle of a page's text."""
_PAGE_NUMBER = re.compile(r"\W*(page\W*)?#(\W*(of|von|sur|de|/)?\W*#)?\W*(page\W*)?")
_FOOTNOTE_MARK = re.compile(r"\s*\d{1,2}\s*")


def clean_lines(pages: Sequence[str]) -> list[Lines]:
    """Return each page's lines; an empty one is a paragraph's end, one of spaces only is no sign of anything."""
    lines = without_running_heads(without_line_numbers([_lines_of(page) for page in pages]))
    return [_with_footnote_marks(page) for page in lines]


def _lines_of(page: str) -> Lines:
    # PDFium writes U+FFFE for a hyphen at a line's end, and leaves out the end.
    text = page.replace("\r\n", "\n").replace("\r", "\n").replace("\ufffe", "-\n")
    plain = INVISIBLE.sub("", text).translate(_LIGATURES)
    return [line or " " for line in re.sub(r"\xad(?![ \t]*\n)", "", plain).split("\n")]


# Line numbers


def without_line_numbers(pages: Sequence[Lines]) -> list[Lines]:
    """Return the pages without the numbers that most lines begin or end with, if they are such pages."""
    sides = [_counts(pages, at_end) for at_end in (False, True)]
    at_end = len(sides[1]) > len(sides[0])
    counts = sides[at_end]
    return [_without(lines, counts[at], at_end) if at in counts else lines for at, lines in enumerate(pages)]


def _counts(pages: Sequence[Lines], at_end: bool) -> dict[int, list[int]]:
    """Return for each numbered page the places of its numbered lines; nothing if the document is not numbered."""
    found: dict[int, list[int]] = {}
    last = strong = full = 0
    for at, lines in enumerate(pages):
        numbers = [_number(line, at_end) for line in lines]
        chain = _longest_count(numbers)
        written = sum(bool(line.strip()) for line in lines)
        full += written >= 5
        first = numbers[chain[0]] if chain else None
        if first is None or len(chain) < 2 or not (first <= _STEP or last - _STEP < first <= last + _LOST):
            continue
        found[at], last = chain, numbers[chain[-1]] or 0
        strong += len(chain) >= max(5, _MOST * written)
    alone = len(pages) == 1 and bool(found) and len(found[0]) >= max(8, 0.8 * sum(bool(x.strip()) for x in pages[0]))
    return found if alone or (strong >= 2 and strong >= _MOST * full) else {}


def _number(line: str, at_end: bool) -> int | None:
    words = line.rsplit(maxsplit=1) if at_end else line.split(maxsplit=1)
    word = words[-1 if at_end else 0] if words else ""
    # "Introduction ........ 3" is a table of contents.
    contents = at_end and len(words) == 2 and words[0].endswith(("...", "…", ". ."))
    return int(word) if len(word) <= 4 and word.isascii() and word.isdecimal() and not contents else None


def _longest_count(numbers: Sequence[int | None]) -> list[int]:
    """Return the places of the longest run of numbers that goes up in small steps."""
    best: dict[int, tuple[int, int]] = {}
    before: dict[int, int] = {}
    for at, number in enumerate(numbers):
        if number is None:
            continue
        length, previous = max(best.get(number - step, (0, -1)) for step in range(1, _STEP + 1))
        if length + 1 >= best.get(number, (0, -1))[0]:
            best[number] = (length + 1, at)
            before[at] = previous
    _, at = max(best.values(), default=(0, -1))
    chain = []
    while at >= 0:
        chain.append(at)
        at = before[at]
    return chain[::-1]


def _without(lines: Lines, chain: Sequence[int], at_end: bool) -> Lines:
    rests = {at: _rest(lines[at], at_end) for at in chain}
    # A number alone is a blank line, unless all numbers stand apart from their lines.
    blank = "" if 2 * sum(not rest for rest in rests.values()) <= len(rests) else " "
    plain = [(rests[at] or blank) if at in rests else line for at, line in enumerate(lines)]
    for one, other in pairwise(chain):
        for lost in range((_number(lines[one], at_end) or 0) + 1, _number(lines[other], at_end) or 0):
            plain[one:other] = [re.sub(rf"(?<=\S)\s+{lost}\s+(?=\S)", " ", line, count=1) for line in plain[one:other]]
    return plain


def _rest(line: str, at_end: bool) -> str:
    words = line.rsplit(maxsplit=1) if at_end else line.split(maxsplit=1)
    return "" if len(words) < 2 else words[0] if at_end else words[1]


# Running heads


def without_running_heads(pages: Sequence[Lines]) -> list[Lines]:
    """Return the pages without the lines that stand at the edge of most of them, page numbers aside, and those too.

    The first page keeps what heads the others: there it is the title.
    """
    edges = [_edge(lines) for lines in pages]
    seen = Counter(key for lines in pages for key in {_key(lines[at]) for at in _edge(lines, _OUTERMOST)})
    most = max(3, _MOST * sum(bool(edge) for edge in edges))
    heads = {key for key, count in seen.items() if count >= most and not _PAGE_NUMBER.fullmatch(key)}
    heads_of = [{key for key in heads if "page" in key}, heads]
    printed = _printed(pages, edges)
    return [
        [
            line
            for at, line in enumerate(lines)
            if printed != (edge.get(at), _page_number(line) - number)
            and not ((at in edge or len(line) >= _LONG_HEAD) and _key(line) in heads_of[bool(number)])
        ]
        for number, (lines, edge) in enumerate(zip(pages, edges, strict=True))
    ]


def _edge(lines: Lines, share: float = 1) -> dict[int, str]:
    written = [at for at, line in enumerate(lines) if line.strip()]
    depth = min(_EDGE, max(2, int(share * len(written))))
    return dict.fromkeys(written[:depth], "top") | dict.fromkeys(written[depth:][-depth:], "bottom")


def _key(line: str) -> str:
    return re.sub(r"\d+", "#", squeezed(line).casefold())


def _page_number(line: str) -> float:
    """Return the number that a line consists of, as "7", "- 7 -" or "Page 7 of 40"; NaN for another line."""
    digits = re.search(r"\d{1,5}", line) if len(line) < 40 else None
    return int(digits[0]) if digits and _PAGE_NUMBER.fullmatch(_key(line)) else float("nan")


def _printed(pages: Sequence[Lines], edges: Sequence[Mapping[int, str]]) -> tuple[str, float] | None:
    """Return at which edge page numbers are printed, and by how much they differ from ours; None if there are none."""
    seen: Counter[tuple[str, float]] = Counter()
    for number, (lines, edge) in enumerate(zip(pages, edges, strict=True)):
        found = ((side, _page_number(lines[at]) - number) for at, side in edge.items())
        seen.update({pair for pair in found if not isnan(pair[1])})
    place, count = max(seen.items(), key=lambda item: item[1], default=(None, 0))
    return place if count >= max(2, _MOST * len(pages)) else None


# Footnotes


def _with_footnote_marks(lines: Lines) -> Lines:
    """Return the lines with raised numbers back in their places; PDFium gives each a line, and what follows a space.

    As in "definition, see ICH Q9)", "3", " to the development"; or, before a footnote, "2", " Arabic numbers".
    """
    joined: Lines = []
    at = 0
    while at < len(lines):
        line, after = lines[at], lines[at + 1] if at + 1 < len(lines) else ""
        if not (_FOOTNOTE_MARK.fullmatch(line) and after.startswith(" ") and after.strip()):
            joined.append(line)
        elif joined and joined[-1].strip() and joined[-1].rstrip()[-1] not in ".:;":
            joined[-1] = f"{joined[-1].rstrip()}{line.strip()} {after.strip()}"
            at += 1
        else:
            joined += ["", f"{line.strip()} {after.strip()}"]
            at += 1
        at += 1
    return joined
