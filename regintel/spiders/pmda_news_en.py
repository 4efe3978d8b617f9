"""PMDA's news in English: the feed rss_008, or the What's New page, either of which may stand in `urls`.

Facts: rss_008.xml has the form of rss_015 (see `pmda_news_ja`) and was seen live 2026-07-17. The What's New page,
/english/0006.html, is `ul.list__news li a`, the link around `p.title`, `p.date` (`January 16, 2025`), `p.category` and
`p.status`. The words of `p.status` (New, Updated) were not seen live and mark the row, not the document: they are not
read. Only the feed is asked by default, the page is what to name in `urls` should the feed end.
"""

from collections.abc import Iterable, Iterator

from parsel import Selector
from scrapy import Request
from scrapy.http import TextResponse

from regintel.spiders.feeds import Entry
from regintel.spiders.links import joined
from regintel.spiders.pmda_feeds import PmdaFeedSpider
from regintel.text.dates import english_day
from regintel.text.titles import squeezed


class PmdaNewsEnSpider(PmdaFeedSpider):
    """Yields one item per address of the feed or the page."""

    name = "pmda_news_en"

    def list_request(self, address: str) -> Request:
        """Return the request for the feed or the page: of the page, HTML is what is due."""
        request = super().list_request(address)
        if address.endswith(".html"):
            request.meta["media_type"] = "text/html"
        return request

    def rows(self, page: TextResponse) -> Iterable[Entry]:
        """Return the entries of either layout, newest first."""
        if not page.url.endswith(".html"):
            return super().rows(page)
        entries = self.some(list(self._news(page)), "rows of What's New")
        return sorted(entries, key=lambda entry: entry.published, reverse=True)

    def _news(self, page: TextResponse) -> Iterator[Entry]:
        for link in page.css("ul.list__news li a"):
            category = _words(link, "p.category")
            yield Entry(
                title=_words(link, "p.title"),
                link=joined(page, link.attrib["href"]) if link.attrib.get("href") else "",
                published=english_day(_words(link, "p.date")) or "",
                categories=(category,) if category else (),
            )


def _words(link: Selector, css: str) -> str:
    return squeezed(" ".join(link.css(f"{css} ::text").getall()))
