"""The web page under pressure: whatever the OpenAPI allows, and fifty readers at once, without a server's error."""

import asyncio
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from regintel.config import LOOPBACK
from regintel.web.app import make_app
from tests.library import POTENCY, filled, house_at
from tests.served import serving

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
PATHS = (
    "/", "/?q=potency+assay", "/?agency=fda&status=final", f"/documents/{POTENCY}", "/changes",
    "/deadlines?view=calendar", "/matrix", "/statistics", "/sources", "/projects/car-t", "/api/search?q=stability",
    "/api/changes",
)  # fmt: skip
CLIENTS, EACH = 50, 6


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("load") / "data"
    filled(folder)
    return folder


@pytest.fixture
def api(data: Path) -> Any:
    return schemathesis.openapi.from_asgi("/openapi.json", make_app(house_at(data), hosts=("testserver", *LOOPBACK)))


def test_nothing_that_the_openapi_allows_is_a_servers_error(api):
    asked = []
    for found in api.get_all_operations():
        operation = found.ok()
        asked.append(operation.path)

        @settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
        @given(case=operation.as_strategy())
        def ask(case):
            case.call_and_validate(checks=CHECKS)

        ask()
    assert len(asked) == len(set(asked)) >= 9


@pytest.fixture(scope="module")
def served(data: Path) -> Iterator[str]:
    with serving(data) as (address, _):
        yield address


def test_fifty_readers_at_once_are_all_answered(served):
    async def read(client: httpx.AsyncClient, number: int) -> list[int]:
        return [(await client.get(PATHS[(number + at) % len(PATHS)])).status_code for at in range(EACH)]

    async def everybody() -> list[list[int]]:
        limits = httpx.Limits(max_connections=CLIENTS)
        async with httpx.AsyncClient(base_url=served, timeout=60, limits=limits) as client:
            return await asyncio.gather(*(read(client, number) for number in range(CLIENTS)))

    answers = Counter(status for each in asyncio.run(everybody()) for status in each)
    assert answers == {200: CLIENTS * EACH}


def test_it_stops_well_when_it_is_asked_to(data):
    with serving(data) as (address, process):
        assert httpx.get(f"{address}/healthz").json() == {"status": "ok"}
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        assert process.returncode == 0
