"""Capture folders: responses written down by hand or by another tool, for tests and the demo.

A folder with `index.jsonl`, a response a line,
    {"url", "time", "status"?, "headers"?, "method"?, "body_match"?, "url_match"?, "file" or "text"}
where `time` is YYYYMMDDhhmmss, `body_match` a regex that the request's body must hold, `file` a path inside the folder.
With `url_match`, a regex, the line answers every address it is found in, as sent or percent-decoded, and `url` is only
its label.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field

from regintel.exceptions import UsageError
from regintel.replay.capture import Capture, Request, moment

EARLIEST = "00000101000000"
"""What completes a short time of a capture folder: the first second of the year, month, day it names."""


class CaptureLine(BaseModel):
    """A line of a capture folder's `index.jsonl`."""

    url: str
    time: Annotated[str, Field(pattern=r"^[0-9]{4,14}$")]
    status: Annotated[int, Field(ge=200, le=599)] = 200
    headers: dict[str, str] = {}
    method: str = "GET"
    body_match: re.Pattern[str] | None = None
    url_match: re.Pattern[str] | None = None
    file: str | None = None
    text: str = ""


def capture_folder(folder: Path) -> list[Capture]:
    """Return what the folder's `index.jsonl` lists, if it has one.

    :raises UsageError: when a line is not understood, or its file is not in the folder.
    """
    index = folder / "index.jsonl"
    if not index.is_file():
        return []
    captures = []
    for number, line in enumerate(index.read_bytes().split(b"\n"), 1):
        if line.strip():
            try:
                captures.append(_listed(folder, CaptureLine.model_validate_json(line)))
            except ValueError as error:  # pydantic's is one
                raise UsageError(f"{index}: line {number}: {' '.join(str(error).split())}") from error
    return captures


def _listed(folder: Path, line: CaptureLine) -> Capture:
    """Return the capture that a line of `index.jsonl` lists.

    :raises ValueError: when its time is none, or its file is not in the folder.
    """
    stamp = line.time + EARLIEST[len(line.time) :]
    moment(stamp)
    read: Callable[[], bytes] = line.text.encode
    if line.file is not None:
        path = (folder / line.file).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            raise ValueError(f"no file {line.file!r} in the folder")
        read = path.read_bytes
    wire = [(name, value.encode().decode("latin-1")) for name, value in line.headers.items()]
    if not any(name.lower() == "content-type" for name, _ in wire):
        wire.append(("Content-Type", "text/html; charset=utf-8"))
    return Capture(
        request=Request(line.method.upper(), line.url),
        stamp=stamp,
        status=line.status,
        headers=wire,
        read=read,
        fits=lambda asked: line.body_match is None or bool(line.body_match.search(asked.body.decode(errors="replace"))),
        since=stamp,
        pattern=line.url_match,
    )
