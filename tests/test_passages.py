"""Passages keep page and section, and every word."""

import re
import time

from hypothesis import given
from hypothesis import strategies as st

from regintel.text.html import text_of
from regintel.text.passages import Passage, passages

SENTENCE = "The control strategy is based on what is known of the product and of the process. "
words = st.text(alphabet="abcXYZ0.!?。、字 -–#(\u3000\xa0", max_size=80)
lines = st.lists(st.one_of(words, words.map("## {}".format)), max_size=12).map("\n".join)
texts = st.lists(lines, max_size=4).map("\f".join)


def letters(text: str) -> str:
    """Return the text's letters without the marks of headings."""
    return "".join("".join(line.strip().removeprefix("## ") for line in re.split("[\n\f]", text)).split())


@given(texts, st.integers(0, 60), st.integers(1, 120))
def test_no_word_is_lost_and_no_passage_is_too_long(text, least, most):
    found = passages(text, least=least, most=most)
    assert "".join("".join(passage.text for passage in found).split()) == letters(text)
    assert all(0 < len(passage.text) <= most for passage in found)
    assert [passage.number for passage in found] == list(range(len(found)))
    assert all((passage.page is None) == ("\f" not in text) for passage in found)
    pages = [passage.page or 0 for passage in found]
    assert pages == sorted(pages)


@given(texts)
def test_words_stay_whole_where_they_fit(text):
    said = " ".join(passage.text for passage in passages(text))
    assert said.split() == " ".join(line.strip().removeprefix("## ") for line in re.split("[\n\f]", text)).split()


def test_a_passage_knows_its_section_and_never_crosses_a_heading():
    found = passages("Cover\n## 1. Scope\nWhat it is about.\n## 2. Quality\n## 2.1 Starting materials\nWhat they are.")
    assert found == [
        Passage(0, None, None, "Cover"),
        Passage(1, None, "1. Scope", "1. Scope\nWhat it is about."),
        Passage(2, None, "2.1 Starting materials", "2. Quality\n2.1 Starting materials\nWhat they are."),
    ]


def test_a_long_section_is_cut_at_sentences_and_keeps_its_name():
    found = passages("## 4. Control strategy\n" + SENTENCE * 60)
    assert {passage.section for passage in found} == {"4. Control strategy"}
    assert all(passage.text.endswith("process.") and 600 < len(passage.text) <= 1200 for passage in found[:-1])


def test_paragraphs_are_packed_and_stay_whole_where_they_can():
    paragraph = (SENTENCE * 6).strip()
    found = passages("\n".join([paragraph] * 5))
    assert [passage.text for passage in found] == ["\n".join([paragraph] * 2)] * 2 + [paragraph]


def test_a_paragraph_over_two_pages_is_one_and_begins_on_the_first():
    found = passages("## 3 Principle\nIt should be reviewed as part of\fthe periodic review.\n## 4 Premises\nClean.")
    assert [(passage.page, passage.text) for passage in found] == [
        (1, "3 Principle\nIt should be reviewed as part of the periodic review."),
        (2, "4 Premises\nClean."),
    ]


def test_an_empty_page_is_counted():
    assert [passage.page for passage in passages("\f\fOnly here.")] == [3]


def test_japanese_is_cut_at_its_full_stops():
    found = passages("品質に関する資料を提出すること。" * 40, least=20, most=100)
    assert all(passage.text.endswith("。") for passage in found)


def test_an_html_page_has_sections_and_no_pages():
    found = passages(text_of("<h2>Overview</h2><p>What changed.</p><h2>Apply</h2><p>How to.</p>"))
    assert [(passage.page, passage.section) for passage in found] == [(None, "Overview"), (None, "Apply")]


def test_ten_megabytes_are_cut_in_two_seconds():
    for text in ("a. " * 3_300_000, "x" * 10_000_000, (SENTENCE + "\n") * 120_000, "## a\n" * 2_000_000, "\f" * 10**7):
        begun = time.process_time()
        passages(text)
        assert time.process_time() - begun < 4  # half of it is plenty for the machines we know
