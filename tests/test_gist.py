"""An English gist of a Japanese or Chinese title: only what the glossary knows, and a mark for what it does not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regintel.config import shipped
from regintel.glossary import Glossary
from regintel.notify.gist import BRIEF, GAP, LATIN, gist
from tests.digests import QUICK, WORDS

GLOSSARY = Glossary.load(shipped("config"))


@pytest.mark.parametrize(
    ("language", "title", "told"),
    [
        ("zh", "基因治疗产品长期随访临床研究技术指导原则（征求意见稿）",
         "guideline (draft for comment) · gene therapy product · long-term follow-up · clinical research"),
        ("zh-Hans", "已上市生物制品药学变更研究技术指导原则（试行）",
         "guideline (trial implementation) · marketed product · biological product · CMC change · study"),
        ("zh", "国家药监局关于修订人纤维蛋白原说明书的公告（2025年第101号）",
         "announcement · amendment · human fibrinogen · labelling"),
        ("zh", "国家药监局关于生脉颗粒（党参方）和调经活血胶囊转换为非处方药的公告（2025年第99号）",
         "announcement · … · granules · … · capsule · conversion · over-the-counter drug"),
        ("ja", "ヒト細胞加工製品の製造工程の変更に伴う同等性/同質性評価",
         "processed human cell product · manufacturing process change · comparability"),
        ("ja", "「医薬品におけるニトロソアミン類の混入リスクに関する自主点検について」に関する質疑応答集（Q&A）",
         "Q&A · drug · nitrosamine · contamination · risk · self-inspection"),
        ("ja", "PIC/SのGMPガイドラインを活用する際の考え方について", "guideline, points to consider · PIC/S · GMP"),
        ("ja", "ﾊﾞｲｵ後続品のＱ＆Ａ", "Q&A · biosimilar"),
    ],
)  # fmt: skip
def test_a_title_is_told_by_the_words_that_are_known(language: str, title: str, told: str) -> None:
    assert gist(title, language, GLOSSARY) == told


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("ja", "「人口動態統計月報（概数）」令和７（2025）年10月分"),
        ("zh", "2020年09月11日药品批准证明文件待领取信息发布"),  # a drug, an approval: nothing that it is about
        ("ja", "医薬品に関するお知らせ"),
        ("en", "Potency Assurance for 基因治疗 Products"),
        ("de", "基因治疗"),
        ("", "基因治疗"),
        ("ja", ""),
    ],
)
def test_there_is_no_gist_where_nothing_of_the_subject_is_known(language: str, title: str) -> None:
    assert gist(title, language, GLOSSARY) == ""


def test_a_long_title_ends_in_a_mark() -> None:
    words = "疫苗、胰岛素、质粒、偏差、召回、验证、杂质、纯度、支原体、辅料、培养基、细胞库、检查、重组"
    told = gist(words, "zh", GLOSSARY).split(" · ")
    assert (len(told), told[-1]) == (BRIEF + 1, GAP)


@settings(QUICK, max_examples=60)
@given(
    st.lists(st.sampled_from([each for term in GLOSSARY.terms for each in term.ja]) | WORDS, max_size=8).map("".join)
)
def test_a_gist_holds_nothing_but_glosses_abbreviations_and_gaps(title: str) -> None:
    known = {term.gloss for term in GLOSSARY.terms}
    for word in filter(None, gist(title, "ja", GLOSSARY).split(" · ")[1:]):
        assert word in known or word == GAP or LATIN.fullmatch(word), word
