"""Who may come in where the page is not on loopback: whoever knows REGINTEL_WEB_TOKEN.

Scripts send it as `Authorization: Bearer …`, feed readers and calendars as the password of Basic, people type it once
into a form and get a cookie. The cookie holds no token: it is a time and its HMAC under the token, so a new token ends
every session.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

from pydantic import SecretStr

COOKIE = "regintel_session"
LASTS = 12 * 3600
"""Seconds that a session lasts: a working day."""


@dataclass(frozen=True)
class Gate:
    """Knows the token, and never shows it."""

    token: SecretStr

    def opens_for(self, authorization: str, session: str, now: float) -> bool:
        """Return whether a request may pass.

        :param authorization: the header; empty where there is none.
        :param session: the cookie's value; empty where there is none.
        :param now: seconds since the epoch.
        """
        return self.knows(_given(authorization)) or self._is_session(session, now)

    def knows(self, word: str) -> bool:
        """Return whether this is the token; it takes as long for a near miss as for a far one."""
        mine, theirs = (hashlib.sha256(each.encode("utf-8", "replace")).digest() for each in (self._token, word))
        return hmac.compare_digest(mine, theirs)

    def session(self, now: float) -> str:
        """Return the cookie's value for a session that begins now."""
        begun = str(int(now))
        return f"{begun}.{self._signature(begun)}"

    def _is_session(self, session: str, now: float) -> bool:
        begun, _, signature = session.partition(".")
        if not (begun.isascii() and begun.isdigit() and len(begun) <= len("99999999999")):
            return False
        fresh = 0 <= now - int(begun) <= LASTS
        return hmac.compare_digest(self._signature(begun).encode(), signature.encode("utf-8", "replace")) and fresh

    def _signature(self, begun: str) -> str:
        return hmac.new(self._token.encode(), f"session {begun}".encode(), hashlib.sha256).hexdigest()

    @property
    def _token(self) -> str:
        return self.token.get_secret_value()


def _given(authorization: str) -> str:
    """Return the token in an Authorization header; empty where there is none."""
    kind, _, rest = authorization.partition(" ")
    if kind.lower() == "bearer":
        return rest.strip()
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(rest.strip(), validate=True).decode("utf-8", "replace").partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
