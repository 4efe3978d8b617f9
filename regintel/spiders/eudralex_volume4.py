"""EudraLex Volume 4: the EU's good manufacturing practice, one page of the European Commission.

How it behaves (the page of 2026-07-20):

* It is rendered by the server: headings, lists of links, and a table of annexes ("Annex 1" beside its link).
* A text is `/document/download/<UUID>_en?filename=…`. The UUID names it; the file's name changes when it is uploaded
  anew, and a few links give none, or the old host `ec.europa.eu/health`. An older form of address is still about:
  `/system/files/2022-08/20220825_gmp-an1_en_0.pdf`; it names a file, not a text.
* How a text stands is told in free words behind its link: "(into operation since 31 January 2013)", "(January 2011)",
  "(revised, applicable as of 24 September 2026)", or not at all; "New - " may stand before it. Not every date is that
  of coming into operation, and not every "applicable as from …" has a date.
* Annex 19 has two links in one cell, of one title, parted by `<br>`: the text of 2005, and the one that takes its place
  on a day to come. What follows a link up to the next one is said of that link alone.
* A note may stand below, in a paragraph of its own (Annex 2: no longer for ATMPs); its dates are not the text's.
* Links to EUR-Lex and to EMA's pages are not items here: legal acts are no guidance, and EMA's own lists have EMA's
  pages. `key_of_address` knows their keys, so that one text has one key however it is linked.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from parsel import Selector
from scrapy.http import TextResponse

from regintel.exceptions import LayoutError
from regintel.items import Attachment, GuidanceItem
from regintel.spiders import ema
from regintel.spiders.following import FollowingSpider
from regintel.spiders.links import joined
from regintel.text.dates import english_day, eu_day
from regintel.text.titles import squeezed

HOSTS = ("health.ec.europa.eu", "ec.europa.eu")
UUID = re.compile(r"/document/download/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:_[a-z]{2})?$")
OLD_FORM = re.compile(r"/system/files/(\d{4}-\d\d/[^/]+)$")
# uri=CELEX:52015XC0321(02), uri=CELEX%3A32021R1280
CELEX = re.compile(r"CELEX:([0-9A-Z]+(?:\(\d+\))?)", re.IGNORECASE)
ANNEX = re.compile(r"Annex \d+[A-Z]?$")
NEW = re.compile(r"^new\s*[-–]\s*", re.IGNORECASE)
APPLICABLE = "applicable"
# What tells no more than how old a text is: "January 2011", "revision January 2011", "Version 2, January 2013"
PLAIN = re.compile(r"(?:revision|version \d+,)?\s*(?:[A-Z][a-z]+ \d{4}|\d\d/\d\d/\d{4})?", re.IGNORECASE)


@dataclass(frozen=True)
class Link:
    """A link to a text, with what the page says around it."""

    address: str
    title: str
    section: str
    """The heading that it stands under."""
    annex: str
    words: str
    """What follows the link, up to the next one; without the brackets around it."""
    note: str


class EudralexVolume4Spider(FollowingSpider[Link]):
    """Yields one item per link to a text, with the text where it is new or moved."""

    name = "eudralex_volume4"

    def rows(self, page: TextResponse) -> Iterable[Link]:
        """Return the links to texts."""
        if not page.css("table.ecl-table td"):
            raise LayoutError(self.name, "no table of annexes", url=page.url)
        found = [_link(page, node) for node in page.css("article a[href], main a[href]") if _names_a_text(page, node)]
        return self.some(found, "links to texts")

    def key_of(self, row: Link) -> str | None:
        """Return the text's UUID."""
        return key_of_address(row.address)

    def parse_row(self, page: TextResponse, row: Link) -> GuidanceItem:
        """Return what the page says of a text."""
        key = self.some(self.key_of(row), "UUID in the address")
        day = english_day(row.words) or eu_day(row.words)
        effective = self._effective(row.words)
        words = {"status": row.words, "effective" if effective else "published": row.words}
        return self.item(
            page,
            key=key,
            url=row.address,
            title=row.title,
            status=self._status(row.words),
            document_type=row.section,
            reference=key,
            reference_raw=row.annex or None,
            published=None if effective else day,
            effective=effective,
            summary=" ".join(filter(None, [row.words, row.note])),
            attachments=(Attachment(url=row.address, title=_file_name(row.address)),),
            quoted=words if row.words else {},
        )

    def document_address(self, item: GuidanceItem) -> str | None:
        """Return the address of the text; of forms, which are no PDF, none."""
        name = _file_name(item.url)
        return item.url if not name or name.lower().endswith(".pdf") else None

    def _status(self, words: str) -> str:
        """Return the first of the page's own words for how a text stands; of words that are not known, all of them."""
        for word in self.source.statuses:
            if re.search(rf"(?<!no longer )(?<!not )\b{re.escape(word)}\b", words, re.IGNORECASE):
                return word
        return APPLICABLE if PLAIN.fullmatch(words) else words

    def _effective(self, words: str) -> str | None:
        """Return the day from which a text applies, by the words right before it."""
        for lead in self.source.lookups.get("effective", ()):
            match = re.search(rf"\b{re.escape(lead)}\s*([\w /]+)", words, re.IGNORECASE)
            day = english_day(match[1][:40]) or eu_day(match[1][:40]) if match else None
            if day:
                return day
        return None


