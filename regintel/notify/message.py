"""A digest or an alarm as Slack shows it, and a digest as a terminal shows it. Values in, values out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from regintel.notify.blocks import (
    ADDRESS,
    HEADER,
    LINE,
    TITLE,
    Block,
    context,
    header,
    packed,
    section,
    weight,
    within,
)
from regintel.notify.coverage import coverage, gaps
from regintel.notify.dates import day_words
from regintel.notify.entry import happened, lines_of, title_of
from regintel.notify.group import Group, counted, groups
from regintel.notify.mrkdwn import clean, cut, escaped, link, plain
from regintel.records import Digest, DigestItem
from regintel.vocabulary import SourceState

TEXT = 3_900
"""Room for the top-level text: Slack splits what is longer than about 4,000."""
BLOCKS = 34
"""Entries and headings in one message; with header, summary and footer it stays under 40."""
WEIGHT = 10_000
"""JSON characters of all blocks: past about 11,000 Slack says msg_blocks_too_long (slackapi/bolt-js 2509, 2867)."""
HEADING = 200
FOOTER = 3_500


@dataclass(frozen=True)
class Message:
    """What one call of chat.postMessage carries."""

    text: str
    """What notifications show and screen readers read; never empty."""
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Entry:
    """One change, rendered for Slack."""

    group: Group
    block: Block
    line: str
    """For the top-level text."""

    @property
    def weight(self) -> int:
        """Its share of a message, with room for a heading."""
        return HEADING + weight(self.block)


def messages(digest: Digest, names: Mapping[str, str] | None = None) -> tuple[Message, ...]:
    """Return the digest for Slack: the first message is the parent, the others go into its thread.

    :param names: label ids → what people call them; an id that is not in it is shown with spaces for underscores.
    """
    entries = tuple(_entry(group, item, names or {}) for group, items in groups(digest) for item in items)
    footer = _footer(digest)
    first, *others = _pages(entries, WEIGHT - 2 * HEADING - LINE - weight(footer))
    title = f"{cut(plain(digest.name), HEADER - 20)} · {day_words(digest.day, year=True)}"
    summary = escaped(_summary(digest), LINE)
    more = f"\n{sum(map(len, others))} more in the thread." if others else ""
    parent = Message(
        _fallback(f"{escaped(title, HEADER)}\n{summary}", entries, gaps(digest)),
        (header(title), section(summary + more), *_listed(first), footer),
    )
    head = f"{escaped(title, HEADER)}, continued"
    return (parent, *(Message(_fallback(head, page), tuple(_listed(page, " (continued)"))) for page in others))


def plain_text(digest: Digest, names: Mapping[str, str] | None = None) -> str:
    """Return the digest as people read it in a terminal: no markup, addresses on lines of their own."""
    lines = [f"{clean(digest.name)} · {day_words(digest.day, year=True)}", _summary(digest)]
    for group, items in groups(digest):
        lines += ["", f"{group} ({len(items)})"]
        for item in items:
            address = link(item.url)
            lines += ["", *(f"  {line}" for line in (title_of(item), address, *lines_of(item, names or {})) if line)]
    return "\n".join([*lines, "", "Sources", *(f"  {line}" for line in coverage(digest))]) + "\n"


def alarm(title: str, lines: Sequence[str]) -> Message:
    """Return a message to the operations channel; lines beyond what one message holds are counted, not shown."""
    heading = plain(title) or "Alarm"
    shown = within((escaped(line, 2 * LINE) for line in lines if clean(line)), WEIGHT // 2)
    sections = tuple(section(text) for text in packed(shown))
    return Message("\n".join(within([escaped(heading, LINE), *shown], TEXT)), (header(heading), *sections))


def _entry(group: Group, item: DigestItem, names: Mapping[str, str]) -> Entry:
    title, address = escaped(title_of(item), TITLE), escape(link(item.url), quote=False)
    linked = f"<{address}|{title}>" if 0 < len(address) <= ADDRESS else title
    lines = [escaped(line, LINE) for line in lines_of(item, names)]
    told = f"{item.agency.upper()}: {title_of(item)} ({happened(item)})"
    return Entry(group, section("\n".join([f"*{linked}*", *lines])), escaped(told, LINE))


def _summary(digest: Digest) -> str:
    enabled = [source for source in digest.sources if source.state is not SourceState.DISABLED]
    unread = sum(source.state is not SourceState.OK for source in enabled)
    gap = f"{unread} of {len(enabled)} sources {'was' if unread == 1 else 'were'} not read"
    if not digest.items:
        return f"Nothing new in what was read; {gap}." if unread else f"Nothing new. {_all_read(len(enabled))}"
    counts = [counted(group, len(items)) for group, items in groups(digest)]
    return " · ".join([*counts, gap] if unread else counts)


def _all_read(sources: int) -> str:
    words = {0: "No source is watched.", 1: "The one source was read.", 2: "Both sources were read."}
    return words.get(sources, f"All {sources} sources were read.")


def _footer(digest: Digest) -> Block:
    lines = within((escaped(line, LINE) for line in coverage(digest)), FOOTER)
    return context(packed(lines))


def _pages(entries: Sequence[Entry], room: int) -> list[list[Entry]]:
    """Deal the entries into messages; `room` is what the first has for them."""
    pages: list[list[Entry]] = [[]]
    for entry in entries:
        page = [*pages[-1], entry]
        blocks = len(page) + len({entry.group for entry in page})
        if blocks > BLOCKS or sum(entry.weight for entry in page) > room:
            pages.append([entry])
            room = WEIGHT
        else:
            pages[-1] = page
    return pages


def _listed(page: Sequence[Entry], mark: str = "") -> Iterator[Block]:
    for group, entries in groupby(page, key=lambda entry: entry.group):
        yield section(f"*{group}*{mark}")
        yield from (entry.block for entry in entries)


def _fallback(head: str, entries: Sequence[Entry], unread: Sequence[str] = ()) -> str:
    lines = (*(entry.line for entry in entries), *(escaped(gap, LINE) for gap in unread))
    return "\n".join(within([head, *lines], TEXT))
