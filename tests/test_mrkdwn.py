"""Words from outside stay words: nothing in them acts as markup, and they keep to their room."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regintel.notify.mrkdwn import clean, escaped, link
from tests.digests import QUICK, WORDS, inert
from tests.slack_server import size


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a & b", "a &amp; b"),
        ("&amp;", "&amp;amp;"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("@here", "@\u2060here"),
        ("*a* ~b~ `c`", "∗a∗ ∼b∼ ˋcˋ"),
        ("snake_case and _this_", "snake_case and ˍthisˍ"),
        ("> quoted", "› quoted"),
        ("a\n> b|c", "a &gt; b∣c"),
        ("\u202eab\x00c\ud83d", "ab c"),
    ],
)
def test_words_from_outside_stay_words(written: str, shown: str) -> None:
    assert escaped(written, 100) == shown


@pytest.mark.parametrize(
    ("limit", "shown"),
    [(100, "Potency &amp; purity"), (18, "Potency &amp;…"), (12, "Potency…"), (9, "Potency…"), (6, "Poten…")],
)
def test_what_is_too_long_ends_at_a_word_and_never_within_an_escape(limit: int, shown: str) -> None:
    assert escaped("Potency & purity", limit) == shown


@pytest.mark.parametrize(("limit", "shown"), [(6, "snake…"), (7, "snake…"), (8, "snake_c…"), (20, "snake_case")])
def test_a_word_that_is_cut_ends_without_an_underscore(limit: int, shown: str) -> None:
    assert escaped("snake_case", limit) == shown


def test_an_emoji_is_cut_whole_or_not_at_all() -> None:
    family = "👩‍👩‍👧"
    assert escaped(f"abc{family}{family}", 12) == f"abc{family}…"
    assert escaped(f"abc{family}{family}", 11) == "abc…"
    assert escaped("cafe\u0301s" * 2, 6) == "cafe\u0301…"
    assert escaped("cafe\u0301s" * 2, 5) == "caf…"


@pytest.mark.parametrize(
    ("written", "linked"),
    [
        ("https://www.fda.gov/media/1?a=1&b=2", "https://www.fda.gov/media/1?a=1&b=2"),
        ("https://www.fda.gov/a|b>c d", "https://www.fda.gov/a%7Cb%3Ec%20d"),
        ("https://www.nmpa.gov.cn/意.html", "https://www.nmpa.gov.cn/%E6%84%8F.html"),
        ("https://www.ema.europa.eu/a%20b", "https://www.ema.europa.eu/a%20b"),
        ("javascript:alert(1)", ""),
        ("ftp://fda.gov/x", ""),
        ("https://fda.gov@evil.example/", ""),
        ("https://fda.gov\\@evil.example/", ""),
        ("https://ｆda.gov/", ""),
        ("https:///nowhere", ""),
        ("HTTPS://www.fda.gov/A", "https://www.fda.gov/A"),
        ("http://[::1", ""),
        ("https://fda.gov/a\nb", ""),
        ("https://fda.gov/\u202egpj.exe", ""),
    ],
)
def test_only_plain_web_addresses_are_links(written: str, linked: str) -> None:
    assert link(written) == linked


@settings(QUICK, max_examples=300)
@given(WORDS, st.integers(5, 80))
def test_escaped_text_keeps_to_its_room_and_reads_back(text: str, limit: int) -> None:
    shown = escaped(text, limit)
    assert size(shown) <= limit
    inert(shown)
    if not shown.endswith("…"):
        assert len(shown) >= len(clean(text))
