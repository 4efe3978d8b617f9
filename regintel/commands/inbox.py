"""The manual inbox, on the command line."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regintel.commands.door import PARTIAL, answer, house_command, writing
from regintel.house import House

if TYPE_CHECKING:
    from regintel.jobs.crawl import CrawlReport


@house_command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--source", help="The files are this source's own pages, as a person saved them.")
@click.option("--agency", default="", help="Whose the records are that do not say so.")
@click.option("--language", default="", help="Language of the records that do not say so: en, ja, zh.")
@click.option("--baseline", is_flag=True, help="Announce nothing of it.")
def ingest(
    house: House, *, paths: tuple[Path, ...], source: str | None, baseline: bool, as_json: bool, **otherwise: str
) -> None:
    """Take in what a person hands in: JSONL records, PDFs, HTML pages, folders of them."""
    from regintel.answers import crawl_answer
    from regintel.jobs.inbox import files_in, persons_name, understood
    from regintel.jobs.ingest import ingest as ingest_job
    from regintel.jobs.saved import read_saved
    from regintel.sources import chosen
    from regintel.tables import console, crawl_table, ingest_page

    files, told, by = files_in(paths), understood(otherwise), persons_name()
    named = chosen(house.sources, (source,)) if source else []
    reports: list[CrawlReport] = []
    with writing(house) as index:
        if named:
            done, report = read_saved(house.config, index, named[0], files, house.clock, by=by, baseline=baseline)
            reports.append(report)
        else:
            done = ingest_job(house.config, index, files, house.clock, by=by, baseline=baseline, otherwise=told)
    if as_json:
        answer({**done.as_json(), **(crawl_answer(reports) if named else {})})
    else:
        console().print(*([crawl_table(reports)] if named else []), ingest_page(done))
    sys.exit(PARTIAL if done.rejected else 0)
