"""Commands about projects: how they stand, whether their profiles are right, what they would bring, and why."""

import sys
from datetime import date

import click

from regintel.clock import moment_of
from regintel.commands.door import USAGE, answer, house_command, main, reading
from regintel.exceptions import UsageError
from regintel.house import House


@main.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
@click.pass_context
def projects(context: click.Context, *, as_json: bool) -> None:
    """List the projects; `check` their profiles, or `test` what one would bring."""
    if context.invoked_subcommand:
        return
    from regintel.jobs.projects import standings
    from regintel.project_pages import projects_table
    from regintel.tables import console

    house = context.obj
    with reading(house) as index:
        found = standings(house, index)
    if as_json:
        answer({"projects": [each.as_json() for each in found]})
    else:
        console().print(projects_table(found))


@house_command(within=projects)
def check(house: House, *, as_json: bool) -> None:
    """Explain every mistake of every profile, and what is legal but surely not meant."""
    from regintel.jobs.projects import check as check_job
    from regintel.project_pages import checked_page
    from regintel.tables import console

    with reading(house) as index:
        found = check_job(house, index)
    if as_json:
        answer({"projects": [each.as_json() for each in found]})
    else:
        console().print(checked_page(found), soft_wrap=True)
    sys.exit(USAGE if any(each.mistakes for each in found) else 0)


@house_command(within=projects)
@click.argument("project")
@click.option("--since", required=True, help="The first day (ISO).")
@click.option("--until", help="The last day (ISO). [default: today]")
def test(house: House, *, project: str, since: str, until: str | None, as_json: bool) -> None:
    """Show what PROJECT would have brought since a day, digest by digest, and what nearly passed; write nothing."""
    from regintel.jobs.trial import play
    from regintel.notify.projects import chosen_projects
    from regintel.project_pages import played_page
    from regintel.tables import console

    (profile,) = chosen_projects(house.projects, (project,))
    first, last = _day(since), _day(until) if until else house.clock.now().date()
    if first > last:
        raise UsageError(f"--since {first} is after --until {last}")
    with reading(house) as index:
        played = play(house, index, profile, first, last)
    if as_json:
        answer(played.as_json())
    else:
        console().print(played_page(played, profile.name), soft_wrap=True)


def _day(text: str) -> date:
    return moment_of(text).date()


@house_command()
@click.argument("document")
@click.argument("project")
def why(house: House, *, document: str, project: str, as_json: bool) -> None:
    """Say why DOCUMENT, by id or address, was told to PROJECT, or was not."""
    from regintel.jobs.why import why as why_job
    from regintel.notify.projects import chosen_projects
    from regintel.project_pages import why_page
    from regintel.store.documents import document as document_of
    from regintel.tables import console

    (profile,) = chosen_projects(house.projects, (project,))
    with reading(house) as index:
        known = document_of(index, document)
        if known is None:
            raise UsageError(f"unknown document {document!r} (`regintel search` gives ids)")
        found = why_job(house, index, known, profile)
    if as_json:
        answer(found.as_json())
    else:
        console().print(why_page(found), soft_wrap=True)
