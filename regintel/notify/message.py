"""A digest or an alarm as Slack shows it, and a digest as a terminal shows it. Values in, values out.

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

import json
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from html import escape
from itertools import accumulate, groupby
from urllib.parse import quote, urlsplit

from regintel.clock import moment_of
from regintel.records import Digest, DigestItem, SourceHealth
from regintel.vocabulary import ChangeKind, SourceState, Stage

Block = dict[str, object]

HEADER, TITLE, ADDRESS, LINE = 150, 350, 500, 350
"""Room for one header, title, address and line; an address, a title and six lines fill one section of 3,000."""
TEXT = 3_900
"""Room for the top-level text: Slack splits what is longer than about 4,000."""
ELEMENT = 1_900
BLOCKS = 34
"""Entries and headings in one message; with header, summary and footer it stays under 40."""
WEIGHT = 10_000
"""JSON characters of all blocks: past about 11,000 Slack says msg_blocks_too_long (slackapi/bolt-js 2509, 2867)."""
HEADING = 200
FOOTER = 3_500

LOOKALIKES = {"*": "∗", "~": "∼", "`": "ˋ", "|": "∣", "@": "@\u2060", "&": "&amp;", "<": "&lt;", ">": "&gt;"}
JOINERS = "\u200c\u200d"
"""Invisible, but part of emoji and of Persian words."""
NOTHING = frozenset({"cross_none", "not_cmc"})
"""Labels that say that a document is about none."""

LANGUAGES = {"ja": "Japanese", "zh": "Chinese", "ko": "Korean", "de": "German", "fr": "French"}


@dataclass(frozen=True)
class Message:
    """What one call of chat.postMessage carries."""

    text: str
    """What notifications show and screen readers read; never empty."""
    blocks: tuple[Block, ...]


class Group(StrEnum):
    """What the reader may have to do, most pressing first."""

    CLOSING = "Comment windows closing"
    FINAL = "Became final"
    DRAFT = "New drafts"
    NEW = "New"
    STATUS = "Status changed"
    REVISED = "Revised"
    SILENT = "Edited without notice"
    WITHDRAWN = "Withdrawn"
    RESTORED = "Restored"


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
    entries = tuple(_entry(group, item, names or {}) for group, items in _groups(digest) for item in items)
    footer = _footer(digest)
    first, *others = _pages(entries, WEIGHT - 2 * HEADING - LINE - weight(footer))
    title = f"{_cut(_plain(digest.name), HEADER - 20)} · {_day(digest.day, year=True)}"
    summary = escaped(_summary(digest), LINE)
    more = f"\n{sum(map(len, others))} more in the thread." if others else ""
    parent = Message(
        _fallback(f"{escaped(title, HEADER)}\n{summary}", entries, _gaps(digest)),
        (_header(title), _section(summary + more), *_listed(first), footer),
    )
    head = f"{escaped(title, HEADER)}, continued"
    return (parent, *(Message(_fallback(head, page), tuple(_listed(page, " (continued)"))) for page in others))


def plain_text(digest: Digest, names: Mapping[str, str] | None = None) -> str:
    """Return the digest as people read it in a terminal: no markup, addresses on lines of their own."""
    lines = [f"{clean(digest.name)} · {_day(digest.day, year=True)}", _summary(digest)]
    for group, items in _groups(digest):
        lines += ["", f"{group} ({len(items)})"]
        for item in items:
            address = link(item.url)
            lines += ["", *(f"  {line}" for line in (_title(item), address, *_lines(item, names or {})) if line)]
    return "\n".join([*lines, "", "Sources", *(f"  {line}" for line in _coverage(digest))]) + "\n"


def alarm(title: str, lines: Sequence[str]) -> Message:
    """Return a message to the operations channel; lines beyond what one message holds are counted, not shown."""
    heading = _plain(title) or "Alarm"
    shown = _within((escaped(line, 2 * LINE) for line in lines if clean(line)), WEIGHT // 2)
    sections = tuple(_section(text) for text in _packed(shown))
    return Message("\n".join(_within([escaped(heading, LINE), *shown], TEXT)), (_header(heading), *sections))


def clean(text: str) -> str:
    """Return one line of visible text: no control characters, bidi marks or lone surrogates, single spaces."""
    return " ".join("".join(_visible(text)).split()).strip(f"{JOINERS} ")


def escaped(text: str, limit: int) -> str:
    """Return text as mrkdwn that shows just these words, at most `limit` UTF-16 units, cut at a word with `…`."""
    told = re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", "ˍ", clean(text))
    return _cut(re.sub(r"^>", "›", told), limit, LOOKALIKES)


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


def weight(block: Block) -> int:
    """Return the length of the block as JSON, in UTF-16 units."""
    return _units(json.dumps(block, ensure_ascii=False))


def _visible(text: str) -> Iterator[str]:
    for character in text:
        category = unicodedata.category(character)
        if category == "Cc":
            yield " "
        elif category != "Cs" and (category != "Cf" or character in JOINERS):
            yield character


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _cut(text: str, limit: int, spelling: Mapping[str, str] | None = None) -> str:
    """Spell the text out; where that is too long, end at a word, or between characters where words are long."""
    table = str.maketrans(dict(spelling or {}))
    ends = list(accumulate(_units(character.translate(table)) for character in text))
    if not ends or ends[-1] <= limit:
        return text.translate(table)
    end = bisect_right(ends, limit - 1)
    space = text.rfind(" ", 0, end + 1)
    if space > end // 2:
        end = space
    while end > 1 and _glued(text[end - 1], text[end]):
        end -= 1
    return text[:end].rstrip(" ,;:·").translate(table) + "…"


def _glued(before: str, after: str) -> bool:
    """Whether two characters are one to the eye: a letter and its accent, the parts of an emoji."""
    return before in JOINERS or unicodedata.category(after) in {"Mn", "Mc", "Me", "Cf", "Sk"}


def _plain(text: str) -> str:
    """Return text for plain_text, where Slack's reading of escapes is not documented: there is nothing to escape."""
    return clean(text).replace("<", "‹").replace(">", "›")


