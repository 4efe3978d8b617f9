"""One WARC record: what it says, how it is written as a gzip member, how it is read where it starts in a file."""

import hashlib
import os
import zlib
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord, ArcWarcRecordLoader
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from regintel.archive.http_message import Headers, Message, header_of
from regintel.clock import moment_of
from regintel.exceptions import ArchiveError, UsageError


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

    @property
    def is_unaltered(self) -> bool:
        """Whether the digests that the record carries are those of its bytes; a 304 carries that of another's body."""
        whole = all(_agrees(label, self.block) for label in self.all("WARC-Block-Digest"))
        if self.kind == "revisit":
            return whole
        message = self.message
        return whole and all(
            _agrees(label, message.body) or _agrees(label, message.payload) for label in self.all("WARC-Payload-Digest")
        )


def file_in(folder: Path, name: str) -> Path:
    """Return the path of a WARC file in the folder.

    :raises ArchiveError: when the name is more than a file name.
    """
    if name in {"", ".."} or Path(name).name != name or "\0" in name or "\\" in name:
        raise ArchiveError(f"not a bare file name: {name!r}")
    return folder / name


def member(fields: Headers, content_type: str, block: bytes) -> bytes:
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


def record_at(stream: BinaryIO, offset: int) -> Record:
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
    if header_of(fields, "Content-Length") != str(len(block)):
        raise ArchiveError(f"{where}: the record is cut off")
    after = _after_blank_lines(source)
    if zipped and source.read(1):
        raise ArchiveError(f"{where}: records are not compressed one by one (see `warcio recompress`)")
    return Record(
        file=Path(stream.name).name,
        offset=offset,
        end=end if zipped else after,
        kind=header_of(fields, "WARC-Type") or "",
        id=header_of(fields, "WARC-Record-ID") or "",
        url=header_of(fields, "WARC-Target-URI") or "",
        at=_date(fields, where),
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


def _date(fields: Headers, where: str) -> datetime:
    try:
        return moment_of(header_of(fields, "WARC-Date") or "")
    except UsageError as error:
        raise ArchiveError(f"{where}: {error}") from error


def _agrees(label: str, content: bytes) -> bool:
    """Hold bytes against `algorithm:value`, the value in hex or base 32, as archives write it."""
    name, _, value = label.partition(":")
    algorithm = name.lower().replace("-", "")
    if algorithm not in {"md5", "sha1", "sha256", "sha512"}:
        return False
    digest = hashlib.new(algorithm, content, usedforsecurity=False)
    return value.lower().rstrip("=") in {digest.hexdigest(), b32encode(digest.digest()).decode().lower().rstrip("=")}
