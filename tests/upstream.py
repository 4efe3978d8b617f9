"""An agency that misbehaves: answers from pages set by the test, in the Wayback form, with every fault we know."""

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Self
from urllib.parse import unquote_plus


@dataclass
class Page:
    """What is answered at an address."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    times: int = -1
    """How often it is answered before the next page for the address takes over; -1 for ever."""
    cut: int | None = None
    """Bytes after which the connection ends."""
    drop: bool = False
    form: str = ""
    """What the body of a POST must hold, decoded."""


class Upstream:
    """Serves pages on loopback; `requests` holds (url, conditional) of what was asked."""

    def __init__(self) -> None:
        self.pages: list[tuple[re.Pattern[str], Page]] = []
        self.requests: list[tuple[str, bool]] = []
        self.forms: list[tuple[str, dict[str, str]]] = []
        """Bodies of what was posted, decoded, with their headers."""
        self.agents: set[str] = set()
        self._lock = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def prefix(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/20251015id_/"

    def set(self, pattern: str, *pages: Page) -> None:
        """Answer addresses that match with these pages, one after the other."""
        self.pages = [(known, page) for known, page in self.pages if known.pattern != pattern]
        self.pages += [(re.compile(pattern), page) for page in pages]

    def asked(self, part: str) -> list[str]:
        """Return the addresses that were asked for and hold this part."""
        return [url for url, _ in self.requests if part in url]

    def pick(self, url: str, form: str = "") -> Page:
        with self._lock:
            for pattern, page in self.pages:
                if page.times != 0 and page.form in form and pattern.search(url):
                    page.times -= page.times > 0
                    return page
        return Page(b"<html>not found</html>", 404, {"Content-Type": "text/html"})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                form = unquote_plus(body.decode())
                upstream.forms.append((form, dict(self.headers)))
                self.do_GET(form)

            def do_GET(self, form: str = "") -> None:
                url = self.path.split("id_/", 1)[1]
                tags = self.headers.get("If-None-Match")
                upstream.requests.append((url, tags is not None))
                upstream.agents.add(self.headers.get("User-Agent", ""))
                page = upstream.pick(url, form)
                if page.drop:
                    self.close_connection = True
                    with suppress(OSError):
                        self.connection.shutdown(2)
                    return
                tag = f'"{hashlib.sha256(page.body).hexdigest()[:16]}"'
                if page.status == 200 and tags == tag:
                    self._send(304, {"ETag": tag}, b"", None)
                else:
                    self._send(page.status, {"ETag": tag, **page.headers}, page.body, page.cut)

            def _send(self, status: int, headers: dict[str, str], body: bytes, cut: int | None) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body if cut is None else body[:cut])
                if cut is not None:
                    self.close_connection = True

        return Handler
