"""NMPA's drug announcements and circulars (药品公告通告).

Page one of a column of 24,539 notices, 20 rows, newest first: what falls off its end is no removal. How the site
behaves stands in `nmpa`. A notice's number stands in its title, `（2025年第86号）`; announcements (公告) and circulars
(通告) count apart, as do CDE's. `/xxgk/ggtg/ypggtg/ypqtggtg/index.html`, the folder of most rows, is a 404.

Label revisions, TCM protection, sampling failures, approvals and news are for information, whatever their title calls
them. A title that names no kind of notice has the column's name for its status.
"""

from regintel.spiders.nmpa import NoticeSpider


class NmpaAnnouncementsSpider(NoticeSpider):
    """Yields one item per row of the first page."""

    name = "nmpa_announcements"
