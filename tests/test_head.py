"""A trained head: learnt, kept, refused where it does not fit, and what of a document it is told."""

import logging
from pathlib import Path

import numpy as np
import pytest

from regintel.classify.classifier import MENTIONED, Classifier
from regintel.classify.examples import Example
from regintel.classify.head import load_head
from regintel.classify.kept import keep_vectors, kept_vectors, remembering
from regintel.classify.limits import PRECISION, RECALL, STEPS, balanced_limit, label_limits
from regintel.classify.neighbours import Neighbours
from regintel.classify.reading import MOST_PASSAGES, MOST_TEXT, pieces, subject
from regintel.classify.shelf import HEAD, Shelf
from regintel.classify.taxonomy import load_taxonomy
from regintel.classify.training import LEAST, train
from regintel.exceptions import ClassifyError
from regintel.jobs.train import measured, train_head
from tests.places import ROOT
from tests.tiny import TinyEncoder

TAXONOMY = load_taxonomy(ROOT / "config" / "taxonomy.toml")
SHIPPED = ROOT / "data" / "labels"
SHORT = MOST_TEXT + 1


class Few(Shelf):
    """A shelf with a part of the labelled titles, to learn from in a second."""

    @property
    def development(self) -> list[Example]:  # type: ignore[override]
        return Shelf(self.labels).development[:80]

    @property
    def teaching(self) -> list[Example]:  # type: ignore[override]
        return []


def shelf(models: Path | None = None) -> Few:
    return Few(SHIPPED, models)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    train_head(shelf(), TAXONOMY, TinyEncoder(), [], folder, force=False)
    return folder


# --- learnt and kept --------------------------------------------------------------------------------------------------


def test_a_head_comes_back_as_it_was_saved(trained: Path) -> None:
    head = load_head(trained / HEAD)
    head.save(trained / "again.npz")
    again = load_head(trained / "again.npz")
    assert again.method == head.method
    assert (head.model, head.taxonomy, head.examples) == (TinyEncoder.identity.key, TAXONOMY.key, 80)
    assert [path.name for path in trained.glob(".*")] == [], "nothing half-written stays"


def test_the_same_titles_teach_the_same_head() -> None:
    given = measured(shelf(), TAXONOMY, TinyEncoder(), shelf().examples)
    one, other = (train(given, "tiny", "t") for _ in range(2))
    assert one.method == other.method


def test_too_few_titles_teach_nothing() -> None:
    given = measured(shelf(), TAXONOMY, TinyEncoder(), shelf().examples[: LEAST - 1])
    with pytest.raises(ClassifyError, match=f"{LEAST - 1} labelled titles"):
        train(given, "tiny", "t")


def test_a_title_with_a_label_that_the_taxonomy_lacks_is_named() -> None:
    odd = shelf().examples[0].model_copy(update={"topics": ("alchemy",)})
    with pytest.raises(ClassifyError, match="topic 'alchemy' is not in the taxonomy"):
        measured(shelf(), TAXONOMY, TinyEncoder(), [odd])


def test_a_damaged_head_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / HEAD).write_bytes(b"PK not really")
    with pytest.raises(ClassifyError, match="`regintel train` makes one"):
        load_head(tmp_path / HEAD)


def test_a_head_of_another_number_of_labels_is_refused(trained: Path) -> None:
    with pytest.raises(ClassifyError, match="other labels"):
        load_head(trained / HEAD).limits(3, 4)


# --- which head -------------------------------------------------------------------------------------------------------


def test_a_head_that_was_trained_here_comes_first(trained: Path, caplog: pytest.LogCaptureFixture) -> None:
    encoder = TinyEncoder()
    classifier = shelf(trained).classifier(TAXONOMY, encoder.identity.key, encoder.encode_documents)
    assert classifier.version.startswith("head-1/")
    assert caplog.messages == []


def test_another_model_is_labelled_for_by_the_taxonomy_alone_and_it_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    encoder = TinyEncoder()
    with caplog.at_level(logging.WARNING):
        classifier = shelf().classifier(TAXONOMY, encoder.identity.key, encoder.encode_documents)
    assert classifier.version.startswith("prototypes-2/")
    assert "no head was trained for model tiny@1" in caplog.text
    assert "`regintel train`" in caplog.text


def test_another_taxonomy_is_not_labelled_by_this_head(trained: Path) -> None:
    assert shelf(trained).head(TinyEncoder.identity.key, TAXONOMY.key)
    assert shelf(trained).head(TinyEncoder.identity.key, "another") is None


