"""How good labels and relevance are: the pinned figures, and that an outside scorer makes the same of the answers.

One cross-validation of the shipped titles with the shipped vectors; no model is loaded.
"""

import importlib.util
import json
from collections.abc import Sequence
from types import ModuleType

import numpy as np
import pytest

from regintel.classify.evaluation import cross_validated, keyword_answers
from regintel.classify.examples import data_hash, groups, read_examples
from regintel.classify.figures import ENOUGH, Answers, calibration_error, interval, macro_f1
from regintel.classify.head import Head
from regintel.classify.report import Report
from regintel.classify.shelf import DEVELOPMENT, HEAD, VECTORS, Shelf
from regintel.classify.taxonomy import load_taxonomy
from regintel.classify.training import Material, train
from regintel.classify.verdict import Vectors
from regintel.e5 import E5_DIMENSION, E5_NAME, E5_PROMPTS, E5_SHA256
from regintel.encoder import ModelIdentity
from regintel.exceptions import ClassifyError
from regintel.jobs.evaluate import evaluate, summary
from regintel.jobs.train import measured
from regintel.notify.match import About, judge
from regintel.notify.projects import load_projects
from regintel.records import Labels, LabelScore
from tests.places import ROOT
from tests.tiny import TinyEncoder

SHELF = Shelf(ROOT / "data" / "labels")
TAXONOMY = load_taxonomy(ROOT / "config" / "taxonomy.toml")
BASELINE = json.loads((ROOT / "data" / "baseline.json").read_text(encoding="utf-8"))
EVAL = ROOT.parent / "shared" / "eval"
AGENCIES = {"mhlw": "pmda", "cde": "nmpa", "cmde": "nmpa", "ec": "ema"}


class KeptEncoder:
    """The default model's name; what it is asked beyond the shipped vectors is an error."""

    identity = ModelIdentity(E5_NAME, E5_SHA256, E5_DIMENSION, E5_PROMPTS["query"], E5_PROMPTS["document"], "mean")

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        raise AssertionError(f"no shipped vector for {texts[:3]}: run benchmarks/labels.py --vectors")

    encode_query = encode_documents


KEY = KeptEncoder.identity.key


@pytest.fixture(scope="module")
def given() -> Material:
    return measured(SHELF, TAXONOMY, KeptEncoder(), SHELF.development, SHELF.teaching)


@pytest.fixture(scope="module")
def run(given: Material) -> Answers:
    return cross_validated(given, KEY, TAXONOMY.key, seed=0)


@pytest.fixture(scope="module")
def report(given: Material, run: Answers) -> dict:
    return Report(given.questions, TAXONOMY, [run]).as_json()


def ids(names: Sequence[str], row: np.ndarray) -> list[str]:
    return [name for name, given_ in zip(names, row, strict=True) if given_]


MODALITIES, TOPICS = ([each.id for each in scheme] for scheme in (TAXONOMY.modality, TAXONOMY.topic))


# --- the gate ---------------------------------------------------------------------------------------------------------


def test_no_pinned_figure_falls(report: dict) -> None:
    assert BASELINE["data"] == data_hash(SHELF.examples), "other titles: benchmarks/labels.py --update pins anew"
    fallen = {
        name: (report[name], pinned)
        for name, pinned in BASELINE["figures"].items()
        if report[name] < pinned - BASELINE["epsilon"]
    }
    assert not fallen


def test_no_label_falls(report: dict) -> None:
    fallen = {
        name: (report["per_label"][name]["f1"], pinned)
        for name, pinned in BASELINE["per_label"].items()
        if report["per_label"][name]["f1"] < pinned - BASELINE["label_epsilon"]
    }
    assert not fallen


def test_what_was_promised_holds(report: dict) -> None:
    assert report["modality_macro_f1"] >= 0.88
    assert report["topic_macro_f1"] >= 0.74
    assert (report["cmc_recall"] >= 0.92, report["cmc_precision"] >= 0.85) == (True, True)
    assert report["ece"] <= 0.05
    assert report["ece_labels"] <= 0.05
    languages = report["per_language"]
    assert languages["ja_zh"]["micro_f1"] >= languages["en"]["micro_f1"] - 0.10


