"""FDA guidance documents.

The search page is a table widget over one static JSON file: a bare array of about 2,790 records, 16 keys each, every
value a string, empty meaning none. The page itself has a table head and no rows. The file's order means nothing.

How it behaves (2025-10 to 2026-07):

* The slug of the landing page is the key: it is the one thing that is unique. A draft that becomes final mostly keeps
  slug and even `/media/<id>` (the bytes behind it are replaced); sometimes the old slug goes and a new one comes.
* `changed` is the stamp of the landing page's node. It moves in bulk and on silent edits: a fact, but no change.
* Titles and products are HTML-escaped inside their tags. The PDF's label repeats the title for screen readers.
* Topics are joined by ", " though some names hold one. `field_topics` and `field_health_topics` are always empty.
* Offices are parted by `<br><br>`, sub-offices by a comma without a space.
* Dockets are typed by hand: en dashes, spaces, no prefix, "None found", Federal Register numbers.
* Issue dates are back-dated and may be empty; before 1938 they are placeholders.
* Withdrawn is no status: the record vanishes, or its title says so.
* A refusal is a 302 to an apology page (404 or 200), or HTML where the JSON is due.
"""

import re
from collections.abc import Iterable

from parsel import Selector
from scrapy.http import TextResponse

from regintel.exceptions import LayoutError
from regintel.items import Attachment, GuidanceItem
from regintel.spiders.base import GuidanceSpider
from regintel.spiders.fda import slug_of
from regintel.spiders.links import joined
from regintel.text.numbers import docket, dockets
from regintel.text.titles import squeezed

Record = dict[str, str]

FIELDS = frozenset({
    "title", "field_associated_media_2", "field_issue_datetime", "field_issuing_office_taxonomy", "term_node_tid",
    "field_final_guidance_1", "field_comment_close_date", "field_docket_number", "field_communication_type",
    "field_regulated_product_field", "changed",
})  # fmt: skip
# "PDF (358.58 KB)"
SIZE = re.compile(r"\(([\d.,]+\s*[KMG]?B)\)")
FIRST_YEAR = "1938"  # the Act; earlier dates are placeholders (01/01/1900)


class FdaGuidanceSpider(GuidanceSpider[Record]):
    """Yields one item per record of the search page's JSON."""

    name = "fda_guidance"

    def rows(self, page: TextResponse) -> Iterable[Record]:
        """Return the records."""
        records = self.json_of(page)
        if not isinstance(records, list):
            raise LayoutError(self.name, f"a list of records is due, not {type(records).__name__}", url=page.url)
        if records and not (isinstance(records[0], dict) and records[0].keys() >= FIELDS):
            raise LayoutError(self.name, f"fields are gone: {_missing(records[0])}", url=page.url)
        return records

    def key_of(self, row: Record) -> str | None:
        """Return the slug."""
        address, _ = _link(row.get("title", "")) if isinstance(row, dict) else ("", "")
        return slug_of(address)

    def parse_row(self, page: TextResponse, row: Record) -> GuidanceItem:
        """Return what a record says."""
        if not isinstance(row, dict) or not all(isinstance(value, str) for value in row.values()):
            raise LayoutError(self.name, "a record is not an object of strings")
        if not row.keys() >= FIELDS:
            raise LayoutError(self.name, f"fields are gone: {_missing(row)}")
        address, title = _link(row["title"])
        written = squeezed(_link(row["field_docket_number"])[1])
        published = self._issue_date(row["field_issue_datetime"])
        return self.item(
            page,
            key=self.some(self.key_of(row), "slug in the title's link"),
            url=joined(page, address),
            title=title,
            status=row["field_final_guidance_1"].strip(),
            document_type=squeezed(row["field_communication_type"]),
            reference=docket(written),
            references=dockets(written),
            reference_raw=written or None,
            published=published,
            updated=_day_of_stamp(row["changed"]),
            comment_closes=self.source.date_of(row["field_comment_close_date"]),
            offices=tuple(_offices(row["field_issuing_office_taxonomy"])),
            topics=tuple(self._names(row["term_node_tid"])),
            products=tuple(self._names(row["field_regulated_product_field"])),
            attachments=tuple(_attachments(page, row["field_associated_media_2"])),
        )

    def _issue_date(self, text: str) -> str | None:
        day = self.source.date_of(text)
        return day if day and day >= FIRST_YEAR else None

    def _names(self, joined: str) -> list[str]:
        """Split names joined by commas; as a sorted set, for their order means nothing."""
        rest, names = _text(joined), set()
        for name in self.source.lookups.get("names_with_commas", ()):
            if name in rest:
                rest = rest.replace(name, "")
                names.add(name)
        return sorted(names | {name.strip() for name in rest.split(", ") if name.strip(" ,")})


def _missing(record: object) -> str:
    return ", ".join(sorted(FIELDS - record.keys())) if isinstance(record, dict) else "no object"


def _text(fragment: str) -> str:
    return squeezed("".join(Selector(text=f"<p>{fragment}</p>").css("p ::text, p::text").getall())) if fragment else ""


def _link(fragment: str) -> tuple[str, str]:
    """Return address and text of the fragment's link; without one, no address and the fragment's text."""
    links = Selector(text=fragment or "<i></i>").css("a")
    if not links:
        return "", _text(fragment)
    words = links[0].xpath("string()").get("")
    return links[0].attrib.get("href", ""), squeezed(words)


def _day_of_stamp(fragment: str) -> str | None:
    stamp = Selector(text=fragment or "<i></i>").css("time::attr(datetime)").get("")
    return stamp[:10] if re.match(r"\d{4}-\d\d-\d\dT", stamp) else None


def _offices(fragment: str) -> list[str]:
    chunks = re.split(r"(?:<br\s*/?>)+", fragment)
    names = (squeezed(name) for chunk in chunks for name in re.split(r",(?!\s)", _text(chunk)))
    return list(dict.fromkeys(name for name in names if name))


def _attachments(page: TextResponse, fragment: str) -> list[Attachment]:
    if not fragment:
        return []
    link = Selector(text=fragment).css("a")
    label = squeezed("".join(link.xpath("text()").getall()))  # the link's own text, not the span's
    size = SIZE.search(label)
    address = link.attrib.get("href", "")
    return [Attachment(url=joined(page, address), title="PDF", size=size[1] if size else "")] if address else []
