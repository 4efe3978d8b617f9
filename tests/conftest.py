"""What tests share: a house of their own, the shipped samples on loopback, and where models are kept between runs."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from regintel.clock import Clock
from regintel.config import Config, Replay, Secrets, Settings
from regintel.house import House
from regintel.replay import ReplayServer, serve
from regintel.store.database import Index, open_index
from tests.places import ROOT

if TYPE_CHECKING:
    from tests.samples import Day

NOBODY = Secrets(bot_token=None, webhook_url=None, api_url="http://127.0.0.1:9/")


@pytest.fixture(scope="session")
def models_folder() -> Path:
    """Where built models are kept between runs."""
    folder = ROOT / ".cache" / "models"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def demo_server() -> Iterator[ReplayServer]:
    """The shipped samples, served."""
    with serve([ROOT / "data" / "demo"]) as server:
        yield server


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory, demo_server: ReplayServer) -> "tuple[Day, Day]":
    """Two days of every shipped source; their data folders are to be copied, not to be written to."""
    from tests.samples import FIRST, SECOND, Day, run

    folder = tmp_path_factory.mktemp("whole")
    first = run(folder / "data", demo_server.prefix("20251015"), FIRST)
    kept = shutil.copytree(folder / "data", folder / "first")
    return Day(first.code, first.told, kept), run(folder / "data", demo_server.prefix("20251215"), SECOND)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A house with the shipped configuration, an empty data folder, and a tiny model."""
    from tests.tiny import TinyEncoder

    config = Config(
        folder=ROOT / "config",
        data=tmp_path / "data",
        settings=Settings(contact="tests@example.org"),
        secrets=NOBODY,
        replay=Replay(),
        model="tiny",
    )
    return House(config, Clock(datetime(2025, 10, 15, 12, tzinfo=UTC)), TinyEncoder())


@pytest.fixture
def index(house: House) -> Iterator[Index]:
    """An empty index."""
    with open_index(house.config.index) as opened:
        yield opened
