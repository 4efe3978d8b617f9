"""NMPA's calls for comment (征求意见).

Not captured: written from what is known of the address, `/xxgk/zhqyj/index.html`, and of its sister columns, which one
content system serves (see `nmpa`). So page one is taken for a feed of 20 rows here too; that is inferred.

A title that asks for comments (公开征求《…》意见, （征求意见稿）) is a draft; a row whose title does not is a problem,
not a guess. The window stands in the notice: 征求意见时限为自发布之日起一个月, counted from the notice's date. That a
notice may name the last day itself (请于…日前) is inferred.
"""

from regintel.spiders.nmpa import NoticeSpider


class NmpaConsultationsSpider(NoticeSpider):
    """Yields one item per row of the first page."""

    name = "nmpa_consultations"
