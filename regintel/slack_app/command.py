"""What a person means by the words after `/reg`. Words in, a value out.

What begins with one of our verbs is a command; all else is a search. Slack writes `&`, `<` and `>` as entities, and
people's keyboards turn quotation marks and hyphens into typographic ones.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from regintel.notify.mrkdwn import clean, units
from regintel.vocabulary import Wish

LONGEST = 300
"""UTF-16 units of a query."""
ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
SPELLED = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
HERE = re.compile(r"(?<!\S)(?:--|—|–)here(?!\S)", re.IGNORECASE)
UNTIL = re.compile(r"(?P<project>\S+ )??(?:until (?P<day>\S+)|for (?P<count>\d{1,4}) ?(?P<unit>[hdw])[a-z]*)", re.ASCII)
HOURS = {"h": 1, "d": 24, "w": 7 * 24}
LONGEST_MUTE = timedelta(days=366)


@dataclass(frozen=True)
class Search:
    """Look for documents."""

    query: str
    here: bool = False
    """Whether the whole channel is to see the answer."""


@dataclass(frozen=True)
class Asked:
    """Change what the channel gets."""

    wish: Wish
    project: str | None
    """None: every project that the channel has."""
    until: date | timedelta | None = None
    """When a mute ends: at the beginning of that day where the project is, or after a while."""


@dataclass(frozen=True)
class Status:
    """Tell what the channel gets."""


@dataclass(frozen=True)
class Help:
    """Tell what there is."""

    why: str = ""
    """Why it was not understood, where somebody tried."""


Command = Search | Asked | Status | Help
WISHES = {
    "subscribe": Wish.SUBSCRIBED,
    "unsubscribe": Wish.UNSUBSCRIBED,
    "mute": Wish.MUTED,
    "unmute": Wish.UNMUTED,
}


def command_of(text: str) -> Command:
    """Return what the words mean."""
    for entity, character in ENTITIES:
        text = text.replace(entity, character)
    words = clean(text.translate(SPELLED))
    verb, _, rest = words.partition(" ")
    verb = verb.casefold()
    if verb in {"help", "status", ""} and not rest:
        return Status() if verb == "status" else Help()
    if verb in WISHES:
        return _asked(WISHES[verb], rest.split()) or Help(f"Not understood: {words}")
    return _search(rest if verb == "search" else words)


def _search(words: str) -> Search | Help:
    query = clean(HERE.sub(" ", words))
    if not re.search(r"\w", query):
        return Help("No words to look for.")
    if units(query) > LONGEST:
        return Help(f"That is too long: a query has at most {LONGEST} characters.")
    return Search(query, here=query != words)


def _asked(wish: Wish, words: list[str]) -> Asked | None:
    """Return what is asked for; none where the words do not say so."""
    if wish in {Wish.SUBSCRIBED, Wish.UNSUBSCRIBED}:
        return Asked(wish, words[0]) if len(words) == 1 else None
    if not words:
        return Asked(wish, None)
    if len(words) == 1 and words[0] not in {"until", "for"}:
        return Asked(wish, words[0])
    found = UNTIL.fullmatch(" ".join(words)) if wish is Wish.MUTED else None
    until = _until(found) if found else None
    return Asked(wish, (found["project"] or "").strip() or None, until) if found and until else None


def _until(found: re.Match[str]) -> date | timedelta | None:
    if found["day"] is None:
        span = timedelta(hours=int(found["count"]) * HOURS[found["unit"]])
        return span if timedelta() < span <= LONGEST_MUTE else None
    try:
        return date.fromisoformat(found["day"])
    except ValueError:
        return None
