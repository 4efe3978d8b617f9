"""The model card, docs/classifier.md: benchmarks/model_card.md filled with what `regintel evaluate` found."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from regintel.classify.examples import Example
from regintel.classify.shelf import Shelf
from regintel.classify.taxonomy import Taxonomy

NAMES = {
    "modality_macro_f1": "modality macro-F1",
    "modality_micro_f1": "modality micro-F1",
    "topic_macro_f1": "topic macro-F1",
    "topic_micro_f1": "topic micro-F1",
    "cmc_recall": "CMC recall",
    "cmc_precision": "CMC precision",
}


def model_card(found: dict[str, Any], taxonomy: Taxonomy, shelf: Shelf) -> str:
    """Return the page."""
    head = shelf.head(found["model"], taxonomy.key)
    told = {
        **found,
        "how": found["how"].capitalize(),
        "method": head.method if head else "none",
        "figures": _figures(found),
        "labels": _per_label(found, taxonomy),
        "confusion": _confusion(found),
        **_data("", shelf.development),
        **_data("teaching_", shelf.teaching),
        **{name: found["per_language"][name]["micro_f1"] for name in ("en", "ja_zh")},
    }
    return (Path(__file__).parent / "model_card.md").read_text(encoding="utf-8").format(**told)


def _data(kind: str, examples: Sequence[Example]) -> dict[str, str]:
    languages = Counter(each.language for each in examples).most_common()
    by = Counter(each.by for each in examples).items()
    return {
        f"{kind}languages": ", ".join(f"{count} {name}" for name, count in languages),
        f"{kind}by": "; ".join(f"{name} ({count})" for name, count in by),
    }


def _figures(found: dict[str, Any]) -> str:
    languages, base = found["per_language"], found["baselines"]
    parts = {
        "with agency's topics": found["with_agency_topics"],
        "keywords": base["keywords"],
        "TF-IDF": base["tfidf"],
        "en": languages["en"],
        "ja, zh": languages["ja_zh"],
        "not ambiguous": found["not_ambiguous"],
    }
    rows = []
    for name, told in NAMES.items():
        low, high = found["intervals"][name]
        others = (f"{part[name]:.3f}" for part in parts.values())
        rows.append([told, f"**{found[name]:.3f}**", f"{low:.3f} to {high:.3f}", *others])
    return _table(["", "regintel", "95 %", *parts], rows)


def _per_label(found: dict[str, Any], taxonomy: Taxonomy) -> str:
    labels = {each.id: each.label for each in (*taxonomy.modality, *taxonomy.topic)}
    rows = []
    for name, told in found["per_label"].items():
        figures = (f"{told[each]:.2f}" for each in ("precision", "recall", "f1"))
        rows.append([f"`{name}`", labels[name], str(told["positives"]), *figures])
    return _table(["id", "label", "titles", "precision", "recall", "F1"], rows)


def _confusion(found: dict[str, Any]) -> str:
    rows = [[f"`{each['is']}`", f"`{each['said']}`", str(each["titles"])] for each in found["confusion"]]
    return _table(["is, and was missed", "was said", "titles"], rows)


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
