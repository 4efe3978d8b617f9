"""PMDA's guidelines in English: sibling pages of links, in two layouts and a half.

Facts: (a) 0016 (drug clinical trials) and 0018 (vaccines, blood products) ran live 2026-07-10: inside `main`, under the
h2 "Regulations and Notifications", h3 and h4 name subjects, then `ul > li > a[href*="/files/"]`, words with a size in
ASCII or full-width brackets. Date and number stand inside the bullet after a break, or in the paragraph that follows
the list: `March 27, 2024 PSB/PED Notification No. 0327-4`, `January 16, 2025 Administrative Notice`,
`September 2, 2020 Office of Vaccines and Blood Products` (no type at all). Other h2 are no guidance (FAQ). "Early
Consideration" in a title is PMDA's non-binding early position. (b) 0021 (devices, IVD) was read by one crawler as a
table, the date in the row's second cell (`July 31, 2017`, `August, 2024`, with a footnote mark `(1)`), by another as
bullets with a paragraph of the date beside each. (c) reviews/0003.html (regenerative products) is known by its words
only: a heading "Related Guidelines and Notifications for Regenerative Medical Products", then
"• Standards of biological raw materials, MHLW Notification No. 210, 2003. [Japanese] [English]".

Inferred, not seen: that one paragraph after a list of several bullets is about all of them; the markup of (c), where
the English file is taken as the document and the Japanese one hangs on it, and where a line "*Latest partial revision
…" is not read; that a year without a day is completed by the number (`Notification No. 1002-1`).
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from parsel import Selector
from scrapy.http import TextResponse

from regintel.items import Attachment, GuidanceItem
from regintel.spiders import mhlw
from regintel.spiders.links import joined
from regintel.spiders.pmda import sized
from regintel.spiders.pmda_lists import ListLink, PmdaListSpider, words_of
from regintel.text.dates import english_day
from regintel.text.html import text_of
from regintel.text.numbers import english_notification, ich_code, japanese_number_of
from regintel.text.titles import squeezed

LANGUAGES = {"english": "en", "japanese": "ja"}
EARLY = "Early Consideration"
UNSTATED = "unstated"
# "PFSB/ELD Administrative Notice", "PSB/PED Notification No. 0327-4", "MHLW Notification No. 210, 2003"
NUMBER = re.compile(
    r"(?:\b[A-Z]{2,6}(?:/[A-Z]{2,6})*\s+)?\b(?:Administrative\s+Notice|"
    r"Notification\s+No\.?\s*(?:\d{4}-\d+|\d{1,7}(?:,\s*(?:19|20)\d\d)?)(?!\d))"
)
KIND = re.compile(r"\b(Administrative Notice|Notification)\b")
OFFICE = re.compile(r"\bOffice of [A-Z][\w,& -]*[a-z]")
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
# Where one string holds all: "Standards of biological raw materials, MHLW Notification No. 210, 2003."
IN_TITLE = re.compile(rf",\s*(?={NUMBER.pattern})")


def references_of(words: str) -> tuple[str, ...]:
    """Return the numbers of a line, each with the Japanese number that it stands for, where that is known.

    >>> references_of("March 27, 2024 PSB/PED Notification No. 0327-4")
    ('PSB/PED Notification No. 0327-4', '医薬薬審発0327第4号')
    """
    found = (squeezed(match[0]) for match in NUMBER.finditer(words))
    both = (name for number in found for name in (english_notification(number) or number, japanese_number_of(number)))
    return tuple(dict.fromkeys(filter(None, both)))


class PmdaGuidanceEnSpider(PmdaListSpider):
    """Yields one item per guideline's file."""

    name = "pmda_guidance_en"

    def rows(self, page: TextResponse) -> Iterable[ListLink]:
        """Return the links that are guidelines: those of the sections that hold them, FAQ left out."""
        links = list(self.links(page))
        sections = self._named("sections")
        within = [link for link in links if sections & _names(link)] or links
        skipped = self._named("skipped")
        kept = [link for link in within if not skipped & _names(link) and _is_document(link)]
        return self.some(kept, "guidelines")

    def parse_row(self, page: TextResponse, row: ListLink) -> GuidanceItem:
        """Return what a link, its bullet or table row, and the paragraph beside it say."""
        language = _language(row.node)
        title, words, size = _bullet(row) if language else _link(row)
        return self.item(
            page,
            key=self.some(self.key_of(row), "key"),
            url=row.address,
            title=title,
            topics=row.topics,
            attachments=(Attachment(url=row.address, size=size), *_others(page, row, language)),
            language=language or self.source.language,
            **self._told(title, words),
        )

    def _told(self, title: str, words: str) -> dict[str, Any]:
        """Return what the words beside a title say: date, type, number, office."""
        numbers, kind, office = references_of(words), KIND.search(words), OFFICE.search(words)
        early = EARLY.casefold() in title.casefold()
        year = YEAR.search(words)
        code = ich_code(title)
        quoted = title if early else words
        return {
            "status": EARLY if early else kind[1] if kind else UNSTATED,
            "document_type": kind[1] if kind else "",
            "published": english_day(words) or self.day_from_number(numbers, year[0] if year else None),
            "reference": next(iter(numbers), None),
            "references": (*numbers, *((f"ICH {code}",) if code else ())),
            "reference_raw": words or None,
            "offices": (squeezed(office[0]),) if office else (),
            "quoted": {"status": quoted} if quoted else {},
            **_issuer(numbers, early=early or office is not None),
        }

    def _named(self, lookup: str) -> set[str]:
        return {name.casefold() for name in self.source.lookups[lookup]}


