"""A tiny deterministic encoder (placeholder until the encoder's author replaces it)."""
import hashlib
import re

import numpy as np

from regintel.encoder import ModelIdentity


class TinyEncoder:
    @property
    def identity(self):
        return ModelIdentity(name="tiny", revision="1", dimension=64, query_prefix="", document_prefix="", pooling="bag")

    def encode_documents(self, texts):
        return np.stack([self.encode_query(text) for text in texts])

    def encode_query(self, text):
        v = np.zeros(64, np.float32)
        for w in re.findall(r"\w+", text.lower()):
            v[int(hashlib.md5(w.encode()).hexdigest(), 16) % 64] += 1
        return v / (np.linalg.norm(v) or 1)
