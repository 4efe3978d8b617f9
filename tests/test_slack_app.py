"""The app in Slack: what people ask is answered, what they say is kept or they are told that it was not."""

import json
import logging
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from slack_bolt import App, BoltRequest

from regintel.cli import main
from regintel.clock import Clock, iso
from regintel.config import Config, Replay, Secrets, Settings, Slack, load_config
from regintel.exceptions import ConfigError, StoreError
from regintel.house import House
from regintel.jobs.doctor import examine
from regintel.jobs.feedback import feedback_examples
from regintel.notify.blocks import feedback as buttons
from regintel.notify.client import web_client
from regintel.notify.delivery import Later, Refused, redacted
from regintel.notify.mrkdwn import units
from regintel.notify.projects import DigestTimes
from regintel.notify.slack import SlackSender
from regintel.records import Document, Found, Hit, Labels, Version
from regintel.slack_app.app import make_app
from regintel.slack_app.command import Asked, Help, Search, Status, command_of
from regintel.slack_app.connection import Listener, bring_up_to_date
from regintel.slack_app.desk import UNKNOWN_PRESS, Desk
from regintel.slack_app.form import About, form
from regintel.slack_app.found import Scope, found_reply
from regintel.store.database import Index, append_index, open_index
from regintel.store.feedback import Feedback, add_feedback, feedback
from regintel.store.labels import add_classification, embedded, unlabelled
from regintel.store.lock import writing
from regintel.store.subscriptions import add_wish, channels_of
from regintel.vocabulary import Opinion, Wish
from tests.conftest import NOBODY
from tests.places import ROOT
from tests.slack_app_server import APP_TOKEN, SlackAppServer, check_view, reply_problem, until
from tests.slack_server import TOKEN, Channel
from tests.test_digest import CART, MHRA, MONDAY, NOTHING, Week, item
from tests.tiny import TinyEncoder

OWN, OTHER = CART.channel, "C0000OTHER"
ADA, BOB = "U0ADA", "U0BOB"
NOW = "2025-10-15T12:00:00Z"


