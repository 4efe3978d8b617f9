"""Every response kept as WARC: the evidence a version was read from, and what replay serves.

One crawl writes one file, each record its own gzip member, so that a record is found again by file and offset alone and
a file cut off in the middle is good up to the cut. Bytes are kept as they came: Content-Encoding stays; only the
chunking, which the HTTP client has undone before we see the body, is taken out of the headers. A header's text is its
bytes read as latin-1, so that every byte comes back. Credentials (Authorization, Proxy-Authorization) are not kept.

The files follow WARC 1.1, https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/; their
digests are SHA-256 in hex, as the index holds them. Only this package knows warcio.
"""

from regintel.archive.http_message import Headers, Message
from regintel.archive.reader import ArchivedResponse, read_record, records
from regintel.archive.record import Record
from regintel.archive.writer import ArchiveWriter

__all__ = ["ArchiveWriter", "ArchivedResponse", "Headers", "Message", "Record", "read_record", "records"]
