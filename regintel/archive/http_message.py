"""HTTP messages as the archive keeps them: a first line, headers in their order, a body, byte for byte."""

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Self, TypeAlias

from warcio.bufferedreaders import ChunkedDataReader

from regintel.exceptions import ArchiveError

Headers: TypeAlias = list[tuple[str, str]]
"""Names and values in the order they came, a name as often as it came."""


def header_of(headers: Headers, name: str) -> str | None:
    """Return the first header of that name, in any case of letters."""
    return next((value for key, value in headers if key.lower() == name.lower()), None)


@dataclass(frozen=True)
class Message:
    """One HTTP message: its first line, its headers, its body."""

    first: str
    headers: Headers
    body: bytes

    @classmethod
    def read(cls, block: bytes) -> Self:
        """Take a record's block apart; bare line feeds and folded headers of other writers are understood."""
        blank = re.search(rb"\r?\n\r?\n", block)
        head, body = (block[: blank.start()], block[blank.end() :]) if blank else (block, b"")
        first, *lines = (line.removesuffix("\r") for line in head.decode("latin-1").split("\n"))
        headers: Headers = []
        for line in lines:
            if line.startswith((" ", "\t")) and headers:
                name, value = headers.pop()
                headers.append((name, f"{value} {line.strip(' ')}"))
            else:
                name, _, value = line.partition(":")
                headers.append((name, value.strip(" \t")))
        return cls(first, headers, body)

    def header(self, name: str) -> str | None:
        """Return the first header of that name, in any case of letters."""
        return header_of(self.headers, name)

    @property
    def status(self) -> int:
        """The status of a response.

        :raises ArchiveError: when the first line has none.
        """
        found = re.match(r"HTTP/\S+ +(\d{3})\b", self.first)
        if found is None:
            raise ArchiveError(f"not the first line of a response: {self.first[:80]!r}")
        return int(found[1])

    @property
    def payload(self) -> bytes:
        """The body without chunking, which other writers leave in."""
        if "chunked" not in (self.header("Transfer-Encoding") or "").lower():
            return self.body
        return bytes(ChunkedDataReader(BytesIO(self.body)).read())

    def block(self) -> bytes:
        """Return the message as a record holds it.

        :raises ArchiveError: when a line cannot stand in an HTTP message.
        """
        lines = [self.first, *(name + ": " + value.strip(" \t") for name, value in self.headers)]
        for line in lines:
            if "\n" in line or max(line, default="") > "\xff":
                raise ArchiveError(f"not a line of an HTTP message: {line[:80]!r}")
        return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1") + self.body
