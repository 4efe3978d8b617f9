"""The command line. A command parses its arguments, calls one job, prints what came of it."""

from regintel.commands import (
    documents,
    feeds,
    inbox,
    labels,
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

COMMANDS = (documents, feeds, inbox, labels, messages, outbox, projects, schedule, serve, setup, slack, sources)
"""The modules that hang their commands on `main`."""

__all__ = ["COMMANDS", "main"]
