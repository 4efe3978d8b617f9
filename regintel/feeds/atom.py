"""Changes as an Atom feed (RFC 4287), for all documents and for one project.

Ids are tag URIs of document and change: the same wherever the feed is served. A feed holds the newest entries only, and
says how many; what could not be read stands in its subtitle. Words from outside are escaped twice: as the HTML that a
reader shows, and as the XML that carries it.
"""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from urllib.parse import quote

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator

from regintel import __version__
from regintel.clock import moment_of
from regintel.feeds.words import line, web_address
from regintel.notify.dates import date_words, day_words
from regintel.notify.entry import NOTHING, happened, title_of
from regintel.records import DigestItem
from regintel.vocabulary import ChangeKind, Stage

ENTRIES = 200
"""How many a feed holds, newest first; a reader that asks once a day then misses none on any day yet seen."""
NEVER = "1970-01-01T00:00:00Z"
"""When a feed without entries was last updated: the same bytes whenever it is asked for."""
TAG = "tag:regintel,2025"


def changes_feed(
    items: Sequence[DigestItem], names: Mapping[str, str], *, coverage: str = "", address: str = ""
) -> bytes:
    """Return every agency's changes as an Atom feed.

    :param items: what changed; the newest ENTRIES of it are told.
    :param names: labels' ids as people write them.
    :param coverage: what was read and what was not, in a sentence.
    :param address: where the feed itself is served, if that is known.
    """
    return _feed(items, names, "changes", "Changes in regulatory guidance", coverage, address)


def project_feed(
    project: str,
    name: str,
    items: Sequence[DigestItem],
    names: Mapping[str, str],
    *,
    coverage: str = "",
    address: str = "",
) -> bytes:
    """Return what matters to a project, and why, as an Atom feed.

    :param project: the project's id.
    :param name: as people call it.
    :param items: its relevant changes; the newest ENTRIES of them are told.
    """
    return _feed(items, names, f"projects/{quote(project)}", line(name) or project, coverage, address)


def _feed(
    items: Sequence[DigestItem],
    names: Mapping[str, str],
    path: str,
    title: str,
    coverage: str,
    address: str,
) -> bytes:
    newest = sorted(items, key=lambda item: (item.at, item.change), reverse=True)[:ENTRIES]
    feed = FeedGenerator()
    feed.id(f"{TAG}:{path}")
    feed.title(title)
    feed.subtitle(f"The newest {ENTRIES} changes; what is older is in the index. {line(coverage)}".strip())
    feed.updated(moment_of(newest[0].at if newest else NEVER))
    feed.author({"name": "regintel"})
    feed.generator("regintel", version=__version__)
    feed.language("en")
    if web_address(address):
        feed.link(href=web_address(address), rel="self", type="application/atom+xml")
    for item in newest:
        feed.add_entry(_entry(item, names, path), order="append")
    return bytes(feed.atom_str(pretty=True))


def _entry(item: DigestItem, names: Mapping[str, str], path: str) -> FeedEntry:
    entry = FeedEntry()
    entry.id(f"{TAG}:{path}/{quote(item.document, safe='')}/{item.change}")
    entry.title(f"{line(item.agency).upper()}: {line(title_of(item))} ({line(happened(item))})")
    entry.updated(moment_of(item.at))
    entry.published(moment_of(item.at))
    entry.author({"name": line(item.agency).upper() or "unknown"})
    address = web_address(item.url)
    if address:
        entry.link(href=address, rel="alternate")
    for term, label in (*_kinds(item), *_labels(item, names)):
        if line(term):
            entry.category({"term": line(term), "label": line(label)})
    entry.content(_html(item, names, address), type="html")
    return entry


def _html(item: DigestItem, names: Mapping[str, str], address: str) -> str:
    title = escape(line(title_of(item)))
    linked = f'<a href="{escape(address)}">{title}</a>' if address else title
    return f"<p>{linked}</p><ul>{''.join(f'<li>{escape(each)}</li>' for each in _lines(item, names))}</ul>"


def _lines(item: DigestItem, names: Mapping[str, str]) -> Iterator[str]:
    """Yield what is told of a change; no days left, for a feed is read when it is read."""
    reasons = "; ".join(item.reasons)
    told = {
        "": f"{item.agency.upper()} · {happened(item)}",
        "Gist by glossary": item.gist,
        "Published": date_words(item.published) if item.published else "",
        "Comments close": _closes(item),
        "Must not be missed" if item.must_not_miss else "Why it matters": reasons,
        "The agency's reason": item.reason,
        "The agency's note": item.change_note or "",
        "What changed": "" if item.kind is ChangeKind.NEW else "; ".join(item.differences),
        "About": "; ".join(label for _, label in _labels(item, names)),
    }
    for head, text in told.items():
        if line(text):
            yield f"{head}: {line(text)}" if head else line(text)


def _closes(item: DigestItem) -> str:
    moved = item.kind is ChangeKind.DEADLINE_CHANGED
    return day_words(item.comment_closes, year=True) if item.comment_closes and (moved or _open(item)) else ""


def _open(item: DigestItem) -> bool:
    """Return whether comments could be sent when it was seen."""
    return item.stage == Stage.DRAFT and (item.comment_closes or "") >= item.at[:10]


def _kinds(item: DigestItem) -> Iterator[tuple[str, str]]:
    yield item.agency, item.agency.upper()
    yield item.kind, item.kind.replace("_", " ").capitalize()


def _labels(item: DigestItem, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield labels as ids and as people write them; that it is about nothing in particular is no label."""
    for each in (*item.modalities, *item.topics):
        if each.id not in NOTHING:
            yield each.id, names.get(each.id) or each.id.replace("_", " ")
