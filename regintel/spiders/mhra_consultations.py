"""The MHRA's consultations and calls for evidence on GOV.UK, and the clock that opens and closes them.

The list is the search API's, narrowed to eight document types; how it and its pages behave stands in `govuk_search`.
Each is a row of `mhra_guidance` too, under the same `content_id`: the two are one document.

* consultation (not open yet) → open_consultation → closed_consultation → consultation_outcome, all at one address
  (schema's list; a call for evidence goes the same way, of which the type before its opening is inferred).
* They open and close by the clock. No major update need come with it, so nothing but `closing_date` is certain to say
  that comments are closed [inferred]. The MHRA's mRNA consultation closed at 23:59 on 31 March 2025.
* `opening_date` and `closing_date` stand in the content item only. A minor edit can move a deadline with no date of the
  page moving: what is open, or not open yet, is read on every run, the rest as in `mhra_guidance`.

Closed by the clock while the type still says open: `status` stays the agency's word, for the agency has said no other;
`comment_closes` is the day that has passed, so that no view counts days left; `quoted` puts the type and the closing
date side by side, in GOV.UK's own words. It is no change and no problem: nothing was published. When the type follows,
that is told as the agency's change.
"""

from regintel.items import GuidanceItem
from regintel.spiders.govuk import OPEN, ContentItem, Fate
from regintel.spiders.govuk_search import GovukSearchSpider


class MhraConsultationsSpider(GovukSearchSpider):
    """Yields one item per consultation or call for evidence."""

    name = "mhra_consultations"

    def watched(self, item: GuidanceItem) -> bool:
        """Return whether a page is read on every run: its deadline may move without a word."""
        return item.status in OPEN

    def fate_of(self, content: ContentItem, key: str) -> Fate:
        """Return what became of a page; one that is live as something else left this list, and only this one."""
        fate = super().fate_of(content, key)
        if fate.verdict == "unknown" and content.document_type not in self.source.statuses:
            return Fate("listed_elsewhere", f"its page is live, and of type {content.document_type!r} now")
        return fate
