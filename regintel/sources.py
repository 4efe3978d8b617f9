"""A source: everything known about one listing before it is fetched, as its TOML file tells it."""

import re
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from regintel.config import checked, read_toml, shown
from regintel.cron import Cron
from regintel.exceptions import ConfigError, UnknownValueError, UsageError
from regintel.text.titles import squeezed
from regintel.vocabulary import Agency, ListingKind, Stage

MANUAL = "manual"
"""The id under which the inbox stands among the sources: what persons handed in. No file may bear it."""


class Expect(BaseModel):
    """What a healthy run looks like; outside it the run is failed and nothing is concluded from it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_items: int = Field(ge=1)
    max_items: int = Field(ge=1)
    max_drop: float = Field(default=0.1, ge=0, le=1)
    """Share of the last healthy run's items that may be missing."""
    allowance: int = Field(default=3, ge=0)
    """Rows that may always be missing, so that short lists can lose one."""
    fresh_days: int | None = Field(default=None, ge=1)
    """The newest item is at most so many days old; older, and the source is reported stale."""
    filled: dict[str, float] = Field(default_factory=dict)
    """Least share of items that have a field at all, by its name: a field that vanishes is a fault, not an edit."""


class Politeness(BaseModel):
    """How gently the host is read. robots.txt may ask for more, never for less."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    delay: float = Field(default=2.0, ge=0.1, le=3600)
    """Floor of the seconds between two requests to a host, and base of the back-off."""
    timeout: float = Field(default=60, gt=0, le=600)
    retries: int = Field(default=3, ge=0, le=10)
    max_retry_after: float = Field(default=120, ge=0, le=3600)
    """A longer Retry-After than this ends the run; the next run asks again."""
    max_bytes: int = Field(default=64_000_000, gt=0)
    """Of one body, after decompression."""
    max_seconds: float = Field(default=7200, gt=0)
    """Of the whole crawl."""


class BlockSigns(BaseModel):
    """How this host says no without saying so."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    statuses: tuple[int, ...] = (401, 403, 429)
    addresses: tuple[str, ...] = ()
    """Parts of an address that a refusal redirects to."""
    words: tuple[str, ...] = ()
    """Words of a refusal's body."""
    whole_host: bool = False
    """Whether who refuses one list refuses the host: then its other sources are not asked in the same run."""
    scripts: tuple[str, ...] = ()
    """Marks of a challenge that a page which passed can carry too: they count where there is hardly a word to read."""


class Follow(BaseModel):
    """How many documents' own pages and files are read behind a list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    most: int = Field(default=30, ge=0)
    """In one run; what is left waits for the next one."""
    backfill: int = Field(default=0, ge=0)
    """Of these, so many that did not move and were never read, newest first."""


class Source(BaseModel):
    """One listing page or feed of an agency."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    agency: Agency
    issuer: str = ""
    url: str
    urls: tuple[str, ...] = ()
    """Sibling pages that are read alike; of `pages`, those that are read on every run."""
    kind: ListingKind = ListingKind.LIST
    follows: str = ""
    """Of `pages`: the source whose documents' pages these are."""
    part_of: str = ""
    """A wider list that has every row of this one too: it is read first, and tells what both say."""
    hosts: tuple[str, ...] = ()
    """The only hosts that may be asked; the url's own when empty."""
    language: str = "en"
    media_type: str = "application/json"
    """What the listing is served as; HTML in its place is a block."""
    schedule: str = "30 6 * * *"
    """When `regintel schedule` reads it: a cron expression, UTC."""
    enabled: bool = True
    date_formats: tuple[str, ...] = ("%Y-%m-%d",)
    expect: Expect
    politeness: Politeness = Politeness()
    blocked: BlockSigns = BlockSigns()
    follow: Follow = Follow()
    statuses: dict[str, Stage]
    """Their word = our stage; an unlisted word is a problem, never a default."""
    lookups: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Word lists that this source's spider needs."""

    @field_validator("url")
    @classmethod
    def _https(cls, url: str) -> str:
        if not url.startswith("https://"):
            raise ValueError("not an https address")
        return url

    @field_validator("schedule")
    @classmethod
    def _schedule(cls, text: str) -> str:
        Cron.of(text)
        return text

    @model_validator(mode="after")
    def _hosts(self) -> "Source":
        if not self.hosts:
            object.__setattr__(self, "hosts", (self.host,))
        return self

    @model_validator(mode="after")
    def _only_pages_follow(self) -> "Source":
        if self.follows and self.kind is not ListingKind.PAGES:
            raise ValueError("follows: only a source of kind 'pages' follows another")
        return self

    @property
    def host(self) -> str:
        """The host that its listing stands on."""
        return self.url.split("/")[2]

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every page that the listing starts from."""
        return self.urls or (() if self.follows else (self.url,))

    def stage_of(self, word: str) -> Stage:
        """Translate the agency's status word.

        :raises UnknownValueError: when the source's table does not know it.
        """
        for theirs, ours in self.statuses.items():
            if theirs.casefold() == word.casefold():
                return ours
        raise UnknownValueError(self.id, f"unknown status {word!r}")

    def date_of(self, text: str) -> str | None:
        """Read a date as this agency writes it; one that cannot be read is none, never today."""
        text = squeezed(text)
        for form in self.date_formats:
            try:
                return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007  (an agency's day has no zone)
            except ValueError:
                continue
        return None


def load_sources(folder: Path) -> dict[str, Source]:
    """Read every `sources/*.toml` of a configuration folder, by id.

    :raises ConfigError: naming the file and key.
    """
    paths = sorted((folder / "sources").glob("*.toml"))
    if not paths:
        raise ConfigError(f"{shown(folder / 'sources')}: no source files")
    found = {path.stem: _load(path) for path in paths}
    for path in paths:
        followed = found[path.stem].follows
        if followed and (followed not in found or found[followed].follows):
            raise ConfigError(f"{shown(path)}: follows: no list of that name: {followed!r}")
        if found[path.stem].part_of not in {"", *found}:
            raise ConfigError(f"{shown(path)}: part_of: no list of that name: {found[path.stem].part_of!r}")
    return found


def _load(path: Path) -> Source:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", path.stem):
        raise ConfigError(f"{shown(path)}: the file's name is the source's id: small letters, digits, underscores")
    if path.stem == MANUAL:
        raise ConfigError(f"{shown(path)}: {MANUAL!r} is the inbox's id; name the source otherwise")
    content = read_toml(path)
    if "id" in content:
        raise ConfigError(f"{shown(path)}: id: unknown key (the file's name is the id)")
    return checked(Source, {"id": path.stem, **content}, path)


def chosen(sources: dict[str, Source], ids: tuple[str, ...] = (), agency: str | None = None) -> list[Source]:
    """Return the sources that a command names; without names, the enabled ones.

    :raises UsageError: for an id or agency that no source has.
    """
    unknown = [each for each in ids if each not in sources]
    if unknown:
        raise UsageError(f"unknown source {unknown[0]!r} (known: {', '.join(sources)})")
    if agency and agency not in set(Agency):
        raise UsageError(f"unknown agency {agency!r} (known: {', '.join(Agency)})")
    found = [sources[each] for each in dict.fromkeys(ids)] or [each for each in sources.values() if each.enabled]
    return [each for each in found if not agency or each.agency == agency]
