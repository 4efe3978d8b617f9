"""A stand-in for Slack on loopback: the part of the Web API that regintel uses, with its limits and its faults.

In a test: `with SlackServer() as slack: … slack.url … slack.messages`. As a process, for tests that kill the sender:
`python -m tests.slack_server --port 8900 --log accepted.jsonl [--faults ok,lost,drop,500,429:2,not_in_channel]
[--paced] [--latency 0.2]`; it
writes its address as its first line, appends each accepted message to the log before it answers, and starts with what
the log holds.

It answers auth.test, chat.postMessage, conversations.info, conversations.history, conversations.replies and incoming
webhooks under /services/.
"""

import argparse
import json
import os
import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = "xoxb-1234-abcd"
POST = "chat.postMessage"
WEBHOOK = "webhook"


@dataclass(frozen=True)
class Fault:
    """What happens to one call instead of a plain answer."""

    accepts: bool = False
    """Whether the message is taken before the fault shows."""
    closes: bool = False
    """Whether the connection ends without an answer."""
    status: int = 200
    error: str = ""
    body: str | None = None
    """Sent as it is, as a proxy would."""
    retry_after: int = 1


OK = Fault(accepts=True)
LOST = Fault(accepts=True, closes=True)
DROP = Fault(closes=True)


@dataclass(frozen=True)
class Accepted:
    """A message as Slack took it."""

    ts: str
    at: float
    """Arrival, seconds since 1970."""
    channel: str
    text: str
    thread_ts: str | None = None
    blocks: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    request: dict[str, Any] = field(default_factory=dict)
    """All arguments, as they came."""

    @property
    def outbox_id(self) -> str:
        return str(self.metadata.get("event_payload", {}).get("outbox_id", ""))


@dataclass
class Channel:
    """A channel as conversations.info describes it."""

    id: str
    name: str = "cmc-cart"
    is_member: bool = True
    is_archived: bool = False
    is_private: bool = False


def size(text: str) -> int:
    """UTF-16 units: where Slack's way of counting is unknown, the strictest."""
    return len(text.encode("utf-16-le")) // 2


def problem(message: dict[str, Any]) -> str:
    """Return the error code that Slack has for the message, or nothing."""
    text, blocks = message.get("text") or "", message.get("blocks") or []
    if isinstance(blocks, str):
        blocks = json.loads(blocks)
    if not text and not blocks:
        return "no_text"
    if size(text) > 40_000:
        return "msg_too_long"
    if len(blocks) > 50 or any(fault for block in blocks for fault in _faults(block)):
        return "invalid_blocks"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        return "invalid_blocks"
    # Undocumented, measured by others: https://github.com/slackapi/bolt-js/issues/2509
    return "msg_blocks_too_long" if size(json.dumps(blocks, ensure_ascii=False)) > 11_000 else ""


def _faults(block: dict[str, Any]) -> Iterator[str]:
    if size(block.get("block_id", "")) > 255:
        yield "block_id"
    match block.get("type"):
        case "header":
            yield from _text_faults(block.get("text"), 150, {"plain_text"})
        case "section":
            yield from _text_faults(block.get("text"), 3_000)
        case "context":
            elements = block.get("elements", [])
            if not 1 <= len(elements) <= 10:
                yield "elements"
            for element in elements:
                yield from _text_faults(element, 2_000)
        case "actions":
            elements = block.get("elements", [])
            ids = [str(element.get("action_id", "")) for element in elements]
            if not 1 <= len(elements) <= 25 or len(ids) != len(set(ids)) or any(size(each) > 255 for each in ids):
                yield "elements"
            for element in elements:
                yield from _text_faults(element.get("text"), 75, {"plain_text"})
                if size(element.get("value", "")) > 2_000:
                    yield "value"
        case "divider":
            return
        case other:
            yield f"type {other}"


def _action_faults(elements: list[dict[str, Any]]) -> Iterator[str]:
    if not 1 <= len(elements) <= 25:
        yield "elements"
    ids = [element.get("action_id", "") for element in elements]
    if len(ids) != len(set(ids)) or any(size(each) > 255 for each in ids):
        yield "action_id"
    for element in elements:
        yield from _text_faults(element.get("text"), 75, {"plain_text"})
        if size(element.get("value", "")) > 2_000:
            yield "value"


