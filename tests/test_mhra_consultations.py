"""The clock of the MHRA's consultations, a test a trap."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from regintel.spiders.govuk import ContentItem
from regintel.spiders.govuk_search import GovukSearchSpider
from regintel.store.documents import changes, versions
from regintel.vocabulary import ChangeKind
from tests.spiders import Yielded, response, spider_of
from tests.test_crawl import SAMPLES, agency, content, desk, govuk, search_page
from tests.test_mhra import SOURCES, page_of

__all__ = ["agency", "desk", "govuk"]

CONSULTATIONS = json.loads(SAMPLES.joinpath("mhra_consultations", "page.json").read_text())["results"]
AI, MRNA, POC = CONSULTATIONS
CLOSES = "2025-03-31T23:59:00+01:00"


def asked_about(kind: str, closes: str | None = CLOSES) -> ContentItem:
    return page_of({"opening_date": "2025-02-03T09:00:00+00:00", "closing_date": closes}, document_type=kind)


def test_a_consultation_closes_on_londons_day():
    assert asked_about("open_consultation").comment_closes == "2025-03-31"
    assert asked_about("open_consultation", "2025-07-01T23:30:00Z").comment_closes == "2025-07-02"


def test_closed_by_the_clock_is_told_in_the_agencys_words_beside_a_type_that_still_says_open():
    before, after = (datetime(2025, 3, 31, hour, minute, tzinfo=UTC) for hour, minute in ((22, 58), (22, 59)))
    page = asked_about("open_consultation")
    assert page.quoted(before)["status"] == "open_consultation"
    assert page.quoted(after) == {
        "status": f"open_consultation, closing_date {CLOSES}",
        "comment_opens": "2025-02-03T09:00:00+00:00",
        "comment_closes": CLOSES,
    }
    assert asked_about("closed_consultation").quoted(after)["status"] == "closed_consultation"
    assert page_of({}).quoted(after) == {}


def with_clock(govuk: Any, row: dict[str, Any], closes: str) -> None:
    dates = {"body": "<p>Sample body.</p>", "opening_date": row["public_timestamp"], "closing_date": closes}
    govuk.agency.set(f"api/content{row['link']}$", content(row, details=dates))


@pytest.fixture
def asked_for(govuk: Any) -> Any:
    """The agency with the three rows of the consultations' sample, one of them open."""
    govuk.agency.set("api/search.json", search_page(*CONSULTATIONS))
    for row in CONSULTATIONS:
        with_clock(govuk, row, "2026-02-02T23:59:00+00:00" if row is AI else CLOSES)
    return govuk


def test_when_the_clock_closes_a_consultation_its_status_stays_the_agencys_and_nothing_is_told(asked_for):
    asked_for.crawl("mhra_consultations")
    report = asked_for.crawl("mhra_consultations", days=200)  # after 2 February 2026
    assert (report.ok, report.problems, changes(asked_for.index)) == (True, (), [])
    (now,) = versions(asked_for.index, f"mhra:{AI['content_id']}")
    assert (now.status, now.stage, now.comment_closes) == ("open_call_for_evidence", "draft", "2026-02-02")


def test_a_deadline_that_a_minor_edit_moves_is_told_the_next_day(asked_for):
    asked_for.crawl("mhra_consultations")
    with_clock(asked_for, AI, "2026-03-02T23:59:00+00:00")  # neither public_timestamp nor updated_at moves
    asked_for.crawl("mhra_consultations")
    (change,) = changes(asked_for.index)
    assert (change.kind, change.after) == (ChangeKind.DEADLINE_CHANGED, {"comment_closes": "2026-03-02"})


def test_a_consultation_goes_its_whole_way_at_one_address(asked_for):
    way = ("consultation", "open_consultation", "closed_consultation", "consultation_outcome")
    for kind in way:
        row = {**MRNA, "content_store_document_type": kind, "updated_at": kind}
        asked_for.agency.set("api/search.json", search_page(AI, row, POC))
        asked_for.crawl("mhra_consultations")
    stages = [(each.status, each.url) for each in versions(asked_for.index, f"mhra:{MRNA['content_id']}")]
    assert stages == [(kind, f"https://www.gov.uk{MRNA['link']}") for kind in way]
    assert [each.kind for each in changes(asked_for.index)] == [ChangeKind.STATUS_CHANGED] * 3


def test_a_consultation_that_became_something_else_left_this_list_and_is_not_withdrawn(tmp_path):
    spider = spider_of(SOURCES["mhra_consultations"], tmp_path)
    assert isinstance(spider, GovukSearchSpider)
    body = json.dumps({"document_type": "policy_paper", "content_id": "id", "details": {}}).encode()
    found = Yielded(spider.read_vanished(response("https://www.gov.uk/api/content/x", body), key="id"))
    assert [(each.verdict, each.seen) for each in found.gone] == [
        ("listed_elsewhere", "its page is live, and of type 'policy_paper' now")
    ]


def test_a_consultation_that_is_withdrawn_leaves_both_lists_and_is_told_once(asked_for):
    asked_for.crawl_all("mhra_consultations", "mhra_guidance")
    asked_for.agency.set("api/search.json", search_page(AI, POC))
    notice = {"explanation": "<p>Replaced.</p>", "withdrawn_at": "2026-01-06T10:00:00Z"}
    asked_for.agency.set(f"api/content{MRNA['link']}$", content(MRNA, withdrawn_notice=notice))
    reports = asked_for.crawl_all("mhra_consultations", "mhra_guidance")
    assert [report.problems for report in reports] == [(), ()]
    (change,) = changes(asked_for.index)
    assert (change.kind, change.reason) == (ChangeKind.WITHDRAWN, "Replaced.")


def test_the_wider_list_is_read_first_and_tells_what_both_say(asked_for):
    asked_for.crawl_all("mhra_consultations", "mhra_guidance")
    row = {**AI, "content_store_document_type": "closed_call_for_evidence", "updated_at": "2026-02-03"}
    asked_for.agency.set("api/search.json", search_page(row, MRNA, POC))
    part, whole = asked_for.crawl_all("mhra_consultations", "mhra_guidance")
    assert (part.run.source, whole.run.source) == ("mhra_consultations", "mhra_guidance")
    assert [(each.kind, each.source) for each in changes(asked_for.index)] == [
        (ChangeKind.STATUS_CHANGED, "mhra_guidance")
    ]
