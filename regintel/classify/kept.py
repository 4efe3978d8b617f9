"""Vectors of the shipped texts by the default model, so that nothing of them is embedded at run time.

Prototypes and examples are some 1,800 texts, two minutes to embed on two busy cores. Half precision keeps
cosines to four decimals and the file below 1.5 MB. With another model the file is not used.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from regintel.classify.prototypes import Embed, Vectors
from regintel.exceptions import ClassifyError


def kept_vectors(path: Path, model: str) -> dict[str, Vectors]:
    """Return the vectors that a file keeps, by `name_of` their texts; none where it is of another model, or missing.

    :raises ClassifyError: when the file is damaged.
    """
    if not path.is_file():
        return {}
    try:
        with np.load(path, allow_pickle=False) as kept:
            if str(kept["model"]) != model:
                return {}
            names, rows = kept["names"].tolist(), kept["vectors"].astype(np.float32)
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise ClassifyError(f"{path}: no vectors: {error}") from error
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-9))
    return dict(zip(names, rows, strict=True))


def keep_vectors(path: Path, model: str, texts: Iterable[str], embed: Embed) -> None:
    """Write the vectors of some texts."""
    distinct = sorted(set(texts))
    rows = embed(distinct).astype(np.float16)
    np.savez_compressed(path, model=model, names=np.array([name_of(text) for text in distinct]), vectors=rows)


def remembering(known: Mapping[str, Vectors], embed: Embed) -> Embed:
    """Return an `embed` that asks only for what is not known yet."""
    remembered = dict(known)

    def answer(texts: Sequence[str]) -> Vectors:
        names = [name_of(text) for text in texts]
        new = {name: text for name, text in zip(names, texts, strict=True) if name not in remembered}
        if new:
            remembered.update(zip(new, embed(list(new.values())), strict=True))
        return np.stack([remembered[name] for name in names])

    return answer


def name_of(text: str) -> str:
    """Return the short hash that stands for a text."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:20]
