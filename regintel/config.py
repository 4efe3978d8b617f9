"""The house's configuration: folders, `regintel.toml`, and the secrets of the environment.

Read once, in the doorway, and passed down. Importing this module reads nothing and creates nothing.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from regintel import __version__
from regintel.exceptions import ConfigError

Checked = TypeVar("Checked", bound=BaseModel)

LOOPBACK = ("127.0.0.1", "localhost", "::1")


Outlet = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""The name of an Apprise target; its address is a secret, in the environment as REGINTEL_APPRISE_<NAME>."""
OUTLET = "REGINTEL_APPRISE_"
OUTLET_CHANNEL = "apprise:"
"""Begins the channel of a message that goes this way; the outlet's name follows."""


class Model(BaseModel):
    """`[model]`: which embedding model reads the texts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = "multilingual-e5-small"


class Crawl(BaseModel):
    """`[crawl]`: how many hosts are read at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    parallel: int = Field(default=4, ge=1, le=16)


class Notify(BaseModel):
    """`[notify]`: where alarms go, when they are due, how far back a late delivery reaches."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    operations_channel: str = ""
    operations_also: tuple[Outlet, ...] = ()
    """Other ways out for alarms: names of Apprise targets, the way when Slack itself is the trouble."""
    max_backlog_days: int = Field(default=14, ge=1, le=366)
    alarm_after_runs: int = Field(default=3, ge=1)
    alarm_after_hours: int = Field(default=48, ge=1)
    alarm_undelivered_hours: int = Field(default=6, ge=1)
    alarm_free_mb: int = Field(default=500, ge=0)

    @property
    def alarm_channels(self) -> tuple[str, ...]:
        """Where alarms go; nowhere, if nobody said."""
        ours = (self.operations_channel,) if self.operations_channel else ()
        return (*ours, *(f"{OUTLET_CHANNEL}{name}" for name in self.operations_also))


class Schedule(BaseModel):
    """`[schedule]`: how `regintel schedule` keeps time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    jitter_minutes: int = Field(default=5, ge=0, le=59)
    send_minutes: int = Field(default=5, ge=1, le=60)
    lock_minutes: int = Field(default=10, ge=0, le=1440)


class Slack(BaseModel):
    """`[slack]`: who may decide for a channel what it gets."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    admins: tuple[Annotated[str, Field(pattern=r"^[UW][A-Z0-9]+$")], ...] = ()
    """Slack user ids."""


class Settings(BaseModel):
    """`regintel.toml` as a whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contact: str = Field(default="", pattern=r"^[\x20-\x7e]{0,200}$")
    model: Model = Model()
    crawl: Crawl = Crawl()
    notify: Notify = Notify()
    schedule: Schedule = Schedule()
    slack: Slack = Slack()


@dataclass(frozen=True)
class Secrets:
    """Slack's and other outlets' credentials, from the environment only; their values never print."""

    bot_token: SecretStr | None
    webhook_url: SecretStr | None
    api_url: str
    outlets: Mapping[str, SecretStr] = field(default_factory=dict)
    """Addresses of Apprise targets, by name."""
    app_token: SecretStr | None = None
    """Of the app that answers in Slack; without it nobody listens to buttons and commands."""


@dataclass(frozen=True)
class Replay:
    """The fetch prefix and what is allowed only while it points to this machine."""

    prefix: str = ""
    delay: float | None = None
    expect: bool = True


@dataclass(frozen=True)
class Config:
    """Everything one call of regintel was told."""

    folder: Path
    data: Path
    settings: Settings
    secrets: Secrets
    replay: Replay
    model: str
    warnings: tuple[str, ...] = ()

    @property
    def index(self) -> Path:
        """The index."""
        return self.data / "index.db"

    @property
    def archive(self) -> Path:
        """The folder of WARC files."""
        return self.data / "archive"

    @property
    def models(self) -> Path:
        """The folder of embedding models that were built here."""
        return self.data / "models"

    @property
    def logs(self) -> Path:
        """The folder of the crawl processes' logs."""
        return self.data / "logs"

    @property
    def lock(self) -> Path:
        """The lock file of the one writer."""
        return self.data / "regintel.lock"

    @property
    def user_agent(self) -> str:
        """Who we are, honestly: name, version and how to reach whoever runs this."""
        contact = f"; {self.settings.contact}" if self.settings.contact else ""
        return f"regintel/{__version__} (guidance monitor{contact})"


