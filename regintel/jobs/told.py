"""Changes as digests and feeds tell them: as they happened, in the words of the versions that they led to."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from regintel.comparison import phrases
from regintel.glossary import Glossary
from regintel.notify.gist import gist
from regintel.records import Change, DigestItem, Document, Labels, Match, Version
from regintel.store.database import Index
from regintel.store.documents import documents, versions_by_id
from regintel.store.labels import labels_of
from regintel.vocabulary import ChangeKind, Stage


def digest_items(
    index: Index,
    changes: Mapping[int, Change],
    matches: Iterable[Match],
    day: date,
    glossary: Glossary | None = None,
) -> list[DigestItem]:
    """Return changes with what a project makes of them, in the order of its matches.

    :param changes: by their ids; a match of another change is left out.
    :param day: the reader's local day, from which days to a deadline are counted.
    :param glossary: by which Japanese and Chinese titles have a gist; none where nobody reads one.
    """
    known = {each.id: each for each in documents(index, [change.document for change in changes.values()])}
    labels = labels_of(index, known)
    ids = [name for change in changes.values() for name in (change.version, change.former) if name]
    states = versions_by_id(index, ids)
    return [
        _with_gist(_item(change, known[change.document], states, labels.get(change.document), each, day), glossary)
        for each in matches
        if (change := changes.get(each.change)) is not None
    ]


def _item(
    change: Change, document: Document, states: Mapping[int, Version], labels: Labels | None, match: Match, day: date
) -> DigestItem:
    """Return a change as it happened: in the words of the version that it led to, whatever came after."""
    version = states[change.version]
    former = states.get(change.former or 0)
    about = labels or Labels()
    before, after = change.before or {}, change.after or {}
    was = before.get("status")
    return DigestItem(
        change=change.id,
        document=document.id,
        kind=change.kind,
        silent=change.silent,
        at=change.at,
        agency=change.agency,
        issuer=document.issuer if change.agency == document.agency else "",
        source=change.source,
        title=version.title,
        url=version.url,
        status=version.status,
        stage=version.stage,
        was=str(was) if was else None,
        was_stage=former.stage if former else None,
        summary=change.summary,
        change_note=str(after["change_note"]) if after.get("change_note") else None,
        language=document.language,
        published=version.published,
        comment_closes=version.comment_closes,
        days_left=_days_left(version.stage, version.comment_closes, day),
        modalities=about.modalities,
        topics=about.topics,
        score=match.score,
        must_not_miss=match.must_not_miss,
        reasons=match.reasons,
        updated=version.updated,
        reason=change.reason,
        differences=_differences(change),
    )


def _with_gist(item: DigestItem, glossary: Glossary | None) -> DigestItem:
    return replace(item, gist=gist(item.title, item.language, glossary)) if glossary else item


def _differences(change: Change) -> tuple[str, ...]:
    """Return what differs, a phrase each; the agency's own day of a revision stands in its line already."""
    before, after = change.before or {}, change.after or {}
    if change.kind is ChangeKind.WITHDRAWN:
        return (str(after["seen"]),) if after.get("seen") and not change.reason else ()
    return tuple(phrases({name: was for name, was in before.items() if name != "revised_at"}, after))


def _days_left(stage: str, closes: str | None, day: date) -> int | None:
    """Return the days until comments close; none for what is no draft, or closed."""
    if stage != Stage.DRAFT or closes is None or len(closes) != len("2025-01-31"):
        return None
    left = (date.fromisoformat(closes) - day).days
    return left if left >= 0 else None
