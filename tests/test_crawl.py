"""Crawls as whole processes, against an agency that misbehaves: only a healthy list leads to conclusions."""

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
from regintel.jobs.crawl import CrawlReport, crawl
from regintel.sources import Follow
from regintel.store.database import Index
from regintel.store.documents import changes, count_documents, document, versions
from regintel.store.remember import UNLISTED
from regintel.vocabulary import RunState
from tests.upstream import Page, Upstream

SAMPLES = Path(__file__).parent / "sources"
FDA_LIST = "search-for-guidance"
HTML = {"Content-Type": "text/html; charset=utf-8"}
RECORDS: list[dict[str, str]] = json.loads(SAMPLES.joinpath("fda_guidance", "page.json").read_text())
SEARCH: dict[str, Any] = json.loads(SAMPLES.joinpath("mhra_guidance", "page.json").read_text())


@pytest.fixture
def agency() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


def fda(records: list[dict[str, str]], **told: Any) -> Page:
    return Page(json.dumps(records).encode(), **told)


class Desk:
    """Crawls a source of a house against the misbehaving agency, on one day after the other."""

    def __init__(self, house: House, index: Index, agency: Upstream) -> None:
        self.house, self.index, self.agency = house, index, agency
        self.day = datetime(2025, 10, 15, 12, tzinfo=UTC)

    def crawl(self, *names: str, days: float = 1, **politeness: Any) -> CrawlReport:
        (report,) = self.crawl_all(*(names or ("fda_guidance",)), days=days, **politeness)
        return report

    def crawl_all(self, *names: str, days: float = 1, **politeness: Any) -> list[CrawlReport]:
        self.day += timedelta(days=days)
        config = replace(self.house.config, replay=Replay(self.agency.prefix, delay=0.0, expect=False))
        sources = [self.house.sources[name] for name in names]
        gentle = [
            each.model_copy(update={"politeness": each.politeness.model_copy(update=politeness)}) for each in sources
        ]
        return crawl(config, self.index, gentle, Clock(self.day))


@pytest.fixture
def desk(house: House, index: Index, agency: Upstream) -> Desk:
    agency.set(FDA_LIST, fda(RECORDS))
    return Desk(house, index, agency)


def test_the_first_healthy_run_is_a_silent_baseline_and_the_second_asks_conditionally(desk):
    first = desk.crawl()
    assert (first.run.state, first.run.baseline, first.run.items) == (RunState.OK, True, len(RECORDS))
    assert changes(desk.index) == []
    assert count_documents(desk.index) == len(RECORDS)
    before = [versions(desk.index, f"fda:{item}") for item in _slugs()]
    second = desk.crawl()
    assert (second.run.requests, second.run.not_modified, second.run.listed) == (2, 1, len(RECORDS))
    assert second.run.counts["unchanged"] == len(RECORDS)
    assert [versions(desk.index, f"fda:{item}") for item in _slugs()] == before
    assert desk.agency.requests[-1][1], "the second run asked without a condition"
    assert all("regintel/" in agent and "tests@example.org" in agent for agent in desk.agency.agents)


def _slugs() -> list[str]:
    return [record["title"].split('"')[1].rsplit("/", 1)[1] for record in RECORDS]


def test_a_record_that_vanishes_is_withdrawn_and_one_that_comes_back_restored(desk):
    desk.crawl()
    desk.agency.set(FDA_LIST, fda(RECORDS[1:]))
    assert desk.crawl().run.counts["withdrawn"] == 1
    (change,) = changes(desk.index)
    assert (change.kind, change.before, change.after) == (
        "withdrawn",
        {"status": "draft"},
        {"status": "withdrawn", "seen": UNLISTED},
    )
    gone = document(desk.index, change.document)
    assert gone is not None
    assert (gone.current.status, gone.current.stage) == ("withdrawn", "withdrawn")
    desk.agency.set(FDA_LIST, fda(RECORDS))
    assert desk.crawl().run.counts["restored"] == 1
    assert [each.status for each in versions(desk.index, change.document)] == ["draft", "withdrawn", "draft"]


