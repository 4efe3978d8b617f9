"""Whole runs, killed with SIGKILL: the next run takes up what was left; nothing is lost and nothing is said twice.

Half of the kill points are moments of the reading, half are messages of the sending. What a killed run and the run
after it leave behind is held against a run that nobody disturbed. REGINTEL_CRASH_POINTS sets how many points are tried,
REGINTEL_CRASH_SEED which.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from regintel.replay import ReplayServer
from regintel.store.database import Index, open_index, read_index
from regintel.store.documents import changes
from regintel.store.outbox import add_message
from regintel.store.threads import add_root
from tests.configurations import copy_of_two
from tests.places import ROOT
from tests.slack_server import DROP, LOST, POST, TOKEN, Fault, SlackServer

POINTS = int(os.environ.get("REGINTEL_CRASH_POINTS", "4"))
SEED = os.environ.get("REGINTEL_CRASH_SEED", "2025")
FIRST, SECOND = "2025-10-15", "2025-12-15"
LIMIT = 120.0
"""Seconds that one run may take before a test gives up."""

NARROW = ["cell", "gene", "master files"]
BROAD = ["guidance", "guideline", "gxp", "drug", "products", "manufacture", "files", "studies", "data", "rfd", "gases"]
WATCHED = [NARROW, NARROW, NARROW, BROAD, NARROW, NARROW, NARROW, NARROW]
"""Keywords of each project; the broad one hears of so much that its digest goes on in a thread."""

MOVED = '[immediate]\nkinds = ["status_changed", "withdrawn"]\nmin_score = 0.55\n'
URGENT = {1: MOVED, 3: MOVED.replace('["', '["new", "'), 5: MOVED}
"""Projects that do not wait for their digest; the broad one's alerts are a burst."""
TOLD_BEFORE = ("C0001", "C0002")
"""Channels in which every document has a thread: an alert goes there as a reply, and a digest leaves follow-ups."""


class Moment(StrEnum):
    """When, in the life of a message, its sender is killed."""

    UNTAKEN = "before Slack takes it"
    UNANSWERED = "after Slack took it, before the answer"
    ANSWERED = "just after the answer"


@dataclass(frozen=True)
class Kill:
    """Where a run is killed: so many seconds after its start, or at its message of that number, counted from 0."""

    after: float | None = None
    message: int = 0
    in_thread: bool | None = None
    """Count only messages that stand in a thread, or only those that do not."""
    moment: Moment = Moment.ANSWERED
    delay: float = 0.0


class Slack(SlackServer):
    """The stand-in, in the process that nobody kills; it can strike the sender down at a message."""

    def __init__(self, log: Path | None = None) -> None:
        super().__init__(log=log)
        self.kill: Kill | None = None
        self.victim: subprocess.Popen[bytes] | None = None
        self.posts = 0
        self.first_post: float | None = None

    def answer(self, method: str, arguments: dict[str, Any], token: str) -> tuple[Fault, dict[str, Any]]:
        if method != POST:
            return super().answer(method, arguments, token)
        self.first_post = self.first_post or time.monotonic()
        in_thread = bool(arguments.get("thread_ts"))
        if self.kill is not None and self.kill.in_thread not in {None, in_thread}:
            return super().answer(method, arguments, token)
        number, self.posts = self.posts, self.posts + 1
        if self.kill is None or self.victim is None or self.kill.after is not None or number != self.kill.message:
            return super().answer(method, arguments, token)
        return self._strike(self.kill, self.victim, lambda: super(Slack, self).answer(method, arguments, token))

    def _strike(
        self, kill: Kill, victim: "subprocess.Popen[bytes]", taken: Callable[[], tuple[Fault, dict[str, Any]]]
    ) -> tuple[Fault, dict[str, Any]]:
        if kill.moment is Moment.UNTAKEN:
            victim.kill()
            return DROP, {}
        told = taken()
        if kill.moment is Moment.UNANSWERED:
            victim.kill()
            return LOST, {}
        Timer(kill.delay, victim.kill).start()
        return told

    def said(self) -> Counter[tuple[str, ...]]:
        """Return how often each (channel, text, blocks, text of the thread's parent) was said."""
        texts = {each.ts: each.text for each in self.messages}
        return Counter(
            (each.channel, each.text, json.dumps(each.blocks), texts.get(each.thread_ts or "", ""))
            for each in self.messages
        )