@pytest.fixture
def slack() -> Iterator[SlackAppServer]:
    with SlackAppServer() as server:
        yield server


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index with two documents, one of them new to the project, and a source that could not be read."""
    config = Config(ROOT / "config", tmp_path_factory.mktemp("played"), Settings(), NOBODY, Replay(), "tiny")
    house = House(config, Clock(MONDAY), TinyEncoder())
    with open_index(config.index) as index:
        made = Week(house, index)
        made.read(item("old", words="CAR-T comparability"), baseline=True)
        made.fail(MHRA)
        made.later(days=1)
        made.read(item("new", words="CAR-T potency assays <!channel>"))
        label(made)
        made.match(CART)
    return config.index


@pytest.fixture
def index(house: House, played: Path) -> Iterator[Index]:
    """A copy of that index, which costs less than to make it anew."""
    house.config.data.mkdir()
    shutil.copy(played, house.config.index)
    with open_index(house.config.index) as opened:
        yield opened


@pytest.fixture
def week(house: House, index: Index) -> Week:
    """The days that were played."""
    made = Week(house, index)
    made.later(days=1)
    return made


def label(week: Week) -> None:
    """Label every document and embed its title, without the cost of a classifier."""
    model = week.house.encoder.identity.key
    texts = {each.title: each.title for each in unlabelled(week.index, model, "t", "m")}
    embedded(week.index, model, texts, week.house.encoder.encode_documents)
    made = {"model": model, "taxonomy": "t", "method": "m", "at": iso(week.now), **NOTHING}
    labels = [{"scheme": scheme, "label": name, "score": 0.9, "accepted": True, "evidence": "a test says so"}
              for scheme, name in (("modality", "cell_therapy_engineered"), ("topic", "potency"))]  # fmt: skip
    with week.index.transaction():
        for each in unlabelled(week.index, model, "t", "m"):
            head = {"version": each.version, "document": each.document, "hash": each.title}
            add_classification(week.index, {**head, **made}, labels)


@pytest.fixture
def admins(house: House) -> House:
    """The house, with one person who may decide."""
    settings = house.config.settings.model_copy(update={"slack": Slack(admins=(ADA,))})
    house.config = replace(house.config, settings=settings)
    return house


class Person:
    """Somebody in Slack: what they do goes through Bolt, and the answers come from the stand-in."""

    def __init__(self, app: App, slack: SlackAppServer, user: str = ADA, channel: str = OWN) -> None:
        self.app, self.slack, self.user, self.channel = app, slack, user, channel

    def says(self, text: str, channel: str = "") -> dict[str, Any]:
        """Say `/reg …` and return the answer."""
        body = {"command": "/reg", "text": text, "user_id": self.user, "channel_id": channel or self.channel}
        return self._answered({**body, "team_id": "T1", "response_url": self.slack.response_url, "trigger_id": "1.1"})

    def presses(self, action: str, value: object, **more: object) -> dict[str, Any]:
        """Press a button and return the answer."""
        return self._answered(self.press(action, value, **more))

    def opens(self, opinion: Opinion, value: object) -> dict[str, Any]:
        """Press a button that opens a form, and return that."""
        before = len(self.slack.views)
        self._dispatch(self.press(f"feedback_{opinion}", value))
        until(lambda: len(self.slack.views) > before)
        method, view = self.slack.views[-1]
        assert method == "views.open"
        check_view(view)
        return view

    def press(self, action: str, value: object, **more: object) -> dict[str, Any]:
        told = {"type": "button", "action_id": action, "block_id": "b", "action_ts": "1.1"}
        return {
            "type": "block_actions", "team": {"id": "T1"}, "user": {"id": self.user}, "channel": {"id": self.channel},
            "actions": [{**told, "value": value if isinstance(value, str) else json.dumps(value)}],
            "container": {"type": "message", "message_ts": "1700.1", "channel_id": self.channel},
            "message": {"ts": "1700.1", "type": "message", **more},
            "response_url": self.slack.response_url, "trigger_id": "1.1",
        }  # fmt: skip

    def sends(
        self, view: dict[str, Any], reason: str, wrong: tuple[str, ...] = (), missing: tuple[str, ...] = ()
    ) -> Any:
        """Send a form; return what Slack was told at once."""
        values = {
            "reason": {"reason": {"type": "plain_text_input", "value": reason}},
            "wrong": {"wrong": {"selected_options": [{"value": each} for each in wrong]}},
            "missing": {"missing": {"selected_options": [{"value": each} for each in missing]}},
        }
        sent = {**view, "id": "V0001", "state": {"values": values}}
        body = {"type": "view_submission", "team": {"id": "T1"}, "user": {"id": self.user}, "view": sent}
        told = self._dispatch(body)
        return json.loads(told) if told else None

    def _answered(self, body: dict[str, Any]) -> dict[str, Any]:
        before = len(self.slack.replies)
        assert self._dispatch(body) == ""
        until(lambda: len(self.slack.replies) > before)
        reply = self.slack.replies[-1]
        assert reply_problem(reply) == ""
        return reply

    def _dispatch(self, body: dict[str, Any]) -> str:
        response = self.app.dispatch(BoltRequest(mode="socket_mode", body=body))
        assert response.status == 200
        return response.body or ""


@pytest.fixture
def patience() -> float:
    return 5.0


@pytest.fixture
def ada(admins: House, week: Week, slack: SlackAppServer, patience: float) -> Iterator[Person]:
    sender = SlackSender(TOKEN, slack.url, sleep=lambda _: None)
    with ThreadPoolExecutor(4) as workers:
        app = make_app(Desk(admins, sender, patience=patience), web_client(TOKEN, slack.url), _log(), workers)
        yield Person(app, slack)


@pytest.fixture
def bob(ada: Person) -> Person:
    return Person(ada.app, ada.slack, user=BOB)


def _log() -> logging.Logger:
    log = logging.getLogger("regintel.tests.bolt")
    log.setLevel(logging.CRITICAL)
    return log


def pressed(week: Week) -> dict[str, object]:
    """The value of a button under what the project was told."""
    row = week.index.row('SELECT "change", document FROM matches JOIN changes ON changes.id = matches."change"')
    assert row
    return {"p": "car-t", "c": row["change"], "d": row["document"]}


# What was meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("potency assay", Search("potency assay")),
        ("  potency\n assay ", Search("potency assay")),
        ("potency --here", Search("potency", here=True)),
        ("—here potency", Search("potency", here=True)),
        ("“chain of identity”", Search('"chain of identity"')),
        ("R&amp;D &lt;1 ppm", Search("R&D <1 ppm")),
        ("AT&times", Search("AT&times")),
        ("search mute buttons", Search("mute buttons")),
        ("status of potency assays", Search("status of potency assays")),
        ("効力試験", Search("効力試験")),
        ("status", Status()),
        ("STATUS", Status()),
        ("", Help()),
        ("help", Help()),
        ("subscribe car-t", Asked(Wish.SUBSCRIBED, "car-t")),
        ("unsubscribe car-t", Asked(Wish.UNSUBSCRIBED, "car-t")),
        ("mute", Asked(Wish.MUTED, None)),
        ("mute car-t", Asked(Wish.MUTED, "car-t")),
        ("mute for 7d", Asked(Wish.MUTED, None, timedelta(days=7))),
        ("mute car-t for 2 weeks", Asked(Wish.MUTED, "car-t", timedelta(weeks=2))),
        ("mute car-t until 2025-12-24", Asked(Wish.MUTED, "car-t", date(2025, 12, 24))),
        ("unmute", Asked(Wish.UNMUTED, None)),
        ("unmute car-t", Asked(Wish.UNMUTED, "car-t")),
    ],
)
def test_words_after_the_command_mean(text: str, meant: object) -> None:
    assert command_of(text) == meant


@pytest.mark.parametrize(
    "text",
    ["subscribe", "subscribe to car-t please", "mute until", "mute for", "mute car-t until tomorrow", "mute for 0d",
     "mute for 9999d", "mute car-t now", "unmute car-t for 7d", "?!", "--here", "search", "x " * 200],
)  # fmt: skip
def test_what_is_not_understood_is_told_and_changes_nothing(text: str) -> None:
    meant = command_of(text)
    assert isinstance(meant, Help)
    assert meant.why


@given(st.text(max_size=700))
def test_any_words_mean_something(text: str) -> None:
    meant = command_of(text)
    if isinstance(meant, Search):
        assert meant.query
        assert units(meant.query) <= 300


# Search


def test_a_search_is_answered_to_the_asker_with_title_link_and_place(ada: Person) -> None:
    reply = ada.says("potency assays")
    assert reply["response_type"] == "ephemeral"
    assert reply["text"].startswith("1 of 2 documents holds words of “potency assays”. By words and meaning:")
    told = reply["blocks"][1]["text"]["text"]
    assert told.startswith("*<https://example.org/new|new CAR-T potency assays &lt;!channel&gt;>*\nFDA · Draft")
    assert "<!channel>" not in json.dumps(reply)


def test_a_search_says_which_sources_could_not_be_read(ada: Person) -> None:
    reply = ada.says("potency")
    assert "Not all sources could be read, so newer documents may be missing here:" in reply["text"]
    assert "could not be read since" in reply["text"]


def test_an_answer_can_be_shown_to_the_channel(ada: Person) -> None:
    reply = ada.says("potency assays")
    (button,) = reply["blocks"][-1]["elements"]
    shown = ada.presses(button["action_id"], button["value"])
    assert shown["response_type"] == "in_channel"
    assert shown["blocks"][1] == reply["blocks"][1]
    assert all(block["type"] != "actions" for block in shown["blocks"])
    assert f"Shown by <@{ADA}>" in shown["text"]
    assert ada.says("potency assays --here")["response_type"] == "in_channel"


def test_nothing_found_is_said_and_so_is_what_was_not_read(ada: Person) -> None:
    told = found_reply(Found("unobtainium", (), 0, 1.0), Scope(2, ("MHRA could not be read",)))
    assert told.text.startswith("Nothing for “unobtainium” among the 2 documents of the index.")
    assert "MHRA could not be read" in told.text
    near = ada.says("unobtainium")["text"]
    assert near.startswith("None of the 2 documents holds a word of “unobtainium”. The nearest in meaning")
    assert ada.says("agency:fda")["text"].startswith("2 of 2 documents answer “agency:fda”:")


def test_an_empty_index_says_so(house: House, slack: SlackAppServer) -> None:
    reply = Desk(house, SlackSender(TOKEN, slack.url)).found("potency")
    assert reply.text.startswith("The index is empty")


def test_a_japanese_title_has_its_gist_by_glossary() -> None:
    document = Document(
        "pmda:x", "pmda", "mhlw", "s", "ja", NOW, version(title="遺伝子治療用製品等の品質", status="通知")
    )
    told = found_reply(
        Found("q", (Hit(document, 0.5, Labels(), ""),), 1, 1.0, worded=1),
        Scope(1, gists={"pmda:x": "gene therapy <product>"}),
    )
    assert "\nGist by glossary: gene therapy &lt;product&gt;" in json.dumps(told.as_json(), ensure_ascii=False).replace(
        "\\n", "\n"
    )


def test_help_tells_every_command_and_who_may_decide(bob: Person) -> None:
    text = bob.says("help")["text"]
    for verb in ("search", "status", "subscribe", "unsubscribe", "mute", "unmute", "--here"):
        assert verb in text
    assert f"<@{ADA}>" in text


def version(**told: Any) -> Version:
    fields: dict[str, Any] = dict.fromkeys(Version.__dataclass_fields__, "")
    lists = ("offices", "topics", "products", "attachments", "body_records", "unread", "references")
    return Version(**{**fields, **dict.fromkeys(lists, ()), "id": 1, "number": 1, "quoted": {}, **told})


words = st.text(max_size=600) | st.sampled_from(
    ["<!here>" * 90, "&" * 800, "**a** b **" * 60, "*" * 900, "效" * 900, '"' * 900]
)
hits = st.builds(
    lambda title, url, status, bit, section, page: Hit(
        Document("fda:x", "fda", "ich", "s", "en", NOW, version(title=title, url=url, status=status, reference=title)),
        0.5, Labels(), bit, page, section,
    ),
    words, words | st.just("https://example.org/" + "a" * 470), words, words, words | st.none(), st.integers(1, 999),
)  # fmt: skip


@settings(max_examples=50)
@given(words, st.lists(hits, max_size=7), st.lists(words, max_size=30), st.booleans())
def test_every_answer_holds_slacks_limits_and_nothing_in_it_acts(query: str, found, gaps, here: bool) -> None:
    scope = Scope(9, tuple(gaps))
    reply = found_reply(
        Found(query[:300], tuple(found), len(found), 1.0, (query,), worded=len(found)), scope, ADA if here else ""
    ).as_json()
    assert reply_problem(reply) == ""
    shown = json.dumps([reply["text"], [block for block in reply["blocks"] if block["type"] != "actions"]])  # type: ignore[attr-defined]
    assert "<!" not in shown
    assert "<@" not in shown.replace(f"<@{ADA}>", "")
    assert units(str(reply["text"])) < 40_000


# What a channel gets


def test_a_listed_person_subscribes_a_channel_and_the_index_knows_who(ada: Person, week: Week) -> None:
    reply = ada.says("subscribe car-t", channel=OTHER)
    assert "this channel gets it. Next digest" in reply["text"]
    (row,) = week.index.rows("SELECT project, channel, said, until, by FROM subscriptions")
    assert tuple(row.values()) == ("car-t", OTHER, "subscribed", None, ADA)
    assert channels_of(week.index, "car-t", OWN, NOW) == [OWN, OTHER]
    assert "already" in ada.says("subscribe car-t", channel=OTHER)["text"]


def test_others_are_refused_and_told_whom_to_ask(bob: Person, week: Week) -> None:
    for words in ("subscribe car-t", "unsubscribe car-t", "mute", "mute car-t for 7d", "unmute"):
        text = bob.says(words)["text"]
        assert text == f"Sorry, you may not {words.split()[0]}. What a channel gets is changed by <@{ADA}>."
    assert list(week.index.rows("SELECT * FROM subscriptions")) == []


def test_where_nobody_is_listed_the_refusal_says_where_to_list_them(ada: Person, admins: House) -> None:
    admins.config = replace(admins.config, settings=Settings())
    assert "`[slack] admins` in regintel.toml is empty" in ada.says("mute")["text"]


def test_a_channel_without_the_bot_is_not_subscribed(ada: Person, slack: SlackAppServer, week: Week) -> None:
    slack.channels = {"C1": Channel("C1", is_member=False)}
    for channel in ("C1", "C2"):
        assert "`/invite` me first" in ada.says("subscribe car-t", channel=channel)["text"]
    assert list(week.index.rows("SELECT * FROM subscriptions")) == []


def test_an_unknown_project_is_told_with_those_there_are(ada: Person) -> None:
    text = ada.says("subscribe <!here>")["text"]
    assert text == "There is no project “&lt;!here&gt;”. There are: `aav`, `car-t`, `mrna`."


def test_a_mute_ends_by_itself_or_when_somebody_says_so(ada: Person, week: Week) -> None:
    assert "muted until Sat 18 Oct 2025 08:00 (America/New_York)" in ada.says("mute car-t for 3d")["text"]
    assert channels_of(week.index, "car-t", OWN, NOW) == []
    assert channels_of(week.index, "car-t", OWN, "2025-10-18T12:00:00Z") == [OWN]
    assert "muted until Fri 24 Oct 2025 00:00 (America/New_York)" in ada.says("mute until 2025-10-24")["text"]
    assert channels_of(week.index, "car-t", OWN, "2025-10-24T03:59:59Z") == []
    assert channels_of(week.index, "car-t", OWN, "2025-10-24T04:00:00Z") == [OWN]
    assert "this channel gets it" in ada.says("unmute")["text"]
    assert channels_of(week.index, "car-t", OWN, NOW) == [OWN]
    assert [row["said"] for row in week.index.rows("SELECT said FROM subscriptions")] == ["muted", "muted", "unmuted"]


def test_who_mutes_is_told_what_becomes_of_what_is_new(ada: Person) -> None:
    assert "Nothing is dropped: what is new waits, and comes then." in ada.says("mute car-t for 3d")["text"]
    ada.says("subscribe car-t", channel=OTHER)
    told = f"What is new meanwhile is told in <#{OTHER}>, and not again here."
    assert told in ada.says("mute car-t for 4d")["text"]
    assert told in ada.says("status")["text"]
    assert "No channel does" not in ada.says("unsubscribe car-t")["text"]
    assert "No channel does: what is new waits" in ada.says("unsubscribe car-t", channel=OTHER)["text"]


def test_a_mute_that_is_over_or_too_long_is_refused(ada: Person, week: Week) -> None:
    for day in ("2025-10-14", "2027-10-14"):
        assert "not within the next 366 days; nothing was changed" in ada.says(f"mute car-t until {day}")["text"]
    assert list(week.index.rows("SELECT * FROM subscriptions")) == []


def test_a_project_can_leave_its_own_channel_and_come_back(ada: Person, week: Week) -> None:
    ada.says("unsubscribe car-t")
    assert channels_of(week.index, "car-t", OWN, NOW) == []
    assert "does not get it" in ada.says("mute car-t")["text"]
    assert ada.says("mute")["text"] == "This channel has no project."
    ada.says("subscribe car-t")
    assert channels_of(week.index, "car-t", OWN, NOW) == [OWN]


def test_to_subscribe_ends_a_mute(index: Index) -> None:
    for wish in (Wish.SUBSCRIBED, Wish.MUTED):
        add_wish(index, wish, project="p", channel="C2", by=ADA, at=NOW)
    assert channels_of(index, "p", "C1", NOW) == ["C1"]
    add_wish(index, Wish.SUBSCRIBED, project="p", channel="C2", by=ADA, at=NOW)
    assert channels_of(index, "p", "C1", NOW) == ["C1", "C2"]


def test_the_doctor_looks_at_channels_that_subscribed(ada: Person, admins: House, slack: SlackAppServer) -> None:
    ada.says("subscribe car-t", channel=OTHER)
    slack.channels = {OTHER: Channel(OTHER, is_member=False)}
    admins.config = replace(admins.config, secrets=secrets(slack))
    told = {each.name: each for each in examine(admins, offline=False)}
    assert (told[f"channel {OTHER}"].state, told[f"channel {OWN}"].state) == ("fail", "fail")
    assert told[f"channel {OTHER}"].detail.startswith("project car-t: ")


def test_what_was_asked_for_cannot_be_rewritten(week: Week, ada: Person) -> None:
    ada.says("mute")
    ada.presses("feedback_useful", pressed(week))
    for table in ("subscriptions", "feedback"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET at = ''"):  # noqa: S608
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                week.index.write(statement)


def test_the_status_tells_what_comes_when_and_how_things_stand(ada: Person, admins: House, week: Week) -> None:
    text = ada.says("status")["text"]
    assert "(`car-t`): next digest with the next run; 1 item waits for it." in text
    assert "Other projects: `aav`, `mrna`" in text
    assert "Sources: 1 of 28 read, the last Tue 14 Oct 2025 12:00 UTC." in text
    assert "The index holds 2 documents." in text
    assert "Messages to this channel: 0 wait." in text
    week.now = datetime.fromisoformat(NOW)
    week.build(admins.projects["car-t"])
    text = ada.says("status")["text"]
    assert "next digest Thu 16 Oct 2025 07:00 (America/New_York); 0 items wait for it." in text
    assert "Messages to this channel: 1 waits." in text
    ada.says("mute for 3d")
    muted = f"muted until Sat 18 Oct 2025 08:00 (America/New_York), as <@{ADA}> said. Nothing is dropped"
    assert muted in ada.says("status")["text"]


def test_the_operations_channel_is_told_that_alarms_come_there(bob: Person, admins: House) -> None:
    notify = admins.config.settings.notify.model_copy(update={"operations_channel": OTHER})
    admins.config = replace(admins.config, settings=Settings(notify=notify))
    assert bob.says("status", channel=OTHER)["text"].startswith("Alarms about sources and deliveries come here.")


def test_a_channel_without_a_project_is_told_how_to_get_one(bob: Person) -> None:
    text = bob.says("status", channel=OTHER)["text"]
    assert "Alarms" not in text
    assert text.startswith("This channel gets no project. Admins may `/reg subscribe PROJECT`.")


@pytest.mark.parametrize(
    ("times", "now", "then"),
    [
        (DigestTimes(at="07:00"), "2025-10-15T07:00:00+00:00", "2025-10-16T07:00:00+00:00"),
        (DigestTimes(at="07:00"), "2025-10-15T06:59:00+00:00", "2025-10-15T07:00:00+00:00"),
        (DigestTimes(at="07:00", timezone="Europe/Paris"), "2025-10-25T06:00:00+00:00", "2025-10-26T06:00:00+00:00"),
        (DigestTimes(every="weekly", weekday="monday", at="07:00"), "2025-10-15T07:00:00+00:00",
         "2025-10-20T07:00:00+00:00"),
    ],
)  # fmt: skip
def test_the_next_digest_comes_at_its_hour_also_when_clocks_change(times: DigestTimes, now: str, then: str) -> None:
    assert times.next_slot(datetime.fromisoformat(now)) == datetime.fromisoformat(then)


# What people say


def test_useful_is_kept_with_who_said_it(bob: Person, week: Week) -> None:
    reply = bob.presses("feedback_useful", pressed(week), thread_ts="1699.9")
    assert reply["text"].startswith("Kept, with your name: useful.")
    assert (reply["response_type"], reply["replace_original"], reply["thread_ts"]) == ("ephemeral", False, "1699.9")
    (row,) = feedback(week.index)
    value = pressed(week)
    columns = ("user", "channel", "project", "change", "document", "said", "message")
    assert [row[column] for column in columns] == [BOB, OWN, "car-t", value["c"], value["d"], "useful", "1700.1"]


def test_the_buttons_under_an_entry_are_understood(bob: Person, slack: SlackAppServer, week: Week) -> None:
    value = pressed(week)
    block: Any = buttons("car-t", value["c"], value["d"])  # type: ignore[arg-type]
    useful, *others = block["elements"]
    assert bob.presses(useful["action_id"], useful["value"])["text"].startswith("Kept")
    for each in others:
        assert bob.opens(Opinion(each["action_id"].removeprefix("feedback_")), each["value"])["title"] == {
            **each["text"], "emoji": False,
        }  # fmt: skip
    assert len(slack.views) == len(others)


def test_a_wrong_tag_is_kept_with_labels_and_reason(bob: Person, slack: SlackAppServer, week: Week) -> None:
    view = bob.opens(Opinion.WRONG_TAG, pressed(week))
    present = [option["value"] for option in view["blocks"][1]["element"]["options"]]
    assert present
    told = bob.sends(view, "It is about release.", wrong=(present[0],), missing=("batch_release",))
    assert told["response_action"] == "update"
    until(lambda: slack.views[-1][0] == "views.update")
    check_view(slack.views[-1][1])
    assert "Kept, with your name: wrongly tagged." in json.dumps(slack.views[-1][1])
    (row,) = feedback(week.index)
    assert (row["said"], row["reason"], row["message"]) == ("wrong_tag", "It is about release.", "1700.1")
    assert row["labels"] == {"wrong": [present[0]], "missing": ["batch_release"]}


def test_not_for_us_is_kept_with_its_reason(bob: Person, slack: SlackAppServer, week: Week) -> None:
    view = bob.opens(Opinion.NOT_FOR_US, pressed(week))
    assert view["title"]["text"] == "Not for us"
    assert bob.sends(view, " ")["errors"] == {"reason": "Please say why."}
    bob.sends(view, "Devices only")
    until(lambda: slack.views[-1][0] == "views.update")
    (row,) = feedback(week.index)
    assert (row["said"], row["reason"], row["user"]) == ("not_for_us", "Devices only", BOB)


@pytest.mark.parametrize(
    ("wrong", "missing", "why"),
    [
        ((), (), "which label is wrong"),
        (("potency",), ("potency",), "both wrong and missing"),
        ((), ("alchemy",), "have changed since"),
    ],
)
def test_a_form_that_says_nothing_clear_is_given_back(bob: Person, week: Week, wrong, missing, why: str) -> None:
    view = bob.opens(Opinion.WRONG_TAG, pressed(week))
    told = bob.sends(view, "x", wrong=wrong, missing=missing)
    assert told["response_action"] == "errors"
    assert why in told["errors"]["missing"]
    assert feedback(week.index) == []


FORGED: tuple[Any, ...] = (
    "", "{", "[]", "null", '"x"', {"p": "car-t", "c": 999, "d": "fda:new"}, {"p": "car-t", "c": 2**70, "d": "fda:new"},
    {"p": "car-t", "c": "1", "d": "fda:new"}, {"p": "nobody", "c": 1, "d": "fda:new"},
    {"p": "car-t", "c": 1, "d": "fda:old"},
    {"p": "car-t", "c": 1, "d": "fda:new", "x": 1}, {"p": "car-t", "c": -1, "d": "fda:new"}, "x" * 2_000,
)  # fmt: skip


def test_a_button_that_names_nothing_told_keeps_nothing(bob: Person, week: Week) -> None:
    for value in FORGED:
        for opinion in Opinion:
            assert bob.presses(f"feedback_{opinion}", value)["text"] == UNKNOWN_PRESS
        view = form(Opinion.NOT_FOR_US, About(str(value), OWN, "1"), "x")
        assert UNKNOWN_PRESS in json.dumps(bob.sends(view, "x"))
        assert UNKNOWN_PRESS in json.dumps(bob.sends({**view, "private_metadata": str(value)}, "x"))
    assert feedback(week.index) == []


def test_who_presses_again_adds_a_word_and_the_newest_counts(bob: Person, ada: Person, week: Week, slack) -> None:
    ada.presses("feedback_useful", pressed(week))
    bob.presses("feedback_useful", pressed(week))
    bob.sends(bob.opens(Opinion.NOT_FOR_US, pressed(week)), "second thoughts")
    until(lambda: slack.views[-1][0] == "views.update")
    assert [(row["user"], row["said"], row["standing"]) for row in feedback(week.index)] == [
        (BOB, "not_for_us", True), (BOB, "useful", False), (ADA, "useful", True),
    ]  # fmt: skip


def test_a_form_that_slack_does_not_open_is_told(bob: Person, slack: SlackAppServer, week: Week) -> None:
    slack.view_error = "expired_trigger_id"
    told = bob.presses("feedback_not_for_us", pressed(week))
    assert told["text"] == "The form could not be opened (expired_trigger_id). Please press again."


def test_who_closed_the_form_is_told_in_the_channel(bob: Person, slack: SlackAppServer, week: Week) -> None:
    view = bob.opens(Opinion.NOT_FOR_US, pressed(week))
    slack.view_error = "not_found"
    bob.sends(view, "x")
    until(lambda: slack.replies)
    assert (slack.replies[-1]["channel"], slack.replies[-1]["user"]) == (OWN, BOB)
    assert slack.replies[-1]["text"].startswith("Kept, with your name")


# Beside a run


def test_a_word_is_kept_while_a_run_holds_the_lock(bob: Person, admins: House, week: Week) -> None:
    with writing(admins.config.lock):
        assert bob.presses("feedback_useful", pressed(week))["text"].startswith("Kept")


def test_a_word_waits_for_a_runs_transaction_to_end(bob: Person, week: Week, slack: SlackAppServer) -> None:
    with week.index.transaction():
        week.index.write("INSERT INTO texts (hash, text) VALUES ('x', 'y')")
        bob._dispatch(bob.press("feedback_useful", pressed(week)))
        assert slack.replies == []
    until(lambda: slack.replies)
    assert slack.replies[-1]["text"].startswith("Kept")
    assert len(feedback(week.index)) == 1


@pytest.mark.parametrize("patience", [0.05])
def test_nobody_is_thanked_for_what_could_not_be_kept(bob: Person, ada: Person, week: Week, slack, patience) -> None:
    view = bob.opens(Opinion.NOT_FOR_US, pressed(week))
    with week.index.transaction():
        week.index.write("INSERT INTO texts (hash, text) VALUES ('x', 'y')")
        for told in (bob.presses("feedback_useful", pressed(week)), ada.says("mute")):
            assert "*Not kept*: the index could not be written (database is locked)" in told["text"]
            assert "Thank" not in told["text"]
        bob.sends(view, "x")
        until(lambda: slack.views[-1][0] == "views.update")
    assert "Not kept" in json.dumps(slack.views[-1][1])
    assert feedback(week.index) == []
    assert list(week.index.rows("SELECT * FROM subscriptions")) == []


def test_an_index_that_is_not_there_or_another_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open"):
        append_index(tmp_path / "index.db", 1)
    open_index(tmp_path / "index.db").db.close()
    with sqlite3.connect(tmp_path / "index.db") as other:
        other.execute("DELETE FROM _sqlite_migrations WHERE name LIKE 'm009%'")
    other.close()
    with pytest.raises(StoreError, match="made by an older regintel"):
        append_index(tmp_path / "index.db", 1)


def test_what_goes_wrong_is_told_to_who_asked(ada: Person, admins: House, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "index.db").write_bytes(b"no index" * 99)
    admins.config = replace(admins.config, data=tmp_path / "broken")
    assert ada.says("potency")["text"].startswith("That did not work (StoreError: ")


# What becomes of it


def keep(week: Week, user: str, said: Opinion, **labels: tuple[str, ...]) -> None:
    value = pressed(week)
    told = {"at": iso(week.now), "channel": OWN, "user": user, "project": "car-t", "message": "1", "reason": "read it"}
    with week.index.transaction():
        add_feedback(week.index, Feedback(**told, change=value["c"], document=value["d"], said=said, **labels))  # type: ignore[arg-type]


def test_labels_called_wrong_are_titles_to_learn_from(house: House, week: Week) -> None:
    assert feedback_examples(week.index, house.taxonomy) == []
    keep(week, BOB, Opinion.WRONG_TAG, wrong=("potency",), missing=("batch_release", "alchemy"))
    (example,) = feedback_examples(week.index, house.taxonomy)
    assert (example.id, example.by) == ("fda:new", "said in Slack")
    assert "batch_release" in example.topics
    assert not {"potency", "alchemy", "not_cmc"} & {*example.topics}
    assert feedback_examples(week.index, house.taxonomy, ["fda:new"]) == []
    keep(week, ADA, Opinion.WRONG_TAG, missing=("not_cmc",))
    assert feedback_examples(week.index, house.taxonomy)[0].topics == ("not_cmc",)
    for user in (BOB, ADA):
        keep(week, user, Opinion.USEFUL)
    assert feedback_examples(week.index, house.taxonomy) == []


class Cli:
    """The command line on the house's data."""

    def __init__(self, house: House, **environment: str) -> None:
        self.house, self.environment = house, environment

    def __call__(self, *words: str) -> Any:
        told = ["--config", str(ROOT / "config"), "--data", str(self.house.config.data), *words]
        clean = {name: None for name in os.environ if name.startswith("SLACK_")}
        return CliRunner(env={**clean, **self.environment}).invoke(main, told, obj=self.house.given_encoder)


