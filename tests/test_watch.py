"""The watch: a step that fails costs only itself, and operations hear of what they have to see to, once."""

import re
import shutil
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from regintel.clock import Clock, iso
from regintel.config import Config, Notify, Replay, Schedule, Secrets, Settings
from regintel.exceptions import ConfigError
from regintel.house import House
from regintel.jobs.alarms import Condition, Crier, announce
from regintel.jobs.conditions import after_sending, disk
from regintel.jobs.schedule import Kind, Wake
from regintel.jobs.watch import Watch
from regintel.notify.delivery import Later, Receipt
from regintel.records import Run
from regintel.store import outbox, runs
from regintel.store.database import open_index, read_index
from regintel.store.lock import writing
from regintel.store.waiting import waiting_digests
from regintel.vocabulary import RunState
from tests.configurations import copy_of_two
from tests.outlet_server import HookServer
from tests.slack_server import TOKEN, SlackServer
from tests.tiny import TinyEncoder

NOON = datetime(2025, 10, 15, 12, tzinfo=UTC)
OPERATIONS = "C0000OPS"
UPKEEP, SEND = {Wake(Kind.UPKEEP)}, {Wake(Kind.SEND)}


@dataclass(frozen=True)
class Hands(Clock):
    """A clock that a test sets."""

    at: list[datetime] = field(default_factory=lambda: [NOON])

    def now(self):
        return self.at[0]

    def later(self, **time):
        self.at[0] += timedelta(**time)


class Post:
    """A watch over a house without sources, a stand-in Slack, and a clock that a test sets."""

    def __init__(self, folder, slack):
        self.slack, self.clock = slack, Hands()
        self.config = copy_of_two(folder / "config")
        for path in (self.config / "sources").glob("*.toml"):
            path.write_text(f"enabled = false\n{path.read_text()}")
        for path in (self.config / "projects").glob("*.toml"):
            path.write_text(re.sub(r"(?m)^quiet = .*$", "", path.read_text()))
        self.told = Config(
            folder=self.config,
            data=folder / "data",
            settings=Settings(
                notify=Notify(operations_channel=OPERATIONS, alarm_free_mb=0), schedule=Schedule(lock_minutes=1)
            ),
            secrets=Secrets(bot_token=SecretStr(TOKEN), webhook_url=None, api_url=slack.url),
            replay=Replay(),
            model="tiny",
        )
        self.slept = []
        self.encoder = TinyEncoder()
        self.watch = Watch(self.house(), renew=self.house, sleep=self.slept.append)
        self.watch.begin()

    def house(self):
        return House(self.told, self.clock, self.encoder)

    def alarms(self):
        return [each.text.splitlines()[0] for each in self.slack.messages if each.channel == OPERATIONS]

    def digests(self):
        return [each for each in self.slack.messages if each.channel != OPERATIONS]

    def sql(self, *statements):
        with open_index(self.told.index) as index:
            for each in statements:
                index.write(each)


@pytest.fixture
def post(tmp_path):
    with SlackServer() as slack:
        yield Post(tmp_path, slack)


def test_a_round_builds_and_sends_what_is_due_and_nothing_twice(post):
    assert (post.watch.obey(UPKEEP).digests, len(post.digests())) == (3, 3)
    assert (post.watch.obey(UPKEEP).digests, len(post.digests())) == (0, 3)
    post.clock.later(days=1)
    assert post.watch.obey({Wake(Kind.DIGEST, "car-t")}).digests == 2, "the weekly one is not due"
    assert post.alarms() == []


def test_a_sending_with_nothing_to_send_takes_no_lock(post):
    post.watch.obey(UPKEEP)
    with writing(post.told.lock):
        post.watch.obey(SEND)
    assert post.slept == []


def test_a_held_lock_is_waited_for(post):
    held = writing(post.told.lock)
    held.__enter__()

    def sleep(seconds):
        post.slept.append(seconds)
        if len(post.slept) == 3:
            held.__exit__(None, None, None)

    post.watch._sleep = sleep
    assert post.watch.obey(UPKEEP).digests == 3
    assert (len(post.slept), post.alarms()) == (3, [])


def test_a_lock_that_is_held_too_long_is_told_at_once_and_the_work_is_done_later(post):
    with writing(post.told.lock):
        for _ in range(3):
            assert post.watch.obey(UPKEEP).digests == 0
        assert post.alarms() == ["Another command holds the index for too long"]
    assert sum(post.slept) == 3 * 60, "as long as lock_minutes says"
    assert post.watch.obey(SEND).digests == 3, "what was put off is done with whatever comes next"
    assert post.alarms()[1:] == ["The index is free again"]


