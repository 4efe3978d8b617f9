"""Words from outside as an assistant is given them: bounded, cleaned, and marked as quoted.

Whoever publishes a page can write a sentence to a machine into it. No mark stops a model from obeying one; but it can
be told where such words begin and end, and no text can end its own quotation.
"""

import re

from regintel.text.cells import cleaned

OPEN, CLOSE = "<source-text>", "</source-text>"
TAG = re.compile(r"<(?=\s*/?\s*source-text)", re.IGNORECASE)
TITLE, WORD, PASSAGE, SUMMARY = 500, 300, 2_500, 2_000
"""Room in characters for a title; a reference, section or reason; a passage; a summary."""


def quoted(text: str, most: int = PASSAGE) -> str:
    """Return a text between marks that it does not hold itself."""
    return f"{OPEN}{TAG.sub('‹', _cut(cleaned(text), most))}{CLOSE}"


def short(text: str | None, most: int = WORD) -> str | None:
    """Return a title, address or word on one line."""
    return _cut(" ".join(TAG.sub("‹", cleaned(text)).split()), most) if text else None


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
