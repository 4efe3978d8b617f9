"""Words for the lexical index, of text and query alike.

Latin text is left to the tokenizer. Chinese and Japanese have no spaces, and the index's tokenizer would take a whole
run of them for one word: runs are cut into overlapping pairs of characters, so that two are enough to find.
"""

import re
import unicodedata

# Han, Hiragana, Katakana with its long-vowel mark, the iteration mark.
RUN = re.compile(r"[\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")


def terms(text: str) -> str:
    """Return text as it is indexed: NFKC, runs of Chinese and Japanese as pairs of characters.

    >>> terms("再生医療 GMP")
    ' 再生 生医 医療  GMP'
    """
    return RUN.sub(_pairs, unicodedata.normalize("NFKC", text))


def _pairs(run: re.Match[str]) -> str:
    word = run[0]
    pairs = [word] if len(word) == 1 else [word[at : at + 2] for at in range(len(word) - 1)]
    return f" {' '.join(pairs)} "
