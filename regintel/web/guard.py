"""What stands around every answer, errors included: the host that was asked for, the token, headers, HEAD."""

from collections.abc import Collection, Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from regintel.clock import Clock
from regintel.web.gate import COOKIE, Gate

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing runs: there is no script. Styles and pictures are the page's own."""

HEADERS: Mapping[str, str] = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",  # an agency's server need not know what was searched for
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
"""Given where the answer says nothing else. `no-store`: what stands here can change with the next run, and a page from
a cache would be quietly old; feeds and styles say `no-cache` with an ETag themselves."""

OPEN = ("/healthz", "/login", "/static/regintel.css", "/static/icon.svg")
"""What nobody needs a token for."""


class Guard:
    """An ASGI application around another."""

    def __init__(self, app: ASGIApp, clock: Clock, hosts: Collection[str] = (), gate: Gate | None = None) -> None:
        """Stand around an application.

        :param hosts: names by which it may be asked for, against DNS rebinding; empty: any.
        """
        self.app = app
        self._clock = clock
        self._hosts = frozenset(hosts)
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the application answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        head = scope["method"] == "HEAD"
        if head:
            scope = {**scope, "method": "GET"}

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    told.setdefault(name, value)
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self.app)(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if self._hosts and _name(headers.get("host", "")) not in self._hosts:
            return PlainTextResponse("regintel: this page is not served under that name\n", 400)
        if self._gate is None or scope["path"] in OPEN:
            return None
        session = _cookie(headers.get("cookie", ""))
        if self._gate.opens_for(headers.get("authorization", ""), session, self._clock.now().timestamp()):
            return None
        return _unknown(scope)


def _unknown(scope: Scope) -> Response:
    """Return the answer to somebody without the token: a program is told, a person is shown the form."""
    path: str = scope["path"]
    if path.startswith("/feeds/"):  # readers and calendars ask their user for a password only after this word
        told = {"www-authenticate": 'Basic realm="regintel", charset="UTF-8"'}
        return JSONResponse({"detail": "a token is needed, as the password"}, 401, told)
    if is_for_programs(path):
        return JSONResponse({"detail": "a token is needed"}, 401, {"www-authenticate": "Bearer"})
    query = scope["query_string"].decode("latin-1")
    wanted = f"{quote(path)}?{query}" if query else quote(path)
    return RedirectResponse(f"/login?next={quote(wanted, safe='')}", 303)


def is_for_programs(path: str) -> bool:
    """Return whether an address answers programs, in JSON, and not people."""
    return path.startswith(("/api/", "/feeds/", "/openapi.json", "/healthz"))


def _name(host: str) -> str:
    """Return the name in a Host header, without its port: `[::1]:8000` is `::1`."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower().rstrip(".")


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""
