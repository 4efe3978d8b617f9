"""What a Chinese notice says of itself: which kind it is, when it takes effect, until when comments are taken.

Days are computed from the notice's own date only where its words tell how; what is ambiguous is none.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from regintel.text.dates import chinese_day, english_day

# 公开征求《…》意见, （征求意见稿）; …的公告, …的通告, …的通知, 政策解读, …公示
KIND = re.compile(r"征求[^，。；]*意见|公告|通告|通知|公示|解读")
COMMENTS = "征求意见"
INNER = re.compile(r"《[^《》]*》")

_DAY = r"\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日"
# 自2026年9月1日起施行, 自发布之日起施行
EFFECTIVE = re.compile(rf"自\s*(?:(?P<day>{_DAY})|(?:本[公通]告)?发布之日)\s*起\s*施行")
# shall come into force as of October 1, 2020
IN_FORCE = re.compile(r"\bcome into force as of (?P<day>[A-Z][a-z]+ \d{1,2}, \d{4})")

# 征求意见时限为自发布之日起一个月
WINDOW = re.compile(
    r"征求意见时限为自(?:本[公通][告知])?发布之日起\s*(?P<count>\d+|[一二两三四五六七八九十]{1,3})\s*(?P<unit>个月|日|天)"
)
# 请于2025年11月14日前…反馈意见: not in any capture, inferred from how such notices are written
UNTIL = re.compile(
    rf"请于\s*(?P<day>{_DAY})\s*之?前[^。]{{0,120}}意见|意见[^。]{{0,120}}请于\s*(?P<other>{_DAY})\s*之?前"
)
DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九十")} | {"两": 2}


@dataclass(frozen=True)
class Told:
    """A day that a notice tells, and the words that tell it."""

    day: str
    words: str


def notice_kind(title: str) -> tuple[str, str] | None:
    """Return which kind of notice a title says it is, and the words that say so; those inside 《》 are another's.

    >>> notice_kind("国家药监局关于修订人纤维蛋白原说明书的公告（2025年第101号）")
    ('公告', '公告')
    >>> notice_kind("关于公开征求《药物注射剂研发技术指导意见》意见的通知")
    ('征求意见', '征求意见')
    >>> notice_kind("《关于优化创新药临床试验审评审批有关事项的公告》政策解读"), notice_kind("待领取信息发布")
    (('解读', '解读'), None)
    """
    found = KIND.findall(INNER.sub("", title))
    if not found:
        return None
    asks = next((words for words in found if words.startswith("征求")), None)
    return (COMMENTS, asks) if asks else (found[-1], found[-1])


def effective_day(text: str, published: str | None) -> Told | None:
    """Return from when a notice is in force; none where it names several days.

    >>> effective_day("本公告自2026年9月1日起施行。", "2026-06-01")
    Told(day='2026-09-01', words='自2026年9月1日起施行')
    >>> effective_day("本通告自发布之日起施行。", "2024-12-06")
    Told(day='2024-12-06', words='自发布之日起施行')
    """
    told = [Told(day, match[0]) for match in EFFECTIVE.finditer(text) if (day := _named(match, published))]
    told += [Told(day, match[0]) for match in IN_FORCE.finditer(text) if (day := english_day(match["day"]))]
    return told[0] if len({each.day for each in told}) == 1 else None


def comment_deadline(text: str, published: str | None) -> Told | None:
    """Return until when comments are taken, counted from the notice's date where its words count from there.

    >>> comment_deadline("征求意见时限为自发布之日起一个月。", "2020-08-24")
    Told(day='2020-09-24', words='征求意见时限为自发布之日起一个月')
    >>> comment_deadline("征求意见时限为自发布之日起一个月。", None)
    """
    told = []
    for match in WINDOW.finditer(text):
        day = _later(published, _count(match["count"]), months=match["unit"] == "个月")
        told += [Told(day, match[0])] if day else []
    for match in UNTIL.finditer(text):
        day = chinese_day(match["day"] or match["other"])
        told += [Told(day, match[0])] if day else []
    return told[0] if len({each.day for each in told}) == 1 else None


def _named(match: re.Match[str], published: str | None) -> str | None:
    return chinese_day(match["day"]) if match["day"] else published


def _later(day: str | None, count: int, *, months: bool) -> str | None:
    """Return the day so many months or days later; the last of a month that is too short."""
    if not day or len(day) != len("2025-01-31"):
        return None
    start = date.fromisoformat(day)
    if not months:
        return (start + timedelta(days=count)).isoformat()
    year, month = divmod(start.year * 12 + start.month - 1 + count, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, last)).isoformat()


def _count(text: str) -> int:
    """Return a number up to ninety-nine, of digits or of signs.

    >>> _count("30"), _count("一"), _count("十五"), _count("三十")
    (30, 1, 15, 30)
    """
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    return (DIGITS.get(tens, 1) * 10 if ten else 0) + DIGITS.get(ones, 0)
