"""What of a document is read: its title with how the body begins, its headings, and the passages that say most.

The title decides. Further on, a body names much that the document merely mentions, so of a long one only some passages
are read, and what they alone say counts less (`classifier.MENTIONED`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from regintel.text.passages import Passage, passages

MOST_TEXT = 600
"""Characters of a body that are read beside the title."""
MOST_PASSAGES = 6
"""Of a long body, that are read; each costs as much as a document without one."""
MOST_LOOKED_AT = 400
"""Passages whose words are counted: some 300 pages."""


@dataclass(frozen=True)
class Piece:
    """A stretch of a document that is scored by itself."""

    text: str
    where: str = ""
    """In words for people; empty for the title."""


def subject(title: str, body: str = "") -> str:
    """Return the text that a document is classified and embedded by: its title, and how its body begins."""
    return f"{title}\n{body[:MOST_TEXT]}".strip()


def pieces(title: str, body: str, words_in: Callable[[str], int]) -> list[Piece]:
    """Return what of a document is read; of one without a long body, just its title with how it begins.

    :param words_in: how many words of the taxonomy a text holds.
    """
    first = Piece(subject(title, body))
    if len(body) <= MOST_TEXT:
        return [first]
    found = passages(body)[:MOST_LOOKED_AT]
    counts = {each.number: words_in(each.text) for each in found}
    telling = sorted((each for each in found if counts[each.number]), key=lambda each: -counts[each.number])
    chosen = sorted(telling[:MOST_PASSAGES], key=lambda each: each.number)
    return [first, *_headings(found), *(Piece(f"{title}\n{each.text}", _place(each)) for each in chosen)]


def _headings(found: list[Passage]) -> Iterator[Piece]:
    sections = dict.fromkeys(each.section for each in found if each.section)
    if sections:
        yield Piece("; ".join(sections)[: 2 * MOST_TEXT], "its headings")


def _place(passage: Passage) -> str:
    parts = [f"page {passage.page}" if passage.page else "", f"“{passage.section}”" if passage.section else ""]
    told = ", ".join(part for part in parts if part)
    return told or f"passage {passage.number + 1}"
