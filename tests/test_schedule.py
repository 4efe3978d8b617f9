"""When work is due: cron moments, digests across daylight saving, what was missed; and the command as a process."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regintel.clock import iso
from regintel.jobs.schedule import Clockwork, CronMoments, DigestMoments, Job, Kind, Wake, jobs, overdue, tried_lately
from regintel.notify.projects import DigestTimes
from regintel.records import Run
from regintel.store import runs
from regintel.store.database import read_index
from regintel.vocabulary import RunState
from tests.configurations import copy_of_two
from tests.places import ROOT
from tests.slack_server import TOKEN, SlackServer

NEW_YORK = {"timezone": "America/New_York"}
ZONES = [
    "UTC",
    "America/New_York",
    "Europe/London",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "America/Havana",
    "Asia/Beirut",
]
FDA = "fda_guidance"


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fired(trigger, start, count):
    """Return when a trigger fires, as APScheduler asks it."""
    found, now = [], at(start)
    last = None
    for _ in range(count):
        last = trigger.get_next_fire_time(last, now)
        now = last
        found.append(f"{last.astimezone(UTC):%Y-%m-%dT%H:%M}")
    return found


# Sources


def test_monday_to_friday_is_monday_to_friday():
    week = fired(CronMoments("30 10 * * 1-5"), "2025-10-16T12:00", 4)
    assert week == ["2025-10-17T10:30", "2025-10-20T10:30", "2025-10-21T10:30", "2025-10-22T10:30"]


def test_a_source_is_read_later_than_its_cron_and_never_before_it():
    trigger = CronMoments("50 23 * * *", timedelta(minutes=20))
    assert fired(trigger, "2025-10-15T23:55", 2) == ["2025-10-16T00:10", "2025-10-17T00:10"]


def test_each_enabled_source_and_each_project_has_its_job(house):
    every = jobs(house, at("2025-10-15T12:00"))
    names = {(each.wake.kind, each.wake.name) for each in every}
    assert names == {
        *((Kind.SOURCE, each.id) for each in house.enabled),
        *((Kind.DIGEST, name) for name in house.projects),
        (Kind.SEND, ""),
        (Kind.UPKEEP, ""),
    }
    assert all(each.next_after(at("2025-10-15T12:00")) > at("2025-10-15T12:00") for each in every)


# Digests


def test_a_digest_at_an_hour_that_is_left_out_comes_an_hour_later_by_the_clock():
    times = DigestTimes(at="02:30", **NEW_YORK)
    assert fired(DigestMoments(times), "2025-03-08T12:00", 2) == ["2025-03-09T07:30", "2025-03-10T06:30"]
    before, after = at("2025-03-09T07:29"), at("2025-03-09T07:30")
    assert iso(times.slot(before)) == "2025-03-08T07:30:00Z"
    assert iso(times.slot(after)) == "2025-03-09T07:30:00Z"


def test_a_digest_at_an_hour_that_comes_twice_comes_once():
    times = DigestTimes(at="01:30", **NEW_YORK)
    assert fired(DigestMoments(times), "2025-11-01T12:00", 2) == ["2025-11-02T05:30", "2025-11-03T06:30"]
    for minutes in range(0, 24 * 60, 10):  # all that day from the first 01:30 on, the second one too
        assert iso(times.slot(at("2025-11-02T05:30") + timedelta(minutes=minutes))) == "2025-11-02T05:30:00Z"


def test_a_weekly_digest_keeps_its_hour_when_clocks_are_changed():
    times = DigestTimes(every="weekly", weekday="sunday", at="07:00", timezone="Europe/London")
    assert fired(DigestMoments(times), "2025-10-18T12:00", 3) == [
        "2025-10-19T06:00",
        "2025-10-26T07:00",
        "2025-11-02T07:00",
    ]


@given(
    now=st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001  hypothesis adds it
    zone=st.sampled_from(ZONES),
    clock=st.times(),
    every=st.sampled_from(["daily", "weekly"]),
)
def test_a_moment_lies_between_two_slots_and_the_next_slot_is_one(now, zone, clock, every):
    times = DigestTimes(every=every, at=f"{clock:%H:%M}", timezone=zone)
    slot, following = times.slot(now).astimezone(UTC), times.next_slot(now).astimezone(UTC)
    assert slot <= now < following
    assert times.slot(following).astimezone(UTC) == following
    assert abs(following - slot - timedelta(days=7 if every == "weekly" else 1)) <= timedelta(hours=1)


# What was missed


def write_run(index, started, state=RunState.OK):
    with index.transaction():
        run = Run(f"run {started}", FDA, started, started, state, "", False, 5, 5, {}, 1, 0, 1.0)
        runs.add_run(index, run, [], [])


@pytest.mark.parametrize(
    ("now", "late"),
    [
        ("2025-10-15T06:40", False),
        ("2025-10-16T06:09", False),
        ("2025-10-16T06:10", True),
        ("2025-10-19T12:00", True),
    ],
)
def test_a_source_is_overdue_once_its_cron_has_called_since_it_was_last_read(house, index, now, late):
    write_run(index, "2025-10-15T06:12:00Z")  # fda_guidance: 10 6 * * *
    assert bool(overdue(index, [house.sources[FDA]], at(now))) is late


def test_a_source_that_was_never_read_is_overdue(house, index):
    assert overdue(index, [house.sources[FDA]], at("2025-10-15T00:00")) == [house.sources[FDA]]


def test_a_failed_run_leaves_a_source_overdue_but_it_is_left_alone_for_an_hour(house, index):
    write_run(index, "2025-10-15T06:12:00Z")
    write_run(index, "2025-10-16T06:12:00Z", RunState.BLOCKED)
    source = house.sources[FDA]
    assert overdue(index, [source], at("2025-10-16T06:30")) == [source]
    assert tried_lately(index, source, at("2025-10-16T06:30"))
    assert not tried_lately(index, source, at("2025-10-16T07:13"))


# The clockwork


def test_the_clockwork_rings_for_the_jobs_it_was_wound_for_and_no_others():
    rung = []
    soon = datetime.now(UTC) + timedelta(seconds=0.2)

    class Once(CronMoments):
        def get_next_fire_time(self, previous_fire_time, now):
            return None if previous_fire_time else soon

    def job(name):
        return Job(Wake(Kind.SOURCE, name), "", "", Once("* * * * *"))

    with Clockwork(rung.append) as clockwork:
        clockwork.wind([job("old")])
        clockwork.wind([job("a"), job("b")])
        end = time.monotonic() + 5
        while len(rung) < 2 and time.monotonic() < end:
            time.sleep(0.02)
    assert sorted(each.name for each in rung) == ["a", "b"]


# The command


class Service:
    """`regintel schedule` as a process, on two sources that stand on loopback."""

    def __init__(self, folder, agencies, slack, now="2025-12-15T12:00:00Z"):
        self.config, self.data, self.log = folder / "config", folder / "data", folder / "log"
        if not self.config.exists():
            copy_of_two(self.config)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("REGINTEL_", "SLACK_"))}
        self.environment = {
            **clean,
            "REGINTEL_CONFIG": str(self.config),
            "REGINTEL_DATA": str(self.data),
            "REGINTEL_FETCH_PREFIX": agencies.prefix("20251215"),
            "REGINTEL_DELAY": "0",
            "REGINTEL_EXPECT": "0",
            "REGINTEL_NOW": now,
            "SLACK_BOT_TOKEN": TOKEN,
            "SLACK_API_URL": slack.url,
        }

    def start(self, *words):
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.driver", "schedule", *words],
                cwd=ROOT, env=self.environment, stdout=log, stderr=log,
            )  # fmt: skip

    def until(self, process, words):
        """Wait until the process has said so."""
        end = time.monotonic() + 60
        while words not in self.log.read_text():
            assert process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)

    def plan(self):
        with self.log.open("wb") as log:
            told = subprocess.run(
                [sys.executable, "-m", "tests.driver", "schedule", "--plan", "--json"],
                cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=log, check=True,
            )  # fmt: skip
        return json.loads(told.stdout)["jobs"]


@pytest.fixture
def service(tmp_path, demo_server):
    with SlackServer() as slack:
        made = Service(tmp_path, demo_server, slack)
        made.slack = slack
        yield made


def test_the_command_catches_up_sends_and_ends_whole_on_sigterm(service):
    assert [each["id"] for each in service.plan() if each["overdue"]] == ["fda_guidance", "mhra_guidance"]
    process = service.start()
    try:
        service.until(process, "2 of 2 sources read")
        process.send_signal(signal.SIGHUP)
        service.until(process, "configuration read anew")
        second = service.start()
        assert second.wait(30) == 4, "two of them would each read everything"
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
    assert len(service.slack.messages) == 2, "a digest each, though nothing is new; Tokyo sleeps"
    with read_index(service.data / "index.db") as index:
        assert index.check() == []
        assert sorted(row["state"] for row in index.rows("SELECT state FROM outbox")) == ["pending", "sent", "sent"]
    assert not any(each["overdue"] for each in service.plan())


def test_sigterm_in_the_middle_of_a_crawl_loses_nothing(service):
    process = service.start()
    service.until(process, "watching")
    process.terminate()
    assert process.wait(60) == 0
    with read_index(service.data / "index.db") as index:
        read = {row["source"] for row in index.rows("SELECT source FROM runs WHERE state = 'ok'")}
        assert index.check() == []
    late = {each["id"] for each in service.plan() if each["overdue"]}
    assert late == {"fda_guidance", "mhra_guidance"} - read, "what was not read is read at the next start"


def test_pairs_of_moments_are_never_the_same():
    moments = fired(DigestMoments(DigestTimes(at="02:30", timezone="Europe/Helsinki")), "2025-10-20T00:00", 14)
    assert all(first < second for first, second in pairwise(moments))
