"""The glossary: what is spotted, and where it comes from."""

from pathlib import Path

import pytest

from regintel.config import shipped
from regintel.exceptions import ConfigError
from regintel.glossary import Glossary, Role, folded

SMALL = """
terms = [
    { en = ["clinical"], ja = ["臨床"] },
    { en = ["non-clinical", "preclinical"], ja = ["非臨床"] },
    { en = ["impurity", "impurities"], ja = ["不純物"], zh = ["杂质"] },
    { en = ["Q&A"], ja = ["質疑応答集(Q&A)"], zh = ["问答"], role = "document" },
    { en = ["CAR-T cell", "CAR-T"], ja = ["CAR-T細胞"], zh = ["CAR-T"] },
]
frame.ja = ["について"]
"""


def glossary(folder: Path, text: str = SMALL) -> Glossary:
    (folder / "glossary.toml").write_text(text, encoding="utf-8")
    return Glossary.load(folder)


@pytest.mark.parametrize(
    ("text", "language", "glosses"),
    [
        ("非臨床の不純物", "ja", ["non-clinical", "impurity"]),
        ("臨床の不純物", "ja", ["clinical", "impurity"]),
        ("不純物に関する質疑応答集（Ｑ＆Ａ）", "ja-JP", ["impurity", "Q&A"]),
        ("ＣＡＲ－Ｔ細胞", "ja", ["CAR-T cell"]),
        ("杂质问答", "zh-Hans", ["impurity", "Q&A"]),
        ("杂质问答", "ja", []),
        ("Impurities in preclinical CAR T cells, non-clinically", "en", ["impurity", "non-clinical", "CAR-T cell"]),
        ("不純物", "de", []),
        ("", "ja", []),
    ],
)
def test_the_longest_spelling_that_begins_first_is_spotted(
    tmp_path: Path, text: str, language: str, glosses: list[str]
) -> None:
    assert [found.term.gloss for found in glossary(tmp_path).spotted(text, language)] == glosses


def test_what_is_spotted_says_where_it_stands(tmp_path: Path) -> None:
    text = "ﾊﾞｲｵ不純物について"
    (found,) = glossary(tmp_path).spotted(text, "ja")
    assert folded(text)[found.start : found.end] == "不純物"


def test_a_term_tells_its_spellings_in_the_other_languages(tmp_path: Path) -> None:
    (found,) = glossary(tmp_path).spotted("impurities", "en")
    assert (found.term.spellings("ja"), found.term.spellings("zh"), found.term.spellings("de")) == (
        ("不純物",),
        ("杂质",),
        (),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('terms = [{ en = ["a"], zh = ["杂质"] }, { en = ["b"], zh = ["杂质"] }]', "'杂质' stands twice (zh)"),
        ('terms = [{ en = ["a"], ja = ["ﾜｸﾁﾝ"] }, { en = ["b"], ja = ["ワクチン"] }]', "stands twice (ja)"),
        ('terms = [{ ja = ["不純物"] }]', "terms.0.en"),
        ('terms = [{ en = ["a"], role = "verb" }]', "terms.0.role"),
        ("terms = [{ en = [' '] }]", "terms.0.en.0"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        glossary(tmp_path, text)
    assert str(raised.value).startswith(f"{tmp_path}/glossary.toml: ")
    assert said in str(raised.value)


def test_a_folder_without_a_glossary_gets_the_shipped_one(tmp_path: Path) -> None:
    assert Glossary.load(tmp_path) == Glossary.load(shipped("config"))


def test_the_shipped_glossary_spots_every_spelling_that_it_holds() -> None:
    shipped_one = Glossary.load(shipped("config"))
    for term in shipped_one.terms:
        for language in ("en", "ja", "zh"):
            for spelling in term.spellings(language):
                assert [found.term for found in shipped_one.spotted(spelling, language)] == [term], spelling


def test_the_shipped_glossary_knows_subjects_in_both_languages() -> None:
    subjects = [term for term in Glossary.load(shipped("config")).terms if term.role is Role.SUBJECT]
    assert sum(bool(term.ja) for term in subjects) > 150
    assert sum(bool(term.zh) for term in subjects) > 150
