"""Feeds and calendars: what subscribers see, day by day, and that nothing from outside is obeyed."""

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Event
from lxml import etree

from regintel.cli import main
from regintel.feeds import ENTRIES, changes_feed, deadlines_calendar
from regintel.feeds.calendar import undated
from regintel.house import House
from regintel.jobs.feeds import FeedDesk, write_feeds
from regintel.notify.projects import Profile
from regintel.records import DigestItem, Document, Version
from regintel.store.database import Index
from regintel.store.deadlines import DateKind, Deadline, deadlines
from regintel.vocabulary import ChangeKind
from tests.days import FDA, Days, item

ATOM = {"a": "http://www.w3.org/2005/Atom"}
CART = Profile(id="car-t", name="CAR-T", channel="C0000CART", keywords=("CAR-T",))


@pytest.fixture
def days(house: House, index: Index) -> Days:
    return Days(house, index)


def desk(days: Days) -> FeedDesk:
    return FeedDesk(
        days.index, [days.house.sources[FDA]], days.house.names, days.house.config.settings.notify, days.clock
    )


def entries(feed: bytes) -> list[etree._Element]:
    return etree.fromstring(feed).findall("a:entry", ATOM)


def texts(feed: bytes, path: str) -> list[str]:
    return [each.text or "" for each in etree.fromstring(feed).findall(path, ATOM)]


def events(calendar: bytes) -> dict[str, Event]:
    return {str(each["uid"]): each for each in Calendar.from_ical(calendar).walk("VEVENT")}


def event(days: Days, profile: Profile | None = None) -> Event:
    (found,) = events(desk(days).deadlines(profile)).values()
    return found


def told(kind: ChangeKind = ChangeKind.NEW, **fields: object) -> DigestItem:
    """A change as a feed is told it."""
    known: dict[str, object] = {
        "change": 1, "document": "fda:a", "kind": kind, "silent": False, "at": "2025-10-14T12:00:00Z", "agency": "fda",
        "issuer": "fda", "source": FDA, "title": "A", "url": "https://example.org/a", "status": "draft",
        "stage": "draft", "was": None, "summary": "", "change_note": None, "language": "en", "published": None,
        "comment_closes": None, "days_left": None, "modalities": (), "topics": (), "score": 0.0,
        "must_not_miss": False, "reasons": (),
    }  # fmt: skip
    return DigestItem(**{**known, **fields})  # type: ignore[arg-type]


def deadline(
    title: str = "A", url: str = "https://example.org/a", agency: str = "fda", day: str = "2025-12-01"
) -> Deadline:
    """A day that a document names."""
    empty = {field.name: None for field in fields(Version)}
    now = Version(**{**empty, "title": title, "url": url, "status": title})  # type: ignore[arg-type]
    document = Document("fda:a", agency, agency, FDA, "en", "2025-10-13T12:00:00Z", now)
    at = "2025-10-13T12:00:00Z"
    return Deadline(document, DateKind.COMMENT_CLOSES, day, True, None, at, at, 0, title, ())


def test_a_feed_tells_changes_newest_first_and_the_baseline_is_silent(days):
    days.read("2025-10-13", item("old"), baseline=True)
    days.read("2025-10-14", item("old"), item("a", "First"))
    days.read("2025-10-15", item("old"), item("a", "First", status="final", stage="final"), item("b", "Second"))
    feed = desk(days).changes()
    assert texts(feed, "a:entry/a:title") == [
        "FDA: Second (New · Draft)",
        "FDA: First (Draft → Final)",
        "FDA: First (New · Draft)",
    ]
    assert texts(feed, "a:updated") == ["2025-10-15T12:00:00+00:00"]


def test_ids_name_document_and_change_and_no_host(days):
    days.read("2025-10-13", item("old"), baseline=True)
    days.read("2025-10-14", item("old"), item("a"))
    days.match(CART)
    assert texts(desk(days).changes("https://intra.example/changes.atom"), "a:entry/a:id") == [
        "tag:regintel,2025:changes/fda%3Aa/1"
    ]
    assert texts(desk(days).project(CART), "a:entry/a:id") == ["tag:regintel,2025:projects/car-t/fda%3Aa/1"]


