"""How ICH's site really behaves (sources/fda.md, 8): each trap by its name."""

import json
from pathlib import Path
from typing import Any

import pytest
from scrapy.exceptions import CloseSpider

from regintel.exceptions import LayoutError
from regintel.items import GuidanceItem
from regintel.sources import load_sources
from regintel.spiders.ema_guidelines import EmaGuidelinesSpider
from regintel.store.documents import changes, document, sightings
from regintel.vocabulary import ChangeKind, ListingKind
from tests.places import ROOT
from tests.spiders import Yielded, built, read, response, spider_of
from tests.test_identity import Desk, desk

__all__ = ["desk"]  # the fixture

SOURCES = load_sources(ROOT / "config")
ICH = SOURCES["ich_guidelines"]
PDF = "application/pdf"
Node = dict[str, Any]


def guideline(code: str = "Q13", **told: Any) -> Node:
    """Return a row as the API writes it."""
    row = {
        "code": code,
        "title": "Continuous Manufacturing of Drug Substances and Drug Products",
        "description": "",
        "status": "Step 4",
        "details": {"stepDateLabel": "<p>Date of Step 4:</p>", "stepDate": "16 November 2022", "info": []},
        "fileGroups": [files("Guideline", f"{code}.pdf")],
    }
    return {**row, **told}


def files(title: str, *names: str, mimetype: str = PDF) -> Node:
    address = "https://database.ich.org/sites/default/files/"
    return {"title": title, "files": [{"mimetype": mimetype, "uri": address + name, "title": name} for name in names]}


def section(*rows: Node, title: str = "Q13 Continuous Manufacturing") -> Node:
    return {"entityInfo": {"bundle": "guideline"}, "title": title, "items": list(rows)}


def page_of(*sections: Node) -> bytes:
    group = {"entityInfo": {"bundle": "accordion_group"}, "accordions": {"items": list(sections)}}
    widgets = {"items": [{"widgets": {"items": [group]}}]}
    return json.dumps({"items": [{"bundleInfo": {"title": "Quality Guidelines"}, "mainWidgets": widgets}]}).encode()


def read_rows(folder: Path, *rows: Node) -> Yielded:
    return read(spider_of(ICH, folder), page_of(section(*rows)))


def item_of(folder: Path, **told: Any) -> GuidanceItem:
    found = read_rows(folder, guideline(**told))
    assert found.problems == []
    return found.items[0].model_copy(update={"record": None})


def test_the_pages_are_drawn_by_scripts_so_their_json_is_asked():
    assert len(ICH.addresses) == 4
    assert all(each.startswith("https://admin.ich.org/api/v1/nodes?loadEntities%5B%5D=paragraph") for each in ICH.urls)
    assert "www.ich.org" not in ICH.hosts


def test_rows_are_found_however_deep_their_section_lies(tmp_path):
    deep = json.dumps({"items": [{"a": [{"b": {"c": [section(guideline("S12")), section(guideline("E6(R3)"))]}}]}]})
    found = read(spider_of(ICH, tmp_path), deep.encode())
    assert [each.key for each in found.items] == ["S12", "E6(R3)"]


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b'{"items": []}', b'{"items": [{"mainWidgets": {}}]}', b"<html></html>"]
)
def test_an_answer_without_guidelines_is_no_empty_list(tmp_path, body):
    spider = spider_of(ICH, tmp_path)
    with pytest.raises(CloseSpider):
        read(spider, body)
    assert isinstance(spider.error, LayoutError)


def test_one_page_of_the_four_that_cannot_be_had_leaves_the_listing_incomplete(tmp_path):
    spider = spider_of(ICH, tmp_path)
    spider._open_pages = len(ICH.addresses)
    found = Yielded(spider.parse(response(ICH.urls[0], page_of(section(guideline())))))
    assert found.items == []  # what to read is plain only when the whole list is known
    assert spider.end("finished").complete is False


