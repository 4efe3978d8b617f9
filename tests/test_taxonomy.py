"""The taxonomy file: all labels of the contract, checked on loading, and a key that follows only their meaning."""

from pathlib import Path

import pytest

from regintel.classify.taxonomy import load_taxonomy
from regintel.exceptions import ConfigError

SHIPPED = Path(__file__).parent.parent / "config" / "taxonomy.toml"

SMALL = """
version = "1.0"

[[modality]]
id = "vaccine"
label = "Vaccine"
definition = "Vaccines and their antigens."
keywords.en = ["vaccine", "adjuvant"]
keywords.ja = ["ワクチン"]
maps_from.fda = ["Vaccines"]

[[modality]]
id = "cross_none"
label = "None"
definition = "Names none."

[[topic]]
id = "not_cmc"
label = "Not CMC"
definition = "All else."
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "taxonomy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_file_has_every_label_of_the_contract():
    taxonomy = load_taxonomy(SHIPPED)
    assert [len(taxonomy.modality), len(taxonomy.topic)] == [16, 24]
    assert taxonomy.modality[0].id == "small_molecule"
    assert taxonomy.topic[0].id == "comparability"
    assert taxonomy.modality[-1].notes.startswith("Exclusive")


def test_every_label_but_the_exclusive_ones_has_words_in_three_languages():
    taxonomy = load_taxonomy(SHIPPED)
    for label in (*taxonomy.modality, *taxonomy.topic):
        assert label.keywords.en, label.id
        assert label.keywords.ja, label.id
        assert label.keywords.zh, label.id


def test_comments_layout_notes_and_order_of_words_do_not_change_the_key(tmp_path):
    key = load_taxonomy(written(tmp_path, SMALL)).key
    moved = SMALL.replace('["vaccine", "adjuvant"]', '[ "adjuvant",\n  "vaccine" ] # two').replace(
        'label = "None"', 'label = "None"\nnotes = "Mind this."'
    )
    assert moved != SMALL
    assert load_taxonomy(written(tmp_path, moved)).key == key


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("their antigens", "their adjuvants"),
        ('"adjuvant"', '"adjuvanted"'),
        ('["ワクチン"]', '["予防接種"]'),
        ('["Vaccines"]', '["Vaccine"]'),
        ('id = "vaccine"', 'id = "vaccines"'),
        ("keywords.ja", "keywords.zh"),
    ],
)
def test_whatever_decides_about_labels_changes_the_key(tmp_path, old, new):
    key = load_taxonomy(written(tmp_path, SMALL)).key
    assert load_taxonomy(written(tmp_path, SMALL.replace(old, new))).key != key


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("keywords.ja", "keywords.jp", "modality.1.keywords.jp: Extra inputs are not permitted"),
        ('label = "Vaccine"', 'label = ""', "modality.1.label: String should have at least 1 character"),
        ('version = "1.0"', "", "version: Field required"),
        ('id = "vaccine"', 'id = "cross_none"', "modality: id 'cross_none' is there twice"),
        ('id = "not_cmc"', 'id = "other"', "topic: id 'not_cmc' is missing"),
        ('["ワクチン"]', '["*"]', "modality.1.keywords.ja.1: String should match pattern"),
        ('["ワクチン"]', '"ワクチン"', "modality.1.keywords.ja: Input should be a valid tuple"),
        ("[[topic]]", "[[topic", "not TOML: "),
    ],
)
def test_a_mistake_is_told_with_file_and_key(tmp_path, old, new, told):
    path = written(tmp_path, SMALL.replace(old, new, 1))
    with pytest.raises(ConfigError) as error:
        load_taxonomy(path)
    assert str(error.value).startswith(f"{path}: {told}")
    assert "\n" not in str(error.value)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_taxonomy(tmp_path / "taxonomy.toml")
