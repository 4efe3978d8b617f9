"""Captures from WARC files, ours or other crawlers'."""

import logging
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

from regintel.archive import Record, read_record, records
from regintel.archive.http_message import header_of
from regintel.exceptions import ArchiveError, UsageError
from regintel.replay.capture import STAMP, Capture, Request, canonical

log = logging.getLogger(__name__)


def warc_files(path: Path) -> list[Path]:
    """Return the WARC files that a path names or holds, in order of their names."""
    if path.is_file():
        return [path]
    return sorted(file for file in path.rglob("*") if file.name.endswith((".warc", ".warc.gz")) and file.is_file())


class Shelf:
    """Puts WARC records together: a response with the request it answers, a revisit with what it refers to."""

    def __init__(self) -> None:
        self._responses: list[tuple[Path, Record]] = []
        self._revisits: list[Record] = []
        self._requests: dict[str, Request] = {}
        """By the ids of the request's own record and of those written together with it."""

    def __len__(self) -> int:
        return len(self._responses)

    def add(self, path: Path) -> None:
        """Take in a file; a response that is none is left out with a warning.

        :raises UsageError: when the file cannot be read.
        """
        try:
            for record in records(path):
                if record.url.startswith(("http://", "https://")):
                    self._sort_in(path, record)
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}") from error

    def captures(self) -> list[Capture]:
        """Return the responses, and what was renewed by revisits of them."""
        whole = {record.id: self._capture(path, record) for path, record in self._responses}
        dated = {(canonical(capture.request.url), capture.stamp): capture for capture in whole.values()}
        renewed = []
        for record in self._revisits:
            original = whole.get(header_of(record.fields, "WARC-Refers-To") or "") or dated.get(_referred(record))
            if original is not None:
                renewed.append(self._renewed(original, record))
        return [*whole.values(), *renewed]

    def _sort_in(self, path: Path, record: Record) -> None:
        if record.kind == "request":
            ids = [record.id, *record.all("WARC-Concurrent-To")]
            self._requests.update(dict.fromkeys(ids, _sent(record)))
        elif record.kind == "revisit":
            self._revisits.append(record)
        elif record.kind == "response":
            try:
                status = record.message.status
            except ArchiveError as error:
                log.warning("%s: byte %d: %s", record.file, record.offset, error)
                return
            if status >= 200 and status != 304:  # the others say nothing by themselves
                head = record.block.removesuffix(record.message.body)
                self._responses.append((path, replace(record, block=head)))

    def _request(self, record: Record) -> Request:
        """Return the request that a response answers; a GET where the file does not tell."""
        ids = [record.id, *record.all("WARC-Concurrent-To")]
        sent = next((self._requests[name] for name in ids if name in self._requests), Request("GET", record.url))
        return replace(sent, url=record.url)

    def _capture(self, path: Path, record: Record) -> Capture:
        request, stamp = self._request(record), record.at.strftime(STAMP)
        return Capture(
            request=request,
            stamp=stamp,
            status=record.message.status,
            headers=record.message.headers,
            read=partial(_archived_body, path, record.offset, record.id),
            fits=request.sends_the_same,
            since=stamp,
        )

    def _renewed(self, original: Capture, record: Record) -> Capture:
        """Return a response as a revisit says it still stood; one that is no 304 brings its own headers."""
        request, message = self._request(record), record.message
        capture = replace(original, request=request, fits=request.sends_the_same, stamp=record.at.strftime(STAMP))
        if not re.match(r"HTTP/\S+ +(?!304)[2-5]\d\d", message.first):
            return capture
        return replace(capture, status=message.status, headers=message.headers)


def _referred(record: Record) -> tuple[str, str]:
    """Return address and stamp of what a revisit refers to, where it does not say the record's id."""
    digits = re.sub(r"[^0-9]", "", header_of(record.fields, "WARC-Refers-To-Date") or "")
    return canonical(header_of(record.fields, "WARC-Refers-To-Target-URI") or ""), digits[:14]


def _sent(record: Record) -> Request:
    """Return the request that a record keeps."""
    message = record.message
    return Request(message.first.partition(" ")[0], record.url, message.payload, message.header("Content-Type") or "")


def _archived_body(path: Path, offset: int, record: str) -> bytes:
    return read_record(path.parent, path.name, offset, record).body
