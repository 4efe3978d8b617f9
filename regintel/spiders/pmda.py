"""PMDA's addresses, and what it puts into a link's words besides the title.

Facts: http and https addresses of one page are in circulation. A file is `/files/<nine digits>.<pdf|xlsx|zip>`; the
digits stay when the file is issued anew (the nitrosamine list is at its third version under one number), so they are
the key, and the size beside the link is kept as a sign that the bytes were replaced. Sizes come as `[2.05MB]`,
`[798 KB]` or `［399KB］`, at the end of a title or in its midst. News titles begin with one or two tags in ASCII
brackets (`[審査][イベント]`); full-width brackets (`［MID-NET］`) belong to the title.
"""

import re
from urllib.parse import urlsplit, urlunsplit

from regintel.spiders import mhlw
from regintel.text.titles import squeezed

HOST = "www.pmda.go.jp"
FILE = re.compile(r"^/files/(?P<number>\d{9})\.\w+$")
# "[263.18KB]", "[112 KB]", "［399KB］"
SIZE = re.compile(r"[\[［]\s*(?P<size>[\d.,]+\s*(?:KB|MB|GB))\s*[\]］]", re.IGNORECASE)
TAGS = re.compile(r"^\s*(?:\[[^\[\]]+\]\s*)+")


def address_of(link: str) -> str:
    """Return an address with https, without fragment and doubled slashes.

    >>> address_of("http://www.pmda.go.jp//files/000274534.pdf#page=2")
    'https://www.pmda.go.jp/files/000274534.pdf'
    """
    parts = urlsplit(link.strip())
    scheme = "https" if parts.scheme == "http" else parts.scheme
    return urlunsplit((scheme, parts.netloc.lower(), re.sub(r"/{2,}", "/", parts.path), parts.query, ""))


def key_of_address(link: str) -> str:
    """Return the key that an address gives: a file's number without its ending, MHLW's own id, else the path.

    >>> key_of_address("http://www.pmda.go.jp/files/000274534.pdf"), key_of_address("https://www.pmda.go.jp/a/1.html")
    ('files/000274534', 'a/1.html')
    """
    parts = urlsplit(address_of(link))
    if parts.netloc == mhlw.HOST:
        return mhlw.key_of_address(address_of(link))
    path = f"{parts.path.lstrip('/')}{'?' if parts.query else ''}{parts.query}"
    if parts.netloc != HOST:
        return f"{parts.netloc}/{path}"
    file = FILE.match(parts.path)
    return f"files/{file['number']}" if file else path


def sized(words: str) -> tuple[str, str]:
    """Return words without the file sizes in them, and the first size.

    >>> sized("一時停止について[401KB]（2026年4月22日）")
    ('一時停止について（2026年4月22日）', '401KB')
    """
    found = SIZE.search(words)
    return squeezed(SIZE.sub("", words)), squeezed(found["size"]) if found else ""


def tagged(title: str) -> tuple[tuple[str, ...], str]:
    """Return the tags that a news title begins with, and the title itself.

    >>> tagged("[安全]［MID-NET］利活用状況を更新しました")
    (('安全',), '［MID-NET］利活用状況を更新しました')
    """
    found = TAGS.match(title)
    if found is None:
        return (), title
    return tuple(dict.fromkeys(re.findall(r"\[([^\[\]]+)\]", found[0]))), title[found.end() :]