def test_feedback_is_listed(house: House, week: Week) -> None:
    keep(week, BOB, Opinion.WRONG_TAG, wrong=("potency",), missing=("batch_release",))
    keep(week, BOB, Opinion.USEFUL)
    run = Cli(house)
    result = run("feedback", "--json", "--project", "car-t", "--since", "2025-10-14")
    assert result.exit_code == 0, result.stderr
    newest, older = json.loads(result.stdout)["feedback"]
    assert (newest["said"], newest["standing"], older["standing"]) == ("useful", True, False)
    assert older["labels"] == {"wrong": ["potency"], "missing": ["batch_release"]}
    assert older["title"] == "new CAR-T potency assays <!channel>"
    assert json.loads(run("feedback", "--json", "--since", "2025-10-15").stdout)["feedback"] == []
    shown = run("feedback").stdout
    assert "wrong tag (until newer)" in " ".join(shown.split())
    assert run("feedback", "--project", "nobody").exit_code == 3


# The line


def secrets(slack: SlackAppServer, **told: str | None) -> Secrets:
    given_ = {"bot_token": TOKEN, "app_token": APP_TOKEN, **told}
    kept = {name: SecretStr(value) if value else None for name, value in given_.items()}
    return Secrets(**kept, webhook_url=None, api_url=slack.url)  # type: ignore[arg-type]


