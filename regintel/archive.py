"""Every response kept as WARC: the evidence a version was read from, and what replay serves.

One crawl writes one file, each record its own gzip member, so that a record is found again by file and offset alone and
a file cut off in the middle is good up to the cut. Bytes are kept as they came: Content-Encoding stays; only the
chunking, which the HTTP client has undone before we see the body, is taken out of the headers. A header's text is its
bytes read as latin-1, so that every byte comes back. Credentials (Authorization, Proxy-Authorization) are not kept.

The files follow WARC 1.1, https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/; their
digests are SHA-256 in hex, as the index holds them. Only this module knows warcio.
"""

import hashlib
import logging
import os
import re
import string
import zlib
from base64 import b32encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from io import BytesIO, FileIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TypeAlias
from urllib.parse import quote, urlsplit
from uuid import uuid4

from warcio.bufferedreaders import ChunkedDataReader
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord, ArcWarcRecordLoader
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from regintel import __version__
from regintel.clock import iso, moment_of
from regintel.exceptions import ArchiveError, UsageError
from regintel.items import Response

Headers: TypeAlias = list[tuple[str, str]]
"""Names and values in the order they came, a name as often as it came."""

NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
SECRET = frozenset({"authorization", "proxy-authorization"})

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Message:
    """One HTTP message: its first line, its headers, its body."""

    first: str
    headers: Headers
    body: bytes

    @classmethod
    def read(cls, block: bytes) -> Self:
        """Take a record's block apart; bare line feeds and folded headers of other writers are understood."""
        blank = re.search(rb"\r?\n\r?\n", block)
        head, body = (block[: blank.start()], block[blank.end() :]) if blank else (block, b"")
        first, *lines = (line.removesuffix("\r") for line in head.decode("latin-1").split("\n"))
        headers: Headers = []
        for line in lines:
            if line.startswith((" ", "\t")) and headers:
                name, value = headers.pop()
                headers.append((name, f"{value} {line.strip(' ')}"))
            else:
                name, _, value = line.partition(":")
                headers.append((name, value.strip(" \t")))
        return cls(first, headers, body)

    def header(self, name: str) -> str | None:
        """Return the first header of that name, in any case of letters."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def status(self) -> int:
        """The status of a response.

        :raises ArchiveError: when the first line has none.
        """
        found = re.match(r"HTTP/\S+ +(\d{3})\b", self.first)
        if found is None:
            raise ArchiveError(f"not the first line of a response: {self.first[:80]!r}")
        return int(found[1])

    @property
    def payload(self) -> bytes:
        """The body without chunking, which other writers leave in."""
        if "chunked" not in (self.header("Transfer-Encoding") or "").lower():
            return self.body
        return bytes(ChunkedDataReader(BytesIO(self.body)).read())

    def block(self) -> bytes:
        """Return the message as a record holds it.

        :raises ArchiveError: when a line cannot stand in an HTTP message.
        """
        lines = [self.first, *(name + ": " + value.strip(" \t") for name, value in self.headers)]
        for line in lines:
            if "\n" in line or max(line, default="") > "\xff":
                raise ArchiveError(f"not a line of an HTTP message: {line[:80]!r}")
        return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1") + self.body


@dataclass(frozen=True)
class Record:
    """One WARC record as it lies in its file."""

    file: str
    offset: int
    end: int
    """Where the next record starts."""
    kind: str
    """WARC-Type."""
    id: str
    url: str
    at: datetime
    fields: Headers
    """The record's own headers, in its file's order."""
    block: bytes

    @cached_property
    def message(self) -> Message:
        """The HTTP message that the block of a request, response or revisit is."""
        return Message.read(self.block)

    def all(self, name: str) -> list[str]:
        """Return every value of a field of the record's own."""
        return [value for key, value in self.fields if key.lower() == name.lower()]


@dataclass(frozen=True)
class ArchivedResponse:
    """A response as the archive gives it back."""

    status: int
    headers: Headers
    body: bytes
    """As it came, Content-Encoding and all; empty for a 304, whose bytes lie in the record it refers to."""
    url: str
    at: datetime


