"""A model that fits in a test: hashed words and character 3-grams, 64 numbers, no weights."""

import re
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from regintel.encoder import ModelIdentity

DIMENSION = 64


class TinyEncoder:
    """Obeys the Encoder protocol: texts that share words or letters are near to each other, in any process."""

    identity = ModelIdentity("tiny", "1", DIMENSION, "", "", "sum")

    def __init__(self) -> None:
        self.asked: list[str] = []
        """Every text that a vector was made for."""

    def encode_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.extend(texts)
        return np.array([_vector(text) for text in texts], dtype=np.float32).reshape(-1, DIMENSION)

    def encode_query(self, text: str) -> NDArray[np.float32]:
        return self.encode_documents([text])[0]


def _vector(text: str) -> NDArray[np.float32]:
    low = f" {text.lower()} "
    pieces = [*re.findall(r"\w+", low) * 3, *(low[at : at + 3] for at in range(len(low) - 2))]
    vector = np.zeros(DIMENSION, np.float32)
    for piece in pieces:
        code = zlib.crc32(piece.encode("utf-8", "replace"))
        vector[code % DIMENSION] += 1 if code & 0x8000 else -1
    length = float(np.linalg.norm(vector))
    return vector / np.float32(length) if length else np.eye(1, DIMENSION, dtype=np.float32)[0]