def test_tokens_come_from_the_environment_and_never_print(slack: SlackAppServer) -> None:
    environment = {"SLACK_APP_TOKEN": APP_TOKEN, "SLACK_BOT_TOKEN": TOKEN, "SLACK_API_URL": slack.url}
    config: Config = load_config(ROOT / "config", None, environment)
    assert config.secrets.app_token == SecretStr(APP_TOKEN)
    assert APP_TOKEN not in repr(config)
    assert config.settings.slack.admins == ()


@pytest.mark.parametrize("admin", ["Ada", "C0123", "@U1", ""])
def test_an_admin_is_named_by_a_slack_id(tmp_path: Path, admin: str) -> None:
    (tmp_path / "regintel.toml").write_text(f"[slack]\nadmins = ['{admin}']\n")
    with pytest.raises(ConfigError, match=r"slack\.admins"):
        load_config(tmp_path, None, {})


@pytest.mark.parametrize(
    ("environment", "code", "line"),
    [
        ({}, 3, "SLACK_BOT_TOKEN is not set"),
        ({"SLACK_BOT_TOKEN": TOKEN}, 3, "SLACK_APP_TOKEN is not set"),
        ({"SLACK_BOT_TOKEN": "xoxb-bad", "SLACK_APP_TOKEN": APP_TOKEN}, 1, "slack: invalid_auth"),
        ({"SLACK_BOT_TOKEN": TOKEN, "SLACK_APP_TOKEN": "xapp-bad"}, 1, "slack: invalid_auth (SLACK_APP_TOKEN)"),
        ({"SLACK_BOT_TOKEN": TOKEN, "SLACK_APP_TOKEN": "xapp bad"}, 3, "SLACK_APP_TOKEN: empty, or with spaces"),
    ],
)
def test_a_token_that_is_no_good_ends_it_with_one_line(house, slack, environment, code: int, line: str) -> None:
    result = Cli(house, SLACK_API_URL=slack.url, **environment)("slack")
    assert (result.exit_code, result.stdout) == (code, "")
    (said,) = result.stderr.splitlines()
    assert line in said
    assert not any(token in said for token in environment.values())


