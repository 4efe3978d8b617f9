"""How EudraLex Volume 4 really behaves (sources/ema-mhra.md, A5): each trap by its name."""

from pathlib import Path

import pytest
from scrapy.exceptions import CloseSpider

from regintel.exceptions import LayoutError
from regintel.items import GuidanceItem
from regintel.sources import load_sources
from regintel.spiders.eudralex_volume4 import key_of_address
from regintel.store.documents import changes
from regintel.vocabulary import ChangeKind
from tests.places import ROOT
from tests.spiders import Yielded, read, spider_of
from tests.test_identity import desk

__all__ = ["desk"]  # the fixture

VOLUME4 = load_sources(ROOT / "config")["eudralex_volume4"]
ONE = "e05af55b-38e9-42bf-8495-194bbf0b9262"
TWO = "831d392e-bcc4-4552-8011-2b724b8655de"
EXCIPIENTS = "celex 52015XC0321(02)"
SITE = "https://health.ec.europa.eu"


def link(uuid: str = ONE, title: str = "Manufacture of Sterile Medicinal Products", file: str = "annex.pdf") -> str:
    return f'<a href="/document/download/{uuid}_en?filename={file}" class="ecl-link">{title}</a>'


def page_of(cell: str, *, annex: str = "Annex 1", more: str = "") -> bytes:
    rows = f'<tr class="ecl-table__row"><td>{annex}</td><td>{cell}</td></tr>'
    table = f'<h3>Annexes</h3><table class="ecl-table"><tbody>{rows}</tbody></table>'
    return f"<article><h2>For human use</h2>{more}{table}</article>".encode()


def read_cell(folder: Path, cell: str, **told: str) -> Yielded:
    found = read(spider_of(VOLUME4, folder), page_of(cell, **told))
    found.items = [each.model_copy(update={"record": None}) for each in found.items]
    return found


def item_of(folder: Path, behind: str) -> GuidanceItem:
    found = read_cell(folder, f"{link()} {behind}")
    assert found.problems == []
    return found.items[0]


@pytest.mark.parametrize(
    ("words", "status", "effective", "published"),
    [
        ("(into operation since 31 January 2013)", "into operation", "2013-01-31", None),
        ("(fully applicable since 25 August 2024)", "fully applicable", "2024-08-25", None),
        ("(revised, applicable as of 24 September 2026)", "revised", "2026-09-24", None),
        ("(Deadline for coming into operation: 26 December 2018)", "into operation", "2018-12-26", None),
        ("(January 2011)", "applicable", None, "2011-01"),
        ("(August 2014)", "applicable", None, "2014-08"),
        ("(revision January 2011)", "applicable", None, "2011-01"),
        ("(Version 2, January 2013)", "applicable", None, "2013-01"),
        ("(07/02/2011 – subject to revision)", "subject to revision", None, "2011-02-07"),
        ("", "applicable", None, None),
        (
            "(applicable as from the date of entry into application of Regulation (EU) No 536/2014 on Clinical Trials)",
            "applicable", None, None,
        ),
    ],
)  # fmt: skip
def test_how_a_text_stands_is_free_words_behind_its_link(tmp_path, words, status, effective, published):
    item = item_of(tmp_path, words)
    assert (item.status, item.effective, item.published) == (status, effective, published)
    assert item.quoted.get("status", "") == words[1:-1]
    assert item.quoted.get("effective") == (words[1:-1] if effective else None)


def test_a_day_to_come_is_told_as_it_is(tmp_path):
    item = item_of(tmp_path, "(revised, applicable as of 24 September 2036)")
    assert (item.effective, item.stage) == ("2036-09-24", "revised")


@pytest.mark.parametrize("words", ["(superseded since 1 May 2027)", "(no longer applicable)", "(repealed)", "(draft)"])
def test_words_that_are_not_known_are_a_problem_and_never_applicable(tmp_path, words):
    found = read_cell(tmp_path, f"{link()} {words}<br>{link(TWO)}")
    assert [(each.kind, each.key) for each in found.problems] == [("unknown_value", ONE)]
    assert [each.key for each in found.items] == [TWO]


def test_annex_19_holds_two_links_in_one_cell_and_they_are_two_texts(tmp_path):
    title = "Reference and Retention Samples"
    behind = "(revised, applicable as of 24 September 2026)"
    found = read_cell(tmp_path, f"{link(ONE, title)}<br>{link(TWO, title)} {behind}", annex="Annex 19")
    assert [(each.key, each.title, each.reference_raw) for each in found.items] == [
        (ONE, title, "Annex 19"), (TWO, title, "Annex 19"),
    ]  # fmt: skip
    assert [(each.status, each.effective) for each in found.items] == [
        ("applicable", None), ("revised", "2026-09-24"),
    ]  # fmt: skip


def test_what_follows_a_link_is_said_of_that_link_alone(tmp_path):
    found = read_cell(tmp_path, f"{link(ONE)} (January 2011)<br>{link(TWO)} (into operation since 1 March 2015)")
    assert [(each.published, each.effective) for each in found.items] == [("2011-01", None), (None, "2015-03-01")]


def test_a_note_below_has_dates_that_are_not_the_texts(tmp_path):
    note = "Annex 2 is no longer applicable to ATMPs: see Part IV, operational as of 22 May 2018."
    told = f"<p><strong>New</strong> - {link()} (into operation since 26 June 2018)</p>"
    found = read_cell(tmp_path, f"{told}<p>{note}</p>")
    (item,) = found.items
    assert (item.effective, item.status) == ("2018-06-26", "into operation")
    assert item.summary == f"into operation since 26 June 2018 {note}"


