"""The regulators' words in English, Japanese and Chinese: `config/glossary.toml` as a checked value.

Two read it. A digest writes an English gist of a Japanese or Chinese title (`notify/gist.py`). The search looks for the
words of the other languages as well, thus:

    glossary = Glossary.load(config.folder)
    for found in glossary.spotted("comparability of CAR-T cells", "en"):
        found.term.spellings("ja")  # ("同等性/同質性評価", "同等性/同質性")

Text is compared after NFKC, without regard to capitals, and the longest spelling that begins first wins. Japanese and
Chinese spellings are found anywhere; English ones as whole words, with or without a plural s, a hyphen as a space.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from regintel.config import checked, read_toml, shipped

Spelling = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"\w")]

LANGUAGES = ("en", "ja", "zh")


class Role(StrEnum):
    """What a word does in a title."""

    SUBJECT = "subject"
    """It says what the title is about."""
    GENERAL = "general"
    """It says something only beside a subject: "drug", "risk"."""
    DOCUMENT = "document"
    """It says what kind of document it is: guideline, Q&A, notice."""
    STAGE = "stage"
    """It says where the document stands: draft for comment, trial implementation."""


class Term(BaseModel):
    """One meaning, and how it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    en: tuple[Spelling, ...] = Field(min_length=1)
    """What a gist writes, then other ways to say it."""
    ja: tuple[Spelling, ...] = ()
    zh: tuple[Spelling, ...] = ()
    role: Role = Role.SUBJECT
    seen: tuple[str, ...] = ()
    """The languages of which a spelling was met in a real title."""

    @property
    def gloss(self) -> str:
        """Return the English that a gist writes."""
        return self.en[0]

    def spellings(self, language: str) -> tuple[str, ...]:
        """Return how it is written in `en`, `ja` or `zh`; nothing for any other language."""
        return {"en": self.en, "ja": self.ja, "zh": self.zh}.get(language, ())


class Frame(BaseModel):
    """Words that need no gist, by language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ja: tuple[Spelling, ...] = ()
    zh: tuple[Spelling, ...] = ()


@dataclass(frozen=True)
class Found:
    """A term where it stands in a text."""

    term: Term
    start: int
    end: int
    """Places in the text as `folded` returns it."""


class Glossary(BaseModel):
    """Every term, in the file's order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    terms: tuple[Term, ...]
    frame: Frame = Frame()

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read `glossary.toml` of a configuration folder; a folder that has none of its own gets the shipped one.

        :raises ConfigError: naming the file and key.
        """
        path = folder / "glossary.toml"
        path = path if path.exists() else shipped("config") / "glossary.toml"
        return checked(cls, read_toml(path), path)

    @model_validator(mode="after")
    def _a_spelling_stands_once(self) -> Self:
        for language in LANGUAGES:
            met: set[str] = set()
            for each in (key for term in self.terms for key in _keys(term, language)):
                if each in met:
                    raise ValueError(f"{each!r} stands twice ({language})")
                met.add(each)
        return self

    def spotted(self, text: str, language: str) -> tuple[Found, ...]:
        """Return the terms that stand in a text, in its order, none within another.

        :param language: `en`, `ja` or `zh`, also with a script or country (`zh-Hans`); of any other nothing is known.
        """
        of, pattern = self._spotters.get(language.partition("-")[0].lower(), ({}, None))
        if pattern is None:
            return ()
        hits = pattern.finditer(folded(text))
        return tuple(Found(of[_key(hit["spelling"])], hit.start("spelling"), hit.end("spelling")) for hit in hits)

    def framing(self, language: str) -> re.Pattern[str]:
        """Return a pattern of the words that need no gist; it finds nothing where there are none."""
        return self._frames.get(language.partition("-")[0].lower(), re.compile(r"(?!)"))

    @cached_property
    def _spotters(self) -> dict[str, tuple[dict[str, Term], re.Pattern[str]]]:
        spotters = {}
        for language in LANGUAGES:
            of = {key: term for term in self.terms for key in _keys(term, language)}
            if of:
                any_of = _any_of(of)
                found = (
                    rf"(?<!\w)(?P<spelling>{any_of})(?:e?s)?(?!\w)" if language == "en" else f"(?P<spelling>{any_of})"
                )
                spotters[language] = of, re.compile(found, re.IGNORECASE)
        return spotters

    @cached_property
    def _frames(self) -> dict[str, re.Pattern[str]]:
        words = {"ja": self.frame.ja, "zh": self.frame.zh}
        return {language: re.compile(_any_of(map(folded, each))) for language, each in words.items() if each}


def folded(text: str) -> str:
    """Return text with full and half width alike."""
    return unicodedata.normalize("NFKC", text)


def _key(spelling: str) -> str:
    """Return what two ways to write a spelling have in common."""
    return re.sub(r"[-\s]+", " ", folded(spelling).lower())


def _keys(term: Term, language: str) -> Iterator[str]:
    yield from dict.fromkeys(map(_key, term.spellings(language)))


def _any_of(keys: Iterable[str]) -> str:
    """Return a pattern of any of them, the longest first; a space stands for a hyphen, too."""
    longest = sorted(keys, key=len, reverse=True)
    return "|".join(re.escape(key).replace(r"\ ", r"[-\s]+") for key in longest)
