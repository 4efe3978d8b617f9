"""What a search found, as Slack shows it. Values in, values out."""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import accumulate

from regintel.notify.blocks import ADDRESS, Block, context, packed, section, weight, within
from regintel.notify.dates import date_words
from regintel.notify.mrkdwn import LOOKALIKES, clean, cut, escaped, link
from regintel.records import Found, Hit
from regintel.slack_app.reply import Reply
from regintel.text.snippets import MARK

SHOWN = 5
"""Documents in one answer."""
SHARE = "search_share"
"""The action of the button that shows an answer to the channel."""
TITLE, LINE, SNIPPET, GAPS = 300, 300, 400, 900
"""Room for a title, a line, a snippet, and twice for what is in small print."""
ROOM = 6_500
"""JSON characters of all hits; with the rest it stays under the 11,000 past which Slack refuses a message."""
MARKED = re.compile(rf"(?<!\S){LOOKALIKES['*'] * 2}([^∗\n]+){LOOKALIKES['*'] * 2}(?=[\s.,;:!?)]|$)")


@dataclass(frozen=True)
class Scope:
    """What was looked through."""

    documents: int
    """How many the index holds."""
    gaps: tuple[str, ...] = ()
    """What could not be read lately, a line each: what is missing from the answer may stand there."""
    gists: Mapping[str, str] = field(default_factory=dict)
    """What Japanese and Chinese titles are about, by glossary, by the document's id."""


def found_reply(found: Found, scope: Scope, shown_by: str = "") -> Reply:
    """Return the answer to a search.

    :param shown_by: who shows it to the channel; empty when only the asker sees it.
    """
    hits = _fitting(found.hits[:SHOWN], scope)
    head = _head(found, scope, len(hits))
    notes = within((f"How it was read: {escaped(note, LINE)}" for note in found.notes), GAPS)
    small = [*notes, *_unread(scope.gaps), *([f"Shown by <@{shown_by}>"] if shown_by else [])]
    blocks: list[Block] = [section(head), *(section(_hit(hit, scope)) for hit in hits)]
    if small:
        blocks.append(context(packed(small)))
    if hits and not shown_by:
        blocks.append(_share(found.query))
    lines = [f"{_facts(hit)}: {escaped(_title(hit), TITLE)}" for hit in hits]
    return Reply("\n".join([head, *lines, *small]), tuple(blocks), in_channel=bool(shown_by))


def _fitting(hits: Sequence[Hit], scope: Scope) -> Sequence[Hit]:
    """Return the first hits that have room in one message: all of them, but for texts of nothing but signs."""
    ends = list(accumulate(weight(section(_hit(hit, scope))) for hit in hits))
    return hits[: bisect_right(ends, ROOM)]


def _head(found: Found, scope: Scope, shown: int) -> str:
    query = escaped(found.query, LINE)
    if not scope.documents:
        return "The index is empty: no source was read yet, so nothing can be found."
    if not shown:
        return f"Nothing for “{query}” among the {scope.documents:,} documents of the index."
    if found.worded is None:
        return f"{found.total:,} of {scope.documents:,} documents answer “{query}”:"
    if not found.worded:  # by meaning alone, something is always near
        return (
            f"None of the {scope.documents:,} documents holds a word of “{query}”. "
            "The nearest in meaning, which may be beside the point:"
        )
    hold = "holds" if found.worded == 1 else "hold"
    return f"{found.worded:,} of {scope.documents:,} documents {hold} words of “{query}”. By words and meaning:"


def _hit(hit: Hit, scope: Scope) -> str:
    gist = clean(scope.gists.get(hit.document.id, ""))
    title, address = escaped(_title(hit), TITLE), escape(link(hit.document.current.url), quote=False)
    linked = f"<{address}|{title}>" if 0 < len(address) <= ADDRESS else title
    told = (f"*{linked}*", _facts(hit), escaped(f"Gist by glossary: {gist}", LINE) if gist else "", _snippet(hit))
    return "\n".join(line for line in told if line)


def _title(hit: Hit) -> str:
    return clean(hit.document.current.title) or "(no title)"


def _facts(hit: Hit) -> str:
    """Return agency, status, date and place, escaped."""
    now = hit.document.current
    agency, issuer = clean(hit.document.agency).upper(), clean(hit.document.issuer).upper()
    status = clean(now.status).replace("_", " ")
    day = now.updated or now.published
    facts = (
        f"{agency} ({issuer})" if issuer and issuer != agency else agency,
        status[:1].upper() + status[1:],
        clean(now.reference or ""),
        f"{'updated' if now.updated else 'published'} {date_words(day)}" if day else "",
        f"p. {hit.page}" if hit.page else "",
        f"section “{clean(hit.section)}”" if hit.section else "",
    )
    return escaped(" · ".join(fact for fact in facts if fact), LINE)


def _snippet(hit: Hit) -> str:
    """Return the passage, the words that were looked for in bold where Slack can show that."""
    if clean(hit.snippet.replace(MARK, "")) == clean(hit.document.current.title):
        return ""
    told = escaped(hit.snippet, SNIPPET)
    return MARKED.sub(r"*\1*", told).replace(LOOKALIKES["*"] * len(MARK), "")


def _unread(gaps: Sequence[str]) -> list[str]:
    if not gaps:
        return []
    lines = within((f"• {escaped(gap, LINE)}" for gap in gaps), GAPS)
    return ["Not all sources could be read, so newer documents may be missing here:", *lines]


def _share(query: str) -> Block:
    button = {
        "type": "button",
        "action_id": SHARE,
        "text": {"type": "plain_text", "text": "Show to the channel", "emoji": False},
        "value": cut(query, 1_000),
    }
    return {"type": "actions", "block_id": SHARE, "elements": [button]}
