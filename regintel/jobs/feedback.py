"""Labels that people in Slack doubted, as titles to learn from: `regintel train --feedback`.

Off by default: whoever is in a channel may press a button, and is no labeller. Corrections (`regintel label`) go first.
"""

from collections.abc import Collection, Iterable

from regintel.classify.examples import Example
from regintel.classify.taxonomy import NO_MODALITY, NO_TOPIC, Taxonomy
from regintel.records import LabelScore
from regintel.store.database import Index
from regintel.store.documents import documents
from regintel.store.feedback import doubted_labels
from regintel.store.labels import labels_of


def feedback_examples(index: Index, taxonomy: Taxonomy, corrected: Collection[str] = ()) -> list[Example]:
    """Return the documents whose labels people called wrong, with the labels they would have.

    :param corrected: ids of documents of which a labeller has spoken; these are left out.
    """
    doubted = doubted_labels(index)
    labels = labels_of(index, doubted)
    modalities, topics = {each.id for each in taxonomy.modality}, {each.id for each in taxonomy.topic}
    return [
        Example(
            id=document.id,
            agency=document.agency,
            language=document.language,
            title=document.current.title,
            excerpt=document.current.summary,
            url=document.current.url,
            published=document.current.published or "",
            filed=document.current.topics,
            modalities=_given(labels[document.id].modalities, doubted[document.id], modalities, NO_MODALITY),
            topics=_given(labels[document.id].topics, doubted[document.id], topics, NO_TOPIC),
            by="said in Slack",
        )
        for document in documents(index, (name for name in doubted if name not in corrected))
        if document.id in labels and document.current.title
    ]


def _given(
    present: Iterable[LabelScore], doubts: tuple[frozenset[str], frozenset[str]], known: set[str], nothing: str
) -> tuple[str, ...]:
    """Return the labels of one kind, less the wrong and with the missing; the exclusive one alone, or never."""
    wrong, missing = doubts
    if nothing in missing:
        return (nothing,)
    ids = dict.fromkeys([*(each.id for each in present), *sorted(missing & known)])
    return tuple(each for each in ids if each not in wrong | {nothing}) or (nothing,)
