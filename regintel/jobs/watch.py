"""Keep watch: do what is due when it is due, one thing at a time, until told to stop.

Each step takes the lock, commits what it did and gives the lock back, so that persons can write in between and a stop,
however rude, costs nothing: the next start takes up what the index says is left. A step that fails costs only itself.
"""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from regintel.clock import iso
from regintel.exceptions import LockedError, RegintelError
from regintel.house import House
from regintel.jobs.alarms import Condition, Crier, announce
from regintel.jobs.conditions import after_sending, conditions
from regintel.jobs.crawl import crawl
from regintel.jobs.index import bring_up_to_date
from regintel.jobs.round import Round
from regintel.jobs.run import is_speechless, label, send, tell
from regintel.jobs.schedule import Clockwork, Job, Kind, Wake, jobs, overdue, tried_lately
from regintel.jobs.senders import Sender, sender_of, ways
from regintel.sources import Source
from regintel.store.database import Index, open_index, read_index
from regintel.store.lock import PAUSE, writing_after
from regintel.store.waiting import something_is_due

logger = logging.getLogger(__name__)

EXAMINED = timedelta(days=1)
"""How often the index is examined; a damaged one at every upkeep."""
LOCK, INDEX, CONFIG, ALARMS = ":lock", ":index", ":config", ":step:alarms"


