"""Feeds: RSS 2.0, RSS 1.0 (RDF) and Atom, read strictly.

A feed shows the newest entries only, so what falls off its end is no removal (`kind = "feed"`). One address may come
back under a new title: the newest entry of an address is what it says today. A feed that ended answers 200 with one
entry that says so (GOV.UK); a firewall answers 200 with HTML: neither is a feed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree
from scrapy.http import TextResponse

from regintel.exceptions import LayoutError
from regintel.items import GuidanceItem
from regintel.spiders.base import GuidanceSpider
from regintel.spiders.links import joined
from regintel.text.dates import feed_day, feed_moment
from regintel.text.html import text_of
from regintel.text.titles import squeezed

ROOTS = ("rss", "RDF", "feed")
ENTRIES = ("item", "entry")
DATES = ("pubDate", "published", "date", "updated", "modified")
"""Where a feed says when, best first: RSS 2.0, Atom, Dublin Core, Atom, Dublin Core."""
ENDED = "this feed has ended"


@dataclass(frozen=True)
class Entry:
    """One entry, as its feed writes it."""

    title: str
    link: str
    """Absolute, with https."""
    id: str = ""
    """RSS's guid, Atom's id."""
    published: str = ""
    updated: str = ""
    """Stamps in the feed's own form; `updated` is Atom's, or the only one there is."""
    summary: str = ""
    """Plain words."""
    categories: tuple[str, ...] = ()

    @property
    def day(self) -> str | None:
        """The day of its publication, in the zone that its stamp names."""
        return feed_day(self.published or self.updated)

    @property
    def moment(self) -> str | None:
        """The UTC moment of its last stamp."""
        return feed_moment(self.updated or self.published)


class FeedSpider(GuidanceSpider[Entry]):
    """Yields one item per entry; a spider says what an entry of its agency means."""

    repeats = True
    word = "news"
    """The status word of what this feed announces, where it gives none; the source's table must know it."""

    def rows(self, page: TextResponse) -> Iterable[Entry]:
        """Return the entries, newest first."""
        entries = self.some(list(self._entries(page)), "entries in the feed")
        if entries[0].title.casefold() == ENDED:
            raise LayoutError(self.name, "the feed has ended", url=page.url)
        return sorted(entries, key=lambda entry: entry.moment or "", reverse=True)

    def key_of(self, row: Entry) -> str | None:
        """Return the entry's address: titles and days come and go under it."""
        return row.link or None

    def parse_row(self, page: TextResponse, row: Entry) -> GuidanceItem:
        """Return what an entry says."""
        return self.item(page, **self.fields_of(row))

    def fields_of(self, row: Entry) -> dict[str, Any]:
        """Return the fields of an item that any entry gives."""
        return {
            "key": self.some(self.key_of(row), "link"),
            "url": row.link,
            "title": row.title,
            "status": self.word,
            "document_type": self.word,
            "published": row.day,
            "revised_at": row.moment,
            "summary": row.summary,
            "topics": row.categories,
        }

    def _entries(self, page: TextResponse) -> Iterator[Entry]:
        for node in self._root(page).iter():
            if _name(node) in ENTRIES:
                yield self._entry(page, node)

    def _root(self, page: TextResponse) -> etree._Element:
        parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
        try:
            root = etree.fromstring(page.body.lstrip(), parser)
        except etree.XMLSyntaxError as error:
            raise LayoutError(self.name, f"not XML: {error}", url=page.url) from error
        if _name(root) not in ROOTS:
            raise LayoutError(self.name, f"a feed is due, not <{_name(root)}>", url=page.url)
        return root

    def _entry(self, page: TextResponse, node: etree._Element) -> Entry:
        stamps = {name: text for name in DATES if (text := _child(node, name))}
        updated = stamps.get("updated") or stamps.get("modified") or stamps.get("date") or ""
        link = _link(node)
        return Entry(
            title=squeezed(_plain(_child(node, "title"))),
            link=joined(page, link).replace("http://", "https://", 1) if link else "",
            id=_child(node, "guid") or _child(node, "id"),
            published=stamps.get("pubDate") or stamps.get("published") or "",
            updated=updated,
            summary=squeezed(_plain(_child(node, "description") or _child(node, "summary"))),
            categories=tuple(
                dict.fromkeys(filter(None, (squeezed(each.get("term") or each.text or "") for each in _all(node))))
            ),
        )


def _name(node: etree._Element) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def _child(node: etree._Element, name: str) -> str:
    return next(("".join(each.itertext()).strip() for each in node if _name(each) == name), "")


def _all(node: etree._Element) -> list[etree._Element]:
    return [each for each in node if _name(each) == "category"]


def _link(node: etree._Element) -> str:
    """Return RSS's link, Atom's alternate, or the address that stands in the tail of an empty link (EMA)."""
    links = [each for each in node if _name(each) == "link"]
    atom = [each.get("href") or "" for each in links if each.get("rel", "alternate") == "alternate"]
    rss = [(each.text or each.tail or "").strip() for each in links]
    return next(filter(None, (*atom, *rss)), "")


def _plain(text: str) -> str:
    """Return words that may be HTML, escaped once or twice ("&amp;amp;"), as plain text."""
    return text_of(text) if "<" in text or "&" in text else text
