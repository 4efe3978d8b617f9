"""Save a source's page as it is today, and what its spider makes of it: the start of a sample and its golden.

The list is crawled as ever, gently and into an archive, which is thrown away; the index is not touched.
"""

import gzip
import json
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from regintel.archive import read_record
from regintel.archive.http_message import header_of
from regintel.clock import Clock
from regintel.config import Config
from regintel.exceptions import FetchError, ParseError, UsageError
from regintel.items import GuidanceItem, Problem, Response
from regintel.jobs.crawl import fetched
from regintel.sources import Source
from regintel.store.database import read_index

SUFFIXES = {"json": ".json", "html": ".html", "xml": ".xml"}
"""By what stands in a media type; `application/xhtml+xml` is HTML."""


@dataclass(frozen=True)
class Captured:
    """What was saved."""

    source: str
    page: Path
    items: Path | None
    count: int
    problems: tuple[Problem, ...]
    reason: str = ""
    """Why there are no items, if there are none."""

    def as_json(self) -> dict[str, object]:
        """Return what `--json` prints of it."""
        told = [{"kind": each.kind, "url": each.url, "message": each.message} for each in self.problems]
        written = [str(each) for each in (self.page, self.items) if each]
        return {"source": self.source, "written": written, "items": self.count, "problems": told, "reason": self.reason}


def place_of(source: Source) -> Path:
    """Return where a source's sample belongs: with the others in a checkout, else in a folder of its name."""
    samples = Path("tests") / "sources"
    return samples / source.id if samples.is_dir() else Path(source.id)


def capture(config: Config, source: Source, folder: Path, clock: Clock, *, force: bool) -> Captured:
    """Save the first page of a source's list, and what its spider makes of it.

    :param force: overwrite what is there.
    :raises UsageError: when something is there, or the source has no page of its own; nothing is asked then.
    :raises FetchError: when the page could not be had; nothing is written then.
    """
    there = [*folder.glob("page.*"), *folder.glob("items.json")]
    if there and not force:
        raise UsageError(f"{there[0]} is there already; --force overwrites it")
    if not source.addresses:
        raise UsageError(f"{source.id}: has no page of its own; it reads pages of {source.follows}")
    with tempfile.TemporaryDirectory() as scratch:
        suffix, body = _first_page(replace(config, data=Path(scratch)), source, clock)
        for each in there:
            each.unlink()
        folder.mkdir(parents=True, exist_ok=True)
        page = folder / f"page{suffix}"
        page.write_bytes(body)
        return _read(source, page, Path(scratch))


def _first_page(config: Config, source: Source, clock: Clock) -> tuple[str, bytes]:
    """Crawl the list, and return the first page's suffix and bytes."""
    with read_index(config.index) as nothing_known:
        found, end, died = fetched(config, nothing_known, source, clock)
    answers = [each for each in found.responses if not each.url.endswith("/robots.txt") and each.status == 200]
    blocked = end is not None and end.error_kind == "blocked"
    if blocked or not answers:
        why = end.error if end and end.error else f"{source.id}: the crawl process {died}"
        raise FetchError(source.id, why.removeprefix(f"{source.id}: "))
    first = _first_of(answers, source.addresses[0])
    kept = read_record(config.archive, first.file, first.offset, first.id, sha256=first.sha256)
    return _suffix(first.content_type), _plain(source, header_of(kept.headers, "Content-Encoding") or "", kept.body)


def _first_of(answers: Sequence[Response], address: str) -> Response:
    """Return the answer to the source's first address; a spider may have added to it what it asked for."""
    return next((each for each in answers if each.url.startswith(address)), answers[0])


def _suffix(media_type: str) -> str:
    kind = media_type.partition(";")[0].lower()
    word = "html" if "xhtml" in kind else kind
    return next((suffix for name, suffix in SUFFIXES.items() if name in word), ".txt")


def _plain(source: Source, encoding: str, body: bytes) -> bytes:
    """Return a body as it was before it was compressed for the way."""
    encoding = encoding.strip().lower()
    if encoding in {"gzip", "x-gzip"}:
        return gzip.decompress(body)
    if encoding == "deflate":
        return zlib.decompress(body)
    if encoding not in {"", "identity"}:
        raise FetchError(source.id, f"the page came compressed with {encoding}")
    return body


def _read(source: Source, page: Path, scratch: Path) -> Captured:
    from regintel.spiders.sample import read_sample  # Scrapy behind it takes its time

    try:
        items, problems = read_sample(source, page.read_bytes(), scratch)
    except ParseError as error:
        return Captured(source.id, page, None, 0, (), str(error))
    golden = page.with_name("items.json")
    golden.write_text(golden_of(items), encoding="utf-8")
    return Captured(source.id, page, golden, len(items), tuple(problems))


def golden_of(items: Sequence[GuidanceItem]) -> str:
    """Return items as a golden holds them: defaults left out, names in order."""
    told = [json.loads(item.model_dump_json(exclude_defaults=True)) for item in items]
    return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
