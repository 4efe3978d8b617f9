"""What counts as a change, and what continues in what."""

from dataclasses import replace

import pytest

from regintel.comparison import difference, fields_of_item, pairs, summary
from regintel.items import Attachment, GuidanceItem
from regintel.records import Version
from regintel.text.titles import agree
from regintel.vocabulary import ChangeKind


def item(**fields: object) -> GuidanceItem:
    key = fields.get("key", "k")
    told = {
        "source": "s",
        "key": key,
        "url": f"https://a/{key}",
        "title": "Potency",
        "status": "draft",
        "stage": "draft",
    }
    return GuidanceItem.model_validate({**told, "published": "2025-01-01", "updated": "2025-01-01", **fields})


def version(of: GuidanceItem, *, text: str | None = None, number: int = 1) -> Version:
    fields = fields_of_item(of, text, None)
    fields = {name: value for name, value in fields.items() if name not in {"text", "issuer", "language"}}
    told = {"id": 1, "document": "d", "number": number, "source": "s", "run": "r", "at": "t", "key": of.key}
    return Version(**told, **fields, text_hash=text, record=None, body_records=())  # type: ignore[arg-type]


def change(before: GuidanceItem, after: GuidanceItem, *, texts: tuple[str | None, str | None] = (None, None)):
    last = version(before, text=texts[0])
    return difference(last, fields_of_item(after, texts[1], last))


def test_the_same_listing_twice_is_no_change():
    assert change(item(), item()) is None


def test_a_technical_stamp_alone_is_a_version_but_no_change():
    moved = change(item(), item(updated="2025-03-01"))
    assert moved is not None
    assert moved.kind is None
    assert moved.before == moved.after == {}


def test_the_order_of_topics_means_nothing():
    assert change(item(topics=("B", "A")), item(topics=("A", "B"))) is None


def test_a_status_that_moved_is_status_changed_with_all_that_moved_beside_it():
    moved = change(item(), item(status="final", stage="final", published="2025-06-01"))
    assert moved is not None
    assert moved.kind is ChangeKind.STATUS_CHANGED
    assert moved.before == {"status": "draft", "published": "2025-01-01"}
    assert moved.after == {"status": "final", "published": "2025-06-01"}


def test_a_deadline_alone_is_deadline_changed():
    moved = change(item(comment_closes="2025-02-01"), item(comment_closes="2025-03-01"))
    assert moved is not None
    assert moved.kind is ChangeKind.DEADLINE_CHANGED


def test_a_deadline_beside_a_new_title_is_a_revision():
    moved = change(item(comment_closes="2025-02-01"), item(comment_closes="2025-03-01", title="Potency 2"))
    assert moved is not None
    assert moved.kind is ChangeKind.REVISED


@pytest.mark.parametrize("stamp", ["published", "updated", "revised_at", "change_note"])
def test_a_body_that_moved_with_a_date_is_no_silent_edit(stamp):
    moved = change(item(), item(**{stamp: "2026-01-01"}), texts=("one", "two"))
    assert moved is not None
    assert not moved.silent


def test_a_body_that_moved_without_a_date_is_a_silent_edit():
    moved = change(item(), item(), texts=("one", "two"))
    assert moved is not None
    assert (moved.kind, moved.silent) == (ChangeKind.REVISED, True)


def test_an_attachment_uploaded_anew_is_a_silent_edit():
    old, new = Attachment(url="https://a/1.pdf", size="1 KB"), Attachment(url="https://a/1.pdf", size="2 KB")
    moved = change(item(attachments=(old,)), item(attachments=(new,)))
    assert moved is not None
    assert moved.silent


def test_what_was_not_read_is_as_it_was():
    before = item(attachments=(Attachment(url="https://a/1.pdf"),), comment_closes="2025-02-01")
    assert change(before, item(unread=("text", "attachments", "comment_closes")), texts=("one", None)) is None


def test_a_withdrawn_document_that_is_listed_again_is_restored():
    gone = item(status="withdrawn", stage="withdrawn")
    moved = change(gone, item())
    assert moved is not None
    assert moved.kind is ChangeKind.RESTORED


GASES = (
    item(
        key="old",
        reference="FDA-2003-D-0431",
        title="Current Good Manufacturing Practice for Medical Gases: Draft Guidance for Industry",
    ),
    item(
        key="new",
        reference="FDA-2003-D-0431",
        title="Medical Gases — Current Good Manufacturing Practice: Draft Guidance for Industry",
    ),
)


def test_a_removal_continues_in_the_one_addition_with_its_docket_and_title():
    assert pairs([version(GASES[0])], [GASES[1]]) == {"old": "new"}


def test_what_stands_at_the_same_address_under_a_new_key_goes_on():
    old, new = item(key="old"), item(key="new", url="https://a/old", title="Something else")
    assert pairs([version(old)], [new]) == {"old": "new"}


def test_what_could_not_be_read_last_time_is_no_change_when_it_can_be():
    last = replace(version(item()), unread=("text", "published"))
    moved = difference(last, fields_of_item(item(published="2024-01-01"), "two", last))
    assert moved is not None
    assert moved.kind is None


def test_a_docket_shared_by_two_additions_pairs_nothing():
    other = GASES[1].model_copy(update={"key": "other", "url": "https://a/other"})
    assert pairs([version(GASES[0])], [GASES[1], other]) == {}


def test_a_docket_is_not_enough_without_the_title():
    other = GASES[1].model_copy(update={"title": "Sharps Containers: Guidance for Industry"})
    assert pairs([version(GASES[0])], [other]) == {}


def test_without_a_docket_only_an_equal_title_pairs():
    old, new = item(key="old", title="Potency Tests"), item(key="new", title="Potency tests: Guidance for Industry")
    assert pairs([version(old)], [new]) == {"old": "new"}
    assert pairs([version(old)], [new.model_copy(update={"title": "Potency tests for vaccines"})]) == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Design Control Guidance For Medical Device Manufacturers", "Medical Devices: Quality System Information"),
        ("Guidance for Submitting Samples", "Guidance for Documenting Statistical Analysis"),
        ("", "Potency"),
    ],
)
def test_titles_of_two_documents_do_not_agree(one, other):
    assert not agree(one, other)


def test_a_change_is_told_in_one_line():
    moved = change(item(), item(status="final", stage="final", title="Potency Tests", published="2025-06-01"))
    told = summary(ChangeKind.STATUS_CHANGED, "Potency Tests", moved)
    assert told == "Status changed: status draft → final; title reworded; issue date 2025-01-01 → 2025-06-01"
    assert (
        summary(ChangeKind.WITHDRAWN, "Potency", None, "Published in error.")
        == "Withdrawn: Potency (Published in error.)"
    )
