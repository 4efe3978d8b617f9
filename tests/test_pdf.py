"""Documents' text: real PDFs, and what arrives in a PDF's place."""

import os
import time
import zlib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regintel.text.passages import passages
from regintel.text.pdf import PdfLimits, PdfProblem, read_pdf
from regintel.text.pdf_paragraphs import text_of_pages
from tests.places import CAPTURES


def body(number: int) -> list[str]:
    """Return the lines of a page, no two pages alike; a blank line is one of a draft's."""
    topic = "".join("abcdefghij"[int(digit)] for digit in str(number))
    paragraph = [
        f"The quality of starting material {topic} is described in this section, together with",
        f"the controls applied to {topic} before it enters the process of its manufacture",
        f"and the reasons why they are thought to be enough for what {topic} is made for.",
    ]
    last = f"Of {topic} nothing else is to be said in this place, and it ends with this line."
    return [f"{number}. INTRODUCTION TO {topic.upper()}", "", *paragraph, "", f"{number}.1 Scope of {topic}", "", last]


BODY = body(1)


def stream(words: bytes, more: bytes = b"") -> bytes:
    return b"<< /Length %d %b >> stream\n%b\nendstream" % (len(words), more, words)


def page_words(lines: list[str]) -> bytes:
    shown = []
    for number, line in enumerate(lines):
        escaped = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        shown.append(f"BT /F1 10 Tf 72 {760 - 14 * number} Td ({escaped}) Tj ET")
    return "\n".join(shown).encode("cp1252")


def file(objects: list[bytes], trailer: bytes = b"") -> bytes:
    """Return a PDF of numbered objects, the first its catalogue."""
    data, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer << /Size %d /Root 1 0 R %b >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, len(data))
    return data + b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(objects) + 1, table) + end


