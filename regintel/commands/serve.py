"""The command that serves the web page."""

import os

import click

from regintel.commands.door import main
from regintel.house import House


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Port; 0: any free one.")
@click.pass_obj
def serve(house: House, /, *, host: str, port: int) -> None:
    """Serve the web page and the JSON API, read-only, until SIGTERM.

    Where others can reach it, REGINTEL_WEB_TOKEN must be set; it is then asked of everybody.
    """
    from regintel.web.server import serve as serve_page

    serve_page(house, host, port, os.environ)
