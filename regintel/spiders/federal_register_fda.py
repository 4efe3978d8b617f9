"""FDA's notices in the Federal Register, by its API v1: official, keyless, and not behind FDA's wall.

How it behaves (its source, usnationalarchives/federalregister-api-core @ e9c64236, and notices of 2013 to 2025):

* Filters count only under `conditions[…]`; a bare one is ignored, and everybody's documents come. An unknown condition
  or field is a 400 with JSON. Without `fields[]`, comment deadline, dockets, action and dates are left out.
* Without a hit, `results` is absent. For a window of some weeks that is a fault, not news: FDA publishes every day.
* `per_page` is 2 to 2000, anything else is silently 20. A page above 50, or past 10,000 documents, is silently page 1,
  so pages are followed by `next_page_url`, and a page that brings nothing new ends the reading.
* `comments_close_on` is empty for most notices; a draft's `dates` still say "by June 14, 2016". A day there is a
  deadline only in a sentence about comments: others tell when a meeting is held, or until when to petition.
* `docket_ids` bear the words "Docket No." and are typed by hand, like FDA's own.
* A title is a list: "Title; Draft Guidance for Industry; Availability", "…; Guidance for Industry and Food and Drug
  Administration Staff; Availability", "…; Reopening of the Comment Period", "Withdrawal of Draft Guidance Documents …".
  "Withdrawal of Approval" withdraws medicines, not guidance. That "Guidance for Industry" without "Draft" is final is
  inferred; the abstract then may say which draft it finalizes.
* Answers are kept for a day by the server. No refusal was seen.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from scrapy import Request
from scrapy.http import TextResponse

from regintel.exceptions import LayoutError
from regintel.items import Attachment, GuidanceItem
from regintel.spiders.base import GuidanceSpider
from regintel.text.dates import english_day
from regintel.text.numbers import dockets

Record = dict[str, Any]

FIELDS = (
    "document_number", "title", "type", "action", "abstract", "publication_date", "comments_close_on", "docket_ids",
    "dates", "html_url", "pdf_url", "agencies",
)  # fmt: skip
"""What is asked for by name, and must come."""
WINDOW = timedelta(days=60)
"""How far back a run asks: long enough for weeks of failed runs, short of the 10,000 documents where paging breaks."""
AGENCY = "food-and-drug-administration"

# "Draft Guidance for Industry", "Draft and Revised Draft Guidances for Industry", "Draft Guidance on Q3D …"
DRAFT = re.compile(r"^(?:Revised )?Draft (?:and Revised Draft )?Guidances?\b")
# "Guidance for Industry and Food and Drug Administration Staff", "Small Entity Compliance Guide"
GUIDANCE = re.compile(r"^(?:Revised |Final )?Guidances? (?:for|on)\b|^Small Entity Compliance Guide\b")
# "Withdrawal of Guidances", "Withdrawal of Draft Guidance Documents Published Before December 31, 2013"
WITHDRAWAL = re.compile(r"^Withdrawal of (?:[\w-]+ )*?Guidances?\b")
# "Reopening of the Comment Period", "Extension of Comment Period"
PERIOD = re.compile(r"^(Reopening|Extension) of (?:the )?Comment Period\b")
MEETING = re.compile(r"\bMeetings?\b")
SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
FINALIZES = re.compile(r"\bfinalizes the draft guidance\b")
# "submit either electronic or written comments on the draft guidance by June 14, 2016"
DEADLINE = re.compile(r"\bcomments?\b.{0,300}?\bby ([A-Z][a-z]+ \d{1,2}, \d{4})")


class FederalRegisterFdaSpider(GuidanceSpider[Record]):
    """Yields one item per notice of the last weeks."""

    name = "federal_register_fda"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._nothing_new = False

    def list_request(self, address: str) -> Request:
        """Return the request for a page: the first asks for a window and for fields, the others bear theirs."""
        if address == self.source.url:
            since = (self.now - WINDOW).date().isoformat()
            fields = "".join(f"&fields[]={name}" for name in FIELDS)
            address = f"{address}&conditions[publication_date][gte]={since}{fields}"
        return super().list_request(address)

    def rows(self, page: TextResponse) -> Iterable[Record]:
        """Return the notices of a page; a window without any is a failure."""
        records = self.some(self._answer(page).get("results"), "documents in the window")
        for each in records:
            self._check(page, each)
        self._nothing_new = all(each["document_number"] in self.seen for each in records)
        return list(records)

    def key_of(self, row: Record) -> str | None:
        """Return the document number."""
        return row["document_number"] or None

    def next_page(self, page: TextResponse) -> str | None:
        """Return the address that the answer names; none after a page that brought nothing new."""
        following: str | None = self._answer(page).get("next_page_url")
        if following and not self._nothing_new:
            return following
        if following or int(self._answer(page).get("count") or 0) > self.listed:
            self.complete = False  # the paging went round, or ended early
        return None

    def parse_row(self, page: TextResponse, row: Record) -> GuidanceItem:
        """Return what a notice says."""
        number = self.some(self.key_of(row), "document number")
        written = [str(each) for each in row["docket_ids"] or ()]
        status, said = form_of(row)
        closes, until = self._deadline(row)
        return self.item(
            page,
            key=number,
            url=self.some(row["html_url"], "address"),
            title=row["title"] or "",
            status=status,
            document_type=(row["action"] or row["type"]).rstrip("."),
            reference=number,
            references=(number, *dockets(" ".join(written))),
            reference_raw="; ".join((number, *written)),
            published=self.some(self.source.date_of(row["publication_date"] or ""), "day of publication"),
            comment_closes=closes,
            summary=row["abstract"] or "",
            attachments=(Attachment(url=row["pdf_url"], title="PDF"),) if row["pdf_url"] else (),
            quoted={"status": said, **({"comment_closes": until} if until else {})},
        )

    def _answer(self, page: TextResponse) -> Record:
        answer = self.json_of(page)
        if not isinstance(answer, dict):
            raise LayoutError(self.name, f"an object is due, not {type(answer).__name__}", url=page.url)
        return answer

    def _check(self, page: TextResponse, record: object) -> None:
        """See that the fields came that were asked for, and that the filter was not ignored.

        :raises LayoutError: when not.
        """
        if not isinstance(record, dict) or not record.keys() >= set(FIELDS):
            gone = sorted(set(FIELDS) - record.keys()) if isinstance(record, dict) else ["the record"]
            raise LayoutError(self.name, f"fields are gone: {', '.join(gone)}", url=page.url)
        names = [f"{each.get('slug')} {each.get('raw_name')}".casefold() for each in record["agencies"] or ()]
        if not any(AGENCY in each or AGENCY.replace("-", " ") in each for each in names):
            words = (
                f"the filter was ignored: {record['document_number']} is a document of {', '.join(names) or 'nobody'}"
            )
            raise LayoutError(self.name, words, url=page.url)

    def _deadline(self, row: Record) -> tuple[str | None, str]:
        """Return the day until which comments are asked for, and the words that say so."""
        told = self.source.date_of(row["comments_close_on"] or "")
        for sentence in _sentences(row["dates"]):
            match = DEADLINE.search(sentence)
            read = english_day(match[1]) if match else None
            if read and told in {None, read}:
                return read, sentence
        return told, ""


def form_of(row: Record) -> tuple[str, str]:
    """Return what kind of notice this is, by its title's grammar, else by its type; and the words that say so."""
    parts = [part.strip() for part in (row["title"] or "").split(";")]
    draft, guidance = _first(DRAFT, parts), _first(GUIDANCE, parts)
    withdrawal, period = _first(WITHDRAWAL, parts), _first(PERIOD, parts)
    if withdrawal or ((draft or guidance) and "Withdrawal" in parts):
        return "Withdrawal of Guidance", withdrawal or "Withdrawal"
    if draft and period:
        return f"{period.split()[0]} of the Comment Period", period
    if draft:
        return "Draft", draft
    if guidance:
        return "Guidance", next(filter(FINALIZES.search, _sentences(row["abstract"])), guidance)
    meeting = _first(MEETING, parts)
    return ("Notice of Meeting", meeting) if meeting else (row["type"], row["action"] or row["type"])


def _first(form: re.Pattern[str], parts: Iterable[str]) -> str:
    return next((part for part in parts if form.search(part)), "")


def _sentences(text: str | None) -> Iterator[str]:
    yield from SENTENCES.split(text or "")
