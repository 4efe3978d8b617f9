"""What is told at once, in a document's thread, and to the operators; and the buttons under an entry."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from regintel.notify.blocks import feedback
from regintel.notify.message import Message, alarm, alerts, follow_up, messages
from regintel.records import Digest
from tests.digests import DIGESTS, NAMES, QUICK, WORDS, digest, full, held, item, texts, told
from tests.golden import check


def buttons_of(message: Message) -> list[dict[str, object]]:
    return [element for block in message.blocks if block["type"] == "actions" for element in block["elements"]]  # type: ignore[attr-defined]


def test_an_alert_tells_one_document() -> None:
    (made,) = alerts(digest(full().items[2]), NAMES, buttons=True)
    held(made)
    assert made.changes == (3,)
    assert made.blocks[0]["text"]["text"] == "Became final"  # type: ignore[index]
    assert made.text.startswith("FDA: Considerations for the Development of Chimeric Antigen Receptor")
    check("alert", told((made,)))


def test_up_to_five_alerts_stand_alone() -> None:
    few = [item(change=number) for number in range(1, 6)]
    made = alerts(digest(*few), NAMES)
    assert [message.changes for message in made] == [(number,) for number in range(1, 6)]
    assert alerts(digest()) == ()


def test_more_alerts_than_five_are_a_burst_of_one_parent_and_its_thread() -> None:
    many = full()
    parent, *others = alerts(many, NAMES)
    for message in (parent, *others):
        held(message)
    assert parent.changes == ()
    assert sorted(change for message in others for change in message.changes) == sorted(
        each.change for each in many.items
    )
    assert all(len(message.changes) == 1 for message in others)
    named = "\n".join(texts(parent))
    assert all(message.text.splitlines()[0] in named for message in others)
    check("burst", told((parent, others[0])))


def test_a_burst_of_hundreds_counts_those_that_it_cannot_name() -> None:
    many = [item(change=number, title=f"Guidance number {number} of many") for number in range(1, 301)]
    parent, *others = alerts(digest(*many), NAMES)
    held(parent)
    assert len(others) == 300
    assert parent.blocks[0]["text"]["text"] == "300 alerts · Autologous CAR-T"  # type: ignore[index]
    assert "… and " in texts(parent)[-2]


def test_a_follow_up_tells_a_later_stage_for_the_documents_thread() -> None:
    later = full().items[2]
    made = follow_up(digest(later), later, NAMES)
    held(made)
    assert made.changes == (3,)
    assert "Draft → Final" in made.text
    check("follow_up", told((made,)))


def test_an_alarm_names_what_is_wrong() -> None:
    made = alarm("PMDA notifications is broken", ["No good run since Tue 3 Nov.", "3 items, expected <40> & more", ""])
    held(made)
    assert made.changes == ()
    check("alarm", told((made,)))


def test_the_buttons_say_who_asks_about_what() -> None:
    (made,) = messages(digest(item(change=7, document="fda-7")), NAMES, buttons=True)
    assert [each["action_id"] for each in buttons_of(made)] == [
        "feedback_useful",
        "feedback_wrong_tag",
        "feedback_not_for_us",
    ]
    assert {each["value"] for each in buttons_of(made)} == {'{"p":"cart","c":7,"d":"fda-7"}'}
    assert [block["block_id"] for block in made.blocks if block["type"] == "actions"] == ["feedback:7"]


def test_there_are_no_buttons_where_nobody_listens() -> None:
    assert not buttons_of(messages(digest(item()))[0])


def test_there_are_no_buttons_that_would_send_back_too_much() -> None:
    assert feedback("cart", 1, "d" * 576) is None
    longest = feedback("cart", 1, "d" * 575)
    assert longest is not None
    assert len(json.loads(json.dumps(longest))["elements"][0]["value"]) == 600


@settings(QUICK, max_examples=20)
@given(DIGESTS)
def test_every_alert_holds_slacks_limits_and_nothing_in_it_acts(made: Digest) -> None:
    for message in alerts(made, NAMES, buttons=True):
        held(message)


@settings(QUICK, max_examples=20)
@given(DIGESTS)
def test_every_follow_up_holds_slacks_limits_and_nothing_in_it_acts(made: Digest) -> None:
    for each in made.items:
        held(follow_up(made, each, NAMES, buttons=True))


@settings(QUICK, max_examples=60)
@given(WORDS, st.lists(WORDS, max_size=60))
def test_every_alarm_holds_slacks_limits_and_nothing_in_it_acts(title: str, lines: list[str]) -> None:
    held(alarm(title, lines))
