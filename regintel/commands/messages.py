"""Commands that tell people: digests, their delivery, and the daily run."""

import sys
from dataclasses import asdict

import click

from regintel.clock import iso
from regintel.commands.door import PARTIAL, answer, house_command, reading, writing
from regintel.house import House


@house_command()
@click.argument("names", metavar="[PROJECT]...", nargs=-1)
@click.option("--preview", is_flag=True, help="Show what was not sent yet; write and send nothing.")
def digest(house: House, *, names: tuple[str, ...], preview: bool, as_json: bool) -> None:
    """Build the digests that are due."""
    from regintel.jobs.match import fresh_matches, match
    from regintel.jobs.run import desk
    from regintel.notify.projects import chosen_projects
    from regintel.tables import print_digest

    wanted = chosen_projects(house.projects, names)
    told = (house.names, house.clock, house.config.settings.notify.max_backlog_days)
    if preview:
        with reading(house) as index:
            at = desk(house, index)
            built = [at.preview(each, fresh_matches(index, house.encoder, each, *told)) for each in wanted]
    else:
        with writing(house) as index:
            match(index, house.encoder, wanted, *told)
            built = desk(house, index).build(wanted)
    if as_json:
        answer({"digests": [each.as_json() for each in built]})
        return
    for each in built:
        print_digest(each, house.names)
    if not built:
        click.echo("No digest is due.")


@house_command()
@click.option("--dry-run", is_flag=True, help="Show what would be sent; send nothing.")
def notify(house: House, *, dry_run: bool, as_json: bool) -> None:
    """Send everything in the outbox that is due."""
    from regintel.jobs.notify import Postman
    from regintel.jobs.senders import outlets_of, sender_of
    from regintel.jobs.sent import without_sender
    from regintel.store.outbox import due_messages
    from regintel.tables import console, said

    sender, outlets = sender_of(house.config.secrets), outlets_of(house.config.secrets)
    if dry_run or (sender is None and outlets is None):
        with reading(house) as index:
            due, sent = due_messages(index, iso(house.clock.now())), without_sender(index)
    else:
        with writing(house) as index:
            settings = house.config.settings.notify
            due, sent = [], Postman(index, sender, settings, house.clock, outlets=outlets).send()
    if as_json:
        answer({**sent.as_json(), "due": [{"id": each.id, "channel": each.channel, "text": each.text} for each in due]})
    else:
        for each in due:
            console().print(said(f"to {each.channel}: {each.text}"), "", soft_wrap=True)
        why = "; SLACK_BOT_TOKEN is not set, so Slack was sent nothing" if sender is None else ""
        click.echo(", ".join(f"{number} {word}" for word, number in sent.as_json().items()) + why)
    sys.exit(PARTIAL if sent.partial else 0)


@house_command()
def run(house: House, *, as_json: bool) -> None:
    """Do the day's work, as cron calls it: crawl, classify, match, digest, notify."""
    from regintel.answers import crawl_answer
    from regintel.jobs.run import run as run_job
    from regintel.tables import print_run

    _ = house.projects, house.shelf.background, house.encoder.identity  # a mistake in config costs no crawl
    with writing(house) as index:
        done = run_job(house, index)
    if as_json:
        answer({
            "crawl": crawl_answer(done.crawl),
            "classify": {**asdict(done.classified), "docs_per_second": done.classified.docs_per_second},
            "digest": {"digests": [each.as_json() for each in done.digests]},
            "notify": done.sent.as_json(),
        })  # fmt: skip
    else:
        print_run(done, house.names)
    sys.exit(PARTIAL if done.partial else 0)
