"""EMA's news and press releases, from their data file.

About 3,900 records since 1994, nine fields each, all of them text. Dates are DD/MM/YYYY; `last_updated_date` is empty
until a page is updated. `topics`, `categories` and `related_medicine_referral` are joined by semicolons; the last, a
long list of medicines' names, is not kept. `press_release` is "Yes" or "No". Values of sister files came in Italian
("Sì"), so both words are known and any other is a problem.
"""

from scrapy.http import TextResponse

from regintel.exceptions import UnknownValueError
from regintel.items import GuidanceItem
from regintel.spiders.ema_lists import EmaListSpider, day_of, names_of
from regintel.spiders.ema_report import Record


class EmaNewsSpider(EmaListSpider):
    """Yields one item per record."""

    name = "ema_news"
    fields = frozenset({
        "title", "press_release", "related_medicine_referral", "categories", "topics", "news_summary",
        "first_published_date", "last_updated_date", "news_url",
    })  # fmt: skip
    address = "news_url"

    def parse_row(self, page: TextResponse, row: Record) -> GuidanceItem:
        """Return what a record says."""
        texts = self.checked(row)
        kind = self._kind(texts["press_release"].strip())
        updated = day_of(texts["last_updated_date"])
        return self.item(
            page,
            **self.place(texts),
            title=texts["title"],
            status=kind,
            document_type=kind,
            published=day_of(texts["first_published_date"]),
            updated=updated,
            revised_at=updated,
            topics=names_of(texts["topics"]),
            products=names_of(texts["categories"]),
            summary=texts["news_summary"],
        )

    def _kind(self, word: str) -> str:
        for kind, lookup in (("press release", "yes"), ("news", "no")):
            if word in self.source.lookups[lookup]:
                return kind
        raise UnknownValueError(self.name, f"unknown press_release {word!r}")