def test_a_document_that_goes_on_under_a_new_key_is_found_by_both_and_by_its_addresses(desk):
    desk.crawl()
    old, new = _slugs()[0], "potency-assurance-of-cell-therapies"
    desk.agency.set(FDA_LIST, fda([{**RECORDS[0], "title": RECORDS[0]["title"].replace(old, new)}, *RECORDS[1:]]))
    counts = desk.crawl().run.counts
    assert (counts["revised"], counts["new"], counts["withdrawn"]) == (1, 0, 0)
    address = "https://www.fda.gov/regulatory-information/search-fda-guidance-documents/"
    found = {
        getattr(document(desk.index, name), "id", None)
        for name in (f"fda:{old}", f"fda:{new}", address + old, address + new)
    }
    assert found == {f"fda:{old}"}
    assert desk.crawl().run.counts["unchanged"] == len(RECORDS)


def renamed(record: dict[str, str], old: str, new: str) -> dict[str, str]:
    return {**record, "title": record["title"].replace(old, new)}


def test_a_key_that_comes_back_after_its_document_went_on_is_the_same_document(desk):
    old, new = _slugs()[0], "potency-assurance-of-cell-therapies"
    desk.crawl()
    for records in (
        [renamed(RECORDS[0], old, new), *RECORDS[1:]],
        RECORDS,
        [renamed(RECORDS[0], old, new), *RECORDS[1:]],
    ):
        desk.agency.set(FDA_LIST, fda(records))
        counts = desk.crawl().run.counts
        assert (counts["revised"], counts["new"], counts["withdrawn"]) == (1, 0, 0)
    assert [each.number for each in versions(desk.index, f"fda:{old}")] == [1, 2, 3, 4]
    assert count_documents(desk.index) == len(RECORDS)


def test_two_keys_of_one_document_that_are_listed_side_by_side_are_two_documents(desk):
    old, new = _slugs()[0], "potency-assurance-of-cell-therapies"
    desk.crawl()
    desk.agency.set(FDA_LIST, fda([renamed(RECORDS[0], old, new), *RECORDS[1:]]))
    desk.crawl()
    desk.agency.set(FDA_LIST, fda([*RECORDS, renamed(RECORDS[0], old, new)]))
    counts = desk.crawl().run.counts
    assert (counts["new"], counts["revised"], counts["withdrawn"]) == (1, 0, 0)
    assert desk.crawl().run.counts["unchanged"] == len(RECORDS) + 1
    assert count_documents(desk.index) == len(RECORDS) + 1


