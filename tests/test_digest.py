"""Digests and alarms: what is due when, every item once, and nothing left unsaid about what could not be read."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from regintel.clock import Clock, iso
from regintel.config import Notify
from regintel.house import House
from regintel.items import GuidanceItem
from regintel.jobs.alarms import announce, source_conditions
from regintel.jobs.digest import Built, DigestDesk
from regintel.jobs.match import match
from regintel.jobs.run import label
from regintel.notify.message import plain_text
from regintel.notify.projects import DigestTimes, Immediate, Profile
from regintel.records import Run
from regintel.sources import Source
from regintel.store import outbox, runs
from regintel.store.database import Index
from regintel.store.labels import add_classification, unlabelled
from regintel.store.remember import Listing
from regintel.vocabulary import RunState

MONDAY = datetime(2025, 10, 13, 12, tzinfo=UTC)
CART = Profile(id="car-t", name="CAR-T", channel="C0000CART", keywords=("CAR-T",), digest=DigestTimes(at="07:00"))
WEEKLY = CART.model_copy(update={"digest": DigestTimes(every="weekly", weekday="wednesday", at="07:00")})
QUIET = CART.model_copy(update={"digest": DigestTimes(at="07:00", quiet=("19:00", "09:30"))})
ALERT = CART.model_copy(update={"immediate": Immediate(kinds=("new",), min_score=0.85)})  # type: ignore[arg-type]
NOTHING = {"cmc_score": 0.0, "is_cmc_relevant": False, "abstained": True}
FDA, MHRA = "fda_guidance", "mhra_guidance"


def item(key: str, **told: Any) -> GuidanceItem:
    """A document that concerns CART by its title; `words=""` makes one that concerns nobody."""
    words = told.pop("words", "CAR-T potency assays")
    known = {"url": f"https://example.org/{key}", "title": f"{key} {words}", "status": "draft", "stage": "draft"}
    return GuidanceItem(source=FDA, key=key, **{**known, **told})


class Week:
    """Days on which sources are read without a process, documents are labelled, and digests are built."""

    def __init__(self, house: House, index: Index) -> None:
        self.house, self.index = house, index
        self.now = MONDAY
        self.notify = Notify(operations_channel="C0000OPS")
        self.listed: dict[str, GuidanceItem] = {}

    @property
    def clock(self) -> Clock:
        return Clock(self.now)

    @property
    def sources(self) -> list[Source]:
        return [self.house.sources[name] for name in (FDA, MHRA)]

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    def read(self, *items: GuidanceItem, source: str = FDA, baseline: bool = False) -> None:
        """Read a list that holds what it held, and these."""
        self.listed |= {each.key: each for each in items}
        name = self._name(source)
        listing = Listing(self.index, self.house.sources[source], name, iso(self.now), baseline=baseline)
        shown = list(self.listed.values()) if source == FDA else []
        with self.index.transaction():
            counts = listing.remember(shown, [], set(), complete=True)
            self._run(name, source, RunState.OK, len(shown), counts)

    def fail(self, source: str = FDA, state: RunState = RunState.FAILED) -> None:
        name = self._name(source)
        with self.index.transaction():
            self._run(name, source, state, 0, {})

    def _name(self, source: str) -> str:
        (row,) = self.index.rows("SELECT count(*) AS n FROM runs")
        return f"{source}-{row['n']}"

    def _run(self, name: str, source: str, state: RunState, items: int, counts: dict[str, int]) -> None:
        at = iso(self.now)
        reason = "" if state is RunState.OK else f"{source}: HTTP 503"
        run = Run(name, source, at, at, state, reason, False, items, items, counts, 1, 0, 1.0)
        runs.add_run(self.index, run, [], [])

    def label(self) -> None:
        """Note that each document was looked at, and nothing found: keywords decide here, and no model is asked."""
        for each in unlabelled(self.index, "none", "none", "none"):
            head = {"version": each.version, "document": each.document, "hash": each.title, "at": iso(self.now)}
            made = {"model": "none", "taxonomy": "none", "method": "none"}
            with self.index.transaction():
                add_classification(self.index, {**head, **made, **NOTHING}, [])

    def match(self, *profiles: Profile) -> int:
        days = self.notify.max_backlog_days
        return match(self.index, self.house.encoder, list(profiles), self.house.names, self.clock, days)

    @property
    def desk(self) -> DigestDesk:
        return DigestDesk(self.index, self.sources, self.house.names, self.notify, self.clock)

    def build(self, *profiles: Profile) -> list[Built]:
        """Do what a run does after its crawl, without sending."""
        profiles = profiles or (CART,)
        self.label()
        self.match(*profiles)
        return self.desk.build(list(profiles))

    def told(self, *profiles: Profile) -> list[list[str]]:
        """Return which documents each digest tells that is built now."""
        return [documents(built) for built in self.build(*profiles)]

    def alarms(self) -> list[str]:
        announce(
            self.index, source_conditions(self.index, self.sources, self.notify, self.clock), self.notify, self.clock
        )
        sql = "SELECT text FROM outbox WHERE kind = 'alarm' ORDER BY seq"
        return [row["text"].splitlines()[0] for row in self.index.rows(sql)]

    def outbox(self, column: str) -> list[Any]:
        return [row[column] for row in self.index.rows(f"SELECT {column} FROM outbox ORDER BY seq")]  # noqa: S608


def documents(built: Built) -> list[str]:
    return sorted(each.document.removeprefix("fda:") for each in built.digest.items)


@pytest.fixture
def week(house: House, index: Index) -> Week:
    return Week(house, index)


@pytest.fixture
def known(week: Week) -> Week:
    """A week whose sources were read before, and whose project had its first digest, of Monday."""
    week.read(item("old"), baseline=True)
    week.read(source=MHRA, baseline=True)
    assert week.told(CART) == [[]]
    return week


# When


def test_the_first_run_tells_a_project_at_once_that_it_is_watched(week: Week) -> None:
    week.read(item("old"), baseline=True)
    (built,) = week.build()
    assert built.digest.items == ()
    assert week.build() == []


def test_a_daily_digest_is_due_from_its_hour_on_and_once(known: Week) -> None:
    known.later(hours=18, minutes=59)
    assert known.build() == []
    known.later(minutes=1)
    assert len(known.build()) == 1
    known.later(hours=23)
    assert known.build() == []


def test_a_weekly_digest_waits_for_its_day_and_tells_the_whole_week(week: Week) -> None:
    week.read(item("old"), baseline=True)
    assert week.told(WEEKLY) == [[]]
    for day in ("tuesday", "wednesday"):
        week.later(days=1)
        week.read(item(day))
        found = week.told(WEEKLY)
    assert found == [["tuesday", "wednesday"]]
    week.later(days=6)
    assert week.build(WEEKLY) == []
    week.later(days=1)
    assert week.told(WEEKLY) == [[]]


def test_a_digest_in_quiet_hours_is_built_then_and_delivered_after(week: Week) -> None:
    week.read(item("old"), baseline=True)
    week.now = MONDAY.replace(hour=20)
    assert len(week.build(QUIET)) == 1
    assert week.outbox("not_before") == ["2025-10-14T09:30:00Z"]
    week.now = MONDAY.replace(day=14, hour=10)
    week.build(QUIET)
    assert week.outbox("not_before")[1] is None


def test_days_without_a_run_are_made_up_for_by_one_digest(known: Week) -> None:
    known.later(days=1)
    known.read(item("tuesday"))
    known.later(days=4)
    known.read(item("saturday"))
    assert known.told() == [["saturday", "tuesday"]]


# What


def test_a_digest_tells_what_is_new_for_its_project_and_why(known: Week) -> None:
    known.later(days=1)
    known.read(item("new"), item("other", words="tobacco advertising"))
    (built,) = known.build()
    (told,) = built.digest.items
    assert (told.document, told.kind, told.score) == ("fda:new", "new", 0.9)
    assert told.reasons[0] == "the title holds your keyword “CAR-T”"
    assert built.digest.channel == CART.channel
    assert "new CAR-T potency assays" in plain_text(built.digest)


def test_two_projects_hear_of_the_same_change_each_in_its_own_digest(known: Week) -> None:
    second = CART.model_copy(update={"id": "second"})
    known.later(days=1)
    known.read(item("new"))
    assert known.told(CART, second) == [["new"], ["new"]]
    assert len(known.outbox("project")) == 3


def test_over_many_days_every_change_is_told_exactly_once(known: Week) -> None:
    dice = random.Random(7)  # noqa: S311
    told: Counter[tuple[str, str]] = Counter()
    for day in range(40):
        known.later(hours=dice.choice([1, 5, 19, 26, 50]))
        if dice.random() < 0.7:
            known.read(item(f"d{day}"), *_moved(known, dice))
        for built in known.build(ALERT):
            told.update((each.document, str(each.change)) for each in built.digest.items)
    known.later(days=2)
    for built in known.build(ALERT):
        told.update((each.document, str(each.change)) for each in built.digest.items)
    changes = [(row["document"], str(row["id"])) for row in known.index.rows("SELECT id, document FROM changes")]
    assert len(changes) > 30
    assert told == Counter(changes)


def _moved(week: Week, dice: random.Random) -> list[GuidanceItem]:
    key = dice.choice(list(week.listed))
    return [week.listed[key].model_copy(update={"published": f"2025-01-{dice.randint(1, 28):02}"})]


def test_a_change_is_matched_only_after_its_document_is_labelled(known: Week) -> None:
    known.later(days=1)
    known.read(item("new"))
    assert known.match(CART) == 0
    label(known.house, known.index)
    assert known.match(CART) == 1
    assert known.match(CART) == 0


def test_a_change_that_another_overtook_before_it_was_labelled_is_told_as_well(known: Week) -> None:
    known.later(days=1)
    known.read(item("new"))
    known.later(hours=1)
    known.read(item("new", published="2025-10-14"))
    (built,) = known.build()
    assert sorted(each.kind for each in built.digest.items) == ["new", "revised"]


def test_a_project_that_is_new_to_the_index_hears_of_the_last_fortnight_only(known: Week) -> None:
    for name in ("early", "late"):
        known.later(days=15)
        known.read(item(name))
        known.build()
    second = CART.model_copy(update={"id": "second"})
    assert known.told(second) == [["late"]]


def test_a_project_that_the_index_knows_misses_nothing_however_long_nobody_ran(known: Week) -> None:
    known.later(days=1)
    known.read(item("first"))
    known.build()
    known.later(days=1)
    known.read(item("second"))  # read, and then nothing ran for a month
    known.later(days=30)
    assert known.told() == [["second"]]


# What is not told


def test_a_digest_without_news_says_what_was_read_and_what_could_not(known: Week) -> None:
    known.later(days=1)
    known.read()
    known.fail(MHRA)
    (built,) = known.build()
    text = plain_text(built.digest)
    assert "Nothing new in what was read; 1 of 2 sources was not read." in text
    assert "MHRA publications on GOV.UK could not be read since Tue 14 Oct (HTTP 503)" in text
    assert "FDA guidance documents: read Tue 14 Oct 12:00 UTC, 1 documents" in text


def test_a_digest_without_news_says_that_all_was_read(known: Week) -> None:
    known.later(days=1)
    known.read()
    known.read(source=MHRA)
    (built,) = known.build()
    assert "Nothing new. Both sources were read." in plain_text(built.digest)


def test_a_digest_without_news_that_was_not_sent_is_superseded_by_the_next(known: Week) -> None:
    known.later(days=1)
    known.build()
    known.later(days=1)
    known.read(item("new"))
    known.build()
    assert known.outbox("state") == ["dead", "dead", "pending"]
    known.later(days=1)
    known.build()
    assert known.outbox("state") == ["dead", "dead", "pending", "pending"], "what holds news waits for its sending"


def test_what_a_refused_digest_told_is_told_again(known: Week) -> None:
    known.later(days=1)
    known.read(item("new"))
    assert known.told() == [["new"]]
    known.later(days=1)
    assert known.told() == [[]]
    for message in outbox.due_messages(known.index, iso(known.now)):
        with known.index.transaction():
            outbox.release_items(known.index, message)
    known.later(days=1)
    assert known.told() == [["new"]]


# Looking without touching


def test_a_preview_writes_nothing_and_shows_what_was_not_sent_yet(known: Week) -> None:
    known.later(days=1)
    known.read(item("new"))
    known.build()
    known.later(hours=1)
    known.read(item("newer"))
    known.label()
    known.match(CART)
    before = known.index.db.conn.total_changes
    built = known.desk.preview(CART, [])
    assert documents(built) == ["new", "newer"], "what waits in the outbox was not sent either"
    assert known.index.db.conn.total_changes == before
    assert known.desk.preview(CART, []) == built


def test_a_preview_does_not_show_what_was_sent(known: Week) -> None:
    known.later(days=1)
    known.read(item("new"))
    known.build()
    with known.index.transaction():
        known.index.write("UPDATE outbox SET state = 'sent'")
    assert known.desk.preview(CART, []).digest.items == ()


# What does not wait


def test_an_alert_goes_out_at_once_and_is_not_repeated_in_the_digest(known: Week) -> None:
    known.later(hours=1)
    known.read(item("urgent"), item("old", published="2025-10-13"))
    assert known.told(ALERT) == [["urgent"]], "a revision is none of the kinds that do not wait"
    assert known.build(ALERT) == []
    known.later(days=1)
    assert known.told(ALERT) == [["old"]], "the day's digest came, and without it"


def test_what_scores_too_low_for_an_alert_waits_for_the_digest(known: Week) -> None:
    picky = ALERT.model_copy(update={"immediate": Immediate(kinds=("new",), min_score=0.95)})  # type: ignore[arg-type]
    known.later(hours=1)
    known.read(item("new"))
    assert known.build(picky) == []
    known.later(days=1)
    assert known.told(picky) == [["new"]]


def test_an_alert_in_quiet_hours_waits_for_their_end(known: Week) -> None:
    quiet = ALERT.model_copy(update={"digest": QUIET.digest})
    known.now = MONDAY.replace(hour=23)
    known.read(item("urgent"))
    assert known.told(quiet) == [["urgent"]]
    assert known.outbox("not_before")[-1] == "2025-10-14T09:30:00Z"


# Alarms

DOWN, DOWN_AGAIN = "FDA guidance documents could not be read since", "2025-10-13T12:00:00Z"
BACK = "FDA guidance documents is read again"


def failing(week: Week, days: int, **step: float) -> list[str]:
    """Let FDA fail once a step; return the alarms so far."""
    found: list[str] = []
    for _ in range(days):
        week.fail()
        found = week.alarms()
        week.later(**(step or {"days": 1}))
    return found


def test_one_bad_night_is_no_alarm(week: Week) -> None:
    week.read(item("old"), baseline=True)
    assert failing(week, 1) == []
    week.read()
    assert week.alarms() == []


def test_an_alarm_comes_after_three_bad_runs(week: Week) -> None:
    assert failing(week, 2, hours=1) == []
    (alarm,) = failing(week, 1)
    assert alarm == f"{DOWN} {DOWN_AGAIN}"


def test_an_alarm_comes_after_two_days_however_few_runs_there_were(week: Week) -> None:
    assert failing(week, 1, hours=48) == []
    assert len(failing(week, 1)) == 1


def test_a_block_is_told_by_the_same_measure(week: Week) -> None:
    for _ in range(2):
        week.fail(state=RunState.BLOCKED)
        assert week.alarms() == []
    week.fail(state=RunState.BLOCKED)
    assert len(week.alarms()) == 1


def test_a_source_that_stays_down_is_told_once_a_day_however_often_it_is_tried(week: Week) -> None:
    failing(week, 3, hours=1)
    assert len(failing(week, 15, hours=1)) == 1
    assert len(failing(week, 20, hours=1)) == 2


def test_a_source_that_stays_down_is_told_every_day_by_a_run_at_the_same_hour(week: Week) -> None:
    assert len(failing(week, 3)) == 1
    assert len(failing(week, 4)) == 5


def test_a_source_that_is_down_for_days_and_tried_every_hour_is_told_once_a_day(week: Week) -> None:
    week.read(item("old"), baseline=True)
    week.later(hours=1)
    assert 4 <= len(failing(week, 24 * 4, hours=1)) <= 5


def test_a_recovery_is_told_once_and_the_next_failure_starts_anew(week: Week) -> None:
    assert len(failing(week, 3)) == 1
    week.read(item("old"), baseline=True)
    assert week.alarms()[1:] == [BACK]
    week.later(days=1)
    week.read()
    assert len(week.alarms()) == 2
    assert len(failing(week, 2, hours=1)) == 2, "two bad runs are no alarm again"
    assert len(failing(week, 1)) == 3


def test_each_source_has_its_own_alarm(week: Week) -> None:
    for _ in range(3):
        week.fail(FDA)
        week.fail(MHRA)
    assert len(week.alarms()) == 2


def test_without_an_operations_channel_there_is_no_alarm(week: Week) -> None:
    week.notify = Notify()
    assert failing(week, 5) == []


def test_a_source_that_is_switched_off_raises_no_alarm(week: Week) -> None:
    failing(week, 2)
    week.fail()
    off = [each.model_copy(update={"enabled": False}) for each in week.sources]
    conditions = source_conditions(week.index, off, week.notify, week.clock)
    assert announce(week.index, conditions, week.notify, week.clock) == 0
