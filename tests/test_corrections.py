"""What people say of labels: kept for ever, stronger than the model, taken back, and learnt from."""

import json
import sqlite3

import pytest
from click.testing import CliRunner

from regintel.classify.shelf import Shelf
from regintel.cli import main
from regintel.exceptions import ClassifyError, UsageError
from regintel.house import House
from regintel.jobs.classify import classify
from regintel.jobs.label import correct, corrected_examples
from regintel.jobs.train import WORSE, train_head
from regintel.store.corrections import EXCLUSIVE, Correction, overlaid
from regintel.store.database import Index
from regintel.store.labels import evidence, labels_of
from tests.places import ROOT
from tests.test_digest import Week, item

ID = "fda:one"


@pytest.fixture
def known(house: House, index: Index) -> House:
    week = Week(house, index)
    week.read(item("one", words="Stability of tablets"), baseline=True)
    label_all(house, index)
    return house


def label_all(house: House, index: Index) -> None:
    classify(index, house.encoder, house.taxonomy, house.clock, house.shelf, everything=True)


def say(house: House, index: Index, *words: str):
    return correct(index, house.taxonomy, ID, words, house.clock, by="Ada", reason="read it")


def topics(index: Index) -> set[str]:
    return {each.id for each in labels_of(index, [ID])[ID].topics}


def test_a_persons_word_wins_and_is_told_with_name_and_reason(known: House, index: Index) -> None:
    before = topics(index)
    done = say(known, index, "+potency", "-stability")
    assert "potency" in topics(index)
    assert "stability" not in topics(index)
    assert {each.id for each in done.labels.topics} == topics(index)
    told = {row["label"]: row["evidence"] for row in evidence(index, ID)}
    assert told["potency"] == "Ada says yes: read it"
    assert told["stability"] == "Ada says no: read it"
    assert before != topics(index)


def test_it_still_wins_when_the_document_is_labelled_anew(known: House, index: Index) -> None:
    say(known, index, "+potency")
    label_all(known, index)
    assert "potency" in topics(index)


def test_it_can_be_taken_back(known: House, index: Index) -> None:
    before = labels_of(index, [ID])[ID]
    say(known, index, "+potency", "-stability")
    say(known, index, "?potency", "?stability")
    assert labels_of(index, [ID])[ID] == before
    assert len(list(index.rows("SELECT * FROM corrections"))) == 4


def test_nothing_said_is_lost(known: House, index: Index) -> None:
    say(known, index, "+potency")
    for statement in ("UPDATE corrections SET said = 0", "DELETE FROM corrections"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            index.write(statement)


def test_out_of_scope_stands_alone(known: House, index: Index) -> None:
    say(known, index, "+not_cmc")
    labels = labels_of(index, [ID])[ID]
    assert ([each.id for each in labels.topics], labels.is_cmc_relevant) == (["not_cmc"], False)
    say(known, index, "?not_cmc", "+potency")
    assert "not_cmc" not in topics(index)


def test_who_leaves_no_label_leaves_the_exclusive_one() -> None:
    rows = [{"scheme": "topic", "label": name, "score": 0.5, "accepted": name == "a"} for name in ("a", "not_cmc")]
    laid = overlaid(rows, [Correction("topic", "a", said=False, by="Ada", reason="no")])
    assert [row["label"] for row in laid if row["accepted"]] == [EXCLUSIVE["topic"]]


@pytest.mark.parametrize(
    ("words", "why"),
    [(["potency"], "'potency': \\+potency, -potency"), (["+alchemy"], "unknown label 'alchemy'"), ([""], "''")],
)
def test_a_word_that_is_no_label_changes_nothing(known: House, index: Index, words: list[str], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        say(known, index, "+potency", *words)
    assert list(index.rows("SELECT * FROM corrections")) == []


def test_on_the_command_line_a_label_that_does_not_hold_is_no_option(known: House, index: Index) -> None:
    folder, words = str(known.config.data), ["label", ID, "-batch_release", "+potency", "--by", "Ada", "--reason", "x"]
    told = ["--config", str(ROOT / "config"), "--data", folder, *words, "--json"]
    result = CliRunner().invoke(main, told, obj=known.encoder)
    assert result.exit_code == 0, result.stderr
    assert "potency" in [each["id"] for each in json.loads(result.stdout)["topics"]]
    said = index.rows("SELECT label, said, by, reason FROM corrections ORDER BY id")
    assert [tuple(row.values()) for row in said] == [("batch_release", 0, "Ada", "x"), ("potency", 1, "Ada", "x")]


def test_an_unknown_document_is_told(known: House, index: Index) -> None:
    with pytest.raises(UsageError, match="unknown document 'nobody'"):
        correct(index, known.taxonomy, "nobody", ["+potency"], known.clock, by="Ada", reason="x")


def test_corrected_documents_are_titles_to_learn_from(known: House, index: Index) -> None:
    assert corrected_examples(index) == []
    say(known, index, "+potency", "-stability", "+small_molecule")
    (example,) = corrected_examples(index)
    assert (example.id, example.title) == (ID, "one Stability of tablets")
    assert "potency" in example.topics
    assert "stability" not in example.topics


def test_a_head_that_corrections_made_worse_is_not_kept(known: House, index: Index, tmp_path) -> None:
    few = Few(ROOT / "data" / "labels")
    wrong = [
        each.model_copy(update={"id": f"wrong {at}", "topics": ("potency",), "modalities": ("vaccine",)})
        for at, each in enumerate(few.examples)
    ]
    told = (few, known.taxonomy, known.encoder, wrong, tmp_path)
    with pytest.raises(ClassifyError, match="worse with the corrections"):
        train_head(*told, force=False)
    assert not list(tmp_path.glob("*.npz"))
    done = train_head(*told, force=True)
    assert done.corrections == len(wrong)
    assert done.after["topic_micro_f1"] < done.before["topic_micro_f1"] - WORSE
    assert done.path.is_file()


class Few(Shelf):
    """A shelf with a part of the labelled titles."""

    @property
    def development(self):  # type: ignore[override]
        return Shelf(self.labels).development[:60]

    teaching = ()  # type: ignore[assignment]
