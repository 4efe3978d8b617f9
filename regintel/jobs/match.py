"""Hold new changes against every project, once they are labelled."""

from collections.abc import Mapping
from datetime import timedelta

import numpy as np

from regintel.clock import Clock, iso
from regintel.encoder import Encoder
from regintel.notify.match import judge
from regintel.notify.projects import Profile
from regintel.records import Labels, Match
from regintel.store import outbox
from regintel.store.database import Index
from regintel.store.documents import versions_by_id
from regintel.store.labels import document_vectors, labels_of


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
                outbox.add_match(index, each, iso(clock.now()))
        relevant += sum(each.relevant for each in matches)
    return relevant


def fresh_matches(
    index: Index, encoder: Encoder, profile: Profile, names: Mapping[str, str], clock: Clock, backlog_days: int
) -> list[Match]:
    """Return what a project makes of each change it was not held against yet; writes nothing."""
    since = iso(clock.now() - timedelta(days=backlog_days))
    found = outbox.unmatched(index, profile.id, since)
    if not found:
        return []
    ids = [change.document for change in found]
    labels = labels_of(index, ids)
    versions = versions_by_id(index, [change.version for change in found])
    closeness = _closeness(index, encoder, profile)
    matches = []
    for change in found:
        version = versions[change.version]
        judged = judge(
            profile,
            agency=change.agency,
            title=version.title,
            words=f"{version.summary}\n{version.change_note or ''}",
            labels=labels.get(change.document, Labels()),
            names=names,
            closeness=closeness.get(change.document),
        )
        matches.append(
            Match(change.id, profile.id, judged.score, judged.relevant, judged.must_not_miss, judged.reasons)
        )
    return matches


def _closeness(index: Index, encoder: Encoder, profile: Profile) -> dict[str, float]:
    """Return for each document which share of the index is less like the project's description than it is."""
    if not profile.description.strip():
        return {}
    names, matrix = document_vectors(index, encoder.identity.key)
    if not names:
        return {}
    scores = matrix @ encoder.encode_query(profile.description)
    ranks = np.argsort(np.argsort(scores)) / max(1, len(names) - 1)
    return dict(zip(names, (float(rank) for rank in ranks), strict=True))
