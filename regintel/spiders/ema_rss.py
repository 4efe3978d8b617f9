"""EMA's feeds of guidelines, public consultations and inspections.

How they behave (2025-10 to 2026-08): RSS 2.0 at `https://www.ema.europa.eu/en/<name>.xml`, some ten entries each, about
four new ones a month in `scientific-guidelines`. No feed was found word for word: that a `<link/>` may be empty with
the address in its tail, and that `dc:date` may stand in place of `pubDate`, is what other readers guard against.

* Entries link documents straight, under `/en/documents/` or `/system/files/documents/`: both are one document.
* An entry says nothing of a document's state, but for the feed of public consultations: what it announces is under
  consultation. Of a document that the other feeds announce, status and stage stand as they were last known. So a
  document that leaves the one feed and stays in the other is no change.
* `pubDate` may be that of the first publication; whether it moves with a revision is not known. It is told as the day
  of publication, and as no revision.
* What falls off the end is no removal. A gap longer than the feed loses entries: EMA's lists have them.
* A firewall's page comes with 200, as HTML.
"""

from typing import Any
from urllib.parse import urlsplit

from scrapy.http import TextResponse

from regintel.identity import canonical
from regintel.items import GuidanceItem
from regintel.spiders.ema import DOCUMENT, canonical_address, key_of_address
from regintel.spiders.feeds import Entry, FeedSpider
from regintel.text.numbers import ich_code
from regintel.vocabulary import Stage


class EmaRssSpider(FeedSpider):
    """Yields one item per entry, of whichever feed."""

    name = "ema_rss"

    def key_of(self, row: Entry) -> str | None:
        """Return EMA's key of what an entry links; of an address elsewhere, the address."""
        return (key_of_address(row.link) or canonical(row.link)) if row.link else None

    def parse_row(self, page: TextResponse, row: Entry) -> GuidanceItem:
        """Return what an entry says."""
        word = feed_name(page.url)
        return self.item(page, **{**self.fields_of(row), "status": word, "unread": self._unread(word)})

    def fields_of(self, row: Entry) -> dict[str, Any]:
        """Return the fields of an item that any entry gives."""
        document = DOCUMENT.match(urlsplit(row.link).path)
        code = ich_code(row.title)
        own = canonical_address(row.link)
        return {
            **super().fields_of(row),
            "document_type": document["type"] if document else "",
            "references": (f"ICH {code}",) if code else (),
            "revised_at": None,
            "same_as": (own,) if own != row.link else (),
        }

    def _unread(self, word: str) -> tuple[str, ...]:
        """Return what an entry does not tell; under one key an address moves in its form only."""
        stated = self.source.stage_of(word) != Stage.UNSTATED
        return ("url",) if stated else ("url", "status", "stage")


def feed_name(address: str) -> str:
    """Return a feed's name in words.

    >>> feed_name("https://www.ema.europa.eu/en/public-consultations.xml")
    'public consultations'
    """
    return urlsplit(address).path.rpartition("/")[2].removesuffix(".xml").replace("-", " ")
