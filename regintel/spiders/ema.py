"""EMA's addresses, and the keys that they give.

Facts (2025-12 to 2026-09): a document lies under `/en/documents/<type>/<slug>_en.pdf`; feeds link the same file under
`/system/files/documents/` too. A web page is `/en/<slug>`. Hosts without `www.` are in circulation. Two documents of
one title differ by `-0` or `-1` at the slug's end (Drupal), so that is left alone.
"""

import re
from urllib.parse import urlsplit

SITE = "https://www.ema.europa.eu"
HOSTS = ("www.ema.europa.eu", "ema.europa.eu")
# /en/documents/scientific-guideline/investigation-chiral-active-substances_en.pdf
DOCUMENT = re.compile(r"^(?:/en|/system/files)?/documents/(?P<type>[^/]+)/(?P<file>[^/]+)$")
PAGE = re.compile(r"^/en/(?P<path>[^?#]+)$")


def document_key(url: str) -> str | None:
    """Return the key that a document's address gives; none if it is no address of a document of EMA.

    >>> document_key("https://www.ema.europa.eu/system/files/documents/other/x_en.pdf")
    'documents/other/x'
    >>> document_key("https://www.ema.europa.eu/en/documents/other/x_en-0.pdf")
    'documents/other/x_en-0.pdf'
    """
    match = DOCUMENT.match(_path(url))
    return f"documents/{match['type']}/{match['file'].removesuffix('_en.pdf')}" if match else None


def page_key(url: str) -> str | None:
    """Return the key that a web page's address gives: its path behind `/en/`; none if it is no page of EMA.

    >>> page_key("https://www.ema.europa.eu/en/development-manufacture-synthetic-peptides-scientific-guideline")
    'development-manufacture-synthetic-peptides-scientific-guideline'
    >>> page_key("https://www.ema.europa.eu/en/documents/other/x_en.pdf"), page_key("https://ec.europa.eu/en/x")
    (None, None)
    """
    path = _path(url)
    match = None if DOCUMENT.match(path) else PAGE.match(path)
    return match["path"] if match else None


def key_of_address(url: str) -> str | None:
    """Return the key of a document or of a web page, whichever the address names.

    >>> key_of_address("http://ema.europa.eu/en/documents/other/x_en.pdf"), key_of_address("https://example.org/x")
    ('documents/other/x', None)
    """
    return document_key(url) or page_key(url)


def canonical_address(url: str) -> str:
    """Return the address that EMA's lists give a document: with `www.`, and under `/en/documents/`.

    >>> canonical_address("http://ema.europa.eu/system/files/documents/other/x_en.pdf?download=1")
    'https://www.ema.europa.eu/en/documents/other/x_en.pdf'
    """
    path = _path(url)
    return SITE + path.replace("/system/files/documents/", "/en/documents/", 1) if path else url


def _path(url: str) -> str:
    """Return an address's path without a last slash; nothing if it is not EMA's."""
    parts = urlsplit(url.strip())
    return re.sub(r"/{2,}", "/", parts.path).rstrip("/") if (parts.hostname or "") in HOSTS else ""
