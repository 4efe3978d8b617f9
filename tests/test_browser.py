"""The web page in a real browser: what a person does, by keyboard too, and axe on every main page, light and dark."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.library import POTENCY, filled
from tests.served import serving

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (the extra `browser-tests`)")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed (`browser-tests`)")

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on this machine: pages were not tried in a browser (apt-get install chromium)"
)
MAIN = (
    "/", "/?q=potency", "/?q=zzzqqq&mode=lexical", f"/documents/{POTENCY}", "/changes", "/deadlines",
    "/deadlines?month=2026-01", "/sources", "/projects", "/projects/car-t", "/matrix", "/statistics", "/nope",
)  # fmt: skip
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("browser") / "data"
    filled(data)
    with serving(data) as (address, _):
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any, base: str) -> Iterator[Any]:
    context = browser.new_context(base_url=base, java_script_enabled=False)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert complaints == []


def test_a_person_searches_narrows_opens_a_document_and_reads_the_passage(page):
    page.goto("/")
    page.get_by_role("searchbox").fill("potency assay of lot 3")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("region", name="Narrow down").get_by_role("link", name="draft").click()
    assert "status=draft" in page.url
    page.get_by_role("link", name="Read the passage, page").first.click()
    assert f"/documents/{POTENCY}" in page.url
    passage = page.locator(".passage:target")
    assert "potency assay of lot" in passage.inner_text()
    assert passage.locator("mark").first.inner_text().lower() in {"potency", "lot", "3"}
    sync_api.expect(passage).to_be_in_viewport()  # which waits until the browser has gone there
    page.get_by_role("link", name="← Results for").click()
    assert page.get_by_role("searchbox").input_value() == "potency assay of lot 3"


def test_the_keyboard_is_enough(page):
    page.goto("/?q=potency")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert focused.get_attribute("id") in {"q", "sort"} or focused.get_attribute("href") == "/sources"
    page.get_by_role("searchbox").focus()
    page.keyboard.type(" assay")
    page.keyboard.press("Enter")
    page.wait_for_url("**assay**")


def test_every_page_can_be_reached_from_the_first(page):
    page.goto("/")
    for name in ("Changes", "Deadlines", "Topics", "Projects", "Statistics", "Sources", "Search"):
        page.get_by_role("navigation", name="Main").get_by_role("link", name=name).click()
        assert page.locator('nav [aria-current="page"]').first.inner_text() == name


def test_a_calendar_is_turned_and_a_cell_leads_to_its_documents(page):
    page.goto("/deadlines")
    page.get_by_role("link", name="Calendar", exact=True).click()
    page.get_by_role("link", name="The month after").click()
    assert page.get_by_role("heading", name="January 2026").is_visible()
    page.goto("/matrix")
    link = page.get_by_role("link", name="draft").first
    count = link.locator("strong").inner_text()
    link.click()
    assert page.get_by_role("heading", level=2, name=f"{count} document").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier(browser, base, scheme):
    context = browser.new_context(base_url=base, color_scheme=scheme)
    page = context.new_page()
    found = {}
    for path in MAIN:
        page.goto(path)
        told = axe.Axe().run(page, options=WCAG).response["violations"]
        if told:
            found[path] = [(each["id"], [node["html"][:200] for node in each["nodes"][:3]]) for each in told]
    context.close()
    assert found == {}


def test_a_narrow_window_needs_no_scrolling_sideways(browser, base):
    context = browser.new_context(base_url=base, viewport={"width": 320, "height": 640})
    page = context.new_page()
    wide = {}
    for path in MAIN:
        page.goto(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 320:
            wide[path] = width
    context.close()
    assert wide == {}


def test_a_printed_page_holds_the_deadlines_and_not_the_forms(browser, base, tmp_path: Path):
    context = browser.new_context(base_url=base)
    page = context.new_page()
    page.goto("/deadlines")
    page.emulate_media(media="print")
    assert not page.locator("form.filters").is_visible()
    assert not page.get_by_role("navigation", name="Main").is_visible()
    assert page.get_by_role("table").is_visible()
    assert page.pdf(path=tmp_path / "deadlines.pdf").startswith(b"%PDF")
    context.close()
