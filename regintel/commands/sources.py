"""Commands about sources: how they stand, and reading them now."""

import sys
from pathlib import Path

import click

from regintel.commands.door import PARTIAL, answer, house_command, reading, writing
from regintel.exceptions import FetchError
from regintel.house import House


@house_command()
def sources(house: House, *, as_json: bool) -> None:
    """List every source and its health."""
    from regintel.answers import source_answer
    from regintel.jobs.digest import source_healths
    from regintel.store.runs import last_run
    from regintel.tables import console, sources_table

    every = list(house.sources.values())
    with reading(house) as index:
        healths = source_healths(index, every, house.config.settings.notify, house.clock.now())
        last = [last_run(index, source.id) for source in every]
    if as_json:
        answer({"sources": [source_answer(*told) for told in zip(every, healths, last, strict=True)]})
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
@click.argument("name", metavar="SOURCE")
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where to. [default: tests/sources/SOURCE in a checkout, else ./SOURCE]",
)
@click.option("--force", is_flag=True, help="Overwrite what is there.")
def capture(house: House, *, name: str, folder: Path | None, force: bool, as_json: bool) -> None:
    """Save the page of a source as it is today, and propose its golden; the index is not touched."""
    from regintel.jobs.capture import capture as capture_job
    from regintel.jobs.capture import place_of
    from regintel.sources import chosen
    from regintel.tables import captured_page, console

    (source,) = chosen(house.sources, (name,))
    try:
        done = capture_job(house.config, source, folder or place_of(source), house.clock, force=force)
    except FetchError as error:
        click.echo(f"regintel: {error}; nothing was written", err=True)
        sys.exit(PARTIAL)
    if as_json:
        answer(done.as_json())
    else:
        console().print(captured_page(done))
    sys.exit(0 if done.items else PARTIAL)
