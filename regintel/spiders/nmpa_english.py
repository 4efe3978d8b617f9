"""NMPA's English site, column Drugs: translations of some announcements, weeks later.

Static HTML without a firewall (2026-06). How it behaves:

* Items are links to `2025-10/14/c_1132769.html`, `.htm` or `.shtml`, by http or https; the number is the key, the day
  stands in the address. Nothing else about the markup is known for certain.
* Navigation uses the same addresses: links of fewer than twelve letters, those in `[lookups] navigation`, and those of
  a navigation block are none.
* Paging is done by script: the latest page is all there is, so what falls off is no removal.
* It lags and is selective: 2025年第86号 came 32 days after the Chinese text, 2025年第107号 50 days. Both are one
  document by number, `[2025] No. 86` or `(No. 139, 2024)`. CDE's circulars say "NMPA CDE".
* A column can be dead: `2019-09/25/c_386498.htm` gave another crawler no rows for months. No rows is an error.
* An article's words are in `div.art` or `div.main`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from scrapy.http import TextResponse

from regintel.items import GuidanceItem
from regintel.spiders.links import joined
from regintel.spiders.nmpa import NoticeReader
from regintel.text.dates import calendar_day
from regintel.text.numbers import announcement_number
from regintel.text.titles import squeezed

# https://english.nmpa.gov.cn/2025-10/14/c_1132769.html
ADDRESS = re.compile(r"/(20\d\d)-(\d\d)/(\d\d)/(c_\d+)\.s?html?$")
SHORT = 12
NAVIGATION = "nav, header, footer, .nav"
FROM_CDE = re.compile(r"^(NMPA )?(CDE|Center for Drug Evaluation)\b")
# "Revised Draft of the Appendix", "Policy Interpretation of …", "NMPA Announcement on …"
KINDS = (
    ("draft", re.compile(r"\bDraft\b")),
    ("policy interpretation", re.compile(r"\bPolicy Interpretation\b")),
    ("announcement", re.compile(r"\bAnnouncement\b")),
)
COLUMN = "drugs"
"""The word for what no title names: the column's own."""


@dataclass(frozen=True)
class Link:
    """A link that looks like an article's."""

    address: str
    title: str
    key: str
    day: str | None


class NmpaEnglishSpider(NoticeReader[Link]):
    """Yields one item per article that the column links."""

    name = "nmpa_english"
    body = "div.art, div.main"

    def rows(self, page: TextResponse) -> Iterable[Link]:
        """Return the articles, each once, by the longest of its links."""
        aside = set(page.css(NAVIGATION).css("a").getall())
        found: dict[str, Link] = {}
        for node in page.css("a[href]"):
            link = _link(joined(page, node.attrib["href"].strip()), squeezed(node.xpath("string()").get("")))
            if link is None or node.get() in aside or self._is_navigation(link.title):
                continue
            known = found.get(link.key)
            found[link.key] = link if known is None or len(link.title) > len(known.title) else known
        return self.some(list(found.values()), "articles")

    def key_of(self, row: Link) -> str | None:
        """Return the article's number."""
        return row.key

    def parse_row(self, page: TextResponse, row: Link) -> GuidanceItem:
        """Return what a link says."""
        number = announcement_number(row.title)
        kind = next((word for word, form in KINDS if form.search(row.title)), COLUMN)
        return self.item(
            page,
            key=row.key,
            url=row.address,
            title=row.title,
            status=kind,
            document_type=kind if kind != COLUMN else "",
            published=row.day,
            reference=number,
            references=(number,) if number else (),
            issuer="cde" if FROM_CDE.search(row.title) else self.source.issuer,
        )

    def _is_navigation(self, title: str) -> bool:
        names = {name.casefold() for name in self.source.lookups.get("navigation", ())}
        return len(title) < SHORT or title.casefold() in names


def _link(address: str, title: str) -> Link | None:
    match = ADDRESS.search(address)
    if not match:
        return None
    year, month, day, key = match.groups()
    https = address.replace("http://", "https://", 1)
    return Link(https, title, key, calendar_day(int(year), int(month), int(day)))
