"""What a watch did in one go."""

from dataclasses import dataclass, field

from regintel.jobs.crawl import CrawlReport
from regintel.jobs.sent import Sent


@dataclass
class Round:
    """From a call to the end of what it called for."""

    crawled: list[CrawlReport] = field(default_factory=list)
    labelled: int = 0
    digests: int = 0
    sent: Sent = field(default_factory=Sent)
    failed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        ok = sum(each.ok for each in self.crawled)
        told = {
            f"{ok} of {len(self.crawled)} sources read": self.crawled,
            f"{self.labelled} documents labelled": self.labelled,
            f"{self.digests} digests built": self.digests,
            f"{self.sent.sent} messages sent": self.sent.sent,
            f"{self.sent.failed} messages refused": self.sent.failed,
            f"failed: {', '.join(self.failed)}": self.failed,
        }
        return ", ".join(words for words, some in told.items() if some)

    @property
    def read(self) -> set[str]:
        """Ids of the sources that were asked, whatever they answered."""
        return {each.run.source for each in self.crawled}
