"""A PDF's text, had from a separate process: whatever the bytes are, `read_pdf` returns, and in time.

PDFium is C++ and reads what strangers wrote. So it runs where it can be killed: a process that may use so much time and
memory, has no file to write to, and is given the PDF on its stdin. Agencies also send other things as a PDF (EMA its
error page), scans without text, and files whose end is missing; a reader of documents is told which.
"""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from time import monotonic, sleep

from regintel.text.titles import squeezed

MIB = 1024 * 1024


@dataclass(frozen=True)
class PdfLimits:
    """What a PDF may cost."""

    max_bytes: int = 64 * MIB
    max_pages: int = 2_000
    seconds: float = 60
    """By the clock, for all of it."""
    cpu: int = 45
    """Seconds of computing."""
    memory: int = 768 * MIB
    """Address space of the process, the PDF's bytes included; a guideline takes 60 MB."""
    max_characters: int = 10_000_000


class PdfProblem(StrEnum):
    """Why a PDF's text is missing or not all there."""

    NOT_PDF = "not_pdf"
    """No `%PDF-` in the first 1,024 bytes."""
    ENCRYPTED = "encrypted"
    """It wants a password; one that only forbids printing is read."""
    IMAGE_ONLY = "image_only"
    """Pages with hardly a character: a scan."""
    TRUNCATED = "truncated"
    """Its end is missing, and with it pages or all of them."""
    TOO_LARGE = "too_large"
    """More bytes, or more characters, than we take; of the latter the first are given."""
    TOO_MANY_PAGES = "too_many_pages"
    """The first pages are given."""
    UNREADABLE = "unreadable"
    """PDFium does not understand it, or some of its pages; the others are given."""
    CRASHED = "crashed"
    OUT_OF_TIME = "out_of_time"
    OUT_OF_MEMORY = "out_of_memory"


@dataclass(frozen=True)
class PdfText:
    """What a PDF says: its pages parted by form feeds, a paragraph a line, headings marked `## `."""

    text: str = ""
    pages: int = 0
    """That the document has, also where not all were read."""
    title: str = ""
    """Of its properties; often that of another document, or a file's name."""
    problem: PdfProblem | None = None
    detail: str = ""
    """One line for a person."""


def read_pdf(data: bytes, limits: PdfLimits = PdfLimits()) -> PdfText:
    """Return a PDF's text, or as much of it as there is and what is wrong with it."""
    if b"%PDF-" not in data[:1024]:
        return PdfText(problem=PdfProblem.NOT_PDF, detail=f"begins with {data[:40]!r}" if data else "no bytes")
    if len(data) > limits.max_bytes:
        return PdfText(problem=PdfProblem.TOO_LARGE, detail=f"{len(data):,} bytes, more than {limits.max_bytes:,}")
    # A file, as a pipe would have to be filled while the answer is read.
    with tempfile.TemporaryFile() as stdin:
        stdin.write(data)
        stdin.seek(0)
        # Isolated from the environment and the user's packages; a session of its own, so that all of it can be killed.
        process = subprocess.Popen(  # noqa: S603  our own module
            [sys.executable, "-I", "-m", "regintel.text.pdf_process", json.dumps(asdict(limits))],
            stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
            env={"LC_ALL": "C.UTF-8"}, start_new_session=True,
        )  # fmt: skip
    with process:
        return _waited_for(process, limits)


def _waited_for(process: "subprocess.Popen[bytes]", limits: PdfLimits) -> PdfText:
    deadline = monotonic() + limits.seconds
    try:
        said, told = _output(process, deadline, most=6 * limits.max_characters + MIB)
        code, memory = _end(process, deadline)
    except subprocess.TimeoutExpired:
        return PdfText(problem=PdfProblem.OUT_OF_TIME, detail=f"not read within {limits.seconds:g} s")
    except _TooMuchError:
        return PdfText(problem=PdfProblem.CRASHED, detail="the process wrote without end")
    finally:
        if process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return _answer(said) if code == 0 else _death(code, told, out_of_memory=memory > limits.memory / 4)


class _TooMuchError(Exception):
    """The process wrote more than it can have to say."""


def _output(process: "subprocess.Popen[bytes]", deadline: float, most: int) -> tuple[bytes, bytes]:
    """Return what a process writes to stdout and, no more than its last words, to stderr; up to the end of both."""
    assert process.stdout is not None and process.stderr is not None  # noqa: S101, PT018  both are pipes
    said, told = bytearray(), bytearray()
    streams = {process.stdout.fileno(): said, process.stderr.fileno(): told}
    while streams:
        ready, _, _ = select.select(list(streams), [], [], max(0.0, deadline - monotonic()))
        if not ready:
            raise subprocess.TimeoutExpired(process.args, 0)
        for stream in ready:
            chunk = os.read(stream, MIB)
            streams[stream] += chunk
            if not chunk:
                del streams[stream]
        del told[:-4096]
        if len(said) > most:
            raise _TooMuchError
    return bytes(said), bytes(told)


def _end(process: "subprocess.Popen[bytes]", deadline: float) -> tuple[int, int]:
    """Return the exit code of a process that has said all, and how many bytes of memory it had in use at most."""
    while monotonic() < deadline:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, 1024 * usage.ru_maxrss
        sleep(0.001)
    raise subprocess.TimeoutExpired(process.args, 0)


def _answer(said: bytes) -> PdfText:
    try:
        answer = json.loads(said)
        problem = PdfProblem(answer["problem"]) if answer["problem"] else None
        return PdfText(str(answer["text"]), int(answer["pages"]), str(answer["title"]), problem, str(answer["detail"]))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        return PdfText(problem=PdfProblem.CRASHED, detail=f"the process gave no answer: {type(error).__name__}")


def _death(code: int, told: bytes, *, out_of_memory: bool) -> PdfText:
    """Return what the death of the process means, from its exit code and its last words.

    PDFium ends itself with a signal where it is given no more memory; a few such requests fill all that is allowed.
    """
    words = squeezed(told.decode(errors="replace"))[-300:]
    if code == -signal.SIGXCPU:
        return PdfText(problem=PdfProblem.OUT_OF_TIME, detail="used up its seconds of computing")
    how = f"died of signal {-code}" if code < 0 else f"ended with exit code {code}"
    # SIGKILL is the kernel's way with a machine that has no memory left.
    starved = code == -signal.SIGKILL or "MemoryError" in words or (code < 0 and out_of_memory)
    problem = PdfProblem.OUT_OF_MEMORY if starved else PdfProblem.CRASHED
    return PdfText(problem=problem, detail=f"{how}: {words}" if words else how)
