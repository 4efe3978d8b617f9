"""Text to labels: words, codes, filing and closeness, weighed; mostly by a tiny encoder, on the shipped taxonomy."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regintel.classify.calibration import CALIBRATION, Calibration, CmcWeights, Weights, cmc_features
from regintel.classify.classifier import Classifier
from regintel.classify.lexical import Lexicon, ich_codes
from regintel.classify.prototypes import Prototypes, background_titles, prototype_texts
from regintel.classify.reading import MOST_TEXT, subject
from regintel.classify.taxonomy import AgencyTopics, Keywords, LabelDefinition, load_taxonomy
from regintel.classify.verdict import MOST_TOPICS, probability
from regintel.encoder import open_encoder
from regintel.exceptions import ClassifyError
from tests.tiny import DIMENSION, TinyEncoder

ROOT = Path(__file__).parent.parent
TAXONOMY = load_taxonomy(ROOT / "config" / "taxonomy.toml")
TOPIC_WORDS = Lexicon(TAXONOMY.topic)
TITLES = background_titles(ROOT / "data" / "labels" / "background.jsonl")


def label(*words: str, **maps_from: tuple[str, ...]) -> LabelDefinition:
    return LabelDefinition(
        id="x", label="X", definition="X.", keywords=Keywords(en=words), maps_from=AgencyTopics(**maps_from)
    )


def words(text: str, *looked_for: str) -> tuple[str, ...]:
    return Lexicon([label(*looked_for)]).hits(text)[0].words


@pytest.fixture(scope="module")
def tiny() -> Classifier:
    encoder = TinyEncoder()
    return Classifier(TAXONOMY, encoder.encode_documents, encoder.encode_documents(TITLES))


def classified(classifier: Classifier, text: str, *agency_topics: str):
    (result,) = classifier.classify(TinyEncoder().encode_documents([text]), [text], [agency_topics])
    return result


def ids(scores) -> list[str]:
    return [score.id for score in scores]


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Sterile products for which a label is claimed", "label"),
        ("Gene therapies in the clinic", "gene therapy"),
        ("POTENCY ASSAYS", "potency assay"),
        ("Impurities: residual solvents", "impurit*"),
        ("Post–Approval changes", "post-approval"),
        ("postapproval changes", "post-approval"),
        ("PET drugs", "PET"),
        ("ATMPs", "ATMP"),
        ("Ｐｏｔｅｎｃｙ of vaccines", "potency"),
        ("Factor VIII concentrates", "factor VIII"),
        ("再生医療等製品の力価試験について", "力価"),
        ("ｶﾙﾀﾍﾅ法", "カルタヘナ"),
        ("CAR-T細胞製剤", "CAR-T"),
        ("用于PET薬剤の", "PET薬剤"),
    ],
)
def test_a_word_is_found(text, word):
    assert words(text, word) == (word,)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Penicillin facilities", "pen"),
        ("Pet food labelling", "PET"),
        ("Prime considerations", "PRIME"),
        ("which a sterile claim", "ICH"),
        ("Important notice", "import"),
        ("Biotechnology-derived", "technology"),
        ("Labelling", "label"),
    ],
)
def test_a_part_of_a_word_is_not_the_word(text, word):
    assert words(text, word) == ()


def test_ich_codes_are_read_with_revisions_and_ranges():
    assert list(ich_codes("ICH Q3A(R2), Q1A-Q1F and M13A; not Q2X9 or SQ3A")) == [
        *("Q3A", "Q1A", "Q1B", "Q1C", "Q1D", "Q1E", "Q1F", "M13A"),
    ]
    (hits,) = Lexicon([label(ich=("Q5A", "M13"))]).hits("Q5A(R2) and M13A")
    assert hits.codes == ("M13A", "Q5A")


def test_the_agencys_own_topics_are_found_alone_or_among_others():
    lexicon = Lexicon([label(fda=("CMC",))])
    assert lexicon.hits("A title", ["Chemistry, Manufacturing, and Controls (CMC), Gene Therapy"])[0].topics == ("CMC",)
    assert lexicon.hits("A title on CMC", ["Gene Therapy"])[0].topics == ()


@given(st.text())
def test_any_text_can_be_searched(text):
    assert len(TOPIC_WORDS.hits(text, [text])) == len(TAXONOMY.topic)


# --- prototypes -------------------------------------------------------------------------------------------------------


def test_a_label_stands_for_itself_in_three_languages():
    (potency,) = (topic for topic in TAXONOMY.topic if topic.id == "potency")
    texts = prototype_texts(potency)
    assert texts[0] == f"{potency.label}: {potency.definition}"
    assert {"bioassay", "力価", "效价"} < set(texts)
    assert not any(text.endswith("*") for one in TAXONOMY.topic for text in prototype_texts(one))


def test_similarities_are_relative_to_the_background_and_to_the_other_labels():
    encoder = TinyEncoder()
    prototypes = Prototypes(TAXONOMY.topic, encoder.encode_documents, encoder.encode_documents(TITLES))
    scores = prototypes.similarities(encoder.encode_documents(["Potency assays", "Stability and shelf life", "Fees"]))
    assert scores.shape == (3, 24)
    np.testing.assert_allclose(scores.mean(axis=1), 0, atol=1e-5)
    assert TAXONOMY.topic[int(scores[0].argmax())].id == "potency"
    assert TAXONOMY.topic[int(scores[1].argmax())].id == "stability"


def test_prototypes_need_a_background():
    with pytest.raises(ClassifyError, match="background is empty"):
        Prototypes(TAXONOMY.topic, TinyEncoder().encode_documents, np.zeros((0, DIMENSION), np.float32))


def test_the_background_is_525_titles_and_a_broken_one_is_told(tmp_path):
    assert len(TITLES) == 525
    broken = tmp_path / "background.jsonl"
    broken.write_text('{"id": "1"}\n', encoding="utf-8")
    with pytest.raises(ClassifyError, match="no background titles"):
        background_titles(broken)


# --- verdicts ---------------------------------------------------------------------------------------------------------


def test_words_make_labels_with_their_evidence(tiny):
    result = classified(tiny, "Potency assays and comparability (Q5E) of CAR-T cells")
    assert "cell_therapy_engineered" in ids(result.labels.modalities)
    assert {"potency", "comparability"} == set(ids(result.labels.topics))
    assert result.labels.is_cmc_relevant
    assert not result.labels.abstained
    told = {(one.scheme, one.label): one for one in result.evidence}
    assert told["topic", "potency"].accepted
    assert told["topic", "potency"].evidence.startswith("word 'potency'; word 'potency assay'; ")
    assert "; ICH code 'Q5E'; " in told["topic", "comparability"].evidence
    assert "the definition (z=" in told["topic", "stability"].evidence


def test_every_label_is_scored_whether_accepted_or_not(tiny):
    result = classified(tiny, "Potency assays")
    names = [label.id for label in (*TAXONOMY.modality, *TAXONOMY.topic)]
    assert [one.label for one in result.evidence] == names
    assert all(0 <= one.score <= 1 for one in result.evidence)
    accepted = {one.label for one in result.evidence if one.accepted}
    assert accepted == {*ids(result.labels.modalities), *ids(result.labels.topics)}


def test_the_agencys_filing_raises_a_label(tiny):
    def score(*filed: str) -> float:
        result = classified(tiny, "Considerations for sponsors", *filed)
        return next(one.score for one in result.evidence if one.label == "plasma_blood")

    assert score("Blood Products") > score() + 0.1
    assert "agency topic 'Blood Products'" in " ".join(
        one.evidence for one in classified(tiny, "Considerations", "Blood Products").evidence
    )


def test_a_topic_that_stands_for_many_labels_says_less(tiny):
    alone, shared = tiny.topics.measure(
        TinyEncoder().encode_documents(["x"] * 2), ["x"] * 2, [["Import"], ["CMC"]]
    ).features
    by_id = dict(zip(tiny.topics.ids, range(24), strict=True))
    assert alone[by_id["supply_distribution"], 3] == 1
    assert shared[by_id["stability"], 3] == pytest.approx(1 / 6)


def test_out_of_scope_words_speak_against_all(tiny):
    plain = classified(tiny, "Stability testing of new products")
    animal = classified(tiny, "Stability testing of new veterinary products")
    assert "stability" in ids(plain.labels.topics)
    assert animal.labels.cmc_score < plain.labels.cmc_score
    assert "against it: word 'veterinary'" in next(one.evidence for one in animal.evidence if one.label == "stability")


def test_the_exclusive_labels_stand_alone_and_only_where_nothing_passes(tiny):
    labels = classified(tiny, "Bioequivalence and pharmacokinetics in paediatric clinical trials").labels
    assert ids(labels.topics) == ["not_cmc"]
    assert ids(labels.modalities) == ["cross_none"]
    assert not labels.is_cmc_relevant
    assert labels.topics[0].score == pytest.approx(1 - labels.cmc_score, abs=1e-3)


def test_a_document_that_is_likely_cmc_keeps_its_best_topic():
    encoder = TinyEncoder()
    unsure = Calibration(Weights(-9, 0, 0, 0, 0, 0), Weights(-9, 1, 1, 0, 0, 0), CmcWeights(2, 0, 0, 0, 0))
    classifier = Classifier(TAXONOMY, encoder.encode_documents, encoder.encode_documents(TITLES[:50]), unsure)
    labels = classified(classifier, "Stability of stability").labels
    assert ids(labels.topics) == ["stability"]
    assert labels.topics[0].score < 0.5
    assert labels.is_cmc_relevant


def test_nothing_clear_is_abstained_on():
    encoder = TinyEncoder()
    coin = Calibration(Weights(-9, 0, 0, 0, 0, 0), Weights(-9, 0, 0, 0, 0, 0), CmcWeights(0, 0, 0, 0, 0))
    classifier = Classifier(TAXONOMY, encoder.encode_documents, encoder.encode_documents(TITLES[:50]), coin)
    labels = classified(classifier, "Potency assays").labels
    assert labels.abstained
    assert ids(labels.topics) == ["not_cmc"]


@settings(deadline=None, max_examples=50)
@given(text=st.text(min_size=1) | st.lists(st.sampled_from(TITLES), min_size=1, max_size=4).map(" ".join))
def test_the_rules_hold_for_any_text(tiny, text):
    labels = classified(tiny, text).labels
    for scores, exclusive in ((labels.modalities, "cross_none"), (labels.topics, "not_cmc")):
        assert scores
        assert exclusive not in ids(scores) or len(scores) == 1
        assert [one.score for one in scores] == sorted((one.score for one in scores), reverse=True)
    assert len(labels.topics) <= MOST_TOPICS
    assert labels.is_cmc_relevant == (ids(labels.topics) != ["not_cmc"])
    assert 0 <= labels.cmc_score <= 1


def test_documents_are_answered_in_order_and_none_is_none(tiny):
    texts = ["Potency assays", "User fees", "Stability testing"]
    together = tiny.classify(TinyEncoder().encode_documents(texts), texts)
    assert together == [classified(tiny, text) for text in texts]
    assert tiny.classify(np.zeros((0, DIMENSION), np.float32), []) == []


def test_a_long_body_does_not_drown_the_title():
    assert subject("Title", "b" * 9999) == "Title\n" + "b" * MOST_TEXT
    assert subject("Title") == "Title"


def test_the_version_names_method_and_constants(tiny):
    encoder = TinyEncoder()
    other = Calibration(CALIBRATION.modality, CALIBRATION.topic, CmcWeights(0, 0, 0, 0, 0))
    changed = Classifier(TAXONOMY, encoder.encode_documents, encoder.encode_documents(TITLES[:9]), other)
    assert tiny.version.startswith("prototypes-2/")
    assert changed.version != tiny.version


def test_the_cmc_curve_reads_the_two_likeliest_topics_and_the_exclusive_one():
    features = np.zeros((1, 3, 5))
    features[0, 2, 0], features[0, :, 4] = 1.5, 1
    assert cmc_features(np.array([[-1.0, 2.0, 9.0]]), features, exclusive=2).tolist() == [[2.0, -1.0, 1.5, 1.0]]
    assert probability(np.zeros(1)).tolist() == [0.5]


@pytest.mark.model
def test_meaning_crosses_languages(models_folder):
    encoder = open_encoder(None, models_folder)
    texts = [
        "ヒト細胞加工製品の効力を測る方法",
        "如何证明变更前后产品质量一致",
        "Showing that a product is as strong as its label says",
    ]
    prototypes = Prototypes(TAXONOMY.topic, encoder.encode_documents, encoder.encode_documents(TITLES[::5]))
    scores = prototypes.similarities(encoder.encode_documents(texts))
    best = [{TAXONOMY.topic[at].id for at in np.argsort(-row)[:3]} for row in scores]
    assert "potency" in best[0]
    assert best[1] & {"comparability", "post_approval"}
