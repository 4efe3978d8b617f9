"""What cron calls: crawl, classify, match, alarm, digest, notify, under one lock.

Each step reads what is committed and commits what it did, so a killed run is taken up where it stopped.
"""

from collections.abc import Callable
from dataclasses import dataclass

from regintel.clock import iso
from regintel.house import House
from regintel.jobs.alarms import announce
from regintel.jobs.classify import Classified, classify
from regintel.jobs.conditions import after_sending, conditions
from regintel.jobs.crawl import CrawlReport, crawl
from regintel.jobs.digest import Built, DigestDesk
from regintel.jobs.index import bring_up_to_date
from regintel.jobs.match import match
from regintel.jobs.notify import Postman
from regintel.jobs.senders import Sender, outlets_of, sender_of
from regintel.jobs.sent import Sent, without_sender
from regintel.store.database import Index
from regintel.store.subscriptions import channels_of


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
    classified = label(house, index)
    notify, sender = house.config.settings.notify, sender_of(house.config.secrets)
    announce(index, conditions(house, index), notify, house.clock)
    digests = tell(house, index)
    sent = send(house, index, sender)
    announce(index, after_sending(house, index), notify, house.clock)  # goes out with the next sending
    bring_up_to_date(index, house.encoder)  # last: nobody waits for it
    return DailyRun(reports, classified, digests, sent, previewed=is_speechless(house, sender))


def label(house: House, index: Index, *, everything: bool = False) -> Classified:
    """Label what has no label."""
    return classify(index, house.encoder, house.taxonomy, house.clock, house.shelf, everything=everything)


def tell(house: House, index: Index) -> list[Built]:
    """Hold what is new against each project, and build what is due."""
    projects, days = list(house.projects.values()), house.config.settings.notify.max_backlog_days
    match(index, house.encoder, projects, house.names, house.clock, days)
    return desk(house, index).build(projects)


def send(house: House, index: Index, sender: Sender | None, go_on: Callable[[], bool] = lambda: True) -> Sent:
    """Send what is due; without a sender for Slack, what goes there waits."""
    notify, outlets = house.config.settings.notify, outlets_of(house.config.secrets)
    if is_speechless(house, sender):
        return without_sender(index)
    return Postman(index, sender, notify, house.clock, outlets=outlets, go_on=go_on).send()


def is_speechless(house: House, sender: Sender | None) -> bool:
    """Return whether there is no credential, neither for Slack nor for another way out."""
    return sender is None and outlets_of(house.config.secrets) is None


def desk(house: House, index: Index) -> DigestDesk:
    """Return where digests are built."""
    notify, now = house.config.settings.notify, iso(house.clock.now())
    return DigestDesk(
        index,
        list(house.sources.values()),
        house.names,
        notify,
        house.clock,
        channels=lambda profile: channels_of(index, profile.id, profile.channel, now),
        buttons=house.config.secrets.app_token is not None,
        glossary=house.glossary,
    )
