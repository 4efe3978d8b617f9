"""ICH guidelines, by the JSON behind its pages.

www.ich.org is drawn by scripts; its content comes from `admin.ich.org/api/v1/nodes`, keyless, a page for each of the
series quality, safety, efficacy and multidisciplinary. No whole response was found in public: the shape is that of
five public crawlers and one test fixture (2025-07 to 2026-06).

How it behaves:

* The rows lie deep in the page's widgets: wherever a node of bundle `guideline` stands, its `items` are the rows.
* A row has a code, a title, a step (`status`), the day of the step (`details.stepDate`, "6 February 2003") with a label
  ("Date of Step 2b:" beside "Step 3"), and groups of files. The group titled "Guideline" holds the text; others hold
  concept papers, presentations, trainings and videos. A draft may have no file at all.
* Public consultations are named by region in `details.info`: "FDA, United States - Deadline for comments by
  30 January 2026". There may be several; the last one ends the consultation.
* `bundleInfo.updated` is the page's stamp, and `description` HTML.
* The code with its revision is the key. [Inferred, not seen in a response: a revision under way, M4Q(R2), stands beside
  the text in force, M4Q(R1).] Where a revision takes the place of the one before it under the same title, the document
  goes on, and is told as revised.
* More than sixty days without a change are normal.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from scrapy.http import TextResponse

from regintel.exceptions import LayoutError
from regintel.items import Attachment, GuidanceItem
from regintel.spiders.following import FollowingSpider
from regintel.text.dates import english_day
from regintel.text.html import text_of
from regintel.text.numbers import ich_code
from regintel.text.titles import squeezed

Node = dict[str, Any]

SITE = "https://www.ich.org"
FILES = "database.ich.org"
UNSTATED = "unstated"
# "Date of Step 2b:", "Step 4"
STEP = re.compile(r"\bstep\s*([1-5][ab]?)\b", re.IGNORECASE)
# "FDA, United States - Deadline for comments by 30 January 2026"
DEADLINE = re.compile(r"deadline for comments by\s+([^;]+)", re.IGNORECASE)
TEACHING = re.compile(r"training|presentation|video", re.IGNORECASE)


@dataclass(frozen=True)
class Entry:
    """A row, with the names of the page and of the section that it stands in."""

    series: str
    section: str
    content: Node


class IchGuidelinesSpider(FollowingSpider[Entry]):
    """Yields one item per code, with the words of its PDF where that is new or moved."""

    name = "ich_guidelines"

    def rows(self, page: TextResponse) -> Iterable[Entry]:
        """Return the rows of every section of a page."""
        answer = self.json_of(page)
        nodes = answer.get("items") if isinstance(answer, dict) else None
        if not isinstance(nodes, list) or not nodes:
            raise LayoutError(self.name, "no page in the answer", url=page.url)
        series = _words((nodes[0].get("bundleInfo") or {}).get("title")) if isinstance(nodes[0], dict) else ""
        return self.some(list(_entries(nodes, series)), "guidelines in the page")

    def key_of(self, row: Entry) -> str | None:
        """Return the code with its revision."""
        code = row.content.get("code")
        return _code(code) or None if isinstance(code, str) else None

    def parse_row(self, page: TextResponse, row: Entry) -> GuidanceItem:
        """Return what a row says."""
        content = row.content
        code = self.some(self.key_of(row), "code")
        details = content.get("details") or {}
        deadlines = list(_deadlines(details.get("info") or ()))
        files = list(_files(content.get("fileGroups") or ()))
        main = next((each.url for group, each in files if group.casefold() == "guideline"), None)
        return self.item(
            page,
            key=code,
            reference=code,
            references=_ich_numbers(code),
            url=main or _series_page(page.url),
            title=_words(content.get("title")),
            status=_step(content, details),
            document_type=row.series,
            topics=tuple(filter(None, [row.section])),
            published=self.source.date_of(_words(details.get("stepDate"))),
            summary=_words(content.get("description")),
            attachments=tuple(each for group, each in files if not TEACHING.search(group)),
            comment_closes=max((day for day, _ in deadlines), default=None),
            quoted={"comment_closes": "; ".join(words for _, words in deadlines)} if deadlines else {},
        )

    def document_address(self, item: GuidanceItem) -> str | None:
        """Return the address of the guideline's PDF; none while there is no file."""
        return item.url if urlsplit(item.url).hostname == FILES else None


def _entries(node: object, series: str) -> Iterator[Entry]:
    """Yield the rows of each node of bundle `guideline`, however deep it lies."""
    if isinstance(node, list):
        for each in node:
            yield from _entries(each, series)
    if not isinstance(node, dict):
        return
    rows = node.get("items")
    if (node.get("entityInfo") or {}).get("bundle") == "guideline" and isinstance(rows, list):
        section = _words(node.get("title"))
        yield from (Entry(series, section, row) for row in rows if isinstance(row, dict))
        return
    for child in node.values():
        yield from _entries(child, series)


def _code(text: str) -> str:
    """Return a code in its one form: "Q3C (R9)" is "Q3C(R9)"."""
    return re.sub(r"\s+\(", "(", squeezed(text))


def _ich_numbers(code: str) -> tuple[str, ...]:
    """Return the number that other agencies know the text by; an annex, or questions and answers, has none."""
    return (f"ICH {code}",) if ich_code(f"ICH {code}") == code else ()


def _step(content: Node, details: Node) -> str:
    """Return the step as the row names it, else the step whose day it gives, else that it is not stated."""
    status = _words(content.get("status"))
    label = STEP.search(_words(details.get("stepDateLabel")))
    return status or (f"Step {label[1].lower()}" if label else UNSTATED)


def _deadlines(lines: Iterable[object]) -> Iterator[tuple[str, str]]:
    """Yield the day and the words of each region's deadline."""
    for line in lines:
        words = _words(line.get("text") if isinstance(line, dict) else line)
        match = DEADLINE.search(words)
        day = english_day(match[1]) if match else None
        if day:
            yield day, words


def _files(groups: Iterable[Node]) -> Iterator[tuple[str, Attachment]]:
    """Yield the group's title and the file, of each PDF."""
    for group in groups:
        title = _words(group.get("title"))
        for file in group.get("files") or ():
            address = file.get("uri")
            if isinstance(address, str) and file.get("mimetype") == "application/pdf":
                name = _words(file.get("title")) or title
                yield title, Attachment(url=_https(address), title=name)


def _https(address: str) -> str:
    return quote(re.sub("^http://", "https://", address.strip()), safe=":/?&=%#+,;@~!$'()*[]")


def _series_page(address: str) -> str:
    """Return the page that people read, of the series that was asked for."""
    alias = parse_qs(urlsplit(address).query).get("alias", ["/page/ich-guidelines"])[0]
    return SITE + alias


def _words(value: object) -> str:
    """Return plain words of what may be HTML, or nothing."""
    text = value if isinstance(value, str) else ""
    return squeezed(text_of(text)) if "<" in text or "&" in text else squeezed(text)
