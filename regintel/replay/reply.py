"""What goes back to a client: a capture, or 304 where the client's copy still stands."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message as HTTPMessage
from email.utils import format_datetime, parsedate_to_datetime

from regintel.archive import Headers
from regintel.archive.http_message import header_of
from regintel.replay.capture import Capture, moment

HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer", "transfer-encoding"}
    | {"upgrade", "content-length"}
)
"""Headers of the connection that a response came over, and its length, which is counted anew."""


@dataclass(frozen=True)
class Reply:
    """What goes over the wire."""

    status: int
    headers: Headers
    body: bytes


def page(status: int, text: str, kind: str) -> Reply:
    """Return a page of ours, of a media type `kind`."""
    body = f"<!DOCTYPE html><title>{status}</title><p>{text}\n" if kind == "text/html" else f"{text}\n"
    return Reply(status, [("Content-Type", f"{kind}; charset=utf-8")], body.encode())


def answered(capture: Capture, method: str, asked: HTTPMessage) -> Reply:
    """Return the capture as it answers these conditions.

    :raises ArchiveError: when its bytes were lost or altered.
    """
    body = capture.read()
    etag = header_of(capture.headers, "ETag") or f'"{hashlib.sha256(body).hexdigest()}"'
    modified = header_of(capture.headers, "Last-Modified") or format_datetime(moment(capture.since), usegmt=True)
    validators = [("ETag", etag), ("Last-Modified", modified)]
    if capture.status == 200 and method in {"GET", "HEAD"} and _is_fresh(asked, etag, modified):
        return Reply(304, validators, b"")
    dropped = HOP_BY_HOP | set((header_of(capture.headers, "Connection") or "").lower().replace(" ", "").split(","))
    kept = [(name, value) for name, value in capture.headers if name.lower() not in dropped]
    missing = [(name, value) for name, value in validators if header_of(capture.headers, name) is None]
    return Reply(capture.status, [*kept, *missing], body)


def _is_fresh(asked: HTTPMessage, etag: str, modified: str) -> bool:
    """Tell whether the client's copy still stands; by its tag if it sends one, else by its date."""
    tags = asked.get("If-None-Match")
    if tags is not None:
        known = [tag.strip().removeprefix("W/") for tag in (*tags.split(","), tags)]
        return etag.removeprefix("W/") in known or "*" in known
    try:
        return _http_date(modified) <= _http_date(asked.get("If-Modified-Since", ""))
    except ValueError:  # a date that is none is no condition (RFC 9110, 13.1.3)
        return False


def _http_date(text: str) -> datetime:
    """Read an HTTP date.

    :raises ValueError: when it is none.
    """
    read = parsedate_to_datetime(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read
