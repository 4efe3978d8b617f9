"""A wrong merge is undone by a person, with name and reason, and is not made again."""

import json

import pytest

from tests.test_ingest import FDA, RECORDS, Desk, desk, potency_of  # noqa: F401  (a fixture)

REASON = ["--by", "A. Reviewer", "--reason", "another edition"]


@pytest.fixture
def merged(desk: Desk) -> tuple[Desk, str]:  # noqa: F811
    """A desk where a record was taken for a document that FDA lists, and the record's key."""
    desk.ingest("--source", "fda_guidance", FDA)
    desk.ingest(desk.lines(potency_of(RECORDS[0])))
    (row,) = desk.rows("SELECT key FROM document_keys WHERE source = 'manual'")
    return desk, row["key"]


def test_a_row_that_was_wrongly_taken_gets_a_document_of_its_own(merged: tuple[Desk, str]) -> None:
    desk, key = merged  # noqa: F811
    result = desk.call("part", "manual", key, *REASON)
    assert result.exit_code == 0, result.output
    own = result.stdout.strip()
    assert desk.told("show", own)["document"]["title"] == potency_of(RECORDS[0])["title"]
    assert own == key
    joint = desk.told("show", "fda:" + potency_of(RECORDS[0])["url"].rsplit("/", 1)[1])
    assert joint["document"]["id"] != own
    assert [(each["what"], each["by"], each["reason"]) for each in joint["merges"]][1:] == [
        ("parted", "A. Reviewer", "another edition")
    ]
    assert "another edition" in desk.call("show", joint["document"]["id"]).stdout


def test_what_was_parted_is_not_merged_again(merged: tuple[Desk, str]) -> None:
    desk, key = merged  # noqa: F811
    own = json.loads(desk.call("part", "manual", key, *REASON, "--json").stdout)["document"]
    told = desk.ingest(desk.lines({**potency_of(RECORDS[0]), "text": "More."}))
    assert (told["revised"], told["joined"], told["new"]) == (1, 0, 0)
    assert desk.told("show", own)["document"]["text"] == "More."


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["manual", "nonesuch"], "unknown key 'nonesuch' of source 'manual'"),
        (["nonesuch", "nonesuch"], "unknown key 'nonesuch' of source 'nonesuch'"),
    ],
)
def test_what_is_not_there_cannot_be_parted(merged: tuple[Desk, str], words: list[str], told: str) -> None:
    result = merged[0].call("part", *words, *REASON)
    assert (result.exit_code, result.stdout) == (3, "")
    assert told in result.stderr


def test_what_only_one_source_knows_cannot_be_parted(merged: tuple[Desk, str]) -> None:
    (row,) = merged[0].rows("SELECT key FROM document_keys WHERE source = 'fda_guidance' ORDER BY key DESC LIMIT 1")
    result = merged[0].call("part", "fda_guidance", row["key"], *REASON)
    assert result.exit_code == 3
    assert "nothing to part" in result.stderr


def test_before_the_first_run_nothing_can_be_parted_and_no_index_is_made(desk: Desk) -> None:  # noqa: F811
    assert desk.call("part", "manual", "x", *REASON).exit_code == 3
    assert not (desk.data / "index.db").exists()


def test_who_and_why_are_asked_for(desk: Desk) -> None:  # noqa: F811
    assert desk.call("part", "manual", "x", "--by", "A. Reviewer").exit_code == 3
