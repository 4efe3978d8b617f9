"""What a profile would have brought over history: grouped as its digests, with what nearly passed. Writes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime

from regintel.clock import moment_of
from regintel.house import House
from regintel.jobs.match import Judge, closeness
from regintel.jobs.told import digest_items
from regintel.notify.projects import DigestTimes, Profile
from regintel.notify.relevance import RELEVANT
from regintel.records import Change, DigestItem, Match
from regintel.store import runs
from regintel.store.database import Index
from regintel.store.documents import changes, every_document
from regintel.store.labels import labels_of
from regintel.vocabulary import ChangeKind

Answer = dict[str, object]
BASELINE = "baseline"
CHANGE = "change"
NEAR = 0.7
"""Share of the limit from which on something nearly passed."""
MOST_NEAR = 10


@dataclass(frozen=True)
class Trial:
    """One change as a project would have been told it, or not."""

    item: DigestItem
    basis: str
    """`change`: it stands in the change log. `baseline`: its document was there when its source was first read, and
    the agency gives it a day in the span; it is judged as it is today."""
    at: str
    """When it would have been seen: the moment of the change, or the agency's own day."""
    alert: bool
    """Whether it would not have waited for the digest."""

    def as_json(self) -> Answer:
        """Return what `--json` prints of it."""
        told = asdict(self.item)
        wanted = ("change", "document", "kind", "agency", "title", "url", "status", "was", "published",
                  "comment_closes", "gist", "score", "must_not_miss", "reasons")  # fmt: skip
        named = {name: told[name] for name in wanted}
        named["change"] = self.item.change if self.basis == CHANGE else None
        return {**named, "basis": self.basis, "at": self.at, "alert": self.alert}


@dataclass(frozen=True)
class Played:
    """What a profile would have brought over a span."""

    project: str
    since: str
    until: str
    digests: tuple[tuple[str, tuple[Trial, ...]], ...]
    """By the moment at which each would have been due, in the project's own time."""
    near: tuple[Trial, ...]
    """The best of what was just under the limit."""
    shut_out: tuple[Trial, ...]
    """What would have been told but for a word of `exclude`."""
    read: int
    from_changes: int
    from_baseline: int
    unlabelled: int
    """Of what was read: documents that have no labels yet; only keywords find them."""
    baselines: tuple[tuple[str, str], ...] = field(default_factory=tuple)
    """Sources that were first read inside the span, and when: before that, only what they still list is known."""

    @property
    def relevant(self) -> int:
        """How many would have been told."""
        return sum(len(items) for _, items in self.digests)

    def as_json(self) -> Answer:
        """Return what `--json` prints of it."""
        digests = [{"due": due, "items": [each.as_json() for each in items]} for due, items in self.digests]
        alerts = sum(each.alert for _, items in self.digests for each in items)
        counted = {"read": self.read, "from_changes": self.from_changes, "from_baseline": self.from_baseline,
                   "relevant": self.relevant, "left_out": self.read - self.relevant, "alerts": alerts,
                   "unlabelled": self.unlabelled}  # fmt: skip
        lists = {name: [each.as_json() for each in getattr(self, name)] for name in ("near", "shut_out")}
        baselines = [{"source": name, "first_read": at} for name, at in self.baselines]
        head = {"project": self.project, "since": self.since, "until": self.until}
        return {**head, **counted, "digests": digests, **lists, "baselines": baselines}


def play(house: House, index: Index, profile: Profile, since: date, until: date) -> Played:
    """Return what a profile would have brought from one day to another, both inclusive; writes nothing."""
    first, end = f"{since}T00:00:00Z", f"{until}T23:59:59Z"
    logged = [each for each in reversed(changes(index, since=first)) if each.at <= end]
    starts = {source: at for source in house.sources if (at := runs.first_healthy_finish(index, source))}
    before = list(_before_the_log(index, starts, since.isoformat(), until.isoformat()))
    told = {each.id: each for each in (*before, *logged)}
    judge = Judge(index, profile, house.names, closeness(index, house.encoder, profile))
    matches = judge.matches(list(told.values()))
    open_to_all = Judge(index, profile.model_copy(update={"exclude": ()}), house.names)
    shut = [each for each in matches if any("excluded word" in reason for reason in each.reasons)]
    would = open_to_all.matches([told[each.change] for each in shut])
    shut_out = [each for each, other in zip(shut, would, strict=True) if other.relevant]
    near = [each for each in matches if not each.relevant and each.score >= NEAR * RELEVANT]
    near.sort(key=lambda each: (-each.score, -each.change))
    known = labels_of(index, {each.document for each in told.values()})
    trials = _Trials(house, index, profile, told)
    return Played(
        project=profile.id,
        since=since.isoformat(),
        until=until.isoformat(),
        digests=_digests(trials.of([each for each in matches if each.relevant]), profile.digest),
        near=tuple(trials.of(near[:MOST_NEAR])),
        shut_out=tuple(trials.of(shut_out)),
        read=len(told),
        from_changes=len(logged),
        from_baseline=len(before),
        unlabelled=len({each.document for each in told.values()} - known.keys()),
        baselines=tuple(sorted((name, at) for name, at in starts.items() if first <= at <= end)),
    )


def _before_the_log(index: Index, starts: Mapping[str, str], since: str, until: str) -> Iterator[Change]:
    """Yield, as if it were new, what an agency published in the span and its source's first reading already held."""
    logged = {each.document for each in changes(index, kind=ChangeKind.NEW)}
    number = 0
    for each in every_document(index):
        day, start = each.current.published or "", starts.get(each.source)
        if start and each.id not in logged and since <= day <= min(until, start[:10]):
            number -= 1  # no change of the log has such an id
            yield Change(
                id=number, document=each.id, source=each.source, kind=ChangeKind.NEW, silent=False,
                at=f"{day}T00:00:00Z", agency=each.agency, title=each.current.title, url=each.current.url, before=None,
                after=None, summary="", version=each.current.id,
            )  # fmt: skip


class _Trials:
    """Makes trials of matches."""

    def __init__(self, house: House, index: Index, profile: Profile, told: Mapping[int, Change]) -> None:
        self._glossary = house.glossary
        self._index = index
        self._profile = profile
        self._told = told

    def of(self, matches: Sequence[Match]) -> list[Trial]:
        wanted = {each.change: self._told[each.change] for each in matches}
        alert = self._profile.immediate
        return [
            Trial(
                item=item,
                basis=CHANGE if item.change > 0 else BASELINE,
                at=item.at,
                alert=item.kind in alert.kinds and item.score >= alert.min_score,
            )
            for item in digest_items(self._index, wanted, matches, date.min, self._glossary)
        ]


def _digests(trials: Sequence[Trial], times: DigestTimes) -> tuple[tuple[str, tuple[Trial, ...]], ...]:
    """Deal trials to the digests that would have told them, the best first in each."""
    by_slot: dict[datetime, list[Trial]] = {}
    for each in trials:
        by_slot.setdefault(_due(times, moment_of(each.at)), []).append(each)
    ranked = (
        (slot, sorted(items, key=lambda each: (not each.item.must_not_miss, -each.item.score, each.item.title)))
        for slot, items in sorted(by_slot.items())
    )
    return tuple((slot.isoformat(timespec="minutes"), tuple(items)) for slot, items in ranked)


def _due(times: DigestTimes, at: datetime) -> datetime:
    slot = times.slot(at)
    return slot if slot.astimezone(UTC) == at else times.next_slot(at)
