"""The command line as cron jobs and scripts see it: exit codes, one-line errors, JSON with the contract's fields."""

import errno
import json
import logging
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import click
import pytest
from click.testing import CliRunner, Result

from regintel import __version__
from regintel.cli import main
from regintel.commands.door import Door
from regintel.replay import ReplayServer
from regintel.store import outbox
from regintel.store.database import open_index, read_index
from regintel.store.lock import writing
from regintel.vocabulary import OutboxState
from tests.configurations import TWO, copy_of_two, two_sources
from tests.outlet_server import HookServer
from tests.places import ROOT
from tests.samples import by_kind
from tests.slack_server import TOKEN, Fault, SlackServer
from tests.tiny import TinyEncoder
from tests.upstream import Page, Upstream

FIRST, SECOND, NEXT = "2025-10-15T12:00:00Z", "2025-12-15T12:00:00Z", "2025-12-16T12:00:00Z"
SHOWN = "fda:q3e-guideline-extractables-and-leachables"
COMMANDS = sorted(main.commands)


class Cli(Protocol):
    """Calls the command line."""

    def __call__(self, *words: str, **environment: str) -> Result: ...


def call(data: Path, *words: str, **environment: str) -> Result:
    """Call the command line in this process, with a tiny model and nothing of this machine's environment."""
    clean = {name: None for name in os.environ if name.startswith(("REGINTEL_", "SLACK_"))}
    told = {"REGINTEL_CONFIG": str(two_sources()), "REGINTEL_DATA": str(data), **environment}
    return CliRunner(env={**clean, **told}).invoke(main, list(words), obj=TinyEncoder(), catch_exceptions=False)


def test_a_full_disk_is_told_in_one_line_and_another_fault_shows_its_traceback() -> None:
    @click.command(cls=Door, invoke_without_command=True)
    @click.option("--number", type=int)
    def writes(number: int) -> None:
        raise OSError(number, os.strerror(number), "data/spool/x.jsonl")

    full = CliRunner().invoke(writes, ["--number", str(errno.ENOSPC)])
    assert (full.exit_code, full.stderr) == (1, "regintel: data/spool/x.jsonl: No space left on device\n")
    assert isinstance(CliRunner().invoke(writes, ["--number", str(errno.EBADF)]).exception, OSError)


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Give back what the command line does to the process's loggers."""
    logger = logging.getLogger("regintel")
    handlers, level = logger.handlers, logger.level
    yield
    logger.handlers = handlers
    logger.setLevel(level)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def cli(data: Path) -> Cli:
    """The command line on a data folder that is not there yet."""
    return lambda *words, **environment: call(data, *words, **environment)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The data folder of a demo, and what it said."""
    folder = tmp_path_factory.mktemp("demo")
    result = call(folder, "demo", "--json")
    assert result.exit_code == 0, result.stderr
    return folder / "demo-run", json.loads(result.stdout)


@pytest.fixture
def played(demo: tuple[Path, dict[str, Any]], data: Path) -> Cli:
    """The command line on a copy of the demo's data, at its second day."""
    shutil.copytree(demo[0], data)
    return lambda *words, **environment: call(data, "--now", SECOND, *words, **environment)


@pytest.fixture(scope="module")
def built(demo: tuple[Path, dict[str, Any]]) -> int:
    """How many messages the demo's second day built: alerts, digests and what goes into their threads."""
    number = sum(1 + len(each["thread"]) + len(each["beside"]) for each in demo[1]["digests"][-1])
    assert number >= 3, "a digest for each project"
    return number


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as agency:
        yield agency


@pytest.fixture
def down(upstream: Upstream) -> dict[str, str]:
    """An environment in which agencies answer 503."""
    upstream.set("gov.uk", Page(status=503))
    return {"REGINTEL_FETCH_PREFIX": upstream.prefix, "REGINTEL_DELAY": "0", "REGINTEL_EXPECT": "0"}


def samples(server: ReplayServer, day: str) -> dict[str, str]:
    return {"REGINTEL_FETCH_PREFIX": server.prefix(day), "REGINTEL_DELAY": "0", "REGINTEL_EXPECT": "0"}


def credentials(slack: SlackServer, token: str = TOKEN) -> dict[str, str]:
    return {"SLACK_BOT_TOKEN": token, "SLACK_API_URL": slack.url}


def line_of(result: Result) -> str:
    """Return the one line that an error is told in; nothing else may be on either stream."""
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("regintel: ")
    return line


