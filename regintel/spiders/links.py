"""Links as pages write them; one that is no address costs only what it stands in."""

from urllib.parse import urlsplit

from scrapy.http import TextResponse


def joined(page: TextResponse, href: str) -> str:
    """Return a link as an absolute address; nothing where it is none at all, as in `http://[x`."""
    try:
        address = page.urljoin(href.strip())
        urlsplit(address)
    except ValueError:
        return ""
    return address
