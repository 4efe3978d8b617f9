"""GOV.UK's finder feeds: what a search page would show, as Atom, newest first whatever `order` says.

An entry has `id`, `updated`, a link, `title` and `summary`, and no more: no `published`, no category. Its id is
`tag:www.gov.uk,2005:/<path>`, the same at every update, so the path is the key. `updated` is the page's last major
update, with London's offset; when the page was first published, a feed does not say. The feed's own `<updated>` is
missing when it has no entry. A retired finder answers 200 with one entry, "This feed has ended".

The organisation's own feed is another thing: a new id at every update, titles that begin with the type. It is not read.
"""

from typing import Any
from urllib.parse import urlsplit

from regintel.spiders.feeds import Entry, FeedSpider
from regintel.spiders.govuk import SITE, ZONE
from regintel.text.dates import day, moment


class FinderFeedSpider(FeedSpider):
    """Yields one item per page that a finder's feed names."""

    def key_of(self, row: Entry) -> str | None:
        """Return the page's path; none where the link leads away from GOV.UK."""
        return urlsplit(row.link).path if row.link.startswith(f"{SITE}/") else None

    def fields_of(self, row: Entry) -> dict[str, Any]:
        """Return what an entry says; its one stamp is that of the last major update."""
        stamps = {"published": None, "updated": day(row.updated, ZONE), "revised_at": moment(row.updated)}
        return {**super().fields_of(row), **stamps}
