"""What FDA's sources share: the addresses of www.fda.gov.

A guidance has one landing page, and the slug of its address is the one key that is unique. Its address comes with http
in feeds, and with the marks of a mailing ("?utm_source=govdelivery") elsewhere: those name no page.
"""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

LANDING_PAGE = re.compile(r"^/regulatory-information/search-fda-guidance-documents/([^/]+)/?$")
HOSTS = ("", "fda.gov", "www.fda.gov")


def slug_of(address: str) -> str | None:
    """Return the slug of a guidance's landing page; none for any other address.

    >>> slug_of("http://www.fda.gov/regulatory-information/search-fda-guidance-documents/cross-center-master-files/")
    'cross-center-master-files'
    >>> slug_of("/regulatory-information/search-fda-guidance-documents") is None
    True
    """
    parts = urlsplit(address)
    match = LANDING_PAGE.match(parts.path) if (parts.hostname or "") in HOSTS else None
    return match[1] if match else None


def page_address(address: str) -> str:
    """Return an address with https, without fragment, last slash and the marks of a mailing.

    >>> page_address("http://www.fda.gov/drugs/news/?utm_medium=email&id=7#top")
    'https://www.fda.gov/drugs/news?id=7'
    """
    parts = urlsplit(address)
    query = [(name, value) for name, value in parse_qsl(parts.query) if not name.startswith("utm_")]
    return urlunsplit(("https", parts.netloc, parts.path.rstrip("/"), urlencode(query), ""))
