"""How documents spread over agencies, stages, labels, languages and years: the counts beside a search."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from regintel.store.database import Index
from regintel.store.labels import LATEST
from regintel.store.search import SHOWN_AS

STAGE = SHOWN_AS.format(name="stage")
ISSUED = "substr(coalesce(versions.published, versions.updated), 1, 4)"
"""The year by which the search's `since` and `until` narrow."""

_AMONG = "FROM json_each(:names) AS name CROSS JOIN documents ON documents.id = name.value"
"""CROSS keeps SQLite from beginning with all labels there are, which took 20 s where this order takes 30 ms."""
_SHOWN = f"{_AMONG} CROSS JOIN versions ON versions.id = documents.version"
_LABELS = f"""
    SELECT labels.label AS value, count(*) AS n {_AMONG} {LATEST.replace("JOIN", "CROSS JOIN", 1)}
    CROSS JOIN labels ON labels.classification = classifications.id AND labels.accepted AND labels.scheme = '{{scheme}}'
    GROUP BY 1"""

QUERIES = {
    # A document is of every agency that knows it, as in the search's own filter.
    "agency": f"""
        SELECT known.agency AS value, count(DISTINCT documents.id) AS n
        {_AMONG} CROSS JOIN document_keys AS known ON known.document = documents.id GROUP BY 1""",
    "status": f"SELECT {STAGE} AS value, count(*) AS n {_SHOWN} GROUP BY 1",
    "modality": _LABELS.format(scheme="modality"),
    "topic": _LABELS.format(scheme="topic"),
    "language": f"SELECT documents.language AS value, count(*) AS n {_AMONG} GROUP BY 1",
    "year": f"SELECT {ISSUED} AS value, count(*) AS n {_SHOWN} GROUP BY 1",
}


@dataclass(frozen=True)
class Facet:
    """One value, and how many documents bear it."""

    value: str
    count: int


def facets(index: Index, names: Sequence[str]) -> dict[str, list[Facet]]:
    """Return the counts of each facet among documents, the most frequent first; years newest first."""
    told = {"names": json.dumps(list(names))}
    found = {
        name: [Facet(row["value"], row["n"]) for row in index.rows(sql, told) if row["value"]]
        for name, sql in QUERIES.items()
    }
    for name, counted in found.items():
        counted.sort(key=lambda each: each.value, reverse=name == "year")
        if name != "year":
            counted.sort(key=lambda each: -each.count)
    return found
