"""One change in words: its title, and the lines under it."""

import re
from collections.abc import Iterator, Mapping

from regintel.notify.dates import date_words, day_words
from regintel.notify.mrkdwn import clean
from regintel.records import DigestItem
from regintel.vocabulary import ChangeKind, Stage

NOTHING = frozenset({"cross_none", "not_cmc"})
"""Labels that say that a document is about none."""
MUST = "Must not be missed"
DAY = re.compile(r"(?<![\w-])\d{4}-\d{2}-\d{2}(?![\w-])")
LANGUAGES = {"ja": "Japanese", "zh": "Chinese", "ko": "Korean", "de": "German", "fr": "French"}


def title_of(item: DigestItem) -> str:
    """Return the title in one visible line, never empty."""
    return clean(item.title) or "(no title)"


def lines_of(item: DigestItem, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return what is told under the title, at most eight lines, each beginning with our words or the agency's name."""
    note, reason = clean(item.change_note or ""), clean(item.reason)
    told = clean(item.gist)
    lines = (
        " · ".join(_facts(item)),
        f"Gist by glossary: {told}" if told else "",
        deadline(item),
        _why(item),
        f"The agency's reason: “{reason}”" if reason else "",
        f"The agency's note: “{note}”" if note else "",
        _changed(item),
        _about(item, names),
    )
    return tuple(line for line in lines if line)


def happened(item: DigestItem) -> str:
    """Return what the change is, in a word or two."""
    was, status = _word(item.was or ""), _word(item.status)
    if item.kind is ChangeKind.STATUS_CHANGED:
        return f"{was} → {status}" if was else f"Now {status}"
    if item.kind is ChangeKind.WITHDRAWN:
        return f"{was} → Withdrawn" if was and was != "Withdrawn" else "Withdrawn"
    words = {
        ChangeKind.NEW: {"": "New", "Revised": "New revision"}.get(status, f"New · {status}"),
        ChangeKind.DEADLINE_CHANGED: "Comment deadline moved",
        ChangeKind.RESTORED: "Back on the list",
    }
    return words.get(item.kind, "Edited without notice" if item.silent else "Revised")


def _facts(item: DigestItem) -> Iterator[str]:
    agency, issuer = clean(item.agency).upper(), clean(item.issuer).upper()
    yield f"{agency} ({issuer})" if issuer and issuer != agency else agency or "?"
    yield happened(item)
    if item.published:
        yield f"published {date_words(item.published)}"
    if item.updated and item.kind is not ChangeKind.NEW and item.updated > (item.published or ""):
        yield f"updated {date_words(item.updated)}"
    language = clean(item.language).split("-")[0]
    if language not in {"en", ""}:
        yield f"in {LANGUAGES.get(language, language)}"


def _word(status: str) -> str:
    text = clean(status).replace("_", " ")
    return text[:1].upper() + text[1:]


def days_words(left: int) -> str:
    """Return `today is the last day`, `1 day left`, `2 days left`."""
    return "today is the last day" if left == 0 else f"{left} day{'' if left == 1 else 's'} left"


def deadline(item: DigestItem) -> str:
    """Return until when the agency takes comments; empty where it takes none, or none any more."""
    closes = item.comment_closes or ""
    if not closes or item.kind is ChangeKind.WITHDRAWN:
        return ""
    if item.days_left is not None:
        return f"Comments close {day_words(closes, year=True)} · {days_words(item.days_left)}"
    if item.kind is ChangeKind.DEADLINE_CHANGED:
        return f"Comments close {date_words(closes)}"
    # An agency that names a month only leaves the last day open: it counts as open to the month's end.
    ahead = len(closes) == len("2026-11") and closes >= item.at[:7]
    return f"Comments close in {date_words(closes)}" if ahead and item.stage == Stage.DRAFT else ""


def _why(item: DigestItem) -> str:
    label = MUST if item.must_not_miss else "Why it matters"
    reasons = clean("; ".join(item.reasons))
    if reasons:
        return f"{label}: {reasons}"
    return f"{label}." if item.must_not_miss else ""


def _changed(item: DigestItem) -> str:
    """Return what differs; that its status moved, or until when comments are taken, stands in a line above."""
    if item.kind is ChangeKind.NEW:
        return ""
    above = ("status ", *(["comments close none"] if item.days_left is not None else []))
    told = clean("; ".join(each for each in item.differences if not each.startswith(above)))
    told = DAY.sub(lambda day: date_words(day[0]), told)
    head = "What we saw" if item.kind is ChangeKind.WITHDRAWN else "What changed"
    return f"{head}: {told}" if told else ""


def _about(item: DigestItem, names: Mapping[str, str]) -> str:
    """Return the labels that the reasons do not name already; that it is about nothing in particular is no news."""
    told = clean("; ".join(item.reasons))
    labels = [clean(names.get(each.id) or each.id.replace("_", " ")) for each in (*item.modalities, *item.topics)
              if each.id not in NOTHING]  # fmt: skip
    untold = [label for label in labels if label not in told]
    return f"About: {'; '.join(untold)}" if untold else ""
