"""What PMDA's list pages share: links under headings inside `main`, files behind them, numbers that tell a day.

A file that stands under several headings is one document: the first place counts. The number of a notification holds
month and day of its issue; where the date beside it says otherwise, the date stands, and a problem says so. A file can
be replaced under its own number, so that files which did not move are asked for again in turn, conditionally.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from parsel import Selector
from scrapy.http import TextResponse

from regintel.items import GuidanceItem
from regintel.spiders.base import Yielded
from regintel.spiders.following import FollowingSpider
from regintel.spiders.links import joined
from regintel.spiders.pmda import address_of, key_of_address
from regintel.text.html import text_of
from regintel.text.numbers import agrees_with_date, date_from_number
from regintel.text.titles import squeezed

LEVELS = ("h1", "h2", "h3", "h4")


@dataclass(frozen=True)
class ListLink:
    """A link of a list page, and the headings that it stands under, outermost first."""

    address: str
    node: Selector
    headings: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    """Those of the third and fourth level: the page's own order of subjects."""

    @property
    def words(self) -> str:
        """The link's own words."""
        return words_of(self.node)

    @property
    def container(self) -> Selector:
        """The bullet or the table's row that the link stands in, else what is around it."""
        for name in ("li", "tr"):
            if found := self.node.xpath(f"ancestor::{name}[1]"):
                return found[0]
        return next(iter(self.node.xpath("..")), self.node)


def words_of(node: Selector) -> str:
    """Return a node's words on one line."""
    return squeezed(" ".join(text_of(node.get()).split()))


class PmdaListSpider(FollowingSpider[ListLink]):
    """Yields one item per file that a list page names as a notification or guideline."""

    repeats = True

    def links(self, page: TextResponse) -> Iterator[ListLink]:
        """Yield every link inside `main`, in the page's order."""
        (main, *_) = self.some(page.css("main"), "main part of the page")
        headings: dict[str, str] = {}
        for node in main.xpath(".//*[self::h1 or self::h2 or self::h3 or self::h4 or self::a[@href]]"):
            name = node.root.tag
            if name in LEVELS:
                headings = {level: words for level, words in headings.items() if level < name}
                headings[name] = words_of(node).removeprefix("## ")
                continue
            topics = tuple(filter(None, (headings.get("h3"), headings.get("h4"))))
            address = address_of(joined(page, node.attrib["href"]))
            yield ListLink(address, node, tuple(headings.values()), topics)

    def key_of(self, row: ListLink) -> str | None:
        """Return the key that the link's address gives."""
        return key_of_address(row.address)

    def document_address(self, item: GuidanceItem) -> str | None:
        """Return the PDF's address; spreadsheets and archives are not read, and other hosts are not asked."""
        parts = urlsplit(item.url)
        return item.url if parts.path.lower().endswith(".pdf") and parts.netloc in self.source.hosts else None

    def emit(self, item: GuidanceItem) -> Iterator[Yielded]:
        """Keep the item, and say what is doubtful about its date."""
        for words in self.doubts(item):
            yield self.problem("date", f"{self.name}: {words}", url=item.url, key=item.key)
        yield from super().emit(item)

    def doubts(self, item: GuidanceItem) -> Iterator[str]:
        """Yield where a number and the date contradict each other."""
        for number in item.references:
            if item.published and agrees_with_date(number, item.published) is False:
                yield f"{number} does not tell the day {item.published}, which stands"

    def day_from_number(self, numbers: tuple[str, ...], year: str | None) -> str | None:
        """Return the day that the first telling number gives for a year that stands without month and day."""
        days = (date_from_number(number, int(year)) for number in numbers) if year else ()
        return next(filter(None, days), None)

    def _never_read(self, moved: list[GuidanceItem]) -> list[GuidanceItem]:
        """Return, of what did not move, what was never read or not for longest."""
        known = {item.key for item in moved}
        rest = [each for each in self.found if each.key not in known and self.document_address(each)]
        rest = [each for each in rest if each.key not in self.order.tries]
        return sorted(rest, key=self._checked)[: self.source.follow.backfill]

    def _checked(self, item: GuidanceItem) -> str:
        validator = self.order.validators.get(item.url)
        return validator.checked_at if validator else ""
