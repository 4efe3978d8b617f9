"""Whether a change matters to a project, and why. Pure.

What the profile shuts out comes first, then its keywords, then what the document is about. A score is the evidence for
modality and for topic taken together; the reasons are the sentences that a person would give.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from regintel.notify.projects import Profile
from regintel.records import Labels, LabelScore
from regintel.vocabulary import Agency

EVERYWHERE = "cross_none"
"""The modality of documents that hold for all, or name none."""

ANY_MODALITY = 0.75
"""What a document that names no modality is worth to one that has its own: much CMC guidance names none."""

RELEVANT = 0.3
MUST_NOT_MISS = 0.6
KEYWORD = 0.9
CLOSE = 0.98
"""Share of the index that must be less like the project's description than this document, for that to count."""


@dataclass(frozen=True)
class Judged:
    """What a project makes of a document."""

    score: float
    relevant: bool
    must_not_miss: bool
    reasons: tuple[str, ...]


def judge(
    profile: Profile,
    *,
    agency: str,
    title: str,
    words: str,
    labels: Labels,
    names: Mapping[str, str],
    closeness: float | None = None,
) -> Judged:
    """Hold a document against a project.

    :param words: what else may hold a keyword: summary and note.
    :param names: labels' ids as people write them.
    :param closeness: share of the index that is less like the project's description.
    """
    shut = _shut_out(profile, agency, title)
    if shut:
        return Judged(0.0, False, False, (shut,))
    reasons: list[str] = []
    score = max(_by_keyword(profile, title, words, reasons), _by_labels(profile, labels, names, reasons))
    if closeness is not None and closeness >= CLOSE and score >= RELEVANT:
        score = min(1.0, score + 0.1)
        reasons.append("close to the project's own description")
    relevant = score >= RELEVANT
    if not relevant:
        reasons = reasons or ["names neither the project's modality nor its topics"]
    own = any(each.id in profile.modalities for each in labels.modalities)
    vital = relevant and score >= MUST_NOT_MISS and (own or score >= KEYWORD)
    return Judged(round(score, 3), relevant, vital, tuple(reasons))


def _shut_out(profile: Profile, agency: str, title: str) -> str | None:
    if profile.agencies and agency not in profile.agencies and agency != Agency.ICH:
        return f"{agency.upper()} is not among the project's agencies"
    word = _held(profile.exclude, title)
    return f"the title holds the excluded word “{word}”" if word else None


def _by_keyword(profile: Profile, title: str, words: str, reasons: list[str]) -> float:
    word = _held(profile.keywords, title)
    if word:
        reasons.append(f"the title holds your keyword “{word}”")
        return KEYWORD
    word = _held(profile.keywords, words)
    if word:
        reasons.append(f"its text holds your keyword “{word}”")
        return RELEVANT
    return 0.0


def _by_labels(profile: Profile, labels: Labels, names: Mapping[str, str], reasons: list[str]) -> float:
    topics = [each for each in labels.topics if each.id in profile.topics or not profile.topics]
    if not labels.is_cmc_relevant or not topics:
        return 0.0
    own = [each for each in labels.modalities if each.id in profile.modalities]
    everywhere = not labels.modalities or any(each.id == EVERYWHERE for each in labels.modalities)
    if not own and not everywhere and profile.modalities:
        return 0.0
    reasons.append(_sentence("about", own, names) if own else "holds for every modality")
    reasons.append(_sentence("on", topics, names))
    modality = own[0].score if own else ANY_MODALITY
    return float((modality * topics[0].score) ** 0.5)


def _sentence(word: str, labels: list[LabelScore], names: Mapping[str, str]) -> str:
    return f"{word} {', '.join(names.get(each.id, each.id) for each in labels)}"


def _held(wanted: tuple[str, ...], text: str) -> str | None:
    """Return the first of the words that the text holds, as a whole word where the script has such."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    for word in wanted:
        pattern = re.escape(unicodedata.normalize("NFKC", word).casefold())
        if word.isascii():
            pattern = rf"(?<!\w){pattern}(?!\w)"
        if re.search(pattern, plain):
            return word
    return None
