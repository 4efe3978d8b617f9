"""What the lists of www.nmpa.gov.cn have in common: rows, keys, columns, and the pages of notices.

One content system serves all of its columns (and CMDE's). How it behaves (two list pages of 2025-10, one notice of
2020-09, as captured; crawlers that ran until 2026):

* A row is `.list > ul > li`; a bare `li` is navigation, of which there are dozens. 20 rows a page, `index_1.html` is
  the second of 1,227; page one is enough for a daily reader.
* The title stands in `a@title`, and between tabs and newlines in the link. Addresses are relative to the page; joined
  to the site's root they are wrong.
* The id is 17 digits: day, time and three more. Its day is the list's in all 40 NMPA rows seen, in a third of CMDE's:
  it is a key and no date. The date is the `span`, in ASCII brackets, Beijing's day.
* One document also answers under `/directory/web/nmpa/…`, sometimes with extra slashes: both are taken off.
* A column mixes sub-columns (their codes are folders of the address) and links to cde.org.cn, cfdi.org.cn and WeChat.
* A notice's page: `div.text`, on other templates `.TRS_Editor`, `#zoom`, `.wenzhang`; `meta[name=PubDate]` in
  Beijing's time; files under `/directory/web/nmpa/images/`.
* Ruishu's protection answers 412 (some hosts 202) with an empty body and scripts. It is not always on. A page that
  passed may carry the same scripts.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from parsel import Selector
from scrapy.http import Response, TextResponse

from regintel.exceptions import LayoutError
from regintel.identity import canonical
from regintel.items import Attachment, GuidanceItem
from regintel.spiders.base import Row, Yielded
from regintel.spiders.following import FollowingSpider
from regintel.spiders.links import joined
from regintel.text.dates import chinese_day
from regintel.text.html import text_of
from regintel.text.notices import comment_deadline, effective_day, notice_kind
from regintel.text.numbers import announcement_number
from regintel.text.titles import squeezed
from regintel.vocabulary import Stage

COLUMNS = {
    "ypqtggtg": "other announcements",
    "ypshmshxdgg": "label revision",
    "zhybhpzh": "TCM protection",
    "ypchj": "sampling failures",
    "cxypxx": "approvals",
    "ypjgdt": "news",
    "ypyw": "news",
    "yphyxx": "meetings",
}
"""Sub-columns by the folder of the address."""
ISSUERS = {"www.cde.org.cn": "cde", "www.cmde.org.cn": "cmde", "www.cfdi.org.cn": "cfdi"}
MIRROR = "/directory/web/nmpa/"
# …/20250912092255131.html
ID = re.compile(r"/(\d{17})\.html?$")
# /main/news/viewInfoCommon/3a55…, domesticinfopage?zdyzIdCODE=9c92…
CDE_ID = re.compile(r"(?:/|zdyzIdCODE=)([0-9a-f]{32})$")
# 国家药监局药审中心关于…, 药品审评中心关于…
FROM_CDE = re.compile(r"^[^《（(]{0,20}?(?:药审中心|药品审评中心)[^《（(]{0,10}?关于")
# NMPA's /directory/web/nmpa/images/….docx, CDE's /main/att/download/<id>
FILES = re.compile(r"\.(?:docx?|pdf|xlsx?|zip|rar)$|^/main/att/download/", re.IGNORECASE)


def page_address(address: str) -> str:
    """Return the one address of a page of the site; a foreign one with https, else as it is.

    >>> page_address("http://www.nmpa.gov.cn/directory/web/nmpa///xxgk/ggtg/20250912092255131.html")
    'https://www.nmpa.gov.cn/xxgk/ggtg/20250912092255131.html'
    """
    parts = urlsplit(address)
    if parts.hostname != "www.nmpa.gov.cn":
        return address.replace("http://", "https://", 1)
    path = re.sub(r"/{2,}", "/", parts.path)
    if path.startswith(MIRROR) and ID.search(path):
        path = "/" + path.removeprefix(MIRROR)
    return parts._replace(scheme="https", netloc="www.nmpa.gov.cn", path=path, fragment="").geturl()


def document_key(address: str) -> str:
    """Return what names a document: NMPA's id, CDE's id, or of other sites the address."""
    host = urlsplit(address).hostname
    form = {"www.nmpa.gov.cn": ID, "www.cde.org.cn": CDE_ID}.get(host or "")
    match = form.search(address) if form else None
    return match[1] if match else canonical(address)


def issuer_of(address: str, title: str, default: str) -> str:
    """Return who issued a notice: the centre whose site it stands on or whose name its title begins with."""
    return ISSUERS.get(urlsplit(address).hostname or "") or ("cde" if FROM_CDE.search(title) else default)


def attachments_of(page: TextResponse) -> tuple[Attachment, ...]:
    """Return the files that a page links, each once."""
    found: dict[str, Attachment] = {}
    for link in page.css("a[href]"):
        address = joined(page, link.attrib["href"].strip()).replace("http://", "https://", 1)
        if FILES.search(urlsplit(address).path):
            found.setdefault(address, Attachment(url=address, title=squeezed(link.xpath("string()").get(""))))
    return tuple(found.values())


def with_own_words(item: GuidanceItem, text: str) -> GuidanceItem:
    """Return a notice with the days that its own words tell, and those words."""
    effective, deadline = effective_day(text, item.published), comment_deadline(text, item.published)
    quoted = dict(item.quoted)
    quoted |= {"effective": effective.words} if effective else {}
    quoted |= {"comment_closes": deadline.words} if deadline else {}
    told = {
        "effective": effective.day if effective else None,
        "comment_opens": item.published if deadline else None,
        "comment_closes": deadline.day if deadline else None,
    }
    return item.model_copy(update={**told, "quoted": quoted})


class NoticeReader(FollowingSpider[Row]):
    """Reads the page of a new notice: its words, its files, and the days that its words tell."""

    from_document = ("text", "attachments", "effective", "comment_opens", "comment_closes")

    def document_address(self, item: GuidanceItem) -> str | None:
        """Return the address of the notice's page; pages of other sites are not read."""
        return item.url if urlsplit(item.url).hostname in self.source.hosts else None

    def without(self, item: GuidanceItem) -> GuidanceItem:
        """Return the item as its row tells it; a day that only the page gave stands until the page is read again."""
        read = super().without(item)
        return read if item.published else read.model_copy(update={"unread": (*read.unread, "published")})

    def read_document(self, response: Response, item: GuidanceItem) -> Iterator[Yielded]:
        """Add what the notice's page says. A page without words or files is not the page we know."""
        if not isinstance(response, TextResponse):
            yield from super().read_document(response, item)
            return
        text = text_of(next((found for css in self.body.split(", ") if (found := response.css(css).get())), ""))
        files = attachments_of(response)
        if not text and not files:
            raise LayoutError(self.name, "no body in the notice", url=response.url)
        day = item.published or chinese_day(response.css("meta[name=PubDate]::attr(content)").get(""))
        read = self.with_text(item, response, text).model_copy(update={"published": day, "attachments": files})
        yield with_own_words(read, text)


