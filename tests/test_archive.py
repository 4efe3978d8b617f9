"""What is archived comes back byte for byte, or not at all."""

import gzip
import hashlib
import os
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from regintel.archive import ArchivedResponse, ArchiveWriter, read_record, records
from regintel.exceptions import ArchiveError
from regintel.items import Response

AT = datetime(2025, 10, 15, 6, 30, 5, tzinfo=UTC)
URL = "https://www.fda.gov/media/71535/download?x=1&y=%20"
PDF = b"%PDF-1.7\r\n\r\n\x00\xff\x1f\x8b" + bytes(range(256)) * 300


def writer(folder: Path, name: str = "fda_guidance-run1") -> ArchiveWriter:
    return ArchiveWriter(folder, name, run="run1", source="fda_guidance", robots="obey")


def keep(archive: ArchiveWriter, body: bytes = PDF, *, url: str = URL, status: int = 200, **rest: object) -> Response:
    given = {
        "method": "GET",
        "request_headers": [("User-Agent", "regintel"), ("Accept", "*/*")],
        "request_body": b"",
        "response_headers": [("Content-Type", "application/pdf"), ("ETag", '"a1"')],
        "at": AT,
    }
    return archive.write(url=url, status=status, body=body, **{**given, **rest})  # type: ignore[arg-type]


def read(folder: Path, kept: Response) -> ArchivedResponse:
    return read_record(folder, kept.file, kept.offset, kept.id, sha256=kept.sha256)


@pytest.mark.parametrize("body", [PDF, b"", b"\r\n\r\n", "医薬品".encode(), gzip.compress(b"<html>" * 999, mtime=0)])
def test_a_body_comes_back_as_it_came(tmp_path: Path, body: bytes) -> None:
    with writer(tmp_path) as archive:
        keep(archive, b"another, before")
        kept = keep(archive, body)
        keep(archive, b"another, after")
    back = read(tmp_path, kept)
    assert (back.body, back.status, back.url, back.at) == (body, 200, URL, AT)
    assert (kept.size, kept.sha256) == (len(body), hashlib.sha256(body).hexdigest())


def test_the_index_learns_what_to_ask_with_next_time(tmp_path: Path) -> None:
    headers = [("content-type", "text/html"), ("ETag", 'W/"x"'), ("Last-Modified", "Wed, 15 Oct 2025 06:00:00 GMT")]
    with writer(tmp_path) as archive:
        kept = keep(archive, response_headers=headers)
    assert (kept.etag, kept.last_modified) == ('W/"x"', "Wed, 15 Oct 2025 06:00:00 GMT")
    assert (kept.content_type, kept.fetched_at) == ("text/html", "2025-10-15T06:30:05Z")
    assert (kept.file, kept.refers_to) == ("fda_guidance-run1.warc.gz", None)


def test_only_the_framing_of_headers_is_changed(tmp_path: Path) -> None:
    sent = [("Transfer-Encoding", "chunked"), ("content-encoding", "gzip"), ("Set-Cookie", "a"), ("Set-Cookie", "b")]
    with writer(tmp_path) as archive:
        first = keep(archive, b"12345", response_headers=sent)
        second = keep(archive, b"12345", response_headers=[("content-length", "99"), ("X", "\xe9\xff")])
    assert read(tmp_path, first).headers == [*sent[1:], ("Content-Length", "5")]
    assert read(tmp_path, second).headers == [("content-length", "5"), ("X", "\xe9\xff")]


VALUE = st.text(st.characters(max_codepoint=255, exclude_characters="\n")).map(lambda text: text.strip(" \t"))


