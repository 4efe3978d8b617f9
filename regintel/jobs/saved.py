"""Pages of a source that a person saved, where the site refuses to give them to a program.

They are read by the source's own spider, in the same process and by the same rules as if the site had answered: a
refusal that was saved by mistake is a refusal, and what `[expect]` says holds. Nothing is asked of the site.
"""

from collections.abc import Sequence
from pathlib import Path

from regintel.clock import Clock
from regintel.config import Config
from regintel.exceptions import UsageError
from regintel.jobs.crawl import CrawlReport, crawl_given
from regintel.jobs.inbox import Rejected, shown
from regintel.jobs.ingest import Ingested
from regintel.sources import Source
from regintel.store.database import Index


def read_saved(
    config: Config, index: Index, source: Source, files: Sequence[Path], clock: Clock, *, by: str, baseline: bool
) -> tuple[Ingested, CrawlReport]:
    """Read a source's pages from files.

    :raises UsageError: when the files cannot be its pages.
    """
    given = pages_of(source, files)
    report = crawl_given(config, index, source, given, clock, by=by, baseline=baseline)
    if report.ok:
        return Ingested(report.run.counts, ()), report
    names = ", ".join(shown(path) for path in files)
    return Ingested({}, (Rejected(names, None, report.run.reason),)), report


def pages_of(source: Source, files: Sequence[Path]) -> dict[str, Path]:
    """Return files by what they answer: the source's addresses in their order, then further pages of its list.

    :raises UsageError: when the source has no page of its own, or a file is too large to be one.
    """
    if not source.addresses:
        raise UsageError(f"{source.id}: has no page of its own; give the pages of {source.follows}")
    if not files:
        raise UsageError(f"{source.id}: no file was given")
    for path in files:
        if path.stat().st_size > source.politeness.max_bytes:
            raise UsageError(
                f"{shown(path)}: larger than any page of {source.id} ({source.politeness.max_bytes:,} bytes)"
            )
    further = [f"page {number}" for number in range(len(source.addresses) + 1, len(files) + 1)]
    return dict(zip((*source.addresses, *further), (path.absolute() for path in files), strict=False))
