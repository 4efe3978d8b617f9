"""Agencies of which some misbehave: what stands behind is served as it is, but for hosts that were given a fault."""

import urllib.error
import urllib.request
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self
from urllib.parse import urlsplit

HTML = "text/html; charset=utf-8"
FAULTS = ("429", "503", "drop", "cut", "apology", "412", "type")
"""Too many requests, unavailable, no answer, half an answer, a refusal, a challenge, HTML where data is due."""


class FaultyAgencies:
    """Stands before a server of samples on loopback; `faults` says which host misbehaves how."""

    def __init__(self, behind: str, faults: dict[str, str]) -> None:
        self.behind, self.faults = behind, faults
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
        return f"http://127.0.0.1:{self._server.server_port}/20251215id_/"

    def answer(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Return what stands behind: status, headers, body."""
        told = {name: value for name, value in headers.items() if name.lower() not in {"host", "connection"}}
        request = urllib.request.Request(self.behind + url, data=body or None, headers=told, method=method)
        opener = urllib.request.build_opener(_NoRedirect)
        try:
            with opener.open(request) as answered:
                return answered.status, dict(answered.headers), answered.read()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        agencies = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                url = self.path.split("id_/", 1)[1]
                sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fault = agencies.faults.get(urlsplit(url).hostname or "", "")
                getattr(self, f"_{fault}" if fault else "_well")(url, sent)

            do_POST = do_GET  # noqa: N815

            def _well(self, url: str, sent: bytes, *, cut: bool = False) -> None:
                status, headers, body = agencies.answer(self.command, url, sent, dict(self.headers))
                kept = {name: value for name, value in headers.items() if name in {"Content-Type", "ETag", "Location"}}
                self._send(status, kept, body, cut=cut)

            def _429(self, *_: Any) -> None:
                self._send(429, {"Retry-After": "1", "Content-Type": HTML}, b"<html>Too many requests</html>")

            def _503(self, *_: Any) -> None:
                self._send(503, {"Content-Type": HTML}, b"<html>Unavailable</html>")

            def _drop(self, *_: Any) -> None:
                self.close_connection = True
                with suppress(OSError):
                    self.connection.shutdown(2)

            def _cut(self, url: str, sent: bytes) -> None:
                self._well(url, sent, cut=True)

            def _apology(self, url: str, *_: Any) -> None:
                home = f"https://{urlsplit(url).hostname}/apology_objects/abuse-detection-apology.html"
                if url == home:
                    self._send(404, {"Content-Type": HTML}, b"<html><title>FDA Apology</title></html>")
                else:
                    self._send(302, {"Location": home}, b"")

            def _412(self, *_: Any) -> None:
                self._send(412, {"Content-Type": HTML}, b"<html><body></body></html>")

            def _type(self, *_: Any) -> None:
                self._send(200, {"Content-Type": HTML}, b"<html><body><p>Please wait.</p></body></html>")

            def _send(self, status: int, headers: dict[str, str], body: bytes, *, cut: bool = False) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if cut else body)
                self.close_connection = self.close_connection or cut

        return Handler


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None
