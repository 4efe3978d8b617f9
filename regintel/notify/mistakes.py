"""What is wrong with a project's profile, each mistake explained; and what is legal but surely not meant. Pure."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any
from zoneinfo import available_timezones

from pydantic import BaseModel, ValidationError

from regintel.notify.match import KEYWORD, held
from regintel.notify.projects import DAYS, DigestTimes, Immediate, Profile
from regintel.notify.relevance import Aspects, probability
from regintel.vocabulary import Agency, ChangeKind

PHASES = ("preclinical", "phase_1", "phase_2", "phase_3", "commercial")
FORMS: Mapping[str, type[BaseModel]] = {"": Profile, "digest": DigestTimes, "immediate": Immediate}
PLACEHOLDER = re.compile(r"C0{4,}|C0123")
SHORT = 3
"""Letters below which a word of a script with spaces is found in titles it has nothing to do with."""
COMMON = 0.02
"""Share of all titles above which a keyword tells little."""
ENOUGH = 200
"""Titles below which a share says nothing."""


@dataclass(frozen=True)
class Finding:
    """One thing about a profile."""

    key: str
    """`digest.at`; empty for the file as a whole."""
    what: str
    nearest: str | None = None
    """What was perhaps meant."""

    def as_json(self) -> dict[str, str | None]:
        """Return what `--json` prints of it."""
        return asdict(self)


@dataclass(frozen=True)
class Known:
    """What a profile can be held against."""

    modalities: Collection[str]
    topics: Collection[str]
    read: Collection[str]
    """Agencies that an enabled source reads."""
    titles: Sequence[str] = ()
    """Of every document in the index."""


def mistakes(content: Mapping[str, object], name: str, known: Known) -> list[Finding]:
    """Return every mistake of a profile, not the first alone.

    :param name: the file's name without its ending, which is the project's id.
    """
    found = [Finding("id", "unknown key: the file's name is the id")] if "id" in content else []
    try:
        Profile.model_validate({**content, "id": name})
    except ValidationError as error:
        found += [_explained(each, content) for each in error.errors(include_url=False, include_context=False)]
    for key, ids in (("modalities", known.modalities), ("topics", known.topics)):
        listed = content.get(key)
        for each in listed if isinstance(listed, list) else ():
            if isinstance(each, str) and each not in ids:
                found.append(Finding(key, f"{each!r} is not in config/taxonomy.toml", _nearest(each, ids)))
    return found


def _explained(error: Any, content: Mapping[str, object]) -> Finding:
    """Return one of pydantic's errors as people say it, with what was perhaps meant."""
    path = [str(part) for part in error["loc"]]
    key = ".".join(path)
    if error["type"] == "extra_forbidden":
        form = FORMS.get(path[0] if len(path) > 1 else "", Profile)
        return Finding(key, "unknown key", _nearest(path[-1], form.model_fields.keys() - {"id"}))
    if error["type"] == "missing":
        return Finding(key, "is missing")
    value = error["input"]
    if path == ["id"]:
        return Finding("", f"the file's name {value!r} is no id: small letters, digits, - and _ only")
    told = error["msg"].removeprefix("Value error, ")
    if path[0] == "channel":
        return Finding(key, f"{value!r} is no channel id; Slack shows it at the bottom of the channel's details (C0…)")
    if path[0] in {"keywords", "exclude"} and error["type"] == "string_pattern_mismatch":
        return Finding(key, "a word without a letter would be found in every title")
    if path[0] == "also":
        return Finding(
            key, f"{value!r} is no outlet's name: small letters, digits and _, as in REGINTEL_APPRISE_<NAME>"
        )
    choices = _choices(path)
    if choices and isinstance(value, str):
        among = "" if path[-1] == "timezone" else f" (one of {', '.join(choices)})"
        words = told if path[-1] == "timezone" else f"{value!r} is not known{among}"
        return Finding(key, words, _nearest(value, choices))
    return Finding(key, f"{told}, not {value!r}" if not isinstance(value, dict | list) else told)


def _choices(path: Sequence[str]) -> Collection[str]:
    """Return what may stand at a place, where that is a list."""
    by_key: dict[str, Iterable[str]] = {
        "agencies": Agency,
        "phase": PHASES,
        "digest.every": ("daily", "weekly"),
        "digest.weekday": DAYS,
        "immediate.kinds": ChangeKind,
    }
    key = ".".join(part for part in path if not part.isdigit())
    if key == "digest.timezone":
        return available_timezones()
    return [str(each) for each in by_key.get(key, ())]


