"""The piece of a text that answers a query."""

import re
import unicodedata

MARK = "**"


def snippet(text: str, words: list[str], length: int = 240) -> str:
    """Return the stretch of text that holds most of the words, these between `**`; its beginning if it holds none."""
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    pattern = _pattern(words)
    if pattern is None:
        return _cut(plain, 0, length)
    places = [match.start() for match in pattern.finditer(plain)]
    if not places:
        return _cut(plain, 0, length)
    best = max(places, key=lambda at: sum(at <= other < at + length for other in places))
    return pattern.sub(lambda match: f"{MARK}{match[0]}{MARK}", _cut(plain, max(0, best - length // 4), length))


def _pattern(words: list[str]) -> re.Pattern[str] | None:
    longest = sorted({word for word in words if len(word) > 1}, key=len, reverse=True)
    if not longest:
        return None
    parts = (rf"\b{re.escape(word)}\w*" if word.isascii() else re.escape(word) for word in longest)
    return re.compile("|".join(parts), re.IGNORECASE)


def _cut(text: str, start: int, length: int) -> str:
    if start:
        start = text.find(" ", start) + 1 if 0 <= text.find(" ", start) < start + 30 else start
    piece = text[start : start + length]
    end = start + length
    if end < len(text) and " " in piece[length // 2 :]:
        piece = piece[: piece.rindex(" ")]
    return ("… " if start else "") + piece + (" …" if end < len(text) else "")
