"""The options by which `search` and `export` are narrowed."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., None])

OPTIONS: Sequence[Callable[[Any], Any]] = (
    click.option("--agency", multiple=True, help="fda, ema, mhra, pmda, nmpa or ich; may be repeated, as all filters."),
    click.option("--modality", multiple=True, help="A modality's id, as in config/taxonomy.toml."),
    click.option("--topic", multiple=True, help="A CMC topic's id, as in config/taxonomy.toml."),
    click.option(
        "--status", multiple=True, help="The agency's own word, or ours: draft, final, withdrawn, information."
    ),
    click.option("--language", multiple=True, help="en, ja or zh."),
    click.option("--source", multiple=True, help="A source's id."),
    click.option("--type", "document_type", multiple=True, help="A type of document, as `show` tells it."),
    click.option("--since", help="Issued on this day (ISO) or later."),
    click.option("--until", help="Issued on this day (ISO) or earlier."),
)


def narrowing(command: Command) -> Command:
    """Give a command these options, in this order."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command
