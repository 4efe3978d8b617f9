"""The web page: what it shows, what it refuses, and that nothing from outside acts in it."""

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from starlette.testclient import TestClient

from regintel.cli import main
from regintel.config import LOOPBACK
from regintel.exceptions import ConfigError
from regintel.jobs.ahead import Days
from regintel.records import SearchFilters
from regintel.store.database import open_index, read_index
from regintel.store.deadlines import deadlines
from regintel.store.facets import Facet, facets
from regintel.store.search import allowed
from regintel.web.app import make_app
from regintel.web.chart import months_between, months_until, rows, strips
from regintel.web.counts import Counts
from regintel.web.gate import COOKIE, LASTS, Gate
from regintel.web.links import Here, document_link, outside
from regintel.web.login import own
from regintel.web.month import month
from regintel.web.paper import highlighted, marked
from regintel.web.server import gate_of, is_loopback
from tests.library import EVIL, HOSTILE, JAPANESE, PDF_URL, PMDA, POTENCY, SECOND, filled, house_at, item, read
from tests.places import ROOT

BASE = "http://127.0.0.1:8000"
TOKEN = "a token of more than sixteen"
PAGES = (
    "/", "/?q=potency", f"/documents/{POTENCY}", f"/documents/{HOSTILE}", "/changes", "/deadlines",
    "/deadlines?view=calendar", "/sources", "/projects", "/projects/car-t", "/matrix", "/statistics",
)  # fmt: skip
JSON = (
    "/api/search?q=potency", f"/api/documents/{POTENCY}", "/api/changes", "/api/deadlines", "/api/sources",
    "/api/projects/car-t", "/api/matrix", "/api/statistics", "/openapi.json", "/healthz",
)  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an index; it is only read."""
    folder = tmp_path_factory.mktemp("web") / "data"
    filled(folder)
    return folder


@pytest.fixture(scope="module")
def web(data: Path) -> Iterator[TestClient]:
    app = make_app(house_at(data), hosts=LOOPBACK)
    with TestClient(app, base_url=BASE, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="module")
def locked(data: Path) -> Iterator[TestClient]:
    app = make_app(house_at(data), gate=Gate(SecretStr(TOKEN)))
    with TestClient(app, base_url=BASE, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


def hits(web: TestClient, **asked: Any) -> list[str]:
    return [each["id"] for each in web.get("/api/search", params=asked).json()["results"]]


# What it shows


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_one_heading_a_title_landmarks_and_no_script(web, path):
    answer = web.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert len(re.findall(r"<h1[ >]", answer.text)) == 1
    assert all(f"<{name}" in answer.text for name in ("title", "header", "nav", "main", "footer"))
    assert not re.search(r"<script|<style|\son\w+=|\sstyle=|(href|src|action)=.javascript:", answer.text)


@pytest.mark.parametrize("path", JSON)
def test_every_page_has_its_json(web, path):
    answer = web.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert isinstance(answer.json(), dict)


def test_a_search_finds_the_passage_and_links_to_it(web):
    page = web.get("/", params={"q": "potency assay lot"}).text
    link = re.search(rf'href="(/documents/{POTENCY}\?q=potency\+assay\+lot&amp;at=(\d+)#p\2)"', page)
    assert link
    assert 'id="narrow"' in page
    opened = web.get(link[1].replace("&amp;", "&").partition("#")[0]).text
    assert f'<div class="passage" id="p{link[2]}">' in opened
    assert "<mark>potency</mark> <mark>assay</mark>" in opened


def test_a_page_of_a_pdf_is_linked_at_that_page(web):
    page = web.get(f"/documents/{POTENCY}").text
    assert all(f'href="{PDF_URL}#page={number}"' in page for number in (1, 2, 3, 4))


def test_dates_stand_beside_the_words_that_they_were_read_from(web):
    page = web.get(f"/documents/{POTENCY}").text
    assert re.search(
        r'Comments close</dt>\s*<dd><time datetime="2026-01-30">2026-01-30</time>\s*<q[^>]*>by January 30, 2026</q>',
        page,
    )
    assert "Comments close <time" in page


def test_what_became_of_a_draft_is_told_with_both_words(web):
    page = web.get("/documents/fda:car-t").text
    assert "Status changed" in page
    assert "draft → final" in page


def test_facets_count_what_their_filter_finds(web, data):
    with read_index(data / "index.db") as index:
        counted = facets(index, allowed(index, SearchFilters()))
    assert {"agency", "status", "modality", "topic", "language", "year"} == set(counted)
    for name in ("agency", "status", "language", "topic", "modality"):
        assert counted[name]
        for each in counted[name]:
            assert len(hits(web, **{name: each.value, "n": 200})) == each.count, (name, each)
    for each in counted["year"]:
        asked = {"since": f"{each.value}-01-01", "until": f"{each.value}-12-31", "n": 200}
        assert len(hits(web, **asked)) == each.count


def test_a_facet_narrows_and_is_taken_back(web):
    page = web.get("/", params={"q": "potency", "agency": "pmda"}).text
    assert JAPANESE in page
    assert POTENCY not in page
    assert 'href="/?q=potency">' in page


def test_results_are_paged_and_sorted_by_date(web):
    first = web.get("/", params={"sort": "date"}).text
    last = web.get("/", params={"page": 3}).text
    assert "Page 1 of 3" in first
    assert re.search(r'rel="next" href="/\?sort=date&amp;page=2"', first)
    assert "Page 3 of 3" in last
    assert 'start="41"' in last
    page = web.get("/", params={"q": "stability", "sort": "date", "agency": "fda", "status": "final"}).text
    days = re.findall(r'<time datetime="(\d{4}-\d\d-\d\d)">', page)
    assert days == sorted(days, reverse=True)
    assert len(days) > 10


def test_a_page_beyond_the_last_is_the_last(web):
    assert "Page 3 of 3" in web.get("/", params={"page": 500}).text


def test_japanese_and_chinese_say_so_to_screen_readers(web):
    assert '<h1 lang="ja">' in web.get(f"/documents/{JAPANESE}").text
    assert '<span lang="zh-Hans">细胞治疗产品' in web.get("/changes").text
    assert '<span lang="zh-Hans">细胞治疗产品' in web.get("/deadlines").text


def test_nothing_found_says_that_this_proves_nothing(web):
    page = web.get("/", params={"q": "zzzqqq", "mode": "lexical", "agency": "fda"}).text
    assert "Nothing found" in page
    assert "no proof" in page
    assert "Search without the filters" in page


def test_a_source_that_was_not_read_is_told_on_every_page_that_would_miss_it(web):
    for path in ("/", "/changes", "/deadlines", "/matrix", "/projects/car-t", "/statistics"):
        assert "sources could not be read" in web.get(path).text, path
    sources = web.get("/sources").text
    assert sources.index("HTTP 403") < sources.index("All sources")
    assert "ema_guidelines could not be read since 2025-12-15 12:00 UTC" in web.get("/documents/ema:atmp").text


def test_the_matrix_tells_in_force_from_draft_from_nothing_found_from_not_read(web):
    told = web.get("/api/matrix").json()
    assert told["read"] == ["ema", "fda", "nmpa", "pmda"]
    potency = {each["agency"]: each for each in told["cells"] if each["topic"] == "potency"}
    assert potency["fda"]["draft"] >= 1
    page = web.get("/matrix").text
    assert "not read" in page
    assert "nothing found" in page
    link = re.search(
        r'href="(/\?topic=potency&amp;agency=fda&amp;status=draft[^"]*)"><strong>(\d+)</strong> draft', page
    )
    assert link
    found = web.get(link[1].replace("&amp;", "&")).text
    assert f">{link[2]} document" in found


def test_a_cell_of_one_modality_counts_only_that(web):
    every = {(c["topic"], c["agency"]): c for c in web.get("/api/matrix").json()["cells"]}
    some = web.get("/api/matrix", params={"modality": "cell_therapy_engineered"}).json()
    assert some["modality"] == "cell_therapy_engineered"
    for cell in some["cells"]:
        whole = every[cell["topic"], cell["agency"]]
        assert all(cell[part] <= whole[part] for part in ("in_force", "draft", "other"))
    assert some["cells"] != list(every.values())


def test_a_project_page_tells_what_it_was_told_and_what_is_ahead(web):
    page = web.get("/projects/car-t").text
    assert "Autologous CAR-T" in page
    told = web.get("/api/projects/car-t").json()
    assert "fda:car-t" in [each["change"]["document"] for each in told["told"]]
    assert [each["document"] for each in told["deadlines"]][:1] == [POTENCY]
    assert "/feeds/car-t.atom" in page


def test_deadlines_are_a_list_and_a_calendar(web):
    told = web.get("/api/deadlines").json()["deadlines"]
    assert [(each["document"], each["day"], each["days_left"]) for each in told] == [
        ("nmpa:draft-7", "2025-12-24", 9), (POTENCY, "2026-01-30", 46), ("ema:atmp", "2026-07-01", 198),
    ]  # fmt: skip
    calendar = web.get("/deadlines", params={"month": "2026-01"}).text
    assert "January 2026" in calendar
    assert re.search(
        rf'2026-01-30">30</time></p>\s*<ul class="plain"><li class="comment_closes"><a href="/documents/{POTENCY}">',
        calendar,
    )
    assert 'month=2025-12"' in calendar
    assert 'month=2026-02"' in calendar


def test_what_moved_or_is_not_agreed_says_so(web):
    told = {each["document"]: each for each in web.get("/api/deadlines").json()["deadlines"]}
    assert told[POTENCY]["was"] == "2025-12-31"
    assert told[POTENCY]["quoted"] == "by January 30, 2026"
    assert 'Moved: it was <time datetime="2025-12-31">' in web.get("/deadlines").text


def test_a_title_that_few_can_read_has_a_gist(web):
    for path in (f"/documents/{JAPANESE}", "/?language=ja", "/changes?agency=nmpa", "/deadlines?agency=nmpa"):
        assert re.search(r"Gist by glossary, no translation: </span>≈ [a-z]", web.get(path).text), path
    assert "Gist by" not in web.get(f"/documents/{POTENCY}").text


def test_feeds_and_calendars_are_served_and_asked_for_again_cheaply(web):
    for path, kind, words in (
        ("/feeds/changes.atom", "application/atom+xml", "CAR-T Cell Products"),
        ("/feeds/car-t.atom", "application/atom+xml", "CAR-T Cell Products"),
        ("/feeds/deadlines.ics", "text/calendar", "20260130"),
        ("/feeds/car-t.ics", "text/calendar", "20260130"),
    ):
        first = web.get(path)
        assert (first.status_code, first.headers["content-type"]) == (200, f"{kind}; charset=utf-8")
        assert words in first.text
        assert first.headers["cache-control"] == "no-cache"
        for known in (first.headers["etag"], f'"x", W/{first.headers["etag"]}'):
            again = web.get(path, headers={"if-none-match": known})
            assert (again.status_code, again.content) == (304, b"")
        assert web.get(path, headers={"if-none-match": '"x"'}).status_code == 200
    for path in ("/feeds/nope.atom", "/feeds/nope.ics", "/feeds/deadlines.atom", "/feeds/../x.atom"):
        assert web.get(path).status_code == 404


def test_time_from_draft_to_final_is_counted_from_the_agencys_days(web):
    (done,) = web.get("/api/statistics").json()["finished"]
    assert (done["document"], done["draft"], done["final"]) == ("fda:car-t", "2022-03-15", "2024-01-31")
    page = web.get("/statistics").text
    assert "22.6" in page  # 687 days
    assert "<svg" in page
    assert page.count("<table") == 2


def test_the_json_of_a_search_has_the_contracts_fields(web):
    told = web.get("/api/search", params={"q": "potency", "n": 3}).json()
    assert {"query", "took_ms", "total", "results"} <= set(told)
    assert len(told["results"]) == 3
    wanted = {"rank", "score", "id", "agency", "issuer", "source", "reference", "title", "url", "status",
              "document_type", "published", "updated", "effective", "comment_closes", "first_seen",
              "language", "modalities", "topics", "snippet", "page", "section"}  # fmt: skip
    assert all(wanted <= set(each) for each in told["results"])


def test_the_json_of_changes_says_from_and_to(web):
    told = web.get("/api/changes", params={"kind": "status_changed"}).json()
    assert told["total"] == 1
    assert told["changes"][0]["from"]["status"] == "draft"
    assert told["changes"][0]["to"]["status"] == "final"
    assert len(web.get("/api/changes", params={"n": 1}).json()["changes"]) == 1


def test_a_day_or_a_moment_narrows(web):
    every = web.get("/api/changes").json()["total"]
    assert web.get("/api/changes", params={"since": "2025-12-15T12:00:00Z"}).json()["total"] == every > 0
    assert web.get("/api/changes", params={"since": "2025-12-15T12:00:01+00:00"}).json()["total"] == 0
    assert (
        web.get("/api/deadlines", params={"since": "2026-01-30", "until": "2026-01-31"}).json()["deadlines"][0][
            "document"
        ]
        == POTENCY
    )
    for edge in ("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"):
        assert web.get("/api/changes", params={"since": edge}).status_code == 422


def test_the_openapi_names_every_answer(web):
    told = web.get("/openapi.json").json()
    assert set(told["paths"]) >= {
        "/api/search",
        "/api/documents/{name}",
        "/api/changes",
        "/api/sources",
        "/api/deadlines",
    }
    for path in told["paths"].values():
        assert path["get"]["responses"]["200"]["content"]["application/json"]["schema"]


# What it refuses


@pytest.mark.parametrize(
    "path",
    ["/nope", "/documents/nope", "/projects/nope", "/documents/..%2f..%2fetc%2fpasswd", "/documents/%00",
     "/static/../app.py", "/static/%2e%2e/app.py", "/documents/", "/login"],
)  # fmt: skip
def test_what_is_not_there_is_404_with_a_page(web, path):
    answer = web.get(path)
    assert answer.status_code == 404
    assert "Nothing here" in answer.text


def test_the_json_of_what_is_not_there_is_404_too(web):
    for path in ("/api/documents/nope", "/api/projects/nope", "/api/nope"):
        answer = web.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")


@pytest.mark.parametrize("path", ["/", "/api/search"])
@pytest.mark.parametrize(
    "asked",
    [{"q": "x" * 1001}, {"q": "a\0b"}, {"agency": "nope"}, {"topic": "nope"}, {"since": "yesterday"},
     {"since": "2025-02-31"}, {"source": "x" * 101}, {"mode": "nope"}, {"agency": ["fda"] * 21}],
    ids=lambda asked: next(iter(asked)),
)  # fmt: skip
def test_what_cannot_be_read_is_422_and_is_not_repeated(web, path, asked):
    answer = web.get(path, params=asked)
    assert answer.status_code == 422
    assert "x" * 50 not in answer.text


@pytest.mark.parametrize("asked", [{"n": 0}, {"n": 201}, {"n": "many"}])
def test_how_much_is_asked_for_has_bounds(web, asked):
    assert web.get("/api/search", params=asked).status_code == 422


def test_a_thousand_characters_are_read(web):
    assert web.get("/api/search", params={"q": "potency " * 125}).status_code == 200


@settings(max_examples=40, deadline=None)
@given(
    text=st.text(max_size=60),
    name=st.sampled_from(["q", "agency", "since", "status", "sort", "page", "at", "month", "next"]),
)
def test_no_text_in_a_parameter_breaks_a_page(web, text, name):
    encoded = httpx.QueryParams({name: text.encode("utf-8", "surrogatepass").decode("latin-1")})
    for path in ("/", f"/documents/{POTENCY}", "/deadlines", "/changes"):
        assert web.get(path, params=encoded).status_code in {200, 422}


def test_only_reading_is_possible(web):
    for path in ("/", "/api/search", f"/documents/{POTENCY}"):
        assert web.post(path).status_code == 405
        assert web.delete(path).status_code == 405


def test_head_answers_as_get_without_a_body(web):
    for path in ("/", "/api/sources", "/healthz", "/static/regintel.css", "/nope"):
        head, get = web.head(path), web.get(path)
        assert head.status_code == get.status_code
        assert head.content == b""
        assert head.headers["content-type"] == get.headers["content-type"]


def test_words_from_outside_are_shown_and_do_nothing(web):
    for path in (f"/documents/{HOSTILE}", "/?q=bold"):
        page = web.get(path).text
        assert "&lt;script&gt;alert" in page
        assert "<script" not in page
        assert "<b>final" not in page
    assert 'href="javascript' not in web.get(f"/documents/{HOSTILE}").text
    assert "No link" in web.get(f"/documents/{POTENCY}").text
    assert EVIL in web.get(f"/api/documents/{HOSTILE}").json()["document"]["title"]


def test_a_query_from_outside_is_shown_and_does_nothing(web):
    page = web.get("/", params={"q": '"><script>alert(1)</script>'}).text
    assert "<script" not in page
    assert 'value="&#34;&gt;&lt;script&gt;' in page


@pytest.mark.parametrize("path", ["/", "/nope", "/api/nope", "/api/search?n=0", "/static/regintel.css", "/healthz"])
def test_every_answer_has_the_headers_that_keep_it_safe(web, path):
    told = web.get(path).headers
    assert "default-src 'none'" in told["content-security-policy"]
    assert "script-src" not in told["content-security-policy"]
    assert told["x-content-type-options"] == "nosniff"
    assert told["referrer-policy"] == "no-referrer"
    assert told["x-frame-options"] == "DENY"
    assert told["cache-control"] == ("no-cache" if "static" in path else "no-store")


def test_styles_are_asked_for_once(web):
    first = web.get("/static/regintel.css")
    again = web.get("/static/regintel.css", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_links_outside_tell_the_agency_nothing(web):
    page = web.get(f"/documents/{POTENCY}").text
    for link in re.findall(r"<a [^>]*href=\"https?://[^>]*>", page):
        assert 'rel="noopener noreferrer external"' in link


def test_on_loopback_it_answers_only_to_its_own_name(web):
    assert web.get("/", headers={"host": "evil.example:8000"}).status_code == 400
    assert web.get("/", headers={"host": ""}).status_code == 400
    for name in ("localhost:8000", "127.0.0.1", "[::1]:8000", "LOCALHOST"):
        assert web.get("/healthz", headers={"host": name}).status_code == 200


def test_without_an_index_every_page_says_so(tmp_path):
    app = make_app(house_at(tmp_path / "nothing"))
    with TestClient(app, base_url=BASE, raise_server_exceptions=False) as web:
        for path in ("/", "/changes", "/sources", "/api/search", "/api/sources"):
            answer = web.get(path)
            assert answer.status_code == 503
            assert "regintel run" in answer.text
            assert answer.headers["retry-after"] == "30"
        assert web.get("/healthz").json() == {"status": "ok"}
    assert not (tmp_path / "nothing").exists()


def test_a_file_that_is_no_index_is_503_and_its_path_is_not_told(tmp_path):
    house = house_at(tmp_path)
    house.config.index.write_bytes(b"no database at all, but long enough to be read as one" * 20)
    with TestClient(make_app(house), base_url=BASE, raise_server_exceptions=False) as web:
        answer = web.get("/")
    assert answer.status_code == 503
    assert str(tmp_path) not in answer.text


def test_an_index_that_is_being_brought_up_to_date_is_503(tmp_path):
    filled(tmp_path)
    house = house_at(tmp_path)
    with open_index(house.config.index) as index:
        last = index.row("SELECT max(rowid) AS n FROM _sqlite_migrations")
        index.write("DELETE FROM _sqlite_migrations WHERE rowid = ?", [last["n"]])
        index.db.conn.commit()
    with TestClient(make_app(house), base_url=BASE, raise_server_exceptions=False) as web:
        answer = web.get("/")
    assert answer.status_code == 503
    assert "up to date" in answer.text


def test_a_question_that_takes_too_long_is_interrupted(data):
    with TestClient(make_app(house_at(data), seconds=-1), base_url=BASE, raise_server_exceptions=False) as web:
        answers = [web.get(path) for path in ("/", "/api/search?q=potency", "/changes")]
    assert 503 in {answer.status_code for answer in answers}
    assert all("took too long" in answer.text for answer in answers if answer.status_code == 503)


def test_a_fault_of_ours_is_500_without_a_traceback_and_with_headers(data):
    house = house_at(data)
    vars(house)["taxonomy"] = None
    with TestClient(make_app(house), base_url=BASE, raise_server_exceptions=False) as web:
        answer = web.get("/matrix")
    assert answer.status_code == 500
    assert "Traceback" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


# Who may come in


def test_beyond_loopback_there_must_be_a_token_that_cannot_be_guessed():
    for host in ("0.0.0.0", "192.0.2.1", "::", "example.org"):  # noqa: S104
        assert not is_loopback(host)
        with pytest.raises(ConfigError, match="REGINTEL_WEB_TOKEN"):
            gate_of(host, {})
        with pytest.raises(ConfigError, match="16 characters"):
            gate_of(host, {"REGINTEL_WEB_TOKEN": "short"})
        assert gate_of(host, {"REGINTEL_WEB_TOKEN": TOKEN})
    for host in ("127.0.0.1", "::1", "[::1]", "localhost", "127.1.2.3"):
        assert is_loopback(host)
        assert gate_of(host, {}) is None
    assert gate_of("127.0.0.1", {"REGINTEL_WEB_TOKEN": TOKEN})


def test_without_the_token_nothing_is_shown_but_the_form(locked):
    for path in (*PAGES, "/nope", "/logout"):
        answer = locked.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login?next=%2F")
    for path in ("/api/search", "/openapi.json"):
        answer = locked.get(path)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert locked.get("/feeds/changes.atom").headers["www-authenticate"].startswith("Basic")
    assert locked.get("/healthz").json() == {"status": "ok"}
    assert locked.get("/static/regintel.css").status_code == 200
    assert "Access token" in locked.get("/login").text


def test_a_script_sends_the_token_and_a_reader_as_its_password(locked):
    assert locked.get("/api/sources", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    basic = base64.b64encode(f"anybody:{TOKEN}".encode()).decode()
    assert locked.get("/api/sources", headers={"authorization": f"Basic {basic}"}).status_code == 200
    for wrong in (f"Bearer {TOKEN}x", "Bearer", "Basic ???", "Basic YTpi", f"Digest {TOKEN}", "Bearer \u00e9".encode()):
        assert locked.get("/api/sources", headers={"authorization": wrong}).status_code == 401


def test_a_person_types_it_once_and_goes_on_where_they_wanted(locked):
    with TestClient(locked.app, base_url=BASE, follow_redirects=False) as mine:
        wrong = mine.post("/login", data={"token": "nope", "next": "/changes"})
        assert wrong.status_code == 401
        assert "not the token" in wrong.text
        assert "set-cookie" not in wrong.headers
        done = mine.post("/login", data={"token": TOKEN, "next": "/changes?agency=fda"})
        assert (done.status_code, done.headers["location"]) == (303, "/changes?agency=fda")
        cookie = done.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert TOKEN not in done.headers["set-cookie"]
        assert mine.get("/changes").status_code == 200
        mine.post("/logout")
        assert mine.get("/changes").status_code == 303


def test_the_command_refuses_to_be_reached_without_a_token(data):
    answer = CliRunner(env={"REGINTEL_WEB_TOKEN": None}).invoke(
        main,
        ["--config", str(ROOT / "config"), "--data", str(data), "serve", "--host", "0.0.0.0"],  # noqa: S104
    )
    assert answer.exit_code == 3
    assert answer.stderr.splitlines() == [
        "regintel: --host 0.0.0.0: others can reach it, so REGINTEL_WEB_TOKEN must be set in the environment"
    ]


def test_a_form_that_is_too_long_is_refused(locked):
    assert locked.post("/login", data={"token": "x" * 9000}).status_code == 413


@pytest.mark.parametrize(
    "address",
    ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "", "evil",
     "/\r\nset-cookie: a=b", "//", "/\t/evil"],
)  # fmt: skip
def test_nobody_is_sent_elsewhere_after_the_form(address):
    assert own(address) == "/"


def test_a_session_ends_by_time_and_with_its_token():
    gate = Gate(SecretStr(TOKEN))
    session = gate.session(1_000_000)
    assert gate.opens_for("", session, 1_000_000 + LASTS)
    assert not gate.opens_for("", session, 1_000_001 + LASTS)
    assert not gate.opens_for("", session, 999_999)
    assert not Gate(SecretStr("another token, as long")).opens_for("", session, 1_000_000)
    begun, signature = session.split(".")
    for forged in (f"{int(begun) + 1}.{signature}", f"{begun}.", begun, "", ".", "٣." + signature, f"{begun}.é"):
        assert not gate.opens_for("", forged, 1_000_000)


def test_a_cookie_that_is_none_opens_nothing(locked):
    assert locked.get("/", headers={"cookie": f"{COOKIE}=1.2; \x01bad"}).status_code == 303


# Small things


def test_a_link_to_a_document_holds_its_id_whole():
    assert document_link("ema:documents/other/a b?c#d") == "/documents/ema:documents/other/a%20b%3Fc%23d"
    assert document_link("fda:x", "a&b", 7) == "/documents/fda:x?q=a%26b&at=7#p7"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil", "https://a@b/", "", None, "x\0y"])
def test_an_address_that_is_no_plain_web_address_is_no_link(url):
    assert outside(url) == ""


def test_a_page_of_a_file_replaces_what_the_address_pointed_to():
    assert outside("https://a.org/x.pdf#view=Fit", 3) == "https://a.org/x.pdf#page=3"


def test_links_change_one_thing_of_a_page():
    here = Here("/", [("q", "a b"), ("agency", "fda"), ("agency", "ema"), ("page", "3"), ("since", "")])
    assert here.plus("topic", "potency") == "/?q=a+b&agency=fda&agency=ema&topic=potency"
    assert here.minus("agency", "fda") == "/?q=a+b&agency=ema"
    assert here.having(page=2) == "/?q=a+b&agency=fda&agency=ema&page=2"
    assert here.having(agency="") == "/?q=a+b"


def test_a_snippets_marks_are_all_that_is_markup():
    assert marked("a **<b>** & c") == "a <mark>&lt;b&gt;</mark> &amp; c"
    assert (
        highlighted("A <i>Potency</i> assay ** x", ["potency"])
        == "A &lt;i&gt;<mark>Potency</mark>&lt;/i&gt; assay ∗∗ x"
    )
    assert highlighted("力価試験", ["力価"]) == "<mark>力価</mark>試験"


@given(st.dates(date(1000, 1, 1), date(9000, 1, 1)))
def test_a_month_has_each_of_its_days_once_and_knows_its_neighbours(day):
    found = month(f"{day:%Y-%m}", [])
    days = [each for week in found.weeks for each in week if (each.year, each.month) == (day.year, day.month)]
    assert day in days
    assert len(days) == len(set(days)) >= 28
    first = day.replace(day=1)
    assert found.before == f"{first - timedelta(days=1):%Y-%m}"
    assert found.after == f"{first + timedelta(days=32):%Y-%m}"


def test_a_deadline_of_which_only_the_month_is_known_stands_on_no_day(data):
    with read_index(data / "index.db") as index:
        (known,) = [each for each in deadlines(index) if each.document.id == "ema:atmp"]
    only_month, no_date = replace(known, day="2026-07"), replace(known, day="2026-07-99")
    found = month("2026-07", [only_month, no_date, known])
    assert found.undated == (only_month, no_date)
    assert found.days == {date(2026, 7, 1): (known,)}
    assert Days(date(2026, 6, 30))("2026-07-01") == 1
    assert Days(date(2026, 6, 30))("2026-07") is None


def test_bars_are_as_tall_as_their_counts():
    (row,) = rows(["fda"], ["2025-01", "2025-02", "2025-03"], {("fda", "2025-01"): 4, ("fda", "2025-03"): 1}, 300, 40)
    assert [(bar.count, bar.height, bar.y) for bar in row.bars] == [(4, 40, 0), (0, 0, 40), (1, 10, 30)]
    assert (row.most, row.total) == (4, 5)


def test_durations_stand_on_one_scale():
    fda, ema = strips({"fda": [6, 12], "ema": [24], "ich": []}, 24, 240)
    assert fda.points == ((60, 6), (120, 12))
    assert (fda.middle, fda.middle_at, ema.middle_at) == (9, 90, 240)
    assert months_between("2024-01-01", "2025-01-01") == pytest.approx(12, abs=0.05)


def test_months_end_with_todays():
    assert months_until(date(2025, 2, 9), 4) == ["2024-11", "2024-12", "2025-01", "2025-02"]


def test_facets_are_counted_once_for_each_state_of_the_index(tmp_path):
    house = filled(tmp_path)
    counts, every = Counts(), SearchFilters()
    with open_index(house.config.index) as index:
        names = allowed(index, every)
        first = counts.of(index, every, names)
        assert first == facets(index, names)
        assert counts.of(index, every, []) is first
        assert counts.of(index, SearchFilters(agency=("pmda",)), [JAPANESE])["language"] == [Facet("ja", 1)]
        later = house_at(tmp_path, SECOND + timedelta(days=1))
        read(later, index, "pmda_guidance_ja", [*PMDA, item("pmda_guidance_ja", "files/9", "新しい")], baseline=False)
        again = counts.of(index, every, allowed(index, every))
        assert sum(each.count for each in again["agency"]) == sum(each.count for each in first["agency"]) + 1
