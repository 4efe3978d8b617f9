"""Search: words, meaning, and both."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from regintel.search.hybrid import fused

from regintel.search.lexical import expression, words_of
from regintel.text.snippets import snippet
from regintel.text.terms import terms


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("what does FDA expect for potency", '"FDA" OR "expect" OR "potency"'),
        ("FDA-2023-D-5259", '"FDA-2023-D-5259"'),
        ('"chain of identity" audit', '"chain of identity" OR "audit"'),
        ("再生医療", '"再生" OR "生医" OR "医療"'),
        ("is it", '"is" OR "it"'),
        ("?!", None),
        ("", None),
    ],
)
def test_a_query_becomes_an_expression(query, wanted):
    assert expression(query) == wanted


@given(st.text(max_size=200))
def test_no_query_breaks_the_index(query):
    import sqlite3

    wanted = expression(query.replace("\x00", ""))
    with sqlite3.connect(":memory:") as db:
        db.execute("CREATE VIRTUAL TABLE words USING fts5 (title, tokenize='porter unicode61')")
        if wanted:
            db.execute("SELECT * FROM words WHERE words MATCH ?", [wanted]).fetchall()
    db.close()


def test_runs_of_chinese_and_japanese_are_indexed_as_pairs_and_latin_as_it_is():
    assert terms("品質 ＧＭＰ").split() == ["品質", "GMP"]
    assert terms("细胞治疗").split() == ["细胞", "胞治", "治疗"]


def test_what_both_rankings_hold_comes_first():
    assert fused(["a", "b", "c"], ["c", "d"])[0][0] == "c"
    assert fused([], ["x"]) == fused(["x"], [])


def test_a_snippet_shows_the_words_where_they_stand():
    text = "Introduction. " * 40 + "The potency assay shall be validated before release. " + "End. " * 40
    told = snippet(text, words_of("potency assay"))
    assert "**potency** **assay** shall be validated" in told
    assert told.startswith("… ")
    assert len(told) < 300


def test_a_snippet_of_a_text_without_the_words_is_its_beginning():
    assert snippet("A short text.", ["potency"]) == "A short text."
