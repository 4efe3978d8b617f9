"""MHLW's notifications (通知) and administrative notices (事務連絡), which PMDA lists: addresses, words.

Facts: the law database has a text at `/web/t_doc?dataId=<id>&dataType=<0|1>&pageNo=<n>`; the id is `00tc4403`,
`74ab6770` or eight digits, dataType 1 are notifications, 0 are laws and public notices (告示), and long texts go on at
pageNo=2. PDFs of new notifications lie at `/hourei/doc/tsuchi/T250310I0040.pdf`, also with a doubled slash. A title in
「…の一部改正について」 or 「…の廃止について」 names what the notification does to another one: it is in force itself.
"""

import re
import unicodedata
from urllib.parse import parse_qs, urlsplit

from regintel.text.eras import DAY, japanese_day

HOST = "www.mhlw.go.jp"
DATA_ID = re.compile(r"\d\d[a-z]{2}\d{4}|\d{8}")
TSUCHI = re.compile(r"^/hourei/+doc/+tsuchi/+(?P<id>T\d{6}[A-Z]\d{4})\.pdf$")

BUREAUS = ("医薬", "薬食", "薬生", "MHLW", "PSB", "PSEHB", "PFSB")
"""How the numbers of MHLW's pharmaceutical bureau begin, by era and in English; 薬機 (PMDA's own) is not among them."""

QUOTED = re.compile(r"「[^「」]*(?:「[^「」]*」[^「」]*)*」")
MARKS = (
    ("廃止", re.compile(r"[【［\[(（]\s*廃止(?:済み?)?\s*[】］\])）]")),
    ("改正", re.compile(r"[【［\[(（]\s*(?:一部)?改[正訂](?:版)?\s*[】］\])）]")),
    ("案", re.compile(r"[【［\[(（]\s*案\s*[】］\])）]")),
)
"""Marks in brackets that say of this very document that it is abolished, amended, a draft."""
COMMENTS = re.compile(r"意見(?:・情報)?の?募集(?!の?結果)(?![^「」]*結果)")

# 平成13年7月1日 + 以降に承認申請する; 令和8年4月1日 + から適用する
IN_FORCE = re.compile(r"(?:から|より|以降|以後)(?:に|の)?[^。「」]{0,25}?(?:適用|施行|承認申請)")


def data_id(address: str) -> str | None:
    """Return the law database's id of a text; none if the address is not one of its texts."""
    parts = urlsplit(address)
    found = parse_qs(parts.query).get("dataId", [""])[0]
    return found if parts.path.endswith("/web/t_doc") and DATA_ID.fullmatch(found) else None


def key_of_address(address: str) -> str:
    """Return the key that an address of MHLW gives.

    >>> key_of_address("https://www.mhlw.go.jp/web/t_doc?dataId=00tc4403&dataType=1&pageNo=1")
    '00tc4403'
    >>> key_of_address("https://www.mhlw.go.jp/hourei//doc/tsuchi/T250310I0040.pdf")
    'T250310I0040'
    >>> key_of_address("https://www.mhlw.go.jp/stf/newpage_70780.html")
    'mhlw/stf/newpage_70780.html'
    """
    parts = urlsplit(address)
    file = TSUCHI.match(parts.path)
    query = f"?{parts.query}" if parts.query else ""
    return data_id(address) or (file["id"] if file else f"mhlw/{parts.path.lstrip('/')}{query}")


def is_from_bureau(number: str) -> bool:
    """Return whether a number is one of MHLW's.

    >>> [is_from_bureau(number) for number in ("医薬薬審発0618第1号", "PSB/PED Notification No. 0327-4", "事務連絡")]
    [True, True, False]
    """
    return number.startswith(BUREAUS)


def word_of_title(title: str) -> str | None:
    """Return what a title says that the document itself is: 廃止, 改正, 意見募集, 案; none if it says nothing of that.

    >>> word_of_title("「甲」の一部改正について"), word_of_title("甲について（廃止）"), word_of_title("甲（案）")
    (None, '廃止', '案')
    >>> word_of_title("「甲（案）」に関する意見募集について"), word_of_title("「甲（案）」意見募集の結果について")
    ('意見募集', None)
    """
    if COMMENTS.search(title):
        return "意見募集"
    own = QUOTED.sub("", title)
    return next((word for word, mark in MARKS if mark.search(own)), None)


def word_of_numbers(numbers: tuple[str, ...]) -> str | None:
    """Return 通知 for what bears a number, 事務連絡 for what is called so instead; none for neither."""
    if any(number != "事務連絡" for number in numbers):
        return "通知"
    return "事務連絡" if numbers else None


def effective_day(text: str) -> tuple[str, str] | None:
    """Return the one day from which a text says that it holds, and its words; none where it names none, or several.

    >>> effective_day("1 平成13年7月1日以降に承認申請する生物薬品について")
    ('2001-07-01', '平成13年7月1日以降に承認申請')
    >>> effective_day("第586号薬務局審査課長通知を平成13年6月30日付けで廃止する。")
    """
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    found: dict[str, str] = {}
    for match in DAY.finditer(plain):
        day, force = japanese_day(match[0]), IN_FORCE.match(plain, match.end())
        if day and len(day) == len("2025-01-31") and force:
            found.setdefault(day, match[0] + force[0])
    return next(iter(found.items())) if len(found) == 1 else None
