"""The MHRA's alerts, recalls and safety information, as GOV.UK's finder feed: an early word of what is urgent.

How a finder feed behaves stands in `govuk_feeds`. A real entry of 29 April 2026 is at hand. `mhra_guidance` lists the
same pages with their `content_id`; the two meet at the address. How many entries the feed holds is not known.

The feed names no type. All that this finder shows are `medical_safety_alert` pages, so that is the status [inferred
from the search API's hits under the same paths].
"""

from regintel.spiders.govuk_feeds import FinderFeedSpider


class MhraAlertsSpider(FinderFeedSpider):
    """Yields one item per alert."""

    name = "mhra_alerts"
    word = "medical_safety_alert"
