"""The options by which `search` and `export` are narrowed."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from regintel.house import House
from regintel.records import SearchFilters

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
    click.option("--project", help="What can concern this project: its agencies, product types and topics."),
)


def narrowing(command: Command) -> Command:
    """Give a command these options, in this order."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def filters_of(house: House, *, project: str | None, **narrowed: Any) -> SearchFilters:
    """Return the filters that these options ask for.

    :raises UsageError: for an id that nothing has.
    """
    from regintel.notify.projects import chosen_projects

    filters = house.checked(SearchFilters(**narrowed))
    return chosen_projects(house.projects, (project,))[0].narrowed(filters) if project else filters
