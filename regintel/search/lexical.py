"""A query's words as an FTS5 expression that never errors."""

import re

from regintel.text.terms import terms

# Words of a question that say nothing of its subject.
ASIDE = frozenset({
    "a", "about", "an", "and", "are", "as", "at", "be", "by", "can", "do", "does", "each", "for", "from", "how",
    "in", "is", "it", "of", "on", "or", "say", "says", "that", "the", "their", "there", "these", "this", "to",
    "under", "was", "what", "when", "where", "which", "who", "why", "with",
})  # fmt: skip
PHRASE = re.compile(r'"([^"]+)"')


def words_of(query: str) -> list[str]:
    """Return the query's words as they were written, without those that only ask."""
    found = [word.strip(".,;:?!()\"'") for word in query.split()]
    wanted = [word for word in found if re.search(r"\w", word) and word.casefold() not in ASIDE]
    return wanted or [word for word in found if re.search(r"\w", word)]


def expression(query: str) -> str | None:
    """Return the expression, or none when the query holds no word.

    Phrases in quotation marks stay phrases; so do words with signs in them, such as dockets: `FDA-2023-D-5259`.
    """
    phrases = [terms(phrase) for phrase in PHRASE.findall(query)]
    rest = terms(" ".join(words_of(PHRASE.sub(" ", query))))
    parts = [*phrases, *rest.split()]
    quoted = [f'"{part.replace(chr(34), " ")}"' for part in parts if re.search(r"\w", part)]
    return " OR ".join(dict.fromkeys(quoted)) or None
