"""Japanese dates: Western years, era years, or both, in any digits. What contradicts itself is none."""

import re
import unicodedata

from regintel.text.dates import calendar_day

# Name: the year before its first, its first day, its last.
ERAS = {
    "昭和": (1925, "1926-12-25", "1989-01-07"),
    "平成": (1988, "1989-01-08", "2019-04-30"),
    "令和": (2018, "2019-05-01", "9999-12-31"),
}
DIGITS = {sign: value for value, sign in enumerate("〇一二三四五六七八九")} | {"○": 0, "◯": 0, "零": 0}

# Text from a PDF may have a space between any two signs.
_KANJI = f"[十{''.join(DIGITS)}]"
_NUMBER = rf"\d(?:\s*\d)?|{_KANJI}(?:\s*{_KANJI}){{0,2}}"
_WEST = rf"(?<!\d)(?<!{_KANJI})(?:\d(?:\s*\d){{3}}|{_KANJI}(?:\s*{_KANJI}){{3}})"
_ERA = "|".join(r"\s*".join(name) for name in ERAS)
# 2014年(平成26年)8月12日, 令和7(2025)年10月: one year, and perhaps the other in brackets, with a 年 somewhere.
DAY = re.compile(
    rf"(?:(?P<era>{_ERA})\s*(?P<count>元|{_NUMBER})|(?P<west>{_WEST}))(?=[^月]{{0,20}}年)\s*年?\s*"
    rf"(?:\(\s*(?:(?P<inner_era>{_ERA})\s*(?P<inner_count>元|{_NUMBER})|(?P<inner_west>{_WEST}))\s*年?\s*\)\s*年?\s*)?"
    rf"(?P<month>{_NUMBER})\s*月(?:\s*(?P<day>{_NUMBER})\s*日)?"
)


def japanese_day(text: str) -> str | None:
    """Return the first date of a Japanese text, or its month where it names no day; none if that cannot be.

    A Western year beside the era decides, and the two must be the same year. An era alone must have been in force.

    >>> japanese_day("2014年(平成26年)8月12日　薬食発0812第30号"), japanese_day("平成一三年五月一日")
    ('2014-08-12', '2001-05-01')
    >>> japanese_day("令和７（2025）年10月分"), japanese_day("令和元年4月1日")
    ('2025-10', None)
    """
    match = DAY.search(unicodedata.normalize("NFKC", text))
    return _day(match) if match else None


def japanese_days(text: str) -> tuple[str, ...]:
    """Return all dates of a Japanese text that can be, in its order.

    >>> japanese_days("平成25年7月1日付け通知の改正(2024年(令和6年)6月18日)")
    ('2013-07-01', '2024-06-18')
    """
    found = (_day(match) for match in DAY.finditer(unicodedata.normalize("NFKC", text)))
    return tuple(day for day in found if day)


def _day(match: re.Match[str]) -> str | None:
    month = _number(match["month"])
    day = _number(match["day"]) if match["day"] else None
    if not month or (match["day"] and not day):
        return None
    era, count = match["era"] or match["inner_era"], match["count"] or match["inner_count"]
    west = match["west"] or match["inner_west"]
    western = _number(west) if west else None
    if not era:
        return calendar_day(western, month, day) if western else None
    before, first, last = ERAS["".join(era.split())]
    years = _number(count)
    if not years or (west and western != before + years):
        return None
    read = calendar_day(before + years, month, day)
    in_force = read and first[: len(read)] <= read <= last[: len(read)]
    return read if west or in_force else None


def _number(text: str) -> int | None:
    """Return the number that Arabic or Chinese digits write, these by place (一三) or by tens (十三), if they do."""
    signs = "".join(text.split())
    if signs == "元":
        return 1
    if signs.isdecimal():
        return int(signs)
    if "十" not in signs:
        return int("".join(str(DIGITS[sign]) for sign in signs))
    tens, _, ones = signs.partition("十")
    if len(tens) > 1 or len(ones) > 1 or "十" in ones:
        return None
    return 10 * DIGITS.get(tens, 1) + DIGITS.get(ones, 0)
