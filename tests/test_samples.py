"""The shipped samples of every source, over two days: exactly what data/demo/expected.json says."""

import json

import pytest

from regintel.replay import ReplayServer
from regintel.sources import load_sources
from tests.places import ROOT
from tests.samples import SECOND, Day, by_kind, command

EXPECTED = json.loads((ROOT / "data" / "demo" / "expected.json").read_text(encoding="utf-8"))


def test_every_source_has_samples():
    assert set(EXPECTED) == set(load_sources(ROOT / "config"))


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
