"""Two days of every shipped source, played once for all tests that look at them."""

import json
import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from regintel.cli import main
from tests.places import ROOT
from tests.tiny import TinyEncoder

FIRST, SECOND, NEXT = "2025-10-15T12:00:00Z", "2025-12-15T12:00:00Z", "2025-12-16T12:00:00Z"


@dataclass(frozen=True)
class Day:
    """A run of every source: how it left, what it said, and the data folder as it was then."""

    code: int
    told: dict[str, Any]
    data: Path

    @property
    def runs(self) -> dict[str, dict[str, Any]]:
        """The crawl of each source."""
        return {each["source"]: each for each in self.told["crawl"]["runs"]}


def command(data: Path, prefix: str, at: str, *words: str) -> tuple[int, dict[str, Any]]:
    """Call the command line with the whole shipped configuration; return how it left and its JSON."""
    clean = {name: None for name in os.environ if name.startswith(("REGINTEL_", "SLACK_"))}
    told = {
        "REGINTEL_CONFIG": str(ROOT / "config"),
        "REGINTEL_DATA": str(data),
        "REGINTEL_FETCH_PREFIX": prefix,
        "REGINTEL_DELAY": "0",
        "REGINTEL_EXPECT": "0",
    }
    logger = logging.getLogger("regintel")
    handlers, level = logger.handlers, logger.level
    result = CliRunner(env={**clean, **told}).invoke(
        main, ["--now", at, *words, "--json"], obj=TinyEncoder(), catch_exceptions=False
    )
    logger.handlers = handlers
    logger.setLevel(level)
    return result.exit_code, json.loads(result.stdout)


def run(data: Path, prefix: str, at: str) -> Day:
    """Do a day's work."""
    return Day(*command(data, prefix, at, "run"), data)


def by_kind(changes: Iterable[dict[str, Any]], source: str) -> dict[str, list[str]]:
    """Return the addresses of what a source told, by kind of change, silent ones apart."""
    found: dict[str, list[str]] = {}
    for change in changes:
        if change["source"] == source:
            found.setdefault("silent" if change["silent"] else change["kind"], []).append(change["url"])
    return {kind: sorted(urls) for kind, urls in found.items()}
