"""CDE's drafts for comment (征求意见).

One query; how it is asked stands in `cde`. A record is title, day, and the address of the notice, whose id is the key.
The list goes back to 2018 at least and gives no state: that a draft was closed or issued is not in it.

The window stands in the notice (`.new_detail_content`, of old `div.news_detail_box`): 征求意见时限为自发布之日起一个月,
counted from the notice's date. The notices of new drafts are read, few a run, for the host refuses after a few hits.
"""

from scrapy.http import TextResponse

from regintel.items import GuidanceItem
from regintel.spiders.cde import CdeSpider, Query, Record
from regintel.spiders.nmpa import document_key
from regintel.text.notices import notice_kind
from regintel.text.numbers import announcement_number, inner_title
from regintel.text.titles import squeezed

DRAFTS = "征求意见"


class CdeConsultationsSpider(CdeSpider):
    """Yields one item per draft, with the words of a new one's notice."""

    name = "cde_consultations"
    body = ".new_detail_content, div.news_detail_box"
    queries = (
        Query(
            "/zdyz/listpage/3c49fad55caad7a034c263cfc2b6eb9c", {"issueDate1": "", "issueDate2": "", "fclass": DRAFTS}
        ),
    )

    def parse_row(self, page: TextResponse, row: Record) -> GuidanceItem:
        """Return what a record says."""
        url, title = self.address_of(row), squeezed(str(row.get("title") or ""))
        inner, number = inner_title(title), announcement_number(title)
        kind = notice_kind(title)
        return self.item(
            page,
            key=document_key(url),
            url=url,
            title=title,
            summary=inner if inner != title else "",
            status=DRAFTS,
            published=self.source.date_of(str(row.get("issueDate") or "")),
            reference=number,
            references=(number,) if number else (),
            quoted={"status": kind[1]} if kind and kind[0] == DRAFTS else {},
        )