class ArchiveWriter:
    """Writes what one crawl fetched to `<folder>/<name>.warc.gz`; a crawl that fetched nothing leaves no file.

    Each record is handed to the system as it is written, so that a killed process loses at most the last one.
    """

    def __init__(self, folder: Path, name: str, *, run: str, source: str, robots: str) -> None:
        """Name the file; it is made at the first record.

        :param name: holds the run's id, so that two processes never share a file.
        :param robots: the policy the crawl kept to, `obey` or `ignore`, as the warcinfo record tells it.
        :raises ArchiveError: when the name is more than a file name.
        """
        self.path = folder / _bare(f"{name}.warc.gz")
        self._about = {"run": run, "source": source, "robots": robots}
        self._file: FileIO | None = None
        self._info = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(
        self,
        *,
        url: str,
        method: str,
        status: int,
        request_headers: Headers,
        request_body: bytes,
        response_headers: Headers,
        body: bytes,
        at: datetime,
        reason: str = "",
    ) -> Response:
        """Keep a request and its response.

        :param body: raw as received: de-chunked, Content-Encoding not undone.
        :raises ArchiveError: when it cannot be written; the file is then as it was before this record.
        """
        headers = response_headers if method == "HEAD" else _framed(response_headers, body)
        sha256 = hashlib.sha256(body).hexdigest()
        record, offset = self._write_pair(
            _request(url, method, request_headers, request_body),
            Message(_status_line(status, reason), headers, body),
            [("WARC-Type", "response"), ("WARC-Payload-Digest", f"sha256:{sha256}")],
            url,
            at,
        )
        return Response(
            id=record,
            url=url,
            method=method,
            status=status,
            fetched_at=iso(at),
            sha256=sha256,
            size=len(body),
            content_type=_first(headers, "Content-Type") or "",
            etag=_first(headers, "ETag"),
            last_modified=_first(headers, "Last-Modified"),
            file=self.path.name,
            offset=offset,
        )

    def write_not_modified(
        self,
        *,
        url: str,
        request_headers: Headers,
        response_headers: Headers,
        refers_to: Response,
        at: datetime,
        method: str = "GET",
        reason: str = "",
    ) -> Response:
        """Keep a 304 as a `revisit` of the response whose bytes still stand.

        :param refers_to: that response, or an earlier 304 that stood for it.
        :returns: the 304 with hash and size of those bytes; validators it did not repeat are carried over.
        :raises ArchiveError: when it cannot be written.
        """
        original = refers_to.refers_to or refers_to.id
        fields = [
            ("WARC-Type", "revisit"),
            ("WARC-Profile", NOT_MODIFIED),
            ("WARC-Refers-To", original),
            ("WARC-Refers-To-Target-URI", refers_to.url),
            ("WARC-Payload-Digest", f"sha256:{refers_to.sha256}"),
        ]
        if refers_to.refers_to is None:  # of a 304 we know its own date only, not that of the bytes
            fields.append(("WARC-Refers-To-Date", refers_to.fetched_at))
        request = _request(url, method, request_headers, b"")
        response = Message(_status_line(304, reason), response_headers, b"")
        record, offset = self._write_pair(request, response, fields, url, at)
        here = {
            "id": record,
            "url": url,
            "method": method,
            "status": 304,
            "fetched_at": iso(at),
            "etag": _first(response_headers, "ETag") or refers_to.etag,
            "last_modified": _first(response_headers, "Last-Modified") or refers_to.last_modified,
            "file": self.path.name,
            "offset": offset,
            "refers_to": original,
        }
        return refers_to.model_copy(update=here)

    def sync(self) -> None:
        """Return once what was written is on the disk."""
        if self._file is None:
            return
        os.fsync(self._file.fileno())
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def close(self) -> None:
        """Sync and close the file, if there is one; closing twice does no harm."""
        if self._file is None:
            return
        try:
            self.sync()
        finally:
            self._file.close()
            self._file = None

    def _write_pair(
        self, request: Message, response: Message, fields: Headers, url: str, at: datetime
    ) -> tuple[str, int]:
        """Append both, the request first: one without its response misleads nobody.

        :returns: id and offset of the response's record.
        """
        blocks = request.block(), response.block()
        asked, answered = _new_id(), _new_id()
        common = [("WARC-Target-URI", url), ("WARC-Date", iso(at)), ("WARC-Warcinfo-ID", self._opened(at))]
        body_digest = f"sha256:{hashlib.sha256(request.body).hexdigest()}"
        about_request = [("WARC-Type", "request"), ("WARC-Payload-Digest", body_digest)]
        links = [("WARC-Record-ID", asked), ("WARC-Concurrent-To", answered)]
        self._append([*about_request, *links, *common], "application/http; msgtype=request", blocks[0])
        links = [("WARC-Record-ID", answered), ("WARC-Concurrent-To", asked)]
        offset = self._append([*fields, *links, *common], "application/http; msgtype=response", blocks[1])
        return answered, offset

    def _opened(self, at: datetime) -> str:
        """Make the file with its warcinfo record, if it is not there yet, and return that record's id."""
        if self._file is None:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self.path.open("xb", buffering=0)
            except OSError as error:
                raise ArchiveError(f"{self.path.name}: cannot be made: {error.strerror}") from error
            self._info = _new_id()
            about = {"software": f"regintel/{__version__}", "format": "WARC File Format 1.1", **self._about}
            lines = "".join(f"{name}: {' '.join(value.split())}\r\n" for name, value in about.items())
            fields = [("WARC-Type", "warcinfo"), ("WARC-Record-ID", self._info), ("WARC-Date", iso(at))]
            self._append([*fields, ("WARC-Filename", self.path.name)], "application/warc-fields", lines.encode())
        return self._info

    def _append(self, fields: Headers, content_type: str, block: bytes) -> int:
        """Write one record and return its offset; a record that does not fit leaves no torn half behind."""
        if self._file is None:
            raise ArchiveError(f"{self.path.name}: is closed")
        offset = self._file.tell()
        rest = memoryview(_member(fields, content_type, block))
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            self._file.truncate(offset)
            self._file.seek(offset)
            raise ArchiveError(f"{self.path.name}: cannot be written: {error.strerror}") from error
        return offset


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
        with (folder / _bare(file)).open("rb") as stream:
            record = _record_at(stream, offset)
    except OSError as error:
        raise ArchiveError(f"{file}: {error.strerror}") from error
    where = f"{file}: byte {offset}"
    if expected_id not in {None, record.id}:
        raise ArchiveError(f"{where}: holds {record.id}, not {expected_id}")
    if record.kind not in {"response", "revisit"}:
        raise ArchiveError(f"{where}: is a {record.kind} record, not a response")
    if not _is_unaltered(record):
        raise ArchiveError(f"{where}: its digest does not match its bytes")
    message = record.message
    if sha256 is not None and hashlib.sha256(message.payload).hexdigest() != sha256:
        raise ArchiveError(f"{where}: its body is not the one that the index remembers")
    return ArchivedResponse(message.status, message.headers, message.payload, record.url, record.at)


