"""Slack's blocks, and how much goes into one."""

import json
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

from regintel.notify.mrkdwn import cut, units

Block = dict[str, object]

HEADER, TITLE, ADDRESS, LINE = 150, 350, 500, 260
"""Room for one header, title, address and line; an address, a title and eight lines fill one section of 3,000."""
ELEMENT = 1_900
SAID = {"useful": "Useful", "wrong_tag": "Wrong tag", "not_for_us": "Not for us"}
"""What a reader can say of an entry, by the name that is kept, as the buttons write it."""
VALUE = 600
"""Room for what a button sends back: Slack takes 2,000, but three of those would fill a message."""


def header(text: str) -> Block:
    """Return a headline of plain text."""
    return {"type": "header", "text": {"type": "plain_text", "text": cut(text, HEADER), "emoji": False}}


def section(text: str) -> Block:
    """Return a paragraph, already escaped."""
    return {"type": "section", "text": _mrkdwn(text)}


def context(texts: Iterable[str]) -> Block:
    """Return small print, already escaped."""
    return {"type": "context", "elements": [_mrkdwn(text) for text in texts]}


def feedback(project: str, change: int, document: str) -> Block | None:
    """Return the buttons under an entry; none where what they would send back does not fit.

    Each sends `{"p": project, "c": change, "d": document}` under the action id `feedback_<said>`.
    """
    value = json.dumps({"p": project, "c": change, "d": document}, separators=(",", ":"))
    if len(value) > VALUE:
        return None
    buttons = [_button(f"feedback_{said}", words, value) for said, words in SAID.items()]
    return {"type": "actions", "block_id": f"feedback:{change}", "elements": buttons}


def weight(block: Block) -> int:
    """Return the length of the block as JSON, in UTF-16 units."""
    return units(json.dumps(block, ensure_ascii=False))


def within(lines: Iterable[str], room: int) -> list[str]:
    """Return the lines that fit, then how many did not."""
    every = list(lines)
    ends = list(accumulate(units(line) + 1 for line in every))
    if not ends or ends[-1] <= room:
        return every
    kept = bisect_right(ends, room - len("… and 99,999 more") - 1)
    return [*every[:kept], f"… and {len(every) - kept:,} more"]


def packed(lines: Iterable[str]) -> list[str]:
    """Join lines into texts that fit an element or section."""
    texts: list[str] = []
    for line in lines:
        if texts and units(texts[-1]) + 1 + units(line) <= ELEMENT:
            texts[-1] += f"\n{line}"
        else:
            texts.append(line)
    return texts


def _button(action: str, words: str, value: str) -> Block:
    return {"type": "button", "action_id": action, "text": {"type": "plain_text", "text": words}, "value": value}


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}