def test_the_same_index_gives_the_same_bytes_at_any_hour(days):
    days.read("2025-10-13", item("old"), baseline=True)
    days.read("2025-10-14", item("old"), item("a", comment_closes="2025-12-01"))
    days.match(CART)
    made = [(at.changes(), at.project(CART), at.deadlines(), at.deadlines(CART)) for at in (desk(days),)]
    days.day = "2026-03-01"
    assert [(at.changes(), at.project(CART), at.deadlines(), at.deadlines(CART)) for at in (desk(days),)] == made


def test_a_projects_feed_holds_what_matters_to_it_and_why(days):
    days.read("2025-10-13", item("old"), baseline=True)
    days.read("2025-10-14", item("old"), item("a"), item("b", "Tobacco"))
    days.match(CART)
    (entry,) = entries(desk(days).project(CART))
    assert "the title holds your keyword “CAR-T”" in entry.findtext("a:content", namespaces=ATOM)


def test_a_japanese_title_has_a_gist_beside_it(days):
    days.read("2025-10-13", item("old"), baseline=True)
    days.read("2025-10-14", item("a", "遺伝子治療用製品の品質に関するガイドライン", language="ja"))
    made = FeedDesk(
        days.index, [], days.house.names, days.house.config.settings.notify, days.clock, days.house.glossary
    )
    (entry,) = entries(made.changes())
    content = entry.findtext("a:content", namespaces=ATOM)
    assert "Gist by glossary: guideline · gene therapy product" in content
    assert "遺伝子治療用製品の品質に関するガイドライン" in content


def test_an_index_without_runs_gives_empty_files_that_say_so(days):
    feed = desk(days).changes()
    assert entries(feed) == []
    assert "Nothing was read yet." in texts(feed, "a:subtitle")[0]
    assert events(desk(days).deadlines()) == {}


def test_what_was_not_read_stands_in_feed_and_calendar(days):
    days.read("2025-10-13", item("old"), baseline=True)
    title = days.house.sources[FDA].title
    assert title not in texts(desk(days).changes(), "a:subtitle")[0]
    days.fail("2025-10-14")
    assert texts(desk(days).changes(), "a:subtitle")[0].endswith(f"2025-10-14 12:00 UTC; not read then: {title}.")
    assert title in str(Calendar.from_ical(desk(days).deadlines())["x-wr-caldesc"])


def test_a_feed_is_bounded_and_says_so():
    feed = changes_feed([told(change=number) for number in range(1, ENTRIES + 50)], {})
    found = texts(feed, "a:entry/a:id")
    assert len(found) == ENTRIES
    assert found[0].endswith(f"/{ENTRIES + 49}")
    assert f"newest {ENTRIES}" in texts(feed, "a:subtitle")[0]


HOSTILE = "<script>alert(1)</script> & “x” \x00\x1b[31m\ufffe\uffff\ud800\u202e ]]> javascript:"


def test_hostile_words_are_words_in_a_feed():
    item = told(title=HOSTILE, url="javascript:alert(1)", agency="fda<b>", reasons=(HOSTILE,), status="<i>",
                change_note="<img src=x onerror=y>", document="fda:<x>&\x00")  # fmt: skip
    (entry,) = entries(changes_feed([item], {}))
    content = entry.findtext("a:content", namespaces=ATOM)
    shown = etree.HTML(content)
    assert {each.tag for each in shown.iter()} == {"html", "body", "p", "ul", "li"}
    assert "<script>alert(1)</script> & “x” [31m ]]>" in shown.findtext(".//p")
    assert entry.findall("a:link", ATOM) == []


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(), max_size=60), st.text(st.characters(), max_size=60))
def test_any_text_makes_a_feed_and_a_calendar_that_can_be_read(words, url):
    assert len(entries(changes_feed([told(title=words, url=url, summary=words, status=words, agency=words)], {}))) == 1
    assert len(events(deadlines_calendar([deadline(words, url, agency=words, day=words), deadline()], name=words))) == 1


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://user@evil.example/", "ftp://example.org/x", ""])
def test_only_plain_web_addresses_become_links(url):
    assert b"href" not in changes_feed([told(url=url)], {})


