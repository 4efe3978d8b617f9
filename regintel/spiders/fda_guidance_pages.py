"""FDA's landing pages: what a guidance's own page says, and the words of the PDF behind it.

How they behave. The texts of pages of 2023 to 2025 and the `<main>` of a sibling page type were seen; no raw HTML of a
guidance page was, so the order of the text is fact and the markup between is inferred from selectors of public code:

* `h1.content-title`: the title is the first text node, a month ("December 2023") follows; in 2025 with "Draft Guidance
  for Industry" before it. Only the list knows the day.
* "Draft" with "Not for implementation. Contains non-binding recommendations.", or "Final", stands alone before the
  docket. Where it does not, the label of the download, or the line below the title, says it.
* `dt` and `dd` of docket and issuing office; a label for screen readers precedes the centre's name.
* Site-wide banners (the reorganisation of 2024, a court order) stand before the content and come and go: only what is
  inside `div[role=main]` is the document's.
* Products and topics are two `h2` with a `ul` each inside one `li`; "Follow FDA" is a third such `ul`.
* "Content current as of" is a day; the midnight UTC in its markup is not, it is the evening before in Washington.
* The PDF is the link to `/media/` that says "Download" and "Guidance". A page may have none: of one guidance the file
  is gone and the page stands. A `/media/` number may also lead to a DOC, XLS or ZIP. Further files hang on no list.
* A draft that becomes final keeps slug and number; the bytes behind it are replaced. So the file is asked for again
  each time that its page is read, and compared by its words.
* A refusal is a redirect to an apology, itself a 404: that is no missing page.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from parsel import Selector
from scrapy.http import TextResponse

from regintel.exceptions import LayoutError
from regintel.items import Attachment, GuidanceItem
from regintel.orders import Due
from regintel.spiders.fda import page_address, slug_of
from regintel.spiders.following import PagesSpider
from regintel.spiders.links import joined
from regintel.text.dates import english_day
from regintel.text.html import text_of
from regintel.text.numbers import docket, dockets
from regintel.text.titles import squeezed

# "Potency Tests … Products Final Guidance for Industry: January 2011", where the month is not apart
ENDS_IN_A_MONTH = re.compile(r"^(.+?)[\s:]+([A-Z][a-z]+ \d{4})$")
DOWNLOAD = re.compile(r"\bDownload\b.*\bGuidance\b")
STATUS = re.compile(r"\b(Draft|Final)\b")
LONGEST_STATUS = 3
"""Words that a status line has at most; what is longer is a notice."""
SHORTEST = 80
"""Characters that a paragraph about the document has at least."""


@dataclass(frozen=True)
class Landing:
    """A landing page that was understood."""

    key: str
    page: Selector
    main: Selector


class FdaGuidancePagesSpider(PagesSpider[Landing]):
    """Yields one item per landing page, with the words of its PDF."""

    name = "fda_guidance_pages"
    reads_again = True  # a PDF's bytes are replaced behind the same number while the page stands as it was

    def rows(self, page: TextResponse) -> Iterable[Landing]:
        """Return the page as its one row."""
        due: Due | None = page.meta.get("due")
        key = due.key if due else slug_of(page.url)
        if key is None:
            raise LayoutError(self.name, "not the address of a guidance", url=page.url)
        self.some(page.css("h1.content-title"), "title of a guidance")
        main = self.some(page.css("div[role=main]"), "main part of a guidance's page")
        return [Landing(key, page.selector, main[0])]

    def key_of(self, row: Landing) -> str | None:
        """Return the slug."""
        return row.key

    def parse_row(self, page: TextResponse, row: Landing) -> GuidanceItem:
        """Return what a landing page says."""
        title, month = _heading(row.page)
        written = squeezed(" ".join(_described(row.main, "Docket Number").css("*::text").getall()))
        attachments = tuple(_attachments(page, row.main))
        paragraphs = self._paragraphs(row.main)
        status = self.some(_status(row), "status")
        return self.item(
            page,
            key=row.key,
            url=page_address(page.url),
            title=self.some(title, "title"),
            status=status,
            document_type=squeezed(row.page.css("p.content-type-label::text").get("")).title(),
            reference=docket(written),
            references=dockets(written),
            reference_raw=written or None,
            published=month,
            updated=self.source.date_of(row.page.css("li.node-current-date time::text").get("")),
            summary=paragraphs[0] if paragraphs else "",
            text="" if _pdf(attachments) else "\n".join(paragraphs),
            offices=tuple(_offices(row.main)),
            topics=tuple(_listed(row.page, "Topic(s)")),
            products=tuple(_listed(row.page, "Regulated Product(s)")),
            attachments=attachments,
            same_as=tuple(_notices(page, row.main)),
            quoted={"status": _status_line(row.main) or status},
        )

    def document_address(self, item: GuidanceItem) -> str | None:
        """Return the address of the PDF; none where the page has none."""
        return _pdf(item.attachments)

    def _paragraphs(self, main: Selector) -> list[str]:
        """Return the paragraphs about the document: not those of the site, nor those below "Submit Comments"."""
        below = "preceding-sibling::h2[normalize-space()='Submit Comments']"
        nodes = main.xpath(f"./p[not({below})] | ./ul[not({below})] | ./ol[not({below})]")
        known = self.source.lookups.get("boilerplate", ())
        found = (text_of(node.get()) for node in nodes)
        return [each for each in found if len(each) >= SHORTEST and not any(words in each for words in known)]


def _heading(page: Selector) -> tuple[str, str | None]:
    """Return the title, and the month that follows it."""
    nodes = [text for each in page.css("h1.content-title")[0].css("*::text").getall() if (text := squeezed(each))]
    title, rest = (nodes[0], " ".join(nodes[1:])) if nodes else ("", "")
    month = english_day(rest)
    match = ENDS_IN_A_MONTH.match(title) if month is None else None
    if match and (joined := english_day(match[2])):
        return match[1], joined
    return title, month


def _status(row: Landing) -> str | None:
    """Return the page's word for where the guidance stands."""
    line = _status_line(row.main)
    if line:
        return line
    said = [*row.main.css('a[href*="/media/"]'), *row.page.css("h1.content-title")]
    words = (squeezed(" ".join(each.css("*::text").getall()[-2:])) for each in said)
    return next((match[1] for each in words if (match := STATUS.search(each))), None)


