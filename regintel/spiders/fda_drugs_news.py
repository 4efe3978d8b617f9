"""FDA's feed "What's New: Drugs". How FDA's feeds behave: `fda_news`.

Its name is reported; its template and length are inferred from the recalls and biologics feeds.
"""

from regintel.spiders.fda_news import FdaNewsSpider


class FdaDrugsNewsSpider(FdaNewsSpider):
    """Yields one item per entry of the drugs feed."""

    name = "fda_drugs_news"