def test_a_day_is_an_all_day_event_of_its_document(days):
    days.read("2025-10-13", item("a", comment_closes="2025-12-01", quoted={"comment_closes": "by 1 December"}))
    found = event(days)
    assert found["uid"] == "fda%3Aa.comment-closes@regintel"
    assert (str(found["dtstart"].dt), str(found["dtend"].dt)) == ("2025-12-01", "2025-12-02")
    assert found["summary"] == "FDA comments close: CAR-T potency assays"
    assert found["status"] == "CONFIRMED"
    assert "by 1 December" in found["description"]
    assert found["url"] == "https://example.org/a"


def test_a_day_that_moves_moves_its_event(days):
    days.read("2025-10-13", item("a", comment_closes="2025-12-01"))
    before = event(days)
    days.read("2025-11-20", item("a", comment_closes="2026-01-15"))
    after = event(days)
    assert after["uid"] == before["uid"]
    assert str(after["dtstart"].dt) == "2026-01-15"
    assert after["sequence"] > before["sequence"]
    assert after["last-modified"].dt > before["last-modified"].dt
    assert after["dtstamp"].dt.isoformat() == "2025-11-20T12:00:00+00:00"
    assert "it was 1 Dec 2025" in after["description"]


def test_a_day_that_is_taken_back_is_cancelled_and_not_gone(days):
    days.read("2025-10-13", item("a", comment_closes="2025-12-01"))
    days.read("2025-11-20", item("a", comment_closes=None))
    found = event(days)
    assert (found["status"], str(found["dtstart"].dt)) == ("CANCELLED", "2025-12-01")
    assert found["summary"].startswith("Cancelled: FDA comments close")
    assert found["sequence"] == 1


def test_a_document_that_is_withdrawn_takes_its_days_with_it(days):
    days.read("2025-10-13", item("a", comment_closes="2025-12-01", effective="2026-06-01"), item("b", "Other"))
    days.read("2025-12-15", gone=("a",))
    states = {each["uid"].split(".")[1]: each["status"] for each in events(desk(days).deadlines()).values()}
    # Comments had closed by then: that is history, no cancellation.
    assert states == {"comment-closes@regintel": "CONFIRMED", "effective@regintel": "CANCELLED"}


def test_a_day_that_comes_back_stands_again(days):
    days.read("2025-10-13", item("a", comment_closes="2025-12-01"))
    days.read("2025-11-20", item("a", comment_closes=None))
    days.read("2025-11-21", item("a", comment_closes="2025-12-01"))
    found = event(days)
    assert (found["status"], found["sequence"]) == ("CONFIRMED", 2)


def test_a_draft_that_became_final_keeps_its_passed_deadline_as_history(days):
    days.read("2025-10-13", item("a", comment_closes="2025-12-01"))
    days.read("2025-12-20", item("a", status="final", stage="final", comment_closes=None))
    assert event(days)["status"] == "CONFIRMED"


def test_a_month_is_an_event_of_the_whole_month(days):
    days.read("2025-10-13", item("a", effective="2026-02"))
    found = event(days)
    assert (str(found["dtstart"].dt), str(found["dtend"].dt)) == ("2026-02-01", "2026-03-01")
    assert "the month only" in found["description"]


def test_what_another_source_fills_in_is_no_cancellation(days):
    """A list that never names the day does not take back the page that does."""
    days.read("2025-10-13", item("a", reference="FDA-2025-D-1"), baseline=True)
    page = item("a", source="fda_guidance_pages", reference="FDA-2025-D-1", comment_closes="2025-12-01")
    days.read("2025-10-13", page, source="fda_guidance_pages", baseline=True)
    days.read("2025-10-14", item("a", "CAR-T potency assays, again", reference="FDA-2025-D-1"))
    (found,) = deadlines(days.index)
    assert (found.day, found.stands, found.revision) == ("2025-12-01", True, 2)


def test_sources_that_name_two_days_are_both_told(days):
    days.read("2025-10-13", item("a", comment_closes="2025-12-01"), baseline=True)
    page = item("a", source="fda_guidance_pages", comment_closes="2026-01-15")
    days.read("2025-10-14", page, source="fda_guidance_pages")
    (found,) = deadlines(days.index)
    assert (found.day, found.others) == ("2025-12-01", (("fda_guidance_pages", "2026-01-15"),))
    assert "fda_guidance_pages says 15 Jan 2026" in event(days)["description"]


