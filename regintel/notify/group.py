"""What a change asks of its reader: the headings of a digest."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from regintel.records import DigestItem
from regintel.vocabulary import ChangeKind, Stage

CLOSING_DAYS = 30
"""From how many days on a comment window is closing: about what a company's own round of comments takes. Of a window
that is open for longer, the entry says the days left."""


class Group(StrEnum):
    """What the reader may have to do, most pressing first."""

    CLOSING = "Comment windows closing"
    MOVED = "Comment deadlines moved"
    FINAL = "Became final"
    NEW = "New guidance"
    DRAFT = "New drafts"
    EARLY = "At an early stage"
    STATUS = "Status changed"
    REVISED = "Revised"
    WITHDRAWN = "Withdrawn or superseded"
    RESTORED = "Back on the list"
    NEWS = "News"


ASKS = {
    Group.CLOSING: f"{CLOSING_DAYS} days or less: comment, or let it pass",
    Group.MOVED: "note the new date",
    Group.FINAL: "check it against what you do and have filed",
    Group.NEW: "read it, and decide whether it applies",
    Group.DRAFT: "read, and decide whether to comment",
    Group.EARLY: "a direction, not yet a draft",
    Group.STATUS: "check what holds now",
    Group.REVISED: "check what changed",
    Group.WITHDRAWN: "look where you rely on it",
    Group.RESTORED: "listed again: check that it still holds",
    Group.NEWS: "for information",
}
"""What to do, in a few words."""
COUNTED = {
    Group.CLOSING: ("comment window closing", "comment windows closing"),
    Group.MOVED: ("comment deadline moved", "comment deadlines moved"),
    Group.NEW: ("new guidance document", "new guidance documents"),
    Group.DRAFT: ("new draft", "new drafts"),
    Group.EARLY: ("at an early stage", "at an early stage"),
    Group.STATUS: ("changed status", "changed status"),
    Group.NEWS: ("piece of news", "pieces of news"),
}

ALONE = {Group.CLOSING: "Comment window closing", Group.MOVED: "Comment deadline moved", Group.DRAFT: "New draft"}
"""The headings of a single change, where they are not the group's."""
BEGUN: Mapping[str, Group] = {Stage.DRAFT: Group.DRAFT, Stage.CONCEPT: Group.EARLY}
BEGINNINGS = (ChangeKind.NEW, ChangeKind.STATUS_CHANGED)
FINAL = frozenset({Stage.FINAL, Stage.REVISED})
GONE = frozenset({Stage.WITHDRAWN, Stage.SUPERSEDED})


def groups(items: Sequence[DigestItem]) -> Iterator[tuple[Group, tuple[DigestItem, ...]]]:
    """Yield the groups that have items: of closing windows the soonest first, of all others the most relevant."""
    ranked = sorted(items, key=lambda item: (not item.must_not_miss, -item.score, item.title, item.change))
    for group in Group:
        if found := tuple(item for item in ranked if group_of(item) is group):
            yield group, _soonest_first(found) if group is Group.CLOSING else found


def counted(group: Group, count: int) -> str:
    """Return `2 new drafts`."""
    one, many = COUNTED.get(group, (group.lower(), group.lower()))
    return f"{count:,} {one if count == 1 else many}"


def group_of(item: DigestItem) -> Group:
    """Return what a change asks of its reader."""
    if item.kind is ChangeKind.WITHDRAWN or (item.stage in GONE and item.kind in BEGINNINGS):
        return Group.WITHDRAWN
    if item.days_left is not None and item.days_left <= CLOSING_DAYS:
        return Group.CLOSING
    if item.kind is ChangeKind.DEADLINE_CHANGED:
        return Group.MOVED
    moved = item.kind is ChangeKind.STATUS_CHANGED
    if item.stage == Stage.INFORMATION and (not moved or item.was_stage == Stage.INFORMATION):
        return Group.NEWS
    if moved:
        return _moved(item)
    if item.kind is ChangeKind.NEW:
        return BEGUN.get(item.stage, Group.NEW)
    return Group.RESTORED if item.kind is ChangeKind.RESTORED else Group.REVISED


def _moved(item: DigestItem) -> Group:
    """Return what a new status asks: only what was a draft, or before that, became final.

    From one word for final to another nothing did, and where the list had not said, nobody knows.
    """
    if item.stage in FINAL:
        return Group.FINAL if item.was_stage in {*BEGUN, None} else Group.STATUS
    return BEGUN.get(item.stage, Group.STATUS) if item.stage != item.was_stage else Group.STATUS


def _soonest_first(items: tuple[DigestItem, ...]) -> tuple[DigestItem, ...]:
    return tuple(sorted(items, key=lambda item: item.days_left or 0))  # of one day, the most relevant stays first
