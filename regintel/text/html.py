"""HTML bodies to clean text: blocks on lines of their own, a table's row on one line, scripts and forms left out."""

import re

from bs4 import BeautifulSoup, Tag

from regintel.text.titles import INVISIBLE

BLOCKS = ("p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "div", "section", "dt", "dd", "blockquote", "pre", "tr")
DROPPED = ("script", "style", "noscript", "template", "form", "nav", "svg")


def text_of(html: str) -> str:
    """Return a fragment's words, one block a line, headings marked `## `, table cells joined by ` | `."""
    soup = BeautifulSoup(html, "lxml")
    for node in soup(DROPPED):
        node.decompose()
    for row in soup("tr"):
        cells = [" ".join(cell.get_text(" ").split()) for cell in row(["td", "th"])]
        row.string = " | ".join(cells)
    for line_break in soup("br"):
        line_break.replace_with("\n")
    for node in soup(BLOCKS):
        _on_its_own_line(node)
    lines = (" ".join(INVISIBLE.sub("", line).split()) for line in soup.get_text().split("\n"))
    return "\n".join(line for line in lines if line)


def _on_its_own_line(node: Tag) -> None:
    if re.fullmatch("h[1-6]", node.name):
        node.insert(0, "## ")
    node.insert(0, "\n")
    node.append("\n")
