"""What trips readers of the Federal Register's API, and how a notice finds the guidance that it announces."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from scrapy.exceptions import CloseSpider

from regintel.identity import Witness, identifiers, same_document
from regintel.items import GuidanceItem
from regintel.sources import load_sources
from regintel.spiders.federal_register_fda import FIELDS, FederalRegisterFdaSpider, form_of
from regintel.text.titles import agree
from tests.places import ROOT
from tests.spiders import Yielded, response, spider_of

SAMPLE: dict[str, Any] = json.loads(
    (Path(__file__).parent / "sources" / "federal_register_fda" / "page.json").read_text()
)
SOURCE = load_sources(ROOT / "config")["federal_register_fda"]
NOTICE: dict[str, Any] = SAMPLE["results"][1]
POTENCY = "Potency Assurance for Cellular and Gene Therapy Products"


@pytest.fixture
def spider(tmp_path: Path) -> FederalRegisterFdaSpider:
    found = spider_of(SOURCE, tmp_path)
    found.order = found.order.model_copy(update={"now": datetime(2025, 12, 15, 6, tzinfo=UTC)})
    assert isinstance(found, FederalRegisterFdaSpider)
    return found


def numbered(*numbers: str, **told: Any) -> bytes:
    notices = [{**NOTICE, "document_number": number} for number in numbers]
    return json.dumps({"count": len(notices), "total_pages": 1, "results": notices, **told}).encode()


def opened(spider: FederalRegisterFdaSpider, answer: bytes) -> Yielded:
    return Yielded(spider.parse(response(SOURCE.url, answer)))


def read_notice(spider: FederalRegisterFdaSpider, **told: Any) -> GuidanceItem:
    found = opened(spider, json.dumps({"count": 1, "results": [{**NOTICE, **told}]}).encode())
    assert [each.message for each in found.problems] == []
    (item,) = found.items
    return item


# What is asked


def test_every_filter_stands_under_conditions_and_every_field_is_named(spider):
    asked = parse_qs(urlsplit(spider.list_request(SOURCE.url).url).query)
    assert asked["conditions[agencies][]"] == ["food-and-drug-administration"]
    assert asked["conditions[type][]"] == ["NOTICE"]
    assert asked["conditions[publication_date][gte]"] == ["2025-10-16"]
    assert {"comments_close_on", "docket_ids", "action", "dates"} <= set(asked["fields[]"]) == set(FIELDS)
    assert set(asked) == {
        "conditions[agencies][]", "conditions[type][]", "conditions[publication_date][gte]", "order", "per_page",
        "fields[]",
    }  # fmt: skip


def test_a_page_holds_as_many_as_the_api_gives_for_what_we_ask(spider):
    asked = parse_qs(urlsplit(spider.list_request(SOURCE.url).url).query)
    assert 2 <= int(asked["per_page"][0]) <= 1000


def test_the_next_page_is_asked_for_as_the_answer_names_it(spider):
    following = SOURCE.url + "&page=2"
    found = opened(spider, numbered("2025-1", "2025-2", next_page_url=following, count=4))
    (request,) = found.requests
    assert parse_qs(urlsplit(request.url).query) == parse_qs(urlsplit(following).query)


# What may come


def test_a_window_without_a_document_has_no_results_and_is_a_failure(spider):
    with pytest.raises(CloseSpider):
        opened(spider, b'{"count": 0, "description": "Documents of type Notice"}')
    assert spider.end("failed").error_kind == "layout"
    assert "no documents in the window" in spider.end("failed").error


def test_pages_that_go_round_end_at_the_first_that_brings_nothing_new(spider):
    spider._open_pages = 1
    answer = numbered("2025-1", "2025-2", next_page_url=SOURCE.url + "&page=2", count=20000)
    assert len(opened(spider, answer).requests) == 1
    again = opened(spider, answer)
    assert (again.requests, again.items, [each.kind for each in again.problems]) == ([], [], [])
    assert spider.end("finished").complete is False


def test_a_row_that_shifts_to_the_next_page_does_not_end_the_reading(spider):
    opened(spider, numbered("2025-1", "2025-2", next_page_url=SOURCE.url + "&page=2", count=5))
    shifted = opened(spider, numbered("2025-2", "2025-3", next_page_url=SOURCE.url + "&page=3", count=5))
    assert ([each.key for each in shifted.items], len(shifted.requests)) == (["2025-3"], 1)


def test_fewer_documents_than_the_answer_counts_are_no_whole_reading(spider):
    opened(spider, numbered("2025-1", count=9))
    assert spider.end("finished").complete is False


def test_a_filter_that_was_ignored_is_noticed_by_another_agencys_document(spider):
    other = {**NOTICE, "agencies": [{"raw_name": "DEPARTMENT OF ENERGY", "slug": "energy-department"}]}
    with pytest.raises(CloseSpider):
        opened(spider, json.dumps({"count": 1, "results": [other]}).encode())
    assert "the filter was ignored" in spider.end("failed").error


def test_an_agency_may_lack_everything_but_its_raw_name(spider):
    assert read_notice(spider, agencies=[{"raw_name": "FOOD AND DRUG ADMINISTRATION"}]).reference == "2025-21702"


def test_fields_that_were_not_asked_for_by_name_are_missed(spider):
    default = {name: value for name, value in NOTICE.items() if name not in {"comments_close_on", "dates"}}
    with pytest.raises(CloseSpider):
        opened(spider, json.dumps({"count": 1, "results": [default]}).encode())
    assert "fields are gone: comments_close_on, dates" in spider.end("failed").error


def test_an_error_that_comes_as_json_is_no_empty_window(spider):
    with pytest.raises(CloseSpider):
        opened(spider, b'{"status": 400, "message": "field \'x\' not valid"}')


def test_a_type_that_we_did_not_ask_for_is_reported(spider):
    rule = {**NOTICE, "title": "Food Labeling; Correction", "type": "Rule"}
    found = opened(spider, json.dumps({"count": 1, "results": [rule]}).encode())
    assert [(each.kind, each.key) for each in found.problems] == [("unknown_value", "2025-21702")]


def test_no_notice_is_dropped_for_its_day(spider):
    assert read_notice(spider, publication_date="2016-04-15").published == "2016-04-15"


# What a notice says


@pytest.mark.parametrize(
    ("title", "word", "said"),
    [
        (f"{POTENCY}; Draft Guidance for Industry; Availability", "Draft", "Draft Guidance for Industry"),
        (
            "Product-Specific Guidances; Draft and Revised Draft Guidances for Industry; Availability",
            "Draft",
            "Draft and Revised Draft Guidances for Industry",
        ),
        (
            "Charging for Investigational Drugs; Revised Draft Guidance for Industry; Availability",
            "Draft",
            "Revised Draft Guidance for Industry",
        ),
        (
            "Controlled Correspondence Related to Generic Drug Development; Guidance for Industry; Availability",
            "Guidance",
            "Guidance for Industry",
        ),
        (
            "A Device; Guidance for Industry and Food and Drug Administration Staff; Availability",
            "Guidance",
            "Guidance for Industry and Food and Drug Administration Staff",
        ),
        (
            "Product-Specific Guidances; Draft and Revised Draft Guidances for Industry; "
            "Reopening of the Comment Period",
            "Reopening of the Comment Period",
            "Reopening of the Comment Period",
        ),
        (
            "Risk Management Plans; Draft Guidance for Industry; Availability; "
            "Agency Information Collection Activities; Proposed Collection; Extension of Comment Period",
            "Extension of the Comment Period",
            "Extension of Comment Period",
        ),
        (
            "Retrospective Review of Draft Guidance Documents Issued Before 2010; Withdrawal of Guidances",
            "Withdrawal of Guidance",
            "Withdrawal of Guidances",
        ),
        (
            "Withdrawal of Draft Guidance Documents Published Before December 31, 2013",
            "Withdrawal of Guidance",
            "Withdrawal of Draft Guidance Documents Published Before December 31, 2013",
        ),
        ("Antimicrobial Drugs Advisory Committee; Notice of Meeting", "Notice of Meeting", "Notice of Meeting"),
        (
            "Food and Drug Administration's Draft Report and Plan on Best Practices for Guidance; Availability",
            "Notice",
            "Notice of availability.",
        ),
    ],
)
def test_the_grammar_of_a_title_tells_what_a_notice_is(title, word, said):
    assert form_of({**NOTICE, "title": title, "abstract": None}) == (word, said)
    assert SOURCE.stage_of(word)


def test_a_medicine_whose_approval_is_withdrawn_is_no_guidance_that_is_withdrawn():
    title = "Xanodyne Pharmaceuticals, Inc., et al.; Withdrawal of Approval of 8 New Drug Applications; Correction"
    assert form_of({**NOTICE, "title": title, "action": "Notice; correction."}) == ("Notice", "Notice; correction.")


def test_a_final_guidance_names_the_draft_that_it_finalizes(spider):
    abstract = (
        "FDA is announcing it. The guidance finalizes the draft guidance of the same title dated July 2018. More."
    )
    item = read_notice(spider, title=f"{POTENCY}; Guidance for Industry; Availability", abstract=abstract)
    assert item.stage == "final"
    assert item.quoted["status"] == "The guidance finalizes the draft guidance of the same title dated July 2018."


def test_when_finalized_in_a_draft_finalizes_nothing():
    abstract = "When finalized, the draft guidance is intended to provide the Agency's current thinking."
    assert form_of({**NOTICE, "abstract": abstract})[0] == "Draft"


def test_a_deadline_that_the_field_lacks_is_read_from_the_words(spider):
    item = read_notice(spider, comments_close_on=None)
    assert item.comment_closes == "2026-01-30"
    assert item.quoted["comment_closes"] == NOTICE["dates"]


def test_the_field_goes_before_the_words_and_is_quoted_only_where_they_agree(spider):
    item = read_notice(spider, comments_close_on="2026-02-02")
    assert (item.comment_closes, "comment_closes" in item.quoted) == ("2026-02-02", False)


@pytest.mark.parametrize(
    ("dates", "closes"),
    [
        ("The meeting will be held on June 2 and 3, 2016, from 8 a.m. to 6 p.m.", None),
        ("The announcement of the guidance is published in the Federal Register on January 30, 2020.", None),
        ("Furthermore, any interested person may petition FDA by October 12, 2016.", None),
        (
            "Submit written or electronic comments and information by May 16, 2016. You may submit comments:",
            "2016-05-16",
        ),
        (None, None),
    ],
)
def test_only_a_day_for_comments_is_a_deadline(spider, dates, closes):
    assert read_notice(spider, comments_close_on=None, dates=dates).comment_closes == closes


@pytest.mark.parametrize(
    ("written", "dockets"),
    [
        (["Docket No. FDA-2021-D-0404"], ("FDA-2021-D-0404",)),
        (["Docket No. FDA 2018-D-2238"], ("FDA-2018-D-2238",)),
        (["Docket No. FDA-2017-D-6159", "Docket No. FDA–2008–D–0659"], ("FDA-2017-D-6159", "FDA-2008-D-0659")),
        ([], ()),
        (None, ()),
    ],
)
def test_a_docket_bears_its_words_and_is_typed_by_hand(spider, written, dockets):
    item = read_notice(spider, docket_ids=written)
    assert (item.reference, item.references) == ("2025-21702", ("2025-21702", *dockets))


def test_an_abstract_an_action_and_a_pdf_may_be_null(spider):
    item = read_notice(spider, abstract=None, action=None, pdf_url=None)
    assert (item.summary, item.document_type, item.attachments) == ("", "Notice", ())


# Which guidance a notice is of


def known_as(title: str, notice: GuidanceItem) -> bool:
    """Return whether a notice is taken for FDA's guidance of this title under the same docket."""
    guidance = Witness("fda:slug", "fda", "en", title, "2025-11-28")
    dockets = [each for each in identifiers("fda", "", notice, None, 0) if each.startswith("docket ")]
    return same_document("fda", "en", notice, {each: [guidance] for each in dockets}) is not None


