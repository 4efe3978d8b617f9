"""What a spider yields: one document as its agency lists it today, or a problem with one row."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Attachment(BaseModel):
    """A file that hangs on a document."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    title: str = ""
    size: str = ""
    """As the agency writes it ("137.72 KB") or in bytes; compared, never computed with."""


class GuidanceItem(BaseModel):
    """One document as its agency lists it today. Dates are ISO days, `YYYY-MM` where the agency gives only a month."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    key: str = Field(min_length=1)
    """The agency's own key: FDA's slug, gov.uk's content_id."""
    url: str
    title: str = Field(min_length=1)
    status: str
    """The agency's own word, in lower case."""
    stage: str
    """Ours for it, from the source's `[statuses]` table."""
    document_type: str = ""
    language: str = "en"
    issuer: str = ""
    reference: str | None = None
    reference_raw: str | None = None
    references: tuple[str, ...] = ()
    """Every number that the agency gives it, the first included: dockets, joint notification numbers, `ICH Q3C(R9)`."""
    published: str | None = None
    """The date the agency prints for this issue of the document."""
    updated: str | None = None
    """The agency's own last-updated day."""
    revised_at: str | None = None
    """Full UTC stamp of the agency's last announced revision, where it gives one: two in a day are two."""
    effective: str | None = None
    comment_opens: str | None = None
    comment_closes: str | None = None
    change_note: str | None = None
    """The agency's own words on what it changed."""
    summary: str = ""
    text: str = ""
    """Clean text of the body, children included."""
    offices: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    quoted: dict[str, str] = Field(default_factory=dict)
    """The agency's own words that a field was read from, by the field's name: status, deadline, effective date."""
    same_as: tuple[str, ...] = ()
    """Other addresses of the same document, by the agency's own word: its PDF, the page that it is announced on."""
    touched: str | None = None
    """A technical stamp of the listing; tells what to look at again, is itself no fact about the document."""
    unread: tuple[str, ...] = ()
    """Fields that were not read this time: what was last known of them stands."""
    record: str | None = None
    """WARC-Record-ID of the response that this was read from."""
    body_records: tuple[str, ...] = ()
    """WARC-Record-IDs of the responses that the body was read from, where they are others."""


class Gone(BaseModel):
    """What the agency says of a document that its list no longer shows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    key: str
    verdict: Literal["withdrawn", "listed_elsewhere", "unknown"]
    """The agency ended it; it is live and in another's list; nobody could say, so it stands and is asked for again."""
    reason: str = ""
    """In the agency's words, where it gives any."""
    seen: str = ""
    """What we saw, in ours."""
    record: str | None = None


class Problem(BaseModel):
    """Something that was not understood, and cost only itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    kind: str
    message: str
    url: str | None = None
    key: str | None = None
    """The agency's key of the row, where it could be read: the row is still listed, only not understood."""


GIVEN = "manual"
"""In place of a method: a person gave these bytes, nobody was asked for them."""


class Response(BaseModel):
    """One archived response: where its bytes lie, and what to ask with next time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    """WARC-Record-ID."""
    url: str
    method: str = "GET"
    status: int
    fetched_at: str
    sha256: str
    """Of the body as it came; of a 304, of the body that it stands for."""
    size: int
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
    file: str
    offset: int
    refers_to: str | None = None
    """Of a 304: the record whose bytes still stand."""
