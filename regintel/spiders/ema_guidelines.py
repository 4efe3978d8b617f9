"""EMA's web pages of guidance, from the data file "Guidance and information".

How it behaves (2025-12 to 2026-09): about 2,050 records, six fields each, all of them text, of which some 860 are pages
of guidelines and the others pages of any kind.

* Dates are DD/MM/YYYY. `last_updated_date` is empty until a page is updated, and is the only sign of a revision.
* What a page is stands at its title's end ("… - Scientific guideline"), in small letters or behind a long dash now and
  then. 14 guidelines lack it, 31 slugs lack `-scientific-guideline`: one of the two is enough.
* `general_url` is unique, titles are not; two pages of one title differ by `-0` or `-1` at the slug's end.
* `categories` are joined by semicolons. `summary` is filled for one guideline in twenty-five.
* Status, reference and consultation are not here: they stand in the documents file and on the page itself.
* EMA's search counts more pages (2,069 where the file had 2,046). It is not asked.
"""

import re

from scrapy.http import TextResponse

from regintel.items import GuidanceItem
from regintel.spiders.ema_lists import EmaListSpider, day_of, names_of
from regintel.spiders.ema_report import Record
from regintel.text.numbers import ich_code
from regintel.text.titles import squeezed

# "ICH Q3C (R9) Residual solvents - Scientific guideline"; "Plasmid DNA vaccines for veterinary use – Scientific …"
SUFFIX = re.compile(
    r"\s[-–—]\s*(?:(?P<scientific>scientific guideline)|regulatory (?:and )?procedural guideline)$", re.IGNORECASE
)
# …-clinical-trials-scientific-guideline-1. For procedural guidelines the slug's form is inferred.
SLUG = re.compile(r"-(?:(?P<scientific>scientific)|regulatory-(?:and-)?procedural)-guideline(?:-\d+)?$")
SCIENTIFIC, PROCEDURAL, PAGE = "scientific-guideline", "regulatory-procedural-guideline", "web page"


class EmaGuidelinesSpider(EmaListSpider):
    """Yields one item per page, guideline or not; its type says which."""

    name = "ema_guidelines"
    fields = frozenset({
        "title", "summary", "categories", "first_published_date", "last_updated_date", "general_url",
    })  # fmt: skip
    address = "general_url"

    def parse_row(self, page: TextResponse, row: Record) -> GuidanceItem:
        """Return what a record says."""
        texts = self.checked(row)
        place, title = self.place(texts), squeezed(texts["title"])
        kind = page_type(title, place["key"])
        bare = SUFFIX.sub("", title)
        code = None if kind == PAGE else ich_code(bare)
        updated = day_of(texts["last_updated_date"])
        return self.item(
            page,
            **place,
            title=bare,
            status=kind,
            document_type=kind,
            references=(f"ICH {code}",) if code else (),
            published=day_of(texts["first_published_date"]),
            updated=updated,
            revised_at=updated,
            products=names_of(texts["categories"]),
            summary=texts["summary"],
        )


def page_type(title: str, key: str) -> str:
    """Return what a page is, by the end of its title or of its slug.

    >>> page_type("Residual solvents - Scientific guideline", "x"), page_type("X", "x-scientific-guideline-0")
    ('scientific-guideline', 'scientific-guideline')
    >>> page_type("Scientific guidelines", "human-regulatory-overview/research-development/scientific-guidelines")
    'web page'
    """
    match = SUFFIX.search(title) or SLUG.search(key)
    if match is None:
        return PAGE
    return SCIENTIFIC if match["scientific"] else PROCEDURAL