def records(path: Path) -> Iterator[Record]:
    """Yield the records of a `.warc` or `.warc.gz` file, up to where it is cut off or damaged, with a warning if it is.

    :raises OSError: when the file cannot be read.
    """
    with path.open("rb") as stream:
        size, offset = path.stat().st_size, 0
        while offset < size:
            try:
                record = _record_at(stream, offset)
            except ArchiveError as error:
                log.warning("%s; the %d bytes from there on are left out", error, size - offset)
                return
            yield record
            offset = record.end


def _bare(file: str) -> str:
    """Return a file name that is nothing more than that.

    :raises ArchiveError: when it has a path in it.
    """
    if file in {"", ".."} or Path(file).name != file or "\0" in file or "\\" in file:
        raise ArchiveError(f"not a bare file name: {file!r}")
    return file


def _new_id() -> str:
    return f"<urn:uuid:{uuid4()}>"


def _first(headers: Headers, name: str) -> str | None:
    return Message("", headers, b"").header(name)


def _status_line(status: int, reason: str) -> str:
    known = {member.value: member.phrase for member in HTTPStatus}
    return f"HTTP/1.1 {status} {reason or known.get(status, '')}"


def _request(url: str, method: str, headers: Headers, body: bytes) -> Message:
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
    if _first(kept, "Host") is None:
        kept.insert(0, ("Host", parts.netloc.rpartition("@")[2]))
    first = f"{method} {quote(target, safe=string.punctuation)} HTTP/1.1"
    return Message(first, _framed(kept, body) if body else kept, body)


def _framed(headers: Headers, body: bytes) -> Headers:
    """Return the headers as they fit a body that is no longer chunked."""
    length = str(len(body))
    kept = [
        (name, length if name.lower() == "content-length" else value)
        for name, value in headers
        if name.lower() != "transfer-encoding"
    ]
    return kept if _first(kept, "Content-Length") else [*kept, ("Content-Length", length)]


