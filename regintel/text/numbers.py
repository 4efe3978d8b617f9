"""Agencies' reference numbers as they write them, and the one form that we keep of each."""

import re
import unicodedata

from regintel.text.dates import calendar_day

# "FDA-2019-D-4212.", "FDA 2018-D-2238", "FDA–2008–D–0659", "2008-D-0205", "2003D-0001"
DOCKET = re.compile(r"(?:FDA[\s–-]*)?(\d{4})[–-]?([A-Z])[–-](\d{3,5})")

# EMA/CHMP/CVMP/QWP/262313/2024, EMEA/CHMP/BWP/157653/2007, CPMP/BWP/3088/99, CHMP/437/04; of old, 3CC29A
EMA = re.compile(
    r"(?<![A-Za-z/])(?:EMA|EMEA|CPMP|CHMP|CVMP|HMPC|CAT|PRAC|PDCO|COMP)(?:\s*/\s*(?:[A-Z][A-Za-z0-9&-]*|3Rs))*"
    r"\s*/\s*\d{2,7}\s*/\s*(?:\d{4}|\d\d)(?!\d)|(?<![A-Za-z0-9/])3[A-Z]{2}\d{1,2}[A-Za-z]?(?![A-Za-z0-9])"
)

# "Q3C (R9)", "M4Q", "E2B(M)"; only right after the word ICH with its signs apart: "ICH: M 4 Q"
_REVISION = r"(?![A-Za-z0-9])(?:\s*\(\s*(?P<revision>R\d{0,2})\s*\))?"
ICH_CODE = re.compile(rf"(?<![A-Za-z0-9])(?P<base>[QSEM][1-9]\d?[A-FQS]?){_REVISION}")
ICH_NAMED = re.compile(
    r"(?<![A-Za-z])ICH[\s:-]*(?:(?i:harmonised|tripartite|guideline|topic)\s+)*"
    rf"(?P<base>[QSEM][1-9]\d?[A-FQS]?|[QSEM] [1-9]\d?(?: ?[A-FQS])?){_REVISION}"
)
ICH_WORD = re.compile(r"(?<![A-Za-z])ICH(?![a-z])")
JOINED = re.compile(r"\s*(?:[,/&、・–-]|and\b|及び|と)\s*(?:(?:and|&)\s*)?(?:ICH\s*)?")  # Q8, Q9 and Q10; Q1A - Q1F
NOT_ICH = re.compile(r"\s+(?:19|20)\d\d\b|[.?]|\s*(?:mg|ml|mL|µg|μg|%)")  # Q4 2025; Q1. What is …; E10 mg

# 薬生機審発0709第2号, 薬生機審発1122第10 (PMDA's slip), 医薬審発第五七一号, 薬食発第0401022号, 事務連絡
NOTIFICATION = re.compile(
    r"(?P<section>(?:(?![年月日号第付発知])[一-鿿]){1,8}発)\s*"
    r"(?:(?P<day>\d{4})\s*第\s*(?P<count>\d+)(?:\s*号|(?=[\s・、。,;)\]]|$))"
    r"|第\s*(?P<old>\d+|[〇一二三四五六七八九十百千]+)\s*号)"
    r"|事\s*務\s*連\s*絡"
)
MONTH_DAY = re.compile(r"(?:発|No\.? ?)(\d\d)(\d\d)(?:第|-)")

# "PSB/PED Notification No. 0327-4", "PFSB/ELD Administrative Notice"
ENGLISH_NOTIFICATION = re.compile(
    r"(?:\b(?P<section>[A-Z]{2,6}(?:/[A-Z]{2,6})*)\s+)?"
    r"\b(?:Notification\s+No\.?\s*(?P<day>\d{4})-(?P<count>\d+)|Notification\s+No\.?\s*\d{4,7}|Administrative\s+Notice)\b"
)
SECTIONS = {"PSB/PED": "医薬薬審発", "PSEHB/PED": "薬生薬審発", "PFSB/ELD": "薬食審査発"}