def test_what_cannot_be_stored_fails_its_source_and_no_other(govuk, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr("regintel.jobs.crawl.Listing.remember", broken)
    reports = govuk.crawl_all("fda_guidance", "mhra_guidance")
    assert [report.run.state for report in reports] == [RunState.FAILED] * 2
    assert all("could not be stored: RuntimeError: no room" in report.run.reason for report in reports)


def test_a_row_that_is_not_understood_is_not_withdrawn(desk):
    desk.crawl()
    desk.agency.set(FDA_LIST, fda([{**RECORDS[0], "field_final_guidance_1": "Level 2"}, *RECORDS[1:]]))
    report = desk.crawl()
    assert report.ok
    assert (report.run.listed, report.run.items) == (len(RECORDS), len(RECORDS) - 1)
    assert report.run.counts["withdrawn"] == 0
    assert [problem.kind for problem in report.problems] == ["unknown_value"]


def test_nothing_is_concluded_from_absence_when_a_row_has_no_key(desk):
    desk.crawl()
    desk.agency.set(FDA_LIST, fda([{**RECORDS[0], "title": "no link"}, *RECORDS[2:]]))
    report = desk.crawl()
    assert report.ok
    assert report.run.counts["withdrawn"] == 0
    assert {problem.kind for problem in report.problems} == {"layout", "incomplete"}


APOLOGY = b"<!DOCTYPE html><html><head><title>FDA Apology</title></head><body>sample</body></html>"
REDIRECT = {"Location": "https://www.fda.gov/apology_objects/abuse-detection-apology.html"}


@pytest.mark.parametrize(
    ("pages", "state", "words"),
    [
        ([Page(b"", 404, HTML)], RunState.FAILED, "HTTP 404"),
        ([Page(b"", 500, HTML)], RunState.FAILED, "HTTP 500"),
        ([Page(drop=True)], RunState.FAILED, "search-for-guidance"),
        ([Page(json.dumps(RECORDS[::-1]).encode(), cut=300)], RunState.FAILED, "search-for-guidance"),
        ([Page(APOLOGY, 200, HTML)], RunState.BLOCKED, "FDA Apology"),
        ([Page(b"<html>sample</html>", 200, HTML)], RunState.BLOCKED, "HTML where application/json is due"),
        ([Page(b"", 403, HTML)], RunState.BLOCKED, "HTTP 403"),
        ([Page(b"", 429, {"Retry-After": "0"})], RunState.BLOCKED, "HTTP 429"),
        ([Page(b"[]")], RunState.FAILED, "a list is never empty"),
        ([fda(RECORDS[:6])], RunState.FAILED, "nothing is concluded"),
        ([Page(b'{"data": []}')], RunState.FAILED, "a list of records is due"),
        ([Page(b"[{]")], RunState.FAILED, "not JSON"),
        ([Page(b'[{"title": "x"}]')], RunState.FAILED, "fields are gone"),
        ([Page(b"", 302, {"Location": "https://evil.example/list.json"})], RunState.FAILED, "not a declared host"),
    ],
)
def test_what_is_no_healthy_list_is_told_apart_and_changes_nothing(desk, pages, state, words):
    desk.crawl()
    desk.agency.set(FDA_LIST, *pages)
    report = desk.crawl(retries=1)
    assert (report.run.state, words in report.run.reason) == (state, True), report.run.reason
    assert [words in problem.message for problem in report.problems] == [True]
    assert changes(desk.index) == []
    desk.agency.set(FDA_LIST, fda(RECORDS))
    assert desk.crawl().run.counts["unchanged"] == len(RECORDS), "the last good state did not stand"


@pytest.mark.parametrize("way", [(REDIRECT,), ({"Location": "/core/install.php"}, REDIRECT)])
def test_an_apology_by_redirect_is_a_block_and_not_a_missing_page(desk, way):
    desk.crawl()
    desk.agency.set(FDA_LIST, Page(b"", 302, way[0]))
    desk.agency.set("install.php", Page(b"", 302, way[-1]))
    desk.agency.set("apology_objects", Page(APOLOGY, 404, HTML))
    report = desk.crawl()
    assert report.run.state is RunState.BLOCKED
    assert "apology_objects" in report.run.reason or "install.php" in report.run.reason


def test_a_server_that_recovers_is_read_after_the_wait_it_asks_for(desk):
    desk.agency.set(FDA_LIST, Page(b"", 503, {"Retry-After": "1"}, times=2), fda(RECORDS))
    report = desk.crawl()
    assert report.ok
    assert report.run.requests == 4
    assert report.run.seconds > 2


def test_robots_txt_is_obeyed(desk):
    desk.agency.set("robots.txt", Page(b"User-agent: *\nDisallow: /files/\n", 200, {"Content-Type": "text/plain"}))
    report = desk.crawl()
    assert report.run.state is RunState.FAILED
    assert "robots.txt" in report.run.reason
    assert desk.agency.asked(FDA_LIST) == []


def test_a_robots_txt_that_cannot_be_read_forbids_everything(desk):
    desk.agency.set("robots.txt", Page(b"", 503, HTML))
    report = desk.crawl(retries=0)
    assert report.run.state is RunState.FAILED
    assert "robots.txt of www.fda.gov: HTTP 503" in report.run.reason
    assert desk.agency.asked(FDA_LIST) == []


def test_bytes_that_the_archive_lost_are_asked_for_again(desk):
    desk.crawl()
    for path in desk.house.config.archive.iterdir():
        path.unlink()
    report = desk.crawl()
    assert report.ok
    assert report.run.counts["unchanged"] == len(RECORDS)
    assert [conditional for url, conditional in desk.agency.requests if FDA_LIST in url] == [False, True, False]


def test_every_version_names_the_archived_bytes_it_was_read_from(desk):
    desk.crawl()
    (sql,) = desk.index.rows("""
        SELECT count(*) AS n FROM versions
        JOIN responses ON responses.id = versions.record AND responses.url LIKE '%search-for-guidance%'""")
    assert sql["n"] == len(RECORDS)


def hit(number: int, **fields: Any) -> dict[str, Any]:
    return {**SEARCH["results"][number], **fields}


def search_page(*hits: dict[str, Any]) -> Page:
    return Page(json.dumps({**SEARCH, "results": list(hits), "total": len(hits)}).encode())


def content(row: dict[str, Any], **fields: Any) -> Page:
    told = {
        "content_id": row["content_id"],
        "base_path": row["link"],
        "document_type": row["content_store_document_type"],
        "title": row["title"],
        "first_published_at": "2025-02-03T10:00:00+00:00",
        "withdrawn_notice": {},
        "details": {"body": "<p>Sample body.</p>"},
        "links": {},
    }
    return Page(json.dumps({**told, **fields}).encode())


@pytest.fixture
def govuk(desk: Desk) -> Desk:
    desk.agency.set("api/search.json", search_page(*SEARCH["results"]))
    for row in SEARCH["results"]:
        desk.agency.set(f"api/content{row['link']}$", content(row))
    return desk


def test_a_page_that_the_search_lost_is_asked_after(govuk):
    govuk.crawl("mhra_guidance")
    rows = SEARCH["results"]
    govuk.agency.set("api/search.json", search_page(rows[4]))
    notice = {"explanation": "<p>Replaced.</p>", "withdrawn_at": "2025-10-16T10:00:00Z"}
    govuk.agency.set(f"api/content{rows[0]['link']}$", content(rows[0], withdrawn_notice=notice))
    govuk.agency.set(
        f"api/content{rows[1]['link']}$", content(rows[1], document_type="gone", details={"explanation": ""})
    )
    redirect = {"document_type": "redirect", "redirects": [{"destination": "/elsewhere"}], "details": None}
    govuk.agency.set(f"api/content{rows[2]['link']}$", content(rows[2], **redirect))
    # rows[3] is live: the search's index lags behind, or it was retagged
    source = govuk.house.sources["mhra_guidance"]
    lax = source.expect.model_copy(update={"max_drop": 1.0})
    govuk.house.sources["mhra_guidance"] = source.model_copy(update={"expect": lax})
    report = govuk.crawl("mhra_guidance")
    assert report.run.counts["withdrawn"] == 3
    assert [(problem.kind, problem.key) for problem in report.problems] == [("unlisted", rows[3]["content_id"])]
    told = {change.title: change.summary for change in changes(govuk.index)}
    assert told == {
        rows[0]["title"]: f"Withdrawn: {rows[0]['title']} (Replaced.)",
        rows[1]["title"]: f"Withdrawn: {rows[1]['title']} (its page is gone)",
        rows[2]["title"]: f"Withdrawn: {rows[2]['title']} (its address now leads to /elsewhere)",
    }


def test_a_flood_of_vanished_pages_is_not_believed(govuk):
    source = govuk.house.sources["mhra_guidance"]
    strict = source.expect.model_copy(update={"max_drop": 0.0, "allowance": 0})
    govuk.house.sources["mhra_guidance"] = source.model_copy(update={"expect": strict})
    govuk.crawl("mhra_guidance")
    other = hit(0, content_id="another-id", link="/guidance/another")
    govuk.agency.set("api/content/guidance/another$", content(other))
    govuk.agency.set("api/search.json", search_page(other, *SEARCH["results"][1:]))
    report = govuk.crawl("mhra_guidance")
    assert report.ok
    assert (report.run.counts["new"], report.run.counts["withdrawn"]) == (1, 0)
    assert [problem.kind for problem in report.problems] == ["vanished"]


def test_a_silent_edit_is_found_within_a_week_without_reading_every_page_each_day(govuk):
    govuk.crawl("mhra_guidance")
    asked = len(govuk.agency.asked("api/content"))
    govuk.agency.set(f"api/content{SEARCH['results'][2]['link']}$", content(hit(2), details={"body": "<p>Edited.</p>"}))
    found = 0
    for _ in range(7):
        report = govuk.crawl("mhra_guidance")
        found += report.run.counts["revised"]
        assert report.run.requests <= 3  # robots.txt, the search, a seventh of five pages
    assert found == 1
    (change,) = changes(govuk.index)
    assert (change.kind, change.silent, change.document) == ("revised", True, f"mhra:{hit(2)['content_id']}")
    assert len(govuk.agency.asked("api/content")) - asked <= 7


def test_hourly_runs_read_no_more_pages_than_a_daily_one(govuk):
    govuk.crawl("mhra_guidance")
    asked = len(govuk.agency.asked("api/content"))
    for _ in range(4):
        govuk.crawl("mhra_guidance", days=1 / 24)
    assert len(govuk.agency.asked("api/content")) == asked


def test_a_page_that_cannot_be_had_costs_only_itself_and_is_tried_again(govuk):
    link = SEARCH["results"][0]["link"]
    govuk.agency.set(f"api/content{link}$", Page(b"<html>Page not found</html>", 404, HTML))
    report = govuk.crawl("mhra_guidance")
    assert (report.ok, report.run.items) == (True, 5)
    assert [problem.key for problem in report.problems] == [hit(0)["content_id"]]
    govuk.agency.set(f"api/content{link}$", content(hit(0)))
    assert govuk.crawl("mhra_guidance", days=0.01).problems == ()
    now = document(govuk.index, f"mhra:{hit(0)['content_id']}")
    assert now is not None
    assert now.current.published == "2025-02-03"


def test_what_could_not_be_read_at_first_is_no_change_when_it_can_be(govuk):
    link = SEARCH["results"][0]["link"]
    govuk.agency.set(f"api/content{link}$", Page(b"<html>Page not found</html>", 404, HTML))
    govuk.crawl("mhra_guidance")
    govuk.agency.set(f"api/content{link}$", content(hit(0)))
    govuk.crawl("mhra_guidance")
    assert changes(govuk.index) == []
    now = document(govuk.index, f"mhra:{hit(0)['content_id']}")
    assert now is not None
    assert now.current.published == "2025-02-03"


def test_a_body_that_is_read_a_day_after_its_revision_is_no_silent_edit(govuk):
    govuk.crawl("mhra_guidance")
    row = hit(0, public_timestamp="2025-10-16T09:00:00Z", updated_at="2025-10-16T09:00:05Z")
    govuk.agency.set("api/search.json", search_page(row, *SEARCH["results"][1:]))
    govuk.agency.set(f"api/content{row['link']}$", Page(b"<html>Page not found</html>", 404, HTML))
    assert govuk.crawl("mhra_guidance").run.counts["revised"] == 1
    govuk.agency.set(f"api/content{row['link']}$", content(row, details={"body": "<p>Revised.</p>"}))
    assert govuk.crawl("mhra_guidance").run.counts["revised"] == 0
    assert [change.silent for change in changes(govuk.index)] == [False]


@pytest.mark.parametrize("odd", [{"details": {"attachments": [None]}}, {"details": {"body": 7}}, {"details": []}])
def test_an_odd_content_item_costs_only_itself(govuk, odd):
    govuk.agency.set(f"api/content{SEARCH['results'][0]['link']}$", content(hit(0), **odd))
    report = govuk.crawl("mhra_guidance")
    assert (report.ok, report.run.items) == (True, 5)
    assert all("\n" not in problem.message for problem in report.problems)


def test_a_hit_listed_twice_hides_no_withdrawal(govuk):
    govuk.crawl("mhra_guidance")
    rows = SEARCH["results"]
    govuk.agency.set("api/search.json", search_page(*rows[1:], rows[4]))
    govuk.agency.set(f"api/content{rows[0]['link']}$", content(rows[0], document_type="gone", details={}))
    assert govuk.crawl("mhra_guidance").run.counts["withdrawn"] == 1


def test_a_page_that_another_organisation_took_over_leaves_the_list_once(govuk):
    govuk.crawl("mhra_guidance")
    rows = SEARCH["results"]
    govuk.agency.set("api/search.json", search_page(*rows[1:]))
    owners = {"organisations": [{"base_path": "/government/organisations/another"}]}
    govuk.agency.set(f"api/content{rows[0]['link']}$", content(rows[0], links=owners))
    first = govuk.crawl("mhra_guidance")
    assert (first.run.counts["withdrawn"], [problem.kind for problem in first.problems]) == (0, ["unlisted"])
    assert govuk.crawl("mhra_guidance", days=0.01).problems == (), "it was asked after again"
    assert changes(govuk.index) == []


def test_a_row_that_shifts_to_the_next_page_while_paging_is_one_row_and_no_problem(govuk):
    rows = SEARCH["results"]
    first = Page(json.dumps({**SEARCH, "results": rows[:3], "total": 5}).encode())
    last = Page(json.dumps({**SEARCH, "results": rows[2:], "total": 5, "start": 3}).encode())
    govuk.agency.set("api/search.json.*start=0", first)
    govuk.agency.set("api/search.json.*start=3", last)
    govuk.agency.pages.reverse()
    report = govuk.crawl("mhra_guidance")
    assert (report.run.listed, report.run.items, report.problems) == (5, 5, ())


def test_a_missing_page_is_believed_when_two_runs_saw_it(govuk):
    govuk.crawl("mhra_guidance")
    rows = SEARCH["results"]
    govuk.agency.set("api/search.json", search_page(*rows[1:]))
    govuk.agency.set(f"api/content{rows[0]['link']}$", Page(b"<html>Page not found</html>", 404, HTML))
    first = govuk.crawl("mhra_guidance")
    assert (first.run.counts["withdrawn"], [problem.kind for problem in first.problems]) == (0, ["missing"])
    assert govuk.crawl("mhra_guidance").run.counts["withdrawn"] == 1


def test_a_page_with_a_new_content_id_goes_on_at_its_address(govuk):
    govuk.crawl("mhra_guidance")
    rows = SEARCH["results"]
    other = hit(0, content_id="another-id", title="Another title")
    govuk.agency.set("api/search.json", search_page(other, *rows[1:]))
    govuk.agency.set(f"api/content{other['link']}$", content(other))
    counts = govuk.crawl("mhra_guidance").run.counts
    assert (counts["revised"], counts["new"], counts["withdrawn"]) == (1, 0, 0)


def test_a_hit_that_leads_away_from_govuk_is_not_taken(govuk):
    govuk.agency.set("api/search.json", search_page(hit(0, link="https://example.com/x"), *SEARCH["results"][1:]))
    report = govuk.crawl("mhra_guidance")
    assert (report.run.items, [problem.kind for problem in report.problems]) == (4, ["layout"])


def test_a_block_in_the_middle_stops_the_source(govuk):
    govuk.agency.set(f"api/content{SEARCH['results'][2]['link']}$", Page(b"", 403, HTML))
    report = govuk.crawl("mhra_guidance")
    assert report.run.state is RunState.BLOCKED
    assert count_documents(govuk.index) == 0


def test_the_words_of_html_attachments_are_the_documents_words(govuk):
    row, child = hit(3), "/government/publications/x/the-guidance"
    attachment = {"attachment_type": "html", "title": "The guidance", "url": child}
    govuk.agency.set(
        f"api/content{row['link']}$", content(row, details={"body": "<p>Stub.</p>", "attachments": [attachment]})
    )
    inner = {"document_type": "html_publication", "title": "The guidance", "details": {"body": "<p>Comparability.</p>"}}
    govuk.agency.set(f"api/content{child}$", content(row, **inner))
    govuk.crawl("mhra_guidance")
    sql = "SELECT text FROM texts JOIN versions ON versions.text_hash = texts.hash WHERE versions.document = ?"
    (text,) = govuk.index.rows(sql, [f"mhra:{row['content_id']}"])
    assert text["text"] == "Stub.\n## The guidance\nComparability."
    (now,) = versions(govuk.index, f"mhra:{row['content_id']}")
    assert len(now.body_records) == 2


def test_a_search_of_several_pages_is_read_to_its_total(govuk):
    rows = SEARCH["results"]
    first = Page(json.dumps({**SEARCH, "results": rows[:3], "total": 5}).encode())
    last = Page(json.dumps({**SEARCH, "results": rows[3:], "total": 5, "start": 3}).encode())
    govuk.agency.set("api/search.json.*start=0", first)
    govuk.agency.set("api/search.json.*start=3", last)
    govuk.agency.pages.reverse()
    report = govuk.crawl("mhra_guidance")
    assert (report.run.listed, report.run.items) == (5, 5)


def test_one_source_down_leaves_the_other_running(govuk):
    govuk.agency.set(FDA_LIST, Page(drop=True))
    broken, well = govuk.crawl_all("fda_guidance", "mhra_guidance", retries=0)
    assert (broken.run.state, well.run.state) == (RunState.FAILED, RunState.OK)


def test_a_host_that_refused_one_of_its_lists_is_not_asked_for_another_in_the_same_run(desk):
    desk.agency.set("nmpa.gov.cn", Page(b"<html><body></body></html>", 412, HTML))
    desk.agency.set(r"nmpa.gov.cn/robots.txt", Page(status=404))
    desk.agency.pages.reverse()
    reports = desk.crawl_all("nmpa_announcements", "nmpa_consultations", "fda_guidance")
    assert [report.run.state for report in reports] == [RunState.BLOCKED, RunState.BLOCKED, RunState.OK]
    assert [report.run.requests for report in reports[:2]] == [2, 0]
    assert "not asked, since www.nmpa.gov.cn refused nmpa_announcements" in reports[1].run.reason
    assert len(desk.agency.asked("nmpa.gov.cn")) == 2


def test_a_link_that_is_no_address_costs_only_its_row(desk):
    broken = {**RECORDS[0], "title": '<a href="http://[x">A title</a>'}
    desk.agency.set(FDA_LIST, fda([broken, *RECORDS[1:]]))
    report = desk.crawl()
    assert (report.run.state, report.run.items) == (RunState.OK, len(RECORDS) - 1)


ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><id>x</id><title>x</title>{}</feed>"""
ENTRY = """<entry><id>tag:{0}</id><updated>2025-10-{0}T10:00:00Z</updated><title>Alert number {0}</title>
<link rel="alternate" href="https://www.gov.uk/drug-device-alerts/{0}"/></entry>"""


def atom(*days: str) -> Page:
    return Page(
        ATOM.format("".join(map(ENTRY.format, days))).encode(), headers={"Content-Type": "application/atom+xml"}
    )


def test_a_feed_that_shows_nothing_of_what_it_showed_says_that_something_may_be_lost(desk):
    desk.agency.set("atom", atom("10", "11"))
    desk.crawl("mhra_alerts")
    desk.agency.set("atom", atom("11", "12"))
    assert desk.crawl("mhra_alerts").problems == ()
    desk.agency.set("atom", atom("20", "21"))
    report = desk.crawl("mhra_alerts")
    assert (report.run.state, [problem.kind for problem in report.problems]) == (RunState.OK, ["gap"])
    assert report.run.counts["new"] == 2


def test_an_outage_uses_up_no_try_of_a_page_that_moved(desk):
    moved = [{**RECORDS[0], "field_final_guidance_1": "Final"}, *RECORDS[1:]]
    desk.agency.set("robots.txt", Page(status=404))
    pages = "fda_guidance_pages"
    desk.house.sources[pages] = desk.house.sources[pages].model_copy(update={"urls": ()})
    desk.crawl_all("fda_guidance", pages)
    desk.agency.set(FDA_LIST, fda(moved))
    landing = f"search-fda-guidance-documents/{_slugs()[0]}$"
    desk.agency.set(landing, Page(status=503))
    for _ in range(6):
        assert desk.crawl_all("fda_guidance", pages, retries=0)[1].run.state is RunState.FAILED
    desk.agency.set(landing, Page(status=404))
    reports = [desk.crawl_all("fda_guidance", pages)[1] for _ in range(6)]
    assert [len(report.problems) for report in reports] == [1, 1, 1, 1, 1, 0]
    assert {report.run.state for report in reports} == {RunState.OK}


def test_a_page_is_read_once_for_each_state_of_its_list_and_not_again(desk):
    pages = "fda_guidance_pages"
    desk.house.sources[pages] = desk.house.sources[pages].model_copy(update={"urls": ()})
    desk.agency.set("robots.txt", Page(status=404))
    desk.agency.set("search-fda-guidance-documents/", Page(PAGE_OF_POTENCY, headers=HTML))
    desk.agency.set("/media/", Page(b"%PDF-1.4 cut", headers={"Content-Type": "application/pdf"}, status=404))
    desk.crawl_all("fda_guidance", pages)
    desk.agency.set(FDA_LIST, fda([{**RECORDS[0], "field_final_guidance_1": "Final"}, *RECORDS[1:]]))
    asked = [desk.crawl_all("fda_guidance", pages)[1].run.requests for _ in range(7)]
    # robots.txt, the page and its file, which is not there: five times in vain, then it is left alone.
    assert asked == [3, 3, 3, 3, 3, 0, 0]


def test_a_page_that_was_read_is_not_asked_for_again(desk):
    pages = "fda_guidance_pages"
    desk.house.sources[pages] = desk.house.sources[pages].model_copy(update={"urls": ()})
    desk.agency.set("robots.txt", Page(status=404))
    without_file = PAGE_OF_POTENCY.replace(b"/media/", b"/none/")
    desk.agency.set("search-fda-guidance-documents/", Page(without_file, headers=HTML))
    desk.crawl_all("fda_guidance", pages)
    desk.agency.set(FDA_LIST, fda([{**RECORDS[0], "field_final_guidance_1": "Final"}, *RECORDS[1:]]))
    assert [desk.crawl_all("fda_guidance", pages)[1].run.requests for _ in range(3)] == [2, 0, 0]


PAGE_OF_POTENCY = SAMPLES.joinpath("fda_guidance_pages", "page.html").read_bytes()


def test_of_sibling_pages_one_that_is_not_there_costs_only_itself_and_nothing_is_concluded(desk):
    sample = SAMPLES.joinpath("pmda_guidance_ja", "page.html").read_bytes()
    ours, sibling = desk.house.sources["pmda_guidance_ja"].urls
    desk.agency.set("robots.txt", Page(status=404))
    desk.agency.set(ours, Page(sample, headers=HTML))
    desk.agency.set(sibling, Page(status=404))
    report = desk.crawl("pmda_guidance_ja")
    kinds = [problem.kind for problem in report.problems if problem.kind != "missing"]  # the files are not there either
    assert (report.run.state, kinds) == (RunState.OK, ["page", "incomplete"])
    assert report.run.items == report.run.listed > 0
    desk.agency.set(ours, Page(status=404))
    report = desk.crawl("pmda_guidance_ja")
    assert (report.run.state, "404" in report.run.reason) == (RunState.FAILED, True)


def test_a_sibling_page_that_cannot_be_had_for_another_reason_fails_the_source(desk):
    ours, sibling = desk.house.sources["pmda_guidance_ja"].urls
    desk.agency.set("robots.txt", Page(status=404))
    desk.agency.set(ours, Page(SAMPLES.joinpath("pmda_guidance_ja", "page.html").read_bytes(), headers=HTML))
    desk.agency.set(sibling, Page(status=503))
    assert desk.crawl("pmda_guidance_ja", retries=0).run.state is RunState.FAILED


def test_what_waits_for_the_next_run_is_said_by_a_whole_crawl(desk):
    pages = "fda_guidance_pages"
    few = Follow(most=1)
    desk.house.sources[pages] = desk.house.sources[pages].model_copy(update={"urls": (), "follow": few})
    desk.agency.set("robots.txt", Page(status=404))
    desk.crawl_all("fda_guidance", pages)
    desk.agency.set(FDA_LIST, fda([{**each, "field_docket_number": "FDA-2025-D-0001"} for each in RECORDS]))
    report = desk.crawl_all("fda_guidance", pages)[1]
    (waiting,) = [problem.message for problem in report.problems if problem.kind == "waiting"]
    assert waiting == f"{pages}: {len(RECORDS) - 1} documents wait to be read by the next run"
