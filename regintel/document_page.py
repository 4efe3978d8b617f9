"""One document, as people read it on a terminal: how it stands, its days, what it is about, where that comes from."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.text import Text

from regintel.answers import Answer
from regintel.logs import printable
from regintel.tables import change_words, said, table

DAYS = {
    "published": "issued", "updated": "updated", "effective": "in effect", "comment_closes": "comments close",
    "first_seen": "first seen",
}  # fmt: skip
"""The contract's names of dates, and how people call them."""


def document_page(answer: Answer, names: Mapping[str, str]) -> Group:
    """Return a document's page.

    :param answer: what `show --json` prints.
    :param names: labels' ids as people write them.
    """
    told: Mapping[str, Any] = answer
    head, versions = told["document"], told["versions"]
    quoted = {name: words for each in versions for name, words in each["quoted"].items()}
    parts: list[RenderableType] = [*_head(head), *_part("dates", ("", "day", "in the agency's words"), (
        [DAYS[name], head[name], quoted.get(name, "")] for name in DAYS if head[name]
    ))]  # fmt: skip
    parts += _part("labels, by the model", ("about", "id", "score", "because"), (
        [names.get(each["label"], each["label"]), each["label"], f"{each['score']:.3f}", each["evidence"]]
        for each in told["labels"] if each["accepted"]
    ))  # fmt: skip
    parts += _part("changes", ("seen", "change", "what"), (
        [_moment(each["at"]), *change_words(each["summary"], each["title"])] for each in told["changes"]
    ))  # fmt: skip
    parts += _part("versions", ("", "read", "source", "status", "issued", "from", "record, and former title"), (
        [each["number"], _moment(each["at"]), each["source"], each["status"], each["published"], each["provenance"],
         _record(each, head["title"])] for each in versions
    ))  # fmt: skip
    parts += _part("sightings", ("source", "seen from", "to", "key"), (
        [each["source"], _moment(each["opened_at"]), _moment(each["closed_at"]) or "still there", each["key"]]
        for each in told["sightings"]
    ))  # fmt: skip
    parts += _part("merges", ("what", "source", "at", "by", "reason"), (
        [each["what"], each["source"], _moment(each["at"]), each["by"], each["reason"]] for each in told["merges"]
    ))  # fmt: skip
    return Group(*parts)


def _head(head: Mapping[str, Any]) -> list[RenderableType]:
    """Return what a document is and how it stands."""
    issuer = head["issuer"] if head["issuer"] and head["issuer"] != head["agency"] else ""
    stage = head["stage"] if head["stage"] not in {head["status"], "unstated"} else ""
    status = head["status"].replace("_", " ") + (f" ({stage})" if stage else "")
    kind = head["document_type"].replace("_", " ") if head["document_type"] != head["status"] else ""
    number = head["reference"] if not head["id"].endswith(f":{head['reference']}") else ""
    facts = [head["agency"].upper(), issuer.upper(), status, kind, number]
    note = f"the agency's note: {head['change_note']}" if head["change_note"] else ""
    words = len(head["text"])
    return [
        Text(printable(head["title"]), style="bold"),
        said(" · ".join(filter(None, facts))),
        Text(printable(head["url"]), style="dim"),
        Text(printable(head["id"]), style="dim"),
        *(said(each) for each in (note, head["summary"]) if each),
        said(f"{words:,} characters of text read (--json has them)" if words else "no text of it was read"),
    ]


def _part(heading: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[RenderableType]:
    """Return a table under its heading; nothing where there are no rows."""
    shown = list(rows)
    return [Rule(heading, align="left"), table(*columns, rows=shown)] if shown else []


def _record(version: Mapping[str, Any], title: str) -> Text:
    """Return the archived response a version was read from, and its title where that was another."""
    record = said((version["record"] or "").removeprefix("<urn:uuid:").removesuffix(">"))
    return Text.assemble(record, "\n", said(version["title"])) if version["title"] != title else record


def _moment(text: str | None) -> str:
    """Return a moment without its seconds: `2025-10-15 12:00`, UTC."""
    return text[:16].replace("T", " ") if text else ""
