"""The walk-through of docs/sources.md, walked: the files that it shows make a source that reads its sample."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from scrapy.exceptions import CloseSpider

from regintel.exceptions import LayoutError
from regintel.items import GuidanceItem, Problem
from regintel.sources import Source, load_sources
from regintel.spiders.base import GuidanceSpider
from tests.places import ROOT
from tests.spiders import built, response

NAME = "ich_notices"
# "### 1. What is known before fetching: `config/sources/ich_notices.toml`", some words, then the file between fences
FILE = re.compile(r"`([\w/]+\.(?:toml|py|html|json))`[^`]*?\n```\w+\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    """The files of the walk-through, by their paths."""
    words = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    found = dict(FILE.findall(words[words.index("## Add a source") :]))
    golden = re.search(r"items\.json`\n\n```sh\n.*?```\n\n```json\n(.*?)```", words, re.DOTALL)
    assert golden
    return {**found, "items.json": golden[1]}


@pytest.fixture
def source(files: dict[str, str], tmp_path: Path) -> Source:
    folder = tmp_path / "config" / "sources"
    folder.mkdir(parents=True)
    (folder / f"{NAME}.toml").write_text(files[f"config/sources/{NAME}.toml"], encoding="utf-8")
    return load_sources(folder.parent)[NAME]


@pytest.fixture
def spider(files: dict[str, str], source: Source, tmp_path: Path) -> GuidanceSpider[object]:
    told: dict[str, object] = {}
    exec(compile(files[f"regintel/spiders/{NAME}.py"], NAME, "exec"), told)  # noqa: S102  (it is our own page)
    form = told["IchNoticesSpider"]
    assert isinstance(form, type)
    return built(form, source, tmp_path)


def test_the_example_reads_its_sample_as_its_golden_says(files, source, spider):
    page = files[f"tests/sources/{NAME}/page.html"].encode()
    items = list(spider.parse(response(source.url, page, media_type="text/html")))
    assert all(isinstance(item, GuidanceItem) for item in items)
    assert [json.loads(item.model_dump_json(exclude_defaults=True)) for item in items] == json.loads(
        files["items.json"]
    )


def test_the_refusal_of_the_example_is_no_empty_list(files, source, spider):
    with pytest.raises(CloseSpider):
        list(spider.parse(response(source.url, files[f"tests/sources/{NAME}/blocked.html"].encode())))
    assert isinstance(spider.error, LayoutError)


def test_a_status_that_the_example_does_not_know_costs_only_its_row(files, source, spider):
    page = files[f"tests/sources/{NAME}/page.html"].replace("Adopted", "Retired").encode()
    found = list(spider.parse(response(source.url, page, media_type="text/html")))
    assert [type(each) for each in found] == [GuidanceItem, Problem]
    assert [each.key for each in found] == ["N-2025-07", "N-2024-03"]


def test_the_spider_of_the_example_is_written_as_the_others_are(files, tmp_path):
    path = tmp_path / f"{NAME}.py"
    path.write_text(files[f"regintel/spiders/{NAME}.py"], encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), str(path)]
    done = subprocess.run(ruff, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_source_has_a_section_that_says_how_it_behaves():
    told = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "sources").glob("*.md"))
    table = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    for name in load_sources(ROOT / "config"):
        assert f"`{name}`" in table, name
        assert re.search(rf"^## .*`{name}`", told, re.MULTILINE), name