def test_it_is_better_than_keywords(given: Material, report: dict) -> None:
    gold = given.questions
    part = Report(gold, TAXONOMY, [keyword_answers(gold, TAXONOMY)]).part(np.ones(given.asked, bool))
    for name in ("modality_macro_f1", "topic_macro_f1", "cmc_recall"):
        assert report[name] > part[name]


# --- honest figures ---------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not EVAL.is_dir(), reason="the scorer is not here")
def test_the_outside_scorer_gives_the_same_figures(run: Answers, report: dict) -> None:
    gold = [json.loads(line) for line in (EVAL / "dev.jsonl").read_text(encoding="utf-8").splitlines()]
    answers = [
        {"id": each.id, "modalities": ids(MODALITIES, kinds), "cmc_topics": ids(TOPICS, topics)}
        for each, kinds, topics in zip(SHELF.development, run.modality, run.topic, strict=True)
    ]
    scored = scorer().labels(gold, answers)
    for part, own in (
        ("all", report),
        ("en", report["per_language"]["en"]),
        ("ja_zh", report["per_language"]["ja_zh"]),
    ):
        for field, name in (("modalities", "modality"), ("cmc_topics", "topic")):
            assert scored[part][field]["macro_f1"] == pytest.approx(own[f"{name}_macro_f1"], abs=1e-4)
            assert scored[part][field]["micro_f1"] == pytest.approx(own[f"{name}_micro_f1"], abs=1e-4)
        assert scored[part]["is_cmc_relevant"]["recall"] == pytest.approx(own["cmc_recall"], abs=1e-4)


