"""How many messages a second are built and rendered.

    PYTHONPATH=. python benchmarks/messages.py

Items are made from the real titles of `data/labels/development.jsonl`, in three languages, with reasons, labels, notes
and deadlines as digests have them. Rendering goes from the items to the JSON of the blocks for the outbox.
Beside it the baseline of the same run: `json.dumps` of the same items, what any program that stores them has to do.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

from regintel.classify.taxonomy import load_taxonomy
from regintel.glossary import Glossary
from regintel.notify.gist import gist
from regintel.notify.message import Message, alerts, messages, plain_text
from regintel.records import Digest, DigestItem, LabelScore, SourceHealth
from regintel.vocabulary import ChangeKind, SourceState, Stage

ROOT = Path(__file__).parent.parent
SIZES = (1, 10, 100)
SECONDS = 1.5
"""How long each is measured."""
AGENCIES = ("fda", "ema", "mhra", "pmda", "nmpa", "ich")


def items(count: int, glossary: Glossary) -> Iterator[DigestItem]:
    lines = (ROOT / "data/labels/development.jsonl").read_text(encoding="utf-8").splitlines()
    kinds, stages = list(ChangeKind), list(Stage)
    for number, line in zip(range(count), lines * (1 + count // len(lines)), strict=False):
        told = json.loads(line)
        agency, language = str(told["agency"]).lower(), str(told.get("language") or "en")
        days = number % 60 if number % 3 == 0 else None
        yield DigestItem(
            change=number,
            document=f"{agency}:{number}",
            kind=kinds[number % len(kinds)],
            silent=number % 7 == 0,
            at="2026-11-04T06:02:00Z",
            agency=agency,
            issuer=agency,
            source=f"{agency}_guidance",
            title=told["title"],
            url=f"https://www.example.org/{agency}/documents/{number}?language={language}&version=2",
            status="draft",
            stage=stages[number % len(stages)],
            was="final" if number % 2 else None,
            summary="",
            change_note="Updated the section on point-of-care manufacture & modular sites."
            if number % 5 == 0
            else None,
            language=language,
            published="2026-11-03",
            comment_closes="2026-12-01" if days is not None else None,
            days_left=days,
            modalities=(LabelScore("cell_therapy_engineered", 0.9),),
            topics=(LabelScore("potency", 0.8), LabelScore("comparability", 0.7)),
            score=(number * 37 % 100) / 100,
            must_not_miss=number % 11 == 0,
            reasons=("about your product type: Cell therapy: CAR-T / genetically engineered", "on Potency assays"),
            differences=("title reworded", "effective 2025-08-25 → 2026-08-25", "attachments replaced"),
            gist=gist(told["title"], language, glossary),
        )


def digest(count: int, glossary: Glossary) -> Digest:
    healthy = SourceHealth(
        "fda_guidance", "fda", "FDA guidance documents", SourceState.OK, "2026-11-04T06:02:11Z", None, 2_812
    )
    sources = tuple(replace(healthy, source=f"source_{n}", agency=AGENCIES[n % len(AGENCIES)]) for n in range(28))
    told = tuple(items(count, glossary))
    return Digest("cart", "Autologous CAR-T", "C0123", "2026-11-04T12:00:00Z", "2026-11-04", told, sources, 4_223)


def written(made: tuple[Message, ...]) -> int:
    return sum(len(json.dumps(message.blocks, ensure_ascii=False)) + len(message.text) for message in made)


def rate(call: Callable[[], object]) -> float:
    """Return how often a second it can be called."""
    call()
    began, calls = time.perf_counter(), 0
    while time.perf_counter() - began < SECONDS:
        call()
        calls += 1
    return calls / (time.perf_counter() - began)


def main() -> None:
    taxonomy, glossary = load_taxonomy(ROOT / "config/taxonomy.toml"), Glossary.load(ROOT / "config")
    names = {each.id: each.label for each in (*taxonomy.modality, *taxonomy.topic)}
    print("| items | messages a digest | digests/s | messages/s | with buttons, digests/s | as alerts, messages/s "
          "| plain text/s | json.dumps of the items/s |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|")
    for count in SIZES:
        made = digest(count, glossary)
        stored = [asdict(each) for each in made.items]
        parts, singles = len(messages(made, names)), len(alerts(made, names))
        digests = rate(lambda made=made: written(messages(made, names)))
        asked = rate(lambda made=made: written(messages(made, names, buttons=True)))
        alerted = rate(lambda made=made: written(alerts(made, names))) * singles
        plain = rate(lambda made=made: plain_text(made, names))
        baseline = rate(lambda stored=stored: json.dumps(stored, ensure_ascii=False))
        print(f"| {count} | {parts} | {digests:,.0f} | {digests * parts:,.0f} | {asked:,.0f} | {alerted:,.0f} "
              f"| {plain:,.0f} | {baseline:,.0f} |")  # fmt: skip
    titles = [each for each in made.items if each.gist]
    told = rate(lambda: [gist(each.title, each.language, glossary) for each in titles]) * len(titles)
    print(f"\nGists: {told:,.0f} titles/s ({len(titles)} of {count} titles have one).")


if __name__ == "__main__":
    main()