def _member(fields: Headers, content_type: str, block: bytes) -> bytes:
    """Return a record as a gzip member of its own.

    warcio is given the whole block as content, for it would percent-encode headers that are not ASCII; and it is told
    `warcinfo` whatever the kind (WARC-Type says the true one), for of a revisit it writes only headers it has parsed,
    and of others it would take the digest of the whole block for that of the body.
    """
    digest = ("WARC-Block-Digest", f"sha256:{hashlib.sha256(block).hexdigest()}")
    head = StatusAndHeaders("", [*fields, digest], protocol="WARC/1.1")
    out = BytesIO()
    record = ArcWarcRecord("warc", "warcinfo", head, BytesIO(block), None, content_type, len(block))
    WARCWriter(out, gzip=True, warc_version="1.1").write_record(record)
    return out.getvalue()


def _record_at(stream: BinaryIO, offset: int) -> Record:
    """Read the record that starts at this byte.

    :raises ArchiveError: when none starts there, or it is cut off or damaged.
    """
    where = f"{Path(stream.name).name}: byte {offset}"
    if offset < 0:
        raise ArchiveError(f"{where}: is outside the file")
    stream.seek(offset)
    zipped = stream.read(2) == b"\x1f\x8b"
    stream.seek(offset)
    source: BinaryIO = BytesIO(_inflated(stream, where)) if zipped else stream
    end = stream.tell()
    try:
        found = ArcWarcRecordLoader().parse_record_stream(source, known_format="warc", no_record_parse=True)
    except (ArchiveLoadFailed, EOFError) as error:
        raise ArchiveError(f"{where}: no record starts here") from error
    fields: Headers = found.rec_headers.headers
    block: bytes = found.raw_stream.read()
    if _first(fields, "Content-Length") != str(len(block)):
        raise ArchiveError(f"{where}: the record is cut off")
    after = _after_blank_lines(source)
    if zipped and source.read(1):
        raise ArchiveError(f"{where}: records are not compressed one by one (see `warcio recompress`)")
    try:
        at = moment_of(_first(fields, "WARC-Date") or "")
    except UsageError as error:
        raise ArchiveError(f"{where}: {error}") from error
    return Record(
        file=Path(stream.name).name,
        offset=offset,
        end=end if zipped else after,
        kind=_first(fields, "WARC-Type") or "",
        id=_first(fields, "WARC-Record-ID") or "",
        url=_first(fields, "WARC-Target-URI") or "",
        at=at,
        fields=fields,
        block=block,
    )


def _inflated(stream: BinaryIO, where: str) -> bytes:
    """Return the gzip member that starts here, and leave the stream at its end.

    :raises ArchiveError: when it is cut off or damaged.
    """
    inflater, pieces = zlib.decompressobj(wbits=zlib.MAX_WBITS + 16), []
    while not inflater.eof:
        chunk = stream.read(1 << 16)
        if not chunk:
            raise ArchiveError(f"{where}: the record is cut off")
        try:
            pieces.append(inflater.decompress(chunk))
        except zlib.error as error:
            raise ArchiveError(f"{where}: the record is damaged: {error}") from error
    stream.seek(-len(inflater.unused_data), os.SEEK_CUR)
    return b"".join(pieces)


def _after_blank_lines(source: BinaryIO) -> int:
    """Pass over the blank lines that end a record, and return where the next one starts."""
    while (line := source.readline()) and not line.strip():
        pass
    source.seek(-len(line), os.SEEK_CUR)
    return source.tell()


def _is_unaltered(record: Record) -> bool:
    """Tell whether the digests that the record carries are those of its bytes; a 304 carries that of another's body."""
    whole = all(_agrees(label, record.block) for label in record.all("WARC-Block-Digest"))
    if record.kind == "revisit":
        return whole
    message = record.message
    return whole and all(
        _agrees(label, message.body) or _agrees(label, message.payload) for label in record.all("WARC-Payload-Digest")
    )


def _agrees(label: str, content: bytes) -> bool:
    """Hold bytes against `algorithm:value`, the value in hex or base 32, as archives write it."""
    name, _, value = label.partition(":")
    algorithm = name.lower().replace("-", "")
    if algorithm not in {"md5", "sha1", "sha256", "sha512"}:
        return False
    digest = hashlib.new(algorithm, content, usedforsecurity=False)
    return value.lower().rstrip("=") in {digest.hexdigest(), b32encode(digest.digest()).decode().lower().rstrip("=")}