# 2025年第86号, [2025] No. 86; No. 86, 2025, where the number comes first
_NUMBER = (
    r"(\d{4})\s*年\s*第\s*(\d+)\s*号|\[\s*(\d{4})\s*\]\s*No\.?\s*(\d+)|"
    r"(?<![A-Za-z])No\.?\s*(?P<first>\d+)\s*,\s*(\d{4})"
)
ANNOUNCEMENT = re.compile(rf"(?<!\d)(?:{_NUMBER})(?!\d)")
BRACKETED = re.compile(rf"\(\s*(?:{_NUMBER})\s*\)")
ENVELOPES = (
    re.compile(r"关于(?:再次)?(?:发布|印发|(?:公开)?征求)《(?P<title>[^《》]+)》(?:意见)?的(?:通告|公告|通知)"),
    re.compile(r"关于《(?P<title>[^《》]+)》(?:再次)?(?:公开)?征求意见的(?:通告|公告|通知)"),
)


def docket(text: str) -> str | None:
    """Return the first docket number of FDA's typing, cleaned.

    >>> docket("Docket No. FDA–2008–D–0659."), docket("2003D-0001"), docket("None found"), docket("2019-22690")
    ('FDA-2008-D-0659', 'FDA-2003-D-0001', None, None)
    """
    return next(iter(dockets(text)), None)


def dockets(text: str) -> tuple[str, ...]:
    """Return all docket numbers of a text, cleaned, each once, in its order.

    >>> dockets("FDA-2017-D-6159 and FDA 2018-D-2238, formerly FDA-2017-D-6159")
    ('FDA-2017-D-6159', 'FDA-2018-D-2238')
    """
    return tuple(dict.fromkeys(f"FDA-{year}-{kind}-{count}" for year, kind, count in DOCKET.findall(text)))


def ema_reference(text: str) -> str | None:
    """Return the first reference number of EMA in a text, without its revision.

    >>> ema_reference("2 EMA/CHMP/BWP/187338/2014 Rev. 1"), ema_reference("CPMP/BWP/3088/99"), ema_reference("3CC29A")
    ('EMA/CHMP/BWP/187338/2014', 'CPMP/BWP/3088/99', '3CC29A')
    """
    match = EMA.search(_plain(text))
    return "".join(match[0].split()) if match else None


def ich_code(text: str) -> str | None:
    """Return the code of ICH that a title begins with, or names if it says ICH; none where it joins several.

    >>> ich_code("ICH Q3C (R9) Residual solvents"), ich_code("S1B（R1）"), ich_code("ICH: M 4 Q: Common")
    ('Q3C(R9)', 'S1B(R1)', 'M4Q')
    >>> ich_code("E 10 mg"), ich_code("Aflatoxin M1"), ich_code("Q8, Q9, and Q10 Questions and Answers")
    (None, None, None)
    """
    plain = _plain(text).strip()
    match = ICH_CODE.match(plain)
    if match and not match["revision"] and NOT_ICH.match(plain, match.end()):
        match = None
    if match is None and ICH_WORD.search(plain):
        match = ICH_NAMED.search(plain) or ICH_CODE.search(plain)
    if match is None:
        return None
    base = match["base"].replace(" ", "")
    joint = JOINED.match(plain, match.end())
    other = ICH_CODE.match(plain, joint.end()) if joint else None
    if other and other["base"] != base:
        return None
    return f"{base}({match['revision']})" if match["revision"] else base


def notification_numbers(text: str) -> tuple[str, ...]:
    """Return the numbers of Japanese notifications in a text, each once; 事務連絡 counts as a number.

    >>> notification_numbers("薬生薬審発1122第４号　薬生機審発1122第10 薬生安発1122第7号")
    ('薬生薬審発1122第4号', '薬生機審発1122第10号', '薬生安発1122第7号')
    >>> notification_numbers("医薬審発第五七一号、薬食発第0401022号・事務連絡")
    ('医薬審発第五七一号', '薬食発第0401022号', '事務連絡')
    """
    found = []
    for match in NOTIFICATION.finditer(_plain(text)):
        section, day, count, old = match.group("section", "day", "count", "old")
        found.append(f"{section}{day or ''}第{count or old}号" if section else "事務連絡")
    return tuple(dict.fromkeys(found))