def _nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like this one, if any is."""
    by_plain = {each.casefold(): each for each in known}
    found = get_close_matches(word.casefold(), by_plain, n=1, cutoff=0.6)
    return by_plain[found[0]] if found else None


def warnings(profile: Profile, known: Known, scores: Sequence[float]) -> Iterator[Finding]:
    """Yield what is legal but surely not meant.

    :param scores: what the project makes of every document in the index.
    """
    yield from _reach(profile, known)
    yield from _words(profile, known)
    yield from _times(profile.digest)
    yield from _alerts(profile, scores)
    if PLACEHOLDER.match(profile.channel):
        yield Finding("channel", f"{profile.channel} looks like the sample's placeholder: nobody reads it")
    elif not profile.channel.startswith(("C", "G", "D")):
        yield Finding("channel", f"{profile.channel}: Slack's ids of channels begin with C, or G for old private ones")


def _reach(profile: Profile, known: Known) -> Iterator[Finding]:
    if not profile.keywords and not profile.modalities and not profile.topics:
        yield Finding("", "no modality, topic or keyword: everything about CMC concerns it, whatever the product")
    elif not profile.keywords and not profile.modalities:
        yield Finding("", "no modality and no keyword: nothing says what the product is")
    for each in profile.agencies:
        if each not in known.read:
            yield Finding("agencies", f"no enabled source reads {each}: nothing of it will be told")


def _words(profile: Profile, known: Known) -> Iterator[Finding]:
    for word in profile.keywords:
        shut = next((each for each in profile.exclude if holds(word, each)), None)
        if shut:
            yield Finding("exclude", f"{shut!r} shuts out every title with your keyword {word!r}")
        if word.isascii() and len(re.findall(r"\w", word)) < SHORT:
            yield Finding("keywords", f"{word!r} is so short that it will be found in other people's titles")
        count = sum(holds(title, word) for title in known.titles)
        if len(known.titles) >= ENOUGH and count > COMMON * len(known.titles):
            share = f"{count} of {len(known.titles)} titles in the index"
            yield Finding("keywords", f"{word!r} is in {share}: each of them will be told")
    for word in {plain(each): each for each in profile.keywords if _twice(each, profile.keywords)}.values():
        yield Finding("keywords", f"{word!r} stands there twice")


def _twice(word: str, words: Sequence[str]) -> bool:
    return sum(plain(each) == plain(word) for each in words) > 1


def _times(times: DigestTimes) -> Iterator[Finding]:
    if times.every == "daily" and "weekday" in times.model_fields_set:
        yield Finding("digest.weekday", "a daily digest has no weekday: it is not looked at")
    if times.quiet is None:
        return
    begin, end = times.quiet
    if begin == end:
        yield Finding("digest.quiet", f"from {begin} to {end} are no quiet hours at all")
    elif (begin <= times.at < end) or (begin > end and (times.at >= begin or times.at < end)):
        yield Finding("digest.at", f"{times.at} is in the quiet hours: the digest is held until {end}")


def _alerts(profile: Profile, scores: Sequence[float]) -> Iterator[Finding]:
    limit, key = profile.immediate.min_score, "immediate.min_score"
    if not profile.immediate.kinds:
        if "min_score" in profile.immediate.model_fields_set:
            yield Finding(key, "no kinds are named beside it: nothing is ever told at once")
        return
    by_labels = probability(Aspects(own=1.0, fits=1.0, about=1.0))
    if limit > max(KEYWORD, by_labels):
        yield Finding(
            key, f"{limit} is more than any document can reach ({max(KEYWORD, by_labels):.2f}): no alert ever"
        )
    elif limit > by_labels:
        why = f"labels reach {by_labels:.2f} at most, so that only a keyword in the title ({KEYWORD}) is told at once"
        yield Finding(key, f"{limit}: {why}")
    elif scores and max(scores) < limit:
        yield Finding(
            key, f"none of {len(scores)} documents in the index reaches {limit}; the best has {max(scores):.2f}"
        )


def holds(text: str, word: str) -> bool:
    """Return whether a text holds a word, as matching sees it."""
    return held((word,), text) is not None


def plain(text: str) -> str:
    """Return a word as it is compared with another."""
    return unicodedata.normalize("NFKC", text).casefold()
