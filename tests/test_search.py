"""Search: how a query is read, who answers it, and what is shown."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from regintel.answers import search_answer
from regintel.exceptions import UsageError
from regintel.glossary import Glossary
from regintel.house import House
from regintel.jobs.index import bring_up_to_date
from regintel.jobs.ingest import ingest
from regintel.jobs.retrieval import Answered, Query, read_queries, retrieval
from regintel.records import QueryLabels, SearchFilters
from regintel.search import jurisdictions, lexical
from regintel.search.modes import Mode
from regintel.search.ranking import Weights
from regintel.search.reading import MOST, Term, reading
from regintel.search.searcher import Searcher
from regintel.search.synonyms import GlossarySynonyms
from regintel.store.database import Index, open_index
from regintel.store.labels import add_classification
from regintel.store.migrations import migrations
from regintel.store.passage_vectors import coverage, keep_passage_vectors, passage_cosines
from regintel.store.search import allowed
from regintel.store.words import words_are_due
from regintel.text.snippets import MARK, Folded, snippet, unmarked
from regintel.text.terms import terms
from tests.places import ROOT
from tests.tiny import TinyEncoder

FILLER = "\n".join(
    f"Paragraph {number} is about nothing in particular. {'Words follow words. ' * 40}" for number in range(6)
)

RECORDS = (
    {"id": "potency", "title": "Potency Tests for Cellular and Gene Therapy Products", "agency": "fda",
     "status": "final", "published": "2011-01-01",
     "text": f"## Introduction\n{FILLER}\n## Lot release\nA lentiviral vector is released by "
     f"its potency; the chain of identity is kept. FDA-2023-D-5259 is another docket.\n{FILLER}"},
    {"id": "stability", "title": "Stability testing of biological products", "agency": "ema", "status": "final",
     "published": "2019-03-01", "text": "Stability of AAV vectors. EMA/CAT/22473/2025 says more."},
    {"id": "draft", "title": "Stability testing of biological products", "agency": "ema", "status": "draft",
     "published": "2024-03-01", "text": "Stability of AAV vectors. EMA/CAT/22473/2025 says more."},
    {"id": "ja", "title": "再生医療等製品の品質に関する通知 薬生機審発0709第2号", "agency": "pmda", "language": "ja",
     "published": "2024-07-09", "text": "力価試験の考え方を示す。"},
    {"id": "zh", "title": "细胞治疗产品药学研究技术指导原则", "agency": "nmpa", "language": "zh",
     "published": "2022-05-31"},
    {"id": "animal", "title": "Veterinary stability and potency", "agency": "fda", "published": "2023-01-01"},
)  # fmt: skip


@pytest.fixture
def filled(house: House, index: Index, tmp_path: Path) -> Index:
    """An index of six documents with vectors and labels."""
    path = tmp_path / "records.jsonl"
    path.write_text("\n".join(json.dumps(each, ensure_ascii=False) for each in RECORDS), encoding="utf-8")
    ingest(house.config, index, [path], house.clock, by="a test", baseline=True, otherwise={})
    for each in RECORDS:
        _classify(index, str(each["id"]), str(each["title"]))
    return index


def _classify(index: Index, name: str, title: str) -> None:
    model = TinyEncoder.identity.key
    version = index.row("SELECT version FROM documents WHERE id = ?", [name])
    assert version
    vector = TinyEncoder().encode_query(title)
    with index.transaction():
        index.write("INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)", [name, model, vector.tobytes()])
        cell = name in {"ja", "zh"}
        add_classification(
            index,
            {
                "version": version["version"],
                "document": name,
                "hash": name,
                "model": model,
                "taxonomy": "t",
                "method": "m",
                "at": "2025-10-15",
                "cmc_score": 0.9,
                "is_cmc_relevant": True,
                "abstained": False,
            },
            [
                {"scheme": "topic", "label": label, "score": score, "accepted": score > 0.5, "evidence": ""}
                for label, score in (("potency", 0.9 if name in {"potency", "ja"} else 0.0), ("stability", 0.1))
            ]
            + [
                {"scheme": "modality", "label": "cell", "score": 0.9 if cell else 0.0, "accepted": cell, "evidence": ""}
            ],
        )


def found(index: Index, query: str, *, mode: Mode = Mode.HYBRID, **filters: object) -> list[str]:
    told = Searcher(TinyEncoder()).search(index, query, SearchFilters(**filters), mode=mode)  # type: ignore[arg-type]
    return [hit.document.id for hit in told.hits]


def notes(index: Index, query: str, **told: object) -> str:
    return " | ".join(Searcher(TinyEncoder()).search(index, query, SearchFilters(), **told).notes)  # type: ignore[arg-type]


# How a query is read


def test_a_question_is_read_as_its_telling_words():
    assert [term.text for term in reading("What does FDA expect for potency?").free] == ["FDA", "expect", "potency"]
    assert [term.text for term in reading("is it").free] == ["is", "it"]
    assert reading("?!").terms == ()


@pytest.mark.parametrize(
    ("query", "required"),
    [
        ('"chain of identity" audit', [["chain of identity"]]),
        ("lentiviral OR AAV", [["lentiviral", "AAV"]]),
        ("lentiviral OR AAV OR retroviral potency", [["lentiviral", "AAV", "retroviral"]]),
        ("potency AND stability", [["potency"], ["stability"]]),
        ("FDA-2023-D-5259", [["FDA-2023-D-5259"]]),
        ("EMA/CAT/22473/2025 potency", [["EMA/CAT/22473/2025"]]),
        ("ＥＭＡ／ＣＡＴ／２２４７３／２０２５", [["EMA/CAT/22473/2025"]]),
        ("薬生機審発０７０９第２号", [["薬生機審発0709第2号"]]),
        ("CAR-T COVID-19 Q5A(R2) IL-2", []),
    ],
)
def test_phrases_numbers_and_alternatives_must_be_there(query, required):
    assert [[term.text for term in group] for group in reading(query).required] == required


def test_what_is_excluded_is_not_looked_for():
    read = reading('potency -veterinary NOT tobacco -"animal drug"')
    assert [term.text for term in read.excluded] == ["veterinary", "tobacco", "animal drug"]
    assert read.text == "potency"


def test_fields_narrow_also_several_at_once():
    read = reading("agency:EMA,fda lang:ja since:2025 until:2025-06-30 type:guideline potency")
    assert read.filters == SearchFilters(
        agency=("EMA", "fda"), language=("ja",), since="2025", until="2025-06-30", document_type=("guideline",)
    )
    assert read.words == ["potency"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ('potency "of CAR-T', "a quotation mark without its pair"),
        ("OR potency", "OR joins nothing"),
        ("potency OR", "OR joins nothing"),
        ("potency OR AND stability", "AND joins nothing"),
        ("since:yesterday potency", "since:yesterday is no day"),
        ("until:2025-02-30 potency", "until:2025-02-30 is no day"),
        ("agency: potency", "agency: names no value"),
        ("-agency:fda potency", "only words can be excluded"),
        ("docket:12 potency", "docket: is no field"),
        ("x" * (MOST + 1), f"only the first {MOST} characters"),
    ],
)
def test_what_cannot_be_obeyed_is_left_out_and_said(query, said):
    assert any(said in note for note in reading(query).notes)
    assert reading(query).terms


def test_countries_and_agencies_are_read_but_not_the_names_of_things():
    assert set(jurisdictions.meant("Japanese guideline, as FDA and the EU have it")) == {"pmda", "fda", "ema"}
    names = "Chinese hamster ovary, Japanese encephalitis vaccine, European Pharmacopoeia: tell us of a cat"
    assert jurisdictions.meant(names) == {}
    assert jurisdictions.without("China vaccine lot release").split() == ["vaccine", "lot", "release"]


# No query is FTS5's syntax


@pytest.fixture(scope="module")
def empty_words():
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE words USING fts5 (title, reference, body, tokenize='porter unicode61')")
    db.execute("INSERT INTO words VALUES ('potency', 'FDA-2023-D-5259', 'a text that says nothing')")
    yield db
    db.close()


SYNTAX = st.lists(
    st.sampled_from([*'"()*^:+-{}\\', "AND", "OR", "NOT", "NEAR", "title:", "a", "-", " ", "力", "agency:"])
)


@settings(deadline=None, max_examples=150)
@given(st.one_of(st.text(max_size=200), SYNTAX.map("".join), SYNTAX.map(" ".join)))
def test_no_query_errors_or_becomes_syntax(empty_words, query):
    read = reading(query)
    expressions = [
        lexical.any_of(lexical.parts_of(read.terms)),
        *map(lexical.one_of, read.required),
        *map(lexical.all_of, read.excluded),
    ]
    for expression in filter(None, expressions):
        empty_words.execute("SELECT count(*) FROM words WHERE words MATCH ?", [expression]).fetchone()
    assert all(isinstance(note, str) for note in read.notes)


def test_words_of_fts5s_own_are_words(empty_words):
    expression = lexical.any_of(lexical.parts_of([Term('title : x" OR body : *'), Term("NEAR(a b)")]))
    assert expression is not None
    assert expression.replace('" OR "', " ").count('"') == 2
    assert not empty_words.execute("SELECT rowid FROM words WHERE words MATCH ?", [expression]).fetchall()[1:]


def test_runs_of_chinese_and_japanese_are_indexed_as_pairs_and_latin_as_it_is():
    assert terms("品質 ＧＭＰ").split() == ["品質", "GMP"]
    assert terms("细胞治疗").split() == ["细胞", "胞治", "治疗"]
    assert lexical.any_of(lexical.parts_of([Term("再生医療")])) == '"再生" OR "生医" OR "医療"'
    assert lexical.any_of(lexical.parts_of([Term("再生医療", exact=True)])) == '"再生 生医 医療"'


# Who answers


def test_two_characters_find_a_japanese_document(filled):
    assert found(filled, "力価", mode=Mode.LEXICAL) == ["ja"]


@pytest.mark.parametrize(
    ("number", "names"),
    [
        ("EMA/CAT/22473/2025", ["stability", "draft"]),
        ("ＦＤＡ－２０２３－Ｄ－５２５９", ["potency"]),
        ("薬生機審発０７０９第２号", ["ja"]),
    ],
)
def test_a_number_finds_just_the_documents_that_hold_it(filled, number, names):
    assert found(filled, number) == names


def test_a_number_that_nothing_holds_finds_nothing_and_says_so(filled):
    told = Searcher(TinyEncoder()).search(filled, "FDA-2099-D-0001", SearchFilters())
    assert (told.hits, told.total) == ((), 0)
    assert told.notes == ("no document that the filters let pass holds FDA-2099-D-0001",)


def test_a_phrase_must_be_there_and_an_excluded_word_must_not_in_every_mode(filled):
    for mode in Mode:
        assert found(filled, '"chain of identity"', mode=mode) == ["potency"]
        assert "animal" not in found(filled, "stability potency -veterinary", mode=mode)


def test_fields_in_the_query_and_options_both_narrow(filled):
    assert set(found(filled, "agency:ema stability", status=("draft",))) == {"draft"}
    assert found(filled, "agency:ema", agency=("fda",)) == []
    assert set(found(filled, "since:2024 stability lang:en")) == {"draft"}


@pytest.mark.parametrize(
    "narrowed",
    [{"agency": ("ema", "pmda")}, {"status": ("DRAFT",)}, {"status": ("final",)}, {"language": ("ja", "xx")},
     {"source": ("manual",)}, {"source": ("nowhere",)}, {"topic": ("potency",)}, {"since": "2023", "until": "2024-05"},
     {"document_type": ("guideline",)}, {"agency": ("fda",), "topic": ("potency",), "since": "2011"}],
)  # fmt: skip
def test_a_search_lets_pass_what_the_list_of_documents_does(filled, narrowed):
    assert set(found(filled, "stability potency 品質", **narrowed)) == set(allowed(filled, SearchFilters(**narrowed)))


def test_an_unknown_value_is_left_out_and_what_is_known_is_said(filled):
    assert "unknown topic 'pot': left out (known: potency)" in notes(filled, "topic:pot potency")
    assert "unknown agency 'xyz'" in notes(filled, "agency:xyz potency")


def test_between_equals_the_document_in_force_comes_first(filled):
    order = found(filled, "stability AAV vectors")
    assert order.index("stability") < order.index("draft")


def test_an_agency_that_is_named_is_preferred_and_it_is_said(filled):
    assert found(filled, "Japanese guidance on potency")[0] == "ja"
    assert "'Japanese' was read as a preference for PMDA" in notes(filled, "Japanese guidance on potency")


def test_an_english_question_finds_documents_in_other_languages_and_says_so(filled):
    glossary = GlossarySynonyms(Glossary.load(ROOT / "config"))
    told = Searcher(TinyEncoder(), synonyms=glossary).search(filled, "regenerative medicine", SearchFilters())
    assert "ja" in [hit.document.id for hit in told.hits]
    assert any("Japanese" in note for note in told.notes)


def test_labels_that_query_and_document_share_count(filled):
    about = QueryLabels(modality={"cell": 0.9}, topic={"potency": 0.9})
    asked = []
    searcher = Searcher(TinyEncoder(), about=lambda text: asked.append(text) or about)
    assert searcher.search(filled, "zzz", SearchFilters()).hits[0].document.id == "ja"
    searcher.search(filled, "zzz", SearchFilters(), offset=1)
    assert asked == ["zzz"]


def test_pages_hold_each_answer_once_and_the_total_is_that_of_all(filled):
    searcher = Searcher(TinyEncoder())
    whole = searcher.search(filled, "stability", SearchFilters(), count=10)
    pages = [searcher.search(filled, "stability", SearchFilters(), count=2, offset=at) for at in (0, 2, 4, 6)]
    names = [hit.document.id for page in pages for hit in page.hits]
    assert names == [hit.document.id for hit in whole.hits] == list(whole.answering)
    assert {page.total for page in pages} == {whole.total} == {len(names)}
    assert [row["rank"] for row in search_answer(pages[1])["results"]] == [3, 4]  # type: ignore[index,union-attr]


def test_an_answer_tells_how_many_hold_the_words_and_how_many_are_only_near(filled):
    searcher = Searcher(TinyEncoder())
    told = searcher.search(filled, "veterinary", SearchFilters())
    assert (told.worded, told.total) == (1, len(RECORDS))
    assert searcher.search(filled, "unobtainium", SearchFilters()).worded == 0
    assert searcher.search(filled, "veterinary", SearchFilters(), mode=Mode.LEXICAL).worded == 1
    assert searcher.search(filled, "veterinary", SearchFilters(), mode=Mode.SEMANTIC).worded is None
    assert searcher.search(filled, "agency:ema", SearchFilters()).worded is None


def test_a_searcher_sees_what_was_stored_since(filled, house, tmp_path):
    searcher = Searcher(TinyEncoder())
    assert searcher.search(filled, "mycoplasma", SearchFilters(), mode=Mode.LEXICAL).total == 0
    path = tmp_path / "more.jsonl"
    path.write_text(json.dumps({"id": "new", "title": "Mycoplasma tests"}), encoding="utf-8")
    ingest(house.config, filled, [path], house.clock, by="a test", baseline=True, otherwise={})
    assert [hit.document.id for hit in searcher.search(filled, "mycoplasma", SearchFilters()).hits][:1] == ["new"]


def test_without_words_what_the_filters_let_pass_comes_newest_first(filled):
    assert found(filled, "", agency=("fda",)) == ["animal", "potency"]
    assert found(filled, "-veterinary agency:fda") == ["potency"]


@pytest.mark.parametrize("query", ["", "potency", '"', "agency:fda", "FDA-2023-D-5259"])
def test_an_empty_index_answers_nothing(index, query):
    for mode in Mode:
        assert Searcher(TinyEncoder()).search(index, query, SearchFilters(), mode=mode).total == 0


# What is shown


def test_a_hit_lands_on_the_passage_and_its_section(filled):
    (hit, *_) = Searcher(TinyEncoder()).search(filled, "lentiviral chain of identity", SearchFilters()).hits
    assert (hit.document.id, hit.section) == ("potency", "Lot release")
    assert f"{MARK}lentiviral{MARK}" in hit.snippet


def test_a_snippet_in_json_is_plain_and_says_where_the_words_stand(filled):
    told = search_answer(Searcher(TinyEncoder()).search(filled, "lentiviral", SearchFilters()))
    row = told["results"][0]  # type: ignore[index]
    (start, end) = row["highlights"][0]
    assert MARK not in row["snippet"]
    assert row["snippet"][start:end] == "lentiviral"


def test_a_snippet_shows_the_words_where_they_stand():
    text = "Introduction. " * 40 + "The potency assays shall be validated before release. " + "End. " * 40
    told = snippet(text, ["potency", "assay"])
    assert "**potency** **assays** shall be validated" in told
    assert told.startswith("… ")
    assert len(told) < 300


def test_a_snippet_of_a_text_without_the_words_is_its_beginning():
    assert snippet("A short text.", ["potency"]) == "A short text."


@given(st.text(max_size=80), st.lists(st.text(min_size=1, max_size=8), max_size=3))
@settings(deadline=None, max_examples=60)
def test_marks_come_off_a_snippet_as_they_went_on(text, words):
    plain, places = unmarked(snippet(text, words))
    assert MARK not in plain
    assert all(0 <= start < end <= len(plain) for start, end in places)


def test_words_are_found_at_their_beginning_only():
    texts = Folded(["An assay of  assays", "", "bioassay", "品質試験", "chain of\nidentity", "no bioassay, an assay"])
    assert texts.holding("assays") == [0, 5]
    assert texts.holding("試験") == [3]
    assert texts.holding("chain of identity") == [4]
    assert texts.holding("identity no") == []
    assert Folded(["", "Potency\n of", "bioassay"], phrases=False).holding("potency") == [1]


# Passages


def test_passages_get_vectors_newest_first_until_time_is_up_and_a_search_says_how_many(filled):
    ticks = iter(range(100))
    encoder = TinyEncoder()
    none = bring_up_to_date(filled, encoder, seconds=0, now=lambda: 0.0)
    assert (none.embedded, none.passages_with_vectors) == (0, 0)
    assert "0 of" in notes(filled, "potency")
    done = bring_up_to_date(filled, encoder, seconds=None, now=lambda: float(next(ticks)))
    assert done.passages_with_vectors == done.passages == done.embedded > 5
    assert "passages have vectors" not in notes(filled, "potency")
    asked = len(encoder.asked)
    assert bring_up_to_date(filled, encoder).embedded == 0
    assert len(encoder.asked) == asked


def test_whoever_is_told_to_stop_embeds_no_more(filled):
    assert bring_up_to_date(filled, TinyEncoder(), seconds=None, go_on=lambda: False).embedded == 0


def test_a_vector_in_int8_keeps_its_cosines(filled):
    random = np.random.default_rng(0)
    rows = random.normal(size=(50, 64)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    name = filled.row("SELECT hash FROM texts LIMIT 1")["hash"]
    keep_passage_vectors(filled, name, "m", rows)
    told = passage_cosines(filled, "m", [name, "unknown"], rows[0])[name]
    assert np.abs(told - rows @ rows[0]).max() < 0.005


def test_a_passage_that_is_near_lifts_its_document(filled):
    encoder = TinyEncoder()
    before = Searcher(encoder).search(filled, "chain identity kept lentiviral", SearchFilters(), mode=Mode.SEMANTIC)
    bring_up_to_date(filled, encoder, seconds=None)
    after = Searcher(encoder).search(filled, "chain identity kept lentiviral", SearchFilters(), mode=Mode.SEMANTIC)
    scores = [{hit.document.id: hit.score for hit in each.hits} for each in (before, after)]
    assert scores[1]["potency"] > scores[0]["potency"]
    assert scores[1]["animal"] == scores[0]["animal"]


def _made(index: Index) -> list[tuple[object, ...]]:
    words = "SELECT rowid, title, reference, body FROM words ORDER BY rowid"
    passages = "SELECT text_hash, number, page, section, text FROM passages ORDER BY text_hash, number"
    vectors = "SELECT text_hash, model, vectors, scales FROM passage_vectors ORDER BY text_hash, model"
    return [tuple(row) for sql in (words, passages, vectors) for row in index.db.execute(sql)]


def test_an_index_that_is_thrown_away_and_made_anew_is_the_same(filled):
    bring_up_to_date(filled, TinyEncoder(), seconds=None)
    before = _made(filled)
    done = bring_up_to_date(filled, TinyEncoder(), rebuild=True)
    assert (done.words_rebuilt, done.texts_recut) == (True, 0)
    assert _made(filled) == before
    for sql in ("DELETE FROM words", "DELETE FROM passages", "DELETE FROM passage_vectors"):
        filled.write(sql)
    done = bring_up_to_date(filled, TinyEncoder(), rebuild=True, seconds=None)
    assert _made(filled) == before


def test_a_crash_while_words_are_made_anew_leaves_the_old_ones(filled, house):
    before = _made(filled)
    filled.db.conn.create_function("killed", 0, lambda: 1 / 0)
    filled.db.execute("CREATE TEMP TRIGGER crash BEFORE DELETE ON search_due BEGIN SELECT killed(); END")
    filled.write("INSERT INTO search_due VALUES ('words')")
    with pytest.raises(sqlite3.OperationalError):
        bring_up_to_date(filled, TinyEncoder())
    filled.db.execute("DROP TRIGGER crash")
    assert _made(filled) == before
    with open_index(house.config.index) as again:
        assert bring_up_to_date(again, TinyEncoder()).words_rebuilt
        assert found(again, "薬生機審発0709第2号") == ["ja"]
        assert not bring_up_to_date(again, TinyEncoder(), seconds=0).words_rebuilt


def test_a_changed_document_touches_its_own_rows_only(filled, house, tmp_path):
    sql = "SELECT documents.id, words.title || body FROM words JOIN documents ON documents.seq = words.rowid"
    before = dict(filled.db.execute(sql).fetchall())
    path = tmp_path / "changed.jsonl"
    path.write_text(json.dumps({**RECORDS[1], "text": "Another text altogether."}), encoding="utf-8")
    ingest(house.config, filled, [path], house.clock, by="a test", baseline=True, otherwise={})
    after = dict(filled.db.execute(sql).fetchall())
    assert [name for name in after if after[name] != before[name]] == ["stability"]


def test_an_index_of_before_is_searched_as_it_was_until_its_words_are_made_anew():
    db = Database(memory=True)
    migrations.apply(db, stop_before="m010_passages")
    db.execute("INSERT INTO documents (id, agency, issuer, source, language, first_seen) VALUES ('a','','','','en','')")
    db.execute("INSERT INTO words (rowid, title, reference, body) VALUES (1, 'old words', '', '')")
    migrations.apply(db)
    index = Index(db)
    assert words_are_due(index)
    assert index.row("SELECT title FROM words WHERE words MATCH 'old'") == {"title": "old words"}
    fresh = Database(memory=True)
    migrations.apply(fresh)
    assert not words_are_due(Index(fresh))
    fresh.close()
    db.close()


def test_coverage_counts_what_is_shown(filled):
    told = coverage(filled, "no model")
    assert told.embedded == 0
    assert told.passages == filled.row("SELECT count(*) AS n FROM passages")["n"]


# How good it is


def test_gain_is_that_of_the_evaluation_data():
    query = Query(qid="q", query="x", relevant={"a": 2, "b": 1})
    assert Answered(query, ("a", "b")).ndcg == 1.0
    assert Answered(query, ("z", "y")).ndcg == 0.0
    assert round(Answered(query, ("b", "a")).ndcg, 4) == round((1 + 3 / np.log2(3)) / (3 + 1 / np.log2(3)), 4)
    assert Answered(query, ("b", "z")).recall == 0.5


def test_a_search_is_measured_over_the_corpus_that_queries_name(house, tmp_path):
    (tmp_path / "corpus.jsonl").write_text("\n".join(json.dumps(each) for each in RECORDS), encoding="utf-8")
    asked = {
        "qid": "1",
        "query": "veterinary potency",
        "kind": "en",
        "relevant": {"animal": 2},
        "corpus": "corpus.jsonl",
    }
    other = {**asked, "qid": "2", "query": "力価試験", "kind": "ja_zh", "relevant": {"ja": 2}}
    path = tmp_path / "queries.jsonl"
    path.write_text(json.dumps(asked) + "\n" + json.dumps(other), encoding="utf-8")
    told = retrieval(house, path)
    assert told["ndcg_at_10"] == told["recall_at_10"] == 1.0
    assert told["per_kind"].keys() == {"en", "ja_zh"}
    assert told["modes"].keys() == {"hybrid", "lexical", "semantic"}
    assert not house.config.index.exists()


def test_queries_over_an_index_that_holds_no_answer_are_refused(house, tmp_path):
    path = tmp_path / "queries.jsonl"
    path.write_text(
        json.dumps({"qid": "1", "query": "x", "relevant": {"a": 2}, "corpus": "gone.jsonl"}), encoding="utf-8"
    )
    with pytest.raises(UsageError, match=r"gone\.jsonl is not beside the queries"):
        retrieval(house, path)
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match=r"queries\.jsonl:1: no query"):
        read_queries(path)


def test_weights_are_parts_of_a_whole():
    assert Weights().total == pytest.approx(5.7)
    assert replace(Weights(), agency=0).total == pytest.approx(3.7)
