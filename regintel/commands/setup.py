"""Commands that set regintel up, check it, and play with samples."""

import sys
from pathlib import Path

import click

from regintel.commands.door import FAILED, answer, house_command, main
from regintel.house import House


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
