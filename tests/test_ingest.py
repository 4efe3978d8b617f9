"""The manual inbox: what persons hand in is taken record by record, kept as evidence, and told as theirs."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from regintel.archive import read_record, records
from regintel.cli import main
from regintel.store.database import read_index
from regintel.store.lock import writing
from tests.places import CAPTURES, ROOT
from tests.tiny import TinyEncoder
from tests.upstream import Upstream

FDA = ROOT / "tests" / "sources" / "fda_guidance" / "page.json"
RECORDS: list[dict[str, str]] = json.loads(FDA.read_text())
POTENCY = {"id": "X-1", "title": "Potency Assurance for Cell Therapy", "agency": "FDA", "text": "One.",
           "published": "2024-01-02", "status": "Draft"}  # fmt: skip


class Desk:
    """Calls the command line on a data folder of its own; `network` must never be asked for anything."""

    def __init__(self, folder: Path, network: Upstream) -> None:
        self.folder, self.data, self.network = folder, folder / "data", network

    def call(self, *words: str) -> Result:
        told = {
            "REGINTEL_CONFIG": str(ROOT / "config"), "REGINTEL_DATA": str(self.data), "REGINTEL_EXPECT": "0",
            "REGINTEL_FETCH_PREFIX": self.network.prefix, "REGINTEL_DELAY": "0", "SLACK_BOT_TOKEN": None,
        }  # fmt: skip
        now = ["--now", "2026-03-01T12:00:00Z"]
        return CliRunner(env=told).invoke(main, [*now, *words], obj=TinyEncoder(), catch_exceptions=False)

    def ingest(self, *words: object, exit_code: int = 0) -> dict[str, Any]:
        result = self.call("ingest", *map(str, words), "--json")
        assert result.exit_code == exit_code, result.output
        return dict(json.loads(result.stdout))

    def told(self, *words: str) -> dict[str, Any]:
        return dict(json.loads(self.call(*words, "--json").stdout))

    def lines(self, *told: dict[str, Any] | bytes, name: str = "records.jsonl") -> Path:
        path = self.folder / name
        written = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in told]
        path.write_bytes(b"\n".join(written))
        return path

    def rows(self, sql: str) -> list[dict[str, Any]]:
        with read_index(self.data / "index.db") as index:
            return list(index.rows(sql))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Upstream() as network:
        yield Desk(tmp_path, network)
        assert network.requests == [], "of files nobody is asked"


def counts(told: dict[str, Any]) -> tuple[int, int, int, int]:
    return told["ingested"], told["new"], told["revised"], told["unchanged"]


# Records


def test_a_records_id_is_its_documents_and_what_it_says_later_is_a_revision(desk: Desk) -> None:
    path = desk.lines(POTENCY)
    assert counts(desk.ingest(path)) == (1, 1, 0, 0)
    assert counts(desk.ingest(path)) == (1, 0, 0, 1)
    assert counts(desk.ingest(desk.lines({**POTENCY, "text": "Two."}))) == (1, 0, 1, 0)
    assert counts(desk.ingest(desk.lines({**POTENCY, "text": "Two.", "status": "Final"}))) == (1, 0, 1, 0)
    shown = desk.told("show", "X-1")
    assert shown["document"]["id"] == "X-1"
    assert [each["number"] for each in shown["versions"]] == [1, 2, 3]
    assert {each["provenance"] for each in shown["versions"]} == {"manual"}
    assert [each["kind"] for each in shown["changes"]] == ["status_changed", "revised", "new"]
    assert (shown["document"]["status"], shown["document"]["stage"]) == ("final", "final")


def test_what_one_ingest_does_not_hold_is_not_withdrawn(desk: Desk) -> None:
    desk.ingest(desk.lines(POTENCY, {**POTENCY, "id": "X-2"}))
    desk.ingest(desk.lines({**POTENCY, "id": "X-3"}))
    assert {each["kind"] for each in desk.told("changes")["changes"]} == {"new"}
    assert desk.rows("SELECT count(*) AS n FROM sightings WHERE closed_at IS NULL") == [{"n": 3}]


def test_a_baseline_announces_nothing(desk: Desk) -> None:
    assert counts(desk.ingest(desk.lines(POTENCY), "--baseline")) == (1, 1, 0, 0)
    assert desk.told("changes") == {"changes": []}
    assert desk.told("show", "X-1")["document"]["title"] == POTENCY["title"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'["a title"]', "an object is due, not a list"),
        (b'"a title"', "an object is due, not a text"),
        (b'{"title": "\xff"}', "not UTF-8"),
        ({}, "no title"),
        ({"title": "  \u200e "}, "no title"),
        ({"title": 5}, "title: a text is due, not a number"),
        ({"title": "t", "text": ["x"]}, "text: a text is due, not a list"),
        ({"title": "t", "id": 5}, "id: a text is due, not a number"),
        ({"title": "t\0"}, "title: has a NUL byte"),
        ({"title": "t", "text": "a\0b"}, "text: has a NUL byte"),
        ({"title": "t\ud800"}, "title: has half a character"),
        ({"title": "t" * 1_000_001}, "title: 1,000,001 bytes, more than 1,000,000"),
        ({"title": "t", "language": "klingon"}, "language: unknown code 'klingon'"),
        ({"title": "t", "published": "last week"}, "published: not an ISO day or month: 'last week'"),
        ({"title": "t", "published": "2025-02-29"}, "published: not an ISO day"),
        ({"title": "t", "url": "https://[nowhere"}, "url: not an address"),
        ({"title": "t", "url": "https://a b"}, "url: not an address"),
        ({"title": "t", "id": "a\nb"}, "id: "),
    ],
    ids=lambda told: str(told)[:40],
)
def test_a_line_that_cannot_be_taken_is_named_and_costs_only_itself(desk: Desk, line: Any, reason: str) -> None:
    path = desk.lines(POTENCY, line, b"", {**POTENCY, "id": "X-4"})
    told = desk.ingest(path, exit_code=2)
    assert counts(told) == (2, 2, 0, 0)
    (rejected,) = told["rejected"]
    assert (rejected["path"], rejected["line"]) == (str(path), 2)
    assert rejected["reason"].startswith(reason)


@pytest.mark.parametrize(
    ("word", "agency", "issuer"),
    [
        ("FDA", "fda", ""), ("MHLW", "pmda", "mhlw"), ("CDE", "nmpa", "cde"), ("cmde", "nmpa", "cmde"),
        ("EC", "ema", "ec"), ("PIC/S", "PIC/S", ""), (None, "", ""),
    ],
)  # fmt: skip
def test_an_agencys_word_is_mapped_or_kept(desk: Desk, word: str | None, agency: str, issuer: str) -> None:
    desk.ingest(desk.lines({**POTENCY, "agency": word}))
    document = desk.told("show", "X-1")["document"]
    assert (document["agency"], document["issuer"]) == (agency, issuer)


@pytest.mark.parametrize(
    ("word", "status", "stage"),
    [("Draft", "draft", "draft"), ("withdrawn", "withdrawn", "withdrawn"), ("征求意见稿", "征求意见稿", "unstated")],
)
def test_a_status_of_ours_is_a_stage_and_any_other_is_kept_as_it_is(
    desk: Desk, word: str, status: str, stage: str
) -> None:
    desk.ingest(desk.lines({**POTENCY, "status": word}))
    document = desk.told("show", "X-1")["document"]
    assert (document["status"], document["stage"]) == (status, stage)


def test_a_language_that_is_not_told_is_that_of_the_titles_script(desk: Desk) -> None:
    titles = {"a": "再生医療等製品の品質について", "b": "细胞治疗产品药学研究技术指导原则", "c": "Potency"}
    desk.ingest(desk.lines(*({"id": name, "title": title} for name, title in titles.items())))
    languages = {name: desk.told("show", name)["document"]["language"] for name in titles}
    assert languages == {"a": "ja", "b": "zh", "c": "en"}


def test_without_an_id_agency_address_and_title_make_one(desk: Desk) -> None:
    record = {"title": "Potency", "agency": "FDA", "url": "https://www.fda.gov/x", "text": "One."}
    desk.ingest(desk.lines(record))
    assert counts(desk.ingest(desk.lines({**record, "text": "Two."}, {**record, "agency": "EMA"}))) == (2, 1, 1, 0)


def test_of_one_id_in_one_call_the_last_record_holds(desk: Desk) -> None:
    path = desk.lines({**POTENCY, "text": "Old."}, POTENCY)
    told = desk.ingest(path)
    assert (counts(told), told["superseded"]) == ((1, 1, 0, 0), 1)
    assert counts(desk.ingest(path)) == (1, 0, 0, 1)
    assert desk.told("show", "X-1")["document"]["text"] == "One."


def test_an_id_that_stands_for_another_agencys_document_is_not_taken(desk: Desk) -> None:
    desk.ingest(desk.lines(POTENCY))
    told = desk.ingest(desk.lines({**POTENCY, "agency": "EMA"}), exit_code=2)
    assert told["rejected"][0]["reason"] == "id: 'X-1' stands for a document of 'fda', not 'ema'"


# Files


def test_a_folder_is_read_in_order_and_what_is_no_document_is_told(desk: Desk) -> None:
    folder = desk.folder / "inbox"
    (folder / "deep").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "a.jsonl").write_text("{")
    (folder / ".b.jsonl").write_text("{")
    (folder / "c.docx").write_bytes(b"PK")
    (folder / "deep" / "page.html").write_text(
        "<html lang='zh-CN'><title>site</title><link rel='canonical' href='https://www.nmpa.gov.cn/x.html'>"
        "<body><nav>menu</nav><main><h1>关于发布指导原则的通告</h1><p>正文</p></main>", encoding="utf-8"
    )  # fmt: skip
    (folder / "empty.html").write_text("<html><script>$_ts=1</script><body></body>")
    told = desk.ingest(folder, "--agency", "CDE", exit_code=2)
    assert counts(told) == (1, 1, 0, 0)
    assert [(Path(each["path"]).name, each["line"], each["reason"][:20]) for each in told["rejected"]] == [
        ("c.docx", None, "files of type '.docx"),
        ("empty.html", None, "no words: an empty p"),
    ]
    document = desk.told("show", "https://www.nmpa.gov.cn/x.html")["document"]
    assert (document["title"], document["agency"], document["issuer"]) == ("关于发布指导原则的通告", "nmpa", "cde")
    assert document["language"] == "zh"
    assert document["text"] == "## 关于发布指导原则的通告\n正文"


def test_a_pdf_is_taken_with_its_text_or_refused_with_its_problem(desk: Desk) -> None:
    (pdf,) = CAPTURES.joinpath("ec", "pdf").glob("*.pdf") if CAPTURES.is_dir() else [None]
    if pdf is None:
        pytest.skip("no captures here")
    folder = desk.folder / "inbox"
    folder.mkdir()
    shutil.copy(pdf, folder / "Annex_1.pdf")
    (folder / "error.pdf").write_bytes(b"<html>not found</html>")
    told = desk.ingest(folder, "--agency", "EC", exit_code=2)
    assert counts(told) == (1, 1, 0, 0)
    assert told["rejected"][0]["reason"].startswith("not_pdf: ")
    shutil.move(folder / "Annex_1.pdf", folder / "renamed.pdf")
    (folder / "error.pdf").unlink()
    assert desk.ingest(folder, "--agency", "EC")["new"] == 0, "it is known by its bytes"
    (found,) = desk.rows("SELECT id FROM documents")
    shown = desk.told("show", found["id"])["document"]
    assert "sterile" in shown["text"]


def test_a_path_or_source_that_is_not_there_ends_with_exit_3_and_leaves_nothing(desk: Desk) -> None:
    for words in (["/nonesuch"], [str(FDA), "--source", "nonesuch"], [str(FDA), "--language", "klingon"]):
        result = desk.call("ingest", *words)
        assert (result.exit_code, result.stdout) == (3, "")
        assert result.stderr.startswith("regintel: ")
    assert not (desk.data / "index.db").exists()


def test_who_finds_the_lock_taken_leaves_with_exit_4(desk: Desk) -> None:
    desk.data.mkdir()
    with writing(desk.data / "regintel.lock"):
        assert desk.call("ingest", str(desk.lines(POTENCY))).exit_code == 4


# Evidence


def test_every_file_is_archived_as_it_is_with_who_gave_it_and_versions_name_it(desk: Desk) -> None:
    path = desk.lines(POTENCY, b"{", name="märz.jsonl")
    desk.ingest(path, exit_code=2)
    (version,) = desk.told("show", "X-1")["versions"]
    (response,) = version["responses"]
    assert (response["method"], response["status"], response["url"]) == ("manual", 0, "file:///m%C3%A4rz.jsonl")
    archive = desk.data / "archive"
    kept = read_record(archive, response["file"], response["offset"], response["id"], sha256=response["sha256"])
    assert kept.body == path.read_bytes()
    kinds = [(each.kind, each.is_unaltered) for each in records(archive / response["file"])]
    assert kinds == [("warcinfo", True), ("resource", True), ("metadata", True)]
    told = list(records(archive / response["file"]))[-1].block.decode()
    assert re.match(r"provenance: manual\r\nfile-name: märz.jsonl\r\ngiven-by: \S+", told)


def test_a_run_of_the_inbox_tells_what_was_taken_and_what_was_not(desk: Desk) -> None:
    desk.ingest(desk.lines(POTENCY, b"{"), exit_code=2)
    (run,) = desk.rows("SELECT source, state, reason, listed, items, requests FROM runs")
    assert run["reason"].startswith("manual: given by ")
    assert (run["source"], run["state"], run["listed"], run["items"], run["requests"]) == ("manual", "ok", 2, 1, 0)
    (problem,) = desk.rows("SELECT kind, message FROM problems")
    assert problem["kind"] == "rejected"
    assert "line 2: not JSON" in problem["message"]


# What agencies list, too


def potency_of(record: dict[str, str]) -> dict[str, str]:
    """Return an FDA record as a person would hand it in."""
    address, title = re.search(r'href="([^"]+)"[^>]*>([^<]+)<', record["title"]).groups()  # type: ignore[union-attr]
    return {"title": title, "agency": "FDA", "url": f"https://www.fda.gov{address}"}


def crawled(desk: Desk, *words: str) -> dict[str, Any]:
    return desk.ingest("--source", "fda_guidance", FDA, *words)


def test_a_record_without_an_id_joins_the_document_that_a_source_lists_under_its_address(desk: Desk) -> None:
    crawled(desk)
    told = desk.ingest(desk.lines(potency_of(RECORDS[0])))
    assert (told["ingested"], told["new"], told["joined"]) == (1, 0, 1)
    shown = desk.told("show", potency_of(RECORDS[0])["url"])
    assert shown["document"]["source"] == "fda_guidance"
    assert [(each["what"], each["source"]) for each in shown["merges"]] == [("merged", "manual")]
    assert {each["source"]: each["provenance"] for each in shown["versions"]} == {
        "fda_guidance": "manual",
        "manual": "manual",
    }


def test_an_id_that_was_given_is_kept_even_where_a_source_lists_the_document(desk: Desk) -> None:
    crawled(desk)
    assert desk.ingest(desk.lines({**potency_of(RECORDS[0]), "id": "mine"}))["new"] == 1
    assert desk.told("show", "mine")["document"]["id"] == "mine"


def test_the_id_of_a_document_that_is_there_means_that_document(desk: Desk) -> None:
    crawled(desk)
    (document,) = desk.rows("SELECT id FROM documents ORDER BY id LIMIT 1")
    told = desk.ingest(desk.lines({"id": document["id"], "title": "Said otherwise", "text": "Its words."}))
    assert (told["joined"], told["new"]) == (1, 0)
    assert desk.told("show", document["id"])["document"]["text"] == "Its words."


def test_an_id_that_a_source_would_give_later_does_not_stop_that_source(desk: Desk) -> None:
    slug = potency_of(RECORDS[0])["url"].rsplit("/", 1)[1]
    desk.ingest(desk.lines({"id": f"fda:{slug}", "title": "Something else altogether"}))
    (run,) = crawled(desk)["runs"]
    assert (run["state"], run["new"]) == ("ok", len(RECORDS))


# Pages of a source, saved by a person


def test_a_saved_page_is_read_by_its_sources_spider_as_if_the_site_had_answered(desk: Desk) -> None:
    told = crawled(desk)
    assert counts(told) == (len(RECORDS), len(RECORDS), 0, 0)
    assert desk.told("changes") == {"changes": []}, "the first healthy run is a baseline"
    (run,) = told["runs"]
    assert run["reason"].startswith("manual: given by ")
    saved = desk.folder / "saved.json"
    saved.write_text(json.dumps([{**RECORDS[0], "field_final_guidance_1": "Final"}, *RECORDS[1:-1]]))
    told = desk.ingest("--source", "fda_guidance", saved)
    assert (told["runs"][0]["withdrawn"], told["runs"][0]["problems"]) == (1, [])
    (source,) = [each for each in desk.told("sources")["sources"] if each["id"] == "fda_guidance"]
    assert (source["state"], source["provenance"]) == ("ok", "manual")
    kinds = {each.kind for path in (desk.data / "archive").iterdir() for each in records(path)}
    assert kinds == {"warcinfo", "resource", "metadata"}, "nothing was asked, and nothing is kept as if it had been"


def test_a_saved_page_is_announced_unless_it_is_to_be_a_baseline(desk: Desk) -> None:
    crawled(desk)
    saved = desk.folder / "saved.json"
    saved.write_text(json.dumps(RECORDS[:-1]))
    assert desk.ingest("--source", "fda_guidance", saved, "--baseline")["runs"][0]["withdrawn"] == 1
    assert desk.told("changes") == {"changes": []}


@pytest.mark.parametrize(
    ("name", "body", "state", "reason"),
    [
        ("page.html", b"<html><title>FDA Apology</title>", "blocked", "refusal page"),
        ("page.html", b"<html>sample</html>", "blocked", "HTML where application/json is due"),
        ("page.json", b"[]", "failed", "a list is never empty"),
        ("page.json", b'{"data": []}', "failed", "a list of records is due"),
        ("page.json", json.dumps(RECORDS[:3]).encode(), "failed", "nothing is concluded"),
    ],
)
def test_what_is_no_healthy_list_is_refused_and_changes_nothing(
    desk: Desk, name: str, body: bytes, state: str, reason: str
) -> None:
    crawled(desk)
    saved = desk.folder / name
    saved.write_bytes(body)
    told = desk.ingest("--source", "fda_guidance", saved, exit_code=2)
    assert told["runs"][0]["state"] == state
    (rejected,) = told["rejected"]
    assert rejected["path"] == str(saved)
    assert reason in rejected["reason"]
    assert desk.rows("SELECT count(*) AS n FROM versions") == [{"n": len(RECORDS)}]


def test_a_page_of_the_list_that_nobody_saved_is_not_asked_for(desk: Desk) -> None:
    page = json.loads((ROOT / "tests" / "sources" / "mhra_guidance" / "page.json").read_text())
    saved = desk.folder / "saved.json"
    saved.write_text(json.dumps({**page, "total": 5000}))
    told = desk.ingest("--source", "mhra_guidance", saved, exit_code=2)
    assert "nobody saved this page, and it is not asked for: https://www.gov.uk/" in told["rejected"][0]["reason"]


# The page of the documentation


def example(after: str) -> str:
    page = (ROOT / "docs" / "inbox.md").read_text(encoding="utf-8")
    found = re.search(re.escape(after) + r".*?```\w*\n(.*?)```", page, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_documentations_records_are_taken_and_its_bad_ones_refused_in_its_words(desk: Desk) -> None:
    path = desk.folder / "inbox.jsonl"
    path.write_text(example("<!-- records -->"), encoding="utf-8")
    assert desk.ingest(path) == {**json.loads(example("<!-- answer -->"))}
    path.write_text(example("<!-- refused -->"), encoding="utf-8")
    told = desk.ingest(path, exit_code=2)
    assert [each["reason"] for each in told["rejected"]] == example("<!-- reasons -->").splitlines()
