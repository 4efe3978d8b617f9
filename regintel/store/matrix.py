"""Topics by agencies: how many documents are in force, in draft, or neither."""

from collections.abc import Iterator
from dataclasses import dataclass

from regintel.store.database import Index
from regintel.store.facets import STAGE
from regintel.store.labels import LATEST
from regintel.vocabulary import Stage

IN_FORCE = (Stage.FINAL, Stage.REVISED)
IN_DRAFT = (Stage.DRAFT, Stage.CONCEPT)


@dataclass(frozen=True)
class Cell:
    """What one agency has on one topic."""

    topic: str
    agency: str
    in_force: int
    draft: int
    other: int
    """Withdrawn, superseded, for information, or without a stage in their list."""


def cells(index: Index, modality: str | None = None) -> Iterator[Cell]:
    """Yield the cells that hold a document; a document counts for every agency that knows it.

    :param modality: only documents with this label.
    """
    sql = f"""
        SELECT labels.label AS topic, known.agency AS agency,
            sum({STAGE} IN ('final', 'revised')) AS in_force,
            sum({STAGE} IN ('draft', 'concept')) AS draft,
            sum({STAGE} NOT IN ('final', 'revised', 'draft', 'concept')) AS other
        FROM documents
        JOIN versions ON versions.id = documents.version
        {LATEST}
        JOIN labels ON labels.classification = classifications.id AND labels.scheme = 'topic' AND labels.accepted
        JOIN (SELECT DISTINCT document, agency FROM document_keys) AS known ON known.document = documents.id
        WHERE :modality IS NULL OR EXISTS (
            SELECT 1 FROM labels AS made WHERE made.classification = classifications.id AND made.accepted
              AND made.scheme = 'modality' AND made.label = :modality)
        GROUP BY 1, 2"""  # noqa: S608  (parts are ours)
    for row in index.rows(sql, {"modality": modality}):
        yield Cell(**row)
