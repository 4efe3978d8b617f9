"""Commands about Slack: the app that answers there, and what people said in it."""

import click

from regintel.clock import iso, moment_of
from regintel.commands.door import answer, house_command, main, reading
from regintel.exceptions import ConfigError
from regintel.house import House


@main.command()
@click.pass_obj
def slack(house: House) -> None:
    """Answer `/reg` and the feedback buttons in Slack, in the foreground until SIGTERM.

    Socket Mode: no port is opened. SLACK_BOT_TOKEN and SLACK_APP_TOKEN come from the environment; docs/slack.md has the
    rest.
    """
    try:
        from regintel.slack_app.connection import Listener
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "slack_bolt":
            raise
        raise ConfigError("the Slack app needs slack-bolt: pip install 'regintel[slack-bolt]'") from None
    listener = Listener(house)
    listener.stop_at_signals()
    listener.connect()
    click.echo(f"listening in {listener.identity.team} as {listener.identity.user}; SIGTERM ends it", err=True)
    listener.listen()


@house_command()
@click.option("--since", help="Said on this day or moment (ISO) or later.")
@click.option("--project", help="Only of this project.")
def feedback(house: House, *, since: str | None, project: str | None, as_json: bool) -> None:
    """List what people said with the buttons in Slack, newest first."""
    from regintel.notify.projects import chosen_projects
    from regintel.store.feedback import feedback as said
    from regintel.tables import console, feedback_table

    since = iso(moment_of(since)) if since else None
    with reading(house) as index:
        found = said(index, since=since, project=project)
    if project and not found:
        chosen_projects(house.projects, (project,))  # a project that is gone keeps its feedback; a misspelt one is told
    if as_json:
        answer({"feedback": found})
    else:
        console().print(feedback_table(found))
