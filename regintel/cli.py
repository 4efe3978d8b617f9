"""The command line. A command parses its arguments, calls one job, prints what came of it."""

from regintel.commands import (
    documents,
    export,
    feeds,
    inbox,
    labels,
    mcp,
    messages,
    outbox,
    projects,
    schedule,
    serve,
    setup,
    slack,
    sources,
)
from regintel.commands.door import main

COMMANDS = (
    documents, export, feeds, inbox, labels, mcp, messages, outbox, projects, schedule, serve, setup, slack, sources,
)  # fmt: skip
"""The modules that hang their commands on `main`."""

__all__ = ["COMMANDS", "main"]