def test_a_leading_new_is_no_part_of_the_title(tmp_path):
    before = read_cell(tmp_path, f"<strong>New</strong> - {link()}")
    inside = read_cell(tmp_path, link(title="New - Manufacture of Sterile Medicinal Products"))
    assert {each.title for each in (*before.items, *inside.items)} == {"Manufacture of Sterile Medicinal Products"}


def test_part_and_annex_are_told(tmp_path):
    chapter = f"<li>{link(TWO, 'Chapter 4 - Documentation')} (January 2011)</li>"
    found = read_cell(tmp_path, link(), more=f"<h3>Part I - Basic Requirements</h3><ul>{chapter}</ul>")
    assert [(each.document_type, each.reference_raw) for each in found.items] == [
        ("Part I - Basic Requirements", None), ("Annexes", "Annex 1"),
    ]  # fmt: skip


def test_the_uuid_is_the_identity_and_the_files_name_changes_on_upload(desk, tmp_path):
    desk.store(VOLUME4, *read_cell(tmp_path, link(file="20220825_gmp-an1_en.pdf")).items, baseline=True)
    counts = desk.store(VOLUME4, *read_cell(tmp_path, link(file="20220825_gmp-an1_en_0.pdf")).items)
    assert (counts["new"], counts["withdrawn"], counts["revised"]) == (0, 0, 1)


def test_a_new_file_under_a_new_uuid_goes_on_with_the_text_of_its_title(desk, tmp_path):
    desk.store(VOLUME4, *read_cell(tmp_path, f"{link(ONE)} (January 2011)").items, baseline=True)
    desk.store(VOLUME4, *read_cell(tmp_path, f"{link(TWO)} (into operation since 1 March 2027)").items)
    (change,) = changes(desk.index)
    assert (change.kind, change.document) == (ChangeKind.STATUS_CHANGED, f"ema:{ONE}")


def test_the_text_that_replaces_another_is_new_and_the_old_one_goes_when_it_is_no_longer_listed(desk, tmp_path):
    title = "Reference and Retention Samples"
    desk.store(VOLUME4, *read_cell(tmp_path, link(ONE, title)).items, baseline=True)
    both = f"{link(ONE, title)}<br>{link(TWO, title)} (revised, applicable as of 24 September 2026)"
    assert desk.store(VOLUME4, *read_cell(tmp_path, both).items)["new"] == 1
    later = f"{link(TWO, title)} (applicable since 24 September 2026)"
    counts = desk.store(VOLUME4, *read_cell(tmp_path, later).items)
    assert (counts["withdrawn"], counts["status_changed"]) == (1, 1)


def test_the_old_host_and_the_old_form_of_address_are_read(tmp_path):
    old = f'<a href="{SITE}/system/files/2022-08/20220825_gmp-an1_en_0.pdf">Annex 1</a>'
    host = f'<a href="http://ec.europa.eu/health/document/download/{ONE}_en">Importation of medicinal products</a>'
    found = read_cell(tmp_path, f"{old}<br>{host}")
    assert [(each.key, each.url) for each in found.items] == [
        ("2022-08/20220825_gmp-an1_en_0.pdf", f"{SITE}/system/files/2022-08/20220825_gmp-an1_en_0.pdf"),
        (ONE, f"https://ec.europa.eu/health/document/download/{ONE}_en"),
    ]


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:32003L0094", "celex 32003L0094"),
        ("https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX%3A32021R1280", "celex 32021R1280"),
        ("http://eur-lex.europa.eu/legal-content/EN/TXT/PDF/?uri=CELEX:52015XC0321(02)&from=EN", EXCIPIENTS),
        ("https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:52015XC0321(02)", EXCIPIENTS),
        ("https://eur-lex.europa.eu/eli/reg/2019/6/oj", None),
        (
            "https://www.ema.europa.eu/en/ich-q10-pharmaceutical-quality-system-scientific-guideline",
            "ich-q10-pharmaceutical-quality-system-scientific-guideline",
        ),
        ("https://www.example.org/x", None),
    ],
)
def test_a_text_at_eur_lex_is_keyed_by_celex_and_one_at_ema_by_emas_key(address, key):
    assert key_of_address(address) == key


def test_links_to_legal_acts_and_to_emas_pages_are_no_items(tmp_path):
    act = '<a href="https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:32017R1569">(EU) 2017/1569</a>'
    page = '<a href="https://www.ema.europa.eu/en/ich-q10-pharmaceutical-quality-system-scientific-guideline">Q10</a>'
    found = read_cell(tmp_path, link(), more=f"<ul><li>{act} of 23 May 2017</li><li>{page}</li></ul>")
    assert [each.key for each in found.items] == [ONE]


def test_a_form_that_is_no_pdf_is_listed_and_not_read(tmp_path):
    spider = spider_of(VOLUME4, tmp_path)
    (item,) = read_cell(tmp_path, link(file="template_imp_batch_certification.docx")).items
    assert spider.document_address(item) is None  # type: ignore[attr-defined]


@pytest.mark.parametrize("body", [b"<article><h3>Annexes</h3></article>", b"<html><h1>Access Denied</h1></html>"])
def test_a_page_without_its_table_of_annexes_is_no_empty_list(tmp_path, body):
    spider = spider_of(VOLUME4, tmp_path)
    with pytest.raises(CloseSpider):
        read(spider, body)
    assert isinstance(spider.error, LayoutError)
