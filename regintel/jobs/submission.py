"""One record that a person hands in: a line of JSON, checked before anything is done with it.

The same form for everything that reads records: `{"id", "title", "text"?, "agency"?, "language"?, "url"?, "published"?,
"status"?}`. Only `title` is required; null and an empty text are the same as a field that is not there; fields that are
not among these are left alone.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from regintel.exceptions import SubmissionError
from regintel.logs import printable
from regintel.text.dates import calendar_day
from regintel.text.titles import squeezed
from regintel.vocabulary import Agency, Stage

FIELDS = ("id", "title", "text", "agency", "language", "url", "published", "status")

SIGNED_FOR = {"mhlw": Agency.PMDA, "cde": Agency.NMPA, "cmde": Agency.NMPA, "ec": Agency.EMA}
"""Who signs under another agency's name here: the words are issuers."""

LANGUAGES = frozenset({
    "en", "ja", "zh",
    "bg", "cs", "da", "de", "el", "es", "et", "fi", "fr", "ga", "hr", "hu", "it", "lt", "lv", "mt", "nl", "pl", "pt",
    "ro", "sk", "sl", "sv",
})  # fmt: skip
"""Ours, and those that EMA publishes in."""
MOST_TITLE = 1_000_000
"""Bytes of a title."""
MOST_TEXT = 10_000_000
"""Characters of a text, as of a PDF's."""
MOST_NAME = 1_000
"""Characters of an id or address."""
DAY = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?")
KANA = re.compile(r"[\u3041-\u30ff\uff66-\uff9d]")
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
KINDS = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}


@dataclass(frozen=True)
class Submission:
    """A record as it was understood."""

    title: str
    id: str = ""
    """As it was given, if it was."""
    text: str = ""
    agency: str = ""
    """One of ours, or the record's own word for another."""
    issuer: str = ""
    language: str = "en"
    url: str = ""
    published: str | None = None
    status: str = ""
    """The record's own word, in small letters."""
    digest: str = ""
    """A hash that it is known by, where no id was given and there is a better one than that of its head."""

    @property
    def stage(self) -> Stage:
        """The stage that the status names, if it is one of our words."""
        return Stage(self.status) if self.status in set(Stage) else Stage.UNSTATED

    @property
    def key(self) -> str:
        """The id that was given, else a hash: of agency, address and title, where the record knows no better one."""
        said = json.dumps([self.agency, self.url, self.title], ensure_ascii=False)
        return self.id or self.digest or hashlib.sha256(said.encode()).hexdigest()[:32]


def submission_of(line: bytes, **otherwise: str) -> Submission:
    """Read one line.

    :param otherwise: what holds where the line says nothing of a field.
    :raises SubmissionError: in words for whoever wrote the line.
    """
    told = _object(line)
    return checked({name: _text(told, name) or otherwise.get(name, "") for name in FIELDS})


def checked(fields: Mapping[str, str], digest: str = "") -> Submission:
    """Return a record whose fields are texts, once each can be what it is to be.

    :param digest: what it is known by unless it has an id.
    :raises SubmissionError: naming the first that cannot.
    """
    title = squeezed(fields["title"])
    if not title:
        raise SubmissionError("no title")
    if len(title.encode()) > MOST_TITLE:
        raise SubmissionError(f"title: {len(title.encode()):,} bytes, more than {MOST_TITLE:,}")
    if len(fields.get("text", "")) > MOST_TEXT:
        raise SubmissionError(f"text: {len(fields['text']):,} characters, more than {MOST_TEXT:,}")
    agency, issuer = who(fields.get("agency", ""))
    return Submission(
        title=title,
        id=_name(fields.get("id", "")),
        text=fields.get("text", "").replace("\r\n", "\n").strip(),
        agency=agency,
        issuer=issuer,
        language=language_of(fields.get("language", "")) or language_seen(title),
        url=_address(fields.get("url", "").strip()),
        published=day_of(fields.get("published", "")),
        status=squeezed(fields.get("status", "")).casefold(),
        digest=digest,
    )


def who(word: str) -> tuple[str, str]:
    """Return agency and issuer for an agency's word; one that we do not know is kept as it is.

    >>> who("MHLW"), who("FDA"), who("PIC/S")
    (('pmda', 'mhlw'), ('fda', ''), ('PIC/S', ''))
    """
    kept = squeezed(word)
    known = kept.casefold()
    if known in SIGNED_FOR:
        return str(SIGNED_FOR[known]), known
    return (known if known in set(Agency) else kept), ""


def language_of(word: str) -> str:
    """Return a language's code, without its country; empty for an empty word.

    :raises SubmissionError: for a code that we do not know.

    >>> language_of("zh-CN"), language_of("EN")
    ('zh', 'en')
    """
    code = re.split("[-_]", squeezed(word).casefold())[0]
    if code and code not in LANGUAGES:
        raise SubmissionError(f"language: unknown code {word[:40]!r}")
    return code


def language_seen(title: str) -> str:
    """Return the language that a title's script tells: kana is Japanese, characters without any are Chinese."""
    if KANA.search(title):
        return "ja"
    return "zh" if HAN.search(title) else "en"


def day_of(word: str) -> str | None:
    """Return an ISO day or month, or the day of an ISO moment; none for an empty word.

    :raises SubmissionError: for anything else.

    >>> day_of("2024-08"), day_of("2024-02-29"), day_of("2024-02-29T12:00:00Z")
    ('2024-08', '2024-02-29', '2024-02-29')
    """
    word = squeezed(word)
    if not word:
        return None
    day = DAY.fullmatch(word) or (DAY.match(word) if _is_moment(word) else None)
    read = calendar_day(*(int(part) for part in day.groups() if part)) if day else None
    if read is None:
        raise SubmissionError(f"published: not an ISO day or month: {word[:40]!r}")
    return read


def _is_moment(word: str) -> bool:
    try:
        datetime.fromisoformat(word)
    except ValueError:
        return False
    return "T" in word or " " in word


def _object(line: bytes) -> dict[str, Any]:
    try:
        told = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise SubmissionError("not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise SubmissionError(f"not JSON: {' '.join(str(error).split())[:200]}") from error
    if not isinstance(told, dict):
        raise SubmissionError(f"an object is due, not {KINDS.get(type(told), 'a text')}")
    return told


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise SubmissionError(f"{name}: a text is due, not {KINDS[type(value)]}")
    if "\0" in value:
        raise SubmissionError(f"{name}: has a NUL byte")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise SubmissionError(f"{name}: has half a character (a lone surrogate)") from error
    return value


def _name(word: str) -> str:
    """Return an id as it was given; one of white space only is none."""
    if len(word) > MOST_NAME or printable(word) != word:
        raise SubmissionError(f"id: longer than {MOST_NAME} characters, or with invisible ones")
    return word if word.strip() else ""


def _address(word: str) -> str:
    try:
        _ = urlsplit(word).hostname
    except ValueError as error:
        raise SubmissionError(f"url: not an address: {word[:80]!r}") from error
    if len(word) > 2 * MOST_NAME or re.search(r"\s", word) or printable(word) != word:
        raise SubmissionError(f"url: not an address: {word[:80]!r}")
    return word
