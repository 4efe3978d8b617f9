"""Uvicorn around the application: where it listens, who may ask, how it stops."""

import ipaddress
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from types import FrameType

import uvicorn
from pydantic import SecretStr

from regintel.config import LOOPBACK
from regintel.exceptions import ConfigError, StoreError
from regintel.house import House
from regintel.records import SearchFilters
from regintel.web.app import make_app
from regintel.web.desk import Desk
from regintel.web.gate import Gate

TOKEN = "REGINTEL_WEB_TOKEN"  # noqa: S105  (the variable's name)
SHORTEST = 16
"""Characters of a token: shorter ones can be guessed."""


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a host name or address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def gate_of(host: str, environment: Mapping[str, str]) -> Gate | None:
    """Return who may come in: on loopback everybody, unless a token is set.

    :raises ConfigError: when others can reach the page and there is no token, or one that can be guessed.
    """
    token = environment.get(TOKEN, "")
    if not token:
        if is_loopback(host):
            return None
        raise ConfigError(f"--host {host}: others can reach it, so {TOKEN} must be set in the environment")
    if len(token) < SHORTEST:
        raise ConfigError(f"{TOKEN}: shorter than {SHORTEST} characters")
    return Gate(SecretStr(token))


def serve(house: House, host: str, port: int, environment: Mapping[str, str]) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are answered first.

    :raises ConfigError: when the page may not be served there.
    """
    gate = gate_of(host, environment)
    house.projects, house.taxonomy, house.sources, house.glossary  # noqa: B018  (a mistake in them is told now, not to the first visitor)
    _warm(house)
    app = make_app(house, hosts=(*LOOPBACK, host.strip("[]")) if is_loopback(host) else (), gate=gate)
    # Uvicorn ends well at SIGTERM and then raises it once more: to be stopped was asked for, so it is no fault.
    signal.signal(signal.SIGTERM, _leave)
    uvicorn.run(
        app,
        host=host.strip("[]"),
        port=port,
        log_level="info",
        access_log=False,  # what people search for is their project's business
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=10,
        limit_concurrency=500,
        h11_max_incomplete_event_size=32_768,
    )


def _warm(house: House) -> None:
    """Load the model, and what a search holds of the index, before the first visitor waits for it."""
    house.encoder.encode_query("guidance")
    with suppress(StoreError), Desk(house).reading() as index:  # without a good index, every page says so
        house.searcher.search(index, "guidance", SearchFilters(), count=1)


def _leave(number: int, frame: FrameType | None) -> None:
    del number, frame
    sys.exit(0)
