"""Records in, labels or relevance out, a JSON line each: what is wrong with a line costs only the line."""

import json

import pytest
from click.testing import CliRunner, Result

from regintel.cli import main
from tests.places import ROOT
from tests.tiny import TinyEncoder

GOOD = '{"id": "a", "title": "Potency assays for CAR-T cells", "agency": "FDA"}'
BAD = [
    ("not json", "not JSON"),
    ("[1]", "an object is due, not a list"),
    ('{"id": "e", "title": ""}', "no title"),
    ('{"id": "t", "title": 7}', "title: a text is due, not a number"),
    ('{"id": "n", "title": "a\\u0000b"}', "title: has a NUL byte"),
    ('{"id": "s", "title": "a\\ud800b"}', "lone surrogate"),
    ('{"id": "l", "title": "x", "language": "xx"}', "language: unknown code 'xx'"),
    ('{"id": "m", "title": "' + "long " * 250_000 + '"}', "more than 1,000,000"),
]


@pytest.fixture
def say(tmp_path):
    def run(*words: str, lines: str | bytes = "") -> Result:
        told = ["--config", str(ROOT / "config"), "--data", str(tmp_path / "data"), *words]
        return CliRunner().invoke(main, told, input=lines, obj=TinyEncoder())

    return run


def answers(result: Result) -> list[dict]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_records_are_labelled_in_their_order(say) -> None:
    result = say("tag", lines=f'{GOOD}\n{{"title": "細胞の力価 potency 效价"}}\n')
    assert result.exit_code == 0
    one, other = answers(result)
    assert one["id"] == "a"
    assert other["id"], "a record without one is known by a hash"
    assert set(one) == {"id", "modalities", "topics", "is_cmc_relevant", "cmc_score", "abstained"}
    assert "potency" in [each["id"] for each in one["topics"]]
    assert all(0 <= each["score"] <= 1 for each in (*one["modalities"], *one["topics"]))


@pytest.mark.parametrize(("line", "error"), BAD, ids=[error for _, error in BAD])
def test_a_line_that_cannot_be_taken_is_answered_and_the_rest_goes_on(say, line: str, error: str) -> None:
    result = say("tag", lines=f"{GOOD}\n\n{line}\n{GOOD}\n")
    assert result.exit_code == 2
    first, wrong, last = answers(result)
    assert (first["id"], last["id"]) == ("a", "a")
    assert (wrong["line"], error in wrong["error"]) == (3, True)
    assert wrong.get("id") == (json.loads(line)["id"] if '"id"' in line else None)


def test_bytes_that_are_no_text_cost_only_their_line(say) -> None:
    first, wrong = answers(say("tag", lines=GOOD.encode() + b"\n\xff\xfe\x00\n"))
    assert (first["id"], wrong) == ("a", {"line": 2, "error": "not UTF-8"})


def test_nothing_in_is_nothing_out_and_no_index_is_made(say, tmp_path) -> None:
    result = say("tag")
    assert (result.exit_code, result.stdout) == (0, "")
    assert not list((tmp_path / "data").glob("index.db*"))


def test_records_are_held_against_a_project(say) -> None:
    lines = f'{GOOD}\n{{"id": "v", "title": "Potency of veterinary vaccines", "agency": "fda"}}\nnot json\n'
    result = say("match", "car-t", lines=lines)
    assert result.exit_code == 2
    one, shut, wrong = answers(result)
    assert set(one) == {"id", "score", "relevant", "must_not_miss", "reasons"}
    assert (one["id"], one["relevant"]) == ("a", True)
    assert shut["reasons"] == ["the title holds the excluded word “veterinary”"]
    assert wrong["line"] == 3


def test_a_record_of_nobody_is_not_shut_out(say) -> None:
    (one,) = answers(say("match", "car-t", lines='{"title": "Potency assays for CAR-T cells"}'))
    assert one["relevant"]


def test_a_project_that_is_not_there_is_wrong_usage(say) -> None:
    result = say("match", "nobody", lines=GOOD)
    assert result.exit_code == 3
    assert "unknown project 'nobody'" in result.stderr


@pytest.mark.parametrize("command", [["tag"], ["evaluate"], ["train"]])
def test_a_model_folder_that_is_missing_is_one_line_and_wrong_usage(tmp_path, monkeypatch, command) -> None:
    monkeypatch.setenv("REGINTEL_MODEL", str(tmp_path / "no-model"))
    told = ["--config", str(ROOT / "config"), "--data", str(tmp_path / "data"), *command]
    result = CliRunner().invoke(main, told, input=GOOD)
    assert result.exit_code == 3
    assert "no such model folder; correct [model] name" in result.stderr
    assert result.stdout == ""
    assert not list(tmp_path.glob("data/models/*")), "nothing half-written"
