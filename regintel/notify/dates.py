"""Dates as people read them."""

from datetime import date

from regintel.notify.mrkdwn import clean


def date_words(text: str) -> str:
    """Return `2026-11-03` as `3 Nov 2026`, `2026-11` as `Nov 2026`, and anything else as it is."""
    try:
        day = date.fromisoformat(f"{text}-01" if len(text) == len("2026-11") else text[:10])
    except ValueError:
        return clean(text)
    return f"{day:%b %Y}" if len(text) == len("2026-11") else f"{day.day} {day:%b %Y}"


def day_words(text: str, *, year: bool) -> str:
    """Return `2026-11-03`, with or without a time, as `Tue 3 Nov 2026`; anything else as it is."""
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return clean(text)
    return f"{day:%a} {day.day} {day:%b}" + (f" {day.year}" if year else "")