def pdf(*pages: list[str], contents: bytes | None = None, trailer: bytes = b"") -> bytes:
    """Return a PDF whose pages say these lines in Helvetica."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * at) for at in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, len(pages)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for at, lines in enumerate(pages):
        box = b"/MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >>"
        objects.append(b"<< /Type /Page /Parent 2 0 R %b /Contents %d 0 R >>" % (box, 5 + 2 * at))
        objects.append(contents or stream(page_words(lines)))
    objects.append(b"<< /Title (Guideline on  quality) >>")
    return file(objects, b"/Info %d 0 R %b" % (len(objects), trailer))


def numbered(lines: list[str], first: int) -> list[str]:
    return [f"{number} {line}".rstrip() for number, line in enumerate(lines, first)]


# What a PDF says


def test_a_pdf_of_two_pages_is_read():
    read = read_pdf(pdf(BODY, ["Annex 1", "", "Here ends the guideline, which was short."]))
    assert (read.problem, read.detail, read.pages, read.title) == (None, "", 2, "Guideline on quality")
    first, second = read.text.split("\f")
    assert first.split("\n")[0] == "## 1. INTRODUCTION TO B"
    assert " ".join(BODY[2:5]) in first.split("\n")
    assert second == "## Annex 1\nHere ends the guideline, which was short."
    assert [(passage.page, passage.section) for passage in passages(read.text)] == [
        (1, "1. INTRODUCTION TO B"), (1, "1.1 Scope of b"), (2, "Annex 1"),
    ]  # fmt: skip


@pytest.mark.parametrize("restart", [True, False])
def test_a_line_numbered_draft_reads_like_its_final(restart):
    pages = [body(1), body(2), body(3)]
    drafts = [numbered(lines, 1 if restart else 1 + at * len(lines)) for at, lines in enumerate(pages)]
    final, draft = read_pdf(pdf(*pages)), read_pdf(pdf(*drafts))
    assert (final.problem, draft.problem) == (None, None)
    assert draft.text == final.text
    assert draft.text.split("\f")[1].startswith("## 2. INTRODUCTION TO C\nThe quality of")


def test_the_cover_of_an_ema_draft_reads_as_printed():
    cover = ["15 May 2014", "EMA/CHMP/BWP/187338/2014", "Committee for Medicinal Products for Human use (CHMP)"]
    pages = ["\n".join(numbered(lines, 1)) for lines in ([*cover, "", "Draft", "", "Keywords"], body(1), body(2))]
    first = text_of_pages(pages).split("\f")[0]
    assert first == "\n".join([*cover, "Draft", "## Keywords"])


def test_line_numbers_at_the_end_of_lines_or_beside_them_go_too():
    pages = [[line for line in body(number) if line] for number in (1, 2)]
    count = len(pages[0])
    after = [[f"{line} {number}" for number, line in enumerate(page, count * at + 1)] for at, page in enumerate(pages)]
    beside = [[*map(str, range(count * at + 1, count * at + count + 1)), *page] for at, page in enumerate(pages)]
    said = [text_of_pages(["\n".join(page) for page in way]) for way in (pages, after, beside)]
    assert said[0] == said[1] == said[2]
    assert "INTRODUCTION TO C" in said[0]


def test_lists_tables_and_numbered_headings_keep_their_numbers():
    page = ["1. Introduction", "The tests are:", "1. Identity", "2. Assay", "3. Purity", "Residues", "1 Methanol"]
    said = text_of_pages(["\n".join([*page, "2 Ethanol", "3 Acetone", f"and {other}"]) for other in ("one", "two")])
    assert [word for word in said.split() if word[0].isdigit()] == ["1.", "1.", "2.", "3.", "1", "2", "3"] * 2


def test_running_heads_and_page_numbers_go_and_titles_stay():
    pages = [
        ["Guideline on quality", "Draft — Not for Implementation", *body(number), f"EMA/CAT/80183/2014 Page {number}/5"]
        for number in range(1, 6)
    ]
    read = text_of_pages(["\n".join(page) for page in pages]).split("\f")
    assert [page.count("Guideline on quality") for page in read] == [1, 0, 0, 0, 0]
    assert not any("EMA/CAT" in page or "Draft" in page for page in read[1:])
    assert all(f"{number}.1 Scope of" in page for number, page in enumerate(read, 1))
    plain = text_of_pages([f"{number + 3}\nWhat is said on page {'abcde'[number]}." for number in range(5)])
    assert plain.split("\f")[2] == "What is said on page c."


def test_words_are_mended_only_where_they_are_broken():
    said = text_of_pages([
        "The manufac-\nturing of non-\nviable particles was re-\nexamined by a container-\nclosure expert for the\n"
        "Q-\nanion column; a container and a closure are of\nthe ﬁrst eﬃciency and co\xadope\xad\n"
        "rate in manufacturing.\n",
    ])  # fmt: skip
    for words in ("manufacturing of non-viable", "re-examined", "container-closure", "Q-anion", "first efficiency"):
        assert words in said
    assert "cooperate" in said
    assert text_of_pages(["The review is on-", "going and new."]) == "The review is ongoing\fand new."


def test_japanese_lines_are_joined_without_a_space():
    said = text_of_pages([
        "第1章 総則\nこの通知は、再生医療等製品の品質に関する考え方を\n示すものである。ＣＭＣの\n資料を含む。"
    ])  # fmt: skip
    assert said == "## 第1章 総則\nこの通知は、再生医療等製品の品質に関する考え方を示すものである。ＣＭＣの資料を含む。"


# What is none, or not all of one


@pytest.mark.parametrize(
    "data", [b"", b"<!DOCTYPE html><title>Not found</title>", b"PK\x03\x04" * 999, b" " * 1025 + b"%PDF-"]
)
def test_html_that_arrives_as_pdf_is_told_apart(data):
    read = read_pdf(data)
    assert (read.problem, read.text) == (PdfProblem.NOT_PDF, "")


def test_a_pdf_that_wants_a_password_is_told():
    guard = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O (%b) /U (%b) /P -4 >> /ID [(a) (a)]" % (b"o" * 32, b"u" * 32)
    assert read_pdf(pdf(BODY, trailer=guard)).problem is PdfProblem.ENCRYPTED


def test_a_scan_is_told():
    read = read_pdf(pdf([], ["FDA-2026-D-1"], []))
    assert (read.problem, read.pages) == (PdfProblem.IMAGE_ONLY, 3)


def test_a_pdf_cut_in_half_is_told_and_a_sloppy_end_is_forgiven():
    whole = pdf(*map(body, range(1, 21)))
    assert read_pdf(whole[: len(whole) // 2]).problem is PdfProblem.TRUNCATED
    sloppy = read_pdf(whole[: whole.rindex(b"startxref")] + b"\r\n<!-- served by a proxy -->" * 99)
    assert (sloppy.problem, sloppy.pages) == (None, 20)


def test_a_page_that_is_not_there_costs_only_itself():
    read = read_pdf(pdf(BODY, body(2)).replace(b"/Type /Page /Parent", b"/Type /Font/Parent ", 1))
    assert read.pages == 2
    assert "2.1 Scope" in read.text.split("\f")[1]


def test_limits_of_size_are_kept():
    two = pdf(BODY, body(2))
    assert read_pdf(two, PdfLimits(max_bytes=100)).problem is PdfProblem.TOO_LARGE
    some = read_pdf(two, PdfLimits(max_characters=50))
    assert (some.problem, some.text[:18]) == (PdfProblem.TOO_LARGE, "## 1. INTRODUCTION")
    first = read_pdf(pdf(*map(body, range(300))), PdfLimits(max_pages=2))
    assert (first.problem, first.pages, first.text.count("\f")) == (PdfProblem.TOO_MANY_PAGES, 300, 1)


# What wants to do harm


def test_a_slow_pdf_is_given_up():
    begun = time.monotonic()
    assert read_pdf(pdf(BODY), PdfLimits(seconds=0.01)).problem is PdfProblem.OUT_OF_TIME
    assert time.monotonic() - begun < 2
    assert not [child for child in Path("/proc/self/task").glob("*/children") if child.read_text().strip()]


def bomb(megabytes: int, words: bytes) -> bytes:
    """Return a compressed stream of the same words over and over."""
    packer = zlib.compressobj(9)
    head = packer.compress(b" ") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress((words * (2**20 // len(words) + 1))[: 2**20]) + packer.flush(zlib.Z_FULL_FLUSH)
    return stream(head + block * megabytes + packer.flush(), b"/Filter /FlateDecode")


@pytest.mark.parametrize("words", [b" ", b"BT /F1 9 Tf 9 9 Td (Boom) Tj ET\n"])
def test_a_stream_that_unpacks_to_gigabytes_is_survived(words):
    begun = time.monotonic()
    read = read_pdf(pdf(BODY, contents=bomb(1200, words)), PdfLimits(seconds=6, cpu=4))
    assert read.problem in {PdfProblem.OUT_OF_MEMORY, PdfProblem.OUT_OF_TIME}, read
    assert time.monotonic() - begun < 9


@pytest.mark.parametrize(
    "objects",
    [
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2000000000 >>"],
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R] /Count 3 /Parent 2 0 R >>"],
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"[" * 1_000_000],
        [b"<< /Type /Catalog /Pages 1 0 R >>"],
    ],
)
def test_loops_and_depths_come_to_an_end(objects):
    read = read_pdf(file(objects), PdfLimits(seconds=10))
    assert read.problem is not None
    assert read.problem is not PdfProblem.OUT_OF_TIME


@settings(max_examples=12, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 1200))
def test_whatever_the_bytes_are_it_returns(noise, at):
    whole = pdf(BODY)
    assert read_pdf(b"%PDF-1.7\n" + noise).problem in PdfProblem
    read_pdf(whole[:9] + whole[9:at] + noise + whole[at + len(noise) :])


def test_the_process_can_write_nothing(tmp_path):
    from regintel.text.pdf_process import restrict

    child = os.fork()
    if not child:
        restrict(PdfLimits())
        try:
            (tmp_path / "written").write_bytes(b"x")
        finally:
            os._exit(7)
    assert os.waitpid(child, 0)[0] == child
    assert not (tmp_path / "written").read_bytes()


# Real ones

real = pytest.mark.skipif(not CAPTURES.is_dir(), reason="needs ../shared/captures")


@real
@pytest.mark.parametrize(
    ("path", "pages", "title", "known"),
    [
        ("fda/pdf/71535.pdf", 29, "Guidance for Industry: Microsoft Word - 9041fnl.doc", {
            6: ("II. PHARMACEUTICAL DEVELOPMENT (2)", "quality cannot be tested into products"),
            9: ("1. Formulation Development (2.2.1)", "anti-counterfeiting measure"),
        }),
        ("fda/pdf/75414.pdf", 12, "Guidance for Industry - Part 11", {
            5: ("II. BACKGROUND", "In March of 1997, FDA issued final part 11 regulations that provide criteria"),
            12: ("IV. REFERENCES", "Pharmaceutical CGMPs for the 21st Century: A Risk-Based Approach"),
        }),
        ("ec/pdf/20220825_gmp-an1_en_0.pdf", 59, "", {
            4: ("2 Principle", "The manufacture of sterile products covers a wide range of sterile product types"),
            6: ("3 Pharmaceutical Quality System (PQS)", "The CCS should consider all aspects of"),
        }),
        ("ich/pdf/Q11_Guideline.pdf", 36, "Q11 Development and Manufacture of Drug Substances", {
            6: ("II. SCOPE (2)", "The guidance does not apply to contents of submissions during the clinical research"),
        }),
    ],
)  # fmt: skip
def test_a_real_pdf_is_read(path, pages, title, known):
    read = read_pdf((CAPTURES / path).read_bytes())
    assert (read.problem, read.pages, read.title.startswith(title)) == (None, pages, True)
    texts = read.text.split("\f")
    assert len(texts) == pages
    found = passages(read.text)
    for page, (section, words) in known.items():
        assert f"## {section}" in texts[page - 1].split("\n")
        assert words in texts[page - 1]
        assert any(section == passage.section and passage.page == page for passage in found)
    assert "Contains Nonbinding Recommendations" not in read.text
    assert all(one.page <= other.page for one, other in pairwise(found))


@real
def test_the_real_line_numbered_guidance_has_no_number_left():
    read = read_pdf((CAPTURES / "fda/pdf/75414.pdf").read_bytes())
    numbers = {word for word in read.text.split() if word.isdigit()} & {str(number) for number in range(30, 353)}
    assert numbers <= {"58", "62", "68", "211"}  # "62 FR 13430", "21 CFR Part 211"


@real
@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_a_real_pdf_cut_short_is_told(share):
    data = (CAPTURES / "ich/pdf/Q11_Guideline.pdf").read_bytes()
    assert read_pdf(data[: int(share * len(data))]).problem is PdfProblem.TRUNCATED
