"""What a person put into the inbox: files and folders of them, read into records. Reads; writes nothing.

A file is read once: the bytes that are archived are the bytes that were understood.
"""

import getpass
import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from regintel.exceptions import SubmissionError, UsageError
from regintel.jobs.submission import Submission, checked, language_of, submission_of
from regintel.text.html import text_of
from regintel.text.pdf import MIB, read_pdf
from regintel.text.titles import squeezed, title_words

MOST_BYTES = 256 * MIB
"""Of one file: it is held in memory once."""
BORNE_OUT = 0.75
"""Share of a title's words that stand on a PDF's first page, if the title in its properties is its own."""


@dataclass(frozen=True)
class Rejected:
    """What was not taken, and why."""

    path: str
    line: int | None
    reason: str


@dataclass
class Taken:
    """One file, as it was read."""

    path: str
    """As the person named it, or as it lies in the folder that the person named."""
    name: str
    data: bytes
    media_type: str
    entries: list[tuple[int | None, Submission]] = field(default_factory=list)
    """Each with its line, where the file has lines."""


Otherwise = Mapping[str, str]
"""What holds for records that say nothing of a field: agency, language."""


def take(path: Path, otherwise: Otherwise, rejected: list[Rejected]) -> Taken | None:
    """Read one file; what cannot be taken is added to what was rejected, and costs only itself."""
    try:
        file = _read(path, otherwise, rejected)
    except SubmissionError as error:
        rejected.append(Rejected(shown(path), None, str(error)))
        return None
    return file if file.entries else None


def understood(otherwise: Otherwise) -> Otherwise:
    """Return what holds for all records, once it can.

    :raises UsageError: for a language that we do not know.
    """
    try:
        language_of(otherwise.get("language", ""))
    except SubmissionError as error:
        raise UsageError(str(error)) from error
    return otherwise


def persons_name() -> str:
    """Return who runs this, as the system knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return f"user {os.getuid()}"


def files_in(paths: Iterable[Path]) -> list[Path]:
    """Return the files that are named, and those of named folders in the order of their names, hidden ones left out.

    :raises UsageError: for a path that is not there.
    """
    return list(dict.fromkeys(file for path in paths for file in _files_of(path)))


def _files_of(path: Path) -> list[Path]:
    if path.is_dir():
        inside = sorted(path.rglob("*"))
        return [each for each in inside if each.is_file() and not _hidden(each.relative_to(path))]
    if not path.is_file():
        raise UsageError(f"{shown(path)}: no such file or folder")
    return [path]


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def shown(path: Path) -> str:
    """Return a path as it can be printed and stored, whatever bytes its name has."""
    return _whole(str(path))


def _whole(text: str) -> str:
    """Return a text without halves of characters, which cannot be written."""
    return text.encode("utf-8", "replace").decode()


def bytes_of(path: Path) -> bytes:
    """Return a file's bytes.

    :raises SubmissionError: when it cannot be read or is too large.
    """
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise SubmissionError(f"{size:,} bytes, more than {MOST_BYTES:,}")
        return path.read_bytes()
    except OSError as error:
        raise SubmissionError(f"cannot be read: {error.strerror}") from error


def _read(path: Path, otherwise: Otherwise, rejected: list[Rejected]) -> Taken:
    if path.suffix.lower() not in READERS:
        raise SubmissionError(f"files of type {path.suffix or '(none)'!r} are not read: {', '.join(sorted(READERS))}")
    media_type, reader = READERS[path.suffix.lower()]
    file = Taken(shown(path), shown(Path(path.name)), bytes_of(path), media_type)
    reader(file, otherwise, rejected)
    return file


def _lines(file: Taken, otherwise: Otherwise, rejected: list[Rejected]) -> None:
    """Take what can be taken of a file with a record a line."""
    for number, line in enumerate(file.data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            file.entries.append((number, submission_of(line, **otherwise)))
        except SubmissionError as error:
            rejected.append(Rejected(file.path, number, str(error)))


def _pdf(file: Taken, otherwise: Otherwise, rejected: list[Rejected]) -> None:
    """Take a PDF all of whose text could be read; its bytes are what it is known by."""
    read = read_pdf(file.data)
    if read.problem:
        raise SubmissionError(f"{read.problem}: {read.detail}")
    text = _whole(read.text)
    title = _whole(read.title) if _is_its_own(read.title, text.split("\f")[0]) else _named(file)
    digest = hashlib.sha256(file.data).hexdigest()[:32]
    file.entries.append((None, checked({**otherwise, "title": title, "text": text}, digest)))


def _is_its_own(title: str, first_page: str) -> bool:
    """Return whether a title from a PDF's properties is its own: often it is another's, or a word processor's."""
    words = title_words(title) if squeezed(title) else frozenset()
    return len(words) > 1 and len(words & title_words(first_page)) >= BORNE_OUT * len(words)


def _named(file: Taken) -> str:
    return squeezed(Path(file.name).stem.replace("_", " ").replace("-", " "))


def _html(file: Taken, otherwise: Otherwise, rejected: list[Rejected]) -> None:
    """Take a page that has words: by its own address if it tells one, else by its words."""
    soup = BeautifulSoup(file.data, "lxml")
    body = next((found for css in ("main", "article", "body") if (found := soup.select_one(css))), None)
    text = text_of(str(body)) if body else ""
    if not text:
        raise SubmissionError("no words: an empty page, or one that a script fills in")
    address = _canonical(soup)
    fields = {"title": _headed(soup) or _named(file), "text": text, "url": address, "language": _language(soup)}
    told = {name: word for name, word in fields.items() if word}
    digest = "" if address else hashlib.sha256(text.encode()).hexdigest()[:32]
    file.entries.append((None, checked({**otherwise, **told}, digest)))


def _headed(soup: BeautifulSoup) -> str:
    """Return a page's one main heading, else its title."""
    headings = [squeezed(each.get_text(" ")) for each in soup("h1")]
    title = squeezed(soup.title.get_text(" ")) if soup.title else ""
    return headings[0] if len(headings) == 1 and headings[0] else title


def _canonical(soup: BeautifulSoup) -> str:
    found = soup.select_one('link[rel~="canonical"][href^="http"]')
    return str(found["href"]).strip() if isinstance(found, Tag) else ""


def _language(soup: BeautifulSoup) -> str:
    """Return the language that a page says it is in, if we know it."""
    word = soup.html.get("lang") if soup.html else None
    try:
        return language_of(word) if isinstance(word, str) else ""
    except SubmissionError:
        return ""


Reader = Callable[[Taken, Otherwise, list[Rejected]], None]
READERS: dict[str, tuple[str, Reader]] = {
    ".jsonl": ("application/jsonl", _lines),
    ".pdf": ("application/pdf", _pdf),
    ".html": ("text/html", _html),
    ".htm": ("text/html", _html),
}
