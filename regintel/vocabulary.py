"""The words the code depends on; words it does not depend on live in config."""

from enum import StrEnum


class Agency(StrEnum):
    """Who publishes, by the ids users write."""

    FDA = "fda"
    EMA = "ema"
    MHRA = "mhra"
    PMDA = "pmda"
    NMPA = "nmpa"
    ICH = "ich"


class Stage(StrEnum):
    """Where a document stands in its life; the agency's own word stands beside it as `status`."""

    CONCEPT = "concept"
    DRAFT = "draft"
    FINAL = "final"
    REVISED = "revised"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    INFORMATION = "information"
    """News, alerts, forms, collections: published for information, neither draft nor final."""
    UNSTATED = "unstated"
    """The list does not say; another list, or the document's own page, may."""


class ListingKind(StrEnum):
    """What it means that a source does not show a document."""

    LIST = "list"
    """It shows everything: what is missing is gone."""
    FEED = "feed"
    """It shows the newest only: what falls off its end is no removal."""
    PAGES = "pages"
    """It reads documents' own pages, those that a list says have moved: what was not asked for is not missing."""


class ChangeKind(StrEnum):
    """What happened to a document between two versions."""

    NEW = "new"
    REVISED = "revised"
    STATUS_CHANGED = "status_changed"
    DEADLINE_CHANGED = "deadline_changed"
    WITHDRAWN = "withdrawn"
    RESTORED = "restored"


class RunState(StrEnum):
    """The verdict on one crawl of one source."""

    OK = "ok"
    FAILED = "failed"
    BLOCKED = "blocked"


class SourceState(StrEnum):
    """The health of a source over its runs."""

    NEVER_RUN = "never_run"
    OK = "ok"
    SUSPECT = "suspect"
    BROKEN = "broken"
    BLOCKED = "blocked"
    DISABLED = "disabled"


class OutboxState(StrEnum):
    """Where a message is on its way to Slack."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    """Slack may have it, and cannot be asked."""
    DEAD = "dead"
    """Slack refused it for good, or nobody wants it any more."""


class Wish(StrEnum):
    """What was asked for a project in a channel; the last word counts."""

    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    MUTED = "muted"
    UNMUTED = "unmuted"


class Opinion(StrEnum):
    """What a person says of a change that their channel was told."""

    USEFUL = "useful"
    WRONG_TAG = "wrong_tag"
    NOT_FOR_US = "not_for_us"


class MessageRole(StrEnum):
    """What becomes of a message whose thread is not to be had."""

    MESSAGE = "message"
    """A digest, what continues it, or an alarm: a part of a whole, which does not go out without it."""
    ALERT = "alert"
    """Goes out by itself."""
    FOLLOW_UP = "follow_up"
    """Is given up, for the digest tells it too."""
