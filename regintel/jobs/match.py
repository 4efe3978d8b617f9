"""Hold new changes against every project, once they are labelled; and records that are handed in against one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np

from regintel.classify.classifier import Classification
from regintel.classify.reading import MOST_TEXT
from regintel.classify.verdict import Vectors
from regintel.clock import Clock, iso
from regintel.encoder import Encoder
from regintel.jobs.submission import Submission
from regintel.jobs.tag import Labeller, Refused, batches
from regintel.notify.match import About, Judged, judge
from regintel.notify.projects import Profile
from regintel.records import Change, Document, Labels, Match, Version
from regintel.store.database import Index
from regintel.store.documents import versions_by_id
from regintel.store.labels import document_vectors, labels_of, scores_of
from regintel.store.matches import add_match, unmatched


def match(
    index: Index, encoder: Encoder, profiles: list[Profile], names: Mapping[str, str], clock: Clock, backlog_days: int
) -> int:
    """Write what each project makes of each change it was not held against yet; return how many are relevant.

    :param names: labels' ids as people write them.
    :param backlog_days: how far back a project looks that is new to the index.
    """
    relevant = 0
    for profile in profiles:
        matches = fresh_matches(index, encoder, profile, names, clock, backlog_days)
        with index.transaction():
            for each in matches:
                add_match(index, each, iso(clock.now()))
        relevant += sum(each.relevant for each in matches)
    return relevant


def fresh_matches(
    index: Index, encoder: Encoder, profile: Profile, names: Mapping[str, str], clock: Clock, backlog_days: int
) -> list[Match]:
    """Return what a project makes of each change it was not held against yet; writes nothing."""
    since = iso(clock.now() - timedelta(days=backlog_days))
    found = unmatched(index, profile.id, since)
    if not found:
        return []
    return Judge(index, profile, names, closeness(index, encoder, profile)).matches(found)


class Judge:
    """Holds what the index knows against one project; writes nothing."""

    def __init__(
        self, index: Index, profile: Profile, names: Mapping[str, str], closeness: Mapping[str, float] | None = None
    ) -> None:
        """Build it.

        :param names: labels' ids as people write them.
        :param closeness: which share of the index is less like the project's description than a document is, by its
            id; it is told as a reason and changes no verdict, so that it may be left out.
        """
        self._index = index
        self._profile = profile
        self._names = names
        self._closeness = closeness or {}

    def matches(self, changes: Sequence[Change]) -> list[Match]:
        """Return what the project makes of changes, each as the version tells it that it led to."""
        versions = versions_by_id(self._index, [change.version for change in changes])
        asked = [(change.document, change.agency, versions[change.version]) for change in changes]
        return [
            Match(each.id, self._profile.id, judged.score, judged.relevant, judged.must_not_miss, judged.reasons)
            for each, judged in zip(changes, self._judged(asked), strict=True)
        ]

    def documents(self, documents: Sequence[Document]) -> list[Judged]:
        """Return what the project makes of documents as they are now."""
        return self._judged([(each.id, each.agency, each.current) for each in documents])

    def _judged(self, asked: Sequence[tuple[str, str, Version]]) -> list[Judged]:
        about = _about(self._index, [document for document, _, _ in asked])
        return [
            judge(
                self._profile,
                agency=agency,
                title=version.title,
                words=f"{version.summary}\n{version.change_note or ''}",
                about=about[document],
                names=self._names,
                closeness=self._closeness.get(document),
            )
            for document, agency, version in asked
        ]


def _about(index: Index, ids: list[str]) -> dict[str, About]:
    labels, kinds, topics = labels_of(index, ids), scores_of(index, ids, "modality"), scores_of(index, ids, "topic")
    return {each: About(labels.get(each, Labels()), kinds.get(each, {}), topics.get(each, {})) for each in ids}


def closeness(index: Index, encoder: Encoder, profile: Profile) -> dict[str, float]:
    """Return for each document which share of the index is less like the project's description than it is."""
    if not profile.description.strip():
        return {}
    names, matrix = document_vectors(index, encoder.identity.key)
    if not names:
        return {}
    scores = matrix @ encoder.encode_query(profile.description)
    ranks = np.argsort(np.argsort(scores)) / max(1, len(names) - 1)
    return dict(zip(names, (float(rank) for rank in ranks), strict=True))


def match_records(
    lines: Iterable[bytes], labeller: Labeller, encoder: Encoder, profile: Profile, names: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Yield what a project makes of each line, in order; nothing of an index is read or written."""
    judge_of = _RecordJudge(labeller, encoder, profile, names)
    for batch in batches(lines):
        taken = [each for each in batch if isinstance(each, Submission)]
        found = iter(labeller.labelled(taken))
        for each in batch:
            yield each.as_json() if isinstance(each, Refused) else judge_of.answer(each, *next(found))


class _RecordJudge:
    """Holds records against one project."""

    def __init__(self, labeller: Labeller, encoder: Encoder, profile: Profile, names: Mapping[str, str]) -> None:
        self._profile = profile
        self._names = names
        self._wanted = encoder.encode_query(profile.description) if profile.description.strip() else None
        usual = labeller.background @ self._wanted if self._wanted is not None else np.zeros(0)
        self._usual = np.sort(usual)

    def answer(self, record: Submission, found: Classification, vector: Vectors) -> dict[str, Any]:
        """Return the answer to a line."""
        judged = judge(
            self._profile,
            agency=record.agency,
            title=record.title,
            words=record.text[:MOST_TEXT],
            about=about_of(found),
            names=self._names,
            closeness=self._closeness(vector),
        )
        told = {"score": judged.score, "relevant": judged.relevant, "must_not_miss": judged.must_not_miss}
        return {"id": record.key, **told, "reasons": list(judged.reasons)}

    def _closeness(self, vector: Vectors) -> float | None:
        """Return the share of the background that is less like the project's description than a record is."""
        if self._wanted is None:
            return None
        return float(np.searchsorted(self._usual, vector @ self._wanted) / len(self._usual))


def about_of(found: Classification) -> About:
    """Return what a document is about, from its classification."""
    kinds, topics = (
        {each.label: each.score for each in found.evidence if each.scheme == scheme} for scheme in ("modality", "topic")
    )
    return About(found.labels, kinds, topics)
