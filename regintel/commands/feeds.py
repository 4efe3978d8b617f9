"""The command that writes feeds and calendars for whoever has cron and a web folder."""

from pathlib import Path

import click

from regintel.commands.door import answer, house_command, reading
from regintel.house import House


@house_command()
@click.option(
    "-o", "--output", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path("feeds"),
    show_default=True, help="The folder that they are written into.",
)  # fmt: skip
@click.option(
    "--address", default="", help="Where that folder is served (https://…/), for the feeds to name themselves."
)
def feeds(house: House, *, folder: Path, address: str, as_json: bool) -> None:
    """Write the Atom feeds and the calendars of deadlines: of all changes, and of each project."""
    from regintel.jobs.feeds import FeedDesk, write_feeds

    told = (list(house.sources.values()), house.names, house.config.settings.notify, house.clock, house.glossary)
    served = f"{address.rstrip('/')}/" if address else ""
    with reading(house) as index:
        done = write_feeds(FeedDesk(index, *told), house.projects.values(), folder, served)
    if as_json:
        answer(done.as_json())
        return
    click.echo(f"{len(done.written)} files written to {folder}, {len(done.unchanged)} are as they were.")
    for path in done.left:
        click.echo(f"{path} is no project's: nothing brings it up to date; delete it, or its readers hear no news.")