def scorer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("score", EVAL / "score.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_near_duplicates_and_titles_of_one_ich_code_stay_together() -> None:
    titles = [
        "Q5E comparability",
        "Note on Q5E for all",
        "Stability of vaccines",
        "Stability of vaccines (draft)",
        "Fees",
    ]
    one, other, first, second, alone = groups(titles).tolist()
    assert (one == other, first == second) == (True, True)
    assert len({one, first, alone}) == 3


def test_a_title_that_only_teaches_is_not_measured_and_teaches_nobody_who_answers_its_twin() -> None:
    few = SHELF.development[:60]
    twin = few[0].model_copy(update={"id": "twin", "title": few[0].title + " (draft)"})
    given = measured(SHELF, TAXONOMY, TinyEncoder(), few, [twin, SHELF.teaching[0]])
    head, seen = train(given, "m", "t"), []

    def learnt(part: Material, *_: str, rows: np.ndarray, seed: int) -> Head:
        seen.append({part.examples[row].id for row in np.flatnonzero(rows).tolist()})
        return head

    run = cross_validated(given, "m", "t", seed=0, learn=learnt)
    assert len(run.modality) == len(few)
    assert [("twin" in each) for each in seen] == [(few[0].id in each) for each in seen]
    assert all(SHELF.teaching[0].id in each for each in seen)


def test_a_macro_figure_leaves_out_labels_with_few_positives() -> None:
    gold = np.array([[True, False]] * ENOUGH + [[False, True]])
    given = gold.copy()
    given[-1, 1] = False
    assert macro_f1(given, gold, np.ones((1, len(gold))))[0] == 1


def test_an_interval_holds_its_figure_and_narrows_with_more_documents() -> None:
    def width(count: int) -> float:
        gold = np.tile(np.array([[True], [False], [True], [True]]), (count, 1))
        given = np.tile(np.array([[True], [True], [True], [False]]), (count, 1))
        found = interval(macro_f1, given, gold, np.arange(len(gold)))
        assert found.low <= found.value <= found.high
        return found.high - found.low

    assert width(100) < width(10)


def test_the_calibration_error_is_none_where_shares_are_as_said() -> None:
    assert calibration_error(np.array([0.25] * 4), np.array([True, False, False, False])) == 0
    assert calibration_error(np.array([0.9, 0.9]), np.array([False, False])) == pytest.approx(0.9)


def test_figures_are_told_to_people(given: Material, report: dict) -> None:
    lines = summary({**report, "how": "held out"})
    assert lines[0] == f"525 titles in {len(set(given.questions.group.tolist()))} groups, held out, 1 parting(s)"
    assert any(line.startswith("modality_macro_f1") for line in lines)


def test_titles_that_the_head_has_not_seen_are_answered_by_the_head_in_use(tmp_path) -> None:
    path = tmp_path / "more.jsonl"
    twin = SHELF.examples[0].model_dump() | {"id": "twin", "title": SHELF.examples[0].title + " (draft)"}
    new = SHELF.examples[1].model_dump() | {"id": "new", "title": "Zeolite shipping of kitchen sinks", "excerpt": ""}
    path.write_text("\n".join(json.dumps(each) for each in (twin, new)), encoding="utf-8")

    class Kept(KeptEncoder):
        def encode_documents(self, texts: Sequence[str]) -> Vectors:
            assert texts == ["Zeolite shipping of kitchen sinks"]
            return np.eye(1, E5_DIMENSION, dtype=np.float32)

    found = evaluate(SHELF, TAXONOMY, Kept(), labels=path)
    assert (found["how"], found["left_out"], found["examples"]) == ("held out", 1, 1)


def test_another_model_has_no_head_to_be_measured_on_new_titles(tmp_path) -> None:
    path = tmp_path / "more.jsonl"
    new = SHELF.examples[1].model_dump() | {"id": "new", "title": "Zeolite shipping of kitchen sinks"}
    path.write_text(json.dumps(new), encoding="utf-8")
    with pytest.raises(ClassifyError, match="no head was trained for model tiny@1"):
        evaluate(SHELF, TAXONOMY, TinyEncoder(), labels=path)


def test_a_line_that_is_no_labelled_title_is_told_by_file_and_line(tmp_path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text('{"id": "1", "title": ""}\n', encoding="utf-8")
    with pytest.raises(ClassifyError, match=r"broken\.jsonl:1: no labelled title: agency: Field required"):
        read_examples([path])


# --- what is shipped --------------------------------------------------------------------------------------------------


def test_the_shipped_head_is_what_the_shipped_titles_teach(given: Material) -> None:
    head = SHELF.head(KEY, TAXONOMY.key)
    assert head is not None, f"{HEAD} is of another model or taxonomy: `regintel train` and copy it"
    assert head.data == data_hash(SHELF.examples)
    anew = train(given, KEY, TAXONOMY.key)
    for name in ("modality", "topic", "cmc", "curves"):
        np.testing.assert_allclose(getattr(anew, name), getattr(head, name), atol=5e-3)
    np.testing.assert_allclose(anew.topic_limits, head.topic_limits)


def test_the_development_titles_are_those_of_the_development_set() -> None:
    assert len(read_examples([ROOT / "data" / "labels" / DEVELOPMENT])) == 525
    assert (ROOT / "data" / "labels" / VECTORS).stat().st_size < 1_500_000


# --- relevance --------------------------------------------------------------------------------------------------------


def test_what_must_not_be_missed_is_found(run: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ROOT / "tests" / "relevance"
    projects = load_projects(folder, MODALITIES, TOPICS)
    assert len(projects) == 8
    rows = {each.id: row for row, each in enumerate(SHELF.development)}
    found = [json.loads(line) for line in (folder / "judgements.jsonl").read_text(encoding="utf-8").splitlines()]
    said = np.array([relevant(run, rows[each["record"]], projects[each["profile"]]) for each in found])
    gold = np.array([each["label"] != "not_relevant" for each in found])
    vital = np.array([each["label"] == "must_not_miss" for each in found])
    recall, precision = (said & vital).sum() / vital.sum(), (said & gold).sum() / said.sum()
    with capsys.disabled():
        print(f"\nmust_not_miss recall {recall:.3f} at precision {precision:.3f}")  # noqa: T201
    assert recall >= 0.95
    assert precision >= BASELINE["relevance_precision"] - BASELINE["epsilon"]


def relevant(run: Answers, row: int, profile) -> bool:
    """Return what `match` makes of a title, by labels of a head that has not seen it."""
    example = SHELF.development[row]
    labels = Labels(
        tuple(LabelScore(name, 1.0) for name in ids(MODALITIES, run.modality[row])),
        tuple(LabelScore(name, 1.0) for name in ids(TOPICS, run.topic[row])),
        float(run.cmc[row]),
        bool(run.relevant[row]),
        abstained=False,
    )
    scores = (
        dict(zip(MODALITIES, run.modality_scores[row].tolist(), strict=True)),
        dict(zip(TOPICS, run.topic_scores[row].tolist(), strict=True)),
    )
    agency = AGENCIES.get(example.agency, example.agency)
    return judge(profile, agency=agency, title=example.title, words="", about=About(labels, *scores), names={}).relevant