def test_the_step_is_the_status_and_its_day_the_date(tmp_path):
    item = item_of(tmp_path)
    assert (item.status, item.stage, item.published) == ("step 4", "final", "2022-11-16")
    assert (item.reference, item.references, item.document_type) == ("Q13", ("ICH Q13",), "Quality Guidelines")


@pytest.mark.parametrize(
    ("status", "label", "word", "stage"),
    [
        ("Step 1", "", "step 1", "concept"),
        ("Step 2b", "", "step 2b", "draft"),
        ("Step 3", "<p>Date of Step 2b:</p>", "step 3", "draft"),
        ("", "<p>Date of Step 2b:</p>", "step 2b", "draft"),
        (None, "<p>Date of Step 5:</p>", "step 5", "final"),
        (None, "", "unstated", "unstated"),
    ],
)
def test_a_row_that_names_no_step_has_that_of_its_day_or_is_unstated(tmp_path, status, label, word, stage):
    item = item_of(tmp_path, status=status, details={"stepDateLabel": label, "stepDate": "1 August 2025"})
    assert (item.status, item.stage, item.published) == (word, stage, "2025-08-01")


def test_a_step_that_the_process_does_not_have_is_a_problem_of_its_row(tmp_path):
    found = read_rows(tmp_path, guideline("Q13"), guideline("Q14", status="Step 6"))
    assert [(each.kind, each.key) for each in found.problems] == [("unknown_value", "Q14")]
    assert [each.key for each in found.items] == ["Q13"]


def test_a_draft_without_a_file_stands_on_the_page_of_its_series(tmp_path):
    item = item_of(tmp_path, fileGroups=[])
    assert (item.url, item.attachments) == ("https://www.ich.org/page/quality-guidelines", ())
    assert spider_of(ICH, tmp_path).document_address(item) is None  # type: ignore[attr-defined]


def test_only_the_group_called_guideline_holds_the_text(tmp_path):
    groups = [
        files("WG Presentations / Trainings", "Q13_Training.pdf"),
        files("Endorsed Documents", "Q13_Concept_Paper.pdf"),
        files("Guideline", "Q13.pdf"),
        files("Guideline", "Q13.docx", mimetype="application/msword"),
    ]
    item = item_of(tmp_path, fileGroups=groups)
    assert item.url == "https://database.ich.org/sites/default/files/Q13.pdf"
    assert [each.title for each in item.attachments] == ["Q13_Concept_Paper.pdf", "Q13.pdf"]


def test_the_last_regions_deadline_ends_the_consultation_and_all_are_quoted(tmp_path):
    lines = ["EC, Europe - Deadline for comments by 30 November 2025",
             "<p>FDA, United States - Deadline for comments by 30 January 2026</p>", "ANVISA, Brazil"]  # fmt: skip
    details = {"stepDate": "1 August 2025", "info": [{"text": each} for each in lines]}
    item = item_of(tmp_path, status="Step 3", details=details)
    assert item.comment_closes == "2026-01-30"
    assert item.quoted["comment_closes"] == f"{lines[0]}; FDA, United States - Deadline for comments by 30 January 2026"


def test_more_than_sixty_days_without_a_change_are_normal():
    assert ICH.expect.fresh_days is None
    assert ICH.kind is ListingKind.LIST


def test_code_and_revision_are_written_in_one_form(tmp_path):
    item = item_of(tmp_path, code="Q3C (R9)")
    assert (item.key, item.references) == ("Q3C(R9)", ("ICH Q3C(R9)",))


def test_questions_and_answers_or_an_annex_are_not_the_text_that_they_belong_to(tmp_path):
    keys = ("Q7", "Q7 Q&As", "Q4B Annex 1", "E6(R3) Annex 2")
    found = read_rows(tmp_path, *map(guideline, keys))
    assert [(each.key, each.references) for each in found.items] == [
        ("Q7", ("ICH Q7",)), ("Q7 Q&As", ()), ("Q4B Annex 1", ()), ("E6(R3) Annex 2", ()),
    ]  # fmt: skip


