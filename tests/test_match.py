"""Whether a change matters to a project, and the sentences that say why."""

import pytest

from regintel.notify.match import About, judge
from regintel.notify.projects import Profile
from regintel.records import Labels, LabelScore

CART = Profile(
    id="car-t",
    name="CAR-T",
    channel="C1",
    modalities=("cell_therapy_engineered",),
    agencies=("fda", "ema"),  # type: ignore[arg-type]
    keywords=("chain of identity",),
    exclude=("veterinary",),
)
NAMES = {"cell_therapy_engineered": "Engineered cell therapy", "potency": "Potency", "cross_none": "Any"}


NO_TOPIC = "not about manufacturing or quality, or not about the topics that the project follows"


def labels(modality: str = "cell_therapy_engineered", topic: str = "potency", cmc: float = 0.9) -> Labels:
    return Labels((LabelScore(modality, 0.9),), (LabelScore(topic, 0.9),), cmc, topic != "not_cmc", abstained=False)


def judged(profile: Profile = CART, **told: object):
    given = told.pop("labels", labels())
    scores = [{each.id: each.score for each in scheme} for scheme in (given.modalities, given.topics)]
    asked = {"agency": "fda", "title": "Potency tests", "words": "", "names": NAMES, **told}
    return judge(profile, about=About(given, *scores), **asked)  # type: ignore[arg-type]


def test_its_own_modality_and_a_cmc_topic_must_not_be_missed():
    found = judged()
    assert (found.relevant, found.must_not_miss, found.score) == (True, True, 0.785)
    assert found.reasons == ("about your product type: Engineered cell therapy", "on Potency")


def test_what_holds_for_every_modality_is_relevant_but_may_be_missed():
    found = judged(labels=labels("cross_none"))
    assert (found.relevant, found.must_not_miss) == (True, False)
    assert found.reasons[0] == "applies to every product type"


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"agency": "pmda"}, "PMDA is not among the project's agencies"),
        ({"title": "Veterinary potency tests"}, "the title holds the excluded word “veterinary”"),
        ({"labels": labels("small_molecule")}, "about small_molecule, which the project is not"),
        ({"labels": labels(topic="not_cmc", cmc=0.05)}, NO_TOPIC),
        ({"labels": Labels()}, NO_TOPIC),
    ],
)
def test_what_does_not_matter_says_why(told, why):
    found = judged(**told)
    assert (found.relevant, found.must_not_miss, found.reasons) == (False, False, (why,))


def test_ich_counts_for_every_profile():
    assert judged(agency="ich").relevant


@pytest.mark.parametrize("word", ["PIC/S", "pic/s", "PICS"])
def test_what_the_agencies_inspectors_wrote_together_counts_for_every_profile(word):
    assert judged(agency=word).relevant


@pytest.mark.parametrize("word", ["WHO", "TGA"])
def test_a_body_that_none_of_the_agencies_answers_to_is_shut_out_where_a_profile_names_some(word):
    assert judged(agency=word).reasons == (f"{word} is not among the project's agencies",)
    assert judged(CART.model_copy(update={"agencies": ()}), agency=word).relevant


def test_a_keyword_in_the_title_makes_it_relevant_whatever_the_labels_say():
    found = judged(title="Chain of Identity in practice", labels=Labels())
    assert (found.relevant, found.reasons) == (True, ("the title holds your keyword “chain of identity”",))


def test_an_excluded_word_outweighs_a_keyword():
    assert not judged(title="Chain of identity for veterinary use").relevant


def test_a_keyword_is_a_whole_word_in_latin_script_and_any_part_in_chinese():
    short = CART.model_copy(update={"keywords": ("ich", "细胞")})
    assert not judged(short, title="A sterile product for which no claim is made", labels=Labels()).relevant
    assert judged(short, title="细胞治疗产品", labels=Labels()).relevant


def test_a_project_that_names_topics_hears_of_these_only():
    narrow = CART.model_copy(update={"topics": ("stability",)})
    assert not judged(narrow).relevant
    assert judged(narrow, labels=labels(topic="stability")).relevant


def test_likeness_to_the_description_is_told_where_a_document_is_relevant_and_counts_for_nothing():
    close = judged(closeness=0.99)
    assert close.reasons[-1] == "close to the project's own description"
    assert close.score == judged().score
    assert not judged(closeness=0.99, labels=Labels()).relevant


def test_what_may_be_missed_by_a_label_just_below_its_limit_is_told():
    unsure = Labels((LabelScore("cross_none", 0.7),), (LabelScore("not_cmc", 0.64),), 0.36, abstained=True)
    found = judged(labels=unsure)
    assert found.relevant
    assert found.reasons == ("applies to every product type", "perhaps on a topic you follow (36%)")
