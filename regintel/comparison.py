"""What counts as a change, and which removal continues in which addition. Pure; the decision is in docs/decisions.

Documents are compared field by field, never page text as a whole. A technical stamp alone is no change; a field that
was not read this time is as it was.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from regintel.items import Attachment, GuidanceItem
from regintel.records import Version
from regintel.text.titles import agree, title_words
from regintel.vocabulary import ChangeKind, Stage

SIGNIFICANT = (
    "status", "title", "url", "document_type", "reference", "published", "revised_at", "effective", "comment_opens",
    "comment_closes", "change_note", "summary", "text", "offices", "topics", "products", "attachments",
)  # fmt: skip
"""Fields whose difference is a change, in the order in which a change tells them."""

QUIET = ("updated", "reference_raw", "references", "stage", "issuer", "language")
"""Fields whose difference makes a version but no change: stamps of the landing page, and our own readings."""

SILENT = frozenset({"summary", "text", "attachments"})
"""Fields that can move without the agency saying so."""

DEADLINE = frozenset({"comment_opens", "comment_closes"})


@dataclass(frozen=True)
class Difference:
    """How an item differs from the last version of its document."""

    kind: ChangeKind | None
    """None: worth a version, but no change."""
    silent: bool
    before: dict[str, object]
    after: dict[str, object]


def fields_of_item(item: GuidanceItem, text_hash: str | None, last: Version | None) -> dict[str, object]:
    """Return an item's fields as they are compared and stored; what was not read is taken from the last version."""
    fields: dict[str, object] = {name: getattr(item, name) for name in (*SIGNIFICANT, *QUIET) if name != "text"}
    fields["text"] = text_hash
    if last is not None:
        known = fields_of_version(last)
        fields |= {name: known[name] for name in item.unread}
    return fields


def fields_of_version(version: Version) -> dict[str, object]:
    """Return a version's fields as they are compared."""
    fields: dict[str, object] = {
        name: getattr(version, name) for name in (*SIGNIFICANT, *QUIET) if name not in {"text", "issuer", "language"}
    }
    return {**fields, "text": version.text_hash}


def difference(last: Version, now: Mapping[str, object], *, paired: bool = False) -> Difference | None:
    """Return how a document differs from its last version, or none if it does not.

    :param paired: whether the document goes on under a new key: then there is always a change.
    """
    known = fields_of_version(last)
    moved = [name for name in (*SIGNIFICANT, *QUIET) if name in known and _plain(known[name]) != _plain(now[name])]
    if not moved and not paired:
        return None
    # What could not be read last time is no news when it can be read now: nobody knows when it moved.
    known_before = [name for name in moved if name not in last.unread]
    told = [name for name in SIGNIFICANT if name in known_before]
    return Difference(
        kind=_kind(last, told) if told or paired else None,
        silent=_is_silent(known_before),
        before={name: shown(known[name]) for name in told},
        after={name: shown(now[name]) for name in told},
    )


def untold(moved: Difference, last: Version, told: Iterable[Mapping[str, object]], stage: str) -> Difference:
    """Return what is left of a difference when what was told of the same document already is left out.

    A list and the page that it leads to both say that a draft became final: that is one change, told once. What
    another source merely holds, without having told it, is still news.

    :param told: what changes by other sources since the last version say of the fields after them.
    :param stage: the stage that the document is in now; a draft became final, whatever word each source has for it.
    """
    known = list(told)

    def said(name: str, now: object) -> bool:
        if name == "status" and any(each.get("stage") == stage for each in known):
            return True
        return any(name in each and _says(name, each[name], now) for each in known)

    return _left(moved, last, [name for name, now in moved.after.items() if not said(name, now)])


def became(shown_as: Version, item: GuidanceItem) -> Difference | None:
    """Return that a draft became final or was withdrawn, by an announcement that is newer than what its list says.

    So a list that cannot be read for weeks hides no such step: the Federal Register says it too.
    """
    if shown_as.stage != Stage.DRAFT or item.stage not in {Stage.FINAL, Stage.WITHDRAWN}:
        return None
    if not item.published or item.published < (shown_as.published or ""):
        return None
    after: dict[str, object] = {"status": item.status, "stage": item.stage}
    return Difference(ChangeKind.STATUS_CHANGED, silent=False, before={"status": shown_as.status}, after=after)


def deadline(item: GuidanceItem, others: Iterable[Version]) -> Difference | None:
    """Return that a document has a deadline which nobody who knows it had named; none if somebody had."""
    known = [other.comment_closes for other in others]
    if not item.comment_closes or item.comment_closes in known:
        return None
    before: dict[str, object] = {"comment_closes": next(filter(None, known), None)}
    after: dict[str, object] = {"comment_closes": item.comment_closes}
    return Difference(ChangeKind.DEADLINE_CHANGED, silent=False, before=before, after=after)


def of_deadlines(moved: Difference, last: Version) -> Difference:
    """Return what a feed has to tell of a document that a list holds: its deadlines; the rest the list tells itself.

    A feed announces a guidance anew under its first address, on a day and in words of its own.
    """
    return _left(moved, last, [name for name in moved.after if name in DEADLINE])


def _left(moved: Difference, last: Version, names: list[str]) -> Difference:
    return Difference(
        kind=_kind(last, names) if names and moved.kind else None,
        silent=moved.silent and bool(names),  # what moved beside a date that another source told was no silent edit
        before={name: moved.before[name] for name in names},
        after={name: moved.after[name] for name in names},
    )


