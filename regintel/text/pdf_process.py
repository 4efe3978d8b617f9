"""The process that reads one PDF: bytes on stdin, limits as JSON in the one argument, an answer as JSON on stdout.

Run by `regintel.text.pdf.read_pdf`. The only module that knows pypdfium2 (PDFium, BSD and Apache licences).
"""

import json
import resource
import sys
from collections.abc import Iterator
from dataclasses import asdict

import pypdfium2
from pypdfium2 import PdfDocument, PdfiumError, raw

from regintel.text.pdf import PdfLimits, PdfProblem, PdfText
from regintel.text.pdf_paragraphs import text_of_pages
from regintel.text.titles import squeezed

_HARDLY_ANY = 25
"""Characters a page, on average, below which a document is a scan; a scan may carry a stamp on each page."""
_PASSWORD = (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)


def main() -> None:
    """Read the PDF on stdin within the limits, and write what it says to stdout."""
    limits = PdfLimits(**json.loads(sys.argv[1]))
    restrict(limits)
    try:
        answer = text_of(sys.stdin.buffer.read(), limits)
    except MemoryError:
        answer = PdfText(problem=PdfProblem.OUT_OF_MEMORY, detail=f"more than {limits.memory:,} bytes of memory")
    # PDFs hold halves of surrogate pairs, which UTF-8 has no bytes for.
    sys.stdout.buffer.write(json.dumps(asdict(answer), ensure_ascii=False).encode(errors="replace"))


def restrict(limits: PdfLimits) -> None:
    """Take from this process, for good, what it does not need: files to write, processes, endless time and memory."""
    for what, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 16),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (most, most))
    # SIGXCPU first, which says why; SIGKILL if that were caught.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu, limits.cpu + 1))


def text_of(data: bytes, limits: PdfLimits) -> PdfText:
    """Return what a PDF says, with the first thing that is wrong with it."""
    # A file that was changed has an end for each change; what follows the last may be anything but more of the file.
    ends = b"%%EOF" in data and b" obj" not in data[data.rfind(b"%%EOF") :]
    try:
        document = PdfDocument(data)
    except PdfiumError as error:
        return PdfText(problem=_refusal(error, ends), detail=squeezed(str(error)))
    pages = len(document)
    title = squeezed(document.get_metadata_value("Title"))
    texts = list(_texts(document, min(pages, limits.max_pages), limits.max_characters))
    text = text_of_pages([text or "" for text in texts])
    problem, detail = _problem(pages, texts, text, ends, limits)
    return PdfText(text, pages, title, problem, detail)


def _refusal(error: PdfiumError, ends: bool) -> PdfProblem:
    if error.err_code in _PASSWORD:
        return PdfProblem.ENCRYPTED
    return PdfProblem.UNREADABLE if ends else PdfProblem.TRUNCATED


def _texts(document: PdfDocument, pages: int, room: int) -> Iterator[str | None]:
    """Yield each page's text, None where it cannot be read, until there are so many characters."""
    for number in range(pages):
        if room <= 0:
            return
        text = _text(document, number, room)
        room -= len(text or "")
        yield text


def _text(document: PdfDocument, number: int, room: int) -> str | None:
    try:
        page = document[number]
        words = page.get_textpage()
        text: str = words.get_text_range(0, min(words.count_chars(), room))
        words.close()
        page.close()
    except PdfiumError:
        return None
    return text


def _problem(
    pages: int, texts: list[str | None], text: str, ends: bool, limits: PdfLimits
) -> tuple[PdfProblem | None, str]:
    missing = sum(page is None for page in texts) + (0 if ends or not texts or texts[-1] else 1)
    characters = len("".join(text.split()))
    if missing or not pages:
        problem = PdfProblem.UNREADABLE if ends else PdfProblem.TRUNCATED
        return problem, f"{missing} of {pages} pages could not be read"
    if sum(len(page or "") for page in texts) >= limits.max_characters:
        return PdfProblem.TOO_LARGE, f"more than {limits.max_characters:,} characters"
    if pages > limits.max_pages:
        return PdfProblem.TOO_MANY_PAGES, f"{pages:,} pages, more than {limits.max_pages:,}"
    if characters < _HARDLY_ANY * pages:
        return PdfProblem.IMAGE_ONLY, f"{characters} characters on {pages} pages"
    return None, ""


if __name__ == "__main__":
    # Loads the library before memory is counted.
    assert pypdfium2.raw  # noqa: S101
    main()
