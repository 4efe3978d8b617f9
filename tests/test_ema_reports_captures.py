"""Captured files of EMA, at several times: exactly the items and changes that expected.json names.

The words of `tests/test_captures.py` hold: new = `new`, with `new_not_guidance` (pages that are no guidelines, and are
items of that type); withdrawn = `removed`. A crawl of `from` and one of `to` serve the lists and the changes.

One change is told that expected.json leaves out: the file of 20260501 carries the first `last_updated_date` of ICH
Q3C (29/04/2026, a real revision), where that of 20251205 has none. By the same sign the second step names 14 revisions.
"""

from typing import Any

import pytest

from regintel.store.documents import changes
from regintel.vocabulary import ChangeKind
from tests.places import CAPTURES
from tests.test_captures import EXPECTED, by_url, captures, of_source, plain, read, told_of

__all__ = ["captures"]  # the fixture

pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures of real responses are not here")

OURS = ("ema_guidelines", "ema_documents", "ema_news")
LEFT_OUT = {
    ("ema_guidelines", "20260501"): {"https://www.ema.europa.eu/en/ich-q3c-r9-residual-solvents-scientific-guideline"}
}


def holds(index: Any, counts: dict[str, int], expected: dict[str, Any]) -> None:
    """Check a list as it stands."""
    assert counts["items"] == counts["listed"] == expected["count"]
    found = by_url(index)
    for spot in expected["spot_checks"]:
        now = found[spot["url"]].current
        assert (plain(now.title), now.published) == (plain(spot["title"]), spot["date"])
        assert now.updated == spot.get("updated", now.updated)
        assert set(now.products) == set(spot.get("categories", now.products))
        assert set(now.topics) == set(spot.get("topics", now.topics))
        assert now.document_type == spot.get("type", now.document_type)
        if expected["source"] == "ema_documents":
            assert now.status == spot.get("status", "no status").casefold()
            assert now.reference == spot.get("reference")
            window = [now.comment_opens, now.comment_closes]
            assert window == (spot["consultation"].split(" to ") if "consultation" in spot else [None, None])
    if "count_relevant" in expected:
        current = [each.current for each in found.values() if each.current.stage != "withdrawn"]
        guidelines = [each for each in current if each.document_type == "scientific-guideline"]
        assert 0 < len(guidelines) <= expected["count_relevant"]


@pytest.mark.parametrize(
    "expected",
    [each for each in EXPECTED.get("changes", []) if each["source"] in OURS],
    ids=lambda e: e["source"] + e["to"],
)
def test_lists_and_changes_are_as_expected(house, index, captures, expected):
    name = expected["source"]
    lists = {each["time"]: each for each in of_source(name)}
    counts = read(house, index, captures, name, expected["from"])
    assert counts["new"] == lists[expected["from"]]["count"]
    holds(index, counts, lists[expected["from"]])
    counts = read(house, index, captures, name, expected["to"])
    holds(index, counts, lists[expected["to"]])
    new = {each["url"] for each in [*expected["new"], *expected.get("new_not_guidance", [])]}
    revised = {each["url"]: each["fields"]["updated"] for each in expected["revised"]}
    extra = LEFT_OUT.get((name, expected["to"]), set())
    assert told_of(index, ChangeKind.NEW) == new
    assert told_of(index, ChangeKind.WITHDRAWN) == {each["url"] for each in expected["removed"]}
    assert told_of(index, ChangeKind.REVISED) == set(revised) | extra
    assert told_of(index, ChangeKind.REVISED, silent=True) == set()
    moved = {each["url"]: (each["from"].casefold(), each["to"].casefold()) for each in expected["status_changed"]}
    assert told_of(index, ChangeKind.STATUS_CHANGED) == set(moved)
    for change in changes(index):
        before, after = change.before or {}, change.after or {}
        if change.url in moved:
            assert (before["status"], after["status"]) == moved[change.url]
        if change.url in revised:
            assert [before["revised_at"], after["revised_at"]] == revised[change.url]
