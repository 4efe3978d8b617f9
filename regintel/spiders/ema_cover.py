"""The cover of an EMA guideline: the one reliable place of the day from which it applies.

A block of lines, stable since 2007: "Draft agreed by <working party> April 2014", "Adoption by CHMP for release for
consultation", "Start of public consultation", "End of consultation (deadline for comments)", "Adoption by CHMP", "Date
for coming into effect". Case, order and precision vary; a line may be there without its date. Lines of a draft are
numbered, and a number may be left in front of one ("2 EMA/CHMP/BWP/187338/2014").

The reference on the cover may differ from that of the draft (EMA/CAT/852602/2018 became EMA/CAT/22473/2025), or not.
"""

import re
from collections.abc import Iterator

from regintel.text.dates import english_day, eu_day
from regintel.text.titles import squeezed

COVER = 8000
"""Characters of the text in which the block is looked for; contents and body come after it."""
# The day stands right behind the words, perhaps on the next line, there behind a line's number: "10 November 2014".
_DAY = r"[\s:.|–-]*(?:\n\s*\d{1,4}\s+(?=\d{1,2}\s))?(?P<day>(?:\d{1,2}\s+)?[A-Z][a-z]+,?\s+\d{4}|\d{1,2}/\d{1,2}/\d{4})"
LINES = {
    "effective": r"Dates?\s+(?:for|of)\s+coming\s+into\s+(?:effect|operation)",
    "comment_opens": r"Start\s+of\s+(?:public\s+)?consultation",
    "comment_closes": r"(?:End\s+of\s+consultation(?:\s*\(deadline\s+for\s+comments\))?|Deadline\s+for\s+comments)",
}


def cover_days(text: str, names: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    r"""Return, by a field's name, the day that the cover prints for it and the words that it was read from.

    >>> cover_days("Adoption by CHMP 13 October 2011\nDate for coming into effect 1 May 2012", ("effective",))
    {'effective': ('2012-05-01', 'Date for coming into effect 1 May 2012')}
    """
    return dict(_days(text[:COVER], names))


def _days(cover: str, names: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, str]]]:
    for name in names:
        match = re.search(rf"(?i:{LINES[name]}){_DAY}", cover)
        day = english_day(match["day"]) or eu_day(match["day"]) if match else None
        if match and day:
            yield name, (day, squeezed(match[0]))