def test_vectors_of_another_model_are_not_used(tmp_path: Path) -> None:
    encoder = TinyEncoder()
    keep_vectors(tmp_path / "v.npz", "one", ["potency", "stability"], encoder.encode_documents)
    assert kept_vectors(tmp_path / "v.npz", "another") == {}
    assert kept_vectors(tmp_path / "none.npz", "one") == {}
    embed = remembering(kept_vectors(tmp_path / "v.npz", "one"), encoder.encode_documents)
    encoder.asked.clear()
    rows = embed(["stability", "new", "potency", "new"])
    assert encoder.asked == ["new"]
    np.testing.assert_allclose(rows[[0, 2]], TinyEncoder().encode_documents(["stability", "potency"]), atol=1e-3)


# --- limits -----------------------------------------------------------------------------------------------------------


def test_a_label_with_few_titles_has_nearly_the_limit_that_suits_all() -> None:
    rng = np.random.default_rng(0)
    gold = np.zeros((400, 3), bool)
    gold[:200, 0], gold[:2, 1] = True, True
    scores = np.where(gold, 0.75, 0.25) + rng.normal(0, 0.05, gold.shape)
    scores[:2, 1] = 0.3
    alone, few, _ = label_limits(scores, gold, exclusive=2)
    assert 0.35 < alone < 0.65
    assert few > 0.3, "two odd titles do not set a limit"


def test_the_cmc_limit_leaves_recall_and_precision_the_same_room() -> None:
    scores = np.linspace(0, 1, 200)
    gold = scores + np.random.default_rng(1).normal(0, 0.1, 200) > 0.4
    limit = balanced_limit(scores, gold)
    room = {
        step: min(gold[scores >= step].sum() / gold.sum() - RECALL, gold[scores >= step].mean() - PRECISION)
        for step in STEPS.tolist()
    }
    assert room[limit] == max(room.values())


# --- what is read -----------------------------------------------------------------------------------------------------


def body(*sections: tuple[str, str]) -> str:
    return "\n".join(f"## {heading}\n{text}" for heading, text in sections)


LONG = body(
    ("Introduction", "The agency met and talked. " * 40),
    ("Assays", "Potency assays and bioassay of the product are described. " * 3),
)


def words_in(text: str) -> int:
    return text.lower().count("potency")


def test_a_title_with_a_short_body_is_one_piece() -> None:
    assert [each.text for each in pieces("Title", "Short.", words_in)] == [subject("Title", "Short.")]


def test_of_a_long_body_headings_and_telling_passages_are_read_too() -> None:
    first, headings, passage = pieces("Title", LONG, words_in)
    assert (first.where, first.text) == ("", subject("Title", LONG))
    assert (headings.where, headings.text) == ("its headings", "Introduction; Assays")
    assert passage.where == "“Assays”"
    assert passage.text.startswith("Title\nAssays\nPotency assays")


def test_a_book_costs_no_more_than_a_few_passages() -> None:
    book = body(*((f"Chapter {at}", "Potency. " * 130) for at in range(300)))
    assert len(pieces("Title", book, words_in)) == 2 + MOST_PASSAGES


def test_the_passage_that_carries_a_label_is_its_evidence_and_counts_less_than_a_title() -> None:
    encoder = TinyEncoder()
    background = encoder.encode_documents(Shelf(SHIPPED).background[:60])
    classifier = Classifier(TAXONOMY, encoder.encode_documents, background)

    def potency(title: str, text: str) -> tuple[float, str]:
        read = classifier.pieces(title, text)
        texts, places = [each.text for each in read], [each.where for each in read]
        (found,) = classifier.classify(encoder.encode_documents(texts), texts, places=places)
        (told,) = (each for each in found.evidence if each.label == "potency")
        return told.score, told.evidence

    score, evidence = potency("Annual report", LONG)
    assert evidence.startswith("“Assays”: word 'potency'")
    assert score < potency("Potency assays and bioassay", "")[0]
    assert score > potency("Annual report", "")[0]
    assert MENTIONED > 0


def test_a_label_names_the_title_that_carries_it_and_is_most_like() -> None:
    def example(title: str, topic: str) -> Example:
        return Example(
            id=title, agency="fda", language="en", title=title, modalities=("cross_none",), topics=(topic,), by="a test"
        )

    encoder = TinyEncoder()
    titles = [
        example("Potency assays of cells", "potency"),
        example("Stability of tablets", "stability"),
        example("Fees", "not_cmc"),
    ]
    near = Neighbours(titles, encoder.encode_documents([each.title for each in titles]))
    (likeness,) = near.likenesses(encoder.encode_documents(["Potency assays of human cells"]))
    assert near.nearest(likeness, "potency") == "Potency assays of cells"
    assert near.nearest(likeness, "stability") is None
    assert near.nearest(likeness, "unheard_of") is None
