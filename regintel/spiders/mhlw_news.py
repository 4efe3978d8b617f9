"""MHLW's news (news.rdf): everything that the ministry announces, drugs among it.

Facts (2026-02 to 2026-03): RSS 1.0 with dc:date to the hour in Japan (`2026-02-27T14:00:00+09:00`). All of the
ministry, so most entries are not about drugs; nothing is left out here. The terms
(https://www.mhlw.go.jp/rss/index.html) forbid to redistribute the RSS: title, address and day are kept, a description
never is. `/stf/news.xml` is another address in circulation, and wrong.
"""

from typing import Any

from regintel.spiders.feeds import Entry, FeedSpider
from regintel.spiders.pmda import address_of, key_of_address


class MhlwNewsSpider(FeedSpider):
    """Yields one item per address: title, link and day."""

    name = "mhlw_news"

    def key_of(self, row: Entry) -> str | None:
        """Return the key that the address gives."""
        return key_of_address(row.link) if row.link else None

    def fields_of(self, row: Entry) -> dict[str, Any]:
        """Return title, link and day, and nothing else of the feed."""
        fields = super().fields_of(row)
        return fields | {"url": address_of(row.link), "summary": "", "topics": (), "revised_at": None}
