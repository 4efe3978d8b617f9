"""What tests share: a house of their own, the shipped samples on loopback, and where models are kept between runs."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from regintel.clock import Clock
from regintel.config import Config, Replay, Secrets, Settings
from regintel.house import House
from regintel.replay import ReplayServer, serve
from regintel.store.database import Index, open_index
from tests.places import ROOT

settings.register_profile("regintel", deadline=None)  # a busy machine is no finding
settings.load_profile("regintel")

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