class Watch:
    """Does what the jobs call for."""

    def __init__(
        self,
        house: House,
        *,
        renew: Callable[[], House],
        later: timedelta = timedelta(),
        say: Callable[[str], object] = lambda _: None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Begin by a house.

        :param renew: reads the configuration anew.
        :param later: how much later than its cron each source is read.
        :param say: hears a line of each round in which something was done.
        """
        self._renew = renew
        self._later = later
        self._say = say
        self._sleep = sleep
        self._called: SimpleQueue[Wake] = SimpleQueue()
        self._stopping = False
        self._stands: dict[str, Condition] = {}
        self._put_off: set[Wake] = set()
        """What found the lock taken: it is done with whatever comes next."""
        self._again: set[Wake] = set()
        """Sources that were not read although they were due: they are asked again at the next upkeep."""
        self._examined: datetime | None = None
        self._crier = Crier(house.clock)
        self._sender: Sender | None = None
        self._go_by(house)

    def call(self, wake: Wake) -> None:
        """Say that something is to be done. Signals may call this, and other threads."""
        self._stopping = self._stopping or wake.kind is Kind.STOP
        self._called.put(wake)

    def jobs(self) -> list[Job]:
        """Return all there is to do."""
        return jobs(self._house, self._house.clock.now(), self._later)

    def keep(self) -> None:
        """Do what is left from before, then what is called for, until it is told to stop."""
        with Clockwork(self.call) as clockwork:
            clockwork.wind(self.jobs())
            self.obey(self.begin())
            while not self._stopping:
                called = self._taken()
                if Wake(Kind.RELOAD) in called:
                    self.reload()
                    clockwork.wind(self.jobs())
                self.obey(called)

    def begin(self) -> set[Wake]:
        """Bring the index up to date; return what was missed while nobody kept watch, as the index tells it."""
        while not self._stopping:
            try:
                with self._writing() as index:
                    return {*self._missed(index), Wake(Kind.UPKEEP)}
            except LockedError as error:
                self._note_lock(error)
                self._sleep(PAUSE)
        return set()

    def _missed(self, index: Index) -> set[Wake]:
        now = self._house.clock.now()
        late = overdue(index, self._house.enabled, now)
        self._again = {_call_of(each) for each in late if tried_lately(index, each, now)}
        return {_call_of(each) for each in late} - self._again

    def reload(self) -> None:
        """Go by the configuration as it is now; one that is wrong changes nothing, and operations hear of it."""
        try:
            self._go_by(self._renew())
        except RegintelError as error:
            logger.error("the old configuration stays, for the new one is wrong: %s", error)  # noqa: TRY400  our words
            title = "The new configuration is wrong; regintel goes on by the old one"
            self._stands[CONFIG] = Condition(CONFIG, True, title, (str(error),))
        else:
            self._stands[CONFIG] = Condition(CONFIG, False, "The new configuration is in use")
            self._say(f"{iso(self._house.clock.now())} configuration read anew")

    def _go_by(self, house: House) -> None:
        _ = house.sources, house.projects, house.shelf.background, house.encoder.identity  # mistakes are met here
        self._sender = sender_of(house.config.secrets)
        self._crier.goes(ways(house.config, self._sender))
        self._house = house

    def _taken(self) -> set[Wake]:
        """Wait for a call; return it with all that have come meanwhile."""
        called = {self._called.get()}
        try:
            while True:
                called.add(self._called.get_nowait())
        except Empty:
            return called

    def obey(self, wakes: set[Wake]) -> Round:
        """Do what is called for, and what was put off."""
        done = Round()
        wakes, self._put_off = wakes | self._put_off, set()
        if not self._stopping and self._is_sound(wakes):
            if Wake(Kind.UPKEEP) in wakes and self._again:
                wakes |= self._take_again(done)
            try:
                self._do(wakes, done)
            except LockedError as error:
                read = {_call_of(source) for source in self._house.enabled if source.id in done.read}
                self._put_off = {each for each in wakes - read if each.kind not in {Kind.SEND, Kind.RELOAD}}
                self._note_lock(error)
        if words := str(done):
            self._say(f"{iso(self._house.clock.now())} {words}")
        return done

    def _do(self, wakes: set[Wake], done: Round) -> None:
        kinds = {each.kind for each in wakes}
        sources = [each for each in self._house.enabled if _call_of(each) in wakes]
        if sources:
            self._step("crawl", done, lambda index: self._crawl(index, sources, done))
            self._again |= {_call_of(each) for each in sources if each.id not in done.read}
        if sources or Kind.UPKEEP in kinds:
            self._step("classify", done, lambda index: self._label(index, done))
        if sources or kinds & {Kind.UPKEEP, Kind.DIGEST}:
            self._step("digest", done, lambda index: self._tell(index, done))
        if sources or kinds & {Kind.UPKEEP, Kind.RELOAD} or done.failed:
            self._alarm(done, conditions)
        if not is_speechless(self._house, self._sender):
            self._attempt("notify", done, lambda: self._send(done))
        if sources or Kind.UPKEEP in kinds:
            self._step("index", done, self._embed)
        if Kind.UPKEEP in kinds:
            self._alarm(done, after_sending)  # goes out with the next sending

    def _take_again(self, done: Round) -> set[Wake]:
        """Return the sources that were to be asked again and were not read since."""
        late: set[Wake] = set()

        def look() -> None:
            with read_index(self._house.config.index) as index:
                late.update(_call_of(each) for each in overdue(index, self._house.enabled, self._house.clock.now()))

        if not self._attempt("crawl", done, look):
            return set()
        again, self._again = self._again & late, set()
        return again

    # Steps

    def _crawl(self, index: Index, sources: list[Source], done: Round) -> None:
        house = self._house
        done.crawled = crawl(house.config, index, sources, house.clock, lambda: not self._stopping)

    def _label(self, index: Index, done: Round) -> None:
        done.labelled = label(self._house, index).classified

    def _embed(self, index: Index) -> None:
        bring_up_to_date(index, self._house.encoder, go_on=lambda: not self._stopping)

    def _tell(self, index: Index, done: Round) -> None:
        done.digests = len(tell(self._house, index))

    def _send(self, done: Round) -> None:
        """Send, if anything is due; to find that out takes no lock."""
        with read_index(self._house.config.index) as index:
            due = something_is_due(index, iso(self._house.clock.now()))
        if due:
            with self._writing() as index:
                done.sent = send(self._house, index, self._sender, lambda: not self._stopping)

    def _step(self, name: str, done: Round, work: Callable[[Index], object]) -> bool:
        """Do something under the lock; return whether it went well.

        :raises LockedError: when others held the lock for too long: then the other steps have no chance either.
        """

        def locked() -> None:
            with self._writing() as index:
                work(index)

        return self._attempt(name, done, locked)

    def _attempt(self, name: str, done: Round, work: Callable[[], object]) -> bool:
        if self._stopping:
            return False
        key, what = f":step:{name}", f"regintel schedule: {name}"
        try:
            work()
        except LockedError:
            raise
        except Exception as error:  # the watch's door: a step costs only itself, and operations hear of it
            logger.exception("%s failed", name)
            done.failed.append(name)
            words = f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"
            self._stands[key] = Condition(key, True, f"{what} failed", (words, "The log has more."))
            return False
        self._stands[key] = Condition(key, False, f"{what} works again")
        return True

    @contextmanager
    def _writing(self) -> Iterator[Index]:
        """Hold the lock, and the index open for writing."""
        config = self._house.config
        seconds = config.settings.schedule.lock_minutes * 60
        with writing_after(config.lock, seconds, go_on=lambda: not self._stopping, sleep=self._sleep):
            self._stands[LOCK] = Condition(LOCK, False, "The index is free again")
            with open_index(config.index) as index:
                yield index

    # Trouble

    def _note_lock(self, error: LockedError) -> None:
        if self._stopping:
            return
        logger.error("%s; what is due waits", error)
        minutes = self._house.config.settings.schedule.lock_minutes
        lines = (str(error), f"Waited for {minutes} minutes. Until it is free nothing is read, built or sent.")
        self._stands[LOCK] = Condition(LOCK, True, "Another command holds the index for too long", lines)
        self._crier.cry([self._stands[LOCK]])

    def _alarm(self, done: Round, found: Callable[[House, Index], Iterator[Condition]]) -> None:
        """Write what operations should hear of; what cannot be written is cried."""

        def write(index: Index) -> None:
            unheard = [each for each in self._stands.values() if not self._crier.holds(each.key)]
            notify, clock = self._house.config.settings.notify, self._house.clock
            announce(index, [*found(self._house, index), *unheard], notify, clock)
            self._crier.cry(self._cried())

        before = self._stands.get(ALARMS)
        if not self._step("alarms", done, write):
            self._crier.cry(list(self._stands.values()))
        elif before and before.trouble and any(each.trouble for each in self._cried() if each.key != ALARMS):
            self._stands[ALARMS] = before  # it went well because all was cried, and nothing had to be written

    def _cried(self) -> list[Condition]:
        return [each for each in self._stands.values() if self._crier.holds(each.key)]

    def _is_sound(self, wakes: set[Wake]) -> bool:
        """Return whether the index may be used; its pages are looked through at the start, and once a day."""
        now = self._house.clock.now()
        damaged = INDEX in self._stands and self._stands[INDEX].trouble
        lately = self._examined is not None and now - self._examined < EXAMINED
        if self._house.config.index.exists() and (Wake(Kind.UPKEEP) not in wakes or (lately and not damaged)):
            return not damaged
        self._examined = now
        wrong = damage(self._house)
        if wrong:
            logger.error("the index cannot be used, nothing is read or sent: %s", "; ".join(wrong))
            lines = (*wrong, "Nothing is read or sent until it is whole again: docs/operations.md, restore.")
            self._stands[INDEX] = Condition(INDEX, True, "The index is damaged", lines)
        else:
            self._stands[INDEX] = Condition(INDEX, False, "The index is whole again")
        self._crier.cry([self._stands[INDEX]])
        return not wrong


def damage(house: House) -> list[str]:
    """Return what is wrong with the index: nothing, if all is well."""
    if not house.config.index.exists():
        return [f"{house.config.index} is gone"]
    try:
        with read_index(house.config.index) as index:
            return index.quick_check()
    except (RegintelError, sqlite3.Error) as error:
        return [str(error)]


def _call_of(source: Source) -> Wake:
    return Wake(Kind.SOURCE, source.id)
