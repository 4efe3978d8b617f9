"""Why a document was, or was not, told to a project: change by change, and as it would be judged today."""

from dataclasses import asdict, dataclass
from datetime import datetime

from regintel.clock import iso
from regintel.house import House
from regintel.jobs.match import Judge, closeness
from regintel.jobs.projects import next_due
from regintel.notify.match import Judged
from regintel.notify.projects import Profile
from regintel.records import Change, Document, Match
from regintel.store.database import Index
from regintel.store.documents import changes
from regintel.store.labels import labels_of
from regintel.store.matches import Message, Telling, first_match_at, tellings
from regintel.store.subscriptions import channels_of
from regintel.vocabulary import OutboxState

Answer = dict[str, object]


@dataclass(frozen=True)
class Told:
    """What became of one change."""

    change: Change
    match: Match | None
    matched_at: str | None
    state: str
    """`sent`, `pending`, `held`, `unknown`, `dead`, `waiting`, `not_relevant` or `not_matched`."""
    words: str
    messages: tuple[Message, ...] = ()

    def as_json(self) -> Answer:
        """Return what `--json` prints of it."""
        judged = self.match
        return {
            "change": self.change.id, "kind": self.change.kind, "at": self.change.at, "summary": self.change.summary,
            "matched_at": self.matched_at, "score": judged.score if judged else None,
            "relevant": judged.relevant if judged else None,
            "must_not_miss": judged.must_not_miss if judged else None,
            "reasons": list(judged.reasons) if judged else [],
            "state": self.state, "words": self.words, "messages": [asdict(each) for each in self.messages],
        }  # fmt: skip


@dataclass(frozen=True)
class Why:
    """A document before a project."""

    document: Document
    project: str
    now: Judged
    """As it would be judged today."""
    labelled: bool
    changes: tuple[Told, ...]
    """Newest first."""
    notes: tuple[str, ...]

    def as_json(self) -> Answer:
        """Return what `--json` prints of it."""
        now = self.document.current
        return {
            "document": {"id": self.document.id, "agency": self.document.agency, "title": now.title, "url": now.url,
                         "status": now.status, "first_seen": self.document.first_seen},
            "project": self.project, "now": asdict(self.now), "labelled": self.labelled,
            "changes": [each.as_json() for each in self.changes], "notes": list(self.notes),
        }  # fmt: skip


def why(house: House, index: Index, document: Document, profile: Profile) -> Why:
    """Return what a project was told of a document, and why not the rest; writes nothing."""
    judge = Judge(index, profile, house.names, closeness(index, house.encoder, profile))
    (now,) = judge.documents([document])
    labelled = document.id in labels_of(index, [document.id])
    reader = _Reader(house, index, profile, labelled=labelled)
    told = tuple(reader.told(each) for each in changes(index, document_id=document.id))
    notes = [] if told else ["It was there when its source was first read, and nothing about it has changed since: a "
                             "first reading is the baseline, and is told to nobody."]  # fmt: skip
    if not labelled:
        notes.append("It has no labels yet: only keywords find it until the next `regintel classify`.")
    return Why(document, profile.id, now, labelled, told, tuple(notes))


class _Reader:
    """Says what became of changes."""

    def __init__(self, house: House, index: Index, profile: Profile, *, labelled: bool) -> None:
        self._now = house.clock.now()
        self._profile = profile
        self._labelled = labelled
        self._first = first_match_at(index, profile.id)
        self._days = house.config.settings.notify.max_backlog_days
        self._index = index

    def told(self, change: Change) -> Told:
        telling = tellings(self._index, self._profile.id, change.id)
        if telling is None:
            return Told(change, None, None, "not_matched", self._unmatched(change))
        if not telling.match.relevant:
            return Told(change, telling.match, telling.at, "not_relevant", "It did not matter to the project.")
        state, words = self._state(telling, self._now)
        return Told(change, telling.match, telling.at, state, words, telling.messages)

    def _unmatched(self, change: Change) -> str:
        if not self._labelled:
            return "It waits for its labels: the next run labels it, and holds it against the project."
        if self._first is None:
            return "The project was not held against anything yet: the next run does it."
        if change.at < self._first:
            first, days = _day(self._first), self._days
            return f"The project is newer than that: it began on {first}, and looked {days} days back then."
        return "It was not held against the project yet: the next run does it."

    def _state(self, telling: Telling, now: datetime) -> tuple[str, str]:
        """Return what became of what was to be told; of several messages the one that came furthest gives the state."""
        told = [self._words(each, now) for each in telling.messages]
        if telling.digest is None:
            return "waiting", " ".join((self._waits(now), *(words for _, words in told)))
        if not told:
            return "dead", "The channel that it was meant for is told nothing of the project any more."
        state, _ = min(told, key=lambda each: ORDER.index(each[0]))
        return state, " ".join(words for _, words in told)

    def _waits(self, now: datetime) -> str:
        if not channels_of(self._index, self._profile.id, self._profile.channel, iso(now)):
            return "It waits: the project is muted in every channel, and nothing is dropped."
        return f"It waits for the project's next digest, due at {next_due(self._index, self._profile, now)}."

    @staticmethod
    def _words(message: Message, now: datetime) -> tuple[str, str]:
        """Return what became of one message."""
        name = f"message {message.id} to {message.channel}"
        if message.state == OutboxState.SENT:
            return "sent", f"Sent at {message.at}, {name}."
        if message.state == OutboxState.DEAD:
            return "dead", f"Given up at {message.at or 'an unknown time'}: {message.error}; {name}."
        if message.state == OutboxState.UNKNOWN:
            return "unknown", f"It may or may not have arrived: {message.error}; {name}."
        if message.not_before and message.not_before > iso(now):
            why = f"after an error: {message.error}" if message.error else "by the project's quiet hours"
            return "held", f"Held until {message.not_before}, {why}; {name}."
        return "pending", f"In the outbox, {name}" + (f": {message.error}." if message.error else ".")


ORDER = ("sent", "unknown", "pending", "held", "dead")
"""States of messages, the furthest first."""


def _day(at: str) -> str:
    return at[:10]