def _status_line(main: Selector) -> str | None:
    """Return the short line before the docket that is no link."""
    lines = main.xpath(".//p[not(.//a)][not(preceding::dl)]")
    words = (squeezed(" ".join(each.css("*::text").getall())) for each in lines)
    return next((each for each in words if each and len(each.split()) <= LONGEST_STATUS), None)


def _described(main: Selector, term: str) -> Selector:
    """Return what a description list says of a term; an empty node where it says nothing."""
    found = main.xpath(f".//dt[contains(normalize-space(), '{term}')]/following-sibling::dd[1]")
    return found[0] if found else Selector(text="<i></i>")


def _offices(main: Selector) -> list[str]:
    """Return the issuing offices, without the label for screen readers."""
    node = _described(main, "Issued by")
    names = node.css(".field--item") or node.xpath(".//text()[not(ancestor::*[contains(@class, 'label')])]/..")
    texts = (squeezed(" ".join(each.css("*::text").getall())) for each in names)
    return list(dict.fromkeys(each for each in texts if each))


def _listed(page: Selector, heading: str) -> list[str]:
    """Return the names below a heading of the page's side: those of the list right after it."""
    path = f"//h2[normalize-space()='{heading}']/following-sibling::*[1][self::ul]/li"
    return sorted({squeezed(" ".join(each.css("*::text").getall())) for each in page.xpath(path)} - {""})


def _attachments(page: TextResponse, main: Selector) -> Iterator[Attachment]:
    """Yield the files that hang on the page; the guidance itself bears the name that its list gives it."""
    for link in main.css('a[href*="/media/"]'):
        label = squeezed(" ".join(link.css("*::text").getall()))
        title = "PDF" if DOWNLOAD.search(label) else label
        yield Attachment(url=page_address(joined(page, link.attrib["href"])), title=title)


def _pdf(attachments: tuple[Attachment, ...]) -> str | None:
    return next((each.url for each in attachments if each.title == "PDF"), None)


def _notices(page: TextResponse, main: Selector) -> Iterator[str]:
    """Yield the address of the notice in the Federal Register that announced this guidance."""
    for link in main.css("a[href]"):
        if "Federal Register" in squeezed(" ".join(link.css("*::text").getall())):
            yield joined(page, link.attrib["href"]).replace("http://", "https://", 1)
