"""What a change asks of its reader."""

import pytest

from regintel.notify.group import ASKS, CLOSING_DAYS, Group, counted, group_of, groups
from regintel.vocabulary import ChangeKind, Stage
from tests.digests import item

MOVED = {"kind": ChangeKind.STATUS_CHANGED}


@pytest.mark.parametrize(
    ("told", "group"),
    [
        ({"stage": "draft"}, Group.DRAFT),
        ({"stage": "draft", "days_left": CLOSING_DAYS + 1}, Group.DRAFT),
        ({"stage": "draft", "days_left": CLOSING_DAYS}, Group.CLOSING),
        ({"stage": "draft", "days_left": 0, "kind": ChangeKind.REVISED}, Group.CLOSING),
        ({"stage": "draft", "days_left": 300, "kind": ChangeKind.DEADLINE_CHANGED}, Group.MOVED),
        ({"stage": "draft", "kind": ChangeKind.DEADLINE_CHANGED}, Group.MOVED),
        ({"stage": "concept"}, Group.EARLY),
        ({"stage": "final"}, Group.NEW),
        ({"stage": "revised"}, Group.NEW),
        ({"stage": "unstated"}, Group.NEW),
        ({"stage": "information"}, Group.NEWS),
        ({"stage": "information", "kind": ChangeKind.REVISED}, Group.NEWS),
        ({"stage": "withdrawn"}, Group.WITHDRAWN),
        ({"stage": "superseded", **MOVED, "was_stage": "final"}, Group.WITHDRAWN),
        ({"stage": "draft", "days_left": 3, "kind": ChangeKind.WITHDRAWN}, Group.WITHDRAWN),
        ({"stage": "final", **MOVED, "was_stage": "draft"}, Group.FINAL),
        ({"stage": "final", **MOVED, "was_stage": "concept"}, Group.FINAL),
        ({"stage": "final", **MOVED}, Group.FINAL),
        ({"stage": "final", **MOVED, "was_stage": "final"}, Group.STATUS),
        ({"stage": "revised", **MOVED, "was_stage": "final"}, Group.STATUS),
        ({"stage": "final", **MOVED, "was_stage": "unstated"}, Group.STATUS),
        ({"stage": "draft", **MOVED, "was_stage": "concept"}, Group.DRAFT),
        ({"stage": "draft", **MOVED, "was_stage": "draft"}, Group.STATUS),
        ({"stage": "information", **MOVED, "was_stage": "draft"}, Group.STATUS),
        ({"stage": "information", **MOVED, "was_stage": "information"}, Group.NEWS),
        ({"stage": "final", "kind": ChangeKind.REVISED, "silent": True}, Group.REVISED),
        ({"stage": "final", "kind": ChangeKind.RESTORED}, Group.RESTORED),
    ],
)
def test_a_change_stands_where_its_reader_has_something_to_do(told: dict[str, object], group: Group) -> None:
    assert group_of(item(**told)) is group


def test_every_change_has_its_group() -> None:
    for kind in ChangeKind:
        for stage in Stage:
            assert group_of(item(kind=kind, stage=stage)) in Group


def test_of_closing_windows_the_soonest_comes_first_and_of_one_day_the_most_relevant() -> None:
    later, low, high = (
        item(change=1, days_left=20, score=0.9),
        item(change=2, days_left=3, score=0.2),
        item(change=3, days_left=3, score=0.8),
    )
    ((group, found),) = groups([later, low, high])
    assert (group, [each.change for each in found]) == (Group.CLOSING, [3, 2, 1])


def test_every_group_says_what_it_asks_and_can_be_counted() -> None:
    assert set(ASKS) == set(Group)
    assert [counted(Group.DRAFT, 1), counted(Group.DRAFT, 2)] == ["1 new draft", "2 new drafts"]
    assert counted(Group.FINAL, 1_000) == "1,000 became final"