def _groups(digest: Digest) -> Iterator[tuple[Group, tuple[DigestItem, ...]]]:
    ranked = sorted(digest.items, key=lambda item: (not item.must_not_miss, -item.score, item.title, item.change))
    for group in Group:
        if items := tuple(item for item in ranked if _group(item) is group):
            yield group, items


def _group(item: DigestItem) -> Group:
    moved = item.kind is ChangeKind.STATUS_CHANGED
    if item.kind is ChangeKind.WITHDRAWN or (moved and item.stage == Stage.WITHDRAWN):
        return Group.WITHDRAWN
    if item.days_left is not None:
        return Group.CLOSING
    if moved:
        return Group.FINAL if item.stage == Stage.FINAL else Group.STATUS
    if item.kind is ChangeKind.NEW:
        return Group.DRAFT if item.stage == Stage.DRAFT else Group.NEW
    if item.kind is ChangeKind.RESTORED:
        return Group.RESTORED
    return Group.SILENT if item.silent else Group.REVISED


def _counted(group: Group, count: int) -> str:
    words = {
        Group.CLOSING: "comment window closing" if count == 1 else "comment windows closing",
        Group.DRAFT: "new draft" if count == 1 else "new drafts",
        Group.NEW: "new document" if count == 1 else "new documents",
        Group.STATUS: "changed status",
    }
    return f"{count} {words.get(group, group.lower())}"


def _summary(digest: Digest) -> str:
    enabled = [source for source in digest.sources if source.state is not SourceState.DISABLED]
    unread = sum(source.state is not SourceState.OK for source in enabled)
    gap = f"{unread} of {len(enabled)} sources {'was' if unread == 1 else 'were'} not read"
    if not digest.items:
        return f"Nothing new in what was read; {gap}." if unread else f"Nothing new. {_all_read(len(enabled))}"
    counts = [_counted(group, len(items)) for group, items in _groups(digest)]
    return " · ".join([*counts, gap] if unread else counts)


def _all_read(sources: int) -> str:
    return {0: "No source is watched.", 1: "The one source was read."}.get(sources, f"All {sources} sources were read.")


