"""Reads the archive: the one response that the index remembers, or a whole file record by record."""

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from regintel.archive.http_message import Headers, Message, header_of
from regintel.archive.record import Record, file_in, record_at
from regintel.exceptions import ArchiveError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ArchivedResponse:
    """A response as the archive gives it back."""

    status: int
    headers: Headers
    body: bytes
    """As it came, Content-Encoding and all; empty for a 304, whose bytes lie in the record it refers to."""
    url: str
    at: datetime


def read_record(
    folder: Path, file: str, offset: int, expected_id: str | None = None, *, sha256: str | None = None
) -> ArchivedResponse:
    """Return the response whose record starts at this byte of a file, once its digests agree with its bytes.

    :param file: a file name in the folder, without any path.
    :param expected_id: the WARC-Record-ID it must have.
    :param sha256: of the body, in hex, as the index remembers it.
    :raises ArchiveError: when there is no such file or record, it is cut off, is another one, or was altered.
    """
    try:
        with file_in(folder, file).open("rb") as stream:
            record = record_at(stream, offset)
    except OSError as error:
        raise ArchiveError(f"{file}: {error.strerror}") from error
    where = f"{file}: byte {offset}"
    if expected_id not in {None, record.id}:
        raise ArchiveError(f"{where}: holds {record.id}, not {expected_id}")
    if record.kind not in {"response", "revisit", "resource"}:
        raise ArchiveError(f"{where}: is a {record.kind} record, not a response")
    if not record.is_unaltered:
        raise ArchiveError(f"{where}: its digest does not match its bytes")
    message = record.message if record.kind != "resource" else _given(record)
    if sha256 is not None and hashlib.sha256(message.payload).hexdigest() != sha256:
        raise ArchiveError(f"{where}: its body is not the one that the index remembers")
    return ArchivedResponse(message.status, message.headers, message.payload, record.url, record.at)


def _given(record: Record) -> Message:
    """Return a file that a person gave as the answer that it stands in for."""
    return Message("HTTP/1.1 200 OK", [("Content-Type", header_of(record.fields, "Content-Type") or "")], record.block)


def records(path: Path) -> Iterator[Record]:
    """Yield the records of a `.warc` or `.warc.gz` file, up to where it is cut off or damaged, with a warning if it is.

    :raises OSError: when the file cannot be read.
    """
    with path.open("rb") as stream:
        size, offset = path.stat().st_size, 0
        while offset < size:
            try:
                record = record_at(stream, offset)
            except ArchiveError as error:
                log.warning("%s; the %d bytes from there on are left out", error, size - offset)
                return
            yield record
            offset = record.end