def key_of_address(address: str) -> str | None:
    """Return the key of whatever Volume 4 links: UUID, file of the old form, CELEX number, or EMA's own key.

    >>> key_of_address("https://ec.europa.eu/health/document/download/e2ddfe65-7b4e-4765-b71b-4681772d2949_en")
    'e2ddfe65-7b4e-4765-b71b-4681772d2949'
    >>> key_of_address("http://eur-lex.europa.eu/legal-content/EN/TXT/PDF/?uri=CELEX:52015XC0321(02)&from=EN")
    'celex 52015XC0321(02)'
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    if host in HOSTS:
        match = UUID.search(parts.path) or OLD_FORM.search(parts.path)
        return match[1] if match else None
    if host == "eur-lex.europa.eu":
        celex = CELEX.search(unquote(parts.query))
        return f"celex {celex[1].upper()}" if celex else None
    return ema.key_of_address(address)


def _names_a_text(page: TextResponse, node: Selector) -> bool:
    parts = urlsplit(joined(page, node.attrib["href"]))
    return parts.hostname in HOSTS and bool(UUID.search(parts.path) or OLD_FORM.search(parts.path))


def _link(page: TextResponse, node: Selector) -> Link:
    heading = node.xpath("(preceding::h2 | preceding::h3)[last()]").xpath("string()").get("")
    annex = squeezed(node.xpath("ancestor::td[1]/preceding-sibling::td[1]").xpath("string()").get(""))
    return Link(
        address=re.sub("^http://", "https://", joined(page, node.attrib["href"])),
        title=NEW.sub("", squeezed(node.xpath("string()").get(""))),
        section=squeezed(heading),
        annex=annex if ANNEX.match(annex) else "",
        words=_words_behind(node),
        note=_note_below(node),
    )


def _words_behind(node: Selector) -> str:
    """Return what the same block says behind a link, up to the next link."""
    texts = []
    for each in node.xpath("following-sibling::node()"):
        tag = getattr(each.root, "tag", None)
        if tag == "a" or each.xpath("self::*[descendant::a]"):
            break
        texts.append(each.root if isinstance(each.root, str) else each.xpath("string()").get(""))
    words = squeezed(" ".join(texts))
    return words[1:-1].strip() if words.startswith("(") and words.endswith(")") else words


def _note_below(node: Selector) -> str:
    """Return the paragraphs that stand below a link in its cell, where the cell holds no other link."""
    paragraph = node.xpath("parent::p[parent::td][count(..//a) = 1]")
    return squeezed(" ".join(each.xpath("string()").get("") for each in paragraph.xpath("following-sibling::p")))


def _file_name(address: str) -> str:
    parts = urlsplit(address)
    named = parse_qs(parts.query).get("filename", [""])[0]
    match = OLD_FORM.search(parts.path)
    return named or (match[1].split("/")[-1] if match else "")
