"""Commands about messages on their way: what waits and why, and what a person says of one that nobody can ask for."""

from dataclasses import asdict

import click

from regintel.clock import iso, moment_of
from regintel.commands.door import answer, main, reading, writing
from regintel.exceptions import UsageError
from regintel.house import House
from regintel.vocabulary import OutboxState

JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")


@main.group(invoke_without_command=True)
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([each.value for each in OutboxState]),
    help="Only messages in this state; may be repeated. [default: pending, sending, unknown]",
)
@JSON
@click.pass_context
def outbox(context: click.Context, *, states: tuple[str, ...], as_json: bool) -> None:
    """List the messages that are on their way, and settle one of which nobody knows whether it arrived."""
    if context.invoked_subcommand is None:
        _listed(context.obj, states, as_json=as_json)


def _listed(house: House, states: tuple[str, ...], *, as_json: bool) -> None:
    from regintel.store.outbox import counts
    from regintel.store.settlement import OPEN, posted
    from regintel.tables import console, posted_table

    with reading(house) as index:
        found, numbers = posted(index, [OutboxState(each) for each in states] or OPEN), counts(index)
    now = house.clock.now()
    ages = [(now - moment_of(each.created_at)).total_seconds() for each in found]
    if as_json:
        rows = [{**asdict(each), "age_seconds": int(age)} for each, age in zip(found, ages, strict=True)]
        answer({"messages": rows, "counts": numbers})
    else:
        console().print(posted_table(found, ages, numbers))


@outbox.command()
@click.argument("message", metavar="ID")
@click.option("--sent", "verdict", flag_value="sent", help="It is there: somebody has seen it.")
@click.option("--again", "verdict", flag_value="again", help="It is not there: the next `notify` sends it.")
@click.option("--drop", "verdict", flag_value="drop", help="It is not to be sent, nor is what it tells told again.")
@click.option("--by", required=True, help="Who says so.")
@click.option("--reason", required=True, help="Why.")
@JSON
@click.pass_obj
def settle(house: House, message: str, *, verdict: str | None, by: str, reason: str, as_json: bool) -> None:
    """Say of message ID what became of it; kept with who said so, when, and why."""
    from regintel.store.settlement import Verdict
    from regintel.store.settlement import settle as settle_message

    if verdict is None or not by.strip() or not reason.strip():
        raise UsageError("say --sent, --again or --drop, by whom and why")
    with writing(house) as index:
        done = settle_message(index, message, Verdict(verdict), iso(house.clock.now()), by=by, reason=reason)
    if as_json:
        answer(asdict(done))
    else:
        click.echo(f"{done.id[:12]} to {done.channel} is {done.state}")
