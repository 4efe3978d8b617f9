"""What trips readers of a guidance's landing page, and how changes of list, page and PDF come together."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from regintel.clock import Clock
from regintel.config import Replay
from regintel.house import House
from regintel.items import GuidanceItem
from regintel.jobs.crawl import CrawlReport, crawl
from regintel.orders import Due
from regintel.sources import load_sources
from regintel.store.database import Index
from regintel.store.documents import changes, document, versions
from regintel.vocabulary import RunState
from tests.places import ROOT
from tests.spiders import Yielded, response, spider_of
from tests.test_fda import PAGES, SITE, entry, feed, pdf_of, record
from tests.test_federal_register import NOTICE as SAMPLE_NOTICE
from tests.test_pdf import body, pdf
from tests.upstream import Page, Upstream

SAMPLE = (Path(__file__).parent / "sources" / "fda_guidance_pages" / "page.html").read_text()
SLUG = "potency-assurance-cellular-and-gene-therapy-products"
ADDRESS = f"{SITE}/regulatory-information/search-fda-guidance-documents/{SLUG}"
TITLE = "Potency Assurance for Cellular and Gene Therapy Products"
SOURCE = load_sources(ROOT / "config")["fda_guidance_pages"]
HTML = {"Content-Type": "text/html; charset=utf-8"}
BANNER = SAMPLE[SAMPLE.index('<div class="alert') : SAMPLE.index("<main>")]


@pytest.fixture
def opened(tmp_path: Path) -> Any:
    """Read a landing page."""

    def read_page(page: str, address: str = ADDRESS, due: Due | None = None) -> Yielded:
        answer = response(address, page.encode(), media_type="text/html; charset=utf-8")
        if due:
            answer.meta["due"] = due
        return Yielded(spider_of(SOURCE, tmp_path).parse(answer))

    return read_page


def only(found: Yielded) -> GuidanceItem:
    assert [each.message for each in found.problems] == []
    (item,) = found.items or [each.cb_kwargs["item"] for each in found.requests]
    return item


def test_the_title_is_the_first_text_of_its_heading_and_the_month_follows(opened):
    item = only(opened(SAMPLE))
    assert (item.title, item.published) == (TITLE, "2023-12")


@pytest.mark.parametrize(
    ("heading", "title", "month"),
    [
        (f"{TITLE}<br>Draft Guidance for Industry September 2025", TITLE, "2025-09"),
        (f"{TITLE} Final Guidance for Industry: January 2011", f"{TITLE} Final Guidance for Industry", "2011-01"),
        (f"{TITLE}: December 2023", TITLE, "2023-12"),
        (TITLE, TITLE, None),
    ],
)
def test_a_heading_may_hold_more_than_title_and_month_or_less(opened, heading, title, month):
    start, end = SAMPLE.index("Potency Assurance", SAMPLE.index("<h1")), SAMPLE.index("</h1>")
    item = only(opened(SAMPLE[:start] + heading + SAMPLE[end:]))
    assert (item.title, item.published) == (title, month)


def test_the_label_for_screen_readers_is_no_office(opened):
    assert only(opened(SAMPLE)).offices == ("Center for Biologics Evaluation and Research",)


def test_products_and_topics_stand_in_one_box_and_follow_fda_is_neither(opened):
    item = only(opened(SAMPLE))
    assert (item.products, item.topics) == (("Biologics",), ("Gene Therapy",))


def test_a_banner_of_the_site_is_no_part_of_a_document(opened):
    assert BANNER in SAMPLE
    with_it, without = only(opened(SAMPLE)), only(opened(SAMPLE.replace(BANNER, "")))
    assert with_it == without
    assert "reorganization" not in with_it.summary


def test_what_every_page_says_is_no_summary(opened):
    summary = only(opened(SAMPLE)).summary
    assert summary.startswith("Sample text written for the tests, in place of the page's own words")
    assert "second paragraph" not in summary


def test_the_day_of_a_page_is_the_one_it_prints_not_the_midnight_of_its_markup(opened):
    other = SAMPLE.replace("2023-12-28T00:00:00Z", "2023-12-29T04:30:00Z")
    assert only(opened(other)).updated == "2023-12-28"


def test_the_notice_that_announced_a_guidance_is_another_address_of_it(opened):
    (notice,) = only(opened(SAMPLE)).same_as
    assert notice.startswith("https://www.federalregister.gov/documents/2023/12/28/2023-28596/")


def test_a_page_without_a_pdf_is_fine_and_its_own_words_are_its_text(opened):
    bare = SAMPLE.replace('<p><a href="/media/175132/download" class="btn btn-default">Download the Draft Guidance '
                          "Document</a></p>", "")  # fmt: skip
    found = opened(bare)
    item = only(found)
    assert (found.requests, item.attachments) == ([], ())
    assert item.text.count("\n") == 1
    assert "second paragraph" in item.text
    assert "Dockets Management" not in item.text


def test_the_pdf_is_the_link_that_says_download_and_guidance_and_other_files_hang_beside_it(opened):
    more = '<p><a href="/media/99999/download">Sample of a webinar\'s slides</a></p><hr>'
    item = only(opened(SAMPLE.replace("<hr>", more, 1)))
    assert [(each.title, each.url) for each in item.attachments] == [
        ("PDF", f"{SITE}/media/175132/download"),
        ("Sample of a webinar's slides", f"{SITE}/media/99999/download"),
    ]


def test_without_a_line_of_its_own_the_status_is_that_of_the_download(opened):
    item = only(opened(SAMPLE.replace("<p><strong>Draft</strong></p>", "")))
    assert (item.status, item.quoted) == ("draft", {"status": "Draft"})


def test_a_status_that_we_do_not_know_is_a_problem_of_its_document(opened):
    found = opened(SAMPLE.replace("<strong>Draft</strong>", "<strong>Superseded</strong>"))
    assert (found.items, [(each.kind, each.key) for each in found.problems]) == ([], [("unknown_value", SLUG)])


def test_a_page_that_is_no_guidance_is_a_problem_and_no_item(opened):
    found = opened("<html><body><h1>Page Not Found</h1></body></html>")
    assert (found.items, [each.kind for each in found.problems]) == ([], ["layout"])


def test_a_page_goes_under_the_key_of_the_row_that_asked_for_it(opened):
    due = Due(key="old-slug", url=ADDRESS, title=TITLE, stamp="7")
    item = only(opened(SAMPLE, due=due))
    assert (item.key, (item.touched or "").split()[0]) == ("old-slug", "7")


def test_a_file_that_is_no_pdf_costs_only_its_text(opened, tmp_path):
    spider = spider_of(SOURCE, tmp_path)
    answer = response(f"{SITE}/media/1/download", b"PK\x03\x04 a ZIP", media_type="application/pdf")
    found = Yielded(spider.open_document(answer, only(opened(SAMPLE))))
    assert ([each.kind for each in found.problems], found.items[0].unread) == (["pdf_not_pdf"], ("text",))


# List, page and file together


class Desk:
    """Reads FDA's list and pages, one day after the other."""

    def __init__(self, house: House, index: Index, agency: Upstream) -> None:
        self.house, self.index, self.agency = house, index, agency
        self.day = datetime(2025, 10, 15, 12, tzinfo=UTC)

    def crawl(self) -> CrawlReport:
        """Crawl both; return the report on the pages."""
        self.day += timedelta(days=1)
        config = replace(self.house.config, replay=Replay(self.agency.prefix, delay=0.0, expect=False))
        sources = [self.house.sources[name] for name in ("fda_guidance", "fda_guidance_pages")]
        _, pages = crawl(config, self.index, sources, Clock(self.day))
        return pages

    def says(self, *, status: str = "Draft", issued: str = "12/27/2023", page: str = SAMPLE, file: int = 1) -> None:
        """Set what list, page and file say."""
        row = record(SLUG, TITLE, field_final_guidance_1=status, field_issue_datetime=issued,
                     field_associated_media_2=pdf_of("175132"))  # fmt: skip
        self.agency.set("search-for-guidance.json", Page(json.dumps([row]).encode()))
        self.agency.set(SLUG, Page(page.encode(), headers=HTML))
        self.agency.set("/media/175132/", Page(pdf(body(file)), headers={"Content-Type": "application/pdf"}))

    def told(self) -> list[tuple[str, bool, set[str]]]:
        return [(str(each.kind), each.silent, set(each.after or {})) for each in reversed(changes(self.index))]


