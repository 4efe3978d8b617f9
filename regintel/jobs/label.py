"""What a person says of a document's labels: written down with name and reason, and stronger than the model's."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from regintel.classify.examples import Example
from regintel.classify.taxonomy import NO_MODALITY, NO_TOPIC, Taxonomy
from regintel.clock import Clock, iso
from regintel.exceptions import UsageError
from regintel.records import Labels
from regintel.store.corrections import Correction, add_corrections, corrected_documents
from regintel.store.database import Index
from regintel.store.documents import document
from regintel.store.labels import labels_of


@dataclass(frozen=True)
class Corrected:
    """What a person said, and what it makes of the document."""

    document: str
    by: str
    reason: str
    labels: Labels

    def as_json(self) -> dict[str, object]:
        """Return what `--json` prints of it."""
        return {"id": self.document, "by": self.by, "reason": self.reason, **asdict(self.labels)}


SIGNS: Mapping[str, bool | None] = {"+": True, "-": False, "?": None}


def correct(
    index: Index, taxonomy: Taxonomy, name: str, words: Sequence[str], clock: Clock, *, by: str, reason: str
) -> Corrected:
    """Write what a person says, and return what the document's labels are now.

    :param words: `+label`, `-label`, or `?label` to take back what was said of it.
    :raises UsageError: for an unknown document or label, or a word without a sign.
    """
    found = document(index, name)
    if found is None:
        raise UsageError(f"unknown document {name!r} (`regintel search` gives ids)")
    said = [_correction(taxonomy, word, by, reason) for word in words]
    with index.transaction():
        add_corrections(index, found.id, said, iso(clock.now()))
    return Corrected(found.id, by, reason, labels_of(index, [found.id]).get(found.id, Labels()))


def corrected_examples(index: Index) -> list[Example]:
    """Return the documents that people corrected as labelled titles, with all their labels as they are now."""
    rows = corrected_documents(index)
    labels = labels_of(index, [row["id"] for row in rows])
    return [
        Example(
            id=row["id"],
            agency=row["agency"],
            language=row["language"],
            title=row["title"],
            excerpt=row["summary"] or "",
            url=row["url"],
            published=row["published"],
            filed=tuple(row["topics"]),
            modalities=tuple(label.id for label in labels[row["id"]].modalities) or (NO_MODALITY,),
            topics=tuple(label.id for label in labels[row["id"]].topics) or (NO_TOPIC,),
            by="corrected in this index",
        )
        for row in rows
        if row["id"] in labels
    ]


def _correction(taxonomy: Taxonomy, word: str, by: str, reason: str) -> Correction:
    sign, label = word[:1], word[1:]
    if sign not in SIGNS:
        raise UsageError(f"{word!r}: +{word}, -{word} or ?{word} (to take back what was said of it)")
    schemes = {each.id: "modality" for each in taxonomy.modality} | {each.id: "topic" for each in taxonomy.topic}
    if label not in schemes:
        raise UsageError(f"unknown label {label!r} (ids are those of config/taxonomy.toml)")
    return Correction(schemes[label], label, SIGNS[sign], by, reason)