# What is wrong, in one line


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["crawl", "nonesuch"], "unknown source 'nonesuch' (known: fda_guidance, mhra_guidance)"),
        (["crawl", "--agency", "nonesuch"], "unknown agency 'nonesuch'"),
        (["changes", "--agency", "nonesuch"], "unknown agency 'nonesuch'"),
        (["changes", "--project", "nonesuch"], "unknown project 'nonesuch'"),
        (["digest", "nonesuch"], "unknown project 'nonesuch'"),
        (["digest", "--preview", "nonesuch"], "unknown project 'nonesuch'"),
        (["show", "fda:nonesuch"], "unknown document 'fda:nonesuch'"),
        (["changes", "--since", "yesterday"], "not an ISO 8601 time: 'yesterday'"),
        (["search", "potency", "--until", "2025-13-01"], "not an ISO 8601 time: '2025-13-01'"),
        (["--now", "noon", "sources"], "not an ISO 8601 time: 'noon'"),
        (["--config", "/nonesuch", "sources"], "/nonesuch: no such configuration folder"),
        (["replay", "/nonesuch", "--port", "0"], "/nonesuch"),
    ],
)
def test_what_is_not_there_is_named_in_one_line_with_exit_3(cli: Cli, data: Path, words: list[str], named: str) -> None:
    result = cli(*words)
    assert result.exit_code == 3
    assert named in line_of(result)
    assert not (data / "index.db").exists()


