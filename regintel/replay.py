"""Serves archived responses on loopback, in the form of the Wayback Machine.

`http://127.0.0.1:PORT/<timestamp>id_/<original URL>` is answered with the newest capture at or before the timestamp; a
short timestamp means the end of what it names, `20251015` the end of that day. Where there is none: 404.

Captures come from WARC files (ours or other crawlers'), from folders of them, and from capture folders: a folder with
`index.jsonl`, a response a line,
    {"url", "time", "status"?, "headers"?, "method"?, "body_match"?, "url_match"?, "file" or "text"}
where `time` is YYYYMMDDhhmmss, `body_match` a regex that the request's body must hold, `file` a path inside the folder.
With `url_match`, a regex, the line answers every address it is found in, as sent or percent-decoded, and `url` is only
its label. An address that a capture names goes before one that is found by pattern; of two captures of the same time
the later in the file answers.

Http or https, a trailing slash and the way of percent-encoding make no difference where the exact address is not there.
A 304 that was archived stands for the response it refers to. What lies in a WARC is read from it when it is asked for,
and only served if its digest agrees with it.
"""

import hashlib
import logging
import re
import string
import sys
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import Message as HTTPMessage
from email.utils import format_datetime, parsedate_to_datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SHUT_RDWR, socket
from socketserver import TCPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Annotated, Any, NamedTuple, Self
from urllib.parse import parse_qsl, quote, unquote, unquote_to_bytes, urlsplit

from pydantic import BaseModel, Field

from regintel.archive import Headers, Message, Record, read_record, records
from regintel.exceptions import ArchiveError, UsageError

HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer", "transfer-encoding"}
    | {"upgrade", "content-length"}
)
"""Headers of the connection that a response came over, and its length, which is counted anew."""
STAMP = "%Y%m%d%H%M%S"
EARLIEST = "00000101000000"
"""What completes a short time of a capture folder: the first second of the year, month, day it names."""
LARGEST_REQUEST = 1 << 24
"""Bytes; a form is a few hundred."""

log = logging.getLogger(__name__)


class Seen(NamedTuple):
    """A request as the server saw it."""

    method: str
    url: str
    """The original one; of a request that was not understood, its path."""
    status: int
    conditional: bool


@dataclass(frozen=True)
class Request:
    """What an archived response was the answer to, or what a client asks."""

    method: str
    url: str
    body: bytes = b""
    content_type: str = ""

    @property
    def fields(self) -> list[tuple[str, str]] | None:
        """The fields of a form, in an order of their own; none when it is no form."""
        if not self.content_type.lower().startswith("application/x-www-form-urlencoded"):
            return None
        text = self.body.decode("latin-1")  # a character a byte, whatever the form's encoding is
        return sorted(parse_qsl(text, keep_blank_values=True, encoding="latin-1"))

    def sends_the_same(self, other: "Request") -> bool:
        """Tell whether both send the same body: byte for byte, or as a form whose fields may stand in any order."""
        return self.body == other.body or (self.fields is not None and self.fields == other.fields)


@dataclass(frozen=True)
class Capture:
    """One archived response, its body left where it lies."""

    request: Request
    stamp: str
    """YYYYMMDDhhmmss, UTC."""
    status: int
    headers: Headers
    read: Callable[[], bytes]
    fits: Callable[[Request], bool]
    """Tells whether a request of this address and method is the one that was answered."""
    since: str
    """The stamp from which these bytes stood: earlier than `stamp` when a 304 renewed them."""
    pattern: re.Pattern[str] | None = None
    """Answers every address that this is found in."""

    def covers(self, url: str) -> bool:
        """Tell whether the capture's pattern is found in an address, as sent or percent-decoded."""
        return self.pattern is not None and bool(self.pattern.search(url) or self.pattern.search(unquote(url)))


@dataclass(frozen=True)
class Reply:
    """What goes over the wire."""

    status: int
    headers: Headers
    body: bytes


