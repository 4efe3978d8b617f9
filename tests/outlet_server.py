"""Stand-ins on loopback for what Apprise sends to: a web hook, and a mail server."""

import json
import socketserver
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class HookServer:
    """Takes JSON by POST. The path says how it answers: `/400`, `/drop` (nothing), `/slow` (too late), else 200."""

    def __init__(self) -> None:
        taken: list[dict[str, Any]] = []
        self.taken = taken

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                word = self.path.strip("/").split("?")[0]
                if word == "drop":
                    self.connection.close()
                    return
                if word == "slow":
                    time.sleep(1.5)
                taken.append(json.loads(body))
                self.send_response(int(word) if word.isdigit() else 200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def address(self, path: str = "ok") -> str:
        return f"json://user:s3cret@127.0.0.1:{self._server.server_address[1]}/{path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class MailServer:
    """Speaks as much SMTP as one message needs; refuses whom it is told to."""

    def __init__(self, refuses: str = "") -> None:
        taken: list[str] = []
        self.taken = taken

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self._say("220 ready")
                for line in self.rfile:
                    word = line[:4].upper()
                    if word == b"DATA":
                        self._say("354 go on")
                        taken.append("".join(iter(lambda: self.rfile.readline().decode(), ".\r\n")))
                        self._say("250 taken")
                    elif word == b"QUIT":
                        self._say("221 bye")
                        return
                    elif refuses and refuses.encode() in line:
                        self._say("550 nobody of that name")
                    else:
                        self._say("250 ok")

            def _say(self, line: str) -> None:
                self.wfile.write(f"{line}\r\n".encode())

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def address(self) -> str:
        port = self._server.server_address[1]
        return f"mailto://127.0.0.1:{port}?to=ra@client.example&from=regintel@client.example&mode=insecure"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
