"""GOV.UK's two APIs as they really behave, a test a trap; how any crawl of them goes is in test_crawl."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from regintel.comparison import QUIET, SIGNIFICANT
from regintel.items import GuidanceItem
from regintel.sources import load_sources
from regintel.spiders.govuk import ContentItem, page_address
from regintel.spiders.govuk_search import GovukSearchSpider
from regintel.store.documents import changes, document
from regintel.vocabulary import ChangeKind, RunState
from tests.places import ROOT
from tests.spiders import Yielded, read, response, spider_of
from tests.test_crawl import HTML, agency, content, desk, govuk, hit, search_page
from tests.upstream import Page

__all__ = ["agency", "desk", "govuk"]

SOURCES = {name: source for name, source in load_sources(ROOT / "config").items() if source.agency == "mhra"}
SEARCHES = [source for source in SOURCES.values() if "/api/search.json" in source.url]
MHRA = "medicines-and-healthcare-products-regulatory-agency"
# Those that can be sorted by, as the search API's documentation has them
SORTABLE = {
    "public_timestamp", "closing_date", "title", "tribunal_decision_decision_date", "start_date", "end_date",
    "ordering", "assessment_date", "popularity", "release_timestamp",
}  # fmt: skip


def asked(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(page_address(address, start=0)).query))


def told_by(tmp_path: Any, name: str, *hits: dict[str, Any]) -> Yielded:
    page = {"results": list(hits), "total": len(hits)}
    return read(spider_of(SOURCES[name], tmp_path), json.dumps(page).encode())


def item_of(tmp_path: Any, row: dict[str, Any]) -> GuidanceItem:
    (item,) = told_by(tmp_path, "mhra_guidance", row).items
    return item


def page_of(details: dict[str, Any], **fields: Any) -> ContentItem:
    return ContentItem({"document_type": "guidance", "content_id": "id", **fields, "details": details})


# The search API


def test_the_content_api_is_asked_far_less_than_ten_times_a_second():
    assert all(source.politeness.delay >= 0.5 for source in SOURCES.values())


@pytest.mark.parametrize("source", SEARCHES, ids=lambda source: source.id)
def test_a_search_names_its_order_for_without_one_the_most_viewed_lead(source):
    assert asked(source.url)["order"] == "-public_timestamp"


@pytest.mark.parametrize("source", SEARCHES, ids=lambda source: source.id)
def test_a_search_asks_for_nothing_that_is_answered_with_422(source):
    told = asked(source.url)
    known = {"filter_organisations", "filter_content_store_document_type", "order", "fields", "count", "start"}
    assert set(told) <= known
    assert told["order"].removeprefix("-") in SORTABLE
    assert 0 < int(told["count"]) <= 1500


def test_an_unknown_parameter_is_422_with_an_html_page_and_fails_the_run(govuk):
    govuk.agency.set("api/search.json", Page(b"<!DOCTYPE html><html>Sorry, there is a problem</html>", 422, HTML))
    report = govuk.crawl("mhra_consultations")
    assert (report.run.state, "HTTP 422" in report.run.reason) == (RunState.FAILED, True)


def test_an_unknown_organisation_is_200_with_no_hits_and_no_empty_list(govuk):
    govuk.agency.set("api/search.json", search_page())
    report = govuk.crawl("mhra_consultations")
    assert (report.run.state, "a list is never empty" in report.run.reason) == (RunState.FAILED, True)


def test_an_unknown_filter_value_matches_nothing_so_each_is_a_word_of_the_status_table():
    source = SOURCES["mhra_consultations"]
    kinds = [value for name, value in parse_qsl(urlsplit(source.url).query) if name.endswith("document_type")]
    assert set(kinds) == set(source.statuses)
    assert {kind: SOURCES["mhra_guidance"].statuses[kind] for kind in kinds} == source.statuses


def test_the_index_type_of_a_hit_is_not_its_document_type(tmp_path):
    row = hit(0)
    assert row["document_type"] == "edition"
    assert item_of(tmp_path, row).document_type == item_of(tmp_path, row).status == "detailed_guide"


def test_a_reindexing_stamps_every_hit_and_is_no_change(tmp_path):
    before, after = (item_of(tmp_path, hit(0, updated_at=stamp)) for stamp in ("2025-10-15T00:00:00.000Z", "2026"))
    assert before.model_copy(update={"touched": after.touched}) == after
    assert "touched" not in {*SIGNIFICANT, *QUIET}


@pytest.mark.parametrize(
    "stamp",
    ["2025-06-10T09:00:00Z", "2025-06-10T09:00:00.512Z", "2025-06-10T10:00:00.000+01:00", "2025-06-10T09:00:00+00:00"],
)
def test_stamps_come_with_mixed_offsets_and_precision(tmp_path, stamp):
    item = item_of(tmp_path, hit(0, public_timestamp=stamp))
    assert (item.updated, item.revised_at) == ("2025-06-10", "2025-06-10T09:00:00Z")


def test_a_public_timestamp_may_be_missing_and_is_never_today(tmp_path):
    item = item_of(tmp_path, hit(0, public_timestamp=None))
    assert (item.updated, item.revised_at) == (None, None)


def test_organisations_come_expanded_to_objects_and_are_not_read(tmp_path):
    assert item_of(tmp_path, hit(0, organisations=[MHRA])) == item_of(tmp_path, hit(0))


def test_a_slug_spells_out_its_title_and_is_taken_as_it_stands(tmp_path):
    slug = "/drug-device-alerts/class-2-0-dot-5-mg-el-26-a-slash-37"
    assert item_of(tmp_path, hit(0, link=slug)).url == f"https://www.gov.uk{slug}"


# The content API


def test_a_page_that_moves_to_another_slug_is_the_same_document(govuk):
    govuk.crawl("mhra_guidance")
    moved = hit(0, link="/guidance/another-slug")
    govuk.agency.set("api/content/guidance/another-slug$", content(moved))
    govuk.agency.set("api/search.json", search_page(moved, *[hit(number) for number in range(1, 5)]))
    assert govuk.crawl("mhra_guidance").run.counts["revised"] == 1
    (change,) = changes(govuk.index)
    assert (change.document, change.url) == (f"mhra:{moved['content_id']}", "https://www.gov.uk/guidance/another-slug")


def test_a_part_is_a_303_to_the_page_that_holds_it(govuk):
    row = hit(0)
    whole = {"Location": "https://www.gov.uk/api/content/guidance/whole"}
    govuk.agency.set(f"api/content{row['link']}$", Page(b"", 303, whole))
    govuk.agency.set("api/content/guidance/whole$", content(row, details={"body": "<p>The whole.</p>"}))
    report = govuk.crawl("mhra_guidance")
    assert (report.ok, report.problems) == (True, ())
    now = document(govuk.index, f"mhra:{row['content_id']}")
    assert now is not None
    assert now.current.published == "2025-02-03"


@pytest.mark.parametrize(
    ("fields", "verdict", "words"),
    [
        ({"withdrawn_notice": {}}, "unknown", "live"),
        ({"withdrawn_notice": {"explanation": "<p>Replaced.</p>", "withdrawn_at": "2025-11-01"}}, "withdrawn", ""),
        ({"document_type": "gone", "title": None, "details": {"alternative_path": ""}}, "withdrawn", "gone"),
        ({"document_type": "redirect", "redirects": [{"destination": "/b"}], "details": None}, "withdrawn", "/b"),
        ({"content_id": "another"}, "withdrawn", "another page"),
        ({"links": {"organisations": [{"base_path": "/government/organisations/x"}]}}, "listed_elsewhere", "another"),
    ],
)
def test_what_vanished_from_the_search_is_withdrawn_gone_redirected_replaced_or_retagged(fields, verdict, words):
    page = ContentItem({"document_type": "guidance", "content_id": "id", "details": {}, **fields})
    fate = page.fate("id", MHRA)
    assert (fate.verdict, words in fate.seen) == (verdict, True)
    assert page.title == ""


def test_a_missing_content_item_is_404_with_html_and_not_believed_at_once(tmp_path):
    spider = spider_of(SOURCES["mhra_consultations"], tmp_path)
    assert isinstance(spider, GovukSearchSpider)
    page = response(
        "https://www.gov.uk/api/content/x", b"<html>Page not found</html>", status=404, media_type="text/html"
    )
    found = Yielded(spider.read_vanished(page, key="id"))
    assert [(each.verdict, each.key) for each in found.gone] == [("unknown", "id")]
    assert [each.kind for each in found.problems] == ["missing"]


HISTORY = [
    {"public_timestamp": "2023-11-17T15:10:00+00:00", "note": "Third."},
    {"public_timestamp": "2020-12-31T23:30:00+00:00", "note": "Second."},
    {"public_timestamp": "2014-12-18T10:00:00Z", "note": "First published."},
]


@pytest.mark.parametrize("history", [HISTORY, HISTORY[::-1]], ids=["Whitehall", "specialist document"])
def test_a_change_history_is_newest_first_or_oldest_first(history):
    assert page_of({"change_history": history}).published == "2014-12-18"


def test_the_day_on_which_an_alert_was_issued_is_not_that_of_its_publication():
    told = {"first_published_at": "2026-09-09T09:00:00+01:00"}
    assert page_of({"metadata": {"issued_date": "2026-08-31"}}, **told).published == "2026-09-09"


PDF = "https://assets.publishing.service.gov.uk/media/{}/specials.pdf"


def test_an_attachment_that_the_body_does_not_link_is_one_and_only_html_is_a_page_of_its_own():
    files = [
        {"attachment_type": "file", "url": PDF.format("a" * 24), "title": "An orphan", "file_size": 140000},
        {"attachment_type": "html", "url": "/government/publications/x/y", "title": "The text"},
        {"attachment_type": "external", "url": "https://www.legislation.gov.uk/x", "title": "The law"},
        {"attachment_type": "file", "title": "Without an address"},
    ]
    page = page_of({"body": "<p>Links nothing.</p>", "attachments": files})
    assert [each.title for each in page.attachments] == ["An orphan", "The text", "The law"]
    assert page.attachments[0].size == "140000"
    assert page.children == ["https://www.gov.uk/government/publications/x/y"]


def test_a_file_uploaded_anew_under_another_hash_is_told_as_replaced(govuk):
    def with_file(row: dict[str, Any], letter: str) -> Page:
        file = {"attachment_type": "file", "url": PDF.format(letter * 24), "title": "Specials", "file_size": 140000}
        return content(row, details={"body": "<p>Stub.</p>", "attachments": [file]})

    govuk.agency.set(f"api/content{hit(0)['link']}$", with_file(hit(0), "a"))
    govuk.crawl("mhra_guidance")
    row = hit(0, updated_at="2025-10-16T00:00:00.000Z")
    govuk.agency.set("api/search.json", search_page(row, *[hit(number) for number in range(1, 5)]))
    govuk.agency.set(f"api/content{row['link']}$", with_file(row, "b"))
    govuk.crawl("mhra_guidance")
    (change,) = changes(govuk.index)
    assert (change.kind, change.silent, change.summary) == (
        ChangeKind.REVISED, True, "Revised without notice: attachments replaced",
    )  # fmt: skip


def test_the_cells_of_a_recalls_table_are_joined_by_row_whatever_their_heads_say():
    rows = "<tr><th>Expiry date</th><th>Batch number</th></tr><tr><td>T43157 (Almus)</td><td>03/2027</td></tr>"
    body = f"<table>{rows}<tr><td>From 5000879 to 5000964</td><td>\n04/2027</td></tr></table>"
    assert page_of({"body": body}).text.splitlines() == [
        "Expiry date | Batch number", "T43157 (Almus) | 03/2027", "From 5000879 to 5000964 | 04/2027",
    ]  # fmt: skip


def test_outcome_and_feedback_documents_are_rendered_html_and_are_words_of_the_page():
    told = {
        "body": "<p>The question.</p>",
        "public_feedback_detail": "<p>What was said.</p>",
        "final_outcome_detail": "<p>The answer.</p>",
        "public_feedback_documents": ['<section><h2><a href="/x.pdf">Feedback</a></h2></section>'],
        "final_outcome_documents": ['<section><h2><a href="/y.pdf">Response</a></h2></section>'],
    }
    assert page_of(told).text.splitlines() == [
        "The question.", "What was said.", "The answer.", "## Feedback", "## Response",
    ]  # fmt: skip
