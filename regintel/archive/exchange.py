"""A request and its response as they are kept: without credentials and chunking, with a length that is the body's."""

import re
import string
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from regintel.archive.http_message import Headers, Message, header_of
from regintel.exceptions import ArchiveError

SECRET = frozenset({"authorization", "proxy-authorization"})


def kept_request(url: str, method: str, headers: Headers, body: bytes) -> Message:
    """Return the request as it went out, without its credentials.

    :raises ArchiveError: when the address is none.
    """
    if re.search(r"\s", url):
        raise ArchiveError(f"not an address: {url!r}")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ArchiveError(f"not an address: {url!r}") from error
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kept = [(name, value) for name, value in headers if name.lower() not in SECRET]
    if header_of(kept, "Host") is None:
        kept.insert(0, ("Host", parts.netloc.rpartition("@")[2]))
    first = f"{method} {quote(target, safe=string.punctuation)} HTTP/1.1"
    return Message(first, _framed(kept, body) if body else kept, body)


def kept_response(method: str, status: int, headers: Headers, body: bytes) -> Message:
    """Return the response as it came; to a HEAD, its headers are those of the body that was not sent."""
    return Message(_status_line(status), headers if method == "HEAD" else _framed(headers, body), body)


def kept_not_modified(headers: Headers) -> Message:
    """Return a 304 as it came; what it says of a length is that of the body it stands for."""
    return Message(_status_line(304), headers, b"")


def _status_line(status: int) -> str:
    known = {member.value: member.phrase for member in HTTPStatus}
    return f"HTTP/1.1 {status} {known.get(status, '')}"


def _framed(headers: Headers, body: bytes) -> Headers:
    """Return the headers as they fit a body that is no longer chunked."""
    length = str(len(body))
    kept = [
        (name, length if name.lower() == "content-length" else value)
        for name, value in headers
        if name.lower() != "transfer-encoding"
    ]
    return kept if header_of(kept, "Content-Length") else [*kept, ("Content-Length", length)]
