"""An English gist of a Japanese or Chinese title, by glossary: the words that are known, in the title's order.

It is no translation. What it is about is named where the glossary knows it; `…` stands for words that it does not know,
so that nobody takes the gist for the whole title. The kind of document comes first, with where it stands in brackets:
`guideline (draft for comment) · gene therapy product · comparability`. Letters of the Latin alphabet (`PIC/S`, `ICH
S1B(R1)`) are passed on as they are.
"""

import re
from collections.abc import Iterator

from regintel.glossary import Found, Glossary, Role, folded

FOREIGN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff々\u30a1-\u30fa\u30fc]")
"""A Chinese character or katakana: where Japanese grammar is written, in hiragana, no word is missed."""
LATIN = re.compile(r"[A-Z][A-Za-z0-9/&-]*[A-Za-z0-9](?:\([A-Z0-9]+\))?")
"""An abbreviation or a code of at least two signs, beginning with a capital: PIC/S, S1B(R1)."""
GAP = "…"
BRIEF = 12
"""Words after which a gist ends with `…`."""


def gist(title: str, language: str, glossary: Glossary) -> str:
    """Return the gist of a title; empty where the glossary knows nothing of what the title is about.

    :param language: the title's; of any other than `ja` and `zh` there is no gist.
    """
    if language.partition("-")[0].lower() not in {"ja", "zh"}:
        return ""
    found = glossary.spotted(title, language)
    if all(each.term.role is not Role.SUBJECT for each in found):
        return ""
    words = list(_words(folded(title), found, glossary.framing(language)))
    shown = words[:BRIEF] + ([GAP] if len(words) > BRIEF and words[BRIEF - 1] != GAP else [])
    return " · ".join(filter(None, [_kind(found), *shown]))


def _kind(found: tuple[Found, ...]) -> str:
    """Return what kind of document it is, and where that stands."""
    kinds, stages = (
        list(dict.fromkeys(each.term.gloss for each in found if each.term.role is role))
        for role in (Role.DOCUMENT, Role.STAGE)
    )
    marks = f"({', '.join(stages)})" if stages and kinds else ", ".join(stages)
    return " ".join(filter(None, [", ".join(kinds), marks]))


def _words(title: str, found: tuple[Found, ...], framing: re.Pattern[str]) -> Iterator[str]:
    """Yield what the title is about, once each, and a `…` for what stands between and is not known."""
    told: set[str] = set()
    last = ""
    for word in _all_words(title, found, framing):
        if (word != GAP and word not in told) or word == GAP != last:
            yield word
            told.add(word)
            last = word


def _all_words(title: str, found: tuple[Found, ...], framing: re.Pattern[str]) -> Iterator[str]:
    end = 0
    for each in found:
        yield from _unknown(title[end : each.start], framing)
        if each.term.role in {Role.SUBJECT, Role.GENERAL}:
            yield each.term.gloss
        end = each.end
    yield from _unknown(title[end:], framing)


def _unknown(text: str, framing: re.Pattern[str]) -> Iterator[str]:
    """Yield the abbreviations in words that no term covers, and a `…` for others."""
    left = framing.sub(" ", text)
    yield from LATIN.findall(left)
    if FOREIGN.search(left):
        yield GAP