@pytest.fixture
def desk(house: House, index: Index) -> Iterator[Desk]:
    with Upstream() as agency:
        desk = Desk(house, index, agency)
        desk.says()
        assert desk.crawl().run.counts["joined"] == 1
        yield desk


def finalised(page: str = SAMPLE) -> str:
    return (
        page.replace("<strong>Draft</strong>", "<strong>Final</strong>")
        .replace("Download the Draft Guidance", "Download the Final Guidance")
        .replace("<p>Not for implementation. Contains non-binding recommendations.</p>", "")
        .replace("December 2023", "December 2025")
    )


def test_list_page_and_pdf_are_one_document(desk):
    found = document(desk.index, f"fda:{SLUG}")
    assert found is not None
    assert {each.source for each in versions(desk.index, found.id)} == {"fda_guidance", "fda_guidance_pages"}
    assert (found.current.published, found.current.stage) == ("2023-12-27", "draft")  # the list knows the day
    assert desk.told() == []


def test_a_day_on_which_nothing_moved_tells_nothing_and_downloads_nothing(desk):
    pages = desk.crawl()
    assert (pages.run.counts["unchanged"], desk.told()) == (1, [])
    assert pages.run.not_modified == 2  # the page and its file
    assert [each.kind for each in pages.problems] == ["missing"]  # the other pinned page is not served here


