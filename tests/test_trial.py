"""What a profile would have brought, and why a document was told or not: against an index read day by day."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from regintel.cli import main
from regintel.clock import iso
from regintel.config import Notify
from regintel.house import House
from regintel.jobs.digest import DigestDesk
from regintel.jobs.projects import standings
from regintel.jobs.trial import Played, play
from regintel.jobs.why import Why, why
from regintel.notify.projects import DigestTimes, Immediate, Profile
from regintel.notify.relevance import RELEVANT, Aspects, probability
from regintel.store.database import Index
from regintel.store.documents import document
from regintel.store.outbox import due_messages, release_items, set_outcome
from regintel.store.subscriptions import add_wish
from regintel.vocabulary import OutboxState, Wish
from tests.days import FDA, Days, item
from tests.places import ROOT
from tests.tiny import TinyEncoder

TIMES = DigestTimes(at="07:00", timezone="America/New_York")
CART = Profile(
    id="car-t", name="CAR-T", channel="C0000CART", keywords=("CAR-T",), exclude=("veterinary",), digest=TIMES
)


@pytest.fixture
def days(house: House, index: Index) -> Days:
    return Days(house, index)


@pytest.fixture
def watched(days: Days) -> Days:
    """An index whose source was read before."""
    days.read("2025-10-06", item("old", "CAR-T, of old", published="2025-10-02"), item("x", "x"), baseline=True)
    return days


def played(days: Days, since: str, until: str, profile: Profile = CART) -> Played:
    return play(days.house, days.index, profile, date.fromisoformat(since), date.fromisoformat(until))


def told(found: Played) -> dict[str, list[str]]:
    return {due: [each.item.document for each in trials] for due, trials in found.digests}


def rows(index: Index) -> list[int]:
    tables = [row["name"] for row in index.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [index.row(f'SELECT count(*) AS n FROM "{name}"')["n"] for name in tables]  # type: ignore[index]  # noqa: S608


def test_changes_fall_into_the_digests_that_would_have_told_them(watched):
    watched.read("2025-10-13", item("a"))
    watched.read("2025-10-14", item("b"), item("c", "Tobacco"))
    found = played(watched, "2025-10-13", "2025-10-14")
    # Both were read at noon UTC, which is 08:00 in New York: after that day's digest.
    assert told(found) == {"2025-10-14T07:00-04:00": ["fda:a"], "2025-10-15T07:00-04:00": ["fda:b"]}
    assert (found.read, found.from_changes, found.from_baseline, found.relevant) == (3, 3, 0, 2)


def test_a_weekly_digest_gathers_its_week(watched):
    weekly = CART.model_copy(update={"digest": DigestTimes(every="weekly", weekday="monday", at="07:00")})
    watched.read("2025-10-07", item("a"))
    watched.read("2025-10-09", item("b"))
    watched.read("2025-10-14", item("c"))
    assert told(played(watched, "2025-10-07", "2025-10-14", weekly)) == {
        "2025-10-13T07:00+00:00": ["fda:a", "fda:b"],
        "2025-10-20T07:00+00:00": ["fda:c"],
    }


def test_before_the_first_reading_documents_go_by_the_agencys_day_and_are_marked(watched):
    found = played(watched, "2025-10-01", "2025-10-06")
    ((due, (trial,)),) = found.digests
    assert (due, trial.item.document, trial.basis, trial.at) == (
        "2025-10-02T07:00-04:00", "fda:old", "baseline", "2025-10-02T00:00:00Z",
    )  # fmt: skip
    assert (found.from_changes, found.from_baseline) == (0, 1)
    assert found.baselines == ((FDA, "2025-10-06T12:00:00Z"),)
    assert trial.as_json()["change"] is None


def test_what_the_log_holds_is_not_told_a_second_time_by_its_day(watched):
    watched.read("2025-10-07", item("a", published="2025-10-06"))
    found = played(watched, "2025-10-05", "2025-10-10")
    assert list(told(found).values()) == [["fda:a"]]


def test_alerts_are_marked(watched):
    alert = CART.model_copy(update={"immediate": Immediate(kinds=("new",), min_score=0.85)})  # type: ignore[arg-type]
    watched.read("2025-10-07", item("a"))
    assert [each.alert for _, trials in played(watched, "2025-10-07", "2025-10-07", alert).digests for each in trials]
    assert not any(each.alert for _, trials in played(watched, "2025-10-07", "2025-10-07").digests for each in trials)


def test_what_an_excluded_word_shut_out_is_shown(watched):
    watched.read("2025-10-07", item("a", "Veterinary CAR-T"), item("b", "Veterinary forms"))
    found = played(watched, "2025-10-07", "2025-10-07")
    assert found.relevant == 0
    assert [each.item.document for each in found.shut_out] == ["fda:a"]


def test_what_was_just_under_the_limit_is_shown(days):
    days.read("2025-10-06", item("old", "Old"), baseline=True)
    limits = (cmc / 1000 for cmc in range(1000))
    cmc = next(each for each in limits if probability(Aspects(own=0.3, fits=1.0, about=each)) > 0.9 * RELEVANT)
    days.read("2025-10-07", item("a", "Nearly"), labels={"cell_therapy_engineered": 0.3}, cmc=cmc)
    profile = CART.model_copy(update={"modalities": ("cell_therapy_engineered",), "topics": ()})
    found = played(days, "2025-10-07", "2025-10-07", profile)
    assert found.relevant == 0
    assert [each.item.document for each in found.near] == ["fda:a"]
    assert found.near[0].item.score < RELEVANT


def test_trying_a_profile_writes_nothing(watched):
    watched.read("2025-10-07", item("a"))
    before = rows(watched.index)
    assert played(watched, "2025-10-01", "2025-10-07").relevant == 2
    assert rows(watched.index) == before


def desk(days: Days) -> DigestDesk:
    return DigestDesk(days.index, [days.house.sources[FDA]], days.house.names, Notify(), days.clock)


def asked(days: Days, name: str = "fda:a", profile: Profile = CART) -> Why:
    found = document(days.index, name)
    assert found is not None
    days.house.clock = days.clock
    return why(days.house, days.index, found, profile)


def test_a_document_of_the_baseline_was_told_to_nobody_and_is_judged_now(watched):
    found = asked(watched, "fda:old")
    assert (found.changes, found.now.relevant, found.now.score) == ((), True, 0.9)
    assert "a first reading is the baseline" in found.notes[0]


def test_a_change_that_was_not_held_against_the_project_says_why(watched):
    watched.read("2025-10-07", item("a"))
    (change,) = asked(watched).changes
    assert (change.state, change.words) == (
        "not_matched", "The project was not held against anything yet: the next run does it.",
    )  # fmt: skip


def test_a_change_from_before_the_project_says_so(watched):
    watched.read("2025-10-07", item("a"))
    watched.read("2025-12-01", item("b"))
    watched.match(CART)
    (change,) = asked(watched).changes
    assert change.words == "The project is newer than that: it began on 2025-12-01, and looked 14 days back then."


def test_a_change_that_did_not_matter_says_so(watched):
    watched.read("2025-10-07", item("a", "Tobacco"))
    watched.match(CART)
    (change,) = asked(watched).changes
    assert change.state == "not_relevant"
    assert change.match is not None
    assert change.match.reasons


def test_a_change_is_followed_from_waiting_to_sent(watched):
    watched.read("2025-10-07", item("a"))
    watched.match(CART)
    assert asked(watched).changes[0].state == "waiting"
    desk(watched).build([CART])
    (message,) = due_messages(watched.index, iso(watched.clock.now()))
    (change,) = asked(watched).changes
    assert (change.state, [each.id for each in change.messages]) == ("pending", [message.id])
    set_outcome(watched.index, message, OutboxState.SENT, "2025-10-07T12:05:00Z", ts="1.2")
    (change,) = asked(watched).changes
    assert change.state == "sent"
    assert change.words.startswith("Sent at 2025-10-07T12:05:00Z, message ")


def test_what_was_refused_waits_again_and_says_what_was_refused(watched):
    watched.read("2025-10-07", item("a"))
    watched.match(CART)
    desk(watched).build([CART])
    (message,) = due_messages(watched.index, iso(watched.clock.now()))
    set_outcome(watched.index, message, OutboxState.DEAD, "2025-10-07T12:05:00Z", error="slack: is_archived")
    with watched.index.transaction():
        release_items(watched.index, message)
    (change,) = asked(watched).changes
    assert change.state == "waiting"
    assert "waits for the project's next digest" in change.words
    assert "Given up at 2025-10-07T12:05:00Z: slack: is_archived" in change.words


def test_an_alert_is_the_message_that_told_it(watched):
    alert = CART.model_copy(update={"immediate": Immediate(kinds=("new",), min_score=0.85)})  # type: ignore[arg-type]
    watched.match(alert)
    desk(watched).build([alert])
    watched.read("2025-10-06", item("a"))
    watched.match(alert)
    desk(watched).build([alert])
    (row,) = watched.index.rows("SELECT id FROM outbox WHERE role = 'alert'")
    (change,) = asked(watched, profile=alert).changes
    assert [each.id for each in change.messages] == [row["id"]]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (OutboxState.DEAD, "Given up at 2025-10-07T12:05:00Z: slack: channel_not_found"),
        (OutboxState.UNKNOWN, "It may or may not have arrived: slack: channel_not_found"),
    ],
)
def test_a_delivery_that_failed_is_told(watched, state, words):
    watched.read("2025-10-07", item("a"))
    watched.match(CART)
    desk(watched).build([CART])
    (message,) = due_messages(watched.index, iso(watched.clock.now()))
    set_outcome(watched.index, message, state, "2025-10-07T12:05:00Z", error="slack: channel_not_found")
    (change,) = asked(watched).changes
    assert (change.state, change.words.startswith(words)) == (state, True)


def test_quiet_hours_hold_a_message_and_say_until_when(watched):
    quiet = CART.model_copy(update={"digest": DigestTimes(at="07:00", quiet=("11:00", "13:00"))})
    watched.read("2025-10-07", item("a"))
    watched.match(quiet)
    desk(watched).build([quiet])
    (change,) = asked(watched, profile=quiet).changes
    assert (change.state, change.words[:66]) == (
        "held", "Held until 2025-10-07T13:00:00Z, by the project's quiet hours; mes",
    )  # fmt: skip


def test_a_muted_project_is_told_of_by_the_list_and_by_why(watched):
    watched.read("2025-10-07", item("a"))
    watched.match(CART)
    watched.house.projects = {"car-t": CART}
    watched.house.clock = watched.clock
    (before,) = standings(watched.house, watched.index)
    with watched.index.transaction():
        add_wish(watched.index, Wish.MUTED, project="car-t", channel=CART.channel, by="U1", at="2025-10-07T12:00:00Z")
    (after,) = standings(watched.house, watched.index)
    assert (before.channels, after.channels, after.waiting) == ((CART.channel,), (), 1)
    assert "muted in every channel" in asked(watched).changes[0].words


def test_the_list_says_when_the_next_digest_is_due(watched):
    watched.house.projects = {"car-t": CART}
    watched.house.clock = watched.clock
    (before,) = standings(watched.house, watched.index)
    assert (before.last_digest, before.next_digest) == (None, "2025-10-06T11:00:00Z"), "it is overdue"
    watched.match(CART)
    desk(watched).build([CART])
    (after,) = standings(watched.house, watched.index)
    assert (after.last_digest, after.next_digest) == ("2025-10-06T11:00:00Z", "2025-10-07T11:00:00Z")


def call(data: Path, *words: str):
    environment = {"REGINTEL_CONFIG": str(ROOT / "config"), "REGINTEL_DATA": str(data), "SLACK_BOT_TOKEN": None}
    return CliRunner(env=environment).invoke(main, ["--now", "2025-10-08T12:00:00Z", *words], obj=TinyEncoder())


def test_the_commands_answer_people_and_scripts(watched):
    watched.read("2025-10-07", item("a"))
    data = watched.house.config.data
    listed = json.loads(call(data, "projects", "--json").stdout)["projects"]
    assert [each["id"] for each in listed] == ["aav", "car-t", "mrna"]
    assert listed[1]["digest"]["next"] == "2025-10-08T11:00:00Z"
    assert "America/New_York" in call(data, "projects").stdout.replace("\n", "")
    trial = call(data, "projects", "test", "car-t", "--since", "2025-10-01", "--json")
    assert json.loads(trial.stdout)["digests"][0]["items"][0]["basis"] == "baseline"
    page = call(data, "projects", "test", "car-t", "--since", "2025-10-01").stdout
    assert "2 told in 2 digests" in page
    assert "marked ~" in page
    answered = json.loads(call(data, "why", "fda:a", "car-t", "--json").stdout)
    assert (answered["document"]["id"], answered["changes"][0]["state"]) == ("fda:a", "not_matched")
    assert "it matters (0.90)" in call(data, "why", "https://example.org/a", "car-t").stdout


@pytest.mark.parametrize(
    "words",
    [
        ("projects", "test", "nobody", "--since", "2025-10-01"),
        ("projects", "test", "car-t", "--since", "soon"),
        ("projects", "test", "car-t", "--since", "2025-10-02", "--until", "2025-10-01"),
        ("projects", "test", "car-t"),
        ("why", "fda:nothing", "car-t"),
        ("why", "fda:nothing"),
        ("projects", "tset"),
    ],
)
def test_wrong_usage_is_one_line_and_3(tmp_path, words):
    found = call(tmp_path / "data", *words)
    assert found.exit_code == 3
    assert "Traceback" not in found.output
