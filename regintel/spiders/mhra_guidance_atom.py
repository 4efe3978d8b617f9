"""The newest of the MHRA's guidance and regulation, as GOV.UK's finder feed: a hint beside `mhra_guidance`.

How a finder feed behaves stands in `govuk_feeds`. It holds the newest 20 pages of the supergroup, which has guidance,
alerts and drug safety updates in it. The feed names no type, so its own title is the status, and the stage is left to
`mhra_guidance`, which lists the same pages; the two meet at the address.
"""

from regintel.spiders.govuk_feeds import FinderFeedSpider


class MhraGuidanceAtomSpider(FinderFeedSpider):
    """Yields one item per page that was published or revised of late."""

    name = "mhra_guidance_atom"
    word = "Guidance and regulation"
