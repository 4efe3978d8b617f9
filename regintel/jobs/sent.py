"""What a sending did."""

from dataclasses import dataclass

from regintel.store import outbox
from regintel.store.database import Index
from regintel.vocabulary import OutboxState


@dataclass
class Sent:
    """How many messages went out, wait, or may have arrived."""

    sent: int = 0
    failed: int = 0
    pending: int = 0
    """Messages that are still to be sent, now or later."""
    overdue: int = 0
    """Those of them that should have gone out in this call."""
    unknown: int = 0
    """Messages that Slack may have and cannot be asked for."""
    newly_unknown: int = 0

    @property
    def partial(self) -> bool:
        """Return whether something that should have gone out in this call did not, or may not have."""
        return bool(self.overdue or self.newly_unknown or self.failed)

    def as_json(self) -> dict[str, int]:
        """Return what `--json` prints of it."""
        return {"sent": self.sent, "pending": self.pending, "unknown": self.unknown, "failed": self.failed}


def without_sender(index: Index) -> Sent:
    """Return how the outbox stands where there is no credential: everything waits, and that is no failure."""
    found = outbox.counts(index)
    return Sent(pending=found[OutboxState.PENDING] + found[OutboxState.SENDING], unknown=found[OutboxState.UNKNOWN])
