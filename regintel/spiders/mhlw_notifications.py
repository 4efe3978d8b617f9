"""Full text of MHLW's notifications, from its law database, by dataId.

Facts: `/web/t_doc?dataId=00tc4403&dataType=1&pageNo=1` (dataType 1: notifications; 0: laws and public notices, 告示)
is a page of lines: 添付一覧, 添付画像はありません, `○title`, `(令和元年7月9日)`, `(薬生機審発0709第2号)`, the
addressee with who signed, `(公印省略)`, the body. Old ones write 平成一三年五月一日 and 医薬審発第五七一号. Long texts
go on at pageNo=2. The markup around the lines is not known, so that only the lines are read. A list of new
notifications was not found: the texts to read are named in `urls`. The text may be kept; what may not be redistributed
is MHLW's RSS.

Inferred, not seen: that a further page is linked from the one before by its address, repeats at most the head, and that
date and number may share a line.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

from scrapy.http import Response as ScrapyResponse
from scrapy.http import TextResponse

from regintel.exceptions import LayoutError
from regintel.items import GuidanceItem
from regintel.spiders import mhlw
from regintel.spiders.base import Yielded
from regintel.spiders.following import PagesSpider
from regintel.spiders.links import joined
from regintel.spiders.pmda import address_of
from regintel.text.eras import japanese_day
from regintel.text.html import text_of
from regintel.text.numbers import agrees_with_date, notification_numbers

# (令和元年7月9日), of 告示 perhaps with the number behind it
BRACKETED = re.compile(r"[(（]((?:[^()（）]|[(（][^()（）]*[)）])*)[)）]")
LAW = re.compile(r"(?P<word>告示|省令|政令|法律)第")
SIGNED = re.compile(r"(?:あて|宛て?)(?P<office>厚生(?:労働)?省.+?)(?:通知|連絡)")
SEAL = ("(公印省略)", "（公印省略）")
UNSTATED = "unstated"


@dataclass(frozen=True)
class Notification:
    """A text of the law database, as its lines tell it."""

    title: str
    date: str
    """In the agency's own words."""
    number: str
    addressee: str
    lines: tuple[str, ...]
    key: str = ""
    """The law database's id, of the page that it was read from."""

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers; where none has a form that we know, the words as they are."""
        return notification_numbers(self.number) or ((self.number,) if self.number else ())

    @property
    def word(self) -> str:
        """What it is called: 告示 and the like by its number, else 通知 or 事務連絡."""
        law = LAW.search(self.number)
        return law["word"] if law else mhlw.word_of_numbers(self.numbers) or UNSTATED

    @property
    def text(self) -> str:
        """Addressee and body."""
        return "\n".join(filter(None, (self.addressee, *(line for line in self.lines if line not in SEAL))))


def notification_of(lines: list[str]) -> Notification | None:
    """Return what lines tell of a notification; none if no line begins with ○, or no date follows it."""
    start = next((at for at, line in enumerate(lines) if line.startswith("○")), len(lines))
    head = next((at for at in range(start + 1, min(start + 4, len(lines))) if _is_date(lines[at])), None)
    if head is None:
        return None
    date, number = "", ""
    for at in range(head, len(lines)):
        parts = BRACKETED.findall(lines[at]) if BRACKETED.sub("", lines[at]).strip() == "" else []
        if not parts or any("あて" in part or "宛" in part for part in parts) or lines[at] in SEAL:
            break
        date = date or parts[0]
        number = number or " ".join(part for part in parts if "号" in part or "事務連絡" in part)
        head = at + 1
    addressee = lines[head] if head < len(lines) and lines[head][0] in "(（" and lines[head] not in SEAL else ""
    title = "".join(lines[start:head][: _title_lines(lines, start)]).removeprefix("○")
    return Notification(title, date, number, addressee, tuple(lines[head + bool(addressee) :]))


def _title_lines(lines: list[str], start: int) -> int:
    return next(at for at in range(1, 4) if _is_date(lines[start + at]))


def _is_date(line: str) -> bool:
    return re.match(r"[(（]\s*(?:昭和|平成|令和|\d{4}\s*年).*日", line) is not None


class MhlwNotificationsSpider(PagesSpider[Notification]):
    """Yields one item per text, all of its pages joined."""

    name = "mhlw_notifications"
    from_document = ("text", "effective")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._further: dict[str, str] = {}

    def rows(self, page: TextResponse) -> Iterable[Notification]:
        """Return the one notification of a page."""
        found = self.some(notification_of(_lines(page)), "line that begins with ○ and is followed by a date")
        return [replace(found, key=self.some(mhlw.data_id(page.url), "dataId in the address"))]

    def key_of(self, row: Notification) -> str | None:
        """Return the law database's id."""
        return row.key

    def parse_row(self, page: TextResponse, row: Notification) -> GuidanceItem:
        """Return what the head of a text says, and its words."""
        self._further[row.key] = self._further_page(page) or ""
        signed = SIGNED.search(row.addressee)
        return self.item(
            page,
            key=row.key,
            url=address_of(page.url),
            title=row.title,
            status=mhlw.word_of_title(row.title) or row.word,
            document_type=row.word if row.word != UNSTATED else "",
            published=japanese_day(row.date),
            reference=next(iter(row.numbers), None),
            references=row.numbers,
            reference_raw=row.number or None,
            offices=(signed["office"],) if signed else (),
            **self._told(row.text, {"status": row.number or row.date}),
        )

    def emit(self, item: GuidanceItem) -> Iterator[Yielded]:
        """Say what is doubtful about its date, then read the text's further pages, each time anew."""
        doubts = [number for number in item.references if agrees_with_date(number, item.published or "") is False]
        if item.published is None or doubts:
            words = f"{self.name}: {item.reference_raw!r} and the day {item.published} do not agree"
            yield self.problem("date", words, url=item.url, key=item.key)
        further = self._further.get(item.key)
        yield self.document_request(further, item) if further else item

    def read_document(self, response: ScrapyResponse, item: GuidanceItem) -> Iterator[Yielded]:
        """Join a further page to the text."""
        page = self.text_page(response)
        lines = _lines(page)
        if not lines:
            raise LayoutError(self.name, "no words on a further page", url=page.url)
        again = notification_of(lines)
        words = again.lines if again else lines
        joined = self.with_text(item, page, "\n".join((item.text, *words)))
        joined = joined.model_copy(update=self._told(joined.text, joined.quoted))
        further = self._further_page(page)
        yield self.document_request(further, joined) if further else joined

    def _told(self, text: str, quoted: dict[str, str]) -> dict[str, object]:
        """Return the text, the day from which it says that it holds, and the words for that."""
        day, words = mhlw.effective_day(text) or (None, "")
        return {"text": text, "effective": day, "quoted": quoted | ({"effective": words} if day else {})}

    def _further_page(self, page: TextResponse) -> str | None:
        """Return the address of the next page of the same text, where this one links it."""
        for href in page.css("a::attr(href)").getall():
            address = address_of(joined(page, href))
            same = mhlw.data_id(address) == mhlw.data_id(page.url)
            if same and _page_number(address) == _page_number(page.url) + 1:
                return address
        return None


def _lines(page: TextResponse) -> list[str]:
    body = page.css("body").get() or ""
    return [words for line in text_of(body).split("\n") if (words := line.removeprefix("## ").strip())]


def _page_number(address: str) -> int:
    told = parse_qs(urlsplit(address).query).get("pageNo", ["1"])[0]
    return int(told) if told.isdecimal() else 1
