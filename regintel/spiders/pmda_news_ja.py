"""PMDA's news in Japanese (rss_015): everything that its Japanese top page announces.

Facts (2026-03 to 2026-05): RSS 1.0, the 50 newest entries of all categories, two to four weeks. `title`, `link` and
`dc:date`, the last always at noon in Japan (`2026-05-15T12:00:00+09:00`); no description. Titles begin with one or two
tags ([審査], [安全], [健康], [国際], [PMDA], [採用], [調達], [審査][イベント]); the list of tags is not known to be
whole, so any is kept as a topic. Recruitment and procurement ([採用], [調達]) are kept as what they are. The same
address comes back under a new title (28 entries had 23 addresses): the newest is what it says today. Some links are
PDFs, whose titles carry a size, sometimes in their midst. rss_001.xml is empty; other feed addresses in circulation are
invented.
"""

from regintel.spiders.pmda_feeds import PmdaFeedSpider


class PmdaNewsJaSpider(PmdaFeedSpider):
    """Yields one item per address of the feed."""

    name = "pmda_news_ja"
