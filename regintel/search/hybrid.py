"""Two rankings made one: reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009)."""

from collections.abc import Sequence

K = 60
"""The paper's constant: how little the very top counts above what follows it."""


def fused(*rankings: Sequence[str]) -> list[tuple[str, float]]:
    """Return the documents of all rankings, best first, each with the sum of 1 / (K + rank)."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, name in enumerate(ranking, start=1):
            scores[name] = scores.get(name, 0.0) + 1 / (K + rank)
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