def test_a_step_that_fails_costs_only_itself_and_is_told_once_a_day_and_at_its_end(post):
    post.sql("CREATE TRIGGER full BEFORE INSERT ON digests BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END")
    failed = "regintel schedule: digest failed"
    for _ in range(3):
        assert post.watch.obey(UPKEEP).failed == ["digest"]
        post.clock.later(hours=1)
    assert post.alarms() == [failed]
    assert "database or disk is full" in post.slack.messages[0].text
    post.clock.later(hours=20)
    post.watch.obey(UPKEEP)
    assert post.alarms() == [failed, failed]
    post.sql("DROP TRIGGER full")
    post.watch.obey(UPKEEP)
    assert post.alarms()[2:] == ["regintel schedule: digest works again"]
    assert len(post.digests()) == 3


def test_an_alarm_that_cannot_be_written_down_is_told_all_the_same_and_once(post):
    post.sql("CREATE TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END")
    assert post.watch.obey(UPKEEP).failed == ["digest", "alarms"]
    for _ in range(3):
        assert post.watch.obey(UPKEEP).failed == ["digest"]
    steps = ["regintel schedule: digest", "regintel schedule: alarms"]
    assert post.alarms() == [f"{each} failed" for each in steps]
    post.sql("DROP TRIGGER full")
    assert post.watch.obey(UPKEEP).failed == []
    post.watch.obey(UPKEEP)
    assert sorted(post.alarms()[2:]) == sorted(f"{each} works again" for each in steps)


def test_a_damaged_index_stops_the_work_until_it_is_whole_again(post):
    post.watch.obey(UPKEEP)
    good = post.told.index.with_suffix(".good")
    shutil.copy(post.told.index, good)
    with post.told.index.open("r+b") as file:
        file.seek(0)
        file.write(b"\0" * 200)
    post.clock.later(days=2)
    for _ in range(2):
        assert str(post.watch.obey({*UPKEEP, Wake(Kind.DIGEST, "car-t")})) == ""
    assert post.alarms() == ["The index is damaged"]
    for each in post.told.data.glob("index.db-*"):
        each.unlink()
    shutil.copy(good, post.told.index)
    assert post.watch.obey(UPKEEP).digests == 2
    assert post.alarms()[1:] == ["The index is whole again"]


def test_an_index_that_is_gone_is_not_begun_anew(post):
    post.watch.obey(UPKEEP)
    for each in post.told.data.glob("index.db*"):
        each.unlink()
    post.watch.obey({Wake(Kind.DIGEST, "car-t")})
    assert not post.told.index.exists()
    assert post.alarms() == ["The index is damaged"]


def test_a_wrong_configuration_changes_nothing_and_is_told(post):
    profile = post.config / "projects" / "car-t.toml"
    good = profile.read_text()
    profile.write_text(good.replace("name =", "nam ="))
    post.watch.reload()
    post.watch.obey({Wake(Kind.RELOAD), *UPKEEP})
    assert (len(post.digests()), post.alarms()) == (
        3,
        ["The new configuration is wrong; regintel goes on by the old one"],
    )
    profile.write_text(good.replace('at = "07:00"', 'at = "11:30"'))
    post.watch.reload()
    post.watch.obey({Wake(Kind.RELOAD)})
    assert post.alarms()[1:] == ["The new configuration is in use"]
    assert "11:30 daily" in {job.when for job in post.watch.jobs()}


def test_a_house_that_is_wrong_from_the_start_is_no_watch(post):
    post.told = replace(post.told, secrets=replace(post.told.secrets, bot_token=SecretStr("two words")))
    with pytest.raises(ConfigError, match="SLACK_BOT_TOKEN"):
        Watch(post.house(), renew=post.house)


def test_what_was_missed_is_done_at_the_start_but_what_has_just_refused_is_left_alone(post):
    for path in (post.config / "sources").glob("*.toml"):
        path.write_text(path.read_text().removeprefix("enabled = false\n"))
    post.watch.reload()
    missed = {Wake(Kind.SOURCE, "fda_guidance"), Wake(Kind.SOURCE, "mhra_guidance")}
    assert post.watch.begin() == UPKEEP | missed
    at = iso(NOON - timedelta(minutes=20))
    with open_index(post.told.index) as index, index.transaction():
        refused = Run("1", "fda_guidance", at, at, RunState.BLOCKED, "", False, 0, 0, {}, 1, 0, 1.0)
        runs.add_run(index, refused, [], [])
        runs.add_run(index, replace(refused, id="2", source="mhra_guidance", state=RunState.OK), [], [])
    assert post.watch.begin() == UPKEEP
    post.clock.later(hours=1)
    assert post.watch.begin() == UPKEEP | {Wake(Kind.SOURCE, "fda_guidance")}
    post.clock.later(days=1)
    assert post.watch.begin() == UPKEEP | missed


def test_told_to_stop_it_does_no_other_step(post):
    post.watch.call(Wake(Kind.STOP))
    assert str(post.watch.obey(UPKEEP)) == ""
    assert post.slack.messages == []
    post.watch.keep()
    assert post.slack.messages == []


