"""Where in its document a found snippet stands."""

import unicodedata

from regintel.records import Hit
from regintel.store.database import Index
from regintel.store.texts import passages_of
from regintel.text.snippets import MARK


def passage_of(index: Index, hit: Hit) -> int | None:
    """Return the number of the passage that a hit's snippet was cut from; none where it is of no passage."""
    words = words_of(hit.snippet)
    here = [
        each
        for each in passages_of(index, hit.document.current.text_hash)
        if each["page"] == hit.page and each["section"] == hit.section
    ]
    return next((each["number"] for each in here if words and words in flat(each["text"])), None)


def words_of(snippet: str) -> str:
    """Return a snippet's words as they stand in the text it was cut from; `…` stands where it was cut."""
    return flat(snippet.replace(MARK, "").strip("… "))


def flat(text: str) -> str:
    """Return a text on one line, its forms of characters alike."""
    return " ".join(unicodedata.normalize("NFKC", text).split())
