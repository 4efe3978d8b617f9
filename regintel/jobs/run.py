"""What cron calls: crawl, classify, match, alarm, digest, notify, under one lock.

Each step reads what is committed and commits what it did, so a killed run is taken up where it stopped.
"""

from dataclasses import dataclass

from regintel.house import House
from regintel.jobs.alarms import raise_alarms
from regintel.jobs.classify import Classified, classify
from regintel.jobs.crawl import CrawlReport, crawl
from regintel.jobs.digest import Built, DigestDesk
from regintel.jobs.match import match
from regintel.jobs.notify import Postman, Sent, sender_of, without_sender
from regintel.store.database import Index


@dataclass(frozen=True)
class DailyRun:
    """What a daily run did."""

    crawl: list[CrawlReport]
    classified: Classified
    digests: list[Built]
    sent: Sent
    previewed: bool
    """Whether there was no credential, so that digests are shown and wait."""

    @property
    def partial(self) -> bool:
        """Return whether an enabled source was not read, or a delivery did not go out that should have."""
        return any(not report.ok for report in self.crawl) or self.sent.partial


def run(house: House, index: Index) -> DailyRun:
    """Do the day's work."""
    reports = crawl(house.config, index, house.enabled, house.clock)
    return after_crawl(house, index, reports)


def after_crawl(house: House, index: Index, reports: list[CrawlReport]) -> DailyRun:
    """Do what follows a crawl."""
    notify = house.config.settings.notify
    classified = label(house, index)
    projects = list(house.projects.values())
    match(index, house.encoder, projects, house.names, house.clock, notify.max_backlog_days)
    raise_alarms(index, house.enabled, notify, house.clock)
    digests = desk(house, index).build(projects)
    sender = sender_of(house.config.secrets)
    sent = Postman(index, sender, notify, house.clock).send() if sender else without_sender(index)
    return DailyRun(reports, classified, digests, sent, previewed=sender is None)


def label(house: House, index: Index, *, everything: bool = False) -> Classified:
    """Label what has no label."""
    return classify(index, house.encoder, house.taxonomy, house.clock, house.shelf, everything=everything)


def desk(house: House, index: Index) -> DigestDesk:
    """Return where digests are built."""
    return DigestDesk(index, list(house.sources.values()), house.names, house.config.settings.notify, house.clock)