@dataclass
class Outcome:
    """All that people and later runs see of a run; equal whatever happened on the way."""

    changes: list[tuple[str, ...]] = field(default_factory=list)
    versions: list[tuple[str, ...]] = field(default_factory=list)
    matches: list[tuple[str, ...]] = field(default_factory=list)
    outbox: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    """What SQLite finds wrong, and archive files that the index names and are gone."""
    said: Counter[tuple[str, ...]] = field(default_factory=Counter)

    @classmethod
    def of(cls, data: Path, slack: Slack) -> "Outcome":
        with read_index(data / "index.db") as index:
            told = [asdict(each) for each in changes(index)]
            files = {row["file"] for row in index.rows("SELECT file FROM responses")}
            return cls(
                changes=sorted(
                    _words(each, "document", "kind", "silent", "before", "after", "summary") for each in told
                ),
                versions=_table(index, "SELECT document, number, title, status, url, text_hash FROM versions"),
                matches=_table(index, MATCHES),
                outbox={row["state"]: row["n"] for row in index.rows(STATES)},
                wrong=[*index.check(), *(name for name in files if not (data / "archive" / name).is_file())],
                said=slack.said(),
            )

    @classmethod
    def roles(cls, data: Path) -> Counter[str]:
        """Return how many messages there were of each kind."""
        sql = "SELECT role, parent IS NOT NULL AS reply FROM outbox WHERE kind = 'digest' AND created_at > ?"
        with read_index(data / "index.db") as index:
            rows = list(index.rows(sql, [SECOND]))
        return Counter("reply" if row["role"] == "alert" and row["reply"] else row["role"] for row in rows)


STATES = "SELECT state, count(*) AS n FROM outbox GROUP BY state"
MATCHES = """
    SELECT document, kind, matches.project, score, relevant, digests.built_at FROM matches
    JOIN changes ON changes.id = matches."change" LEFT JOIN digests ON digests.id = matches.digest"""


def _table(index: Index, sql: str) -> list[tuple[str, ...]]:
    return sorted(_words(row, *row) for row in index.rows(sql))


def _words(row: dict[str, Any], *names: str) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in names)


class World:
    """Agencies at two dates, a configuration with many projects, and an index of the first date."""

    def __init__(self, folder: Path, agencies: ReplayServer) -> None:
        self.folder, self.agencies = folder, agencies
        self.config = folder / "config"
        _configure(self.config)
        with Slack() as slack:
            self.baseline = folder / "baseline"
            assert self.run(self.baseline, slack, FIRST) == 0
        self.log = folder / "slack.jsonl"
        self._tell_before()
        self._undisturbed()

    def slack(self, name: str) -> Slack:
        """Return Slack as it was before the second date: with the messages that are roots of threads."""
        return Slack(Path(shutil.copy(self.log, self.folder / f"{name}.jsonl")))

    def _tell_before(self) -> None:
        """Let two channels have been told every document of the first date, one message each channel."""
        with Slack(self.log) as slack, open_index(self.baseline / "index.db") as index:
            for channel in TOLD_BEFORE:
                told = {"channel": channel, "text": "Told before", "blocks": []}
                with index.transaction():
                    name = add_message(index, kind="digest", subject="told before", created_at=FIRST, **told)
                    for row in list(index.rows("SELECT id FROM documents")):
                        add_root(index, channel, row["id"], name, FIRST)
                _, answer = slack.answer(POST, told, TOKEN)
                with index.transaction():
                    index.write("UPDATE outbox SET state = 'sent', ts = ? WHERE id = ?", [answer["ts"], name])

    def _undisturbed(self) -> None:
        """Note what a run on the second date brings, how long it reads, and how much it sends."""
        with self.slack("undisturbed") as slack:
            before = len(slack.messages)
            begun = time.monotonic()
            data = self.copy("undisturbed")
            assert self.run(data, slack) == 0
            self.reading = (slack.first_post or 0.0) - begun
            self.outcome = Outcome.of(data, slack)
            self.messages = [each.thread_ts is not None for each in slack.messages[before:]]
            """Of each message whether it stood in a thread."""
            self.roles = Outcome.roles(data)

    def copy(self, name: str) -> Path:
        return Path(shutil.copytree(self.baseline, self.folder / name, dirs_exist_ok=True))

    def start(self, data: Path, slack: Slack, day: str = SECOND) -> "subprocess.Popen[bytes]":
        """Start a run in a session of its own, so that its children can be told from others."""
        words = ["--config", str(self.config), "--data", str(data), "--now", f"{day}T12:00:00Z", "run"]
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("REGINTEL_", "SLACK_"))}
        told = {
            "REGINTEL_FETCH_PREFIX": self.agencies.prefix(day.replace("-", "")),
            "REGINTEL_DELAY": "0",
            "REGINTEL_EXPECT": "0",
            "SLACK_BOT_TOKEN": TOKEN,
            "SLACK_API_URL": slack.url,
        }
        with (data.parent / f"{data.name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.driver", *words],
                cwd=ROOT, env={**clean, **told}, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def run(self, data: Path, slack: Slack, day: str = SECOND) -> int:
        return self.start(data, slack, day).wait(LIMIT)

    def killed(self, data: Path, slack: Slack, kill: Kill) -> int:
        """Start a run and kill it there; return how it ended."""
        process = self.start(data, slack)
        slack.kill, slack.victim = kill, process
        code = _wait(process, kill.after)
        until(lambda: not _session(process.pid), "the crawl processes outlived the run that started them")
        slack.kill = None
        return code

    def after(self, name: str, kill: Kill) -> Outcome:
        """Kill a run there, run again, and return what came of both."""
        data = self.copy(name)
        with self.slack(name) as slack:
            code = self.killed(data, slack, kill)
            assert code in ({-9} if kill.after is None else {-9, 0}), "the run was not killed where it should have been"
            assert self.run(data, slack) == 0
            return Outcome.of(data, slack)


