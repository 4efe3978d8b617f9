"""Words of a question that say whose documents are meant: "Japanese guideline on …", "what does FDA expect …".

They are a preference, not a filter: another agency's document on the same matter comes after, and `agency:` narrows.
ICH is none of them: its texts are documents of every agency.
"""

import re

from regintel.vocabulary import Agency

# Short ones in capitals only: "us" and "cat" are words. What they mean in names of things is left alone: Chinese
# hamster ovary, Japanese encephalitis, European Pharmacopoeia, US Pharmacopeia.
_PHARMACOPOEIA = r"(?i:\ pharmacop)"
WORDS = {
    Agency.FDA: (
        rf"(?i:\bfda\b)|\b(?:US|U\.S\.|USA|CBER|CDER)(?![\w-])(?!{_PHARMACOPOEIA})"
        r"|\b(?:the )?United States\b|美国|米国"
    ),
    Agency.EMA: (
        rf"(?i:\bema\b)|\b(?:EU|CHMP|EMEA)(?![\w-])|(?i:\beurope\b)|\bEuropean(?: Union)?\b(?!{_PHARMACOPOEIA})"
        r"|欧盟|欧州"
    ),
    Agency.MHRA: rf"(?i:\bmhra\b)|\bUK(?![\w-])|\bBritish\b(?!{_PHARMACOPOEIA})|\bUnited Kingdom\b|英国",
    Agency.PMDA: (
        rf"(?i:\b(?:pmda|mhlw|japan)\b)|(?i:\bjapanese\b)(?!(?i:\ encephalitis)|{_PHARMACOPOEIA})"
        r"|日本(?!薬局方|药典)|厚生労働省|厚労省"
    ),
    Agency.NMPA: (
        r"(?i:\b(?:nmpa|china)\b)"
        rf"|(?i:\bchinese\b)(?!(?i:\ (?:hamster|medicin|materia|herb))|{_PHARMACOPOEIA})|\b(?:CDE|CFDA)\b"
        r"|中国(?!药典|薬典)|国家药监局|药审中心"
    ),
}
PATTERNS = {agency: re.compile(pattern) for agency, pattern in WORDS.items()}


def meant(text: str) -> dict[Agency, str]:
    """Return the agencies that a text means, each with the word that says so.

    >>> meant("Japanese guideline on computerised systems")
    {<Agency.PMDA: 'pmda'>: 'Japanese'}
    """
    hits = {agency: pattern.search(text) for agency, pattern in PATTERNS.items()}
    return {agency: hit[0] for agency, hit in hits.items() if hit}


def without(text: str) -> str:
    """Return a text without such words; the text itself where nothing else is left of it."""
    bare = text
    for pattern in PATTERNS.values():
        bare = pattern.sub(" ", bare)
    return bare if len(bare.split()) > 1 else text
