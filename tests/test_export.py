"""Exports: what a program reads back is what the index holds, nothing in them runs, and they say what they lack."""

import csv
import io
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook

from regintel.answers import exported_answer, show_answer
from regintel.cli import main
from regintel.exceptions import UsageError
from regintel.house import House
from regintel.jobs.columns import CHANGES, DOCUMENTS, line
from regintel.jobs.export import Wanted, of_documents, whole_file
from regintel.jobs.workbook import write_workbook
from regintel.records import Labels, SearchFilters
from regintel.store.database import open_index, read_index
from regintel.store.documents import document
from regintel.text.cells import cleaned, defused, fitting
from tests.library import HOSTILE, JAPANESE, POTENCY, SECOND, filled, house_at, item, read
from tests.tiny import TinyEncoder

FORMULAS = (
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1+1", "＋1", "－1", "＠A", "\u200b=1", "\ufeff=1",
    "\u3000=1", "\u22121", "\x0b=1", "\n=1", "﹣1",
)  # fmt: skip
NAMES = [column.name for column in DOCUMENTS]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A small index; one of its sources is blocked, and most were never read."""
    return filled(tmp_path_factory.mktemp("library") / "data")


def call(house: House, *words: str) -> Result:
    told = ["--config", str(house.config.folder), "--data", str(house.config.data), "--now", SECOND.isoformat(), *words]
    return CliRunner(env={"REGINTEL_MODEL": None}).invoke(main, told, obj=TinyEncoder(), catch_exceptions=False)


def rows_of(result: Result) -> list[dict[str, str]]:
    assert result.exit_code == 0, result.stderr
    return list(csv.DictReader(io.StringIO(result.stdout_bytes.decode("utf-8-sig"), newline="")))


def sheet(path: Path, name: str = "Documents") -> list[tuple[Any, ...]]:
    return list(load_workbook(path, read_only=False)[name].iter_rows(values_only=True))


def test_every_document_stands_on_a_line_with_the_fields_that_show_has(library: House) -> None:
    told = [json.loads(each) for each in call(library, "export").stdout.splitlines()]
    with read_index(library.config.index) as index:
        count = index.row("SELECT count(*) AS n FROM documents")
        found = document(index, POTENCY)
        assert count is not None
        assert found is not None
        shown = show_answer(index, found, Labels())["document"]
    assert len(told) == len({each["id"] for each in told}) == count["n"]
    (potency,) = (each for each in told if each["id"] == POTENCY)
    assert set(potency) <= set(shown), "an export has no name of its own for anything"
    assert (potency["title"], potency["comment_closes"]) == (found.current.title, "2026-01-30")
    assert potency["modalities"]
    assert isinstance(potency["cmc_score"], float)


def test_the_same_index_and_filters_give_the_same_bytes(library: House, tmp_path: Path) -> None:
    for form in ("jsonl", "csv"):
        one, two = (call(library, "export", "--format", form).stdout_bytes for _ in range(2))
        assert one == two
    for name in ("one.xlsx", "two.xlsx"):
        assert call(library, "export", "-o", str(tmp_path / name)).exit_code == 0
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_an_export_is_narrowed_as_a_search_is(library: House) -> None:
    told = rows_of(call(library, "export", "--format", "csv", "--agency", "pmda", "--language", "ja"))
    assert [each["id"] for each in told] == [JAPANESE]
    by_field = rows_of(call(library, "export", "--format", "csv", "agency:pmda"))
    assert [each["id"] for each in by_field] == [JAPANESE]
    with read_index(library.config.index) as index:
        searched = library.searcher.search(index, "potency", SearchFilters(), count=1000)
        made = of_documents(index, library, Wanted("potency"), exported_answer)
        assert [each["id"] for each in made.records] == [each.document.id for each in searched.hits]
    assert any("may hold no word of the query" in note for note in made.notes)
    lexical = call(library, "export", "--format", "csv", "--mode", "lexical", "-n", "1", "potency")
    assert len(rows_of(lexical)) == 1
    assert "may hold no word of the query" not in lexical.stderr
    assert call(library, "export", "--topic", "nonsense").exit_code == 3


def test_csv_is_what_excel_and_rfc_4180_expect(library: House) -> None:
    content = call(library, "export", "--format", "csv").stdout_bytes
    assert content.startswith(b"\xef\xbb\xbfid,agency,"), "Excel takes UTF-8 for such only by its mark"
    assert content.endswith(b"\r\n")
    (japanese,) = (each for each in rows_of(call(library, "export", "--format", "csv")) if each["id"] == JAPANESE)
    assert japanese["title"].startswith("再生医療等製品")
    (potency,) = (each for each in rows_of(call(library, "export", "--format", "csv")) if each["id"] == POTENCY)
    assert potency["topic_ids"].split("; ") == [each.split(" (")[0] for each in potency["topics"].split("; ")]


def test_an_export_of_nothing_still_has_its_header(library: House, tmp_path: Path) -> None:
    nothing = ("export", "--since", "2999-01-01")
    assert call(library, *nothing, "--format", "csv").stdout_bytes.decode("utf-8-sig") == ",".join(NAMES) + "\r\n"
    assert call(library, *nothing).stdout == ""
    assert call(library, *nothing, "-o", str(tmp_path / "none.xlsx")).exit_code == 0
    assert sheet(tmp_path / "none.xlsx") == [tuple(NAMES)]


@pytest.mark.parametrize("words", FORMULAS)
def test_a_cell_that_a_spreadsheet_would_run_is_defused(words: str) -> None:
    assert defused(words).startswith("'")


@pytest.mark.parametrize("words", ["ICH Q3E", "再生医療", "a = b", "'quoted'", "2025-01-01", ""])
def test_a_plain_cell_stays_as_it_is(words: str) -> None:
    assert defused(words) == words


@given(st.text(st.characters(exclude_categories=())))
@example("\x85=1")
@example("\u2028x")
def test_no_cell_holds_what_no_program_should_be_given(words: str) -> None:
    made = defused(words)
    made.encode()
    assert made[:1] not in set("=+-@\t\r\n＝＋－＠")
    assert not any(each < " " and each != "\n" for each in made)
    assert cleaned(made) == made


def test_a_long_cell_is_cut_where_a_spreadsheet_would_break_and_says_so() -> None:
    assert fitting("a" * 10, 10) == "a" * 10
    assert fitting("a" * 11, 10) == "a" * 9 + "…"
    assert fitting("😀" * 6, 10) == "😀" * 4 + "…", "half a character is none"


def hostile(tmp_path: Path) -> House:
    """Return a house whose index holds what a bad page could write."""
    house = house_at(tmp_path / "hostile")
    items = [item("fda_guidance", f"bad-{at}", f"{words}x", summary=words) for at, words in enumerate(FORMULAS)]
    long = item("fda_guidance", "long", "Long", summary="long " * 8_000)
    with open_index(house.config.index) as index:
        read(house, index, "fda_guidance", [*items, long], baseline=True)
    return house


def test_nothing_in_a_workbook_is_a_formula_and_what_was_cut_is_named(tmp_path: Path) -> None:
    house = hostile(tmp_path)
    assert call(house, "export", "-o", str(tmp_path / "bad.xlsx")).exit_code == 0
    book = load_workbook(tmp_path / "bad.xlsx")
    cells = [cell for row in book["Documents"].iter_rows(min_row=2) for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    assert {"=1+1x", "＝1+1x", "@SUM(A1)x"} <= {cell.value for cell in cells}, "a workbook needs no apostrophe"
    assert max(len(cell.value) for cell in cells if isinstance(cell.value, str)) == 32_767
    about = dict(row[:2] for row in sheet(tmp_path / "bad.xlsx", "About"))
    assert "fda:long" in about["cells cut"]
    told = rows_of(call(house, "export", "--format", "csv"))
    assert len(told) == len(FORMULAS) + 1
    assert not [value for row in told for value in row.values() if value[:1] in set("=+-@＝＋－＠\t\r\n")]
    (long,) = (each for each in told if each["id"] == "fda:long")
    assert len(long["summary"]) > 32_767, "a csv file has room"


def test_only_a_plain_address_of_the_web_is_a_link(tmp_path: Path) -> None:
    good = "https://www.ema.europa.eu/en/a_b?c=d#page=2"
    others = ["javascript:alert(1)", "file:///etc/passwd", "internal:About!A1", "https://[x", "https://x.eu/a b",
              "https://x.eu/" + "a" * 700, "https://x.eu/\ny", "see https://x.eu/"]  # fmt: skip
    with read_index(tmp_path / "none.db") as index:
        about = of_documents(index, house_at(tmp_path), Wanted(), exported_answer).about
    records = [{"id": str(at), "url": url} for at, url in enumerate([good, *others])]
    columns = [column for column in DOCUMENTS if column.name in {"id", "url"}]
    out = io.BytesIO()
    write_workbook(out, "Documents", columns, records, len(records), about)
    cells = [row[1] for row in load_workbook(out)["Documents"].iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == [good, *others]
    assert [cell.hyperlink is not None for cell in cells] == [True, *(False for _ in others)]


def test_what_was_never_labelled_is_not_called_irrelevant(tmp_path: Path) -> None:
    result = call(hostile(tmp_path), "export", "-n", "1")
    told = json.loads(result.stdout)
    assert (told["cmc_score"], told["is_cmc_relevant"], told["abstained"]) == (None, None, None)
    assert "1 documents have no labels yet" in result.stderr


def test_a_workbook_says_what_it_is_and_what_may_be_missing(library: House, tmp_path: Path) -> None:
    path = tmp_path / "told.xlsx"
    assert (
        call(library, "export", "potency", "--agency", "fda", "--mode", "lexical", "-n", "1", "-o", str(path)).exit_code
        == 0
    )
    book = load_workbook(path)
    assert book.sheetnames == ["Documents", "About"]
    assert (book["Documents"].freeze_panes, book["Documents"].auto_filter.ref) == ("A2", "A1:X2")
    rows = sheet(path, "About")
    facts = dict(row[:2] for row in rows)
    assert (facts["query"], facts["agency"], facts["exported"]) == ("potency", "fda", "2025-12-15T12:00:00Z")
    assert facts["documents"].startswith("1 of ")
    blocked = next(row for row in rows if row[0] == "ema_guidelines")
    assert blocked[2:5] == ("blocked", "2025-10-15T12:00:00Z", "2025-12-15T12:00:00Z")
    assert len([row for row in rows if row[2] == "never_run"]) > 5
    assert any("never read: " in str(row[1]) for row in rows)


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_text_formats_say_on_stderr_what_may_be_missing(library: House, form: str) -> None:
    told = call(library, "export", "--format", form).stderr
    assert "not read: ema_guidelines is blocked since 2025-12-15" in told
    assert "never read: " in told


def test_more_rows_than_a_sheet_holds_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    with read_index(tmp_path / "none.db") as index:
        made = of_documents(index, house_at(tmp_path), Wanted(), exported_answer)
    out = io.BytesIO()
    with pytest.raises(UsageError, match="11 rows are more than a sheet holds"):
        write_workbook(out, "Documents", DOCUMENTS, [], 11, made.about, rows=10)
    assert out.getvalue() == b""


def test_a_workbook_is_not_written_to_a_terminal(library: House) -> None:
    result = call(library, "export", "--format", "xlsx")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "regintel: an xlsx workbook is written to a file: name one with -o\n"


def test_a_file_that_is_there_is_replaced_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_bytes(b"old")
    with pytest.raises(TypeError), whole_file(path) as out:
        out.writelines([b"half", "no bytes"])  # type: ignore[list-item]
    assert [each.name for each in tmp_path.iterdir()] == ["out.csv"]
    assert path.read_bytes() == b"old"
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    with whole_file(link) as out:
        out.write(b"new")
    assert (path.read_bytes(), link.is_symlink()) == (b"new", True)


def test_what_is_no_file_is_not_written_over(library: House, tmp_path: Path) -> None:
    assert call(library, "export", "-o", str(tmp_path)).exit_code == 3
    assert call(library, "export", "-o", "/dev/null").exit_code == 3
    assert call(library, "export", "-o", str(tmp_path / "nowhere" / "x.csv")).exit_code == 3


def test_the_ending_of_a_file_says_its_format_and_json_what_was_written(library: House, tmp_path: Path) -> None:
    path = tmp_path / "found.csv"
    told = json.loads(call(library, "export", "-o", str(path), "--json", "--agency", "pmda").stdout)
    assert (told["format"], told["rows"], told["file"]) == ("csv", 1, str(path))
    assert told["missing"]
    assert path.read_bytes().startswith(b"\xef\xbb\xbfid,")
    assert call(library, "export", "--json").exit_code == 3


def test_the_change_log_is_exported_too(library: House, tmp_path: Path) -> None:
    logged = json.loads(call(library, "changes", "--json").stdout)["changes"]
    assert [json.loads(each) for each in call(library, "export", "--changes").stdout.splitlines()] == logged
    told = rows_of(call(library, "export", "--changes", "--format", "csv", "--agency", "fda"))
    assert [each["id"] for each in told] == [str(each["id"]) for each in logged if each["agency"] == "fda"]
    assert [column.name for column in CHANGES] == list(told[0])
    assert rows_of(call(library, "export", "--changes", "--format", "csv", "--until", "2025-12-14")) == []
    assert call(library, "export", "--changes", "-o", str(tmp_path / "log.xlsx")).exit_code == 0
    assert len(sheet(tmp_path / "log.xlsx", "Changes")) == len(logged) + 1
    assert call(library, "export", "--changes", "--topic", "potency").exit_code == 3


def test_a_line_ends_only_where_its_record_does() -> None:
    told = line({"title": "one\u2028two\x85three\nfour\ud800"})
    assert told.splitlines() == [told]
    assert json.loads(told)["title"] == "one\u2028two\x85three\nfour\N{REPLACEMENT CHARACTER}"


def test_a_crawl_beside_an_export_does_not_show_in_it(library: House) -> None:
    with read_index(library.config.index) as index, index.snapshot():
        made = of_documents(index, library, Wanted(filters=SearchFilters(agency=("fda",))), exported_answer)
        with sqlite3.connect(library.config.index) as other:
            other.execute("UPDATE documents SET language = 'xx' WHERE id = ?", [HOSTILE])
        told = {each["id"]: each["language"] for each in made.records}
    with sqlite3.connect(library.config.index) as other:
        other.execute("UPDATE documents SET language = 'en' WHERE id = ?", [HOSTILE])
    assert told[HOSTILE] == "en"