class Spy:
    """A way out that notes what it is given."""

    def __init__(self, error=None):
        self.posted, self.error = [], error

    def post(self, message):
        self.posted.append((message.channel, message.text.splitlines()[0]))
        if self.error:
            raise self.error
        return Receipt(None, message.channel)

    def find(self, message, attempted_at=None):
        raise NotImplementedError


def test_one_way_out_that_is_closed_leaves_the_other_open():
    closed, open_ = Spy(Later("no")), Spy()
    crier = Crier(Clock(NOON))
    crier.goes({OPERATIONS: closed, "apprise:mail": open_})
    crier.cry([Condition(":lock", True, "Locked")])
    crier.cry([Condition(":lock", True, "Locked")])
    crier.cry([Condition(":lock", False, "Free"), Condition(":index", False, "Whole")])
    assert open_.posted == [("apprise:mail", "Locked"), ("apprise:mail", "Free")]
    assert len(closed.posted) == 2


def test_an_alarm_is_written_for_each_way_out(post):
    notify = Notify(operations_channel=OPERATIONS, operations_also=("mail",))
    with open_index(post.told.index) as index:
        assert announce(index, [Condition(":disk", True, "Full")], notify, post.clock) == 1
        assert announce(index, [Condition(":disk", True, "Full")], notify, post.clock) == 0
        assert [each["channel"] for each in index.rows("SELECT channel FROM outbox")] == [OPERATIONS, "apprise:mail"]


# Conditions


def test_an_alarm_goes_by_another_way_out_where_there_is_no_slack(post):
    pytest.importorskip("apprise", reason="the extra `apprise` is not installed")
    with HookServer() as hook:
        settings = Settings(notify=Notify(operations_also=("mail",), alarm_free_mb=10**9))
        secrets = replace(post.told.secrets, bot_token=None, outlets={"mail": SecretStr(hook.address())})
        post.told = replace(post.told, settings=settings, secrets=secrets)
        post.watch.reload()
        assert post.watch.obey(UPKEEP).sent.sent == 1
    (told,) = hook.taken
    assert "is nearly full" in told["title"] + told["message"]
    assert post.slack.messages == []


def test_told_to_stop_while_it_sends_it_leaves_the_rest_for_the_next_start(post):
    class Stopping(Spy):
        def post(self, message):
            post.watch.call(Wake(Kind.STOP))
            return super().post(message)

        def queue(self, channel):
            return "one behind the other"

    post.watch._sender = sender = Stopping()
    post.watch.obey(UPKEEP)
    assert len(sender.posted) == 1
    with read_index(post.told.index) as index:
        assert outbox.counts(index)["pending"] == 2


def test_a_refused_token_is_told_once_it_is_taken_again(post):
    post.slack.token = "xoxb-another"
    post.watch.obey(UPKEEP)
    post.watch.obey(UPKEEP)
    assert post.slack.messages == []
    post.slack.token = TOKEN
    post.watch.obey(SEND)
    post.watch.obey(UPKEEP)
    assert post.alarms() == ["Slack refuses the token", "Slack takes the token again"]


def test_a_digest_that_does_not_go_out_is_told_after_some_hours(post):
    post.watch.obey(UPKEEP)
    post.sql("UPDATE outbox SET state = 'pending', not_before = '2025-10-15T12:00:01Z' WHERE project = 'car-t'")

    def found():
        with read_index(post.told.index) as index:
            return {each.key: each.trouble for each in after_sending(post.house(), index)}[":digest:car-t"]

    post.clock.later(hours=1)
    assert not found()
    post.clock.later(hours=24)
    assert found()


def test_quiet_hours_are_no_delay(post):
    profile = post.config / "projects" / "car-t.toml"
    profile.write_text(profile.read_text().replace("[digest]", '[digest]\nquiet = ["07:00", "23:00"]'))
    post.watch.reload()
    assert post.watch.obey(UPKEEP).digests == 3, "car-t's at 08:00 in New York"
    post.clock.later(hours=15, minutes=1)
    with read_index(post.told.index) as index:
        waiting = [each.project for each in waiting_digests(index, iso(post.clock.now()))]
        assert waiting == ["car-t"]
        assert not any(each.trouble for each in after_sending(post.house(), index))


@pytest.mark.parametrize(("least", "trouble"), [(0, False), (10**9, True)])
def test_little_room_on_the_disk_is_trouble(post, least, trouble):
    notify = Notify(alarm_free_mb=least)
    assert disk(replace(post.told, settings=Settings(notify=notify))).trouble is trouble


def test_alarms_of_all_kinds_go_through_the_outbox_once(post):
    post.told = replace(post.told, settings=Settings(notify=Notify(operations_channel=OPERATIONS, alarm_free_mb=10**9)))
    post.watch.reload()
    for _ in range(3):
        post.watch.obey(UPKEEP)
    (alarm,) = post.alarms()
    assert "is nearly full" in alarm
    with read_index(post.told.index) as index:
        assert outbox.last_said(index, "alarm :disk ") == f"alarm :disk {iso(NOON)}"
