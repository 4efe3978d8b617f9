"""What PMDA's feeds share: RSS 1.0 with title, link and dc:date, the day at noon in Japan, and nothing else of use."""

from typing import Any

from regintel.spiders.feeds import Entry, FeedSpider
from regintel.spiders.pmda import address_of, key_of_address, sized, tagged


class PmdaFeedSpider(FeedSpider):
    """Yields one item per address; an address that comes back with another title or day is revised."""

    def key_of(self, row: Entry) -> str | None:
        """Return the key of what the entry links: a guideline's file has the key that its list gives it."""
        return key_of_address(row.link) if row.link else None

    def fields_of(self, row: Entry) -> dict[str, Any]:
        """Return what an entry says. Its hour is always noon: a day, no moment."""
        tags, title = tagged(sized(row.title)[0])
        fields = super().fields_of(row) | {"url": address_of(row.link), "title": title, "revised_at": None}
        kept_apart = self.source.lookups.get("kept_apart", ())
        kind = next((tag for tag in tags if tag in kept_apart), self.word)
        return fields | {"summary": "", "topics": (*tags, *row.categories), "document_type": kind}
