"""Words from outside as XML and calendars may carry them."""

import re

from regintel.notify.mrkdwn import clean, link

NO_CHARACTER = re.compile("[\ufdd0-\ufdef\ufffe\uffff]")
"""Code points that Unicode keeps free for ever; XML refuses the last two."""


def line(text: str) -> str:
    """Return one line of visible text, without what XML cannot hold."""
    return clean(NO_CHARACTER.sub("", text))


def web_address(url: str) -> str:
    """Return the address if it is a plain http(s) one, percent-encoded; else nothing."""
    return link(url)
