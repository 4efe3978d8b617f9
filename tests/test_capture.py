"""A source's page saved with what its spider makes of it: a sample and the start of its golden, or nothing."""

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from regintel.cli import main
from regintel.sources import load_sources
from tests.places import ROOT
from tests.spiders import read, spider_of
from tests.upstream import Page, Upstream

FDA = (ROOT / "tests" / "sources" / "fda_guidance" / "page.json").read_bytes()
HTML = {"Content-Type": "text/html; charset=utf-8"}


class Desk:
    """Captures from an agency that answers what a test sets, in a folder of its own."""

    def __init__(self, folder: Path, agency: Upstream) -> None:
        self.folder, self.agency = folder, agency

    def capture(self, *words: str, source: str = "fda_guidance") -> Result:
        told = {
            "REGINTEL_CONFIG": str(ROOT / "config"), "REGINTEL_DATA": str(self.folder / "data"),
            "REGINTEL_FETCH_PREFIX": self.agency.prefix, "REGINTEL_DELAY": "0", "REGINTEL_EXPECT": "0",
        }  # fmt: skip
        return CliRunner(env=told).invoke(main, ["capture", source, *words], catch_exceptions=False)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Upstream() as agency:
        agency.set("robots.txt", Page(status=404))
        agency.set("search-for-guidance", Page(FDA))
        here = Path.cwd()
        os.chdir(tmp_path)
        yield Desk(tmp_path, agency)
        os.chdir(here)


def test_a_page_is_saved_as_it_came_with_the_golden_that_the_tests_would_write(desk: Desk) -> None:
    result = desk.capture()
    assert result.exit_code == 0, result.output
    folder = desk.folder / "fda_guidance"
    assert (folder / "page.json").read_bytes() == FDA
    source = load_sources(ROOT / "config")["fda_guidance"]
    found = read(spider_of(source, desk.folder), FDA)
    told = [json.loads(item.model_dump_json(exclude_defaults=True)) for item in found.items]
    golden = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    assert (folder / "items.json").read_text() == golden
    assert '"<urn:uuid:sample>"' in golden
    assert "trim the page" in result.stdout
    assert not (desk.folder / "data").exists(), "neither index nor archive is touched"


def test_in_a_checkout_it_goes_to_the_other_samples(desk: Desk) -> None:
    (desk.folder / "tests" / "sources").mkdir(parents=True)
    result = desk.capture("--json")
    told = json.loads(result.stdout)
    assert told["written"] == ["tests/sources/fda_guidance/page.json", "tests/sources/fda_guidance/items.json"]
    assert (told["source"], told["items"], told["problems"], told["reason"]) == ("fda_guidance", 12, [], "")


def test_what_is_there_is_overwritten_only_when_told_so(desk: Desk) -> None:
    folder = desk.folder / "here"
    folder.mkdir()
    (folder / "page.html").write_text("mine")
    result = desk.capture("-o", "here")
    assert result.exit_code == 3
    assert "page.html is there already" in result.stderr
    assert desk.agency.requests == []
    assert desk.capture("-o", "here", "--force").exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["items.json", "page.json"]


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (Page(b"<html><title>FDA Apology</title></html>", 200, HTML), "FDA Apology"),
        (Page(b"", 403, HTML), "HTTP 403"),
        (Page(b"", 404, HTML), "HTTP 404"),
    ],
)
def test_a_refusal_is_told_and_nothing_is_written(desk: Desk, page: Page, words: str) -> None:
    desk.agency.set("search-for-guidance", page)
    result = desk.capture()
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert result.stderr.endswith("; nothing was written\n")
    assert not (desk.folder / "fda_guidance").exists()


def test_a_page_that_the_spider_does_not_read_is_saved_for_whoever_repairs_it(desk: Desk) -> None:
    desk.agency.set("search-for-guidance", Page(b'{"data": []}'))
    result = desk.capture()
    assert result.exit_code == 2
    assert "a list of records is due" in result.stdout
    assert [path.name for path in (desk.folder / "fda_guidance").iterdir()] == ["page.json"]


def test_a_page_that_came_compressed_is_saved_readable(desk: Desk) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    desk.agency.set("search-for-guidance", Page(gzip.compress(FDA), headers=headers))
    assert desk.capture().exit_code == 0
    assert (desk.folder / "fda_guidance" / "page.json").read_bytes() == FDA


def test_an_unknown_source_ends_with_exit_3(desk: Desk) -> None:
    assert desk.capture(source="nonesuch").exit_code == 3