@given(st.binary(max_size=3000), st.lists(st.tuples(st.from_regex(r"\AX-[A-Za-z0-9-]{1,9}\Z"), VALUE), max_size=5))
def test_any_bytes_and_header_values_come_back(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, headers: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("archive")
    with writer(folder) as archive:
        kept = keep(archive, body, response_headers=headers)
    back = read(folder, kept)
    assert back.body == body
    assert back.headers == [*headers, ("Content-Length", str(len(body)))]


def test_each_record_is_a_gzip_member_of_its_own(tmp_path: Path) -> None:
    with writer(tmp_path) as archive:
        kept = [keep(archive, b"one"), keep(archive, b"two")]
    found = list(records(archive.path))
    assert [record.kind for record in found] == ["warcinfo", "request", "response", "request", "response"]
    assert [record.id for record in found if record.kind == "response"] == [one.id for one in kept]
    for record in found:
        member = archive.path.read_bytes()[record.offset : record.end]
        assert gzip.decompress(member).startswith(b"WARC/1.1\r\n")


def test_other_tools_understand_the_file_and_agree_with_its_digests(tmp_path: Path) -> None:
    with writer(tmp_path) as archive:
        kept = keep(archive, method="POST", request_body=b"a=1", request_headers=[("Authorization", "Basic secret")])
        archive.write_not_modified(url=URL, request_headers=[], response_headers=[], refers_to=kept, at=AT)
    with archive.path.open("rb") as stream:
        found = [
            (record.rec_type, record.content_stream().read(), record.rec_headers, record.http_headers)
            for record in ArchiveIterator(stream, check_digests="raise")
        ]
    kinds, bodies, fields, http = zip(*found, strict=True)
    assert kinds == ("warcinfo", "request", "response", "request", "revisit")
    assert bodies[1:] == (b"a=1", PDF, b"", b"")
    assert b"robots: obey\r\n" in bodies[0]
    assert b"run: run1\r\n" in bodies[0]
    assert fields[2]["WARC-Concurrent-To"] == fields[1]["WARC-Record-ID"]
    assert fields[1]["WARC-Concurrent-To"] == fields[2]["WARC-Record-ID"] == kept.id
    assert fields[4]["WARC-Profile"].endswith("/server-not-modified")
    assert fields[4]["WARC-Refers-To"] == kept.id
    assert fields[4]["WARC-Refers-To-Target-URI"] == URL
    assert fields[4]["WARC-Refers-To-Date"] == "2025-10-15T06:30:05Z"
    assert (http[1].protocol, http[1].statusline) == ("POST", "/media/71535/download?x=1&y=%20 HTTP/1.1")
    assert http[1]["Host"] == "www.fda.gov"
    assert http[1]["Authorization"] is None


def test_a_304_stands_for_the_bytes_it_refers_to(tmp_path: Path) -> None:
    with writer(tmp_path, "monday") as archive:
        kept = keep(archive)
    with writer(tmp_path, "tuesday") as archive:
        still = archive.write_not_modified(
            url=URL, request_headers=[], response_headers=[("ETag", '"a2"')], refers_to=kept, at=AT
        )
        again = archive.write_not_modified(url=URL, request_headers=[], response_headers=[], refers_to=still, at=AT)
    assert (still.status, still.refers_to, still.file) == (304, kept.id, "tuesday.warc.gz")
    assert (still.sha256, still.size, still.content_type) == (kept.sha256, kept.size, kept.content_type)
    assert again.refers_to == kept.id
    assert again.etag == '"a2"'
    back = read_record(tmp_path, again.file, again.offset, again.id)
    assert (back.status, back.body) == (304, b"")


def test_a_crawl_that_fetched_nothing_leaves_no_file(tmp_path: Path) -> None:
    with writer(tmp_path / "archive"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_two_runs_never_share_a_file(tmp_path: Path) -> None:
    with writer(tmp_path) as first, writer(tmp_path) as second:
        keep(first)
        with pytest.raises(ArchiveError, match="cannot be made"):
            keep(second)


def test_a_header_that_would_break_the_record_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with writer(tmp_path) as archive:
        for value in ("a\r\nb", "通知"):
            with pytest.raises(ArchiveError, match="not a line"):
                keep(archive, response_headers=[("X", value)])
        with pytest.raises(ArchiveError, match="not an address"):
            keep(archive, url="https://x/\r\nWARC-Type: response")
    assert not archive.path.exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_an_archive_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with writer(tmp_path) as archive:
        kept = keep(archive)
        size, real = archive.path.stat().st_size, archive._file
        with Path("/dev/full").open("wb", buffering=0) as full:
            monkeypatch.setattr(archive, "_file", Halfway(real, full))
            with pytest.raises(ArchiveError, match="No space left"):
                keep(archive, os.urandom(9000))
        monkeypatch.setattr(archive, "_file", real)
        assert archive.path.stat().st_size == size
        after = keep(archive, b"there is room again")
    assert read(tmp_path, kept).body == PDF
    assert read(tmp_path, after).body == b"there is room again"


class Halfway:
    """A file on a disk that fills up in the middle of a record."""

    def __init__(self, file, full) -> None:
        self.file, self.full, self.written = file, full, 0

    def write(self, content) -> int:
        if self.written:
            return self.full.write(content)
        self.written = self.file.write(content[:100])
        return self.written

    def __getattr__(self, name: str):
        return getattr(self.file, name)


@pytest.mark.parametrize("lost", [1, 5, 9, 200])
def test_a_file_that_was_cut_off_is_good_up_to_the_cut(
    tmp_path: Path, lost: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with writer(tmp_path) as archive:
        whole, torn = keep(archive), keep(archive, os.urandom(500))
    archive.path.write_bytes(archive.path.read_bytes()[:-lost])
    assert [record.id for record in records(archive.path) if record.kind == "response"] == [whole.id]
    assert "cut off" in caplog.text
    assert capfd.readouterr() == ("", "")
    assert read(tmp_path, whole).body == PDF
    with pytest.raises(ArchiveError, match="cut off"):
        read(tmp_path, torn)


@pytest.mark.parametrize("file", ["../fda_guidance-run1.warc.gz", "/etc/passwd", "..", "", "a/b", "..\\x", "a\0b"])
def test_only_a_bare_file_name_is_looked_up(tmp_path: Path, file: str) -> None:
    with writer(tmp_path) as archive:
        keep(archive)
    (tmp_path / "inner").mkdir()
    with pytest.raises(ArchiveError, match="bare file name"):
        read_record(tmp_path / "inner", file, 0, None)


def test_a_record_that_is_not_there_is_an_archive_error(tmp_path: Path) -> None:
    with writer(tmp_path) as archive:
        kept, other = keep(archive), keep(archive)
    for file, offset, name, message in [
        ("nothing.warc.gz", 0, None, "No such file"),
        (kept.file, kept.offset, other.id, "holds"),
        (kept.file, kept.offset + 1, None, "no record starts here"),
        (kept.file, -1, None, "outside"),
        (kept.file, 10**9, None, "no record starts here"),
        (kept.file, 0, None, "warcinfo"),
    ]:
        with pytest.raises(ArchiveError, match=message):
            read_record(tmp_path, file, offset, name)


def altered(path: Path, old: bytes, new: bytes) -> None:
    """Write the file anew, each record still compressed by itself, with some bytes exchanged."""
    content = path.read_bytes()
    members = [gzip.decompress(content[record.offset : record.end]) for record in records(path)]
    path.write_bytes(b"".join(gzip.compress(member.replace(old, new)) for member in members))


@pytest.mark.parametrize(("old", "new"), [(b"Level 1", b"Level 2"), (b"text/plain", b"text/paint")])
def test_bytes_that_were_altered_do_not_come_back(tmp_path: Path, old: bytes, new: bytes) -> None:
    with writer(tmp_path) as archive:
        kept = keep(archive, b"Level 1 guidance", response_headers=[("Content-Type", "text/plain")])
    altered(archive.path, old, new)
    (response,) = [record for record in records(archive.path) if record.kind == "response"]
    assert new in response.block
    with pytest.raises(ArchiveError, match="digest"):
        read_record(tmp_path, kept.file, response.offset, kept.id)


def test_a_record_rewritten_with_its_digests_is_caught_by_the_index(tmp_path: Path) -> None:
    with writer(tmp_path) as archive:
        kept = keep(archive, b"one")
    assert read_record(tmp_path, kept.file, kept.offset, kept.id).body == b"one"
    with pytest.raises(ArchiveError, match="not the one that the index remembers"):
        read_record(tmp_path, kept.file, kept.offset, kept.id, sha256="0" * 64)


def test_damage_inside_a_member_is_an_archive_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with writer(tmp_path) as archive:
        kept = keep(archive, os.urandom(100_000))
    content = bytearray(archive.path.read_bytes())
    content[kept.offset + 50_000] ^= 0xFF
    archive.path.write_bytes(content)
    with pytest.raises(ArchiveError):
        read(tmp_path, kept)
    assert [record.kind for record in records(archive.path)] == ["warcinfo", "request"]
    assert "left out" in caplog.text


def test_plain_files_of_other_tools_are_read_too(tmp_path: Path) -> None:
    body = b"5\r\nhello\r\n0\r\n\r\n"
    block = b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nX-Folded: a\n  b\n\n" + body
    digest = b"sha1:" + hashlib.sha1(b"hello", usedforsecurity=False).hexdigest().encode()
    record = (
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:x:%d>\r\nWARC-Date: 2020-01-02T03:04:05.678Z\r\n"
        b"WARC-Target-URI: <http://x/>\r\nWARC-Payload-Digest: %b\r\nContent-Length: %d\r\n\r\n%b\r\n\r\n"
    )
    content = b"".join(record % (number, digest, len(block), block) for number in range(2))
    (tmp_path / "x.warc").write_bytes(content)
    first, second = records(tmp_path / "x.warc")
    assert (first.url, second.id, second.end) == ("http://x/", "<urn:x:1>", len(content))
    back = read_record(tmp_path, "x.warc", second.offset, "<urn:x:1>")
    assert (back.body, back.headers[1]) == (b"hello", ("X-Folded", "a b"))


def test_a_file_compressed_in_one_piece_is_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with writer(tmp_path) as archive:
        keep(archive)
    with gzip.open(archive.path) as stream:
        content = BytesIO(stream.read()).getvalue()
    archive.path.write_bytes(gzip.compress(content))
    assert list(records(archive.path)) == []
    assert "warcio recompress" in caplog.text
