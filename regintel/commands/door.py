"""The group that every command hangs on: what they share, and how a call ends.

Exit codes: 0 all well, 1 failed, 2 partial (an enabled source was not read, or deliveries are pending), 3 wrong usage
or configuration, 4 another run holds the lock.
"""

import errno
import json
import logging
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from regintel import __version__
from regintel.clock import Clock, moment_of
from regintel.config import load_config
from regintel.exceptions import ConfigError, LockedError, ModelError, RegintelError, UsageError
from regintel.house import House
from regintel.logs import configure

if TYPE_CHECKING:
    from regintel.store.database import Index

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What a full disk, or a full allotment of it, makes of a writing."""
FAILED, PARTIAL, USAGE, LOCKED = 1, 2, 3, 4
Command = TypeVar("Command", bound=Callable[..., None])


def exit_code(error: RegintelError) -> int:
    """Return the exit code of an error."""
    if isinstance(error, ConfigError | UsageError | ModelError):
        return USAGE
    return LOCKED if isinstance(error, LockedError) else FAILED


class Door(click.Group):
    """Turns our errors into one line and an exit code; anything else shows its traceback."""

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> Any:
        """Run, and leave with the contract's exit codes."""
        try:
            sys.exit(super().main(args, prog_name, **{**extra, "standalone_mode": False}) or 0)
        except click.exceptions.Abort:
            self._leave("interrupted", FAILED)
        except click.ClickException as error:
            error.show()
            sys.exit(USAGE)
        except RegintelError as error:
            self._leave(str(error), exit_code(error))
        except sqlite3.Error as error:
            self._leave(f"the index: {error}", FAILED)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            self._leave(f"{error.filename or 'the data folder'}: {error.strerror}", FAILED)

    @staticmethod
    def _leave(words: str, code: int) -> None:
        click.echo(f"regintel: {words}", err=True)
        sys.exit(code)


@click.group(cls=Door, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config", type=click.Path(path_type=Path), help="Folder of configuration (REGINTEL_CONFIG). [default: ./config]"
)
@click.option(
    "--data", type=click.Path(path_type=Path), help="Folder of index and archive (REGINTEL_DATA). [default: ./data]"
)
@click.option("--now", envvar="REGINTEL_NOW", help="The clock, for replay and tests: UTC, ISO 8601 (REGINTEL_NOW).")
@click.option("--verbose", "-v", is_flag=True, help="Say on stderr what is going on.")
@click.version_option(__version__, message="regintel %(version)s")
@click.pass_context
def main(context: click.Context, config: Path | None, data: Path | None, now: str | None, *, verbose: bool) -> None:
    """Watch what medicines agencies publish as guidance, know what changed, tell the channels it matters to."""
    configure(logging.getLogger("regintel"), logging.DEBUG if verbose else logging.WARNING)
    encoder = context.obj
    if context.invoked_subcommand in {"init", "replay"}:
        return
    house = House(load_config(config, data), Clock(moment_of(now) if now else None), encoder)
    for warning in house.config.warnings:
        logging.getLogger("regintel").warning(warning)
    context.obj = house


def house_command(
    name: str | None = None, *, within: click.Group | None = None, context_settings: dict[str, Any] | None = None
) -> Callable[[Command], Command]:
    """Declare a command that works on the house and can answer in JSON.

    :param within: the group that it belongs to; none for the top.
    """

    def declared(command: Command) -> Command:
        as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
        group = within or main
        return group.command(name, context_settings=context_settings)(as_json(click.pass_obj(_named(command))))  # type: ignore[return-value]

    return declared


def line_command(command: Command) -> Command:
    """Declare a command that works on the house and answers every line it reads with a line of JSON."""
    return main.command()(click.pass_obj(_named(command)))  # type: ignore[return-value]


def _named(command: Callable[..., None]) -> Callable[..., None]:
    @wraps(command)
    def run(house: House, /, **told: Any) -> None:
        command(house, **told)

    return run


def answer(content: object) -> None:
    """Print one JSON object, and nothing else, on stdout."""
    click.echo(json.dumps(content, ensure_ascii=False, indent=1, default=str))


@contextmanager
def writing(house: House) -> "Iterator[Index]":
    """Hold the lock and open the index for writing."""
    from regintel.store.database import open_index
    from regintel.store.lock import writing as lock

    with lock(house.config.lock), open_index(house.config.index) as index:
        yield index


@contextmanager
def reading(house: House) -> "Iterator[Index]":
    """Open the index for reading."""
    from regintel.store.database import read_index

    with read_index(house.config.index) as index:
        yield index
