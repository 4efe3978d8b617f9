"""Japanese notifications that PMDA lists: pages of bullets whose words hold everything.

Facts (ctp/0007.html on regenerative products, 2022-03 to 2026; drugs/0371.html on nitrosamines, 2022 to 2026, its
layout taken over from the former): headings, some of them without bullets, then links like
「再生医療等製品の製造販売承認申請について（2014年（平成26年）8月12日　薬食発0812第30号）[112 KB]」: title, in
brackets the Western year with the era's, month and day, a space, the number or several, then the size. Brackets are
full-width or not and are nested, so that the last group counts which begins with a Western year. 号 may be missing
(薬生機審発1122第10). 事務連絡 stands where there is no number. Links without date and number (手順, 申請等手続き,
審査予定) are no notifications and no rows.

Inferred, not seen: a group that begins with an era alone; a date without month and day, then told by the number; 廃止,
改正, 案 in brackets of their own as words about this very document (`mhlw.word_of_title`); that 事務連絡 without a
number does not tell who signed it; the one day from which a PDF says that it holds.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from scrapy.http import Response as ScrapyResponse
from scrapy.http import TextResponse

from regintel.items import Attachment, GuidanceItem
from regintel.spiders import mhlw
from regintel.spiders.pmda import sized
from regintel.spiders.pmda_lists import ListLink, PmdaListSpider, words_of
from regintel.text.eras import japanese_day
from regintel.text.numbers import ich_code, notification_numbers
from regintel.text.titles import squeezed

# （2014年（平成26年）8月12日　薬食発0812第30号）; （令和6年6月18日　…） where no group has a Western year
GROUPS = (
    re.compile(r"[(（]\s*(?P<year>\d{4})\s*年"),
    re.compile(r"[(（]\s*(?:昭和|平成|令和)\s*(?:元|[\d〇一二三四五六七八九十]+)\s*(?:[(（]\s*\d{4}\s*[)）]\s*)?年"),
)
UNSTATED = "unstated"


def dated_group(text: str) -> tuple[str, str] | None:
    """Return a bullet's title and what its last dated brackets hold; none if it has none of its own.

    >>> dated_group("甲（仮称）について（2014年（平成26年）8月12日　薬食発0812第30号）別添")
    ('甲（仮称）について 別添', '2014年（平成26年）8月12日 薬食発0812第30号')
    """
    for form in GROUPS:
        if found := list(form.finditer(text)):
            start = found[-1].start()
            end = _end_of(text, start)
            inner = text[start + 1 : end]
            if "付け" in inner or inner.endswith("付"):
                return None
            return squeezed(f"{text[:start]} {text[end + 1 :]}"), squeezed(inner)
    return None


def _end_of(text: str, start: int) -> int:
    """Return where the brackets close that open at `start`; the text's end if they never do."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] in "(（") - (text[at] in ")）")
        if depth == 0:
            return at
    return len(text)


class PmdaGuidanceJaSpider(PmdaListSpider):
    """Yields one item per dated notification."""

    name = "pmda_guidance_ja"
    from_document = ("text", "effective")

    def rows(self, page: TextResponse) -> Iterable[ListLink]:
        """Return the links that are notifications: dated, or files whose words hold a number."""
        return self.some([link for link in self.links(page) if self._is_notification(link)], "dated notifications")

    def parse_row(self, page: TextResponse, row: ListLink) -> GuidanceItem:
        """Return what a bullet says."""
        words, size = sized(self._bullet(row))
        title, told = dated_group(words) or (words, "")
        numbers = notification_numbers(told)
        return self.item(
            page,
            key=self.some(self.key_of(row), "key"),
            url=row.address,
            title=title,
            status=mhlw.word_of_title(title) or mhlw.word_of_numbers(numbers) or UNSTATED,
            document_type=mhlw.word_of_numbers(numbers) or "",
            published=self._day(told, numbers),
            reference=next(iter(numbers), None),
            references=(*numbers, *_ich(title)),
            reference_raw=told or None,
            topics=row.topics,
            attachments=(Attachment(url=row.address, size=size),),
            quoted={"status": told or words},
            **({"issuer": "mhlw"} if any(map(mhlw.is_from_bureau, numbers)) else {}),
        )

    def with_text(self, item: GuidanceItem, response: ScrapyResponse, text: str) -> GuidanceItem:
        """Return the item with its PDF's words, and the day from which these say that it holds."""
        return super().with_text(item, response, text).model_copy(update=effective_fields(item, text))

    def doubts(self, item: GuidanceItem) -> Iterator[str]:
        """Yield also a date that contradicts itself: then there is none."""
        if item.published is None and item.reference_raw:
            yield f"no day can be read from {item.reference_raw!r}"
        yield from super().doubts(item)

    def _is_notification(self, link: ListLink) -> bool:
        words = self._bullet(link)
        numbered = any(number != "事務連絡" for number in notification_numbers(words))
        return dated_group(words) is not None or (numbered and "/files/" in link.address)

    def _bullet(self, link: ListLink) -> str:
        """Return the words of the link's bullet where no other link stands in it, else the link's own."""
        bullet = link.container
        alone = bullet.root.tag == "li" and len(bullet.css("a[href]")) == 1
        return words_of(bullet) if alone else link.words

    def _day(self, told: str, numbers: tuple[str, ...]) -> str | None:
        year = None if "月" in told else re.match(r"\d{4}(?=年)", told)
        return japanese_day(told) or self.day_from_number(numbers, year[0] if year else None)


def effective_fields(item: GuidanceItem, text: str) -> dict[str, Any]:
    """Return the fields of an item that the words of its document give: from when on it holds."""
    found = mhlw.effective_day(text)
    return {"effective": found[0], "quoted": {**item.quoted, "effective": found[1]}} if found else {}


def _ich(title: str) -> tuple[str, ...]:
    code = ich_code(title)
    return (f"ICH {code}",) if code else ()
