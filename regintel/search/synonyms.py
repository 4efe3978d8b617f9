"""A query's words as other languages, and other people, write them: from the glossary of regulators' words."""

from collections.abc import Mapping, Sequence

from regintel.glossary import LANGUAGES, Glossary, Role, folded

# 日, 中: any character of Japanese or Chinese.
EASTERN = ("\u3040", "\u9fff")


class GlossarySynonyms:
    """Knows the subjects that the glossary holds; words for kinds of documents and stages widen too much."""

    def __init__(self, glossary: Glossary) -> None:
        self._glossary = glossary

    def __call__(self, text: str) -> Mapping[str, Sequence[str]]:
        """Return other spellings of the words of a text, by language."""
        plain = folded(text).casefold()
        spoken = ("ja", "zh") if any(EASTERN[0] <= each <= EASTERN[1] for each in plain) else ("en",)
        terms = dict.fromkeys(
            found.term
            for language in spoken
            for found in self._glossary.spotted(text, language)
            if found.term.role is Role.SUBJECT
        )
        return {
            language: tuple(dict.fromkeys(
                spelling for term in terms for spelling in term.spellings(language)
                if len(spelling) > 1 and folded(spelling).casefold() not in plain
            ))
            for language in LANGUAGES
        }  # fmt: skip
