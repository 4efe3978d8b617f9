"""The MHRA Inspectorate's blog: what inspectors see and expect, in posts that GOV.UK's APIs do not have.

An Atom feed: `id`, `published`, `updated`, a link, `title`, `category`, and `summary` or `content`. No verbatim capture
of it was found: its fields are those that a public reader takes from it. One client saw 403, another did not.

* The id (`…/?p=<number>`) stays when a post gets another address [inferred from the form]; where there is none, the
  address is the key.
* `updated` is the blog software's stamp of any edit [inferred], so it is shown and is no revision by itself: a new
  title, summary or category is one.
* Posts are news: the summary is kept, the post's own page is not read.
"""

from typing import Any

from regintel.spiders.feeds import Entry, FeedSpider
from regintel.spiders.govuk import ZONE
from regintel.text.dates import day


class MhraInspectorateBlogSpider(FeedSpider):
    """Yields one item per post."""

    name = "mhra_inspectorate_blog"
    word = "blog post"

    def key_of(self, row: Entry) -> str | None:
        """Return the post's id, which outlives its address."""
        return row.id or row.link or None

    def fields_of(self, row: Entry) -> dict[str, Any]:
        """Return what a post says."""
        days = {"published": day(row.published, ZONE), "updated": day(row.updated, ZONE), "revised_at": None}
        return {**super().fields_of(row), **days, "url": self.some(row.link, "link")}