def test_a_projects_calendar_holds_what_was_there_before_the_project(days):
    old = item("a", comment_closes="2025-12-01"), item("b", "Tobacco", comment_closes="2025-12-02")
    days.read("2025-10-13", *old, baseline=True)
    assert days.match(CART) == 0
    assert event(days, CART)["uid"] == "fda%3Aa.comment-closes@regintel"


def test_deadlines_are_narrowed_by_agency_kind_and_day(days):
    days.read(
        "2025-10-13", item("a", comment_closes="2025-12-01", effective="2026-02"), item("b", effective="2024-01-01")
    )

    def found(**narrowed):
        return [(each.document.id, each.kind) for each in deadlines(days.index, **narrowed)]

    assert found() == [("fda:b", "effective"), ("fda:a", "comment_closes"), ("fda:a", "effective")]
    assert found(kinds=[DateKind.COMMENT_CLOSES]) == [("fda:a", "comment_closes")]
    assert found(since="2026-02-28") == [("fda:a", "effective")]
    assert found(until="2026-02-01", since="2025-12-02") == [("fda:a", "effective")]
    assert found(agencies=["ema"]) == []


def test_a_calendar_reaches_a_year_back_from_the_newest_run_and_says_so(days):
    days.read("2025-10-13", item("a", comment_closes="2024-10-10"), item("b", comment_closes="2024-10-20"))
    assert set(events(desk(days).deadlines())) == {"fda%3Ab.comment-closes@regintel"}
    assert "from 2024-10-12 on" in str(Calendar.from_ical(desk(days).deadlines())["x-wr-caldesc"])


def test_hostile_words_start_no_line_of_a_calendar():
    calendar = deadlines_calendar([deadline(HOSTILE)], name="x\r\nBEGIN:VALARM", about="y\r\nEND:VCALENDAR")
    begun = [each for each in calendar.splitlines() if each.startswith((b"BEGIN:", b"END:"))]
    assert begun == [b"BEGIN:VCALENDAR", b"BEGIN:VEVENT", b"END:VEVENT", b"END:VCALENDAR"]
    (found,) = events(calendar).values()
    assert found["summary"].startswith("FDA comments close: <script>alert(1)</script> & “x” [31m ]]> javascript:")


def test_what_is_no_date_is_left_out_of_the_calendar_and_can_be_asked_for():
    one = deadline()
    odd = replace(one, day="soon")
    assert events(deadlines_calendar([odd, one], name="x")) == events(deadlines_calendar([one], name="x"))
    assert undated([odd, one]) == [odd]


def test_files_are_written_whole_and_left_alone_when_nothing_changed(days, tmp_path):
    folder = tmp_path / "web"
    days.read("2025-10-13", item("a"), baseline=True)
    first = write_feeds(desk(days), [CART], folder, "https://intra.example/reg/")
    names = {"changes.atom", "deadlines.ics", "car-t.atom", "car-t.ics"}
    assert {path.name for path in first.written} == {path.name for path in folder.iterdir()} == names
    assert b'href="https://intra.example/reg/car-t.atom"' in (folder / "car-t.atom").read_bytes()
    (folder / "gone.atom").write_text("x")
    second = write_feeds(desk(days), [CART], folder, "https://intra.example/reg/")
    assert (second.written, {path.name for path in second.unchanged}) == ((), names)
    assert [path.name for path in second.left] == ["gone.atom"]


def test_the_command_writes_the_files_of_every_project(tmp_path: Path):
    environment = {"REGINTEL_DATA": str(tmp_path / "data"), "REGINTEL_CONFIG": None}
    told = CliRunner(env=environment).invoke(main, ["feeds", "-o", str(tmp_path / "web"), "--json"])
    assert told.exit_code == 0
    assert len(json.loads(told.stdout)["written"]) == 2 + 2 * 3


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path):
    (tmp_path / "web").write_text("a file")
    told = CliRunner(env={"REGINTEL_DATA": str(tmp_path / "data")}).invoke(main, ["feeds", "-o", str(tmp_path / "web")])
    assert told.exit_code == 3
    assert len(told.stderr.strip().splitlines()[-1:]) == 1
