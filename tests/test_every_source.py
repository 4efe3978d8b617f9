"""The shipped samples of every source over two days, and the same with half of the hosts at fault.

The samples give exactly what data/demo/expected.json says. With faults the run ends, loses nothing, and says exactly
what was not read.
"""

import json
import shutil
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from regintel.replay import ReplayServer
from regintel.sources import Source, load_sources
from regintel.store.database import read_index
from regintel.store.documents import changes
from tests.faulty import FAULTS, FaultyAgencies
from tests.places import ROOT
from tests.samples import FIRST, NEXT, SECOND, Day, by_kind, command, run

SOURCES = load_sources(ROOT / "config")


EXPECTED = json.loads((ROOT / "data" / "demo" / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, demo_server: ReplayServer) -> tuple[Day, Day]:
    """Two days of every source; their data folders are to be copied, not to be written to."""
    folder = tmp_path_factory.mktemp("whole")
    first = run(folder / "data", demo_server.prefix("20251015"), FIRST)
    kept = shutil.copytree(folder / "data", folder / "first")
    return Day(first.code, first.told, kept), run(folder / "data", demo_server.prefix("20251215"), SECOND)


def test_every_source_has_samples():
    assert set(EXPECTED) == set(SOURCES)


def test_every_source_is_read_without_a_problem(whole):
    for day in whole:
        assert day.code == 0
        assert {name: each["reason"] for name, each in day.runs.items() if each["state"] != "ok"} == {}
        assert [problem for each in day.runs.values() for problem in each["problems"]] == []


@pytest.mark.parametrize("source", EXPECTED)
def test_the_samples_give_exactly_the_changes_that_they_hold(
    whole: tuple[Day, Day], demo_server: ReplayServer, source: str, told_in_all: list[dict[str, object]]
) -> None:
    expected = dict(EXPECTED[source])
    assert [day.runs[source]["items"] for day in whole] == expected.pop("items")
    assert [day.runs[source]["joined"] for day in whole] == expected.pop("joined", [0, 0])
    assert whole[1].runs[source]["unchanged"] == expected.pop("unchanged")
    assert by_kind(told_in_all, source) == {kind: sorted(urls) for kind, urls in expected.items()}


@pytest.fixture(scope="module")
def told_in_all(whole: tuple[Day, Day], demo_server: ReplayServer) -> list[dict[str, object]]:
    """Every change of both days."""
    changes: list[dict[str, object]] = command(whole[1].data, demo_server.prefix("20251215"), SECOND, "changes")[1][
        "changes"
    ]
    return changes


# Half of the hosts at fault


def hosts_of(source: Source) -> set[str]:
    """Return the hosts that a source's listing stands on."""
    return {urlsplit(address).hostname or "" for address in (source.url, *source.addresses)}


HOSTS = sorted({host for source in SOURCES.values() for host in hosts_of(source)})
FAULTY = dict(zip(HOSTS[::2], cycle(FAULTS), strict=False))
UNREAD = {name for name, source in SOURCES.items() if hosts_of(source) & FAULTY.keys()}


def listed_in(data: Path) -> set[tuple[str, str]]:
    with read_index(data / "index.db") as index:
        sql = 'SELECT source, "key" FROM sightings WHERE closed_at IS NULL'
        return {(row["source"], row["key"]) for row in index.rows(sql)}


def told_by(data: Path) -> set[tuple[str, str, str]]:
    with read_index(data / "index.db") as index:
        return {(each.source, each.kind, each.url) for each in changes(index)}


def told_rows(data: Path) -> set[tuple[str, str]]:
    """Return every row, by its source and key, of documents of which something was told."""
    sql = 'SELECT source, "key" FROM sightings WHERE document IN (SELECT document FROM changes)'
    with read_index(data / "index.db") as index:
        return {(row["source"], row["key"]) for row in index.rows(sql)}


@dataclass
class Played:
    """A baseline, a day with faults, and the day on which the agencies are well again."""

    faulty: Day
    told: set[tuple[str, str, str]]
    sources: dict[str, Any]
    healed: Day


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, whole: tuple[Day, Day], demo_server: ReplayServer) -> Played:
    data = tmp_path_factory.mktemp("faults") / "data"
    shutil.copytree(whole[0].data, data)
    behind = demo_server.prefix("20251215")
    with FaultyAgencies(behind, FAULTY) as agencies:
        faulty = run(data, agencies.prefix, SECOND)
    told = told_by(data)
    _, shown = command(data, behind, SECOND, "sources")
    return Played(faulty, told, {each["id"]: each for each in shown["sources"]}, run(data, behind, NEXT))


def test_half_of_the_hosts_at_fault_make_the_run_partial_and_it_says_which_were_not_read(played):
    assert played.faulty.code == 2
    runs = played.faulty.runs
    assert {name for name, each in runs.items() if each["state"] != "ok"} == UNREAD
    assert 0 < len(UNREAD) < len(SOURCES)
    for name in UNREAD:
        assert runs[name]["problems"][-1]["message"].startswith(f"{name}: "), runs[name]["problems"]


def test_what_was_not_read_is_suspect_or_blocked_and_keeps_its_last_good_state(played):
    for name in UNREAD:
        assert played.sources[name]["state"] in {"suspect", "blocked"}, name
        assert played.sources[name]["last_success"].startswith("2025-10-15"), name
    assert {name for name, each in played.sources.items() if each["state"] == "ok"} == SOURCES.keys() - UNREAD


def test_of_a_source_that_was_not_read_nothing_is_concluded(played):
    assert played.told
    assert not {each for each in played.told if each[0] in UNREAD}


def test_the_digests_name_each_source_that_could_not_be_read(played):
    digests = [each for each in played.faulty.told["digest"]["digests"] if not each["alert"]]
    assert digests
    for built in digests:
        assert json.dumps(built["blocks"]).count("could not be read") == len(UNREAD)


def test_nothing_is_lost_the_day_on_which_the_agencies_are_well_again(played, whole):
    assert played.healed.code == 0
    assert {name for name, each in played.healed.runs.items() if each["state"] != "ok"} == set()
    assert listed_in(played.healed.data) == listed_in(whole[1].data)
    # A document that a list and a feed both tell is told by whichever was read first; none is told by neither.
    assert told_rows(played.healed.data) >= told_rows(whole[1].data)
