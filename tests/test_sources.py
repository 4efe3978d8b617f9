"""One golden for all spiders: sample page in, items out; and what every source must have."""

import json
from pathlib import Path

import pytest
from scrapy.exceptions import CloseSpider
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from regintel.exceptions import LayoutError
from regintel.sources import load_sources
from regintel.vocabulary import ListingKind
from tests.golden import check
from tests.places import ROOT
from tests.spiders import read, spider_of

SAMPLES = Path(__file__).parent / "sources"
SOURCES = load_sources(ROOT / "config")


def test_every_source_has_a_spider_and_a_sample_and_every_spider_a_source():
    spiders = set(SpiderLoader.from_settings(Settings({"SPIDER_MODULES": ["regintel.spiders"]})).list())
    samples = {path.name for path in SAMPLES.iterdir() if path.is_dir()}
    assert set(SOURCES) == spiders == samples


@pytest.mark.parametrize("name", SOURCES)
def test_a_sample_page_gives_its_golden_items(name, tmp_path):
    (page,) = SAMPLES.joinpath(name).glob("page.*")
    found = read(spider_of(SOURCES[name], tmp_path), page.read_bytes())
    assert [problem.message for problem in found.problems] == []
    check(f"../sources/{name}/items", [json.loads(item.model_dump_json(exclude_defaults=True)) for item in found.items])


@pytest.mark.parametrize("name", SOURCES)
def test_a_refusal_never_reads_as_an_empty_list(name, tmp_path):
    spider = spider_of(SOURCES[name], tmp_path)
    refusal = SAMPLES.joinpath(name, "blocked.html").read_bytes()
    if SOURCES[name].kind is ListingKind.PAGES:  # a document's page that is not understood costs its document
        found = read(spider, refusal)
        assert ([problem.kind for problem in found.problems], found.items) == (["layout"], [])
        return
    with pytest.raises(CloseSpider):
        read(spider, refusal)
    assert isinstance(spider.error, LayoutError)
    assert spider.end("failed").error_kind == "layout"


@pytest.mark.parametrize("name", SOURCES)
def test_a_row_we_do_not_know_costs_only_itself(name, tmp_path):
    (page,) = SAMPLES.joinpath(name).glob("page.*")
    whole = read(spider_of(SOURCES[name], tmp_path), page.read_bytes())
    word = whole.items[0].status.casefold()
    source = SOURCES[name]
    known = {theirs: stage for theirs, stage in source.statuses.items() if theirs.casefold() != word}
    found = read(spider_of(source.model_copy(update={"statuses": known}), tmp_path), page.read_bytes())
    assert found.items == [item for item in whole.items if item.status != word]
    assert {problem.kind for problem in found.problems} == {"unknown_value"}
    assert [problem.key for problem in found.problems] == [item.key for item in whole.items if item.status == word]