@dataclass(frozen=True)
class Notice:
    """A row as it stands in a column."""

    address: str
    """Joined to the page, one for all of its writings; empty where the row has no link."""
    title: str
    day: str


class NoticeSpider(NoticeReader[Notice]):
    """Reads a column of www.nmpa.gov.cn."""

    body = "div.text, .TRS_Editor, #zoom, .wenzhang"

    def rows(self, page: TextResponse) -> Iterable[Notice]:
        """Return the rows of the column; the navigation's are none."""
        return [_notice(page, row) for row in self.some(page.css(".list > ul > li"), "rows of notices")]

    def key_of(self, row: Notice) -> str | None:
        """Return the id in the link, or a foreign page's address."""
        return document_key(row.address) if row.address else None

    def parse_row(self, page: TextResponse, row: Notice) -> GuidanceItem:
        """Return what a row says."""
        url = self.some(row.address, "link")
        kind, words = notice_kind(row.title) or (self._column(page), "")
        number = announcement_number(row.title)
        item = self.item(
            page,
            key=document_key(url),
            url=url,
            title=row.title,
            status=kind,
            published=chinese_day(row.day),
            reference=number,
            references=(number,) if number else (),
            issuer=issuer_of(url, row.title, self.source.issuer),
            document_type=next((name for code, name in COLUMNS.items() if f"/{code}/" in url), ""),
            quoted={"status": words} if words else {},
        )
        told = any(f"/{code}/" in url for code in self.source.lookups.get("information", ()))
        return item.model_copy(update={"stage": Stage.INFORMATION}) if told else item

    def _column(self, page: TextResponse) -> str:
        """Return the column's name, the word for what no title names."""
        return squeezed(page.css("meta[name=ColumnName]::attr(content)").get(""))


def _notice(page: TextResponse, row: Selector) -> Notice:
    link = row.css("a[href]")
    address = link.attrib.get("href", "").strip()
    return Notice(
        address=page_address(joined(page, address)) if address else "",
        title=squeezed(link.attrib.get("title") or link.xpath("string()").get("")),
        day=row.css("span::text").get(""),
    )