def _configure(folder: Path) -> None:
    copy_of_two(folder)
    shutil.rmtree(folder / "projects")
    (folder / "projects").mkdir()
    for number, words in enumerate(WATCHED):
        (folder / "projects" / f"p{number}.toml").write_text(
            f'name = "Project {number}"\nchannel = "C{number:04}"\nkeywords = {json.dumps(words)}\n'
            + URGENT.get(number, "")
        )


def _wait(process: "subprocess.Popen[bytes]", seconds: float | None) -> int:
    try:
        return process.wait(LIMIT if seconds is None else seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait(LIMIT)


def _session(leader: int) -> list[str]:
    """Return the living processes of a session."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = path.read_text().rpartition(")")[2].split()[:4]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if session == str(leader) and state != "Z":
            found.append(path.parent.name)
    return found


def until(holds: Callable[[], bool], otherwise: str, seconds: float = 20) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, otherwise
        time.sleep(0.02)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, demo_server: ReplayServer) -> Iterator[World]:
    return World(tmp_path_factory.mktemp("crash"), demo_server)


def kill_of(point: int, world: World) -> Kill:
    """Return a kill point: even ones while it reads, spread over that time; odd ones while it sends."""
    dice = random.Random(f"{SEED}-{point}")  # noqa: S311
    if point % 2 == 0:
        return Kill(after=world.reading * (point // 2 + dice.random()) / ((POINTS + 1) // 2))
    message = dice.randrange(len(world.messages))
    return Kill(message=message, moment=dice.choice(list(Moment)), delay=dice.uniform(0, 0.04))


def test_an_undisturbed_run_tells_everything_once(world: World) -> None:
    assert len(world.outcome.changes) == 15
    assert set(world.outcome.outbox) == {"sent"}
    assert world.outcome.wrong == []
    assert set(world.outcome.said.values()) == {1}
    assert any(world.messages), "no digest had a thread; the broad keywords are not broad enough"
    assert world.roles["message"] > 8
    assert world.roles["alert"] > 2, "no alert was a message of its own"
    assert world.roles["reply"] > 2, "no alert was a reply"
    assert world.roles["follow_up"] > 2


@pytest.mark.parametrize("point", range(POINTS))
def test_a_run_that_is_killed_and_run_again_leaves_what_an_undisturbed_one_leaves(world: World, point: int) -> None:
    kill = kill_of(point, world)
    assert world.after(f"killed-{point}", kill) == world.outcome, kill


@pytest.mark.parametrize("in_thread", [False, True], ids=["parent", "thread"])
def test_a_run_that_is_killed_between_sending_and_the_answer_says_nothing_twice(
    world: World, *, in_thread: bool
) -> None:
    kill = Kill(in_thread=in_thread, moment=Moment.UNANSWERED)
    assert world.after(f"unanswered-{in_thread}", kill) == world.outcome


def test_a_run_that_is_killed_over_and_over_gets_there_in_the_end(world: World) -> None:
    data = world.copy("over-and-over")
    with world.slack("over-and-over") as slack:
        for kill in (
            Kill(after=world.reading / 2),
            Kill(message=1, moment=Moment.UNANSWERED),
            Kill(moment=Moment.UNTAKEN),
        ):
            slack.posts = 0
            world.killed(data, slack, kill)
        assert world.run(data, slack) == 0
        assert Outcome.of(data, slack) == world.outcome


def test_a_second_run_beside_the_first_is_turned_away_and_disturbs_nothing(world: World) -> None:
    data = world.copy("beside")
    with world.slack("beside") as slack:
        first = world.start(data, slack)
        lock = data / "regintel.lock"
        until(lambda: lock.read_text() == str(first.pid), "the first run took no lock")
        assert world.run(data, slack) == 4
        assert first.wait(LIMIT) == 0
        assert f"another run (process {first.pid}) holds" in (data.parent / "beside.log").read_text()
        assert Outcome.of(data, slack) == world.outcome