@pytest.mark.parametrize(
    ("notice", "guidance"),
    [
        (f"{POTENCY}; Draft Guidance for Industry; Availability", POTENCY),
        (f"{POTENCY}; Draft Guidance for Industry; Reopening of the Comment Period", POTENCY),
        (f"{POTENCY}; Guidance for Industry and Food and Drug Administration Staff; Availability", POTENCY),
        (
            "E6(R3) Good Clinical Practice; International Council for Harmonisation; Guidance for Industry; "
            "Availability",
            "E6(R3) Good Clinical Practice (GCP)",
        ),
        (
            "Postapproval Methods To Capture Safety and Efficacy Data for Cell and Gene Therapy Products; "
            "Draft Guidance for Industry; Availability",
            "Postapproval Methods to Capture Safety and Efficacy Data for Cell and Gene Therapy Products: "
            "Draft Guidance for Industry",
        ),
    ],
)
def test_a_notice_agrees_with_the_guidance_that_it_announces(spider, notice, guidance):
    assert agree(notice, guidance)
    assert known_as(guidance, read_notice(spider, title=notice))


def test_a_docket_alone_does_not_make_a_notice_its_guidances(spider):
    monographs = "Q3E Guideline for Extractables and Leachables: Supporting Documentation: Class 3 Leachable Monographs"
    notice = read_notice(spider)
    assert not known_as(monographs, notice)
    assert known_as("Q3E Guideline for Extractables and Leachables", notice)
