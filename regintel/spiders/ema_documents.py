"""EMA's documents of guidance, from the data file of all its English documents.

How it behaves (2026-07 to 2026-09): 70,444 records of some 86 types, eleven fields each, all of them text; some 40 MB.
About 3,500 are guidelines. It may come broken (`ema_report`).

* `type` is also the folder of the address. Which types are kept, and which are known and left out, is in the source's
  file; a type that is neither is a problem.
* `id` is a number of EMA's content system. The key is the address, for feeds and pages know no `id`; it is not kept.
* `status` is "Adopted", "Draft: consultation open", "Draft: consultation closed", or empty. No other was seen, and the
  two draft words only on pages: that the file has them is inferred.
* `consultation_date` is read as "<start> to <end>". That form is inferred; one that cannot be read is a problem.
* Dates are ISO stamps, unlike those of the sister files. `last_updated_date` repeats the first publication until
  something is updated.
* `reference_number` may carry a revision, may be of an old form (3CC29A), and is often empty. It may change between
  draft and final (EMA/CAT/852602/2018, EMA/CAT/22473/2025).
* An address can outlive or predate its document. The list is believed, and no document is asked for.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from scrapy.http import TextResponse

from regintel.items import Gone, GuidanceItem
from regintel.spiders.base import Yielded
from regintel.spiders.ema_lists import EmaListSpider, day_of
from regintel.spiders.ema_report import Record
from regintel.text.dates import moment
from regintel.text.numbers import ema_reference
from regintel.text.titles import squeezed

NO_STATUS = "no status"
"""Our word where the agency gives none."""


class EmaDocumentsSpider(EmaListSpider):
    """Yields one item per document of a type that is kept."""

    name = "ema_documents"
    fields = frozenset({
        "id", "name", "type", "medicine_name", "ema_product_number", "status", "consultation_date",
        "first_published_date", "last_updated_date", "reference_number", "document_url",
    })  # fmt: skip
    address = "document_url"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept = frozenset(self.source.lookups["kept_types"])
        self.left_out = frozenset(self.source.lookups["other_types"])
        self.unknown: Counter[str] = Counter()
        self.moved: list[tuple[str, str]] = []
        """Keys of documents that we know and that are of another type now, with that type."""
        self.odd_windows: list[str] = []
        self._known = {listed.url: key for key, listed in self.order.listed.items()}

    def rows(self, page: TextResponse) -> Iterable[Record]:
        """Yield the records of the kept types, and those that do not tell theirs."""
        return (row for row in super().rows(page) if self._is_kept(row))

    def parse_row(self, page: TextResponse, row: Record) -> GuidanceItem:
        """Return what a record says."""
        texts = self.checked(row)
        number = squeezed(texts["reference_number"])
        reference = ema_reference(number) or number or None
        first, last = texts["first_published_date"], texts["last_updated_date"]
        return self.item(
            page,
            **self.place(texts),
            **self._consultation(texts["consultation_date"]),
            title=texts["name"],
            status=squeezed(texts["status"]) or NO_STATUS,
            document_type=texts["type"],
            reference=reference,
            references=(reference,) if reference else (),
            reference_raw=number or None,
            published=day_of(first),
            updated=day_of(last),
            revised_at=moment(last) if last != first else None,
        )

    def after_listing(self) -> Iterator[Yielded]:
        """Say what was not understood, and what became of documents that are of another type now."""
        yield from super().after_listing()
        for word, count in self.unknown.items():
            words = f"{self.name}: unknown type {word!r} of {count} documents"
            yield self.problem("unknown_value", words, url=self.source.url)
        for key, word in self.moved:
            if word in self.left_out:
                seen = f"it is listed as {word!r} now"
                yield Gone(source=self.source.id, key=key, verdict="listed_elsewhere", seen=seen)
            else:
                yield self.problem("unknown_value", f"{self.name}: unknown type {word!r}", key=key)
        if self.odd_windows:
            words = (
                f"{len(self.odd_windows)} consultation dates were not understood; the first: {self.odd_windows[0]!r}"
            )
            yield self.problem("value", f"{self.name}: {words}", url=self.source.url)

    def _is_kept(self, row: Record) -> bool:
        word = row.get("type") if isinstance(row, dict) else None
        if not isinstance(word, str) or word in self.kept:
            return True
        if word not in self.left_out:
            self.unknown[word] += 1
        if key := self._known.get(row.get(self.address) or ""):
            self.moved.append((key, word))
        return False

    def _consultation(self, text: str) -> dict[str, Any]:
        """Return the comment window, with the words that it was read from."""
        if not (text := squeezed(text)):
            return {}
        opens, _, closes = text.partition(" to ")
        window = {"comment_opens": day_of(opens), "comment_closes": day_of(closes)}
        if None in window.values():
            self.odd_windows.append(text[:100])
        return {**window, "quoted": {name: text for name, read in window.items() if read}}
