"""Titles as agencies write them, and what two writings of one title have in common."""

import re
import unicodedata

# C0 and C1 controls, and the bidirectional overrides that make a text read as another.
INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")

# Words of the envelope that FDA puts around a title, and that come and go between a draft and its final; the Federal
# Register's is longer: "…; International Council for Harmonisation; Draft Guidance for Industry; Availability".
ENVELOPE = re.compile(
    r"\b(draft|final|revised|guidances? for industry( and (fda|food and drug administration) staff)?|"
    r"(?<=[:;|] )guidances? for [\w ,]+$|small entity compliance guide|guidances?|guideline|availability|"
    r"(reopening|extension) of (the )?comment period|"
    r"international (council for|conference on) harmoni[sz]ation)\b",
    re.IGNORECASE,
)
SMALL_WORDS = frozenset({
    "a", "an", "and", "at", "as", "by", "for", "from", "in", "into", "its", "of", "on", "or", "the", "to", "with",
})  # fmt: skip


def squeezed(text: str) -> str:
    """Return the text without invisible characters, its runs of white space one space each."""
    return " ".join(INVISIBLE.sub("", text).split())


def title_words(title: str) -> frozenset[str]:
    """Return the words that carry a title: NFKC, small letters, without envelope and small words."""
    plain = unicodedata.normalize("NFKC", title).casefold()
    stripped = ENVELOPE.sub(" ", plain)
    words = frozenset(re.findall(r"\w+", stripped)) - SMALL_WORDS
    return words or frozenset(re.findall(r"\w+", plain))


def agree(one: str, other: str, least: float = 0.75) -> bool:
    """Return whether two titles name the same document: most of their words are shared.

    >>> agree("Current Good Manufacturing Practice for Medical Gases: Draft Guidance for Industry",
    ...       "Medical Gases — Current Good Manufacturing Practice: Draft Guidance for Industry")
    True
    """
    left, right = title_words(one), title_words(other)
    return bool(left and right) and len(left & right) / len(left | right) >= least
