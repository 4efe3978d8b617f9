"""Terms of a query as FTS5 expressions that never error: everything is quoted, nothing is FTS5's syntax."""

import re
from collections.abc import Iterable, Sequence

from regintel.search.reading import Term
from regintel.text.terms import terms


def parts_of(wanted: Iterable[Term]) -> list[str]:
    """Return an expression for each word of the terms, each once.

    Phrases and numbers stay together; of a run of Chinese or Japanese each pair of characters counts.
    """
    return list(dict.fromkeys(f'"{part}"' for term in wanted for part in _parts(term)))


def any_of(parts: Iterable[str]) -> str | None:
    """Return the expression of documents that hold any of the parts, or none when there is none."""
    return " OR ".join(parts) or None


def all_of(term: Term) -> str | None:
    """Return the expression of documents that hold a term as it is written; none when it holds no word."""
    words = " ".join(_words(term.text))
    return f'"{words}"' if words else None


def one_of(group: Sequence[Term]) -> str | None:
    """Return the expression of documents that hold a term of a group as it is written."""
    return " OR ".join(filter(None, map(all_of, group))) or None


def in_reference(term: Term) -> str:
    """Return the expression of documents that bear a number themselves, not only name it."""
    return f"reference : {all_of(term)}"


def _parts(term: Term) -> list[str]:
    words = _words(term.text)
    return [" ".join(words)] if (term.exact or term.number) and words else words


def _words(text: str) -> list[str]:
    """Return a text as it was indexed, word by word; none of them holds FTS5's own signs for strings."""
    plain = terms(text.replace('"', " ").replace("\0", " "))
    return [word for word in plain.split() if re.search(r"\w", word)]
