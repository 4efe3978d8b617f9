"""How a query is read. It never errors: what cannot be obeyed is left out, and a note says so.

potency assay                 documents that hold any of the words, or mean the same
"chain of identity"           must be there, word for word
lentiviral OR AAV             one of them must be there (OR, AND and NOT in capitals)
-veterinary                   must not be there
FDA-2023-D-5259               a docket or reference must be there
agency:ema,fda topic:potency  narrow: agency modality topic status since until lang source type
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches

from regintel.records import SearchFilters

MOST = 1000
"""Characters of a query that are read."""

FIELDS = {
    "agency": "agency", "modality": "modality", "topic": "topic", "status": "status", "since": "since",
    "until": "until", "lang": "language", "language": "language", "source": "source", "type": "document_type",
}  # fmt: skip
"""As they are typed, and the filter that each sets."""

# Words of a question that say nothing of its subject.
ASIDE = frozenset({
    "a", "about", "an", "and", "are", "as", "at", "be", "by", "can", "do", "does", "each", "for", "from", "how",
    "in", "is", "it", "of", "on", "or", "say", "says", "that", "the", "their", "there", "these", "this", "to",
    "under", "was", "what", "when", "where", "which", "who", "why", "with",
})  # fmt: skip

# -agency:"x y"  agency:ema  -word  "a phrase"  FDA-2023-D-5259
TOKEN = re.compile(r'(?P<minus>-)?(?:(?P<field>[A-Za-z]+):)?(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\s"]+))')
# FDA-2023-D-5259, EMA/CAT/22473/2025, CHMP/437/04, 2001/83/EC: three parts or more, three digits or more
NUMBER = re.compile(r"(?=(?:\D*\d){3})\w+(?:[-/]\w+){2,}", re.ASCII)
# 薬生機審発0709第2号, 2025年第86号
NUMBERED = re.compile(r"\S*\d\S*号")
DAY = re.compile(r"\d{4}(?:-\d\d){0,2}")
OPERATORS = frozenset({"OR", "|", "AND", "NOT"})


@dataclass(frozen=True)
class Term:
    """A word, phrase or number of a query."""

    text: str
    exact: bool = False
    """Whether it was quoted: its words must stand together."""
    number: bool = False
    """Whether it is a docket or reference."""


@dataclass(frozen=True)
class Reading:
    """A query as it is understood."""

    free: tuple[Term, ...] = ()
    """Any of them may be there."""
    required: tuple[tuple[Term, ...], ...] = ()
    """Of each group one must be there."""
    excluded: tuple[Term, ...] = ()
    filters: SearchFilters = field(default_factory=SearchFilters)
    text: str = ""
    """What is asked, without fields and exclusions, for the model that reads meaning."""
    notes: tuple[str, ...] = ()

    @property
    def terms(self) -> tuple[Term, ...]:
        """All that is looked for, in no order that matters."""
        return tuple(dict.fromkeys((*self.free, *(term for group in self.required for term in group))))

    @property
    def words(self) -> list[str]:
        """The words to show where they stand."""
        return [term.text for term in self.terms]

    @property
    def only_numbers(self) -> bool:
        """Return whether nothing but dockets and references is asked for: then likeness in meaning says nothing."""
        return bool(self.terms) and all(term.number for term in self.terms)


def reading(query: str) -> Reading:
    """Return how a query is read."""
    plain = "".join(each if each.isprintable() else " " for each in unicodedata.normalize("NFKC", query))
    notes = [f"only the first {MOST} characters of the query were read"] if len(plain) > MOST else []
    plain = plain[:MOST].translate({ord(sign): '"' for sign in "“”„"})
    if plain.count('"') % 2:
        at = plain.rindex('"')
        plain = f"{plain[:at]} {plain[at + 1 :]}"
        notes.append("a quotation mark without its pair was left out")
    return _Parser(notes).parsed(plain)


class _Parser:
    """Takes a query token by token."""

    def __init__(self, notes: list[str]) -> None:
        self._notes = notes
        self._groups: list[list[Term]] = []
        """Terms joined by OR stand in one group."""
        self._musts: set[int] = set()
        """Groups that AND makes required."""
        self._excluded: list[Term] = []
        self._told: dict[str, list[str]] = {}
        self._pending: str | None = None

    def parsed(self, plain: str) -> Reading:
        for token in TOKEN.finditer(plain):
            self._take(token)
        if self._pending:
            self._lone(self._pending)
        required = [group for at, group in enumerate(self._groups) if self._is_required(at, group)]
        free = [term for at, group in enumerate(self._groups) if not self._is_required(at, group) for term in group]
        telling = [term for term in free if term.text.casefold() not in ASIDE]
        if not telling and not required:
            telling = free
        asked = " ".join(term.text for group in self._groups for term in group)
        filters = self._filters()
        return Reading(
            free=tuple(dict.fromkeys(telling)),
            required=tuple(dict.fromkeys(tuple(group) for group in required)),
            excluded=tuple(dict.fromkeys(self._excluded)),
            filters=filters,
            text=asked,
            notes=tuple(dict.fromkeys(self._notes)),
        )

    def _is_required(self, at: int, group: list[Term]) -> bool:
        return at in self._musts or len(group) > 1 or group[0].exact or group[0].number

    def _take(self, token: re.Match[str]) -> None:
        name, quoted, bare = token["field"], token["quoted"], token["bare"]
        if name and name.lower() in FIELDS:
            self._narrow(name.lower(), quoted if quoted is not None else bare, excluded=bool(token["minus"]))
            return
        if quoted is None and not token["minus"] and not name and bare in OPERATORS:
            self._operate("OR" if bare == "|" else bare)
            return
        if quoted is None and not name and bare.endswith(":") and bare[:-1].lower() in FIELDS:
            self._notes.append(f"{bare} names no value: left out")
            return
        if name and name.lower() not in {"http", "https"}:
            self._notes.append(f"{name}: is no field, and was read as a word (fields: {', '.join(FIELDS)})")
        texts = [*([name] if name else []), quoted if quoted is not None else bare]
        for text in texts:
            self._add(text, exact=quoted is not None and text is quoted, excluded=bool(token["minus"]))

    def _operate(self, word: str) -> None:
        if self._pending or (word in {"OR", "AND"} and not self._groups):
            self._lone(word)
            return
        self._pending = word

    def _lone(self, word: str) -> None:
        self._notes.append(f"{word} joins nothing here: left out")
        self._pending = None

    def _add(self, text: str, *, exact: bool, excluded: bool) -> None:
        text = " ".join(text.split()) if exact else text.strip(".,;:?!()[]'`")
        if not re.search(r"\w", text):
            return
        number = not exact and bool(NUMBER.fullmatch(text) or NUMBERED.fullmatch(text))
        term = Term(text, exact, number)
        joined, self._pending = self._pending, None
        if excluded or joined == "NOT":
            self._excluded.append(term)
        elif joined == "OR" and self._groups:
            self._groups[-1].append(term)
        else:
            self._groups.append([term])
            if joined == "AND":
                self._musts |= {len(self._groups) - 2, len(self._groups) - 1}

    def _narrow(self, name: str, value: str, *, excluded: bool) -> None:
        if excluded:
            self._notes.append(f"-{name}: only words can be excluded: left out")
            return
        values = [each.strip() for each in value.split(",") if each.strip()]
        if not values:
            self._notes.append(f"{name}: names no value: left out")
        if name in {"since", "until"}:
            self._narrow_days(name, values)
            return
        self._told.setdefault(FIELDS[name], []).extend(values)

    def _narrow_days(self, name: str, values: list[str]) -> None:
        for value in values:
            if _is_day(value):
                self._told[name] = [value]
            else:
                self._notes.append(f"{name}:{value} is no day (2025, 2025-01 or 2025-01-31): left out")

    def _filters(self) -> SearchFilters:
        lists = {name: tuple(dict.fromkeys(values)) for name, values in self._told.items() if name not in DAYS}
        days = {name: values[-1] for name, values in self._told.items() if name in DAYS}
        return replace(SearchFilters(), **lists, **days)  # type: ignore[arg-type]


DAYS = frozenset({"since", "until"})


def _is_day(text: str) -> bool:
    if not DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(f"{text}-01-01"[:10] if len(text) < len("2025-01-31") else text)
    except ValueError:
        return False
    return True


def known_only(filters: SearchFilters, known: dict[str, frozenset[str]]) -> tuple[SearchFilters, list[str]]:
    """Return the filters without values that nothing in the index bears, and what to say of these.

    :param known: what may be asked for, by filter, in any case.
    """
    kept: dict[str, tuple[str, ...]] = {}
    notes: list[str] = []
    for name, values in _lists(filters):
        here = {each.lower(): each for each in known[name]}
        kept[name] = tuple(here[value.lower()] for value in values if value.lower() in here)
        strange = [value for value in values if value.lower() not in here]
        notes += [f"unknown {name} {value!r}: left out{_hint(value, sorted(here))}" for value in strange]
    return replace(filters, **kept), notes  # type: ignore[arg-type]


def _lists(filters: SearchFilters) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name in dict.fromkeys(FIELDS.values()):
        values = getattr(filters, name)
        if isinstance(values, tuple) and values:
            yield name, values


def _hint(value: str, known: list[str]) -> str:
    begun = [each for each in known if each.startswith(value.lower())]
    near = begun or get_close_matches(value.lower(), known, 3, 0.6) or (known if len(known) < 12 else [])
    return f" (known: {', '.join(near[:8])})" if near else ""
