"""Reference numbers as agencies write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regintel.text.numbers import (
    agrees_with_date,
    announcement_number,
    date_from_number,
    docket,
    dockets,
    ema_reference,
    english_notification,
    ich_code,
    inner_title,
    japanese_number_of,
    notification_month_day,
    notification_numbers,
)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("FDA-2000-D-0075", "FDA-2000-D-0075"),
        (" FDA-2000-D-0075 ", "FDA-2000-D-0075"),
        ("FDA 2018-D-2238", "FDA-2018-D-2238"),
        ("FDA–2008–D–0659", "FDA-2008-D-0659"),
        ("2008-D-0205", "FDA-2008-D-0205"),
        ("Docket No. FDA-2022-D-0084", "FDA-2022-D-0084"),
        ("FDA-2019-D-4212.", "FDA-2019-D-4212"),
        ("2003D-0001", "FDA-2003-D-0001"),
        ("FDA-2022-D-2827-0001", "FDA-2022-D-2827"),
        ("None found", None),
        ("2019-22690", None),
        ("", None),
    ],
)
def test_a_docket_is_cleaned_of_the_hand_that_typed_it(typed, number):
    assert docket(typed) == number


def test_several_dockets_and_prose_in_one_value_are_parted():
    typed = "FDA-2010-N-0327 (Cumene) FDA-2015-D-3474 (THF) - pdf ON web; Docket #2001B-0431, again FDA-2010-N-0327"
    assert dockets(typed) == ("FDA-2010-N-0327", "FDA-2015-D-3474", "FDA-2001-B-0431")


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("EMA/CHMP/CVMP/QWP/262313/2024", "EMA/CHMP/CVMP/QWP/262313/2024"),
        ("EMEA/CHMP/BWP/157653/2007", "EMEA/CHMP/BWP/157653/2007"),
        ("CPMP/BWP/3088/99", "CPMP/BWP/3088/99"),
        ("CHMP/437/04", "CHMP/437/04"),
        ("EMA/CAT/22473/2025", "EMA/CAT/22473/2025"),
        ("3CC29A", "3CC29A"),
        ("EMA/CHMP/CVMP/JEG-3Rs/450091/2012", "EMA/CHMP/CVMP/JEG-3Rs/450091/2012"),
        ("EMA / CHMP/ BWP/187338 /2014", "EMA/CHMP/BWP/187338/2014"),
        ("EMA/123/20245", None),
        ("16/12/2024", None),
        ("", None),
    ],
)
def test_an_ema_reference_is_read_old_and_new(text, reference):
    assert ema_reference(text) == reference


@pytest.mark.parametrize("suffix", [" Rev. 1", " Rev 1", "/Rev 2", " Rev. 1 Corr.", "Rev1", ", 24 July 2025"])
def test_a_revision_is_no_part_of_an_ema_reference(suffix):
    assert ema_reference(f"EMA/CHMP/437/2004{suffix}") == "EMA/CHMP/437/2004"


def test_the_line_number_of_a_draft_is_no_part_of_its_reference():
    assert ema_reference("2 EMA/CHMP/BWP/187338/2014") == "EMA/CHMP/BWP/187338/2014"


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("ICH Q3C (R9) Residual solvents - Scientific guideline", "Q3C(R9)"),
        ("Q1A(R2)", "Q1A(R2)"),
        ("ICH guideline Q5A(R2) on viral safety", "Q5A(R2)"),
        ("ICH Guideline M13B on bioequivalence", "M13B"),
        ("M4Q(R2)", "M4Q(R2)"),
        ("E6 (R3)", "E6(R3)"),
        ("Q3E Guideline for Extractables and Leachables", "Q3E"),
        ("Q1 Stability Testing of Drug Substances and Drug Products", "Q1"),
        ("M13B bioequivalence", "M13B"),
        ("M3(R2)Nonclinical Safety Studies", "M3(R2)"),
        ("Q3A(R) Impurities in New Drug Substances", "Q3A(R)"),
        ("E2B(M) Questions and Answers", "E2B"),
        ("Q3C: Appendix 5", "Q3C"),
        ("S1B(R1) Addendum to S1B Testing for Carcinogenicity of Pharmaceuticals", "S1B(R1)"),
        ("E6(R2) Good Clinical Practice: Integrated Addendum to ICH E6(R1)", "E6(R2)"),
        ("ICH guideline S12 on nonclinical biodistribution considerations - Step 2b", "S12"),
        ("Good clinical practice (ICH E6)", "E6"),
        ("Notice on the Applicability of ICH Guideline E11A: Pediatric Extrapolation (No. 139, 2024)", "E11A"),
        ("ICHQ3Cガイドライン", "Q3C"),
    ],
)
def test_an_ich_code_is_read_from_a_title(title, code):
    assert ich_code(title) == code


def test_a_fullwidth_ich_code_is_the_same_code():
    assert ich_code("医薬品安全性相談（ICH S1B（R1）ガイドラインに係る相談）") == "S1B(R1)"
    assert ich_code("Ｓ１Ｂ（Ｒ１）") == "S1B(R1)"


def test_after_the_word_ich_a_code_may_stand_with_its_signs_apart():
    assert ich_code("ICH: M 4: Common technical document") == "M4"
    assert ich_code("ICH: M 4 Q: Common technical document - Quality") == "M4Q"
    assert ich_code("ICH Topic Q 5 A (R1)") == "Q5A(R1)"


@pytest.mark.parametrize(
    "text",
    [
        "E 10 mg", "E10 mg tablets", "Q&A", "Step 5", "ICH Step 5", "ICH Q&A", "Q4 2025 agenda",
        "Q1. What is a docket?", "Milk - Aflatoxin M1", "VICH GL18(R2) impurities: residual solvents",
        "CVM GFI #214 (VICH GL35) E2B",
        "Submitting Marketing Applications According to the ICH/CTD Format", "ICH considerations: oncolytic viruses",
        "Physicochemical and Structural (Q3) Characterization", "E171 titanium dioxide", "S1P receptors", "",
    ],
)  # fmt: skip
def test_what_only_looks_like_an_ich_code_is_none(text):
    assert ich_code(text) is None


@pytest.mark.parametrize(
    "title",
    ["ICH Q8, Q9 and Q10 - questions and answers", "Q8, Q9, & Q10 Questions and Answers",
     "ICH guideline E14/S7B: clinical", "E14 and S7B Clinical", "Q1A - Q1F Stability"],
)  # fmt: skip
def test_a_title_of_several_ich_codes_has_not_one(title):
    assert ich_code(title) is None


def test_several_notification_numbers_may_follow_one_date():
    line = "2024年（令和6年）6月18日　医薬薬審発0618第1号　医薬安発0618第1号・医薬監麻発0618第2号、薬生機審発0709第2号"
    assert notification_numbers(line) == (
        "医薬薬審発0618第1号",
        "医薬安発0618第1号",
        "医薬監麻発0618第2号",
        "薬生機審発0709第2号",
    )


def test_a_number_without_its_last_sign_is_pmdas_own_slip():
    line = "薬生薬審発1122第4号 薬生機審発1122第10 薬生安発1122第7号"
    assert notification_numbers(line) == ("薬生薬審発1122第4号", "薬生機審発1122第10号", "薬生安発1122第7号")
    assert notification_numbers("薬生機審発1122第10") == ("薬生機審発1122第10号",)
    assert notification_numbers("薬生機審発1122第10回") == ()


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("薬食発０８１２第３０号", ("薬食発0812第30号",)),
        ("薬生機審発 0709 第 2 号", ("薬生機審発0709第2号",)),
        ("医薬審発第五七一号", ("医薬審発第五七一号",)),
        ("薬食発第0401022号", ("薬食発第0401022号",)),
        ("事務連絡", ("事務連絡",)),
        ("事 務 連 絡", ("事務連絡",)),
        ("平成25年7月1日付け薬食審査発0701第4号厚生労働省医薬食品局", ("薬食審査発0701第4号",)),
        ("平成25年7月1日薬食審査発0701第4号", ("薬食審査発0701第4号",)),
        ("審査管理課長通知薬食審査発0701第4号", ("薬食審査発0701第4号",)),
        ("薬食発0812第30号 薬食発0812第30号", ("薬食発0812第30号",)),
        ("製品開発について", ()),
        ("第10号", ()),
    ],
)
def test_a_notification_number_is_read_in_each_of_its_styles(text, numbers):
    assert notification_numbers(text) == numbers


def test_a_notification_number_holds_month_and_day():
    assert notification_month_day("薬生機審発0709第2号") == (7, 9)
    assert notification_month_day("PSB/PED Notification No. 0327-4") == (3, 27)
    assert notification_month_day("薬生機審発1399第2号") is None


@pytest.mark.parametrize("number", ["医薬審発第五七一号", "薬食発第0401022号", "事務連絡", "Administrative Notice", ""])
def test_a_number_of_the_old_style_tells_no_date(number):
    assert notification_month_day(number) is None
    assert agrees_with_date(number, "2024-04-01") is None
    assert date_from_number(number, 2024) is None


def test_a_number_checks_the_date_beside_it():
    assert agrees_with_date("薬生機審発0709第2号", "2019-07-09") is True
    assert agrees_with_date("薬生機審発0709第2号", "2019-07-10") is False
    assert agrees_with_date("薬生機審発0709第2号", "2019-07") is True
    assert agrees_with_date("薬生機審発0709第2号", "2019-08") is False
    assert agrees_with_date("薬生機審発0709第2号", "unknown") is None


def test_a_missing_date_is_recovered_from_the_number_and_the_year():
    assert date_from_number("薬生機審発0709第2号", 2019) == "2019-07-09"
    assert date_from_number("薬生機審発0229第2号", 2024) == "2024-02-29"
    assert date_from_number("薬生機審発0229第2号", 2023) is None


@pytest.mark.parametrize(
    ("line", "told", "japanese"),
    [
        ("March 27, 2024 PSB/PED Notification No. 0327-4", "PSB/PED Notification No. 0327-4", "医薬薬審発0327第4号"),
        ("PSEHB/PED Notification No. 1122-4", "PSEHB/PED Notification No. 1122-4", "薬生薬審発1122第4号"),
        ("PFSB/ELD Notification No. 0701-4", "PFSB/ELD Notification No. 0701-4", "薬食審査発0701第4号"),
        ("PFSB/ELD Notification No. 0401022", "PFSB/ELD Notification No. 0401022", None),
        ("PSB/MDED Notification No. 0618-1", "PSB/MDED Notification No. 0618-1", None),
        ("Notification No. 0618-1", "Notification No. 0618-1", None),
        ("January 16, 2025 Administrative Notice", "Administrative Notice", "事務連絡"),
        ("April 18, 2012 PFSB/ELD Administrative  Notice", "PFSB/ELD Administrative Notice", "事務連絡"),
        ("September 2, 2020 Office of Vaccines and Blood Products", None, None),
    ],
)
def test_an_english_notification_names_its_japanese_number_where_the_section_is_known(line, told, japanese):
    assert english_notification(line) == told
    assert japanese_number_of(line) == japanese


@pytest.mark.parametrize(
    ("title", "number"),
    [
        ("国家药监局关于优化创新药临床试验审评审批有关事项的公告（2025年第86号）", "2025年第86号"),
        ("Announcement on Clinical Trials of Innovative Drugs ([2025] No. 86)", "2025年第86号"),
        ("No. 86, 2025", "2025年第86号"),
        ("[2025] No. 21", "2025年第21号"),
        ("Pediatric Extrapolation (No. 139, 2024)", "2024年第139号"),
        ("公告（２０２５年第８６号）", "2025年第86号"),
        ("2025 年第 86 号公告", "2025年第86号"),
        ("国家药监局关于中药保护品种的公告（延长保护期第24号）（2025年第89号）", "2025年第89号"),
        ("关于2016年第120号公告的补充公告（2025年第3号）", "2025年第3号"),
        ("公告（2020年第1号）的公告（2025年第86号）", "2025年第86号"),
        ("中药保护品种公告（第31号）", None),
        ("ICH E6（2020年修订版）", None),
        ("京公网安备11010202008311号", None),
    ],
)
def test_an_announcement_has_one_number_in_both_languages(title, number):
    assert announcement_number(title) == number


def test_the_number_of_a_document_that_a_title_quotes_is_not_its_own():
    assert announcement_number("关于废止《药品公告（2020年第22号）》的公告") is None
    assert announcement_number("《药品公告（2020年第22号）》") == "2020年第22号"


@pytest.mark.parametrize(
    ("title", "inner"),
    [
        (
            "国家药监局药审中心关于发布《模型引导的创新药物剂量探索和优化技术指导原则》的通告（2024年第53号）",
            "模型引导的创新药物剂量探索和优化技术指导原则",
        ),
        (
            "关于公开征求《人源性干细胞及其衍生细胞治疗产品临床试验技术指导原则（征求意见稿）》意见的通知",
            "人源性干细胞及其衍生细胞治疗产品临床试验技术指导原则（征求意见稿）",
        ),
        (
            "关于征求《药物研发与技术审评沟通交流管理办法（修订稿）》意见的通知",
            "药物研发与技术审评沟通交流管理办法（修订稿）",
        ),
        ("关于《甲（征求意见稿）》公开征求意见的通知", "甲（征求意见稿）"),
    ],
)
def test_a_chinese_title_is_taken_out_of_its_envelope(title, inner):
    assert inner_title(title) == inner


@pytest.mark.parametrize(
    "title",
    ["关于开发适宜药品包装规格的指导原则", "国家药监局关于发布中药生产监督管理专门规定的公告（2025年第79号）",
     "《药品管理法》解读", "关于发布《甲》《乙》的通告", "关于发布《甲》等3项指导原则的通告", ""],
)  # fmt: skip
def test_a_title_without_an_envelope_or_with_two_documents_in_it_is_left_alone(title):
    assert inner_title(title) == title


@given(st.integers(1900, 2099), st.integers(1, 999))
def test_an_announcement_number_survives_each_form(year, number):
    kept = f"{year}年第{number}号"
    for form in (
        kept,
        f"（{kept}）",
        f"([{year}] No. {number})",
        f"No. {number}, {year}",
        f"公告({year} 年第 {number} 号)",
    ):
        assert announcement_number(form) == kept


@given(st.text("薬生機審発第0123456789号（）()ICHQ3R EMA/FDA-No.,年《》关于发布的通告") | st.text())
def test_no_text_breaks_a_reader_of_numbers(text):
    for read in (docket, ema_reference, ich_code, english_notification, japanese_number_of, announcement_number):
        assert read(text) is None or read(text)
    for number in notification_numbers(text):
        assert notification_numbers(number) == (number,)
        assert date_from_number(number, 2024) is None or notification_month_day(number)
    assert inner_title(text) in text
