"""Retries that wait: Retry-After is honoured (Scrapy does not, its issue 3849), everything else backs off.

One request is on its way at a time, so waiting here pauses the whole crawl of this host.
"""

import asyncio
import logging
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from scrapy import Request
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Response

from regintel.orders import CrawlOrder
from regintel.spiders.base import spider_of

logger = logging.getLogger(__name__)


class PatientRetryMiddleware(RetryMiddleware):
    """Retries what may pass, after the time that the server asks for or a doubling one."""

    @property
    def _order(self) -> CrawlOrder:
        return spider_of(self.crawler).order

    async def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """Return the response, or after a wait the request once more."""
        if response.status not in self.retry_http_codes:
            return response
        asked = retry_after(response, datetime.now(UTC))
        if asked is not None and asked > self._order.source.politeness.max_retry_after:
            logger.warning("%s asks to wait %.0f s, which is left to the next run", request.url, asked)
            return response
        again = self._retry(request, f"HTTP {response.status}")
        if again is None:
            return response
        await self._wait(request, asked)
        return again

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:  # type: ignore[override]
        """Return the request once more after a wait, or none to let the exception be."""
        if not isinstance(exception, self.exceptions_to_retry):
            return None
        again = self._retry(request, exception)
        if again is not None:
            await self._wait(request, None)
        return again

    async def _wait(self, request: Request, asked: float | None) -> None:
        base = self._order.source.politeness.delay if self._order.delay is None else self._order.delay
        backed_off = base * 2 ** request.meta.get("retry_times", 0)
        await asyncio.sleep(backed_off if asked is None else max(asked, base))


def retry_after(response: Response, now: datetime) -> float | None:
    """Return the seconds that the server asks to wait, from either form of Retry-After; none if it does not ask."""
    header = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if header.isdecimal():
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())
