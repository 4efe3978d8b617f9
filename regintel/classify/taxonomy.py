"""The labels: `config/taxonomy.toml` as checked values.

A label is a definition with words in three languages and the agencies' own filing for it. The file is for people to
edit; what it means is condensed into `Taxonomy.key`, which is stored with every label given.
"""

import hashlib
import tomllib
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator

from regintel.exceptions import ConfigError

NO_MODALITY = "cross_none"
"""Given when no modality passes; never beside one."""
NO_TOPIC = "not_cmc"
"""Given when no CMC topic passes; never beside one."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"\w")]
"""Holds at least one letter, figure or character: a lone `*` would be found everywhere."""


class Keywords(BaseModel):
    """Words that speak for a label, by language; a final `*` takes any ending."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    en: tuple[Word, ...] = ()
    ja: tuple[Word, ...] = ()
    zh: tuple[Word, ...] = ()


class AgencyTopics(BaseModel):
    """What agencies file a label's documents under: their own topics, and ICH codes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fda: tuple[Word, ...] = ()
    ema: tuple[Word, ...] = ()
    ich: tuple[Word, ...] = ()


class LabelDefinition(BaseModel):
    """One modality or CMC topic."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Text
    label: Text
    definition: Text
    keywords: Keywords = Keywords()
    maps_from: AgencyTopics = AgencyTopics()
    notes: str = ""

    @property
    def meaning(self) -> str:
        """Return what decides who gets this label, in one text; the order of words does not matter."""
        words = self.keywords.model_dump() | self.maps_from.model_dump()
        parts = [f"{kind}={'|'.join(sorted(words[kind]))}" for kind in sorted(words)]
        return "\n".join((self.id, self.label, self.definition, *parts))


class Taxonomy(BaseModel):
    """Every modality and CMC topic, in the order people read them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Text
    modality: tuple[LabelDefinition, ...]
    topic: tuple[LabelDefinition, ...]

    @property
    def key(self) -> str:
        """Return a short hash of what the labels mean; comments, notes, order of words and layout do not change it."""
        meanings = [f"{scheme}\n{label.meaning}" for scheme, labels in self._schemes for label in labels]
        return hashlib.sha256("\n\n".join(sorted(meanings)).encode()).hexdigest()[:12]

    @property
    def _schemes(self) -> tuple[tuple[str, tuple[LabelDefinition, ...]], ...]:
        return ("modality", self.modality), ("topic", self.topic)

    @model_validator(mode="after")
    def _check_ids(self) -> Self:
        for scheme, labels, needed in (("modality", self.modality, NO_MODALITY), ("topic", self.topic, NO_TOPIC)):
            ids = [label.id for label in labels]
            twice = sorted({name for name in ids if ids.count(name) > 1})
            if twice:
                raise ValueError(f"{scheme}: id {twice[0]!r} is there twice")
            if needed not in ids:
                raise ValueError(f"{scheme}: id {needed!r} is missing")
        return self


def load_taxonomy(path: Path) -> Taxonomy:
    """Read and check the taxonomy.

    :raises ConfigError: naming the file and the key, when it is missing, not TOML, or not of this form.
    """
    try:
        return Taxonomy.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    except ValidationError as error:
        raise ConfigError(f"{path}: {_first_problem(error)}") from error


def _first_problem(error: ValidationError) -> str:
    """Return `modality.3.keywords.en: what is wrong`; labels count from 1, as people do."""
    problem = error.errors()[0]
    where = ".".join(str(part + 1) if isinstance(part, int) else part for part in problem["loc"])
    what = problem["msg"].removeprefix("Value error, ")
    return f"{where}: {what}" if where else what
