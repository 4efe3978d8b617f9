"""A stand-in for what Slack is to an app: views, answers to people, and the line of Socket Mode, on loopback.

In a test: `with SlackAppServer() as slack: … slack.replies … slack.line.send(envelope)`. It holds what it is sent
against Slack's limits, as far as slack_sdk's own models and `tests.slack_server.problem` know them.
"""

import base64
import hashlib
import json
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable
from queue import Queue
from typing import Any

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from tests.slack_server import OK, Fault, SlackServer, problem, size

APP_TOKEN = "xapp-1-A0001-2222-cafe"
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class SlackAppServer(SlackServer):
    """Answers what an app calls."""

    def __init__(self, **told: Any) -> None:
        super().__init__(**told)
        self.scopes = "chat:write,commands,channels:history,channels:read"
        self.app_token = APP_TOKEN
        self.replies: list[dict[str, Any]] = []
        """What people were answered at their response addresses."""
        self.views: list[tuple[str, dict[str, Any]]] = []
        """Forms as they were opened and updated, by method."""
        self.view_error = ""
        self.line = Line()
        self.line_url = self.line.url

    def __enter__(self) -> "SlackAppServer":
        super().__enter__()
        self.line.start()
        return self

    def __exit__(self, *told: object) -> None:
        self.line.stop()
        super().__exit__(*told)

    @property
    def response_url(self) -> str:
        return f"{self.url}respond"

    def answer(self, method: str, arguments: dict[str, Any], token: str) -> tuple[Fault, dict[str, Any]]:
        if method == "respond":
            self.replies.append(arguments)
            return OK, {"ok": True}
        if method == "apps.connections.open":
            good = token == self.app_token
            return OK, {"ok": True, "url": self.line_url} if good else {"ok": False, "error": "invalid_auth"}
        return super().answer(method, arguments, token)

    def _answers(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if method in {"views.open", "views.update"}:
            if self.view_error:
                return {"ok": False, "error": self.view_error}
            view = arguments["view"]
            self.views.append((method, json.loads(view) if isinstance(view, str) else view))
            return {"ok": True, "view": {"id": "V0001"}}
        if method == "chat.postEphemeral":
            self.replies.append(arguments)
            return {"ok": True, "message_ts": "1.1"}
        return super()._answers(method, arguments)


def reply_problem(reply: dict[str, Any]) -> str:
    """Return what Slack has against an answer, or nothing."""
    blocks = reply.get("blocks") or []
    for block in blocks:
        Block.parse(block).validate_json()  # type: ignore[union-attr]
    plain = [block for block in blocks if block["type"] != "actions"]
    heavy = size(json.dumps(blocks, ensure_ascii=False)) > 11_000
    return problem({**reply, "blocks": plain}) or ("msg_blocks_too_long" if heavy else "")


def check_view(view: dict[str, Any]) -> None:
    """Raise where Slack would not draw a form."""
    View(**view).validate_json()
    for block in view["blocks"]:
        Block.parse(block).validate_json()  # type: ignore[union-attr]
        for option in _options(block.get("element") or {}):
            assert 1 <= len(option["text"]["text"]) <= 75
            assert 1 <= len(option["value"]) <= 150
    assert len(view.get("private_metadata", "")) <= 3_000


def _options(element: dict[str, Any]) -> list[dict[str, Any]]:
    groups = element.get("option_groups", [])
    assert len(element.get("options", [])) <= 10
    assert all(1 <= len(group["options"]) <= 100 for group in groups)
    return [*element.get("options", []), *(option for group in groups for option in group["options"])]


class Line(socketserver.ThreadingTCPServer):
    """The other end of Socket Mode: a WebSocket that greets, answers pings, and keeps what it is sent."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Socket)
        self.sockets: list[_Socket] = []
        """Connections, the newest last."""
        self.received: Queue[dict[str, Any]] = Queue()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.server_address[1]}/link/?ticket=secretticket&app_id=A1"

    def send(self, envelope: dict[str, Any]) -> None:
        self.sockets[-1].put(TEXT, json.dumps(envelope).encode())

    def refresh(self) -> None:
        """Ask the client to take a new line, and hang up, as Slack does every few hours."""
        old = self.sockets[-1]
        self.send({"type": "disconnect", "reason": "refresh_requested"})
        old.connection.shutdown(socket.SHUT_RDWR)

    def acked(self, envelope: str, within: float = 5.0) -> float:
        """Return how many seconds passed until an envelope was acknowledged."""
        begun = time.perf_counter()
        assert self.received.get(timeout=within)["envelope_id"] == envelope
        return time.perf_counter() - begun


class _Socket(socketserver.StreamRequestHandler):
    """One WebSocket (RFC 6455), as much of it as the SDK's client speaks."""

    server: Line

    def handle(self) -> None:
        key = ""
        while line := self.rfile.readline().strip():
            name, _, value = line.decode().partition(":")
            key = value.strip() if name.lower() == "sec-websocket-key" else key
        accept = base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()  # noqa: S324
        head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        self.wfile.write(f"{head}Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())
        self.server.sockets.append(self)
        self.put(TEXT, json.dumps({"type": "hello", "num_connections": 1}).encode())
        while (frame := self._frame()) is not None:
            code, data = frame
            if code == PING:
                self.put(PONG, data)
            elif code == TEXT:
                self.server.received.put(json.loads(data))
            elif code == CLOSE:
                return

    def put(self, code: int, data: bytes) -> None:
        size = bytes([len(data)]) if len(data) < 126 else b"\x7e" + struct.pack(">H", len(data))
        self.wfile.write(bytes([0x80 | code]) + size + data)
        self.wfile.flush()

    def _frame(self) -> tuple[int, bytes] | None:
        try:
            head = self.rfile.read(2)
            if len(head) < 2:
                return None
            size = head[1] & 0x7F
            if size == 126:
                (size,) = struct.unpack(">H", self.rfile.read(2))
            mask, data = self.rfile.read(4), self.rfile.read(size)
        except OSError:
            return None
        return head[0] & 0x0F, bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))


def until(true: Callable[[], object], within: float = 10.0) -> None:
    """Wait until something holds.

    :raises AssertionError: when it takes too long.
    """
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
