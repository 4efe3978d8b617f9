"""What a project and the operators are told, as Slack shows it, and a digest as a terminal shows it. All pure.

A digest is one message with a thread for what does not fit. An alert is a message for each document; many at once are a
burst: one message that names them, and one each in its thread. A follow-up is told in the thread of its document.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from regintel.notify.blocks import HEADER, LINE, Block, context, header, packed, section, weight, within
from regintel.notify.coverage import coverage, gaps
from regintel.notify.dates import day_words
from regintel.notify.entry import days_words, lines_of, title_of
from regintel.notify.group import ALONE, ASKS, Group, counted, groups
from regintel.notify.mrkdwn import clean, cut, escaped, link, plain
from regintel.notify.page import HEADING, WEIGHT, Entry, entries_of, listed, pages
from regintel.records import Digest, DigestItem
from regintel.vocabulary import SourceState

TEXT = 3_900
"""Room for the top-level text: Slack splits what is longer than about 4,000."""
SUMMARY = 600
SMALL = 400
"""Room for one line of small print."""
FOOTER = 3_500
BURST = 5
"""More alerts than this at once are one message with a thread."""


@dataclass(frozen=True)
class Message:
    """What one call of chat.postMessage carries."""

    text: str
    """What notifications show and screen readers read; never empty."""
    blocks: tuple[Block, ...]
    changes: tuple[int, ...] = ()
    """The ids of the changes that are told in it. A continuation bears its own; the parent of a burst, which only names
    what its thread tells, bears none."""


def messages(digest: Digest, names: Mapping[str, str] | None = None, *, buttons: bool = False) -> tuple[Message, ...]:
    """Return the digest for Slack: the first message is the parent, the others go into its thread.

    :param names: label ids → what people call them; an id that is not in it is shown with spaces for underscores.
    :param buttons: whether each entry asks whether it was useful; somebody has to listen.
    """
    entries = entries_of(digest, digest.items, names or {}, buttons=buttons)
    footer = _footer(digest)
    first, *others = pages(entries, WEIGHT - 2 * HEADING - SUMMARY - weight(footer))
    title = f"{_name(digest, HEADER - 20)} · {day_words(digest.day, year=True)}"
    summary = "\n".join(escaped(line, SUMMARY) for line in _summary(digest))
    more = f"\n{sum(map(len, others))} more in the thread." if others else ""
    parent = Message(
        _fallback(f"{escaped(title, HEADER)}\n{summary}", entries, gaps(digest)),
        (header(title), section(summary + more), *listed(first), footer),
        _changes(first),
    )
    head = f"{escaped(title, HEADER)}, continued"
    return (
        parent,
        *(Message(_fallback(head, page), tuple(listed(page, " (continued)")), _changes(page)) for page in others),
    )


def alerts(digest: Digest, names: Mapping[str, str] | None = None, *, buttons: bool = False) -> tuple[Message, ...]:
    """Return a message for each item; of more than five, the first names them all and the others go into its thread."""
    entries = entries_of(digest, digest.items, names or {}, buttons=buttons)
    singles = tuple(_alert(digest, entry) for entry in entries)
    return singles if len(singles) <= BURST else (_burst(digest, entries), *singles)


def follow_up(
    digest: Digest, item: DigestItem, names: Mapping[str, str] | None = None, *, buttons: bool = False
) -> Message:
    """Return a later stage of a document for that document's thread."""
    (entry,) = entries_of(digest, [item], names or {}, buttons=buttons)
    told = f"A later step of this document · {_name(digest, LINE)}, {day_words(digest.day, year=True)}"
    return Message(entry.line, (*entry.blocks, context([escaped(told, SMALL)])), (entry.change,))


def alarm(title: str, lines: Sequence[str]) -> Message:
    """Return a message to the operations channel; lines beyond what one message holds are counted, not shown."""
    heading = plain(title) or "Alarm"
    shown = within((escaped(line, 2 * LINE) for line in lines if clean(line)), WEIGHT // 2)
    sections = tuple(section(text) for text in packed(shown))
    return Message("\n".join(within([escaped(heading, LINE), *shown], TEXT)), (header(heading), *sections))


def plain_text(digest: Digest, names: Mapping[str, str] | None = None) -> str:
    """Return the digest as people read it in a terminal: no markup, addresses on lines of their own."""
    lines = [f"{clean(digest.name)} · {day_words(digest.day, year=True)}", *_summary(digest)]
    for group, items in groups(digest.items):
        lines += ["", f"{group} ({len(items)}) · {ASKS[group]}"]
        for item in items:
            address = link(item.url)
            lines += ["", *(f"  {line}" for line in (title_of(item), address, *lines_of(item, names or {})) if line)]
    return "\n".join([*lines, "", "Sources", *(f"  {line}" for line in coverage(digest))]) + "\n"


def _alert(digest: Digest, entry: Entry) -> Message:
    why = f"Told at once to {_name(digest, LINE)}, as its profile asks; no digest tells it again."
    return Message(
        f"{entry.line}\n{escaped(why, SMALL)}",
        (header(ALONE.get(entry.group, entry.group)), *entry.blocks, context([escaped(why, SMALL)])),
        (entry.change,),
    )


def _burst(digest: Digest, entries: Sequence[Entry]) -> Message:
    title = f"{len(entries):,} alerts · {_name(digest, HEADER - 20)}"
    summary = escaped(" · ".join(_counts(digest)), SUMMARY)
    named = packed(within((f"• {entry.line}" for entry in entries), WEIGHT // 2))
    told = "Each has its message in the thread."
    return Message(
        _fallback(f"{escaped(title, HEADER)}\n{summary}", entries),
        (header(title), section(summary), *map(section, named), context([told])),
    )


def _summary(digest: Digest) -> list[str]:
    """Return what there is, in one line, and, where there is something, what was not read in another."""
    enabled = [source for source in digest.sources if source.state is not SourceState.DISABLED]
    unread = sum(source.state is not SourceState.OK for source in enabled)
    gap = f"{unread} of {len(enabled)} sources {'was' if unread == 1 else 'were'} not read"
    if not digest.items:
        return [f"Nothing new in what was read; {gap}." if unread else f"Nothing new. {_all_read(len(enabled))}"]
    return [" · ".join(_counts(digest)), *([f"{gap}: see below."] if unread else [])]


def _counts(digest: Digest) -> list[str]:
    """Return what must not be missed, then how many of each group; of closing windows, when the first one closes."""
    must = sum(item.must_not_miss for item in digest.items)
    counts = [f"{must:,} must not be missed"] if must else []
    for group, items in groups(digest.items):
        many = ", the first" if len(items) > 1 else ""
        left = f"{many}: {days_words(items[0].days_left or 0)}" if group is Group.CLOSING else ""
        counts.append(f"{counted(group, len(items))}{left}")
    return counts


def _all_read(sources: int) -> str:
    words = {0: "No source is watched.", 1: "The one source was read.", 2: "Both sources were read."}
    return words.get(sources, f"All {sources} sources were read.")


def _name(digest: Digest, room: int) -> str:
    return cut(plain(digest.name), room) or digest.project


def _footer(digest: Digest) -> Block:
    return context(packed(within((escaped(line, SMALL) for line in coverage(digest)), FOOTER)))


def _changes(page: Sequence[Entry]) -> tuple[int, ...]:
    return tuple(entry.change for entry in page)


def _fallback(head: str, entries: Sequence[Entry], unread: Sequence[str] = ()) -> str:
    lines = (*(entry.line for entry in entries), *(escaped(gap, SMALL) for gap in unread))
    return "\n".join(within([head, *lines], TEXT))
