"""What the JSON holds, as the OpenAPI tells it; the names are the contract's.

What an answer holds beyond these is passed on as it is.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Open(BaseModel):
    """An answer that may hold more than is named here."""

    model_config = ConfigDict(extra="allow")


class Score(BaseModel):
    """A label with its probability."""

    id: str
    score: float


class DocumentHead(Open):
    """A document as its newest version has it. Days are ISO, `YYYY-MM` where the agency gives only a month."""

    id: str
    agency: str
    issuer: str
    source: str
    reference: str | None
    title: str
    url: str
    status: str
    stage: str
    document_type: str
    published: str | None
    updated: str | None
    effective: str | None
    comment_closes: str | None
    first_seen: str
    language: str
    modalities: list[Score]
    topics: list[Score]


class Hit(DocumentHead):
    """A document that a search found, and the passage that answers.

    `highlights` are where found words stand in the snippet, in characters.
    """

    rank: int
    score: float
    snippet: str
    highlights: list[tuple[int, int]]
    page: int | None
    section: str | None


class SearchAnswer(Open):
    """What a search found."""

    query: str
    took_ms: float
    total: int
    worded: int | None = None
    """How many of these hold a word of the query or a synonym; the rest is near in meaning."""
    offset: int
    notes: list[str]
    results: list[Hit]


class ChangeAnswer(Open):
    """The step between two versions of a document."""

    id: int
    document: str
    source: str
    kind: str
    silent: bool
    at: str
    agency: str
    title: str
    url: str
    before: dict[str, Any] | None = Field(alias="from")
    after: dict[str, Any] | None = Field(alias="to")
    summary: str
    reason: str


class ChangesAnswer(Open):
    """The change log, newest first; `total` counts also what was cut off by `n`."""

    changes: list[ChangeAnswer]
    total: int


class DocumentAnswer(Open):
    """A document with every version, label, change and sighting."""

    document: DocumentHead
    versions: list[dict[str, Any]]
    changes: list[ChangeAnswer]
    labels: list[dict[str, Any]]
    sightings: list[dict[str, Any]]
    merges: list[dict[str, Any]]


class Expected(BaseModel):
    """What a healthy run holds."""

    min_items: int
    max_items: int


class SourceAnswer(Open):
    """A source and its health."""

    id: str
    agency: str
    title: str
    url: str
    language: str
    state: str
    last_success: str | None
    last_run: str | None
    last_items: int | None
    failing_since: str | None
    reason: str
    expect: Expected
    open_problems: int


class SourcesAnswer(Open):
    """Every source."""

    sources: list[SourceAnswer]


class OtherDay(BaseModel):
    """The day that another source names."""

    source: str
    day: str


class DeadlineAnswer(Open):
    """A day that a document names: `kind` is `comment_closes` or `effective`.

    It does not stand where its agency took it back; `was` is the day that was named before; `others` name another day.
    """

    document: str
    agency: str
    kind: str
    day: str
    days_left: int | None
    stands: bool
    was: str | None
    quoted: str
    others: list[OtherDay]
    title: str
    url: str
    status: str
    stage: str
    language: str


class DeadlinesAnswer(Open):
    """The days to come, the nearest first."""

    deadlines: list[DeadlineAnswer]


class CellAnswer(BaseModel):
    """What one agency has on one topic; a topic and agency that are not here have nothing that was found."""

    topic: str
    agency: str
    in_force: int
    draft: int
    other: int


class MatrixAnswer(BaseModel):
    """Topics by agencies. Of an agency that is not among `read`, no list was ever read: nothing can be said."""

    modality: str | None
    read: list[str]
    cells: list[CellAnswer]


class MonthAnswer(BaseModel):
    """How many documents an agency dates to a month."""

    month: str
    agency: str
    count: int


class FinishedAnswer(BaseModel):
    """A draft that became final, by the agency's own days."""

    document: str
    agency: str
    title: str
    language: str
    draft: str
    final: str


class StatisticsAnswer(BaseModel):
    """Figures over the whole index; `unknown` became final, but one of the two days is not known."""

    months: list[MonthAnswer]
    finished: list[FinishedAnswer]
    unknown: int


class ToldAnswer(BaseModel):
    """A change that matters to a project; `told_at` is null while it waits for a digest."""

    change: ChangeAnswer
    score: float
    must_not_miss: bool
    reasons: list[str]
    told_at: str | None
    state: str | None


class ProjectAnswer(BaseModel):
    """A project's profile, what it was told lately, and the days ahead of it."""

    project: dict[str, Any]
    told: list[ToldAnswer]
    deadlines: list[DeadlineAnswer]


class HealthAnswer(BaseModel):
    """That the page is there."""

    status: str


class Fault(BaseModel):
    """Why there is no answer."""

    detail: str
