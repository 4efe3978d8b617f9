"""What the index holds, as values: read from the store, passed between stages, never changed in place."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from regintel.items import Attachment
from regintel.vocabulary import ChangeKind, MessageRole, OutboxState, RunState, SourceState


@dataclass(frozen=True)
class Version:
    """A document's content at one moment."""

    id: int
    document: str
    number: int
    source: str
    run: str
    at: str
    key: str
    url: str
    title: str
    status: str
    stage: str
    document_type: str
    reference: str | None
    reference_raw: str | None
    published: str | None
    updated: str | None
    revised_at: str | None
    effective: str | None
    comment_opens: str | None
    comment_closes: str | None
    change_note: str | None
    summary: str
    text_hash: str | None
    offices: tuple[str, ...]
    topics: tuple[str, ...]
    products: tuple[str, ...]
    attachments: tuple[Attachment, ...]
    record: str | None
    """The archived response this version was read from."""
    body_records: tuple[str, ...]
    unread: tuple[str, ...] = ()
    """Fields that could not be read for it: what it says of them is of before, or nothing."""
    references: tuple[str, ...] = ()
    """Every number that the agency gives it."""
    quoted: Mapping[str, str] = field(default_factory=dict)
    """The agency's own words that a field was read from, by the field's name."""


@dataclass(frozen=True)
class Document:
    """A document's identity, stable for ever, with its newest version.

    Where several sources know it, that is the version of the one which lists it, and what that one does not say is
    filled in from the others.
    """

    id: str
    agency: str
    issuer: str
    source: str
    language: str
    first_seen: str
    current: Version


@dataclass(frozen=True)
class Change:
    """The step between two versions. `before` and `after` hold just the fields that differ."""

    id: int
    document: str
    source: str
    kind: ChangeKind
    silent: bool
    at: str
    agency: str
    title: str
    url: str
    before: dict[str, object] | None
    after: dict[str, object] | None
    summary: str
    reason: str = ""
    """Why, in the agency's words, where it says so."""
    version: int = 0
    """The version that it led to."""
    former: int | None = None
    """The version that it led from."""


@dataclass(frozen=True)
class LabelScore:
    """A label's id with its probability."""

    id: str
    score: float


@dataclass(frozen=True)
class Labels:
    """What a document is about, as far as the model that is named can tell."""

    modalities: tuple[LabelScore, ...] = ()
    topics: tuple[LabelScore, ...] = ()
    cmc_score: float = 0.0
    is_cmc_relevant: bool = False
    abstained: bool = True


@dataclass(frozen=True)
class Match:
    """A change that was held against a project, and why it interests it or not."""

    change: int
    project: str
    score: float
    relevant: bool
    must_not_miss: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """One crawl of one source."""

    id: str
    source: str
    started: str
    finished: str
    state: RunState
    reason: str
    baseline: bool
    listed: int
    items: int
    counts: dict[str, int]
    """new, revised, status_changed, deadline_changed, withdrawn, restored, unchanged."""
    requests: int
    not_modified: int
    seconds: float


@dataclass(frozen=True)
class SourceHealth:
    """How a source stands today."""

    source: str
    agency: str
    title: str
    state: SourceState
    last_success: str | None
    last_run: str | None
    last_items: int | None
    failing_since: str | None = None
    reason: str = ""
    open_problems: int = 0


@dataclass(frozen=True)
class DigestItem:
    """One change as a digest tells it."""

    change: int
    document: str
    kind: ChangeKind
    silent: bool
    at: str
    agency: str
    issuer: str
    source: str
    title: str
    url: str
    status: str
    """The agency's own word, now."""
    stage: str
    was: str | None
    """The agency's own word before, where it moved."""
    summary: str
    change_note: str | None
    """The agency's note on this change; none where it gave none."""
    language: str
    published: str | None
    comment_closes: str | None
    days_left: int | None
    """Days until comments close, seen from the project's local day; none once it has passed."""
    modalities: tuple[LabelScore, ...]
    topics: tuple[LabelScore, ...]
    score: float
    must_not_miss: bool
    reasons: tuple[str, ...]
    updated: str | None = None
    was_stage: str | None = None
    """Ours for the word before: from one word for final to another, nothing became final."""
    reason: str = ""
    """Why the agency withdrew it, in its words."""
    differences: tuple[str, ...] = ()
    """What differs, a phrase each; the agency's note stands by itself."""
    gist: str = ""
    """Of a Japanese or Chinese title, what it is about in English, by glossary; no translation."""


@dataclass(frozen=True)
class Digest:
    """What one project is told at one time."""

    project: str
    name: str
    channel: str
    built_at: str
    day: str
    """The project's local day, ISO."""
    items: tuple[DigestItem, ...]
    sources: tuple[SourceHealth, ...]
    documents: int = 0
    """How many documents the index holds."""


@dataclass(frozen=True)
class OutboxMessage:
    """A message on its way to a channel."""

    id: str
    channel: str
    kind: str
    """`digest` or `alarm`."""
    project: str | None
    text: str
    blocks: tuple[dict[str, object], ...]
    state: OutboxState
    created_at: str
    not_before: str | None = None
    parent: str | None = None
    """Outbox id of the message in whose thread this one goes."""
    thread_ts: str | None = None
    """Slack's timestamp of that parent, once it was sent."""
    attempts: int = 0
    attempted_at: str | None = None
    """When it was first tried, by the wall clock: from there on Slack may have it."""
    error: str | None = None
    """What went wrong when it was last tried."""
    role: MessageRole = MessageRole.MESSAGE
    document: str | None = None
    """Of an alert or a follow-up: the document whose thread it starts or goes into."""
    broadcast: bool = False
    """Whether a reply is shown in the channel as well."""


@dataclass(frozen=True)
class SearchFilters:
    """What a search or export is narrowed to; empty means all."""

    agency: tuple[str, ...] = ()
    modality: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    document_type: tuple[str, ...] = ()


@dataclass(frozen=True)
class QueryLabels:
    """Probabilities of what a query is about, by label."""

    modality: Mapping[str, float]
    topic: Mapping[str, float]


@dataclass(frozen=True)
class Hit:
    """One document that a search found."""

    document: Document
    score: float
    labels: Labels
    snippet: str
    page: int | None = None
    section: str | None = None


@dataclass(frozen=True)
class Found:
    """The answer to a search."""

    query: str
    hits: tuple[Hit, ...]
    total: int
    took_ms: float
    notes: tuple[str, ...] = field(default_factory=tuple)
    """How the query was read, where that is not plain."""
    offset: int = 0
    """How many better documents were passed over."""
    answering: tuple[str, ...] = ()
    """The ids of all that answers, best first: what a door counts, sorts otherwise or leads on to."""
    worded: int | None = None
    """How many of these hold a word of the query or a synonym; the rest is near in meaning. None where no words were
    looked for."""
