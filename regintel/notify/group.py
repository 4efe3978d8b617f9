"""What a change asks of its reader: the headings of a digest."""

from collections.abc import Iterator
from enum import StrEnum

from regintel.records import Digest, DigestItem
from regintel.vocabulary import ChangeKind, Stage


class Group(StrEnum):
    """What the reader may have to do, most pressing first."""

    CLOSING = "Comment windows closing"
    FINAL = "Became final"
    DRAFT = "New drafts"
    NEW = "New"
    STATUS = "Status changed"
    REVISED = "Revised"
    SILENT = "Edited without notice"
    WITHDRAWN = "Withdrawn"
    RESTORED = "Restored"


def groups(digest: Digest) -> Iterator[tuple[Group, tuple[DigestItem, ...]]]:
    """Yield the groups that have items, the most relevant item of each first."""
    ranked = sorted(digest.items, key=lambda item: (not item.must_not_miss, -item.score, item.title, item.change))
    for group in Group:
        if items := tuple(item for item in ranked if _group(item) is group):
            yield group, items


def counted(group: Group, count: int) -> str:
    """Return `2 new drafts`."""
    words = {
        Group.CLOSING: "comment window closing" if count == 1 else "comment windows closing",
        Group.DRAFT: "new draft" if count == 1 else "new drafts",
        Group.NEW: "new document" if count == 1 else "new documents",
        Group.STATUS: "changed status",
    }
    return f"{count} {words.get(group, group.lower())}"


def _group(item: DigestItem) -> Group:
    moved = item.kind is ChangeKind.STATUS_CHANGED
    if item.kind is ChangeKind.WITHDRAWN or (moved and item.stage == Stage.WITHDRAWN):
        return Group.WITHDRAWN
    if item.days_left is not None:
        return Group.CLOSING
    if moved:
        return Group.FINAL if item.stage == Stage.FINAL and item.was_stage != Stage.FINAL else Group.STATUS
    if item.kind is ChangeKind.NEW:
        return Group.DRAFT if item.stage == Stage.DRAFT else Group.NEW
    if item.kind is ChangeKind.RESTORED:
        return Group.RESTORED
    return Group.SILENT if item.silent else Group.REVISED
