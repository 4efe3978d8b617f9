"""EMA's web pages of guidelines, and pages that list files without being one.

How they behave (the site since December 2023; fragments and reports of 2025-12 to 2026-07, no whole page was found):

* Files are cards (`.ema-file-wrapper`, inside it `data-ema-document-type`) under the headings "Current version" and
  "Document history". Only the current card says how the guideline stands; the history is full of closed drafts. The old
  layout said "Current effective version" and "Revision 1 (effective from 1/06/2021)".
* In a card the status is the row of `.file-metadata` without a label; reference and days stand behind labels. Class
  names are glued together by a fault of the template (`first-publishedfw-normal`): a label's text is what counts.
* The page's own stamps (`article:modified_time`) move with any edit. A card's "Last updated" is that of its file.
* Banners ("… this website will be unavailable …"), "How useful do you find this page?" and "Share this page" stand in
  the main text of every page: fields are read, never the page's text.
* One page has several addresses: a short slug serves the same page, whose `canonical` link names the full one.
* Concept paper, draft and guideline may be pages of their own. The reference may change from draft to final.
* The first PDF of a page need not be the guideline: the card decides, and of its links that of the English file.
* The day from which a guideline applies is on no page: its PDF's cover tells (`ema_cover`). A draft's cover tells the
  comment window. A PDF may be an error page in truth; then it is none.
* EMA's list of pages holds pages of other kinds too (questions and answers on GMP). Of those the words are read.
* A pinned page of cards without a current version (the compilation of Union procedures) gives an item per card, under
  the key that EMA's list of documents gives it. Their files are left to that list.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from parsel import Selector, SelectorList
from scrapy.http import Response, TextResponse

from regintel.exceptions import LayoutError
from regintel.items import Attachment, GuidanceItem
from regintel.orders import Due
from regintel.spiders.base import Yielded
from regintel.spiders.ema import canonical_address, document_key, page_key
from regintel.spiders.ema_cover import cover_days
from regintel.spiders.ema_documents import NO_STATUS
from regintel.spiders.ema_guidelines import PAGE, SUFFIX, page_type
from regintel.spiders.ema_lists import ZONE, names_of
from regintel.spiders.following import PagesSpider
from regintel.text.dates import day, eu_day
from regintel.text.html import text_of
from regintel.text.numbers import ema_reference, ich_code
from regintel.text.titles import squeezed
from regintel.vocabulary import Stage

KEYWORDS = re.compile(r"^Keywords\s*:\s*", re.IGNORECASE)
# "English (EN) (310.46 KB - PDF)"
SIZE = re.compile(r"\(([\d.,]+\s*[KMG]?B)\s*-")
# "Revision 1 (effective from 1/06/2021)", in the old layout
EFFECTIVE = re.compile(r"effective from (\d{1,2}/\d{1,2}/\d{4})", re.IGNORECASE)
CARDS = ".ema-file-wrapper [data-ema-document-type]"
BODY = ".node-content-wrapper > .item"
WINDOW = ("comment_opens", "comment_closes")


@dataclass(frozen=True)
class Part:
    """What a page gives an item of: itself, by its current cards or its words, or one of the files that it lists."""

    key: str | None
    cards: tuple[Selector, ...] = ()
    is_file: bool = False


class EmaGuidelinePagesSpider(PagesSpider[Part]):
    """Yields one item per page that a list asks for, and one per card of a pinned page that is no guideline's."""

    name = "ema_guideline_pages"
    from_document = ("text", "effective", *WINDOW)

    def rows(self, page: TextResponse) -> Iterable[Part]:
        """Return the page itself, if it is a guideline's or somebody asked for it, and the files that it lists."""
        main = self.some(page.css("main.main-content-wrapper"), "main content")
        due: Due | None = page.meta.get("due")
        key = due.key if due else page_key(_address(page))
        current = self._current(main)
        if current:
            return [Part(key, current)]
        if page_type(_heading(page), key or "") != PAGE:
            raise LayoutError(self.name, "a guideline's page without a current version", url=page.url)
        cards = main.css(CARDS) if page.url in self.source.addresses else ()
        files = [Part(document_key(_file(card) or ""), (card,), is_file=True) for card in cards]
        return self.some([Part(key)] * bool(due) + files, "files")

    def key_of(self, row: Part) -> str | None:
        """Return the key of the page, or of the file's document."""
        return row.key

    def parse_row(self, page: TextResponse, row: Part) -> GuidanceItem:
        """Return what the page says of its guideline, a card of its document, or a page of itself."""
        if row.is_file:
            return self._document(page, row)
        return self._guideline(page, row) if row.cards else self._web_page(page, row)

    def document_address(self, item: GuidanceItem) -> str | None:
        """Return the address of the guideline's PDF; a page that lists files leaves them to EMA's list."""
        return next(iter(item.same_as), None)

    def read_document(self, response: Response, item: GuidanceItem) -> Iterator[Yielded]:
        """Add the PDF's words, and what its cover says of days."""
        for each in super().read_document(response, item):
            yield _with_cover(each) if isinstance(each, GuidanceItem) and each.text else each

    def _current(self, main: SelectorList[Selector]) -> tuple[Selector, ...]:
        """Return the cards of the current version."""
        headings = self.source.lookups.get("current", ())
        return tuple(
            card
            for section in main.css(".paragraph--type--ema-documents")
            if squeezed(section.xpath("string((.//h2 | .//h3)[1])").get("")).casefold() in headings
            for card in section.css(CARDS)
        )

    def _guideline(self, page: TextResponse, row: Part) -> GuidanceItem:
        card = next((each for each in row.cards if "guideline" in _type(each)), row.cards[0])
        title = _heading(page)
        bare = SUFFIX.sub("", title)
        code = ich_code(bare)
        file = self.some(_file(card), "link to the guideline's file")
        told = self._card(card)
        return self.item(
            page,
            **{**told, "references": (*told["references"], *((f"ICH {code}",) if code else ()))},
            key=self.some(row.key, "address of EMA's"),
            url=canonical_address(_address(page)),
            title=bare,
            document_type=page_type(title, row.key or ""),
            summary=" ".join(_paragraphs(page, keywords=False)),
            topics=_keywords(page),
            attachments=tuple(_attachments(row.cards)),
            same_as=(file,),
        )

    def _document(self, page: TextResponse, row: Part) -> GuidanceItem:
        (card,) = row.cards
        return self.item(
            page,
            **self._card(card),
            key=self.some(row.key, "link to a document of EMA"),
            url=self.some(_file(card), "link to a file"),
            title=squeezed(card.css("p.file-title").xpath("string()").get("")),
            document_type=_type(card),
            attachments=tuple(_attachments(row.cards)),
        )

    def _web_page(self, page: TextResponse, row: Part) -> GuidanceItem:
        words = text_of("".join(self.some(page.css(BODY).getall(), "words in the page")))
        return self.item(
            page,
            key=self.some(row.key, "address of EMA's"),
            url=canonical_address(_address(page)),
            title=_heading(page),
            status=PAGE,
            document_type=PAGE,
            attachments=tuple(_attachments(page.css(CARDS))),
            text=words,
        )

    def _card(self, card: Selector) -> dict[str, Any]:
        """Return what a card says of its document."""
        number = _labelled(card, "Reference Number")
        reference = ema_reference(number) or number or None
        last = day(_stamp(card, "Last updated"), ZONE)
        status = _status(card)
        effective = EFFECTIVE.search(card.xpath("string()").get(""))
        told = {"status": status, "effective": effective[0] if effective else ""}
        return {
            "status": status or NO_STATUS,
            "reference": reference,
            "references": (reference,) if reference else (),
            "reference_raw": number or None,
            "published": day(_stamp(card, "First published"), ZONE),
            "updated": last,
            "revised_at": last,  # the list of pages tells days: the same day is one revision
            "effective": eu_day(effective[1]) if effective else None,
            "quoted": {name: words for name, words in told.items() if words},
        }


