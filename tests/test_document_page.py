"""What `show` and `changes` print for people: the names they know, days with the agency's words, ids to go on with."""

from io import StringIO

import pytest
from rich.console import Console, RenderableType

from regintel.answers import show_answer
from regintel.document_page import document_page
from regintel.house import House
from regintel.jobs.run import label
from regintel.records import Labels
from regintel.store.database import open_index, read_index
from regintel.store.documents import changes, document
from regintel.store.labels import labels_of
from regintel.tables import change_words, changes_table
from tests.library import DRAFT, FDA, FIRST, HOSTILE, POTENCY, SECOND, house_at, read


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> House:
    """An index in which a deadline moved between two days."""
    data = tmp_path_factory.mktemp("library") / "data"
    for now, items in ((FIRST, FDA[:3]), (SECOND, [DRAFT, *FDA[1:3]])):
        house = house_at(data, now)
        with open_index(house.config.index) as index:
            read(house, index, "fda_guidance", items, baseline=now == FIRST)
            label(house, index)
    return house


def printed(page: RenderableType, width: int = 160) -> str:
    out = StringIO()
    Console(file=out, width=width, markup=False, highlight=False).print(page)
    return out.getvalue()


def page_of(house: House, name: str) -> str:
    with read_index(house.config.index) as index:
        found = document(index, name)
        assert found is not None
        told = show_answer(index, found, labels_of(index, [found.id]).get(found.id, Labels()))
    return printed(document_page(told, house.names))


def test_a_page_begins_with_what_the_document_is_and_how_it_stands(library: House) -> None:
    title, facts, url, name, *_ = page_of(library, POTENCY).splitlines()
    assert title.strip() == DRAFT.title
    assert facts.strip() == "FDA · draft · FDA-2023-D-4299"
    assert url.strip() == DRAFT.url
    assert name.strip() == POTENCY


def test_days_stand_with_the_agencys_words_and_labels_under_their_names(library: House) -> None:
    page = page_of(library, POTENCY)
    assert any(
        each.split() == ["comments", "close", "2026-01-30", "by", "January", "30,", "2026"]
        for each in page.splitlines()
    )
    assert "Potency assays" in page
    assert "Deadline changed" in page
    assert "still there" in page
    assert "characters of text read" in page


def test_what_was_not_read_is_said_and_nothing_from_outside_is_obeyed(library: House) -> None:
    page = page_of(library, HOSTILE)
    assert "no text of it was read" in page
    assert '<script>alert("x")</script>' in page
    assert "\x1b" not in page


def test_the_change_log_names_a_document_once_with_the_id_that_show_takes(library: House) -> None:
    with read_index(library.config.index) as index:
        page = printed(changes_table(changes(index)))
    assert page.count(DRAFT.title) == 1
    assert POTENCY in page
    assert "comments close 2025-12-31 → 2026-01-30" in page


@pytest.mark.parametrize(
    ("summary", "told"),
    [
        ("New: Potency Tests", ("New", "")),
        ("Withdrawn: Potency Tests (outdated)", ("Withdrawn", "(outdated)")),
        ("Revised without notice: attachments replaced", ("Revised without notice", "attachments replaced")),
        ("Status changed: status a: b → c", ("Status changed", "status a: b → c")),
    ],
)
def test_a_changes_summary_is_told_without_the_title_beside_it(summary: str, told: tuple[str, str]) -> None:
    assert change_words(summary, "Potency Tests") == told
