"""Whether a change matters to a project, and why. Pure.

What the profile shuts out comes first, then its keywords, then what the document is about. The score is the probability
that a person who knows the project would call it relevant (`relevance`); the reasons are the sentences that this person
would give.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from regintel.notify.projects import Profile
from regintel.notify.relevance import EXCLUSIVE, RELEVANT, Aspects, aspects, probability
from regintel.records import Labels, LabelScore
from regintel.vocabulary import Agency

INTERNATIONAL = frozenset({Agency.ICH.value, "pic/s", "pics"})
"""Bodies whose documents count for every project: their members are the agencies themselves (decision 0012)."""
MUST_NOT_MISS = 0.6
KEYWORD = 0.9
MENTIONED = 0.3
"""For a keyword in the text only."""
CLOSE = 0.98
"""Share of all documents that must be less like the project's description than this one, for that to be told."""


@dataclass(frozen=True)
class Judged:
    """What a project makes of a document."""

    score: float
    relevant: bool
    must_not_miss: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class About:
    """What a document is about."""

    labels: Labels
    modalities: Mapping[str, float]
    """The score of every modality, given or not, by id."""
    topics: Mapping[str, float]


def judge(
    profile: Profile,
    *,
    agency: str,
    title: str,
    words: str,
    about: About,
    names: Mapping[str, str],
    closeness: float | None = None,
) -> Judged:
    """Hold a document against a project.

    :param agency: one of ours, another's own word, or empty where nobody says: then it shuts nothing out.
    :param words: what else may hold a keyword: summary and note.
    :param names: labels' ids as people write them.
    :param closeness: share of all documents that is less like the project's description.
    """
    shut = _shut_out(profile, agency, title)
    if shut:
        return Judged(0.0, False, False, (shut,))
    found = aspects(profile, about.modalities, about.topics, about.labels.cmc_score)
    likely = probability(found)
    keyword, score = _by_keyword(profile, title, words)
    score = max(score, likely)
    relevant = bool(keyword) or likely >= RELEVANT
    reasons = [keyword] if keyword else []
    if likely >= RELEVANT:
        reasons += _by_labels(profile, about.labels, found, names)
    if relevant and closeness is not None and closeness >= CLOSE:
        reasons.append("close to the project's own description")
    own = any(each.id in profile.modalities for each in about.labels.modalities)
    vital = relevant and score >= MUST_NOT_MISS and (own or score >= KEYWORD)
    return Judged(round(score, 3), relevant, vital, tuple(reasons) or (_why_not(profile, about.labels, found, names),))


def heard(profile: Profile, agency: str) -> bool:
    """Return whether a project listens to an agency; nobody's word is heard, too."""
    return not (profile.agencies and agency) or agency in profile.agencies or agency.casefold() in INTERNATIONAL


def _shut_out(profile: Profile, agency: str, title: str) -> str | None:
    if not heard(profile, agency):
        return f"{agency.upper()} is not among the project's agencies"
    word = held(profile.exclude, title)
    return f"the title holds the excluded word “{word}”" if word else None


def _by_keyword(profile: Profile, title: str, words: str) -> tuple[str, float]:
    """Return the sentence for the keyword that is found, and its score."""
    word = held(profile.keywords, title)
    if word:
        return f"the title holds your keyword “{word}”", KEYWORD
    word = held(profile.keywords, words)
    return (f"its text holds your keyword “{word}”", MENTIONED) if word else ("", 0.0)


def _by_labels(profile: Profile, labels: Labels, found: Aspects, names: Mapping[str, str]) -> list[str]:
    """Return what a person would say of what the document is about."""
    own = [each for each in labels.modalities if each.id in profile.modalities]
    foreign = [each for each in labels.modalities if each.id not in {*profile.modalities, *EXCLUSIVE}]
    topics = [each for each in labels.topics if each.id not in EXCLUSIVE]
    asked = [each for each in topics if each.id in profile.topics or not profile.topics]
    if own:
        kind = _sentence("about your product type:", own, names)
    elif foreign:
        kind = f"{_sentence('about', foreign, names)}, but it may apply to yours"
    else:
        kind = "applies to every product type"
    about = _sentence("on", asked, names) if asked else f"perhaps on a topic you follow ({found.about:.0%})"
    return [kind, about]


def _why_not(profile: Profile, labels: Labels, found: Aspects, names: Mapping[str, str]) -> str:
    foreign = [each for each in labels.modalities if each.id not in {*profile.modalities, *EXCLUSIVE}]
    if not foreign or found.about < found.fits:
        return "not about manufacturing or quality, or not about the topics that the project follows"
    return f"{_sentence('about', foreign, names)}, which the project is not"


def _sentence(word: str, labels: list[LabelScore], names: Mapping[str, str]) -> str:
    return f"{word} {', '.join(names.get(each.id, each.id) for each in labels)}"


def held(wanted: tuple[str, ...], text: str) -> str | None:
    """Return the first of the words that the text holds, as a whole word where the script has such."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    for word in wanted:
        pattern = re.escape(unicodedata.normalize("NFKC", word).casefold())
        if word.isascii():
            pattern = rf"(?<!\w){pattern}(?!\w)"
        if re.search(pattern, plain):
            return word
    return None
