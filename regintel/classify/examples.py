"""Labelled titles: what a head learns from and is measured on, `data/labels/*.jsonl`."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from regintel.classify.lexical import ich_codes, normal
from regintel.classify.taxonomy import NO_TOPIC
from regintel.exceptions import ClassifyError

SAME = 0.55
"""Two titles sharing this much of their 4-grams are one document's issues, or a series."""


class Example(BaseModel):
    """One title with its labels, and who gave them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    agency: str
    language: str
    title: str = Field(min_length=1)
    excerpt: str = ""
    url: str = ""
    published: str = ""
    filed: tuple[str, ...] = ()
    """The agency's own topics."""
    modalities: tuple[str, ...] = Field(min_length=1)
    topics: tuple[str, ...] = Field(min_length=1)
    ambiguous: bool = False
    """A second specialist could reasonably differ."""
    by: str
    """Who labelled it, and how."""

    @model_validator(mode="before")
    @classmethod
    def _as_in_the_development_set(cls, told: dict[str, Any]) -> dict[str, Any]:
        """Take a record of the form that `../shared/eval/dev.jsonl` has, too."""
        if "cmc_topics" not in told:
            return told
        known = ("id", "agency", "language", "title", "url", "modalities", "ambiguous")
        named = {name: told[name] for name in known if name in told}
        filed = told.get("listing_meta", {}).get("topics", [])
        return named | {
            "topics": told["cmc_topics"],
            "excerpt": told.get("abstract_or_excerpt") or "",
            "published": told.get("date", ""),
            "filed": filed,
            "by": "not said",
        }

    @property
    def is_cmc_relevant(self) -> bool:
        """Return whether it is about CMC."""
        return self.topics != (NO_TOPIC,)


def read_examples(paths: Iterable[Path]) -> list[Example]:
    """Read labelled titles; a title that comes again takes the later labels.

    :raises ClassifyError: naming the file and line that cannot be taken.
    """
    found: dict[str, Example] = {}
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ClassifyError(f"{path}: cannot be read: {error}") from error
        for number, line in enumerate(lines, 1):
            try:
                example = Example.model_validate_json(line)
            except ValidationError as error:
                problem = error.errors()[0]
                where = ".".join(str(part) for part in problem["loc"])
                raise ClassifyError(f"{path}:{number}: no labelled title: {where}: {problem['msg']}") from error
            found[example.id] = example
    return list(found.values())


def data_hash(examples: Sequence[Example]) -> str:
    """Return a short hash of everything that a head learns from, whatever the order."""
    lines = sorted(json.dumps(example.model_dump(), ensure_ascii=False, sort_keys=True) for example in examples)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def groups(titles: Sequence[str]) -> NDArray[np.int64]:
    """Return a group number for each title: near-duplicates, and titles that name one ICH code, share theirs."""
    grams, codes = [_grams(title) for title in titles], [set(ich_codes(normal(title))) for title in titles]
    group = np.arange(len(titles))
    for one in range(len(titles)):
        for other in range(one):
            if codes[one] & codes[other] or _alike(grams[one], grams[other]):
                group[group == group[one]] = group[other]
    return group


def _alike(one: set[str], other: set[str]) -> bool:
    if min(len(one), len(other)) <= SAME * max(len(one), len(other)):
        return False  # however much they share
    shared = len(one & other)
    return shared > SAME * (len(one) + len(other) - shared)


def folds(group: NDArray[np.int64], count: int, seed: int) -> NDArray[np.int64]:
    """Return the fold of each title; a group is never parted."""
    order = np.random.default_rng(seed).permutation(np.unique(group))
    place = {name: at % count for at, name in enumerate(order.tolist())}
    return np.array([place[name] for name in group.tolist()])


def _grams(title: str) -> set[str]:
    plain = re.sub(r"\W+", " ", normal(title).lower())
    return {plain[at : at + 4] for at in range(max(1, len(plain) - 3))}
