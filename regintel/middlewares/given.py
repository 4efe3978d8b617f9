"""Answers that persons saved, in place of the network: what a site refuses to give a program.

Nothing is asked, not even robots.txt. A page that nobody saved is refused, so that no part of a list is taken for all
of it.
"""

import mimetypes
from pathlib import Path

from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes

from regintel.exceptions import FetchError
from regintel.spiders.base import spider_of


class GivenDownloadHandler(BaseDownloadHandler):
    """Answers from files: an address from its own, further pages of the list from the others in their order."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        given = spider_of(crawler).order.given
        self._addressed = {name: path for name, path in given.items() if "://" in name}
        self._pages = [path for name, path in given.items() if "://" not in name]

    async def download_request(self, request: Request) -> Response:
        """Return what was saved.

        :raises FetchError: when nothing was.
        """
        path, source = self._file_of(request), spider_of(self.crawler).source
        if path is None:
            raise FetchError(source.id, f"nobody saved this page, and it is not asked for: {request.url}",
                             url=request.url)  # fmt: skip
        request.meta["given"] = path.name
        body = path.read_bytes()
        headers = Headers({"Content-Type": _media_type(path, source.media_type)})
        form = responsetypes.from_args(headers=headers, url=request.url, body=body)
        return form(url=request.url, status=200, headers=headers, body=body)

    def _file_of(self, request: Request) -> Path | None:
        """Return the file that answers, each file once: CDE's pages, asked by POST, all have one address."""
        spider = spider_of(self.crawler)
        if request.callback != spider.parse:  # no page of the list, but what the list names
            return self._addressed.pop(request.url, None)
        # Spiders add to an address what they ask for: a window of days, a page.
        begun = [each for each in self._addressed if request.url[len(each) :][:1] in set("?&#") | {""}
                 and request.url.startswith(each)]  # fmt: skip
        if not begun and len(spider.source.addresses) == 1:
            begun = list(self._addressed)
        if begun:
            return self._addressed.pop(max(begun, key=len))
        return self._pages.pop(0) if self._pages else None


def _media_type(path: Path, due: str) -> str:
    """Return a file's type by its name; by what is due where the name does not tell."""
    return mimetypes.guess_type(path.name)[0] or due.split(",")[0].strip()