def test_without_slack_bolt_it_says_what_to_install(house: House) -> None:
    code = "import sys; sys.modules['slack_bolt'] = None; from regintel.cli import main; main()"
    command = [sys.executable, "-c", code, "--data", str(house.config.data), "slack"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines()) == (
        3,
        ["regintel: the Slack app needs slack-bolt: pip install 'regintel[slack-bolt]'"],
    )


def test_the_doctor_looks_at_the_apps_token(house: House, slack: SlackAppServer) -> None:
    def told(**changed: str | None) -> dict[str, tuple[str, str]]:
        house.config = replace(house.config, secrets=secrets(slack, **changed))
        return {each.name: (each.state, each.detail) for each in examine(house, offline=False)}

    assert told()["slack app"][0] == "ok"
    assert told()["slack admins"][0] == "warn"
    assert told(app_token=None)["slack app"] == (
        "ok", "not used: SLACK_APP_TOKEN is not set, so there are no buttons and no /reg",
    )  # fmt: skip
    assert told(bot_token=None)["slack app"][0] == "fail"
    assert told(app_token="xapp-bad")["slack_app"] == ("fail", "slack: invalid_auth (SLACK_APP_TOKEN)")


@pytest.mark.parametrize(
    "secret",
    ["xapp-1-A0001-2222-cafe", "https://hooks.slack.com/commands/T1/2/abc", "https://hooks.slack.com/actions/T1/2/abc",
     "wss://wss-primary.slack.com/link/?ticket=abc-def&app_id=1"],
)  # fmt: skip
def test_secrets_are_left_out_of_what_is_logged(secret: str) -> None:
    told = redacted(f"error at {secret} there")
    assert not any(part in told for part in ("cafe", "abc"))
    assert told.endswith("there")