class CaptureLine(BaseModel):
    """A line of a capture folder's `index.jsonl`."""

    url: str
    time: Annotated[str, Field(pattern=r"^[0-9]{4,14}$")]
    status: Annotated[int, Field(ge=200, le=599)] = 200
    headers: dict[str, str] = {}
    method: str = "GET"
    body_match: re.Pattern[str] | None = None
    url_match: re.Pattern[str] | None = None
    file: str | None = None
    text: str = ""


class Captures:
    """The archived responses, found by address, method, body and time."""

    def __init__(self, captures: Iterable[Capture]) -> None:
        self._exact: dict[tuple[str, str], list[Capture]] = defaultdict(list)
        self._alike: dict[tuple[str, str], list[Capture]] = defaultdict(list)
        self._patterns: list[Capture] = []
        for capture in sorted(captures, key=lambda capture: capture.stamp):
            method, url = capture.request.method, capture.request.url
            if capture.pattern is not None:
                self._patterns.append(capture)
            else:
                self._exact[method, url].append(capture)
                self._alike[method, canonical(url)].append(capture)

    @classmethod
    def load(cls, paths: Sequence[Path]) -> Self:
        """Read what the paths hold: WARC files, folders of them, capture folders.

        :raises UsageError: when a path does not exist, cannot be read, or holds no response.
        """
        shelf = _Shelf()
        listed: list[Capture] = []
        for path in paths:
            if not path.exists():
                raise UsageError(f"{path}: does not exist")
            before = len(shelf) + len(listed)
            listed += _capture_folder(path)
            for file in _warc_files(path):
                shelf.add(file)
            if len(shelf) + len(listed) == before:
                raise UsageError(f"{path}: holds no archived response")
        return cls([*listed, *shelf.captures()])

    def newest(self, request: Request, stamp: str) -> Capture | None:
        """Return the newest capture at or before the stamp that answers the request."""
        method = "GET" if request.method == "HEAD" else request.method
        until = stamp.ljust(14, "9")
        found = (
            self._exact.get((method, request.url), []),
            self._alike.get((method, canonical(request.url)), []),
            [capture for capture in self._patterns if capture.request.method == method and capture.covers(request.url)],
        )
        fitting = (c for group in found for c in reversed(group) if c.stamp <= until and c.fits(request))
        return next(fitting, None)


