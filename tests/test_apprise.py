"""Other ways out than Slack, end to end: Apprise itself against stand-ins that take HTTP and mail."""

import builtins
import email
import logging
from email.policy import default

import pytest
from pydantic import SecretStr

from regintel.config import load_config
from regintel.exceptions import DeliveryError
from regintel.notify.apprise import AppriseSender
from regintel.notify.blocks import context, header, section
from regintel.notify.delivery import CannotAsk, Later, Lost, Refused
from regintel.notify.letter import letter
from regintel.records import OutboxMessage
from regintel.vocabulary import OutboxState
from tests.outlet_server import HookServer, MailServer
from tests.places import ROOT

pytest.importorskip("apprise", reason="the extra `apprise` is not installed")

BLOCKS = (
    header("CAR-T · Mon 13 Oct 2025"),
    section("*<https://www.fda.gov/x?a=1&amp;b=2|Potency &lt;assays&gt; &amp; more>*\nFDA · *Draft → Final*"),
    context(["MHRA: all 3 sources read"]),
    {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Useful"}}]},
)


def message(name: str = "mail", **told: object) -> OutboxMessage:
    known = {"id": "1a2b", "channel": f"apprise:{name}", "kind": "digest", "project": "car-t", "text": "CAR-T",
             "blocks": BLOCKS, "state": OutboxState.PENDING, "created_at": "2025-10-13T12:00:00Z"}  # fmt: skip
    return OutboxMessage(**{**known, **told})  # type: ignore[arg-type]


def sender(address: str) -> AppriseSender:
    return AppriseSender({"mail": SecretStr(address)})


def failure(address: str) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        sender(address).post(message())
    return caught.value


@pytest.fixture
def hook():
    with HookServer() as server:
        yield server


def test_a_message_arrives_whole_as_plain_text(hook):
    receipt = sender(hook.address()).post(message())
    assert (receipt.ts, receipt.channel) == (None, "apprise:mail")
    (taken,) = hook.taken
    assert taken["title"] == "CAR-T · Mon 13 Oct 2025"
    assert taken["message"].splitlines()[2:6] == [
        "Potency <assays> & more",
        "https://www.fda.gov/x?a=1&b=2",
        "FDA · Draft → Final",
        "",
    ]
    assert "Useful" not in taken["message"], "nobody can press a button there"
    assert "message 1a2b" in taken["message"]


def test_mail_has_html_with_links_and_a_plain_part():
    with MailServer() as server:
        sender(server.address).post(message())
        (taken,) = server.taken
    parsed = email.message_from_string(taken, policy=default)
    assert parsed["subject"] == "CAR-T · Mon 13 Oct 2025"
    assert parsed["to"] == "ra@client.example"
    html = parsed.get_body(("html",)).get_content()
    assert '<b><a href="https://www.fda.gov/x?a=1&amp;b=2">Potency &lt;assays&gt; &amp; more</a></b>' in html
    assert "Potency <assays> & more" in parsed.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    ("path", "kind"),
    [("400", Refused), ("401", Refused), ("404", Refused), ("429", Later), ("500", Lost), ("drop", Lost)],
)
def test_an_answer_other_than_yes_says_whether_it_may_be_sent_again(hook, path, kind):
    assert type(failure(hook.address(path))) is kind


def test_an_answer_that_comes_too_late_is_lost_for_the_message_arrived(hook):
    assert type(failure(hook.address("slow?rto=0.3"))) is Lost


def test_where_no_connection_stood_it_is_tried_again():
    assert type(failure("json://127.0.0.1:9/x")) is Later
    assert type(failure("mailto://127.0.0.1:9?to=ra@client.example&from=r@client.example&mode=insecure")) is Later


def test_a_mail_server_that_refuses_the_reader_refuses_the_message():
    with MailServer(refuses="ra@client.example") as server:
        assert str(failure(server.address)) == "apprise:mail: SMTP 550 (the mail server)"


def test_nobody_can_be_asked_whether_it_arrived(hook):
    with pytest.raises(CannotAsk, match="apprise:mail: nobody can be asked for message 1a2b"):
        sender(hook.address()).find(message())


@pytest.mark.parametrize("address", ["bogus://user:s3cret@host", "mailto://s3cret", "no address, s3cret", "json://"])
def test_an_address_that_apprise_does_not_know_makes_the_message_wait(address):
    error = failure(address)
    assert isinstance(error, Later)
    assert "REGINTEL_APPRISE_MAIL is not one address that Apprise knows" in str(error)
    assert "s3cret" not in str(error)


def test_an_outlet_without_address_makes_the_message_wait():
    with pytest.raises(Later, match="apprise:teams: not now \\(REGINTEL_APPRISE_TEAMS is not set\\)"):
        sender("json://127.0.0.1:9/x").post(message("teams"))


def test_without_the_extra_the_message_waits_and_the_error_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *others, **told):
        if name == "apprise":
            raise ModuleNotFoundError(name)
        return real(name, *others, **told)

    monkeypatch.setattr(builtins, "__import__", without)
    assert "pip install 'regintel[apprise]'" in sender("json://127.0.0.1:9/x").trouble("mail")
    assert isinstance(failure("json://127.0.0.1:9/x"), Later)


def test_secrets_are_neither_logged_nor_raised_nor_shown(hook, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    told = [str(failure(hook.address(path))) for path in ("400", "500", "drop")]
    sender(hook.address()).post(message())
    told += [caplog.text, *capsys.readouterr(), repr(sender(hook.address()).__dict__)]
    assert not [each for each in told if "s3cret" in each]
    kinds = {type(each) for each in logging.getLogger("apprise").handlers}
    assert kinds <= {logging.NullHandler}, "nobody goes on reading along"


def test_the_environment_names_outlets(tmp_path):
    environment = {"REGINTEL_APPRISE_MAIL": "mailto://u:s3cret@h", "REGINTEL_APPRISE_EMPTY": ""}
    secrets = load_config(ROOT / "config", tmp_path, environment).secrets
    assert {name: value.get_secret_value() for name, value in secrets.outlets.items()} == {
        "mail": "mailto://u:s3cret@h"
    }
    assert "s3cret" not in repr(secrets)


def test_a_long_message_is_sent_in_parts_and_not_cut(hook):
    lines = tuple(section(f"line {number} {'x' * 1000}") for number in range(80))
    sender(hook.address()).post(message(blocks=lines))
    assert len(hook.taken) > 1
    told = "\n".join(each["message"] for each in hook.taken)
    assert all(f"line {number} " in told for number in range(80))


def test_hostile_words_are_words_in_a_letter():
    written = letter(
        "x", (section('&lt;script&gt; *b* <https://a.example/?q="&gt;&lt;b&gt;|x&lt;i&gt;> @\u2060here'),), "1"
    )
    assert "<script" not in written.html
    assert '<a href="https://a.example/?q=&quot;&gt;&lt;b&gt;">x&lt;i&gt;</a>' in written.html
    assert "<b>b</b>" in written.html
    assert "@here" in written.html
    assert "<script> b x<i> @here" in written.text


def test_a_message_without_blocks_is_its_text():
    written = letter("Alarm &amp; all\nsecond", (), "1")
    assert (written.title, written.text.splitlines()[:2]) == ("Alarm & all", ["Alarm & all", "second"])
