"""What the lists have in common that EMA publishes as data files "for automated access".

`https://www.ema.europa.eu/en/documents/report/<name>_en.json`, made anew twice a day, at 06:00 and 18:00 in Amsterdam;
the morning files bore stamps of 05:45 to 06:24 UTC (May to October 2026). A query behind the name is a 404.

A file that shows fewer records than it counts, or that is broken beyond repair in a record, is read as far as it goes:
what it shows is taken, and of what it does not show no removal is concluded.
"""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from scrapy.http import TextResponse

from regintel.exceptions import LayoutError
from regintel.spiders.base import GuidanceSpider, Yielded
from regintel.spiders.ema import canonical_address, key_of_address
from regintel.spiders.ema_report import Record, Report
from regintel.text.dates import day, eu_day
from regintel.text.titles import squeezed

ZONE = "Europe/Amsterdam"
"""Where the agency sits; its stamps are in UTC."""


class EmaListSpider(GuidanceSpider[Record]):
    """Reads the records of one data file; a spider says what one of them means."""

    fields: ClassVar[frozenset[str]]
    """What every record has."""
    address: ClassVar[str]
    """The field that holds the address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.report: Report | None = None

    def rows(self, page: TextResponse) -> Iterable[Record]:
        """Yield the records, one at a time."""
        self.report = report = Report(page.body)
        try:
            for record in report:
                if report.read == 1 and not report.mended and not self._has_fields(record):
                    raise LayoutError(self.name, f"fields are gone: {self._missing(record)}", url=page.url)
                yield record
        except ValueError as error:
            raise LayoutError(self.name, str(error), url=page.url) from error
        if not report.read:
            raise LayoutError(self.name, "no records", url=page.url)

    def after_listing(self) -> Iterator[Yielded]:
        """Say what was wrong with the file; what it did not show is then not missing."""
        if self.report is None:
            return
        self.complete = self.complete and self.report.is_whole
        for kind, words in self.report.faults():
            yield self.problem(kind, f"{self.name}: {words}", url=self.source.url)

    def key_of(self, row: Record) -> str | None:
        """Return the key that the record's address gives."""
        address = row.get(self.address) if isinstance(row, dict) else None
        return key_of_address(address) if isinstance(address, str) else None

    def checked(self, row: Record) -> dict[str, str]:
        """Return a record's fields as text, nothing for null.

        :raises LayoutError: when a field is gone, is no text, or holds a character that could not be decoded.
        """
        if not self._has_fields(row):
            raise LayoutError(self.name, f"fields are gone: {self._missing(row)}")
        texts = {name: row[name] or "" for name in self.fields}
        for name, text in texts.items():
            if not isinstance(text, str) or "\ufffd" in text:
                raise LayoutError(self.name, f"{name} is no text: {str(text)[:80]!r}")
        return texts

    def place(self, texts: dict[str, str]) -> dict[str, str]:
        """Return key and address of a record.

        :raises LayoutError: when the address is not one of EMA's.
        """
        address = self.some(texts[self.address].strip(), self.address)
        key = key_of_address(address)
        if key is None:
            raise LayoutError(self.name, f"the address leads away from EMA: {address[:200]!r}")
        return {"key": key, "url": canonical_address(address)}

    def _has_fields(self, record: object) -> bool:
        return isinstance(record, dict) and record.keys() >= self.fields

    def _missing(self, record: object) -> str:
        return ", ".join(sorted(self.fields - record.keys())) if isinstance(record, dict) else "no object"


def day_of(text: str) -> str | None:
    """Return a day in either form of the family, DD/MM/YYYY or an ISO stamp; the month never comes first.

    >>> day_of("12/03/2026"), day_of("2024-07-29T22:30:00Z"), day_of("2025-01-31"), day_of("soon")
    ('2026-03-12', '2024-07-30', '2025-01-31', None)
    """
    text = text.strip()
    stamp = text if "T" in text else f"{text}T12:00:00Z"
    return eu_day(text) or day(stamp, ZONE)


def names_of(joined: str) -> tuple[str, ...]:
    """Return names that are joined by semicolons.

    >>> names_of("Human;Veterinary"), names_of("")
    (('Human', 'Veterinary'), ())
    """
    return tuple(dict.fromkeys(filter(None, map(squeezed, joined.split(";")))))
