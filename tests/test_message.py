"""What people read: every limit holds, nothing from outside acts as markup, and the words are as they were reviewed."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regintel.notify.group import ASKS
from regintel.notify.message import messages, plain_text
from regintel.records import Digest, LabelScore
from regintel.vocabulary import ChangeKind
from tests.digests import DIGESTS, LINK, NAMES, QUICK, SOURCES, UNREAD, digest, full, held, item, source, texts, told
from tests.golden import check


def test_a_digest_of_every_kind_of_change() -> None:
    made = messages(full(), NAMES)
    for message in made:
        held(message)
    check("digest_full", {**told(made), "plain": plain_text(full(), NAMES).splitlines()})


def test_a_digest_with_nothing_new_says_what_was_read() -> None:
    made = messages(digest())
    held(made[0])
    assert "Nothing new. All 3 sources were read." in made[0].text
    check("digest_nothing_new", {**told(made), "plain": plain_text(digest()).splitlines()})


def test_a_digest_says_what_could_not_be_read_and_since_when() -> None:
    gaps = digest(sources=(*SOURCES, *UNREAD))
    made = messages(gaps)
    held(made[0])
    assert "Nothing new in what was read; 4 of 7 sources were not read." in made[0].text
    gap = "PMDA notifications could not be read since Tue 3 Nov (blocked)"
    assert gap in texts(made[0])[-1]
    assert gap in made[0].text
    check("digest_sources_unread", {**told(made), "plain": plain_text(gaps).splitlines()})


def test_what_does_not_fit_goes_into_the_thread() -> None:
    many = [item(change=number, title=f"Guidance number {number}", score=1 / number) for number in range(1, 201)]
    parent, *others = messages(digest(*many))
    assert others
    for message in (parent, *others):
        held(message)
    linked = [label for message in (parent, *others) for text in texts(message) for _, label in LINK.findall(text)]
    assert linked == [f"Guidance number {number}" for number in range(1, 201)]
    assert "200 new drafts" in parent.text
    in_thread = sum(len(LINK.findall(text)) for message in others for text in texts(message))
    assert f"{in_thread} more in the thread." in texts(parent)[0]
    assert all("*New drafts* (continued)" in texts(message)[0] for message in others)


def test_the_footer_keeps_the_gaps_when_sources_are_many() -> None:
    many = tuple(source(title=f"Source number {number} of a long list") for number in range(300))
    (made,) = messages(digest(sources=(*many, UNREAD[0])))
    held(made)
    assert texts(made)[1].startswith("PMDA notifications could not be read")
    assert re.search(r"\n300 sources read since [^\n]+ UTC: FDA 300 sources, 843,600 entries\n", texts(made)[1])


def test_a_footer_that_has_no_room_for_every_gap_says_how_many_more_there_are() -> None:
    many = tuple(replace(UNREAD[0], title=f"Source number {number} of a long list") for number in range(300))
    (made,) = messages(digest(sources=many))
    held(made)
    assert re.search(r"… and \d+ more$", texts(made)[-1])


def test_from_one_word_for_final_to_another_nothing_became_final() -> None:
    words = {"kind": ChangeKind.STATUS_CHANGED, "status": "fully applicable", "stage": "final", "was": "into operation"}
    assert "Became final" in plain_text(digest(item(**words, was_stage="draft")))
    told = plain_text(digest(item(**words, was_stage="final")))
    assert ("Became final" in told, "Status changed" in told) == (False, True)


def test_the_most_relevant_comes_first() -> None:
    low, high, must = (
        item(change=1, title="Low", score=0.2),
        item(change=2, title="High", score=0.9),
        item(change=3, title="Must", score=0.1, must_not_miss=True),
    )
    titles = [label for text in texts(messages(digest(low, high, must))[0]) for _, label in LINK.findall(text)]
    assert titles == ["Must", "High", "Low"]


@pytest.mark.parametrize(
    ("left", "words"), [(0, "today is the last day"), (1, "1 day left"), (2, "2 days left"), (120, "120 days left")]
)
def test_the_days_left_are_said_as_people_say_them(left: int, words: str) -> None:
    shown = plain_text(digest(item(comment_closes="2026-11-05", days_left=left)))
    assert f"Comments close Thu 5 Nov 2026 · {words}" in shown


@pytest.mark.parametrize(
    ("written", "read"), [("2026-11-03", "3 Nov 2026"), ("2026-11", "Nov 2026"), ("spring", "spring")]
)
def test_dates_are_read_as_far_as_the_agency_gives_them(written: str, read: str) -> None:
    assert f"published {read}\n" in plain_text(digest(item(published=written)))


def test_labels_without_a_name_are_made_readable() -> None:
    labelled = digest(item(topics=(LabelScore("cell_banks", 0.9), LabelScore("potency", 0.8))))
    assert "About: cell banks; Potency assays" in plain_text(labelled, NAMES)


def test_a_title_whose_address_is_no_link_is_still_told() -> None:
    (made,) = messages(digest(item(url="javascript:alert(1)", title="Bare")))
    assert texts(made)[2].startswith("*Bare*\n")
    assert "javascript" not in json.dumps(made.blocks) + plain_text(digest(item(url="javascript:alert(1)")))


def test_a_title_of_nothing_visible_is_still_told() -> None:
    (made,) = messages(digest(item(title="\u202e\u200d\x00")))
    held(made)
    assert "|(no title)>" in texts(made)[2]


@settings(QUICK, max_examples=40)
@given(DIGESTS, st.booleans())
def test_every_digest_holds_slacks_limits_and_nothing_in_it_acts(made: Digest, buttons: bool) -> None:
    sent = messages(made, NAMES, buttons=buttons)
    for message in sent:
        held(message)
    assert sorted(change for message in sent for change in message.changes) == [each.change for each in made.items]
    sections = [block["text"]["text"] for message in sent for block in message.blocks if block["type"] == "section"]  # type: ignore[index]
    headings = [text for text in sections if "\n" not in text and text.endswith(tuple(ASKS.values()))]
    assert len(sections) == 1 + len(headings) + len(made.items)
    shown = plain_text(made, NAMES)
    assert shown.isprintable() or not re.search(
        r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown
    )
