"""Days and moments as agencies write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regintel.text.dates import calendar_day, chinese_day, day, english_day, eu_day, feed_day, feed_moment, moment
from regintel.text.eras import japanese_day, japanese_days

DAYS = st.dates(date(1930, 1, 1), date(2099, 12, 31))
SIGNS = st.text("0123456789０９〇一二三十元年月日令和平成昭 　()（）/-:,TZ+JanEDT第号")
READERS = (japanese_day, chinese_day, english_day, eu_day, feed_day, feed_moment, moment)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2014年(平成26年)8月12日 薬食発0812第30号", "2014-08-12"),
        ("（2024年（令和6年）6月18日　医薬薬審発0618第1号）[237 KB]", "2024-06-18"),
        ("2014(平成26)年8月12日", "2014-08-12"),
        ("令和７（2025）年10月分", "2025-10"),
        ("令和7年（2025年）10月3日", "2025-10-03"),
    ],
)
def test_the_western_year_and_the_era_may_stand_side_by_side(text, read):
    assert japanese_day(text) == read


@pytest.mark.parametrize("text", ["2014年(平成25年)8月12日", "令和7(2024)年10月分", "2014年(大正3年)8月12日"])
def test_two_years_that_disagree_are_no_date(text):
    assert japanese_day(text) is None


def test_beside_its_western_year_an_era_may_be_over_or_not_begun():
    assert japanese_day("2019年(令和元年)4月1日") == "2019-04-01"
    assert japanese_day("2028年(平成40年)4月1日") == "2028-04-01"


def test_the_first_year_of_an_era_is_written_gannen():
    assert japanese_day("(令和元年7月9日)") == "2019-07-09"
    assert japanese_day("平成元年一月八日") == "1989-01-08"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("昭和元年12月24日", None),
        ("昭和元年12月25日", "1926-12-25"),
        ("昭和64年1月7日", "1989-01-07"),
        ("昭和64年1月8日", None),
        ("平成元年1月7日", None),
        ("平成元年1月", "1989-01"),
        ("平成31年4月30日", "2019-04-30"),
        ("平成31年5月1日", None),
        ("平成31年5月", None),
        ("平成40年1月1日", None),
        ("令和元年4月30日", None),
        ("令和元年5月1日", "2019-05-01"),
        ("令和0年5月1日", None),
        ("大正15年1月1日", None),
    ],
)
def test_an_era_has_a_first_and_a_last_day(text, read):
    assert japanese_day(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("平成一三年五月一日", "2001-05-01"),
        ("平成七年六月二六日", "1995-06-26"),
        ("平成二〇年一〇月三一日", "2008-10-31"),
        ("平成二○年一月一日", "2008-01-01"),
        ("平成十五年五月二十日", "2003-05-20"),
        ("平成十六年三月三十日", "2004-03-30"),
        ("昭和五十五年十二月三十一日", "1980-12-31"),
        ("平成十年十月十日", "1998-10-10"),
        ("二〇二四年六月十八日", "2024-06-18"),
        ("平成十十年五月一日", None),
        ("平成二五十年五月一日", None),
    ],
)
def test_chinese_digits_count_by_place_or_by_tens(text, read):
    assert japanese_day(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("平成 26 年8月 12 日", "2014-08-12"),
        ("平 成 九 年 七 月 一 日", "1997-07-01"),
        ("平　成　二　六　年　八　月　一　二　日", "2014-08-12"),
        ("２０２４年６月１８日", "2024-06-18"),
        ("令和６年６月１８日", "2024-06-18"),
        ("2 0 2 4 年 6 月 1 8 日", "2024-06-18"),
        ("2014 年（平成 26 年） 8 月 12 日", "2014-08-12"),
        ("薬食発0812 2014年8月12日", "2014-08-12"),
    ],
)
def test_fullwidth_digits_and_spaces_inside_a_date_are_read(text, read):
    assert japanese_day(text) == read


def test_a_month_without_a_day_stays_a_month():
    assert japanese_day("2024年6月") == "2024-06"
    assert chinese_day("2025年10月") == "2025-10"
    assert english_day("August, 2024") == "2024-08"


def test_all_dates_of_a_title_are_found_in_its_order():
    text = "平成25年7月1日付け薬食審査発0701第4号の改正について（2024年（令和6年）6月18日）2024年13月"
    assert japanese_days(text) == ("2013-07-01", "2024-06-18")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("自2026年9月1日起施行", "2026-09-01"),
        ("2020年09月11日", "2020-09-11"),
        ("(2025-10-14)", "2025-10-14"),
        ("发布时间：2020-09-11", "2020-09-11"),
        ("2020-09-11 08:38", "2020-09-11"),
        ("20260601", "2026-06-01"),
        ("２０２６年９月１日", "2026-09-01"),
        ("（２０２５－１０－１４）", "2025-10-14"),
        ("20250912092255131", None),
        ("20261301", None),
        ("（2025年第86号）", None),
    ],
)
def test_a_chinese_date_is_read_in_each_of_its_forms(text, read):
    assert chinese_day(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("January 16, 2025 Administrative Notice", "2025-01-16"),
        ("March 27, 2024 PSB/PED Notification No. 0327-4", "2024-03-27"),
        ("April 18, 2012 PFSB/ELD Administrative Notice", "2012-04-18"),
        ("September 2, 2020 Office of Vaccines and Blood Products", "2020-09-02"),
        ("shall come into force as of October 1, 2020.", "2020-10-01"),
        ("Effective JULY 9 2019", "2019-07-09"),
        ("1 June 2021", "2021-06-01"),
        ("(fully applicable since 25 August 2024)", "2024-08-25"),
        ("applicable as of 24 September 2026", "2026-09-24"),
        ("Jan. 5, 2024", "2024-01-05"),
        ("5 Sept. 2024", "2024-09-05"),
        ("May 3rd, 2024", "2024-05-03"),
        ("August 2024", "2024-08"),
        ("(January 2011)", "2011-01"),
        ("December 20241", None),
        ("Marching 5, 2024", None),
        ("may 5, 2024", None),
    ],
)
def test_an_english_month_is_read_in_words(text, read):
    assert english_day(text) == read


@pytest.mark.parametrize("text", ["July 31, 2017(1)", "July(1) 31, 2017", "July 31, 2017 （１）", "July 31, 2017¹"])
def test_a_footnote_mark_is_no_part_of_a_date(text):
    assert english_day(text) == "2017-07-31"


def test_a_full_date_goes_before_a_month_that_stands_first():
    assert english_day("Handbook (August 2024) January 16, 2025 Administrative Notice") == "2025-01-16"
    assert english_day("25 August 2024, revised January 16, 2025") == "2024-08-25"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("29/04/2026", "2026-04-29"),
        ("12/03/2026", "2026-03-12"),
        ("effective from 1/06/2021", "2021-06-01"),
        ("03/13/2026", None),
        ("", None),
        ("12/03/26", None),
    ],
)
def test_a_european_date_begins_with_its_day_always(text, read):
    assert eu_day(text) == read


def test_a_date_in_figures_with_slashes_is_not_taken_for_english():
    assert english_day("12/03/2026") is None


@pytest.mark.parametrize(
    ("zone", "hour"),
    [
        ("EDT", "20"), ("EST", "21"), ("CDT", "21"), ("CST", "22"), ("MDT", "22"), ("MST", "23"), ("PDT", "23"),
        ("GMT", "16"), ("UT", "16"), ("Z", "16"), ("+0000", "16"), ("-0000", "16"), ("-0400", "20"), ("+0200", "14"),
    ],
)  # fmt: skip
def test_a_us_zone_name_is_understood(zone, hour):
    assert feed_moment(f"Thu, 10 Sep 2026 16:37:00 {zone}") == f"2026-09-10T{hour}:37:00Z"


def test_the_day_of_a_feeds_stamp_is_that_of_its_own_zone():
    assert feed_moment("Thu, 10 Sep 2026 22:37:00 PST") == "2026-09-11T06:37:00Z"
    assert feed_day("Thu, 10 Sep 2026 22:37:00 PST") == "2026-09-10"
    assert feed_day("Sun, 30 Nov 2025 00:00:00 EST") == "2025-11-30"
    assert feed_day("2026-05-15T03:00:00+09:00") == "2026-05-15"


def test_an_offset_may_lack_its_colon():
    assert feed_moment("2019-10-01T12:00:00+0200") == "2019-10-01T10:00:00Z"
    assert feed_day("2019-10-01T12:00:00+0200") == "2019-10-01"
    assert feed_day("\n 2026-05-15T12:00:00+09:00 ") == "2026-05-15"


def test_a_feed_may_tell_a_day_only():
    assert feed_day("2026-05-15") == "2026-05-15"
    assert feed_moment("2026-05-15") is None


@pytest.mark.parametrize(
    "text",
    [None, "", "Thu, 10 Sep 2026 16:37:00 XYZ", "Thu, 10 Sep 2026 16:37:00", "2026-05-15T12:00:00", "today",
     "2026-02-30", "Thu, 31 Sep 2026 16:37:00 EDT", "Thu, 10 Sep 2026 16:37:00 +9999", "0001-01-01T00:00:00+09:00"],
)  # fmt: skip
def test_a_zone_that_is_missing_or_unknown_is_no_zone_of_ours(text):
    assert feed_moment(text) is None
    assert feed_day(text) is None


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (japanese_day, "2024年2月30日"), (japanese_day, "2024年6月0日"), (japanese_day, "2024年13月"),
        (japanese_day, "平成年月日"), (japanese_day, "令和6年度"), (japanese_day, "未定"), (japanese_day, ""),
        (chinese_day, "2025-02-29"), (chinese_day, "0000-00-00"), (english_day, "February 30, 2024"),
        (english_day, "TBD"), (eu_day, "31/04/2026"),
    ],
)  # fmt: skip
def test_a_date_that_cannot_be_read_is_none_never_today(read, text):
    assert read(text) is None


def test_a_stamp_at_the_edge_of_the_calendar_has_no_moment():
    assert moment("0001-01-01T00:00:00+09:00") is None
    assert day("9999-12-31T23:00:00Z", "Asia/Tokyo") is None


@given(DAYS)
def test_every_day_survives_each_form_it_is_written_in(written):
    year, month, number = written.year, written.month, written.day
    same = written.isoformat()
    assert japanese_day(f"{year}年{month}月{number}日") == same
    assert chinese_day(f"{year}年{month:02}月{number:02}日") == chinese_day(f"({same})") == same
    assert chinese_day(f"{written:%Y%m%d}") == same
    assert english_day(f"{written:%B} {number}, {year}") == english_day(f"{number} {written:%B} {year}") == same
    assert eu_day(f"{written:%d/%m/%Y}") == same
    assert feed_day(f"{written:%a, %d %b %Y} 23:59:00 EST") == same
    assert calendar_day(year, month, number) == same


@given(DAYS)
def test_every_day_survives_its_era(written):
    name, before = next(
        (name, before)
        for name, before, first in [
            ("令和", 2018, "2019-05-01"),
            ("平成", 1988, "1989-01-08"),
            ("昭和", 1925, "1926-12-25"),
        ]
        if written.isoformat() >= first
    )
    count = str(written.year - before) if written.year - before > 1 else "元"
    day_of_era = f"{name}{count}年{written.month}月{written.day}日"
    by_place = day_of_era.translate(str.maketrans("0123456789", "〇一二三四五六七八九"))
    both = f"{written.year}年({name}{count}年){written.month}月{written.day}日"
    assert japanese_day(day_of_era) == japanese_day(by_place) == japanese_day(both) == written.isoformat()
    assert japanese_day("　".join(by_place)) == written.isoformat()


@given(SIGNS | st.text())
def test_no_text_breaks_a_reader(text):
    for read in READERS:
        assert read(text) is None or read(text)
    assert all(japanese_days(text))