@pytest.mark.parametrize("filtered", ["--source", "--agency", "--modality", "--topic"])
def test_a_search_narrowed_to_what_is_not_there_says_so(played: Cli, filtered: str) -> None:
    assert played("search", "potency", filtered, "nonesuch").exit_code == 3


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonesuch"],
        ["sources", "--nonesuch"],
        ["show"],
        ["show", "one", "two"],
        ["search", "potency", "-n", "many"],
        ["search", "potency", "-n", "0"],
        ["search", "potency", "--mode", "nonesuch"],
        ["changes", "--kind", "nonesuch"],
        ["replay"],
        ["--now"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_exit_3(cli: Cli, words: list[str]) -> None:
    result = cli(*words)
    assert (result.exit_code, result.stdout) == (3, "")
    assert re.search("^(Usage|Error): ", result.stderr, re.MULTILINE)


@pytest.mark.parametrize(
    ("file", "was", "becomes", "told"),
    [
        ("regintel.toml", "alarm_after_runs", "alarm_after_run", "notify.alarm_after_run: unknown key"),
        ("regintel.toml", "parallel = 4", "parallel = 0", "crawl.parallel: "),
        ("regintel.toml", "[crawl]", "[crawl", "line"),
        ("sources/fda_guidance.toml", "min_items", "min_item", "expect.min_item"),
        ("sources/fda_guidance.toml", 'agency = "fda"', 'agency = "fad"', "agency: "),
        ("projects/car-t.toml", "keywords", "keyword", "keyword: unknown key"),
        ("projects/car-t.toml", '"cell_therapy_engineered"', '"cell_therapy"', "'cell_therapy' is not in config"),
        ("projects/car-t.toml", "America/New_York", "America/Old_York", "digest.timezone: "),
    ],
)  # fmt: skip
def test_a_typo_in_the_configuration_names_file_and_key_before_anything_is_fetched(
    cli: Cli, data: Path, tmp_path: Path, file: str, was: str, becomes: str, told: str
) -> None:
    folder = tmp_path / "config"
    copy_of_two(folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert was in text
    (folder / file).write_text(text.replace(was, becomes), encoding="utf-8")
    result = cli("--config", str(folder), "run")
    assert result.exit_code == 3
    assert line_of(result).startswith(f"regintel: config/{file}: ")
    assert told in result.stderr
    assert not (data / "archive").exists()


def test_a_file_that_is_no_index_is_told_in_one_line(cli: Cli, data: Path) -> None:
    data.mkdir()
    (data / "index.db").write_text("this is no database, however long one looks at it" * 100)
    for words in (["search", "potency"], ["sources"], ["classify"]):
        result = cli(*words)
        assert result.exit_code == 1
        assert "index.db: file is not a database" in line_of(result)


def test_a_data_folder_that_cannot_be_made_is_told_in_one_line(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = cli("--data", str(tmp_path / "file" / "data"), "crawl")
    assert result.exit_code in {1, 3}
    assert str(tmp_path / "file" / "data") in line_of(result)


# Exit codes of what was done


@pytest.mark.parametrize("words", [["run"], ["crawl"], ["classify"], ["digest"], ["notify"]], ids=" ".join)
def test_who_finds_the_lock_taken_leaves_with_exit_4(
    cli: Cli, data: Path, slack: SlackServer, words: list[str]
) -> None:
    with writing(data / "regintel.lock"):
        result = cli(*words, **credentials(slack))
    assert result.exit_code == 4
    assert f"another run (process {os.getpid()}) holds" in line_of(result)


@pytest.mark.parametrize("words", [["sources"], ["search", "potency"], ["changes"], ["digest", "--preview"]])
def test_who_only_looks_needs_no_lock(played: Cli, data: Path, words: list[str]) -> None:
    with writing(data / "regintel.lock"):
        assert played(*words).exit_code == 0


def test_a_source_that_could_not_be_read_makes_a_crawl_partial(cli: Cli, down: dict[str, str]) -> None:
    result = cli("crawl", "mhra_guidance", "--json", **down)
    assert result.exit_code == 2
    (run,) = json.loads(result.stdout)["runs"]
    assert (run["source"], run["state"], run["items"]) == ("mhra_guidance", "failed", 0)
    assert "503" in run["problems"][0]["message"]


def test_a_run_goes_on_with_the_other_sources_and_is_partial(
    cli: Cli, down: dict[str, str], upstream: Upstream, slack: SlackServer
) -> None:
    upstream.set("robots.txt", Page(status=404))
    upstream.set("search-for-guidance", Page((ROOT / "tests" / "sources" / "fda_guidance" / "page.json").read_bytes()))
    result = cli("--now", FIRST, "run", "--json", **down, **credentials(slack))
    assert result.exit_code == 2
    told = json.loads(result.stdout)
    assert [run["state"] for run in told["crawl"]["runs"]] == ["ok", "failed"]
    assert told["notify"]["sent"] == len(slack.messages) == 2, "the third project has its quiet hours"
    assert "1 of 2 sources was not read" in slack.messages[0].text


def test_a_run_with_every_source_switched_off_is_all_well(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "config"
    copy_of_two(folder)
    for path in folder.glob("sources/*.toml"):
        path.write_text("enabled = false\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    result = cli("--config", str(folder), "run", "--json")
    assert (result.exit_code, json.loads(result.stdout)["crawl"]) == (0, {"runs": []})


def test_what_a_run_without_a_credential_kept_goes_out_with_the_first_that_has_one(
    played: Cli, built: int, slack: SlackServer
) -> None:
    waiting = played("notify", "--json")
    assert (waiting.exit_code, json.loads(waiting.stdout)["pending"]) == (0, built)
    result = played("--now", NEXT, "notify", "--json", **credentials(slack))
    told = json.loads(result.stdout)
    assert (result.exit_code, told["sent"], told["pending"], told["unknown"], told["failed"]) == (0, built, 0, 0, 0)
    assert len(slack.messages) == built
    assert {each.channel for each in slack.messages} == {"C0000AAV", "C0000CART", "C0000MRNA"}


def test_what_waited_longer_than_the_backlog_does_not_go_out(played: Cli, slack: SlackServer) -> None:
    result = played("--now", "2025-12-30T12:00:00Z", "notify", **credentials(slack))
    assert (result.exit_code, slack.messages) == (0, [])


def test_a_delivery_that_is_pending_makes_a_notify_partial_and_the_token_is_never_shown(
    played: Cli, built: int, slack: SlackServer
) -> None:
    secret = "xoxb-0000-never-shown"
    result = played("--verbose", "notify", **credentials(slack, secret))
    assert result.exit_code == 2
    assert f"{built - 1} pending, 0 unknown, 1 failed" in result.stdout, "the first no stops the sending"
    assert "invalid_auth" in result.stderr
    assert secret not in result.output


def test_a_delivery_that_slack_refuses_makes_a_notify_partial(played: Cli, slack: SlackServer) -> None:
    slack.always(Fault(error="channel_not_found"))
    assert played("notify", **credentials(slack)).exit_code == 2


def test_a_dry_run_shows_what_is_due_and_sends_nothing(played: Cli, built: int, slack: SlackServer) -> None:
    result = played("--now", NEXT, "notify", "--dry-run", "--json", **credentials(slack))
    told = json.loads(result.stdout)
    assert (result.exit_code, told["pending"], len(told["due"])) == (0, built, built)
    assert {each["channel"] for each in told["due"]} == {"C0000AAV", "C0000CART", "C0000MRNA"}
    assert slack.calls == []


# What is on its way


def doubtful_message(data: Path) -> str:
    """Let the first message that is due be one of which nobody knows whether it arrived; return its id."""
    with open_index(data / "index.db") as index:
        message = outbox.due_messages(index, SECOND)[0]
        outbox.set_sending(index, message, SECOND)
        outbox.set_outcome(index, message, OutboxState.UNKNOWN, SECOND, error="slack: a webhook cannot be asked")
    return message.id


def test_the_outbox_is_listed_by_state(played: Cli, data: Path, built: int) -> None:
    doubtful = doubtful_message(data)
    told = json.loads(played("outbox", "--json").stdout)
    assert len(told["messages"]) == told["counts"]["pending"] + told["counts"]["unknown"] == built
    (only,) = json.loads(played("outbox", "--state", "unknown", "--json").stdout)["messages"]
    assert (only["id"], only["state"], only["attempts"], only["age_seconds"]) == (doubtful, "unknown", 1, 0)
    shown = played("outbox", "--state", "unknown")
    assert shown.exit_code == 0
    assert doubtful[:12] in shown.stdout


@pytest.mark.parametrize(("verdict", "state"), [("--sent", "sent"), ("--drop", "dead"), ("--again", "pending")])
def test_a_person_settles_a_message_by_name_and_it_is_kept_who_said_so(
    played: Cli, data: Path, verdict: str, state: str
) -> None:
    doubtful = doubtful_message(data)
    words = ("outbox", "settle", doubtful[:8], verdict, "--by", "Ada", "--reason", "looked in the channel", "--json")
    result = played(*words)
    told = json.loads(result.stdout)
    assert (result.exit_code, told["id"], told["state"]) == (0, doubtful, state)
    with read_index(data / "index.db") as index:
        (said,) = index.rows("SELECT message, reason FROM deliveries WHERE by = 'Ada'")
    assert said == {"message": doubtful, "reason": "looked in the channel"}


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["ffffffff", "--sent", "--by", "Ada", "--reason", "seen"], "no message 'ffffffff' in the outbox"),
        (["ffffffff", "--by", "Ada", "--reason", "seen"], "say --sent, --again or --drop, by whom and why"),
        (["ffffffff", "--sent", "--by", " ", "--reason", "seen"], "say --sent, --again or --drop, by whom and why"),
    ],
)
def test_who_settles_has_to_say_what_of_which_message_and_by_whom(played: Cli, words: list[str], named: str) -> None:
    result = played("outbox", "settle", *words)
    assert result.exit_code == 3
    assert named in line_of(result)


def test_an_outlet_is_told_by_a_run_that_has_no_slack_and_slack_is_told_by_one_that_has_it(
    cli: Cli, tmp_path: Path, slack: SlackServer
) -> None:
    pytest.importorskip("apprise", reason="the extra `apprise` is not installed")
    folder, inbox = tmp_path / "config", tmp_path / "inbox.jsonl"
    copy_of_two(folder)
    for path in folder.glob("sources/*.toml"):
        path.write_text("enabled = false\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    profile = folder / "projects" / "car-t.toml"
    profile.write_text('also = ["mail"]\n' + profile.read_text(encoding="utf-8"), encoding="utf-8")
    inbox.write_text(json.dumps({"title": "Potency assays for CAR-T cell therapy products", "agency": "fda"}))
    assert cli("--config", str(folder), "--now", FIRST, "ingest", str(inbox)).exit_code == 0

    def run(**environment: str) -> dict[str, int]:
        result = cli("--config", str(folder), "--now", FIRST, "run", "--json", **environment)
        assert result.exit_code == 0, result.stderr
        told: dict[str, int] = json.loads(result.stdout)["notify"]
        return told

    with HookServer() as hook:
        mail = {"REGINTEL_APPRISE_MAIL": hook.address()}
        assert run(**mail) == {"sent": 1, "pending": 3, "unknown": 0, "failed": 0}
        assert run(**mail, **credentials(slack)) == {"sent": 2, "pending": 1, "unknown": 0, "failed": 0}, (
            "the third project has its quiet hours"
        )
        assert run(**mail, **credentials(slack))["sent"] == 0
    (letter,) = hook.taken
    assert "Potency assays for CAR-T cell therapy products" in letter["message"]
    assert {each.channel for each in slack.messages} == {"C0000CART", "C0000MRNA"}


# JSON

SOURCE = """
    id agency title url language state last_success last_run last_items expect open_problems"""
RUN = """
    source state items new revised status_changed deadline_changed withdrawn restored unchanged listed requests
    not_modified problems seconds"""
HIT = """
    rank score id agency issuer source reference title url status document_type published updated effective
    comment_closes first_seen language modalities topics snippet page section"""
CHANGE = "id document source kind at agency title url from to summary"
DIGEST = "project channel items blocks"


def lacking(fields: str, told: dict[str, Any]) -> set[str]:
    """Return the contract's fields that an answer lacks."""
    return set(fields.split()) - told.keys()


@pytest.mark.parametrize(
    ("words", "fields", "listed", "of_each"),
    [
        (["sources"], "sources", "sources", SOURCE),
        (["search", "extractables"], "query took_ms total results", "results", HIT),
        (["changes"], "changes", "changes", CHANGE),
        (["show", SHOWN], "document versions changes labels sightings", "changes", CHANGE),
        (["digest", "--preview"], "digests", "digests", DIGEST),
        (["notify", "--dry-run"], "sent pending unknown failed", "due", "id channel text"),
        (["doctor", "--offline"], "checks", "checks", "name state detail"),
        (["classify"], "classified skipped seconds docs_per_second", None, ""),
    ],
    ids=lambda told: " ".join(told) if isinstance(told, list) else "",
)
def test_json_is_one_object_with_the_contracts_fields(
    played: Cli, words: list[str], fields: str, listed: str | None, of_each: str
) -> None:
    result = played("--verbose", *words, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    rows = told[listed] if listed else []
    assert bool(rows) == bool(listed)
    assert [lacking(of_each, row) for row in rows] == [set()] * len(rows)
    assert lacking(fields, told) == set()


def test_a_runs_json_holds_its_parts(cli: Cli, demo_server: ReplayServer) -> None:
    result = cli("--now", FIRST, "--verbose", "run", "--json", **samples(demo_server, "20251015"))
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert lacking("crawl classify digest notify", told) == set()
    assert [run["source"] for run in told["crawl"]["runs"]] == ["fda_guidance", "mhra_guidance"]
    assert [lacking(RUN, run) for run in told["crawl"]["runs"]] == [set(), set()]
    assert lacking("classified skipped seconds docs_per_second", told["classify"]) == set()
    assert [lacking(DIGEST, digest) for digest in told["digest"]["digests"]] == [set()] * 3
    assert told["notify"] == {"sent": 0, "pending": 3, "unknown": 0, "failed": 0}


def test_a_crawl_names_just_the_sources_that_were_asked_for(cli: Cli, demo_server: ReplayServer) -> None:
    result = cli("--now", FIRST, "crawl", "--agency", "fda", "--json", **samples(demo_server, "20251015"))
    assert result.exit_code == 0
    (run,) = json.loads(result.stdout)["runs"]
    assert lacking(RUN, run) == set()
    assert (run["source"], run["state"], run["items"], run["listed"]) == ("fda_guidance", "ok", 47, 47)
    assert json.loads(cli("changes", "--json").stdout) == {"changes": []}, "the first healthy run is a silent baseline"


def test_changes_can_be_narrowed(played: Cli) -> None:
    def found(*words: str) -> list[dict[str, Any]]:
        return list(json.loads(played("changes", *words, "--json").stdout)["changes"])

    assert len(found()) == 15
    assert {each["agency"] for each in found("--agency", "mhra")} == {"mhra"}
    assert {each["kind"] for each in found("--kind", "withdrawn")} == {"withdrawn"}
    assert found("--since", "2025-12-16") == []
    assert len(found("--since", "2025-12-15")) == 15
    assert 0 < len(found("--project", "car-t")) < 15


def test_a_document_is_shown_with_every_version_and_the_bytes_they_were_read_from(played: Cli, data: Path) -> None:
    (changed,) = json.loads(played("changes", "--kind", "status_changed", "--agency", "mhra", "--json").stdout)[
        "changes"
    ]
    told = json.loads(played("show", changed["document"], "--json").stdout)
    assert [each["number"] for each in told["versions"]] == [1, 2]
    assert [each["kind"] for each in told["changes"]] == ["status_changed"]
    files = {response["file"] for version in told["versions"] for response in version["responses"]}
    assert files
    assert all((data / "archive" / name).is_file() for name in files)


def test_the_demo_gives_exactly_the_changes_that_its_samples_hold(demo: tuple[Path, dict[str, Any]]) -> None:
    expected = json.loads((ROOT / "data" / "demo" / "expected.json").read_text(encoding="utf-8"))
    runs = {(day, run["source"]): run for day, crawl in enumerate(demo[1]["crawl"]) for run in crawl["runs"]}
    for source, told in ((name, expected[name]) for name in TWO):
        assert [runs[day, source]["items"] for day in (0, 1)] == told.pop("items")
        assert runs[1, source]["unchanged"] == told.pop("unchanged")
        assert by_kind(demo[1]["changes"], source) == {kind: sorted(urls) for kind, urls in told.items()}


# Before the first run


@pytest.mark.parametrize(
    "words", [["search", "potency assay"], ["changes"], ["sources"], ["digest", "--preview"], ["notify"]]
)
def test_who_looks_before_the_first_run_finds_nothing_and_leaves_nothing_behind(
    cli: Cli, data: Path, words: list[str]
) -> None:
    assert cli(*words).exit_code == 0
    told = json.loads(cli(*words, "--json").stdout)
    assert not told.get("results")
    assert not told.get("changes")
    assert not data.exists()


def test_a_doctor_before_the_first_run_warns_and_does_not_fail(cli: Cli) -> None:
    result = cli("doctor", "--offline", "--json")
    checks = {check["name"]: check["state"] for check in json.loads(result.stdout)["checks"]}
    assert result.exit_code == 0
    assert (checks["config"], checks["index"], checks["model"]) == ("ok", "warn", "ok")


def test_a_doctor_asks_slack_for_every_channel(played: Cli, slack: SlackServer) -> None:
    result = played("doctor", "--json", **credentials(slack))
    checks = {check["name"]: check["state"] for check in json.loads(result.stdout)["checks"]}
    assert result.exit_code == 0
    assert (checks["slack"], checks["channel C0000CART"]) == ("ok", "ok")
    refused = played("doctor", "--json", **credentials(slack, "xoxb-not-this-one"))
    assert refused.exit_code == 1


# Starter configuration, environment, help


def test_init_writes_a_configuration_that_works_and_does_not_overwrite_it(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "my-config"
    assert cli("init", str(folder)).exit_code == 0
    assert cli("--config", str(folder), "sources").exit_code == 0
    (folder / "regintel.toml").write_text("# mine\n")
    again = cli("init", str(folder))
    assert again.exit_code == 3
    assert "is not empty; nothing was written" in line_of(again)
    assert (folder / "regintel.toml").read_text() == "# mine\n"


@pytest.mark.parametrize("prefix", ["", "https://archive.example.org/20251015id_/"])
def test_politeness_can_be_overridden_only_on_this_machine(cli: Cli, prefix: str) -> None:
    result = cli("sources", "--json", REGINTEL_DELAY="0", REGINTEL_EXPECT="0", REGINTEL_FETCH_PREFIX=prefix)
    assert result.exit_code == 0
    assert json.loads(result.stdout)
    warnings = [line.split("regintel: ")[1] for line in result.stderr.splitlines()]
    assert [line.split()[0] for line in warnings] == ["REGINTEL_DELAY", "REGINTEL_EXPECT"]
    assert all(line.endswith("; ignored") for line in warnings)


def test_politeness_on_this_machine_is_overridden_without_a_word(cli: Cli) -> None:
    result = cli("sources", REGINTEL_DELAY="0", REGINTEL_FETCH_PREFIX="http://127.0.0.1:9/20251015id_/")
    assert (result.exit_code, result.stderr) == (0, "")


def test_the_version_is_told(cli: Cli) -> None:
    result = cli("--version")
    assert (result.exit_code, result.stdout) == (0, f"regintel {__version__}\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_so_has_each_of_its_options(cli: Cli, command: str) -> None:
    result = cli(command, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: ")
    told = main.commands[command]
    assert told.help
    silent = [each.name for each in told.params if isinstance(each, click.Option) and not each.help]
    assert silent in ([], ["kind"], ["mode"]), "an option whose choices explain it needs no help; others do"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_stands_in_the_documentation(command: str) -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in pages)
    if "regintel run" not in text:
        pytest.skip("README.md has no commands yet")
    assert re.search(rf"\bregintel {command}\b|`{command}\b", text)
