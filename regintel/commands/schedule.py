"""The command that keeps watch."""

import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from regintel.commands.door import answer, house_command, reading
from regintel.config import load_config
from regintel.house import House

if TYPE_CHECKING:
    from regintel.jobs.watch import Watch


@house_command()
@click.option("--plan", is_flag=True, help="Show what is done when, and what is overdue; do nothing.")
def schedule(house: House, *, plan: bool, as_json: bool) -> None:
    """Read each source, and send each digest, at its time; in the foreground, until SIGTERM."""
    from regintel.jobs.watch import Watch
    from regintel.store.lock import writing as lock

    if plan:
        _show(house, as_json=as_json)
        return
    seconds = random.randrange(house.config.settings.schedule.jitter_minutes * 60 + 1)  # noqa: S311  no secret

    def renew() -> House:
        return House(load_config(house.config.folder, house.config.data), house.clock, house.given_encoder)

    say: Callable[[str], object] = (lambda _: None) if as_json else click.echo
    watch = Watch(house, renew=renew, later=timedelta(seconds=seconds), say=say)
    with lock(house.config.data / "schedule.lock"), _obeying_signals(watch):
        say(f"watching {len(house.enabled)} sources for {len(house.projects)} projects; SIGTERM ends it")
        watch.keep()


def _show(house: House, *, as_json: bool) -> None:
    from regintel.jobs.schedule import jobs, overdue
    from regintel.tables import console, plan_table

    now = house.clock.now()
    with reading(house) as index:
        late = {source.id for source in overdue(index, house.enabled, now)}
    planned = [each.as_json(now, late) for each in jobs(house, now)]
    if as_json:
        answer({"jobs": planned})
    else:
        console().print(plan_table(planned))


@contextmanager
def _obeying_signals(watch: "Watch") -> Iterator[None]:
    """SIGTERM and SIGINT end the watch after its step, a second one at once; SIGHUP reads the configuration anew."""
    from regintel.jobs.schedule import Kind, Wake

    def stop(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        watch.call(Wake(Kind.STOP))

    def reload(_number: int, _: object) -> None:
        watch.call(Wake(Kind.RELOAD))

    wanted: dict[int, Callable[[int, object], None]]
    wanted = {signal.SIGTERM: stop, signal.SIGINT: stop, signal.SIGHUP: reload}
    before = {number: signal.signal(number, obey) for number, obey in wanted.items()}
    try:
        yield
    finally:
        for number, obey in before.items():
            signal.signal(number, obey)
