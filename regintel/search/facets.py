"""How many of the documents that answer there are of each agency, stage, language and label."""

from collections import Counter
from collections.abc import Mapping, Sequence

from regintel.store.holdings import Holdings, LabelScores


def facets_of(held: Holdings, places: Sequence[int]) -> Mapping[str, Mapping[str, int]]:
    """Return the counts by facet and value, the most frequent first."""
    counted = {
        "agency": Counter(name for at in places for name in held.agencies[at]),
        "stage": Counter(str(held.stages[at]) for at in places),
        "language": Counter(str(held.languages[at]) for at in places),
        "source": Counter(name for at in places for name in held.sources[at]),
        "document_type": Counter(held.types[at] for at in places),
        "modality": _labels(held.modality, places),
        "topic": _labels(held.topic, places),
    }
    return {
        name: dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))) for name, counts in counted.items()
    }


def _labels(held: LabelScores, places: Sequence[int]) -> dict[str, int]:
    counts = held.accepted[list(places)].sum(axis=0).tolist() if places else [0] * len(held.ids)
    return {name: count for name, count in zip(held.ids, counts, strict=True) if count}