def test_a_final_that_keeps_slug_and_media_number_is_seen_in_list_page_and_bytes(desk):
    desk.says(status="Final", issued="12/10/2025", page=finalised(), file=2)
    desk.crawl()
    told = desk.told()
    assert told[0] == ("status_changed", False, {"status", "published"})
    assert told[1:] == [("revised", False, {"text"})]  # what the list told already is not told again
    latest = [each for each in versions(desk.index, f"fda:{SLUG}") if each.source == "fda_guidance_pages"]
    assert len({each.text_hash for each in latest}) == 2
    assert {file.url for each in latest for file in each.attachments} == {f"{SITE}/media/175132/download"}


def test_bytes_that_were_replaced_behind_a_page_that_stood_still_are_a_silent_edit(desk):
    desk.says(file=2)
    assert desk.crawl().run.counts["revised"] == 1
    assert desk.told() == [("revised", True, {"text"})]


def test_a_banner_that_comes_or_goes_is_no_change(desk):
    desk.says(page=SAMPLE.replace(BANNER, ""))
    assert desk.crawl().run.counts["unchanged"] == 1
    assert desk.told() == []


def test_a_stamp_that_moved_alone_is_no_change(desk):
    desk.says(page=SAMPLE.replace("12/28/2023", "10/01/2024"))
    desk.crawl()
    assert desk.told() == []


def test_a_landing_page_that_is_missing_is_a_problem_of_its_document(desk):
    desk.agency.set(SLUG, Page(b"<html>gone</html>", 404, HTML))
    pages = desk.crawl()
    assert pages.run.state is RunState.OK
    assert {each.kind for each in pages.problems} == {"missing"}
    assert desk.told() == []


def test_an_apology_for_a_page_blocks_the_source_and_withdraws_nothing(desk):
    apology = f"{desk.agency.prefix}{SITE}/apology_objects/abuse-detection-apology.html"
    desk.agency.set(SLUG, Page(b"", 302, {"Location": apology}))
    desk.agency.set("/apology_objects/", Page(b"<html><title>FDA Apology</title></html>", 404, HTML))
    assert desk.crawl().run.state is RunState.BLOCKED
    assert desk.told() == []


def test_a_pdf_that_is_gone_costs_only_itself_and_its_words_stand(desk):
    before = document(desk.index, f"fda:{SLUG}")
    desk.agency.set("/media/175132/", Page(b"<html>Page Not Found</html>", 404, HTML))
    assert desk.crawl().run.counts["unchanged"] == 1
    after = document(desk.index, f"fda:{SLUG}")
    assert before is not None
    assert after is not None
    assert after.current.text_hash == before.current.text_hash
    assert desk.told() == []


def test_a_record_that_came_late_and_back_dated_is_new_by_its_slug(desk):
    old = record("cvm-gfi-299", "CVM GFI #299", field_issue_datetime="10/14/2025")
    known = record(SLUG, TITLE, field_issue_datetime="12/27/2023", field_associated_media_2=pdf_of("175132"))
    desk.agency.set("search-for-guidance.json", Page(json.dumps([old, known]).encode()))
    desk.day = datetime(2025, 12, 15, tzinfo=UTC)
    pages = desk.crawl()
    assert [(kind, silent) for kind, silent, _ in desk.told()] == [("new", False)]
    assert "cvm-gfi-299" in {each.key for each in pages.problems}  # its page was asked for, and is not served here


def test_a_docket_that_is_corrected_is_a_revision(desk):
    row = record(SLUG, TITLE, field_issue_datetime="12/27/2023", field_associated_media_2=pdf_of("175132"),
                 field_docket_number="FDA-2025-D-3049")  # fmt: skip
    desk.agency.set("search-for-guidance.json", Page(json.dumps([row]).encode()))
    desk.crawl()
    assert desk.told() == [("revised", False, {"reference"})]


