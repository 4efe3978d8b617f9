"""The server: takes requests apart, has them answered, and closes without leaving a socket open."""

import logging
import re
import string
import sys
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SHUT_RDWR, socket
from socketserver import TCPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import quote, urlsplit

from regintel.exceptions import ArchiveError, UsageError
from regintel.replay.capture import Request
from regintel.replay.captures import Captures
from regintel.replay.reply import Reply, answered, page

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
            reply = page(400, str(error), "text/plain")
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
            return page(404, f"no capture of this address at or before {stamp}", "text/html")
        try:
            return answered(capture, request.method, self.headers)
        except (ArchiveError, OSError) as error:
            log.warning("%s: %s", request.url, error)
            return page(500, "the archived response cannot be read", "text/plain")

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
