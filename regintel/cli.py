"""The command line. A command parses its arguments, calls one job, prints what came of it.

Exit codes: 0 all well, 1 failed, 2 partial (an enabled source was not read, or deliveries are pending), 3 wrong usage
or configuration, 4 another run holds the lock. Heavy imports are inside the commands, so that `--help` is instant.
"""

import json
import logging
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from regintel import __version__
from regintel.clock import Clock, iso, moment_of
from regintel.config import load_config
from regintel.exceptions import ConfigError, LockedError, ModelError, RegintelError, UsageError
from regintel.house import House
from regintel.logs import configure

if TYPE_CHECKING:
    from regintel.store.database import Index

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


def house_command(name: str | None = None) -> Callable[[Command], Command]:
    """Declare a command that works on the house and can answer in JSON."""

    def declared(command: Command) -> Command:
        as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
        return main.command(name)(as_json(click.pass_obj(_named(command))))  # type: ignore[return-value]

    return declared


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


@main.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("config"))
def init(folder: Path) -> None:
    """Write a commented starter configuration into FOLDER (default: config)."""
    from regintel.jobs.init import write_starter

    written = write_starter(folder)
    click.echo(f"{len(written)} files written to {folder}.")
    click.echo(f"Next: put a contact into {folder}/regintel.toml, then `regintel doctor`.")


@house_command()
@click.option("--offline", is_flag=True, help="Skip what needs the network.")
def doctor(house: House, *, offline: bool, as_json: bool) -> None:
    """Check configuration, index, archive, model and Slack."""
    from regintel.jobs.doctor import examine
    from regintel.tables import checks_table, console

    checks = examine(house, offline=offline)
    if as_json:
        answer({"checks": [check.as_json() for check in checks]})
    else:
        console().print(checks_table(checks))
    sys.exit(FAILED if any(check.state == "fail" for check in checks) else 0)


@house_command()
def sources(house: House, *, as_json: bool) -> None:
    """List every source and its health."""
    from regintel.answers import source_answer
    from regintel.jobs.digest import source_healths
    from regintel.tables import console, sources_table

    every = list(house.sources.values())
    with reading(house) as index:
        healths = source_healths(index, every, house.config.settings.notify, house.clock.now())
    if as_json:
        answer({"sources": [source_answer(*pair) for pair in zip(every, healths, strict=True)]})
    else:
        console().print(sources_table(healths))


@house_command()
@click.argument("names", metavar="[SOURCE]...", nargs=-1)
@click.option("--agency", help="Only this agency's sources.")
def crawl(house: House, *, names: tuple[str, ...], agency: str | None, as_json: bool) -> None:
    """Crawl now: the named sources, or all that are enabled."""
    from regintel.answers import crawl_answer
    from regintel.jobs.crawl import crawl as crawl_job
    from regintel.sources import chosen
    from regintel.tables import console, crawl_table

    wanted = chosen(house.sources, names, agency)
    with writing(house) as index:
        reports = crawl_job(house.config, index, wanted, house.clock)
    if as_json:
        answer(crawl_answer(reports))
    else:
        console().print(crawl_table(reports))
    sys.exit(0 if all(report.ok for report in reports) else PARTIAL)


@house_command()
@click.option("--all", "everything", is_flag=True, help="Label everything anew, not just what has no label.")
def classify(house: House, *, everything: bool, as_json: bool) -> None:
    """Label what has no label by the current model and taxonomy."""
    from regintel.jobs.run import label

    with writing(house) as index:
        done = label(house, index, everything=everything)
    if as_json:
        answer({**asdict(done), "docs_per_second": done.docs_per_second})
    else:
        counted = f"{done.classified} labelled, {done.skipped} as they were"
        click.echo(f"{counted}, {done.seconds} s ({done.docs_per_second} a second)")