def _issuer(numbers: tuple[str, ...], *, early: bool) -> dict[str, str]:
    """Return who signed, where that is told: the ministry its numbers, PMDA its early considerations."""
    if any(map(mhlw.is_from_bureau, numbers)):
        return {"issuer": "mhlw"}
    return {"issuer": "pmda"} if early else {}


def _link(row: ListLink) -> tuple[str, str, str]:
    """Return title, words beside it, and size."""
    title, size = sized(row.words)
    words, other_size = sized(next(filter(None, _beside(row)), ""))
    return title, words, size or other_size


def _bullet(row: ListLink) -> tuple[str, str, str]:
    """Return title and words of a bullet whose links are only named after their languages; no size."""
    before = squeezed(" ".join(text_of(row.container.get().partition("<a")[0]).split()))
    title, *words = IN_TITLE.split(before.rstrip(" [［"), maxsplit=1)
    return title, words[0].rstrip(" .") if words else "", ""


def _names(link: ListLink) -> set[str]:
    return {heading.casefold() for heading in link.headings}


def _is_document(link: ListLink) -> bool:
    """Return whether a link is a file or, of a bullet's links in several languages, the one to read."""
    if not _language(link.node):
        return "/files/" in link.address
    siblings = [node for node in link.container.css("a[href]") if _language(node)]
    best = next((node for node in siblings if _language(node) == "en"), siblings[0])
    return best.root is link.node.root


def _language(node: Selector) -> str | None:
    return LANGUAGES.get(words_of(node).strip(" []［］").casefold())


def _others(page: TextResponse, row: ListLink, language: str | None) -> Iterator[Attachment]:
    """Yield the same document's files in other languages."""
    if language:
        for node in row.container.css("a[href]"):
            if node.root is not row.node.root and _language(node):
                yield Attachment(url=joined(page, node.attrib["href"]), title=words_of(node).strip(" []［］"))


def _beside(row: ListLink) -> Iterator[str]:
    """Yield the words that may hold date and number, the likeliest first: those with a date, then the nearest."""
    box = row.container
    following = "following-sibling::*[1][self::p][not(.//a)]"
    cells = row.node.xpath("ancestor::tr[1]/td[2]")
    places = [*cells, *box.xpath(following), *box.xpath("..").xpath(following)]
    found = [*map(words_of, places)]
    if box.root.tag != "tr":
        after = re.split(r"<a[\s>]", box.get().partition(row.node.get())[2])[0]
        found.insert(len(cells), squeezed(" ".join(text_of(after).split())))
    yield from (words for words in found if english_day(words))
    yield from found
