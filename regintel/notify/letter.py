"""A message's blocks as a letter: plain text, and HTML for who shows it. Pure.

What Slack's mrkdwn says by signs is said by tags, and what was written so that Slack takes it for a letter becomes that
letter again. A letter is not cut: services that take less are sent it in parts.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape

LINK = re.compile(r"<(https?://[^|>\s]+)(?:\|([^>]*))?>")
BOLD = re.compile(r"(?<!\w)\*([^*\n]+)\*(?!\w)")
WORD_JOINER = "\u2060"
"""Stands behind `@` for Slack's sake."""


@dataclass(frozen=True)
class Letter:
    """A message for who has no Slack."""

    title: str
    text: str
    html: str


def letter(text: str, blocks: Sequence[Mapping[str, object]], outbox_id: str) -> Letter:
    """Return a message as a letter.

    :param text: the message's text, which stands for blocks that it does not have.
    :param outbox_id: told at its end, so that a person can say whether a message arrived that nobody can be asked for.
    """
    parts = [part for block in blocks for part in _parts(block)] or [Part(text)]
    foot = f"regintel, message {outbox_id}"
    title = next((part.words for part in parts if part.heading), text.splitlines()[0] if text else "regintel")
    return Letter(
        title=_plain(title),
        text="\n\n".join(_plain(part.words) for part in parts) + f"\n\n-- \n{foot}\n",
        html="".join(part.html for part in parts) + f"<hr><p><small>{foot}</small></p>",
    )


@dataclass(frozen=True)
class Part:
    """A paragraph, in mrkdwn or, of a heading, as it is."""

    words: str
    heading: bool = False
    small: bool = False

    @property
    def html(self) -> str:
        """The paragraph in HTML."""
        if self.heading:
            return f"<h2>{escape(_plain(self.words))}</h2>"
        lines = "<br>".join(_html(line) for line in self.words.split("\n"))
        return f"<p><small>{lines}</small></p>" if self.small else f"<p>{lines}</p>"


def _parts(block: Mapping[str, object]) -> Iterator[Part]:
    """Yield what a block says; buttons say nothing where nobody can press them."""
    if block.get("type") == "context":
        elements = block.get("elements")
        told = [_words(each) for each in elements] if isinstance(elements, list) else []
        yield Part("\n".join(told), small=True)
    elif block.get("type") in {"header", "section"}:
        fields = block.get("fields")
        every = [block.get("text"), *(fields if isinstance(fields, list) else [])]
        for each in every:
            if _words(each):
                yield Part(_words(each), heading=block["type"] == "header")


def _words(element: object) -> str:
    return str(element.get("text") or "") if isinstance(element, Mapping) else ""


def _html(line: str) -> str:
    """Return a line of mrkdwn in HTML: links and bold words are ours, all else is words."""
    made, at = "", 0
    for found in LINK.finditer(line):
        made += _bold(line[at : found.start()])
        address, words = unescape(found[1]), unescape(found[2] or found[1])
        made += f'<a href="{escape(address)}">{escape(words.replace(WORD_JOINER, ""))}</a>'
        at = found.end()
    made += _bold(line[at:])
    # A bold link has its asterisks outside of it.
    return re.sub(r"\*(<a [^>]*>[^<]*</a>)\*", r"<b>\1</b>", made)


def _bold(words: str) -> str:
    told = escape(unescape(words).replace(WORD_JOINER, ""), quote=False)
    return BOLD.sub(r"<b>\1</b>", told)


def _plain(words: str) -> str:
    """Return mrkdwn as people write it: a link is its words and, on a line of its own, its address."""
    lines = []
    for line in words.split("\n"):
        shown = LINK.sub(lambda found: found[2] or found[1], line)
        lines.append(unescape(re.sub(r"(?<!\w)\*([^*\n]+)\*(?!\w)", r"\1", shown)).replace(WORD_JOINER, ""))
        lines += [unescape(found[1]) for found in LINK.finditer(line) if found[2]]
    return "\n".join(lines)