class ReplayServer(ThreadingHTTPServer):
    """Answers from captures on 127.0.0.1.

    As a context manager it serves from a thread of its own; the command line calls `serve_forever` instead, and
    `server_close` when that is interrupted.
    """

    request_queue_size = 128
    daemon_threads = False  # closing waits for the answers under way, so that no socket is left open

    def __init__(self, captures: Captures, port: int = 0) -> None:
        """Take the port, 0 for a free one.

        :raises OSError: when it is taken.
        """
        self.captures = captures
        self._seen: deque[Seen] = deque(maxlen=100_000)
        self._open: set[socket] = set()
        self._lock = Lock()
        self._thread: Thread | None = None
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def address(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def requests(self) -> list[Seen]:
        """The requests answered so far, oldest first."""
        with self._lock:
            return list(self._seen)

    def prefix(self, stamp: str) -> str:
        """Return the fetch prefix that shows the world as it was at a timestamp of 1 to 14 digits.

        :raises UsageError: when it is none.
        """
        if not re.fullmatch(r"[0-9]{1,14}", stamp):
            raise UsageError(f"not a timestamp YYYYMMDDhhmmss: {stamp!r}")
        return f"{self.address}/{stamp}id_/"

    def note(self, seen: Seen) -> None:
        """Remember a request."""
        with self._lock:
            self._seen.append(seen)

    def server_bind(self) -> None:
        """Bind without asking any name server what 127.0.0.1 is called."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.socket.getsockname()[1]

    def server_close(self) -> None:
        """Stop listening, hang up on idle clients, and wait for the threads."""
        with self._lock:
            for connection in self._open:
                with suppress(OSError):  # the client was faster
                    connection.shutdown(SHUT_RDWR)
        super().server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a connection in its own thread, and remember that it is open."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what went wrong with one connection; a client that hung up is no news."""
        error = sys.exc_info()[1]
        if isinstance(error, ConnectionError):
            log.debug("%s hung up: %s", client_address, error)
        else:
            log.error("request of %s failed", client_address, exc_info=error)

    def __enter__(self) -> Self:
        self._thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, name="replay")
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.shutdown()
        if self._thread is not None:
            self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: ReplayServer
    protocol_version = "HTTP/1.1"
    server_version = "regintel-replay"
    timeout = 60
    """Seconds until a silent client is hung up on."""
    disable_nagle_algorithm = True

    def answer(self) -> None:
        """Answer one request."""
        url = self.path
        try:
            stamp, request = self._request()
        except UsageError as error:
            self.close_connection = True  # what is left of the request cannot be told from the next one
            reply = _page(400, str(error), "text/plain")
        else:
            url = request.url
            reply = self._reply(request, stamp)
        conditional = "If-None-Match" in self.headers or "If-Modified-Since" in self.headers
        self.server.note(Seen(self.command, url, reply.status, conditional))
        self._send(reply)

    do_GET = do_HEAD = do_POST = answer  # noqa: N815  (http.server's names)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name in the base class)
        """Log instead of writing to stderr."""
        log.debug("%s: %s", self.address_string(), format % args)

    def _request(self) -> tuple[str, Request]:
        """Return timestamp and original request.

        :raises UsageError: when it is not one that we serve.
        """
        body = self._body()
        found = re.fullmatch(r"/([0-9]{1,14})id_/(https?):/{1,2}([^/].*)", self.path, re.IGNORECASE)
        if found is None:
            raise UsageError("expected /<timestamp>id_/<original URL>")
        raw = found[3].encode("latin-1")  # http.server reads the bytes of the line as latin-1
        url = f"{found[2].lower()}://{quote(raw, safe=string.punctuation)}"
        try:
            urlsplit(url)
        except ValueError as error:
            raise UsageError(f"not an address: {url}") from error
        return found[1], Request(self.command, url, body, self.headers.get("Content-Type", ""))

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not re.fullmatch(r"[0-9]{1,9}", length):
            raise UsageError("expected a body with its Content-Length")
        if int(length) > LARGEST_REQUEST:
            raise UsageError(f"expected a body of at most {LARGEST_REQUEST} bytes")
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            raise UsageError("the body is cut off")
        return body

    def _reply(self, request: Request, stamp: str) -> Reply:
        capture = self.server.captures.newest(request, stamp)
        if capture is None:
            return _page(404, f"no capture of this address at or before {stamp}", "text/html")
        try:
            return _answered(capture, request.method, self.headers)
        except (ArchiveError, OSError) as error:
            log.warning("%s: %s", request.url, error)
            return _page(500, "the archived response cannot be read", "text/plain")

    def _send(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            self.send_header(name, re.sub(r"[\r\n]+", " ", value))
        if reply.status not in {204, 304}:
            self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and reply.status not in {204, 304}:
            self.wfile.write(reply.body)


def serve(paths: Sequence[Path], port: int = 0) -> ReplayServer:
    """Return a server of what the paths hold, its port taken, not yet serving.

    :raises UsageError: when a path holds nothing to serve, or the port cannot be had.
    """
    captures = Captures.load(paths)
    try:
        return ReplayServer(captures, port)
    except (OSError, OverflowError) as error:
        raise UsageError(f"port {port}: {error}") from error


def canonical(url: str) -> str:
    """Return an address without what makes no difference: scheme, default port, trailing slash, percent-encoding.

    An address that cannot be taken apart stays as it is.
    """
    try:
        parts = urlsplit(url.rstrip("/"))
    except ValueError:
        return url
    host = re.sub(r":(80|443)?$", "", parts.netloc.lower())
    path = re.sub(r"[^/]+", lambda part: _encoded(part[0]), parts.path).rstrip("/")
    query = re.sub(r"[^&=]+", lambda part: _encoded(part[0].replace("+", " ")), parts.query)
    return f"{host}{path}?{query}"


def _encoded(part: str) -> str:
    return quote(unquote_to_bytes(part), safe="")


def _page(status: int, text: str, kind: str) -> Reply:
    body = f"<!DOCTYPE html><title>{status}</title><p>{text}\n" if kind == "text/html" else f"{text}\n"
    return Reply(status, [("Content-Type", f"{kind}; charset=utf-8")], body.encode())


def _answered(capture: Capture, method: str, asked: HTTPMessage) -> Reply:
    """Return the capture as it answers these conditions.

    :raises ArchiveError: when its bytes were lost or altered.
    """
    body = capture.read()
    message = Message("", capture.headers, b"")
    etag = message.header("ETag") or f'"{hashlib.sha256(body).hexdigest()}"'
    modified = message.header("Last-Modified") or format_datetime(_moment(capture.since), usegmt=True)
    validators = [("ETag", etag), ("Last-Modified", modified)]
    if capture.status == 200 and method in {"GET", "HEAD"} and _is_fresh(asked, etag, modified):
        return Reply(304, validators, b"")
    dropped = HOP_BY_HOP | set((message.header("Connection") or "").lower().replace(" ", "").split(","))
    kept = [(name, value) for name, value in capture.headers if name.lower() not in dropped]
    missing = [(name, value) for name, value in validators if message.header(name) is None]
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
    moment = parsedate_to_datetime(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _moment(stamp: str) -> datetime:
    return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)


class _Shelf:
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
            original = whole.get(_field(record, "WARC-Refers-To")) or dated.get(_referred(record))
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


def _field(record: Record, name: str) -> str:
    return next(iter(record.all(name)), "")


def _referred(record: Record) -> tuple[str, str]:
    """Return address and stamp of what a revisit refers to, where it does not say the record's id."""
    digits = re.sub(r"[^0-9]", "", _field(record, "WARC-Refers-To-Date"))
    return canonical(_field(record, "WARC-Refers-To-Target-URI")), digits[:14]


def _sent(record: Record) -> Request:
    """Return the request that a record keeps."""
    message = record.message
    return Request(message.first.partition(" ")[0], record.url, message.payload, message.header("Content-Type") or "")


def _archived_body(path: Path, offset: int, record: str) -> bytes:
    return read_record(path.parent, path.name, offset, record).body


def _warc_files(path: Path) -> list[Path]:
    """Return the WARC files that a path names or holds, in order of their names."""
    if path.is_file():
        return [path]
    return sorted(file for file in path.rglob("*") if file.name.endswith((".warc", ".warc.gz")) and file.is_file())


def _capture_folder(folder: Path) -> list[Capture]:
    """Return what the folder's `index.jsonl` lists, if it has one.

    :raises UsageError: when a line is not understood, or its file is not in the folder.
    """
    index = folder / "index.jsonl"
    if not index.is_file():
        return []
    captures = []
    for number, line in enumerate(index.read_bytes().split(b"\n"), 1):
        if line.strip():
            try:
                captures.append(_listed(folder, CaptureLine.model_validate_json(line)))
            except ValueError as error:  # pydantic's is one
                raise UsageError(f"{index}: line {number}: {' '.join(str(error).split())}") from error
    return captures


def _listed(folder: Path, line: CaptureLine) -> Capture:
    """Return the capture that a line of `index.jsonl` lists.

    :raises ValueError: when its time is none, or its file is not in the folder.
    """
    stamp = line.time + EARLIEST[len(line.time) :]
    _moment(stamp)
    read: Callable[[], bytes] = line.text.encode
    if line.file is not None:
        path = (folder / line.file).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            raise ValueError(f"no file {line.file!r} in the folder")
        read = path.read_bytes
    wire = [(name, value.encode().decode("latin-1")) for name, value in line.headers.items()]
    if not any(name.lower() == "content-type" for name, _ in wire):
        wire.append(("Content-Type", "text/html; charset=utf-8"))
    return Capture(
        request=Request(line.method.upper(), line.url),
        stamp=stamp,
        status=line.status,
        headers=wire,
        read=read,
        fits=lambda asked: line.body_match is None or bool(line.body_match.search(asked.body.decode(errors="replace"))),
        since=stamp,
        pattern=line.url_match,
    )