def stored(desk: Desk, folder: Path, *rows: Node, baseline: bool = False) -> dict[str, int]:
    found = read_rows(folder, *rows)
    assert found.problems == []
    return desk.store(ICH, *(each.model_copy(update={"record": None}) for each in found.items), baseline=baseline)


def test_a_revision_that_takes_the_place_of_the_one_before_is_the_same_document_revised(desk, tmp_path):
    title = {"title": "Guideline for Residual Solvents"}
    stored(desk, tmp_path, guideline("Q3C(R8)", **title), guideline("Q7", title="GMP Guide"), baseline=True)
    stored(desk, tmp_path, guideline("Q3C(R9)", **title), guideline("Q7", title="GMP Guide"))
    (change,) = changes(desk.index)
    assert (change.kind, change.before and change.before["reference"], change.after and change.after["reference"]) == (
        ChangeKind.REVISED, "Q3C(R8)", "Q3C(R9)",
    )  # fmt: skip
    assert change.document == "ich:Q3C(R8)"


def test_a_revision_under_way_beside_the_text_in_force_is_a_document_of_its_own(desk, tmp_path):
    old = guideline("M4Q(R1)", title="The CTD: Quality")
    stored(desk, tmp_path, old, baseline=True)
    counts = stored(desk, tmp_path, old, guideline("M4Q(R2)", title="The CTD: Quality, revised", status="Step 2b"))
    assert (counts["new"], counts["unchanged"], counts["revised"]) == (1, 1, 0)


def ema_page(folder: Path) -> GuidanceItem:
    row = {
        "title": "ICH Q3E Extractables and leachables - scientific guideline", "summary": "", "categories": "Human",
        "first_published_date": "18/08/2025", "last_updated_date": "",
        "general_url": "https://www.ema.europa.eu/en/ich-q3e-extractables-leachables-scientific-guideline",
    }  # fmt: skip
    spider = built(EmaGuidelinesSpider, SOURCES["ema_guidelines"], folder)
    return spider.parse_row(response(spider.source.url, b"[]"), row).model_copy(update={"record": None})


def test_an_ich_step_and_its_ema_page_are_one_document_with_two_sightings(desk, tmp_path):
    step = item_of(tmp_path, code="Q3E", title="Guideline for Extractables and Leachables", status="Step 3")
    desk.store(ICH, step)
    counts = desk.store(SOURCES["ema_guidelines"], ema_page(tmp_path))
    assert (counts["joined"], counts["new"]) == (1, 0)
    assert {each["source"] for each in sightings(desk.index, "ich:Q3E")} == {"ich_guidelines", "ema_guidelines"}
    found = document(desk.index, "ich:Q3E")
    assert found is not None
    assert (found.current.status, found.current.stage) == ("step 3", "draft")  # the page does not say


def test_fdas_copy_of_an_ich_text_stays_a_document_of_its_own(desk, tmp_path):
    records = json.loads((ROOT / "tests" / "sources" / "fda_guidance" / "page.json").read_text())
    slug = "q3e-guideline-extractables-and-leachables"
    link = f'<a href="/regulatory-information/search-fda-guidance-documents/{slug}">Q3E Guideline for Extractables and Leachables</a>'  # noqa: E501
    found = read(spider_of(SOURCES["fda_guidance"], tmp_path), json.dumps([{**records[0], "title": link}]).encode())
    desk.store(ICH, item_of(tmp_path, code="Q3E", title="Guideline for Extractables and Leachables", status="Step 3"))
    counts = desk.store(SOURCES["fda_guidance"], *(each.model_copy(update={"record": None}) for each in found.items))
    assert (counts["joined"], counts["new"]) == (0, 1)
    assert {each["source"] for each in sightings(desk.index, "ich:Q3E")} == {"ich_guidelines"}
