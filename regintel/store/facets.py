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

_OF_DOCUMENTS = "FROM documents JOIN versions ON versions.id = documents.version"
_AMONG = "documents.id IN (SELECT value FROM json_each(:names))"
_LABELS = f"""
    SELECT labels.label AS value, count(*) AS n FROM documents {LATEST}
    JOIN labels ON labels.classification = classifications.id AND labels.accepted AND labels.scheme = '{{scheme}}'
    WHERE {_AMONG} GROUP BY 1"""  # noqa: S608  (parts are ours)

QUERIES = {
    # A document is of every agency that knows it, as in the search's own filter.
    "agency": f"""
        SELECT value, count(*) AS n FROM (
            SELECT DISTINCT documents.id, known.agency AS value
            FROM documents JOIN document_keys AS known ON known.document = documents.id WHERE {_AMONG})
        GROUP BY 1""",  # noqa: S608
    "status": f"SELECT {STAGE} AS value, count(*) AS n {_OF_DOCUMENTS} WHERE {_AMONG} GROUP BY 1",
    "modality": _LABELS.format(scheme="modality"),
    "topic": _LABELS.format(scheme="topic"),
    "language": f"SELECT documents.language AS value, count(*) AS n {_OF_DOCUMENTS} WHERE {_AMONG} GROUP BY 1",
    "year": f"SELECT {ISSUED} AS value, count(*) AS n {_OF_DOCUMENTS} WHERE {_AMONG} GROUP BY 1",
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
