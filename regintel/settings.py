"""Scrapy's settings for one crawl of one source; every default that is impolite or unsafe is named here."""

from scrapy.settings import Settings

from regintel.orders import CrawlOrder

MIDDLEWARES = {
    "regintel.middlewares.hosts.DeclaredHostsMiddleware": 40,
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,  # lets `dont_filter` pass, and subdomains
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "regintel.middlewares.robots.RobotsMiddleware": 100,
    "regintel.middlewares.blocks.BlockMiddleware": 545,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "regintel.middlewares.patience.PatientRetryMiddleware": 550,
    "regintel.middlewares.evidence.ArchiveMiddleware": 595,
}
HANDLER = "regintel.middlewares.prefix.PrefixedDownloadHandler"
GIVEN = "regintel.middlewares.given.GivenDownloadHandler"


def crawl_settings(order: CrawlOrder) -> Settings:
    """Return the settings of this crawl."""
    gentle = order.source.politeness
    handler = GIVEN if order.given else HANDLER
    delay = gentle.delay if order.delay is None else order.delay
    settings = Settings()
    settings.setdict({
        "FETCH_PREFIX": order.prefix,
        "SPIDER_MODULES": [f"regintel.spiders.{order.source.id}"],  # the others need not be imported
        "USER_AGENT": order.user_agent,
        "ROBOTSTXT_OBEY": not order.given,  # of files nobody is asked
        "CONCURRENT_REQUESTS": 1,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DOWNLOAD_DELAY": 0 if order.given else delay,
        "DOWNLOAD_DELAY_JITTER": 0,  # Scrapy's ±50 % would go below what robots.txt asks
        "DOWNLOAD_TIMEOUT": gentle.timeout,
        "DOWNLOAD_MAXSIZE": gentle.max_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,  # Scrapy's default is not to
        "RETRY_TIMES": gentle.retries,
        "RETRY_HTTP_CODES": [408, 429, 500, 502, 503, 504, 522, 524],
        "REDIRECT_MAX_TIMES": 5,
        "METAREFRESH_ENABLED": False,
        "COOKIES_ENABLED": False,
        "REFERER_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,  # Scrapy 2.19 would listen for Python to run
        "LOG_INSTALL_ROOT_HANDLER": False,
        "CLOSESPIDER_TIMEOUT": gentle.max_seconds,
        "DEFAULT_REQUEST_HEADERS": {"Accept": f"{order.source.media_type}, */*;q=0.1"},
        "DOWNLOADER_MIDDLEWARES": MIDDLEWARES,
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler, "ftp": None, "file": None, "s3": None, "data": None},
        "ITEM_PIPELINES": {"regintel.pipelines.SpoolPipeline": 100},
        "LOG_LEVEL": "INFO",
        "STATS_DUMP": False,
    })  # fmt: skip
    return settings
