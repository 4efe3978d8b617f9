"""Words from outside as they may stand in a file or an answer that programs read, and in a spreadsheet's cells.

A spreadsheet takes a cell that begins like a formula for one, also from a CSV file, and runs it: `=HYPERLINK(…)` in a
title would send a reader, and what stands in other cells, wherever its author likes.
"""

import re
import unicodedata

GAP = "\N{REPLACEMENT CHARACTER}"
"""Stands where something could not be shown, so that nothing is dropped quietly."""
LINE_ENDS = re.compile(r"\r\n|[\r\x85\u2028\u2029]")
# Control characters, what turns the direction of writing, lone surrogates and non-characters, which XML cannot hold,
# and the invisible tag characters, in which words can be hidden from people but not from programs.
UNFIT = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e007f]"
)
OBEYED = frozenset("=+-@")
"""What a formula begins with; their full-width and small forms too, for Excel in Japanese reads those alike."""
MINUS = "\N{MINUS SIGN}"
INVISIBLE = frozenset({"Cf", "Zs", "Zl", "Zp", "Cc"})
"""Categories of characters that a program may pass over before it looks for a formula."""


def cleaned(text: str) -> str:
    """Return a text whose lines end alike, with a mark in place of each character that no program should be given."""
    return UNFIT.sub(GAP, LINE_ENDS.sub("\n", text))


def defused(text: str) -> str:
    """Return a cell's text that no spreadsheet runs: an apostrophe stands before what would be taken for a formula."""
    made = cleaned(text)
    begins_odd = made[:1] in {"\t", "\n"}
    made = made.replace("\t", " ")
    return f"'{made}" if begins_odd or _runs(made) else made


def _runs(text: str) -> bool:
    first = next((each for each in text if each != GAP and unicodedata.category(each) not in INVISIBLE), "")
    return first == MINUS or unicodedata.normalize("NFKC", first) in OBEYED


def fitting(text: str, most: int) -> str:
    """Return a text of at most so many UTF-16 units, in which spreadsheets count; `…` stands where it was cut."""
    if len(text.encode("utf-16-le")) // 2 <= most:
        return text
    return text.encode("utf-16-le")[: (most - 1) * 2].decode("utf-16-le", "ignore") + "…"
