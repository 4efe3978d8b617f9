"""A document's text in passages that can be found and quoted: each knows its page and its section.

The text of a document has a paragraph a line and headings marked `## `. A PDF's pages are parted by form feeds; HTML
has none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

HEADING = "## "
_SENTENCE_END = re.compile(r"""[.!?]["'”’)\]]*\s+(?=[^\W_]|[(\["'“‘•])|[。！？]+[」』）]?""")
_FINISHED = re.compile(r"""[.!?:;。！？]["'”’)\]」』）]*\s*$""")


@dataclass(frozen=True)
class Passage:
    """A stretch of a document's text, of one section."""

    number: int
    """From 0, in the document's order."""
    page: int | None
    """On which it begins, the first being 1; None where the text has no pages."""
    section: str | None
    """The heading above it, which is also its first line where the section begins here."""
    text: str


def passages(text: str, *, least: int = 200, most: int = 1200) -> list[Passage]:
    """Return a text in passages that together hold all its words, none across a heading.

    Paragraphs are packed up to `most` characters. One that does not fit begins the next passage, unless this one has
    fewer than `least`: then it is cut, as is a longer one, at a sentence's end, else at a space, else anywhere.
    Headings with nothing between them stand over one passage, which takes the last for its section.
    """
    packing = _Packing(most=max(most, 1), least=min(least, most // 2))
    for page, joint, line in _lines(text):
        if line.startswith(HEADING) and line != HEADING.strip():
            packing.head(line.removeprefix(HEADING).strip(), page)
        else:
            packing.add(line, page, joint)
    packing.end()
    return packing.done


def _lines(text: str) -> Iterator[tuple[int | None, str, str]]:
    """Yield each line with its page and with what joins it to the line before: a space where only the page ended."""
    paged = "\f" in text
    before = ""
    for number, page in enumerate(text.split("\f"), 1):
        joint = " " if before and not _FINISHED.search(before[-8:]) else "\n"
        for line in page.split("\n"):
            if line := line.strip():
                yield (number if paged else None), (joint if line[0].islower() else "\n"), line
                before, joint = line, "\n"


@dataclass
class _Packing:
    most: int
    least: int
    done: list[Passage] = field(default_factory=list)
    section: str | None = None
    page: int | None = None
    parts: list[str] = field(default_factory=list)
    size: int = 0
    bare: bool = False
    """Only headings so far."""

    def head(self, heading: str, page: int | None) -> None:
        """Begin a section, unless the last has nothing yet but its heading."""
        if not self.bare or self.size + 1 + len(heading) > self.most:
            self.end()
        self.section = heading
        self.add(heading, page, "\n")
        self.bare = bool(self.parts)

    def add(self, line: str, page: int | None, joint: str) -> None:
        """Put a line into this passage, and what does not fit into the next ones."""
        at = 0
        while at < len(line):
            joint = joint if self.parts else ""
            room = self.most - self.size - len(joint)
            if len(line) - at > room and self.parts and (self.size >= self.least or room < 1):
                self.end()
                continue
            end = _cut(line, at, room)
            self._take(line[at:end].strip(), page, joint)
            at, joint = end, " "
            if at < len(line):
                self.end()

    def _take(self, piece: str, page: int | None, joint: str) -> None:
        if not piece:
            return
        self.page = self.page if self.parts else page
        self.parts += (joint, piece)
        self.size += len(joint) + len(piece)
        self.bare = False

    def end(self) -> None:
        """Close the passage, if there is one."""
        if self.parts:
            self.done.append(Passage(len(self.done), self.page, self.section, "".join(self.parts)))
        self.parts, self.size, self.bare = [], 0, False


def _cut(line: str, start: int, room: int) -> int:
    """Return where a line's next piece of so many characters ends: after a sentence, a word, or in one."""
    if len(line) - start <= room:
        return len(line)
    end = start + room
    # Half the room is enough for whole sentences; less would leave crumbs.
    half = start + room // 2
    sentences = [match.end() for match in _SENTENCE_END.finditer(line, half, end + 1) if match.end() <= end]
    if sentences:
        return sentences[-1]
    space = line.rfind(" ", start + 1, end + 1)
    return space + 1 if space > 0 else end