def notification_month_day(number: str) -> tuple[int, int] | None:
    """Return month and day of issue that a notification's number holds; numbers of the old style hold none.

    >>> notification_month_day("薬生機審発0709第2号"), notification_month_day("PSB/PED Notification No. 0327-4")
    ((7, 9), (3, 27))
    >>> notification_month_day("薬食発第0401022号"), notification_month_day("事務連絡")
    (None, None)
    """
    match = MONTH_DAY.search(_plain(number))
    if not match:
        return None
    month, day = int(match[1]), int(match[2])
    return (month, day) if calendar_day(2000, month, day) else None  # a leap year


def agrees_with_date(number: str, day: str) -> bool | None:
    """Return whether a day, or a month, is that of the notification's number; none if one of the two tells nothing.

    >>> agrees_with_date("医薬薬審発0618第1号", "2024-06-18"), agrees_with_date("医薬薬審発0618第1号", "2024-07-18")
    (True, False)
    >>> agrees_with_date("医薬薬審発0618第1号", "2024-06"), agrees_with_date("事務連絡", "2024-06-18")
    (True, None)
    """
    told = notification_month_day(number)
    if not told or not re.fullmatch(r"\d{4}-\d\d(-\d\d)?", day):
        return None
    return f"{told[0]:02}-{told[1]:02}".startswith(day[5:])


def date_from_number(number: str, year: int) -> str | None:
    """Return the day of issue that a notification's number tells for a year.

    >>> date_from_number("薬生機審発0709第2号", 2019), date_from_number("薬生機審発0229第1号", 2019)
    ('2019-07-09', None)
    """
    told = notification_month_day(number)
    return calendar_day(year, *told) if told else None


def english_notification(text: str) -> str | None:
    """Return a notification's section and number, or "Administrative Notice", as PMDA's English pages write them.

    >>> english_notification("March 27, 2024 PSB/PED Notification No. 0327-4")
    'PSB/PED Notification No. 0327-4'
    >>> english_notification("September 2, 2020 Office of Vaccines and Blood Products")
    """
    match = ENGLISH_NOTIFICATION.search(_plain(text))
    return " ".join(match[0].split()) if match else None


def japanese_number_of(english: str) -> str | None:
    """Return the Japanese number of a notification that PMDA's English pages cite.

    Known are PSB/PED and PSEHB/PED, the drugs section 薬審, and PFSB/ELD, 薬食審査 (to 2015). The devices section
    (MDED) is left out: no page that we have seen shows both of its names.

    >>> japanese_number_of("PSB/PED Notification No. 0327-4"), japanese_number_of("Administrative Notice")
    ('医薬薬審発0327第4号', '事務連絡')
    >>> japanese_number_of("PSB/MDED Notification No. 0618-1")
    """
    match = ENGLISH_NOTIFICATION.search(_plain(english))
    if not match:
        return None
    if match[0].endswith("Notice"):
        return "事務連絡"
    section = SECTIONS.get(match["section"] or "")
    return f"{section}{match['day']}第{match['count']}号" if section and match["day"] else None


def announcement_number(text: str) -> str | None:
    """Return NMPA's number of an announcement in its Chinese form: of several the last, one in brackets before others.

    A number inside 《》 is that of another document, unless the text is nothing else.

    >>> announcement_number("国家药监局关于…的公告（2025年第86号）"), announcement_number("… Drugs ([2025] No. 86)")
    ('2025年第86号', '2025年第86号')
    >>> announcement_number("… Extrapolation (No. 139, 2024)"), announcement_number("保护品种公告（第31号）")
    ('2024年第139号', None)
    """
    plain = _plain(text)
    own = re.sub(r"《[^》]*》", "", plain).strip() or plain
    found = list(BRACKETED.finditer(own)) or list(ANNOUNCEMENT.finditer(own))
    if not found:
        return None
    one, other = (int(part) for part in found[-1].groups() if part)
    return f"{other}年第{one}号" if found[-1]["first"] else f"{one}年第{other}号"


def inner_title(text: str) -> str:
    """Return the title inside the envelope of a Chinese notice about one document; any other text as it is.

    >>> inner_title("关于公开征求《药物注射剂研发技术指导意见》意见的通知")
    '药物注射剂研发技术指导意见'
    >>> inner_title("关于发布《甲》《乙》的通告"), inner_title("《药品管理法》解读")
    ('关于发布《甲》《乙》的通告', '《药品管理法》解读')
    """
    match = next((match for envelope in ENVELOPES if (match := envelope.search(text))), None)
    return match["title"].strip() if match else text


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
