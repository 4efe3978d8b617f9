"""How pages are written: Jinja2 with everything escaped, and the few things that templates ask of Python."""

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from regintel import __version__
from regintel.house import House
from regintel.notify.gist import gist
from regintel.notify.mrkdwn import clean
from regintel.text.snippets import MARK, found_words
from regintel.web.links import Here, document_link, outside

FOLDER = Path(__file__).parent
LANGUAGES = {"en": "English", "ja": "Japanese", "zh": "Chinese"}
LANG_TAGS = {"ja": "ja", "zh": "zh-Hans"}
STAGES = {
    "final": "in force", "revised": "in force, revised", "draft": "draft", "concept": "concept",
    "withdrawn": "withdrawn", "superseded": "superseded", "information": "for information",
    "unstated": "stage not stated",
}  # fmt: skip
KINDS = {
    "new": "New", "revised": "Revised", "status_changed": "Status changed", "deadline_changed": "Deadline changed",
    "withdrawn": "Withdrawn", "restored": "Restored",
}  # fmt: skip
FIELDS = {
    "published": "Published", "updated": "Updated", "revised_at": "Revised", "effective": "Takes effect",
    "comment_opens": "Comments open", "comment_closes": "Comments close", "first_seen": "First seen by regintel",
}  # fmt: skip


class Paper:
    """Writes pages from templates."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "agency": str.upper,
            "clean": clean,
            "day": lambda moment: (moment or "")[:10],
            "label": self._label,
            "language": lambda code: LANGUAGES.get(code, code),
            "lang": lang,
            "kind": lambda kind: KINDS.get(kind, kind),
            "marked": marked,
            "minute": lambda moment: (moment or "")[:16].replace("T", " ") + " UTC" if moment else "",
            "outside": outside,
            "stage": lambda stage: STAGES.get(stage, stage),
            "highlighted": highlighted,
            "gist": lambda title, language: gist(title, language, house.glossary),
        }
        self._environment.globals |= {"document_link": document_link, "version": __version__, "fields": FIELDS}

    def page(self, request: Request, name: str, *, status: int = 200, **told: Any) -> HTMLResponse:
        """Return a page.

        :param name: of the template, without its ending.
        """
        here = Here(request.url.path, request.query_params.multi_items())
        at_gate = request.app.state.gate is not None
        words = self._environment.get_template(f"{name}.html").render(here=here, at_gate=at_gate, **told)
        # Half of a character, which a URL cannot hold but a file may, is shown as a mark.
        return HTMLResponse(words.encode("utf-8", "replace"), status)

    def _label(self, name: str) -> str:
        return self._house.names.get(name, name.replace("_", " "))


def lang(code: str) -> str:
    """Return the language tag of a document's words where it is not the page's own; empty where it is."""
    return LANG_TAGS.get(code, "" if code == "en" else code)


def marked(snippet: str) -> Markup:
    """Return a snippet with its found words marked; all else in it is only text."""
    parts = [escape(part) for part in snippet.split(MARK)]
    return Markup("").join(
        Markup("<mark>{}</mark>").format(part) if number % 2 else part for number, part in enumerate(parts)
    )


def highlighted(text: str, words: Sequence[str]) -> Markup:
    """Return a text with words marked, as a snippet marks them."""
    plain = unicodedata.normalize("NFKC", text)
    pattern = found_words(words)
    if pattern is None:
        return escape(plain)
    return marked(pattern.sub(lambda found: f"{MARK}{found[0]}{MARK}", plain.replace(MARK, "∗∗")))


def paper_of(request: Request) -> Paper:
    """Return what pages are written on."""
    paper: Paper = request.app.state.paper
    return paper


def names(labels: Mapping[str, str], ids: Sequence[str]) -> list[str]:
    """Return labels as people write them."""
    return [labels.get(each, each) for each in ids]
