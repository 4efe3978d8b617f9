"""Writes what one crawl fetched as WARC, each request before its response, each record at once."""

import hashlib
import os
from collections.abc import Mapping
from datetime import datetime
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from regintel import __version__
from regintel.archive.exchange import kept_not_modified, kept_request, kept_response
from regintel.archive.http_message import Headers, Message
from regintel.archive.record import file_in, member
from regintel.clock import iso
from regintel.exceptions import ArchiveError
from regintel.items import GIVEN, Response

NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"


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
        self.path = file_in(folder, f"{name}.warc.gz")
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
    ) -> Response:
        """Keep a request and its response.

        :param body: raw as received: de-chunked, Content-Encoding not undone.
        :raises ArchiveError: when it cannot be written; the file is then as it was before this record.
        """
        request = kept_request(url, method, request_headers, request_body)
        response = kept_response(method, status, response_headers, body)
        sha256 = hashlib.sha256(body).hexdigest()
        fields = [("WARC-Type", "response"), ("WARC-Payload-Digest", f"sha256:{sha256}")]
        record, offset = self._write_pair(request, response, fields, url, at)
        return Response(
            id=record,
            url=url,
            method=method,
            status=status,
            fetched_at=iso(at),
            sha256=sha256,
            size=len(body),
            content_type=response.header("Content-Type") or "",
            etag=response.header("ETag"),
            last_modified=response.header("Last-Modified"),
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
        request = kept_request(url, "GET", request_headers, b"")
        response = kept_not_modified(response_headers)
        record, offset = self._write_pair(request, response, fields, url, at)
        here = {
            "id": record,
            "url": url,
            "method": "GET",
            "status": 304,
            "fetched_at": iso(at),
            "etag": response.header("ETag") or refers_to.etag,
            "last_modified": response.header("Last-Modified") or refers_to.last_modified,
            "file": self.path.name,
            "offset": offset,
            "refers_to": original,
        }
        return refers_to.model_copy(update=here)

    def write_given(
        self, data: bytes, *, url: str, content_type: str, about: Mapping[str, str], at: datetime
    ) -> Response:
        """Keep a file that a person gave, as it is, and beside it who gave it.

        :param url: what it was given as an answer to, or a `file:` address of its name.
        :param about: facts on how it came here, by their names; provenance is added.
        :returns: the file's record; its method and status say that nothing was asked and nothing answered.
        :raises ArchiveError: when it cannot be written.
        """
        given, told = _new_id(), _new_id()
        common = [("WARC-Target-URI", url), ("WARC-Date", iso(at)), ("WARC-Warcinfo-ID", self._opened(at))]
        head = [("WARC-Type", "resource"), ("WARC-Record-ID", given), ("WARC-Concurrent-To", told)]
        offset = self._append([*head, *common], content_type, data)
        head = [("WARC-Type", "metadata"), ("WARC-Record-ID", told), ("WARC-Refers-To", given)]
        self._append([*head, *common], "application/warc-fields", _fields({"provenance": GIVEN, **about}))
        return Response(
            id=given,
            url=url,
            method=GIVEN,
            status=0,
            fetched_at=iso(at),
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            content_type=content_type,
            file=self.path.name,
            offset=offset,
        )

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
            fields = [("WARC-Type", "warcinfo"), ("WARC-Record-ID", self._info), ("WARC-Date", iso(at))]
            try:
                self._append([*fields, ("WARC-Filename", self.path.name)], "application/warc-fields", _fields(about))
            except ArchiveError:
                self._file.close()
                self._file = None
                self.path.unlink()
                raise
        return self._info

    def _append(self, fields: Headers, content_type: str, block: bytes) -> int:
        """Write one record and return its offset; a record that does not fit leaves no torn half behind."""
        if self._file is None:
            raise ArchiveError(f"{self.path.name}: is closed")
        offset = self._file.tell()
        rest = memoryview(member(fields, content_type, block))
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            self._file.truncate(offset)
            self._file.seek(offset)
            raise ArchiveError(f"{self.path.name}: cannot be written: {error.strerror}") from error
        return offset


def _fields(about: Mapping[str, str]) -> bytes:
    """Return facts as a record of type `application/warc-fields` holds them, a line each."""
    return "".join(f"{name}: {' '.join(value.split())}\r\n" for name, value in about.items()).encode()


def _new_id() -> str:
    return f"<urn:uuid:{uuid4()}>"
