"""The command that gives an assistant the index as tools."""

import click

from regintel.commands.door import main
from regintel.exceptions import ConfigError
from regintel.house import House


@main.command()
@click.pass_obj
def mcp(house: House) -> None:
    """Answer an assistant's questions from the index: the Model Context Protocol on stdin and stdout, read-only.

    An assistant starts it, not people; docs/mcp.md says how to tell it to.
    """
    try:
        from regintel.mcp_server.server import server_of
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"mcp", "mcp_types"}:
            raise
        raise ConfigError("the assistant's tools need mcp: pip install 'regintel[mcp]'") from None
    server_of(house).run("stdio")
