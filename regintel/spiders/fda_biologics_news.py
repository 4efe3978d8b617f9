"""FDA's feed "What's New: Vaccines, Blood and Biologics". How FDA's feeds behave: `fda_news`.

Its name and its 20 items are reported; its template is inferred from the recalls feed.
"""

from regintel.spiders.fda_news import FdaNewsSpider


class FdaBiologicsNewsSpider(FdaNewsSpider):
    """Yields one item per entry of the biologics feed."""

    name = "fda_biologics_news"
