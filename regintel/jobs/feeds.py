"""Feeds and calendars from the index: as bytes for who serves them, and as files for a web folder."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from regintel.clock import Clock, moment_of
from regintel.config import Notify
from regintel.exceptions import UsageError
from regintel.feeds import ENTRIES, changes_feed, deadlines_calendar, project_feed
from regintel.glossary import Glossary
from regintel.jobs.digest import source_healths
from regintel.jobs.match import Judge
from regintel.jobs.told import digest_items
from regintel.notify.projects import Profile
from regintel.records import Change, Match
from regintel.sources import Source
from regintel.store import runs
from regintel.store.database import Index
from regintel.store.deadlines import Deadline, deadlines
from regintel.store.documents import changes
from regintel.store.matches import relevant_documents, relevant_matches
from regintel.vocabulary import SourceState

REACH = timedelta(days=366)
"""How far back a calendar goes from the newest run: long enough for whoever was away to see what was cancelled."""
NO_DAY = date(1970, 1, 1)
"""For what no reader's day matters to."""


class FeedDesk:
    """Makes feeds and calendars of what an index holds; writes nothing, and the same index gives the same bytes."""

    def __init__(
        self,
        index: Index,
        sources: list[Source],
        names: Mapping[str, str],
        notify: Notify,
        clock: Clock,
        glossary: Glossary | None = None,
    ) -> None:
        """Build it.

        :param names: labels' ids as people write them.
        :param glossary: by which Japanese and Chinese titles have a gist.
        """
        self._index = index
        self._sources = sources
        self._names = names
        self._notify = notify
        self._clock = clock
        self._glossary = glossary

    def changes(self, address: str = "") -> bytes:
        """Return every agency's newest changes as Atom.

        :param address: where the feed itself is served, if that is known.
        """
        found = changes(self._index)[:ENTRIES]
        unmatched = [Match(each.id, "", 0.0, relevant=False, must_not_miss=False, reasons=()) for each in found]
        items = digest_items(self._index, _by_id(found), unmatched, NO_DAY, self._glossary)
        return changes_feed(items, self._names, coverage=self._coverage(), address=address)

    def project(self, profile: Profile, address: str = "") -> bytes:
        """Return the newest of what matters to a project as Atom, whether a digest told it or not."""
        matches = relevant_matches(self._index, profile.id, ENTRIES)
        wanted = {each.change for each in matches}
        found = [each for each in changes(self._index, after=min(wanted, default=1) - 1) if each.id in wanted]
        items = digest_items(self._index, _by_id(found), matches, NO_DAY, self._glossary)
        return project_feed(profile.id, profile.name, items, self._names, coverage=self._coverage(), address=address)

    def deadlines(self, profile: Profile | None = None, agencies: Collection[str] = ()) -> bytes:
        """Return comment deadlines and effective dates as a calendar, a project's or everybody's."""
        newest = runs.newest_finish(self._index)
        since = (moment_of(newest).date() - REACH).isoformat() if newest else None
        found = deadlines(self._index, agencies=agencies, since=since)
        name = f"{profile.name}: deadlines" if profile else "Regulatory deadlines"
        about = f"Comment deadlines and effective dates, from {since or 'the first'} on. {self._coverage()}"
        wanted = self.of_project(found, profile) if profile else found
        return deadlines_calendar(wanted, name=name, about=about)

    def of_project(self, found: Sequence[Deadline], profile: Profile) -> list[Deadline]:
        """Return the days of documents that matter now, or did: also of those that were there before the project."""
        once = relevant_documents(self._index, profile.id)
        known = list({each.document.id: each.document for each in found}.values())
        judged = Judge(self._index, profile, self._names).documents(known)
        now = {document.id for document, each in zip(known, judged, strict=True) if each.relevant}
        return [each for each in found if each.document.id in once | now]

    def _coverage(self) -> str:
        """Return when sources were read last, and which were not: silence must not look like no news."""
        newest = runs.newest_finish(self._index)
        if newest is None:
            return "Nothing was read yet."
        enabled = [source for source in self._sources if source.enabled]
        stand = source_healths(self._index, enabled, self._notify, self._clock.now())
        unread = "; ".join(each.title for each in stand if each.state is not SourceState.OK)
        return f"Last read {newest[:16].replace('T', ' ')} UTC" + (f"; not read then: {unread}." if unread else ".")


def _by_id(found: list[Change]) -> dict[int, Change]:
    return {each.id: each for each in found}


@dataclass(frozen=True)
class Written:
    """What a writing of files did."""

    written: tuple[Path, ...]
    unchanged: tuple[Path, ...]
    """Left as they were, so that a web server goes on answering "not modified"."""
    left: tuple[Path, ...]
    """Feeds and calendars beside them that are no project's any more: nobody brings them up to date."""

    def as_json(self) -> dict[str, list[str]]:
        """Return what `--json` prints of it."""
        return {name: [str(path) for path in getattr(self, name)] for name in ("written", "unchanged", "left")}


def write_feeds(desk: FeedDesk, profiles: Iterable[Profile], folder: Path, address: str = "") -> Written:
    """Write every feed and calendar into a folder, each as a whole or not at all.

    :param address: where the folder is served, ending with a slash, if that is known.
    :raises UsageError: when the folder cannot be written.
    """
    made = {"changes.atom": desk.changes(address and f"{address}changes.atom"), "deadlines.ics": desk.deadlines()}
    for profile in profiles:
        name = f"{profile.id}.atom"
        made |= {
            name: desk.project(profile, address and f"{address}{name}"),
            f"{profile.id}.ics": desk.deadlines(profile),
        }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        moved = [folder / name for name, content in made.items() if _put(folder / name, content)]
        beside = sorted(path for path in folder.iterdir() if path.suffix in {".atom", ".ics"} and path.name not in made)
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror}") from error
    return Written(tuple(moved), tuple(folder / name for name in made if folder / name not in moved), tuple(beside))


def _put(path: Path, content: bytes) -> bool:
    """Write a file in one step, for somebody may be reading it; return whether it changed."""
    if path.is_file() and path.read_bytes() == content:
        return False
    half = path.with_name(f".{path.name}.new")
    half.write_bytes(content)
    half.replace(path)
    return True
