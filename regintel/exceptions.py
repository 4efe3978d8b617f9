"""The errors regintel raises, drawn in one place.

RegintelError
├── UsageError                  an argument names something that is not there
├── ConfigError                 names the file and key
├── LockedError                 another run holds the lock
├── SourceError                 names the source and what happened to it
│   ├── FetchError              a page could not be had
│   │   └── BlockedError        a challenge, apology or refusal came instead of the page
│   └── ParseError
│       ├── LayoutError         a node or field we rely on is gone
│       └── UnknownValueError   a category we have no word for
├── StoreError                  the index cannot be read or written
├── ArchiveError                an archived record cannot be read
├── SubmissionError             a record or file that a person hands in cannot be taken
├── ModelError                  the embedding model cannot be built or loaded
├── ClassifyError               a text cannot be classified
└── NotifyError
    └── DeliveryError           Slack said no

Messages read `who: what`, as in `fda_guidance: unknown status 'Level 2'`. Exceptions do not log, exit or print; the
command line turns a RegintelError into one line and an exit code, and lets anything else show its traceback.
"""


class RegintelError(Exception):
    """Anything regintel can explain in one line."""


class UsageError(RegintelError):
    """An argument names a source, project, document or file that is not there."""


class ConfigError(RegintelError):
    """A configuration file or key is missing, misspelt or of the wrong form."""


class LockedError(RegintelError):
    """Another run holds the lock of this data folder."""


class SourceError(RegintelError):
    """Something about one source; the other sources go on."""

    kind = "source"

    def __init__(self, source: str, message: str, *, url: str | None = None) -> None:
        super().__init__(f"{source}: {message}")
        self.source = source
        self.url = url


class FetchError(SourceError):
    """A page could not be had: status, timeout, truncation, refused redirect."""

    kind = "fetch"


class BlockedError(FetchError):
    """A challenge, apology or refusal came where the page was due; never "no change", never "removed"."""

    kind = "blocked"


class ParseError(SourceError):
    """A page or row was not understood."""

    kind = "parse"


class LayoutError(ParseError):
    """A node or field that the spider relies on is not there."""

    kind = "layout"


class UnknownValueError(ParseError):
    """The agency used a word that the source's tables do not know."""

    kind = "unknown_value"


class StoreError(RegintelError):
    """The index cannot be read or written."""


class ArchiveError(RegintelError):
    """An archived record is missing or damaged."""


class SubmissionError(RegintelError):
    """A record or file that a person hands in cannot be taken; the others are."""


class ModelError(RegintelError):
    """The embedding model cannot be built, loaded or trusted."""


class ClassifyError(RegintelError):
    """A text cannot be classified."""


class NotifyError(RegintelError):
    """A digest or message cannot be made or sent."""


class DeliveryError(NotifyError):
    """Slack refused a message, or may or may not have taken it."""