@house_command()
@click.argument("query", nargs=-1)
@click.option("--agency", multiple=True, help="fda, ema, mhra, pmda, nmpa or ich; may be repeated, as all filters.")
@click.option("--modality", multiple=True, help="A modality's id, as in config/taxonomy.toml.")
@click.option("--topic", multiple=True, help="A CMC topic's id, as in config/taxonomy.toml.")
@click.option("--status", multiple=True, help="The agency's own word, or ours: draft, final, withdrawn, information.")
@click.option("--language", multiple=True, help="en, ja or zh.")
@click.option("--source", multiple=True, help="A source's id.")
@click.option("--since", help="Issued on this day (ISO) or later.")
@click.option("--until", help="Issued on this day (ISO) or earlier.")
@click.option("-n", "count", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many.")
@click.option("--mode", type=click.Choice(["hybrid", "lexical", "semantic"]), default="hybrid", show_default=True)
def search(house: House, *, query: tuple[str, ...], count: int, mode: str, as_json: bool, **narrowed: Any) -> None:
    """Search the guidance index."""
    from regintel.answers import search_answer
    from regintel.records import SearchFilters
    from regintel.search.query import Mode
    from regintel.search.query import search as search_job
    from regintel.tables import console, found_list

    filters = house.checked(SearchFilters(**narrowed))
    with reading(house) as index:
        found = search_job(index, house.encoder, " ".join(query), filters, mode=Mode(mode), count=count)
    if as_json:
        answer(search_answer(found))
    else:
        console().print(found_list(found))


@house_command()
@click.argument("name", metavar="ID")
def show(house: House, *, name: str, as_json: bool) -> None:
    """Show one document, by id or address: every version, label and change, and the bytes they were read from."""
    from regintel.answers import show_answer
    from regintel.records import Labels
    from regintel.store.documents import document
    from regintel.store.labels import labels_of
    from regintel.tables import console, document_page

    with reading(house) as index:
        found = document(index, name)
        if found is None:
            raise UsageError(f"unknown document {name!r} (`regintel search` gives ids)")
        told = show_answer(index, found, labels_of(index, [found.id]).get(found.id, Labels()))
    if as_json:
        answer(told)
    else:
        console().print(document_page(told))


@house_command()
@click.option("--since", help="Seen on this day or moment (ISO) or later.")
@click.option("--agency", help="Only this agency's.")
@click.option(
    "--kind", type=click.Choice(["new", "revised", "status_changed", "deadline_changed", "withdrawn", "restored"])
)
@click.option("--project", help="Only what matters to this project.")
def changes(
    house: House, *, since: str | None, agency: str | None, kind: str | None, project: str | None, as_json: bool
) -> None:
    """Show the change log, newest first."""
    from regintel.answers import change_answer
    from regintel.notify.projects import chosen_projects
    from regintel.sources import chosen
    from regintel.store.documents import changes as logged
    from regintel.store.outbox import relevant_changes
    from regintel.tables import changes_table, console

    chosen(house.sources, (), agency)
    since = iso(moment_of(since)) if since else None
    if project:
        chosen_projects(house.projects, (project,))
    with reading(house) as index:
        found = logged(index, since=since, agency=agency, kind=kind)
        if project:
            wanted = relevant_changes(index, project)
            found = [change for change in found if change.id in wanted]
    if as_json:
        answer({"changes": [change_answer(change) for change in found]})
    else:
        console().print(changes_table(found))


@house_command()
@click.argument("names", metavar="[PROJECT]...", nargs=-1)
@click.option("--preview", is_flag=True, help="Show what was not sent yet; write and send nothing.")
def digest(house: House, *, names: tuple[str, ...], preview: bool, as_json: bool) -> None:
    """Build the digests that are due."""
    from regintel.jobs.match import fresh_matches, match
    from regintel.jobs.run import desk
    from regintel.notify.projects import chosen_projects
    from regintel.tables import print_digest

    wanted = chosen_projects(house.projects, names)
    told = (house.names, house.clock, house.config.settings.notify.max_backlog_days)
    if preview:
        with reading(house) as index:
            at = desk(house, index)
            built = [at.preview(each, fresh_matches(index, house.encoder, each, *told)) for each in wanted]
    else:
        with writing(house) as index:
            match(index, house.encoder, wanted, *told)
            built = desk(house, index).build(wanted)
    if as_json:
        answer({"digests": [each.as_json() for each in built]})
        return
    for each in built:
        print_digest(each, house.names)
    if not built:
        click.echo("No digest is due.")


@house_command()
@click.option("--dry-run", is_flag=True, help="Show what would be sent; send nothing.")
def notify(house: House, *, dry_run: bool, as_json: bool) -> None:
    """Send everything in the outbox that is due."""
    from regintel.jobs.notify import Postman, sender_of, without_sender
    from regintel.store.outbox import due_messages
    from regintel.tables import console, said

    sender = sender_of(house.config.secrets)
    if dry_run or sender is None:
        with reading(house) as index:
            due, sent = due_messages(index, iso(house.clock.now())), without_sender(index)
    else:
        with writing(house) as index:
            due, sent = [], Postman(index, sender, house.config.settings.notify, house.clock).send()
    if as_json:
        answer({**sent.as_json(), "due": [{"id": each.id, "channel": each.channel, "text": each.text} for each in due]})
    else:
        for each in due:
            console().print(said(f"to {each.channel}: {each.text}"), "", soft_wrap=True)
        why = "; SLACK_BOT_TOKEN is not set, so nothing was sent" if sender is None else ""
        click.echo(", ".join(f"{number} {word}" for word, number in sent.as_json().items()) + why)
    sys.exit(PARTIAL if sent.partial else 0)


@house_command()
def run(house: House, *, as_json: bool) -> None:
    """Do the day's work, as cron calls it: crawl, classify, match, digest, notify."""
    from regintel.answers import crawl_answer
    from regintel.jobs.run import run as run_job
    from regintel.tables import print_run

    _ = house.projects, house.background, house.encoder.identity  # a mistake in config costs no crawl
    with writing(house) as index:
        done = run_job(house, index)
    if as_json:
        answer({
            "crawl": crawl_answer(done.crawl),
            "classify": {**asdict(done.classified), "docs_per_second": done.classified.docs_per_second},
            "digest": {"digests": [each.as_json() for each in done.digests]},
            "notify": done.sent.as_json(),
        })  # fmt: skip
    else:
        print_run(done, house.names)
    sys.exit(PARTIAL if done.partial else 0)


@main.command()
@click.argument("paths", metavar="WARC_OR_FOLDER...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes a free one.")
def replay(paths: tuple[Path, ...], port: int) -> None:
    """Serve archives on this machine, as they were at any time: http://127.0.0.1:PORT/<timestamp>id_/<address>."""
    from regintel.replay import serve

    server = serve(list(paths), port)
    click.echo(f"replaying on {server.address}/<timestamp>id_/<address> (REGINTEL_FETCH_PREFIX); interrupt to stop")
    try:
        server.serve_forever()
    finally:
        server.server_close()


@house_command()
def demo(house: House, *, as_json: bool) -> None:
    """Play the daily run on shipped samples of two days: no network, no token."""
    from regintel.demo import play

    play(house, answer if as_json else None)
