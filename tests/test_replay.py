"""The replay server shows the world as it was."""

import gzip
import hashlib
import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regintel.archive import ArchiveWriter
from regintel.exceptions import UsageError
from regintel.items import Response
from regintel.replay import ReplayServer, serve
from regintel.replay.capture import Request, canonical
from regintel.replay.captures import Captures
from regintel.replay.server import Seen

LIST = "https://www.mhra.example/list?page=1"
SHARED = Path(__file__).parents[2] / "shared" / "captures"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Got:
    """What a client received, headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(
    server: ReplayServer,
    url: str,
    *,
    stamp: str = "2026",
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Got:
    return send(server, f"/{stamp}id_/{url}", method, body, headers)


def send(server: ReplayServer, path: str, method: str = "GET", body=None, headers=None) -> Got:
    with closing(http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)) as connection:
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return Got(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())


def day(number: int) -> datetime:
    return datetime(2025, 10, number, 12, tzinfo=UTC)


def writer(folder: Path, name: str) -> ArchiveWriter:
    return ArchiveWriter(folder, name, run=name, source="mhra_guidance", robots="obey")


def keep(archive: ArchiveWriter, body: bytes, at: datetime, url: str = LIST, **rest: object) -> Response:
    given = {
        "method": "GET",
        "status": 200,
        "request_headers": [],
        "request_body": b"",
        "response_headers": [("Content-Type", "text/html")],
    }
    return archive.write(url=url, body=body, at=at, **{**given, **rest})  # type: ignore[arg-type]


@pytest.fixture
def archived(tmp_path: Path) -> Iterator[ReplayServer]:
    """Two days of a list, a form, a redirect and a zipped page."""
    with writer(tmp_path, "one") as archive:
        keep(archive, b"tenth", day(10))
        keep(archive, b"moved", day(10), "https://x/old", status=301, response_headers=[("Location", "/new?a=1")])
        zipped = [("Content-Encoding", "gzip"), ("Connection", "X-Hop"), ("X-Hop", "1"), ("ETag", 'W/"z"')]
        keep(archive, gzip.compress(b"zipped"), day(10), "https://x/zipped", response_headers=zipped)
        for body in (b"q=a&page=1", b"q=b&page=1"):
            form = {"method": "POST", "request_body": body, "request_headers": list(FORM.items())}
            keep(archive, b"for " + body, day(10), "https://x/form", **form)
        keep(archive, b"json", day(10), "https://x/api", method="POST", request_body=b'{"a&b": 1}')
        keep(archive, b"", day(10), "https://x/empty")
    with writer(tmp_path, "two") as archive:
        keep(archive, b"twelfth", day(12))
    with serve([tmp_path]) as server:
        yield server


@pytest.mark.parametrize(
    ("stamp", "body"),
    [
        ("20251009", None),
        ("20251010115959", None),
        ("20251010120000", b"tenth"),
        ("20251010", b"tenth"),
        ("2025101011", None),
        ("20251011", b"tenth"),
        ("20251012", b"twelfth"),
        ("202510", b"twelfth"),
        ("2", b"twelfth"),
    ],
)
def test_the_newest_capture_at_or_before_the_stamp_answers(archived, stamp, body) -> None:
    got = ask(archived, LIST, stamp=stamp)
    assert (got.status, got.body if got.status == 200 else None) == (404 if body is None else 200, body)
    if body is None:
        assert got.headers["content-type"].startswith("text/html")


def test_spelling_of_the_address_makes_no_difference_but_the_exact_one_goes_first(tmp_path: Path) -> None:
    with writer(tmp_path, "one") as archive:
        keep(archive, b"exact", day(10), "https://x.org/a%20b/?q=%e9&c=d")
        keep(archive, b"other", day(11), "http://x.org/a%20b?q=%E9&c=d")
    with serve([tmp_path]) as server:
        assert ask(server, "https://x.org/a%20b/?q=%e9&c=d").body == b"exact"
        for url in (
            "http://X.org:80/a%20b/?q=%e9&c=d",
            "https:/x.org/%61%20b?q=%E9&c=%64",
            "HTTPS://x.org/a%20b?q=%E9&c=d/",
        ):
            assert ask(server, url).body == b"other", url
        for url in ("https://x.org/a%20b?q=%E8&c=d", "https://x.org/a%20b?q=%E9%26c=d", "https://x.org/a%20b"):
            assert ask(server, url).status == 404, url


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_a_canonical_address_is_canonical(text: str) -> None:
    once = canonical("https://x/" + text)
    assert canonical("https://" + once) == once


def test_a_head_has_no_body_and_the_same_headers(archived) -> None:
    head, got = ask(archived, LIST, method="HEAD"), ask(archived, LIST)
    assert (head.status, head.body, head.headers) == (200, b"", got.headers)
    assert got.headers["content-length"] == "7"
    assert ask(archived, "https://x/empty").headers["content-length"] == "0"


def test_a_zipped_body_is_served_as_it_is_without_the_connection_s_headers(archived) -> None:
    got = ask(archived, "https://x/zipped")
    assert gzip.decompress(got.body) == b"zipped"
    assert got.headers["content-encoding"] == "gzip"
    assert "x-hop" not in got.headers


def test_a_redirect_keeps_its_location(archived) -> None:
    got = ask(archived, "https://x/old")
    assert (got.status, got.headers["location"], got.body) == (301, "/new?a=1", b"moved")


def test_validators_are_made_up_where_the_capture_has_none(archived) -> None:
    got = ask(archived, LIST)
    assert got.headers["etag"] == f'"{hashlib.sha256(b"twelfth").hexdigest()}"'
    assert got.headers["last-modified"] == "Sun, 12 Oct 2025 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-None-Match": 'W/"z"'}, 304),
        ({"If-None-Match": '"y", "z"'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"y"'}, 200),
        ({"If-None-Match": '"y"', "If-Modified-Since": "Fri, 31 Oct 2025 00:00:00 GMT"}, 200),
        ({"If-Modified-Since": "Fri, 10 Oct 2025 12:00:00 GMT"}, 304),
        ({"If-Modified-Since": "Fri, 10 Oct 2025 11:59:59 GMT"}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
    ],
)
def test_conditions_are_honoured(archived, headers, status) -> None:
    for method in ("GET", "HEAD"):
        got = ask(archived, "https://x/zipped", method=method, headers=headers)
        assert got.status == status
        assert got.headers["etag"] == 'W/"z"'
        assert bool(got.body) == (method == "GET" and status == 200)


def test_a_redirect_is_never_answered_with_304(archived) -> None:
    assert ask(archived, "https://x/old", headers={"If-None-Match": "*"}).status == 301


@pytest.mark.parametrize(
    ("url", "body", "headers", "answer"),
    [
        ("https://x/form", b"q=a&page=1", FORM, b"for q=a&page=1"),
        ("https://x/form", b"page=1&q=b", FORM, b"for q=b&page=1"),
        ("https://x/form/", b"page=1&q=%62", FORM, b"for q=b&page=1"),
        ("https://x/form", b"page=1&q=\xe9", FORM, None),
        ("https://x/form", b"page=1&q=b", {}, None),
        ("https://x/form", b"", FORM, None),
        ("https://x/api", b'{"a&b": 1}', {}, b"json"),
        ("https://x/api", b'b": 1}&{"a', {}, None),
        (LIST, b"", FORM, None),
    ],
)
def test_a_post_is_answered_by_what_it_sends(archived, url, body, headers, answer) -> None:
    got = ask(archived, url, method="POST", body=body, headers=headers)
    assert (got.status, got.body if got.status == 200 else None) == (404 if answer is None else 200, answer)


def test_a_get_is_never_answered_with_what_a_post_got(archived) -> None:
    assert ask(archived, "https://x/form").status == 404


def test_a_304_in_the_archive_stands_for_the_response_it_refers_to(tmp_path: Path) -> None:
    with writer(tmp_path, "one") as archive:
        first = keep(archive, b"first", day(10))
        keep(archive, b"second", day(11))
    with writer(tmp_path, "two") as archive:
        archive.write_not_modified(url=LIST, request_headers=[], response_headers=[], refers_to=first, at=day(12))
        lost = first.model_copy(
            update={"id": "<urn:uuid:lost>", "url": "https://x/lost", "fetched_at": "2001-01-01T00:00:00Z"}
        )
        archive.write_not_modified(url=lost.url, request_headers=[], response_headers=[], refers_to=lost, at=day(12))
    with serve([tmp_path]) as server:
        assert ask(server, LIST, stamp="20251011").body == b"second"
        got = ask(server, LIST, stamp="20251012")
        assert (got.status, got.body, got.headers["last-modified"]) == (200, b"first", "Fri, 10 Oct 2025 12:00:00 GMT")
        assert ask(server, "https://x/lost").status == 404


def plain_record(kind: str, url: str, date: str, block: bytes, *more: str) -> bytes:
    """One record as another tool writes it, without compression."""
    fields = [f"WARC-Type: {kind}", f"WARC-Record-ID: <urn:{kind}:{url}{date}>", f"WARC-Date: {date}", *more]
    head = "\r\n".join(["WARC/1.0", *fields, f"WARC-Target-URI: {url}", f"Content-Length: {len(block)}"])
    return head.encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def test_revisits_of_other_tools_are_followed_by_address_and_date(tmp_path: Path) -> None:
    old, new = "2025-10-10T12:00:00Z", "2025-10-12T12:00:00Z"
    refers = ("WARC-Refers-To-Target-URI: https://x/old", f"WARC-Refers-To-Date: {old}")
    (tmp_path / "other.warc").write_bytes(
        plain_record("response", "https://x/old", old, b"HTTP/1.1 200 OK\r\nX: old\r\n\r\nthe bytes")
        + plain_record("response", "https://x/garbled", old, b"ICY 200 OK\r\n\r\nradio")
        + plain_record("response", "https://x/bare", old, b"HTTP/1.1 304 Not Modified\r\n\r\n")
        + plain_record("response", "dns:x", old, b"10.0.0.1")
        + plain_record("revisit", "https://x/copy", new, b"HTTP/1.1 203 Fine\r\nX: new\r\n\r\n", *refers)
        + plain_record("revisit", "https://x/old", new, b"", *refers)
    )
    with serve([tmp_path]) as server:
        copy, old_one = ask(server, "https://x/copy"), ask(server, "https://x/old")
        assert (copy.status, copy.headers["x"], copy.body) == (203, "new", b"the bytes")
        assert (old_one.status, old_one.headers["x"], old_one.body) == (200, "old", b"the bytes")
        assert ask(server, "https://x/garbled").status == ask(server, "https://x/bare").status == 404


def test_a_torn_file_is_served_up_to_the_cut(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with writer(tmp_path, "one") as archive:
        keep(archive, b"whole", day(10))
        keep(archive, b"torn", day(11))
    archive.path.write_bytes(archive.path.read_bytes()[:-20])
    with serve([archive.path]) as server:
        assert ask(server, LIST).body == b"whole"
    assert "cut off" in caplog.text


def test_bytes_that_changed_under_the_server_are_not_served(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with writer(tmp_path, "one") as archive:
        keep(archive, b"whole", day(10))
    with serve([tmp_path]) as server:
        archive.path.write_bytes(b"")
        assert ask(server, LIST).status == 500
        archive.path.unlink()
        assert ask(server, LIST).status == 500
    assert "No such file" in caplog.text


def listing(folder: Path, *lines: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "index.jsonl").write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
    return folder


def test_a_capture_folder_is_served(tmp_path: Path) -> None:
    (tmp_path / "captures").mkdir()
    (tmp_path / "captures" / "list.html").write_bytes(b"<p>\xff")
    folder = listing(
        tmp_path / "captures",
        {"url": "https://x/list", "time": "20251010", "file": "list.html"},
        {"url": "any", "time": "20251010", "url_match": r"^https://x/", "text": "any\u2028", "headers": {"X": "通知"}},
        {"url": "later", "time": "20251010", "url_match": r"/a b$", "text": "decoded", "status": 422},
        {"url": "https://x/f", "time": "20251010", "method": "POST", "body_match": "page=1", "text": "one"},
        {"url": "https://x/f", "time": "20251010", "method": "POST", "body_match": "page=2", "text": "two"},
    )
    with serve([folder]) as server:
        got = ask(server, "https://x/list")
        assert (got.body, got.headers["content-type"]) == (b"<p>\xff", "text/html; charset=utf-8")
        assert got.headers["last-modified"] == "Fri, 10 Oct 2025 00:00:00 GMT"
        got = ask(server, "https://x/other")
        assert got.body == "any\u2028".encode()
        assert got.headers["x"].encode("latin-1") == "通知".encode()
        assert (ask(server, "https://x/a%20b").status, ask(server, "https://x/a%20b").body) == (422, b"decoded")
        for number, text in (("1", b"one"), ("2", b"two")):
            assert ask(server, "https://x/f", method="POST", body=b"page=" + number.encode()).body == text
        assert ask(server, "https://x/f", method="POST", body=b"page=3").status == 404
        assert ask(server, "https://x/list", stamp="20251009").status == 404


@pytest.mark.parametrize(
    "line",
    [
        {"url": "https://x", "time": "soon"},
        {"url": "https://x", "time": "20251399"},
        {"time": "2025"},
        {"url": "https://x", "time": "2025", "file": "../secret.txt"},
        {"url": "https://x", "time": "2025", "file": "missing.html"},
        {"url": "https://x", "time": "2025", "url_match": "("},
        ["not an object"],
    ],
)
def test_a_line_that_is_not_understood_names_itself(tmp_path: Path, line: object) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    folder = listing(tmp_path / "captures", {"url": "https://x", "time": "2025"}, line)
    with pytest.raises(UsageError, match=r"index\.jsonl: line 2: ") as error:
        serve([folder])
    assert "\n" not in str(error.value)


def test_a_path_that_holds_nothing_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        serve([tmp_path / "nowhere"])
    with pytest.raises(UsageError, match="holds no archived response"):
        serve([tmp_path])
    (tmp_path / "notes.txt").write_text("nothing to replay")
    with pytest.raises(UsageError, match="holds no archived response"):
        serve([tmp_path / "notes.txt"])


def test_a_port_that_is_taken_is_wrong_usage(archived, tmp_path: Path) -> None:
    for port in (archived.server_port, 70_000):
        with pytest.raises(UsageError, match=f"port {port}"):
            serve([tmp_path], port)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/https://x/",
        "/2025id_/",
        "/2025id_/ftp://x/",
        "/x2025id_/https://x/",
        "/2025id_/https://[x/",
        "/2025/https://x/",
    ],
)
def test_a_path_that_is_none_of_ours_is_a_bad_request(archived, path: str) -> None:
    got = send(archived, path)
    assert (got.status, got.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert archived.requests == [Seen("GET", path, 400, False)]


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /2025id_/https://x/ HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /2025id_/https://x/ HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n",
        b"POST /2025id_/https://x/ HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
        b"POST /2025id_/https://x/ HTTP/1.1\r\nContent-Length: 9\r\n\r\nshort",
        b"POST /2025id_/https://x/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /2025id_/https://x/a b HTTP/1.1\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
def test_a_broken_request_is_answered_with_400_and_no_noise(
    archived, sent: bytes, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", archived.server_port), timeout=10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as answer:
            assert b" 400" in answer.read()[:4000].replace(b"code: 400", b" 400")
    assert capfd.readouterr() == ("", "")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_raw_bytes_in_an_address_are_percent_encoded(tmp_path: Path) -> None:
    with writer(tmp_path, "one") as archive:
        keep(archive, b"notices", day(10), "https://x/%E9%80%9A%E7%9F%A5")
    with serve([tmp_path]) as server, socket.create_connection(("127.0.0.1", server.server_port)) as connection:
        connection.sendall("GET /2026id_/https://x/通知 HTTP/1.0\r\n\r\n".encode())
        with connection.makefile("rb") as answer:
            assert answer.read().endswith(b"\r\n\r\nnotices")


def test_the_server_tells_what_it_was_asked(archived) -> None:
    ask(archived, LIST)
    ask(archived, LIST, method="HEAD", headers={"If-None-Match": "*"})
    ask(archived, "https://x/no", method="POST", body=b"")
    assert archived.requests == [
        ("GET", LIST, 200, False),
        ("HEAD", LIST, 304, True),
        ("POST", "https://x/no", 404, False),
    ]
    assert archived.prefix("20251015") == f"http://127.0.0.1:{archived.server_port}/20251015id_/"
    with pytest.raises(UsageError, match="not a timestamp"):
        archived.prefix("2025-10-15")


def test_twenty_clients_are_served_at_once(archived) -> None:
    def client(number: int) -> set[bytes]:
        with closing(http.client.HTTPConnection("127.0.0.1", archived.server_port, timeout=10)) as connection:
            bodies = set()
            for _ in range(10):
                connection.request("GET", f"/2025101{number % 2 * 2}id_/{LIST}")
                bodies.add(connection.getresponse().read())
            return bodies

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(client, range(20)))
    assert answers == [{b"tenth"}, {b"twelfth"}] * 10
    assert len(archived.requests) == 200


def test_closing_hangs_up_on_idle_clients(tmp_path: Path) -> None:
    with writer(tmp_path, "one") as archive:
        keep(archive, b"whole", day(10))
    with closing(http.client.HTTPConnection("127.0.0.1", 0, timeout=10)) as connection:
        with serve([tmp_path]) as server:
            connection.port = server.server_port
            connection.request("GET", f"/2026id_/{LIST}")
            assert connection.getresponse().read() == b"whole"
        assert connection.sock.recv(1) == b""


@pytest.mark.skipif(not (SHARED / "index.jsonl").exists(), reason="the shared captures are not here")
def test_the_shared_captures_are_served() -> None:
    lines = [json.loads(line) for line in (SHARED / "index.jsonl").read_text("utf-8").splitlines()]
    plain = [line for line in lines if "file" in line and "url_match" not in line and "body_match" not in line]
    assert len(plain) > 50
    with serve([SHARED]) as server:
        for line in plain:
            got = ask(server, line["url"], stamp=line["time"], method=line.get("method", "GET"))
            same = [one for one in plain if (one["url"], one["time"]) == (line["url"], line["time"])]
            assert got.body == (SHARED / same[-1]["file"]).read_bytes(), line["url"]
        assert ask(server, plain[0]["url"], stamp="2001").status == 404
        assert ask(server, "https://www.fda.gov/no/such/page").status == 404


def test_form_fields_may_be_in_any_encoding() -> None:
    one = Request("POST", "https://x", b"a=%83%5C&b=\xe9", FORM["Content-Type"])
    two = Request("POST", "https://x", b"b=%E9&a=%83%5C", FORM["Content-Type"] + "; charset=Shift_JIS")
    assert one.sends_the_same(two)
    assert not one.sends_the_same(Request("POST", "https://x", b"b=%E9&a=%83%5D", FORM["Content-Type"]))


def test_an_archive_in_memory_holds_no_bodies(tmp_path: Path) -> None:
    with writer(tmp_path, "one") as archive:
        keep(archive, b"x" * 1_000_000, day(10))
    captures = Captures.load([tmp_path])
    capture = captures.newest(Request("GET", LIST), "2026")
    assert capture is not None
    assert len(repr(capture)) < 2000
    assert len(capture.read()) == 1_000_000