def _text_faults(text: object, limit: int, types: Iterable[str] = ("plain_text", "mrkdwn")) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in types or not 1 <= size(text.get("text", "")) <= limit:
        yield "text"
    elif "verbatim" in text and text["type"] != "mrkdwn":
        yield "verbatim"


class _Listener(ThreadingHTTPServer):
    request_queue_size = 128


class SlackServer:
    """Answers on loopback from `__enter__` to `__exit__`; safe to read from any thread."""

    def __init__(
        self,
        *,
        port: int = 0,
        token: str = TOKEN,
        log: Path | None = None,
        paced: bool = False,
        latency: float = 0.0,
    ) -> None:
        self.token = token
        self.log = log
        self.paced = paced
        """Whether a second message within a second in one channel is answered 429."""
        self.latency = latency
        """Seconds from a call to its answer, half of them before Slack takes the message."""
        self.scopes = "chat:write,channels:history,channels:read"
        self.channels: dict[str, Channel] = {}
        """Empty: every channel exists."""
        self.page = 100
        """The most messages conversations.history answers at once."""
        self.messages: list[Accepted] = _logged(log)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._always: dict[str, Fault] = {}
        self._last: dict[str, float] = {}
        """When each channel took its last message."""
        self._lock = threading.Lock()
        self._http = _Listener(("127.0.0.1", port), _handler(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> "SlackServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Base URL of the Web API, as SLACK_API_URL takes it."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/api/"

    @property
    def webhook(self) -> str:
        """An incoming webhook's address, as SLACK_WEBHOOK_URL takes it."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/services/T0001/B0001/secretsecret"

    def next(self, *faults: Fault, method: str = POST) -> None:
        """Let the next calls of the method meet these faults, one each."""
        with self._lock:
            self._faults[method].extend(faults)

    def always(self, fault: Fault, method: str = POST) -> None:
        """Let every call of the method meet the fault."""
        with self._lock:
            self._always[method] = fault

    def answer(self, method: str, arguments: dict[str, Any], token: str) -> tuple[Fault, dict[str, Any]]:
        """Return how to answer, and with what."""
        with self._lock:
            self.calls.append((method, arguments))
            fault = self._fault(method, arguments)
            if fault.status == 429 or fault.error or not fault.accepts:
                return fault, {"ok": False, "error": fault.error or "internal_error"}
            if method != WEBHOOK and token != self.token:
                return fault, {"ok": False, "error": "invalid_auth" if token else "not_authed"}
            return fault, self._answers(method, arguments)

    def _fault(self, method: str, arguments: dict[str, Any]) -> Fault:
        if self._faults[method]:
            return self._faults[method].popleft()
        if method in self._always:
            return self._always[method]
        if self.paced and method == POST and self._too_soon(str(arguments.get("channel"))):
            return Fault(status=429, error="ratelimited")
        return OK

    def _too_soon(self, channel: str) -> bool:
        return time.time() - self._last.get(channel, 0.0) < 1

    def _answers(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = str(arguments.get("channel", ""))
        if method == "auth.test":
            return {"ok": True, "url": "https://example.slack.com/", "team": "Example", "user": "regintel"}
        if method == WEBHOOK:
            return self._accept({**arguments, "channel": WEBHOOK})
        if self.channels and channel not in self.channels:
            return {"ok": False, "error": "channel_not_found"}
        known = self.channels.get(channel, Channel(channel))
        match method:
            case "chat.postMessage":
                refusal = "is_archived" if known.is_archived else "" if known.is_member else "not_in_channel"
                return {"ok": False, "error": refusal} if refusal else self._accept(arguments)
            case "conversations.info":
                return {"ok": True, "channel": asdict(known)}
            case "conversations.history":
                shown = [
                    message
                    for message in reversed(self.messages)
                    if message.thread_ts is None or message.request.get("reply_broadcast")
                ]
            case "conversations.replies":
                root = arguments.get("ts")
                shown = [message for message in self.messages if root in (message.ts, message.thread_ts)]
                if not shown:
                    return {"ok": False, "error": "thread_not_found"}
            case _:
                return {"ok": False, "error": "unknown_method"}
        return self._listing([message for message in shown if message.channel == channel], arguments)

    def _listing(self, messages: list[Accepted], arguments: dict[str, Any]) -> dict[str, Any]:
        oldest, start = float(arguments.get("oldest") or 0), int(arguments.get("cursor") or 0)
        since = [message for message in messages if float(message.ts) > oldest]
        end = start + min(int(arguments.get("limit") or 100), self.page)
        metadata = str(arguments.get("include_all_metadata")).lower() in ("1", "true")
        return {
            "ok": True,
            "messages": [_shown(message, metadata=metadata) for message in since[start:end]],
            "has_more": end < len(since),
            "response_metadata": {"next_cursor": str(end) if end < len(since) else ""},
        }

    def _accept(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if refusal := problem(arguments):
            return {"ok": False, "error": refusal}
        thread = arguments.get("thread_ts")
        if thread and all(message.ts != thread for message in self.messages):
            return {"ok": False, "error": "thread_not_found"}
        now = time.time()
        last = float(self.messages[-1].ts) if self.messages else 0.0
        accepted = Accepted(
            ts=f"{max(now, last + 0.0001):.6f}",
            at=now,
            channel=str(arguments["channel"]),
            text=str(arguments.get("text", "")),
            thread_ts=thread,
            blocks=list(arguments.get("blocks") or []),
            metadata=dict(arguments.get("metadata") or {}),
            request=arguments,
        )
        self.messages.append(accepted)
        self._last[accepted.channel] = now
        self._write(accepted)
        return {"ok": True, "channel": accepted.channel, "ts": accepted.ts, "message": _shown(accepted, metadata=True)}

    def _write(self, accepted: Accepted) -> None:
        if self.log is None:
            return
        with self.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(accepted)) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _logged(log: Path | None) -> list[Accepted]:
    if log is None or not log.exists():
        return []
    return [Accepted(**json.loads(line)) for line in log.read_text(encoding="utf-8").splitlines()]


def _shown(message: Accepted, *, metadata: bool) -> dict[str, Any]:
    shown = {"type": "message", "ts": message.ts, "text": message.text, "blocks": message.blocks}
    if message.thread_ts:
        shown["thread_ts"] = message.thread_ts
    return {**shown, "metadata": message.metadata} if metadata and message.metadata else shown


def _handler(server: SlackServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            path = urlsplit(self.path)
            method = WEBHOOK if path.path.startswith("/services/") else path.path.removeprefix("/api/")
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            arguments = {**dict(parse_qsl(path.query)), **self._arguments(body)}
            token = self.headers.get("Authorization", "").removeprefix("Bearer ") or arguments.pop("token", "")
            time.sleep(server.latency / 2)
            fault, answer = server.answer(method, arguments, token)
            time.sleep(server.latency / 2)
            if fault.closes:
                self.close_connection = True
                return
            self._respond(fault, answer, plain=method == WEBHOOK)

        def do_GET(self) -> None:
            self.do_POST()

        def _arguments(self, body: str) -> dict[str, Any]:
            if not body:
                return {}
            # The SDK labels form bodies of reads as JSON too; Slack looks at the body.
            return dict(json.loads(body)) if body.startswith("{") else dict(parse_qsl(body))

        def _respond(self, fault: Fault, answer: dict[str, Any], *, plain: bool) -> None:
            told = ("ok" if answer["ok"] else answer["error"]) if plain else json.dumps(answer)
            status = 400 if plain and fault.status == 200 and not answer["ok"] else fault.status
            data = (told if fault.body is None else fault.body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain" if plain else "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.send_header("X-OAuth-Scopes", server.scopes)
            if status == 429:
                self.send_header("Retry-After", str(fault.retry_after))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing: the calls are recorded."""

    return Handler


def faults(words: str) -> Iterator[Fault]:
    """Read `ok,lost,drop,500,429:2,not_in_channel`; `500+` is an error after the message was taken."""
    for word in filter(None, words.split(",")):
        if word in ("ok", "lost", "drop"):
            yield {"ok": OK, "lost": LOST, "drop": DROP}[word]
        elif word.startswith("429"):
            yield Fault(status=429, error="ratelimited", retry_after=int(word.partition(":")[2] or 1))
        elif word.rstrip("+").isdigit():
            yield Fault(accepts=word.endswith("+"), status=int(word.rstrip("+")))
        else:
            yield Fault(error=word)


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--faults", default="", help="what the first messages meet, one word each, comma-separated")
    parser.add_argument("--paced", action="store_true", help="answer 429 to a second message within a second")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds from a call to its answer")
    told = vars(parser.parse_args())
    faulty = told.pop("faults")
    with SlackServer(**told) as server:
        server.next(*faults(faulty))
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
