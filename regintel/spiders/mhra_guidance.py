"""Everything the MHRA publishes on GOV.UK.

There is no complete list of its guidance (the first 30 hits of the guidance format held 3 on GMP), so the search API
lists the whole organisation: guidance, consultations, alerts, news. How list and pages behave stands in `govuk_search`.

Consultations open, close and end at one address by changing their type; closing happens by the clock, without an
update. `mhra_consultations` keeps that clock.
"""

from regintel.spiders.govuk_search import GovukSearchSpider


class MhraGuidanceSpider(GovukSearchSpider):
    """Yields one item per hit, whatever it is."""

    name = "mhra_guidance"