def test_an_index_is_made_or_brought_up_to_date_and_a_run_is_not_turned_away(house: House) -> None:
    bring_up_to_date(house.config)
    append_index(house.config.index, 1).db.close()
    with sqlite3.connect(house.config.index) as other:
        other.executescript("DROP TABLE feedback; DROP TABLE subscriptions;"
                            "DELETE FROM _sqlite_migrations WHERE name LIKE 'm009%'")  # fmt: skip
    other.close()
    with writing(house.config.lock), pytest.raises(StoreError, match="older regintel"):
        bring_up_to_date(house.config)
    bring_up_to_date(house.config)
    with writing(house.config.lock):
        bring_up_to_date(house.config)


def test_a_line_that_cannot_be_had_is_told(house: House, slack: SlackAppServer, index: Index) -> None:
    house.config = replace(house.config, secrets=secrets(slack))
    listener = Listener(house)
    slack.line_url = "ws://127.0.0.1:9/link/"
    with pytest.raises(Later, match="does not answer"):
        listener.connect()


def test_who_listens_is_told_when_slack_takes_the_token_no_more(
    house: House, slack: SlackAppServer, week: Week
) -> None:
    house.config = replace(house.config, secrets=secrets(slack))
    listener = Listener(house)
    listener.connect()
    until(lambda: slack.line.sockets)
    slack.app_token = "xapp-another"
    slack.line.refresh()
    with pytest.raises(Refused, match="invalid_auth"):
        listener.listen()


