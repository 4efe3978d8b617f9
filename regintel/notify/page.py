"""A digest's entries as Slack shows them, dealt into messages that Slack takes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from regintel.notify.blocks import ADDRESS, LINE, TITLE, Block, feedback, section, weight
from regintel.notify.entry import MUST, deadline, happened, lines_of, title_of
from regintel.notify.group import ASKS, Group, groups
from regintel.notify.mrkdwn import clean, escaped, link
from regintel.records import Digest, DigestItem

BLOCKS = 34
"""Entries, buttons, headings and their rules in one message; with header, summary and footer it stays under 40."""
WEIGHT = 10_000
"""JSON characters of all blocks: past about 11,000 Slack says msg_blocks_too_long (slackapi/bolt-js 2509, 2867)."""
HEADING = 240
"""The weight of a heading and the rule above it."""


@dataclass(frozen=True)
class Entry:
    """One change, rendered for Slack."""

    group: Group
    change: int
    blocks: tuple[Block, ...]
    """What is told, and the buttons under it."""
    line: str
    """For the top-level text."""

    @property
    def weight(self) -> int:
        """Its share of a message, with room for a heading."""
        return HEADING + sum(map(weight, self.blocks))


def entries_of(
    digest: Digest, items: Sequence[DigestItem], names: Mapping[str, str], *, buttons: bool
) -> tuple[Entry, ...]:
    """Return the items as entries, in the order that they are read in."""
    return tuple(
        _entry(digest, group, item, names, buttons=buttons) for group, found in groups(items) for item in found
    )


def pages(entries: Sequence[Entry], room: int) -> list[list[Entry]]:
    """Deal the entries into messages; `room` is what the first has for them."""
    dealt: list[list[Entry]] = [[]]
    left = room
    for entry in entries:
        page = [*dealt[-1], entry]
        heavy = entry.weight
        blocks = sum(len(each.blocks) for each in page) + 2 * len({each.group for each in page})
        if blocks > BLOCKS or heavy > left:
            dealt.append([entry])
            left = WEIGHT - heavy
        else:
            dealt[-1] = page
            left -= heavy
    return dealt


def listed(page: Sequence[Entry], mark: str = "") -> Iterator[Block]:
    """Yield the blocks of a page, each group under its heading with what it asks of the reader."""
    for group, entries in groupby(page, key=lambda entry: entry.group):
        yield {"type": "divider"}
        yield section(f"*{group}*{mark} · {ASKS[group]}")
        for entry in entries:
            yield from entry.blocks


def _entry(digest: Digest, group: Group, item: DigestItem, names: Mapping[str, str], *, buttons: bool) -> Entry:
    title, address = escaped(title_of(item), TITLE), escape(link(item.url), quote=False)
    linked = f"<{address}|{title}>" if 0 < len(address) <= ADDRESS else title
    pressing = (MUST, *([deadline(item)] if group is Group.CLOSING else []))
    lines = [_stressed(escaped(line, LINE), pressing) for line in lines_of(item, names)]
    asked = feedback(digest.project, item.change, item.document) if buttons else None
    told = section("\n".join([f"*{linked}*", *lines]))
    return Entry(group, item.change, (told, *([asked] if asked else [])), _line(item))


def _stressed(line: str, pressing: Sequence[str]) -> str:
    """Return the line with its beginning in bold, where that is pressing."""
    head = next((each for each in pressing if line.startswith(each)), "")
    return f"*{head}*{line[len(head) :]}" if head else line


def _line(item: DigestItem) -> str:
    gist = f" · {clean(item.gist)}" if item.gist else ""
    return escaped(f"{item.agency.upper()}: {title_of(item)} ({happened(item)}){gist}", LINE)