def test_final_and_draft_side_by_side_under_one_docket_are_two_documents(desk):
    docket = {"field_docket_number": "FDA-2017-D-6159"}
    title = "Expedited Programs for Regenerative Medicine Therapies for Serious Conditions"
    rows = [
        record("expedited", title, field_final_guidance_1="Final", **docket),
        record("expedited-0", title, **docket),
    ]
    known = record(SLUG, TITLE, field_issue_datetime="12/27/2023", field_associated_media_2=pdf_of("175132"))
    desk.agency.set("search-for-guidance.json", Page(json.dumps([known, *rows]).encode()))
    desk.crawl()
    assert [kind for kind, _, _ in desk.told()] == ["new", "new"]


# List and announcements together


def read_all(desk: Desk, *names: str) -> dict[str, CrawlReport]:
    desk.day += timedelta(days=1)
    config = replace(desk.house.config, replay=Replay(desk.agency.prefix, delay=0.0, expect=False))
    reports = crawl(config, desk.index, [desk.house.sources[name] for name in names], Clock(desk.day))
    assert all(each.ok for each in reports)
    return {each.run.source: each for each in reports}


def announce(desk: Desk, *titles: tuple[str, str, str]) -> None:
    entries = (entry(f"http://www.fda.gov{PAGES}{slug}", title, when=when) for slug, title, when in titles)
    desk.agency.set("/biologics/rss.xml", Page(feed(*entries), headers={"Content-Type": "application/rss+xml"}))


def test_a_guidance_that_list_and_feed_bring_on_one_day_is_one_new_document_with_the_lists_words(desk):
    names = ("fda_biologics_news", "fda_guidance")
    announce(desk, (SLUG, TITLE, "Thu, 28 Dec 2023 09:00:00 EST"))
    assert read_all(desk, *names)["fda_biologics_news"].run.counts["joined"] == 1
    row = record("q3e", "Q3E Guideline", field_comment_close_date="01/30/2026")
    known = record(SLUG, TITLE, field_issue_datetime="12/27/2023", field_associated_media_2=pdf_of("175132"))
    desk.agency.set("search-for-guidance.json", Page(json.dumps([known, row]).encode()))
    announce(desk, ("q3e", "Q3E Guideline ", "Mon, 01 Dec 2025 08:36:32 EST"))
    read_all(desk, *names)
    assert desk.told() == [("new", False, set())]
    found = document(desk.index, "fda:q3e")
    assert found is not None
    assert (found.current.source, found.current.stage) == ("fda_guidance", "draft")


def test_a_guidance_that_the_feed_announces_anew_is_told_by_its_list_alone(desk):
    names = ("fda_biologics_news", "fda_guidance")
    announce(desk, (SLUG, f"{TITLE}: Draft Guidance for Industry", "Thu, 28 Dec 2023 09:00:00 EST"))
    read_all(desk, *names)
    desk.says(status="Final", issued="12/09/2025")
    announce(desk, (SLUG, f"{TITLE}: Guidance for Industry", "Wed, 10 Dec 2025 10:51:03 EST"))
    read_all(desk, *names)
    assert desk.told() == [("status_changed", False, {"status", "published"})]


def test_a_notice_joins_the_guidance_that_it_announces_and_tells_the_deadline(desk):
    notice = {**SAMPLE_NOTICE, "title": f"{TITLE}; Draft Guidance for Industry; Reopening of the Comment Period",
              "docket_ids": ["Docket No. FDA-2023-D-4299"]}  # fmt: skip
    row = record(SLUG, TITLE, field_issue_datetime="12/27/2023", field_associated_media_2=pdf_of("175132"),
                 field_docket_number="FDA-2023-D-4299", field_comment_close_date="03/27/2024")  # fmt: skip
    other = {**SAMPLE_NOTICE, "document_number": "2025-1", "title": "Another Matter; Notice", "docket_ids": []}
    desk.agency.set("search-for-guidance.json", Page(json.dumps([row]).encode()))
    desk.agency.set("/api/v1/documents.json", Page(json.dumps({"count": 1, "results": [other]}).encode()))
    names = ("federal_register_fda", "fda_guidance")
    read_all(desk, *names)
    desk.agency.set("/api/v1/documents.json", Page(json.dumps({"count": 2, "results": [notice, other]}).encode()))
    assert read_all(desk, *names)["federal_register_fda"].run.counts["joined"] == 1
    assert desk.told()[-1] == ("deadline_changed", False, {"comment_closes"})
    found = document(desk.index, SAMPLE_NOTICE["html_url"])
    assert found is not None
    assert (found.id, found.current.comment_closes) == (f"fda:{SLUG}", "2024-03-27")  # shown as the list tells it
