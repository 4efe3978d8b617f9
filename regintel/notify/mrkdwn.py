"""Text from outside as words that Slack only shows.

Titles, notes and reasons come from outside, so nothing in them may act as markup:

* `&`, `<` and `>` are escaped once, which is what stops `<!channel>`, `<@U…>` and `<#C…>`.
* Slack has no escape for `*`, `_`, `~`, a backtick or the `|` of a link. A zero-width space is no cure: Slack takes it
  for a word boundary, and people use it to *start* bold text inside a Japanese sentence. So each is written as its
  look-alike (`∗`, `ˍ`, `∼`, `ˋ`, `∣`); an underscore inside a word starts nothing and stays.
* `@` is followed by a word joiner, and every text is sent `verbatim`: `@here` is five letters to Slack, as it looks.
* Control characters and bidi overrides are left out, line breaks become spaces, only plain http(s) addresses are links.

Lengths are counted in UTF-16 units, the larger of the ways Slack may count, after escaping.
https://docs.slack.dev/messaging/formatting-message-text
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from itertools import accumulate
from urllib.parse import quote, urlsplit

LOOKALIKES = {"*": "∗", "~": "∼", "`": "ˋ", "|": "∣", "@": "@\u2060", "&": "&amp;", "<": "&lt;", ">": "&gt;"}
JOINERS = "\u200c\u200d"
"""Invisible, but part of emoji and of Persian words."""


def clean(text: str) -> str:
    """Return one line of visible text: no control characters, bidi marks or lone surrogates, single spaces."""
    seen = text if text.isprintable() else "".join(_visible(text))
    return " ".join(seen.split()).strip(f"{JOINERS} ")


def escaped(text: str, limit: int) -> str:
    """Return text as mrkdwn that shows just these words, at most `limit` UTF-16 units, cut at a word with `…`."""
    told = re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", "ˍ", clean(text))
    return cut(re.sub(r"^>", "›", told), limit, LOOKALIKES)


def plain(text: str) -> str:
    """Return text for plain_text, where Slack's reading of escapes is not documented: there is nothing to escape."""
    return clean(text).replace("<", "‹").replace(">", "›")


def link(url: str) -> str:
    """Return the address as it may stand in a link, percent-encoded; empty when it is no plain http(s) address."""
    if clean(url) != url.strip():
        return ""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    # A user name, a backslash or letters beyond ASCII in the host show one site and lead to another.
    if parts.scheme not in {"http", "https"} or not re.fullmatch(r"[\w.:\[\]-]+", parts.netloc, re.ASCII):
        return ""
    return quote(f"{parts.scheme}{url.strip()[len(parts.scheme) :]}", safe=":/?#[]@!$&'()*+,;=%~")


def cut(text: str, limit: int, spelling: Mapping[str, str] | None = None) -> str:
    """Spell the text out; where that is too long, end at a word, or between characters where words are long."""
    table = str.maketrans(dict(spelling or {}))
    whole = text.translate(table)
    if units(whole) <= limit:
        return whole
    ends = list(accumulate(units(character.translate(table)) for character in text))
    end = bisect_right(ends, limit - 1)
    space = text.rfind(" ", 0, end + 1)
    if space > end // 2:
        end = space
    while end > 1 and _glued(text[end - 1], text[end]):
        end -= 1
    # An underscore that ends a line may start something; inside a word it does not.
    return text[:end].rstrip(" ,;:·_").translate(table) + "…"


def units(text: str) -> int:
    """Return the length of the text in UTF-16 units."""
    return len(text) if text.isascii() else len(text) + sum(character > "\uffff" for character in text)


def _visible(text: str) -> Iterator[str]:
    for character in text:
        category = unicodedata.category(character)
        if category == "Cc":
            yield " "
        elif category != "Cs" and (category != "Cf" or character in JOINERS):
            yield character


def _glued(before: str, after: str) -> bool:
    """Whether two characters are one to the eye: a letter and its accent, the parts of an emoji."""
    return before in JOINERS or unicodedata.category(after) in {"Mn", "Mc", "Me", "Cf", "Sk"}