def _title(item: DigestItem) -> str:
    return clean(item.title) or "(no title)"


def _entry(group: Group, item: DigestItem, names: Mapping[str, str]) -> Entry:
    title, address = escaped(_title(item), TITLE), escape(link(item.url), quote=False)
    linked = f"<{address}|{title}>" if 0 < len(address) <= ADDRESS else title
    lines = [escaped(line, LINE) for line in _lines(item, names)]
    told = f"{item.agency.upper()}: {_title(item)} ({_happened(item)})"
    return Entry(group, _section("\n".join([f"*{linked}*", *lines])), escaped(told, LINE))


def _lines(item: DigestItem, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return what is told under the title, at most seven lines, each beginning with our words or the agency's name."""
    note, reason = clean(item.change_note or ""), clean(item.reason)
    lines = (
        " · ".join(_facts(item)),
        _deadline(item),
        _why(item),
        f"The agency's reason: “{reason}”" if reason else "",
        f"The agency's note: “{note}”" if note else "",
        _changed(item),
        _about(item, names),
    )
    return tuple(line for line in lines if line)


def _about(item: DigestItem, names: Mapping[str, str]) -> str:
    """Return the labels that the reasons do not name already; that it is about nothing in particular is no news."""
    told = clean("; ".join(item.reasons))
    labels = [clean(names.get(each.id) or each.id.replace("_", " ")) for each in (*item.modalities, *item.topics)
              if each.id not in NOTHING]  # fmt: skip
    untold = [label for label in labels if label not in told]
    return f"About: {'; '.join(labels)}" if untold else ""


def _facts(item: DigestItem) -> Iterator[str]:
    agency, issuer = clean(item.agency).upper(), clean(item.issuer).upper()
    yield f"{agency} ({issuer})" if issuer and issuer != agency else agency or "?"
    yield _happened(item)
    if item.published:
        yield f"published {_date(item.published)}"
    if item.updated and item.kind is not ChangeKind.NEW and item.updated > (item.published or ""):
        yield f"updated {_date(item.updated)}"
    language = clean(item.language).split("-")[0]
    if language not in {"en", ""}:
        yield f"in {LANGUAGES.get(language, language)}"


def _happened(item: DigestItem) -> str:
    was, status = _word(item.was or ""), _word(item.status)
    if item.kind is ChangeKind.STATUS_CHANGED:
        return f"{was} → {status}" if was else f"Now {status}"
    if item.kind is ChangeKind.WITHDRAWN:
        return f"{was} → Withdrawn" if was and was != "Withdrawn" else "Withdrawn"
    words = {
        ChangeKind.NEW: f"New · {status}" if status else "New",
        ChangeKind.DEADLINE_CHANGED: "Comment deadline moved",
        ChangeKind.RESTORED: "Restored",
    }
    return words.get(item.kind, "Edited without notice" if item.silent else "Revised")


def _word(status: str) -> str:
    text = clean(status).replace("_", " ")
    return text[:1].upper() + text[1:]


def _deadline(item: DigestItem) -> str:
    if not item.comment_closes or (item.days_left is None and item.kind is not ChangeKind.DEADLINE_CHANGED):
        return ""
    left = {None: "", 0: " · today is the last day", 1: " · 1 day left"}
    return f"Comments close {_day(item.comment_closes, year=True)}" + left.get(
        item.days_left, f" · {item.days_left} days left"
    )


def _why(item: DigestItem) -> str:
    label = "Must not be missed" if item.must_not_miss else "Why it matters"
    reasons = clean("; ".join(item.reasons))
    if reasons:
        return f"{label}: {reasons}"
    return f"{label}." if item.must_not_miss else ""


def _changed(item: DigestItem) -> str:
    """Return what differs; that its status moved stands in the line above."""
    if item.kind is ChangeKind.NEW:
        return ""
    told = clean("; ".join(each for each in item.differences if not each.startswith("status ")))
    head = "What we saw" if item.kind is ChangeKind.WITHDRAWN else "What changed"
    return f"{head}: {told}" if told else ""


def _date(text: str) -> str:
    """Return `2026-11-03` as `3 Nov 2026`, `2026-11` as `Nov 2026`, and anything else as it is."""
    try:
        day = date.fromisoformat(f"{text}-01" if len(text) == len("2026-11") else text[:10])
    except ValueError:
        return clean(text)
    return f"{day:%b %Y}" if len(text) == len("2026-11") else f"{day.day} {day:%b %Y}"


def _day(text: str, *, year: bool) -> str:
    """Return `2026-11-03`, with or without a time, as `Tue 3 Nov 2026`; anything else as it is."""
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return clean(text)
    return f"{day:%a} {day.day} {day:%b}" + (f" {day.year}" if year else "")


def _coverage(digest: Digest) -> tuple[str, ...]:
    """Return what could not be read, then what was, what is switched off, and how much the index holds."""
    year = digest.day[:4]
    read = (_read(source, year) for source in digest.sources if source.state is SourceState.OK)
    off = (f"{_name(source)} is switched off" for source in digest.sources if source.state is SourceState.DISABLED)
    return (*_gaps(digest), *read, *off, f"The index holds {digest.documents:,} documents.")


def _gaps(digest: Digest) -> tuple[str, ...]:
    unread = (source for source in digest.sources if source.state not in {SourceState.OK, SourceState.DISABLED})
    return tuple(_unread(source, digest.day[:4]) for source in unread)


def _read(source: SourceHealth, year: str) -> str:
    count = f", {source.last_items:,} documents" if source.last_items is not None else ""
    problems = f", {source.open_problems:,} not understood" if source.open_problems else ""
    return f"{_name(source)}: read{_moment(source.last_success, year)}{count}{problems}"


def _unread(source: SourceHealth, year: str) -> str:
    if source.state is SourceState.NEVER_RUN:
        return f"{_name(source)} has not been read yet"
    since = source.failing_since or source.last_run or ""
    why = "blocked" if source.state is SourceState.BLOCKED else _reason(source)
    told = f" since {_day(since, year=not since.startswith(year))}" if since else ""
    last = f"last read{_moment(source.last_success, year)}" if source.last_success else "never read before"
    return f"{_name(source)} could not be read{told} ({why}); {last}"


def _reason(source: SourceHealth) -> str:
    """Return what went wrong, without the source's id that error messages begin with."""
    return _cut(clean(source.reason).removeprefix(f"{source.source}: "), 120) or "failed"


def _name(source: SourceHealth) -> str:
    return clean(source.title) or clean(source.source)


def _moment(text: str | None, year: str) -> str:
    return f" {_day(text, year=not text.startswith(year))} {moment_of(text):%H:%M} UTC" if text else ""


def _footer(digest: Digest) -> Block:
    lines = _within((escaped(line, LINE) for line in _coverage(digest)), FOOTER)
    return {"type": "context", "elements": [_mrkdwn(text) for text in _packed(lines)]}


def _header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": _cut(text, HEADER), "emoji": False}}


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


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
        yield _section(f"*{group}*{mark}")
        yield from (entry.block for entry in entries)


def _fallback(head: str, entries: Sequence[Entry], gaps: Sequence[str] = ()) -> str:
    lines = (*(entry.line for entry in entries), *(escaped(gap, LINE) for gap in gaps))
    return "\n".join(_within([head, *lines], TEXT))


def _within(lines: Iterable[str], room: int) -> list[str]:
    """Return the lines that fit, then how many did not."""
    every = list(lines)
    ends = list(accumulate(_units(line) + 1 for line in every))
    if not ends or ends[-1] <= room:
        return every
    kept = bisect_right(ends, room - len("… and 99,999 more") - 1)
    return [*every[:kept], f"… and {len(every) - kept:,} more"]


def _packed(lines: Iterable[str]) -> list[str]:
    """Join lines into texts that fit an element or section."""
    texts: list[str] = []
    for line in lines:
        if texts and _units(texts[-1]) + 1 + _units(line) <= ELEMENT:
            texts[-1] += f"\n{line}"
        else:
            texts.append(line)
    return texts
