"""CDE's guidelines: the database of guidelines (指导原则), and the circulars that issue them (发布通告).

Two queries of one address, read one after the other; how they are asked stands in `cde`. About 642 guidelines
(2026-06): 408 for chemical drugs, 319 for biologicals, 175 for both. No filter is sent, so each is listed once.

* A guideline's key is `zdyzIdCODE`; its page is `/zdyz/domesticinfopage?zdyzIdCODE=…`. `nowstate` is its status, 颁布
  the one word seen. `fclass` says to what it applies, joined by commas, often empty.
* A circular's key is the id of its notice, `/main/news/viewInfoCommon/<32 hex digits>`; its number stands in its
  title, and so does the guideline's title, inside 《》. It is an item beside the guideline; nothing joins them.
* 试行 (trial implementation) in a title is in force, not a draft. 58 real guidelines have no 指导原则 in their title.
* Files and the text are on the guideline's page, which is not read: the host refuses after a few hits. Inferred: that
  the two lists hold no record in common.
"""

from urllib.parse import urlencode

from scrapy.http import TextResponse

from regintel.items import GuidanceItem
from regintel.spiders.cde import CdeSpider, Query, Record
from regintel.spiders.nmpa import document_key
from regintel.text.notices import notice_kind
from regintel.text.numbers import announcement_number, inner_title
from regintel.text.titles import squeezed

ISSUED = "2853510d929253719601db17b8a9fd81"
CIRCULAR = "发布通告"


class CdeGuidanceSpider(CdeSpider):
    """Yields one item per guideline and one per circular."""

    name = "cde_guidance"
    queries = (
        Query(
            "/zdyz/listpage/9cd8db3b7530c6fa0c86485e563f93c7",
            {"zyfl1": "", "zyfl2": "", "issueDate1": "", "issueDate2": ""},
        ),
        Query(
            f"/zdyz/listpage/{ISSUED}",
            {"isFbtg": "1", "classid": ISSUED, "issueDate1": "", "issueDate2": ""},
        ),
    )

    def parse_row(self, page: TextResponse, row: Record) -> GuidanceItem:
        """Return what a record says."""
        return self._guideline(page, row) if row.get("zdyzIdCODE") else self._circular(page, row)

    def document_address(self, item: GuidanceItem) -> str | None:
        """Return none: pages behind the list are not asked for."""
        return None

    def _guideline(self, page: TextResponse, row: Record) -> GuidanceItem:
        key = str(row["zdyzIdCODE"])
        return self.item(
            page,
            key=key,
            reference=key,
            url=page.urljoin(f"/zdyz/domesticinfopage?{urlencode({'zdyzIdCODE': key})}"),
            title=str(row.get("title") or ""),
            status=str(row.get("nowstate") or ""),
            published=self.source.date_of(str(row.get("issueDate") or "")),
            products=tuple(name for part in str(row.get("fclass") or "").split(",") if (name := squeezed(part))),
        )

    def _circular(self, page: TextResponse, row: Record) -> GuidanceItem:
        url, title = self.address_of(row), squeezed(str(row.get("title") or ""))
        number, inner = announcement_number(title), inner_title(title)
        kind, _ = notice_kind(title) or ("", "")
        return self.item(
            page,
            key=document_key(url),
            url=url,
            title=title,
            summary=inner if inner != title else "",
            status=CIRCULAR,
            document_type=kind,
            published=self.source.date_of(str(row.get("issueDate") or "")),
            reference=number,
            references=(number,) if number else (),
        )
