"""FDA's RSS feeds: titles and the first 300 characters, of guidance documents and of everything else.

How they behave (2026-08; the recalls feed was captured, biologics and drugs are inferred to have the same template):

* RSS 2.0 without lastBuildDate; 20 items, which is about two weeks of recalls. There is no feed of guidance documents.
* Links are http, and go to https before they key anything. A link to a guidance's landing page names that guidance.
* Titles may end in a space. Descriptions are plain text, cut at 300 characters in the middle of a word, and sometimes
  escaped twice ("&amp;amp;").
* `pubDate` names a US zone ("Thu, 10 Sep 2026 16:37:00 EDT"); a Sunday at 00:00:00 occurs. It is the day that the feed
  announced something, not a guidance's day of issue.
* Where a title says "Draft Guidance", that is the status; where it does not, the feed does not say.
"""

import re
from typing import Any

from regintel.identity import canonical
from regintel.spiders.fda import page_address, slug_of
from regintel.spiders.feeds import Entry, FeedSpider

# "Cross-Center Master Files: Where to Submit: Draft Guidance for Industry"
DRAFT = re.compile(r"\bDraft Guidance\b[^:;]*", re.IGNORECASE)
CUT = 290
"""Characters from which a description that ends in no full stop was cut: 300, less what squeezing took."""


class FdaNewsSpider(FeedSpider):
    """Yields one item per entry; a guidance under the key that it has everywhere, its slug."""

    word = "News"

    def key_of(self, row: Entry) -> str | None:
        """Return the guidance's slug, or the address of what is no guidance."""
        return slug_of(row.link) or canonical(page_address(row.link)) if row.link else None

    def fields_of(self, row: Entry) -> dict[str, Any]:
        """Return the fields of an item."""
        word, said = self._status(row)
        told = {
            "url": page_address(row.link),
            "status": word,
            "document_type": word,
            "revised_at": None,  # the day of the announcement is no revision of what it announces
            "summary": whole_words(row.summary),
            "quoted": {"status": said} if said else {},
        }
        return {**super().fields_of(row), **told}

    def _status(self, row: Entry) -> tuple[str, str]:
        """Return the status word and the words that it was read from."""
        if slug_of(row.link) is None:
            return self.word, ""
        match = DRAFT.search(row.title)
        return ("Draft Guidance", match[0].strip()) if match else ("Guidance", "")


def whole_words(description: str) -> str:
    """Return a description without the half word that the cut left.

    >>> whole_words("Short and whole.")
    'Short and whole.'
    """
    if len(description) < CUT or description.endswith((".", "!", "?", ")", "…")):
        return description
    return description.rpartition(" ")[0] + " …"