def _says(name: str, known: object, now: object) -> bool:
    """Return whether a field that another source knows says what this one says, if in other words.

    Of a day a page may give the month only, of a title the words without their envelope, of a file no size.
    """
    if _plain(known) == _plain(now):
        return True
    if name == "attachments" and isinstance(known, list) and isinstance(now, list):
        return bool(now) and {each["url"] for each in now} <= {each["url"] for each in known}
    if not isinstance(known, str) or not isinstance(now, str):
        return False
    if name == "title":
        return title_words(known) == title_words(now)
    return len(now) == len("2025-01") and known.startswith(f"{now}-")


def _kind(last: Version, told: list[str]) -> ChangeKind:
    if last.stage == Stage.WITHDRAWN:
        return ChangeKind.RESTORED
    if "status" in told:
        return ChangeKind.STATUS_CHANGED
    if DEADLINE & set(told) and not set(told) - DEADLINE - {"change_note", "revised_at"}:
        return ChangeKind.DEADLINE_CHANGED
    return ChangeKind.REVISED


def _is_silent(moved: Iterable[str]) -> bool:
    """Return whether a body or attachment moved while every date of the agency stood still."""
    names = set(moved)
    return bool(names) and names <= SILENT


def _plain(value: object) -> object:
    """Return a value in which nothing but its meaning is left: order of names, and the type of a sequence, are none."""
    if isinstance(value, tuple | list):
        parts = [each.model_dump_json() if isinstance(each, Attachment) else str(each) for each in value]
        return tuple(sorted(parts))
    return value or None


def shown(value: object) -> object:
    """Return a field as a change tells it: plain JSON."""
    if isinstance(value, tuple | list):
        return [each.model_dump() if isinstance(each, Attachment) else each for each in value]
    return value


def pairs(
    removed: Iterable[Version], added: Iterable[GuidanceItem], shared: frozenset[str] = frozenset()
) -> dict[str, str]:
    """Return removals that continue in an addition: the old key, and the new one.

    A docket is only a candidate (one of FDA's is on 215 records): it pairs when exactly one removed and one added
    record share it and their titles agree. Without one, equal titles pair when nothing else bears them.

    :param shared: addresses at which several documents stand, as at the page of a series.
    """
    gone, come = list(removed), list(added)
    found = _by_address([each for each in gone if each.url not in shared], come)
    for way in (_by_reference, _by_title):
        gone = [version for version in gone if version.key not in found]
        come = [item for item in come if item.key not in found.values()]
        found |= way(gone, come)
    return found


def _by_address(gone: list[Version], come: list[GuidanceItem]) -> dict[str, str]:
    """Pair what stands at the same address under a new key, and stands there alone."""
    before = Counter(version.url for version in gone)
    after = Counter(item.url for item in come)
    return {
        version.key: item.key
        for version in gone
        for item in come
        if version.url == item.url and before[version.url] == after[item.url] == 1
    }


def _by_reference(gone: list[Version], come: list[GuidanceItem]) -> dict[str, str]:
    before = Counter(version.reference for version in gone)
    after = Counter(item.reference for item in come)
    return {
        version.key: item.key
        for version in gone
        for item in come
        if version.reference is not None
        and version.reference == item.reference
        and before[version.reference] == after[item.reference] == 1
        and agree(version.title, item.title)
    }


def _by_title(gone: list[Version], come: list[GuidanceItem]) -> dict[str, str]:
    before = Counter(title_words(version.title) for version in gone)
    after = Counter(title_words(item.title) for item in come)
    return {
        version.key: item.key
        for version in gone
        for item in come
        if title_words(version.title) == title_words(item.title)
        and before[title_words(version.title)] == after[title_words(item.title)] == 1
    }


MOMENT = re.compile(r"\d{4}-\d\d-\d\dT")

HEADS = {
    ChangeKind.STATUS_CHANGED: "Status changed",
    ChangeKind.DEADLINE_CHANGED: "Deadline changed",
    ChangeKind.RESTORED: "Restored",
}
WORDED = {
    "text": "body reworded",
    "attachments": "attachments replaced",
    "summary": "description reworded",
    "url": "new address",
    "title": "title reworded",
    "topics": "topics",
    "offices": "offices",
    "products": "products",
}
NAMED = {
    "published": "issue date",
    "revised_at": "agency's revision",
    "comment_closes": "comments close",
    "comment_opens": "comments open",
    "document_type": "type",
}


def summary(kind: ChangeKind, title: str, moved: Difference | None, reason: str = "") -> str:
    """Return a change in one line, as people say it."""
    if kind is ChangeKind.NEW:
        return f"New: {title}"
    if kind is ChangeKind.WITHDRAWN:
        why = reason or (moved.after.get("seen") if moved else None)
        return f"Withdrawn: {title}" + (f" ({why})" if why else "")
    head = HEADS.get(kind, "Revised") + (" without notice" if moved and moved.silent else "")
    note = moved.after.get("change_note") if moved else None
    told = [*phrases(moved.before, moved.after), *([f"note: {note}"] if note else [])] if moved else []
    return f"{head}: {'; '.join(told)}" if told else head


def phrases(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[str]:
    """Yield what differs, a phrase each, in the order of SIGNIFICANT; the agency's note is left to its own line."""
    for name, was in before.items():
        now = after[name]
        if name == "change_note" or (name == "document_type" and now == after.get("status")):
            continue  # on GOV.UK the type is the status
        if name in WORDED:
            yield WORDED[name]
        else:
            yield f"{NAMED.get(name, name)} {_short(was, now)} → {_short(now, was)}"


def _short(value: object, other: object) -> object:
    """Return a value as a phrase tells it: of a moment its day, unless the other is of the same day."""
    if isinstance(value, str) and MOMENT.match(value) and not (isinstance(other, str) and other[:10] == value[:10]):
        return value[:10]
    return value or "none"