def _with_cover(item: GuidanceItem) -> GuidanceItem:
    """Return the item with the days of its cover; the comment window is that of a draft alone."""
    names = ("effective", *WINDOW) if item.stage == Stage.DRAFT else ("effective",)
    found = cover_days(item.text, names)
    days = {name: read for name, (read, _) in found.items()}
    quoted = {name: words for name, (_, words) in found.items()}
    return item.model_copy(update={**days, "quoted": {**item.quoted, **quoted}})


def _address(page: TextResponse) -> str:
    """Return the address that the page gives itself: a short one leads to the same page."""
    return page.css('link[rel="canonical"]::attr(href)').get() or page.url


def _heading(page: TextResponse) -> str:
    return squeezed(page.css("h1.content-banner-title").xpath("string()").get(""))


def _paragraphs(page: TextResponse, *, keywords: bool) -> list[str]:
    """Return the paragraphs above the files: those with keywords, or the others."""
    found = page.css(f"{BODY} > p").xpath("string()").getall()
    return [words for words in map(squeezed, found) if words and bool(KEYWORDS.match(words)) is keywords]


def _keywords(page: TextResponse) -> tuple[str, ...]:
    joined = "; ".join(KEYWORDS.sub("", words) for words in _paragraphs(page, keywords=True))
    return names_of(re.sub(r",\s+", ";", joined))


def _type(card: Selector) -> str:
    return card.attrib.get("data-ema-document-type", "")


def _file(card: Selector) -> str | None:
    """Return the address of a card's English file, else of its first."""
    links = [link for link in card.css("a::attr(href)").getall() if "/documents/" in link]
    english = next((link for link in links if "_en." in link), None)
    found = english or next(iter(links), None)
    return canonical_address(f"https://www.ema.europa.eu{found}" if found.startswith("/") else found) if found else None


def _attachments(cards: Iterable[Selector]) -> Iterator[Attachment]:
    for card in cards:
        address = _file(card)
        size = SIZE.search(card.css("p.language-meta").xpath("string()").get(""))
        if address:
            title = squeezed(card.css("p.file-title").xpath("string()").get(""))
            yield Attachment(url=address, title=title, size=size[1] if size else "")


def _status(card: Selector) -> str:
    """Return the words of the row that has no label; labels' class names may be glued to others."""
    row = card.xpath('.//*[contains(@class, "file-metadata-row")][not(.//*[contains(@class, "label")])]')
    return squeezed(row.xpath("string()").get(""))


def _value(card: Selector, label: str) -> list[Selector]:
    """Return what stands beside a label, which its words name and not its class."""
    labels = card.xpath('.//*[contains(@class, "label")]')
    named = [
        each for each in labels if squeezed(each.xpath("string()").get("")).casefold().startswith(label.casefold())
    ]
    return list(named[0].xpath("following-sibling::*[1]")) if named else []


def _labelled(card: Selector, label: str) -> str:
    return squeezed("".join(each.xpath("string()").get("") for each in _value(card, label)))


def _stamp(card: Selector, label: str) -> str | None:
    times = [each.xpath("descendant-or-self::time/@datetime").get() for each in _value(card, label)]
    return next(iter(times), None)
