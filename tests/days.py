"""Days on which lists are read without a process, and documents are labelled without a model."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from regintel.clock import Clock, iso
from regintel.house import House
from regintel.items import GuidanceItem
from regintel.jobs.match import match
from regintel.notify.projects import Profile
from regintel.records import Run
from regintel.store import runs
from regintel.store.database import Index
from regintel.store.labels import add_classification, unlabelled
from regintel.store.remember import Listing
from regintel.vocabulary import RunState

FDA = "fda_guidance"
LABELLED = {"cmc_score": 0.0, "is_cmc_relevant": False, "abstained": True}


def item(key: str, title: str = "CAR-T potency assays", source: str = FDA, **told: Any) -> GuidanceItem:
    """A draft, unless it is told otherwise."""
    known = {"url": f"https://example.org/{key}", "title": title, "status": "draft", "stage": "draft"}
    return GuidanceItem(source=source, key=key, **{**known, **told})


class Days:
    """An index, and what was read into it day by day."""

    def __init__(self, house: House, index: Index) -> None:
        self.house, self.index = house, index
        self.day = "2025-10-13"
        self._listed: dict[str, dict[str, GuidanceItem]] = {}

    @property
    def clock(self) -> Clock:
        return Clock(datetime.fromisoformat(f"{self.day}T12:00:00").replace(tzinfo=UTC))

    def read(
        self,
        day: str,
        *items: GuidanceItem,
        source: str = FDA,
        gone: tuple[str, ...] = (),
        baseline: bool = False,
        labels: Mapping[str, float] | None = None,
        cmc: float = 0.0,
    ) -> None:
        """Read a list that holds what it held, and these; then label what is new, all of it alike.

        :param gone: keys that it holds no more.
        """
        held = self._listed.setdefault(source, {})
        held |= {each.key: each for each in items}
        for key in gone:
            del held[key]
        self.day = day
        at = iso(self.clock.now())
        (row,) = self.index.rows("SELECT count(*) AS n FROM runs")
        name = f"{source}-{row['n']}"
        listing = Listing(self.index, self.house.sources[source], name, at, baseline=baseline)
        with self.index.transaction():
            counts = listing.remember(list(held.values()), [], set(), complete=True)
            told = (RunState.OK, "", baseline, len(held), len(held), counts, 1, 0, 1.0)
            runs.add_run(self.index, Run(name, source, at, at, *told), [], [])
        self.label(labels, cmc)

    def fail(self, day: str, source: str = FDA) -> None:
        """Note that a list could not be read."""
        self.day = day
        at = iso(self.clock.now())
        with self.index.transaction():
            run = Run(f"{source}-{at}", source, at, at, RunState.FAILED, "HTTP 503", False, 0, 0, {}, 1, 0, 1.0)
            runs.add_run(self.index, run, [], [])

    def label(self, modalities: Mapping[str, float] | None = None, cmc: float = 0.0) -> None:
        """Label what has no labels: with the same ones everywhere, or with none, so that keywords decide."""
        for each in unlabelled(self.index, "none", "none", "none"):
            head = {"version": each.version, "document": each.document, "hash": each.title, "at": iso(self.clock.now())}
            made = {"model": "none", "taxonomy": "none", "method": "none"}
            about = {**LABELLED, "cmc_score": cmc, "is_cmc_relevant": cmc > 0.5, "abstained": not modalities}
            labels: Sequence[dict[str, object]] = [
                {"scheme": "modality", "label": label, "score": score, "accepted": score > 0.5, "evidence": "test"}
                for label, score in (modalities or {}).items()
            ]
            with self.index.transaction():
                add_classification(self.index, {**head, **made, **about}, labels)

    def match(self, *profiles: Profile) -> int:
        return match(self.index, self.house.encoder, list(profiles), self.house.names, self.clock, 14)