def test_the_process_answers_reconnects_and_ends_in_peace(house: House, slack: SlackAppServer, week: Week) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "REGINTEL_"))}
    told = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_APP_TOKEN": APP_TOKEN, "SLACK_API_URL": slack.url, "REGINTEL_NOW": NOW}
    command = [sys.executable, "-m", "tests.driver", "--config", str(ROOT / "config"), "--data", str(house.config.data)]
    command += ["-v", "slack"]
    with subprocess.Popen(command, env={**clean, **told}, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            until(lambda: slack.line.sockets, within=30)
            for number in (1, 2):
                until(lambda number=number: len(slack.line.sockets) >= number)  # type: ignore[misc]
                body = {"command": "/reg", "text": "potency", "user_id": BOB, "channel_id": OWN, "team_id": "T1"}
                payload = {**body, "response_url": slack.response_url, "trigger_id": "1.1"}
                slack.line.send({
                    "type": "slash_commands", "envelope_id": f"e{number}", "payload": payload,
                    "accepts_response_payload": True,
                })  # fmt: skip
                assert slack.line.acked(f"e{number}") < 1
                until(lambda number=number: len(slack.replies) == number, within=5)  # type: ignore[misc]
                slack.line.refresh()
            assert "words of “potency”" in slack.replies[-1]["text"]
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 0
    assert "listening in Example as regintel; SIGTERM ends it" in errors
    assert not any(secret in errors for secret in (TOKEN, APP_TOKEN, "secretticket"))


def test_the_manifest_in_the_documentation_is_what_the_app_needs() -> None:
    page = (ROOT / "docs" / "slack.md").read_text(encoding="utf-8")
    manifest = json.loads(page.split("```json\n")[1].split("```")[0])
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert manifest["settings"]["interactivity"]["is_enabled"] is True
    assert [each["command"] for each in manifest["features"]["slash_commands"]] == ["/reg"]
    wanted = {"chat:write", "commands", "channels:history", "groups:history", "channels:read", "groups:read"}
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == wanted
