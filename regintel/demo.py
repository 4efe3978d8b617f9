"""The whole daily run on shipped sample captures of two days, through the real spiders, on loopback."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.rule import Rule

from regintel.answers import change_answer, crawl_answer
from regintel.clock import Clock, moment_of
from regintel.config import Config, Replay, Secrets, shipped
from regintel.house import House
from regintel.jobs.run import DailyRun, run
from regintel.replay import ReplayServer, serve
from regintel.store.database import open_index, read_index
from regintel.store.documents import changes
from regintel.store.lock import writing
from regintel.tables import changes_table, console, crawl_table, print_digest, said

DAYS = ("2025-10-15T12:00:00Z", "2025-12-15T12:00:00Z")
"""The samples' two days; after every shipped project's digest hour, in its own time zone."""


def play(house: House, answer: Callable[[object], None] | None) -> None:
    """Play both days, then tell what changed and what to try next.

    :param answer: prints JSON instead of pages for people.
    """
    folder = house.config.data / "demo-run"
    shutil.rmtree(folder, ignore_errors=True)
    with serve([shipped("demo")]) as server:
        days = [_play_day(house, folder, server, day, quiet=answer is not None) for day in DAYS]
    with read_index(folder / "index.db") as index:
        found = changes(index)
    if answer:
        digests = [[built.as_json() for built in done.digests] for done in days]
        crawls = [crawl_answer(done.crawl) for done in days]
        answer({"crawl": crawls, "changes": [change_answer(each) for each in found], "digests": digests})
        return
    page = console()
    page.print(Rule("What changed between the two days"), changes_table(found))
    for built in days[-1].digests:
        print_digest(built, house.names)
    _tell_next(page, folder)


def _play_day(house: House, folder: Path, server: ReplayServer, day: str, *, quiet: bool) -> DailyRun:
    config = _demo_config(house.config, folder, server.prefix(day[:10].replace("-", "")))
    shown = House(config, Clock(moment_of(day)), house.encoder)
    if not quiet:
        click.echo(f"\n{day[:10]}: a daily run …")
    with writing(config.lock), open_index(config.index) as index:
        done = run(shown, index)
    if not quiet:
        console().print(crawl_table(done.crawl))
    return done


def _demo_config(config: Config, folder: Path, prefix: str) -> Config:
    """Return the configuration of a demo day: samples instead of agencies, nobody to send to, a folder of its own."""
    nobody = Secrets(bot_token=None, webhook_url=None, api_url="http://127.0.0.1:9/")
    return replace(config, data=folder, secrets=nobody, replay=Replay(prefix, delay=0.0, expect=False))


def _tell_next(page: Console, folder: Path) -> None:
    page.print(Rule("Try next"))
    for line in (
        f'regintel --data {folder} search "potency assay for CAR-T"',
        f"regintel --data {folder} search extractables --status draft",
        f"regintel --data {folder} changes",
        "regintel init my-config     # your own sources and projects",
        "regintel run                # the real agencies; put it into cron",
    ):
        page.print(said(f"  {line}"), soft_wrap=True)