def shipped(name: str) -> Path:
    """Return a folder that the wheel carries (`config`, `demo`, `labels`), or its place in a checkout."""
    inside = Path(__file__).parent / "shipped" / name
    checkout = Path(__file__).parent.parent
    return (
        inside
        if inside.is_dir()
        else checkout / {"config": "config", "demo": "data/demo", "labels": "data/labels"}[name]
    )


def shown(path: Path) -> str:
    """Return a configuration file's name as messages write it: `config/sources/x.toml`."""
    parts = path.parts
    return "/".join(parts[parts.index("config") :]) if "config" in parts else str(path)


def read_toml(path: Path) -> dict[str, object]:
    """Return a TOML file's content.

    :raises ConfigError: naming the file, when it is missing or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{shown(path)}: not found") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"{shown(path)}: {error}") from error


def checked(form: type[Checked], content: Mapping[str, object], path: Path) -> Checked:
    """Return the content in its form.

    :raises ConfigError: one line, naming the file and the first key that is wrong.
    """
    try:
        return form.model_validate(content)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        # A misspelt key is also a missing one; what was written is what its writer looks for.
        first = next((each for each in found if each["type"] == "extra_forbidden"), found[0])
        key = ".".join(str(part) for part in first["loc"]) or "file"
        words = "unknown key" if first["type"] == "extra_forbidden" else first["msg"]
        raise ConfigError(f"{shown(path)}: {key}: {words}") from error


def load_config(folder: Path | None, data: Path | None, environment: Mapping[str, str] = os.environ) -> Config:
    """Read the configuration that arguments and environment point to.

    :raises ConfigError: when the folder or a key of `regintel.toml` is wrong.
    """
    folder = _config_folder(folder, environment)
    settings = checked(Settings, read_toml(folder / "regintel.toml"), folder / "regintel.toml")
    replay, warnings = _replay(environment)
    return Config(
        folder=folder,
        data=(data or Path(environment.get("REGINTEL_DATA") or "data")).absolute(),
        settings=settings,
        secrets=_secrets(environment),
        replay=replay,
        model=environment.get("REGINTEL_MODEL") or settings.model.name,
        warnings=warnings,
    )


def _config_folder(named: Path | None, environment: Mapping[str, str]) -> Path:
    if named is None and environment.get("REGINTEL_CONFIG"):
        named = Path(environment["REGINTEL_CONFIG"])
    if named is None:
        here = Path("config")
        return here.absolute() if (here / "regintel.toml").is_file() else shipped("config")
    if not named.is_dir():
        raise ConfigError(f"{named}: no such configuration folder (`regintel init {named}` writes one)")
    return named.absolute()


def _secrets(environment: Mapping[str, str]) -> Secrets:
    token, webhook = environment.get("SLACK_BOT_TOKEN"), environment.get("SLACK_WEBHOOK_URL")
    app = environment.get("SLACK_APP_TOKEN")
    base = environment.get("SLACK_API_URL") or "https://slack.com/api/"
    return Secrets(
        bot_token=SecretStr(token) if token else None,
        webhook_url=SecretStr(webhook) if webhook else None,
        api_url=base if base.endswith("/") else f"{base}/",
        outlets={
            name.removeprefix(OUTLET).lower(): SecretStr(value)
            for name, value in environment.items()
            if name.startswith(OUTLET) and value
        },
        app_token=SecretStr(app) if app else None,
    )


def _replay(environment: Mapping[str, str]) -> tuple[Replay, tuple[str, ...]]:
    prefix = environment.get("REGINTEL_FETCH_PREFIX", "")
    if prefix and urlsplit(prefix).scheme not in {"http", "https"}:
        raise ConfigError(f"REGINTEL_FETCH_PREFIX: not an http address: {prefix!r}")
    loopback = (urlsplit(prefix).hostname or "") in LOOPBACK
    delay, expect = environment.get("REGINTEL_DELAY"), environment.get("REGINTEL_EXPECT")
    if loopback:
        return Replay(prefix, _seconds(delay), expect != "0"), ()
    ignored = [name for name, value in (("REGINTEL_DELAY", delay), ("REGINTEL_EXPECT", expect)) if value]
    why = "is obeyed only while REGINTEL_FETCH_PREFIX points to this machine; ignored"
    return Replay(prefix), tuple(f"{name} {why}" for name in ignored)


def _seconds(text: str | None) -> float | None:
    if text is None or text == "":
        return None
    try:
        seconds = float(text)
    except ValueError as error:
        raise ConfigError(f"REGINTEL_DELAY: not a number of seconds: {text!r}") from error
    if not 0 <= seconds <= 3600:
        raise ConfigError(f"REGINTEL_DELAY: not between 0 and 3600 seconds: {text!r}")
    return seconds
