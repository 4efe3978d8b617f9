"""What people read: every limit holds, nothing from outside acts as markup, and the words are as they were reviewed."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from regintel.notify.message import Message, alarm, messages, plain_text
from regintel.notify.mrkdwn import clean, escaped, link
from regintel.records import Digest, DigestItem, LabelScore, SourceHealth
from regintel.vocabulary import ChangeKind, SourceState
from tests.golden import check
from tests.slack_server import problem, size

NAMES = {
    "cell_therapy_engineered": "Cell therapy: CAR-T / genetically engineered",
    "viral_vector_gene_therapy": "Viral-vector / in-vivo gene therapy",
    "potency": "Potency assays",
    "comparability": "Comparability & analytical similarity",
}
NASTY = (
    "<!channel>",
    "<!here|here>",
    "<@U012AB3CD>",
    "<#C024BE7LR>",
    "<!subteam^S1>",
    "@here",
    "@channel @everyone",
    "*bold* _it_ ~gone~ `code` ```block```",
    "a|b>c<d",
    "&amp; &lt; &",
    "> quoted",
    "line\nbreak\r\n\ttab\u2028end",
    "\u202egnp.exe\u202c \u2066x\u2069 \u200f",
    "\x00\x1b[31mred\x07",
    "\ud83d",
    "👩‍👩‍👧‍👦🇯🇵👍🏽é" * 3,
    "医薬品の製造管理及び品質管理に関する基準",
    "<https://evil.example|click>",
    "x" * 400,
    "&" * 400,
    "a_b" * 40,
    '"\\' * 200,
    "💊" * 400,
)
ADDRESSES = (
    "https://www.fda.gov/media/1?a=1&b=2",
    "javascript:alert(1)",
    "https://evil.example|x>",
    "http://[::1",
    "data:text/html,x",
    "https://fda.gov@evil.example/",
    "https://www.nmpa.gov.cn/征求 意见.html",
    "",
    "//evil.example",
    "https://www.ema.europa.eu/" + "a" * 600,
    "https://www.fda.gov/a\nb",
    "HTTPS://WWW.FDA.GOV/x_y*z~`",
)
LINK = re.compile(r"<(https?://[^<>|\s\"]+)\|([^<>|\n]+)>")


def item(**changes: object) -> DigestItem:
    known: dict[str, object] = {
        "change": 1,
        "document": "fda-1",
        "kind": ChangeKind.NEW,
        "silent": False,
        "at": "2026-11-04T06:02:00Z",
        "agency": "fda",
        "issuer": "fda",
        "source": "fda_guidance",
        "title": "Potency Assurance for Cellular and Gene Therapy Products",
        "url": "https://www.fda.gov/media/175132/download",
        "status": "draft",
        "stage": "draft",
        "was": None,
        "summary": "",
        "change_note": None,
        "language": "en",
        "published": "2026-11-03",
        "comment_closes": None,
        "days_left": None,
        "modalities": (),
        "topics": (),
        "score": 0.5,
        "must_not_miss": False,
        "reasons": (),
    }
    return DigestItem(**{**known, **changes})  # type: ignore[arg-type]


def source(**changes: object) -> SourceHealth:
    known: dict[str, object] = {
        "source": "fda_guidance",
        "agency": "fda",
        "title": "FDA guidance documents",
        "state": SourceState.OK,
        "last_success": "2026-11-04T06:02:11Z",
        "last_run": "2026-11-04T06:02:11Z",
        "last_items": 2812,
    }
    return SourceHealth(**{**known, **changes})  # type: ignore[arg-type]


SOURCES = (
    source(),
    source(source="ema_guidelines", agency="ema", title="EMA scientific guidelines", last_items=571, open_problems=2),
    source(source="mhra_guidance", agency="mhra", title="MHRA guidance on GOV.UK", last_items=840),
)
UNREAD = (
    source(
        source="pmda_notifications",
        agency="pmda",
        title="PMDA notifications",
        state=SourceState.BLOCKED,
        last_success="2026-11-02T21:40:00Z",
        failing_since="2026-11-03T06:03:00Z",
        reason="a challenge page came instead (HTTP 403)",
    ),
    source(
        source="nmpa_guidelines",
        agency="nmpa",
        title="NMPA/CDE guidelines",
        state=SourceState.BROKEN,
        last_success="2025-12-30T06:03:00Z",
        failing_since="2025-12-31T06:03:00Z",
        reason="nmpa_guidelines: 3 items, expected at least 40",
    ),
    source(
        source="ich_guidelines",
        agency="ich",
        title="ICH guidelines",
        state=SourceState.SUSPECT,
        last_success=None,
        last_run="2026-11-04T06:03:00Z",
    ),
    source(source="cde_drafts", agency="nmpa", title="CDE drafts", state=SourceState.NEVER_RUN, last_success=None),
    source(source="ec_gmp", agency="ema", title="EudraLex volume 4", state=SourceState.DISABLED, last_success=None),
)


def digest(*items: DigestItem, sources: tuple[SourceHealth, ...] = SOURCES, name: str = "Autologous CAR-T") -> Digest:
    return Digest(
        project="cart",
        name=name,
        channel="C0123CART",
        built_at="2026-11-04T12:00:00Z",
        day="2026-11-04",
        items=items,
        sources=sources,
        documents=4223,
    )


def full() -> Digest:
    """One change of each kind and group."""
    cell = (LabelScore("cell_therapy_engineered", 0.97), LabelScore("viral_vector_gene_therapy", 0.71))
    return digest(
        item(
            change=1,
            comment_closes="2026-12-07",
            days_left=33,
            modalities=cell,
            topics=(LabelScore("potency", 0.93),),
            score=0.94,
            must_not_miss=True,
            reasons=("engineered cell therapy is your modality", "the title says “potency assurance”"),
        ),
        item(
            change=2,
            kind=ChangeKind.DEADLINE_CHANGED,
            agency="ema",
            issuer="ema",
            title="Guideline on quality, non-clinical and clinical requirements for investigational ATMPs",
            url="https://www.ema.europa.eu/en/documents/scientific-guideline/atmp_en.pdf",
            status="draft: consultation open",
            comment_closes="2026-11-05",
            days_left=1,
            published="2026-07",
            differences=("comments close 2026-10-31 → 2026-11-05",),
            score=0.81,
        ),
        item(
            change=3,
            kind=ChangeKind.STATUS_CHANGED,
            title="Considerations for the Development of Chimeric Antigen Receptor (CAR) T Cell Products",
            url="https://www.fda.gov/media/156896/download",
            status="final",
            stage="final",
            was="draft",
            published="2026-11-02",
            modalities=cell[:1],
            topics=(LabelScore("comparability", 0.9), LabelScore("cell_banks", 0.66)),
            score=0.99,
            must_not_miss=True,
            reasons=("“chain of identity” is one of your keywords",),
        ),
        item(
            change=4,
            kind=ChangeKind.STATUS_CHANGED,
            agency="ich",
            issuer="ich",
            title="Q5A(R2) Viral Safety Evaluation of Biotechnology Products",
            url="https://database.ich.org/Q5A.pdf",
            status="step 4",
            stage="final",
            was="step 2",
            score=0.7,
        ),
        item(change=5, title="Human Gene Therapy for Rare Diseases", url="https://www.fda.gov/media/1", score=0.6),
        item(
            change=6,
            agency="pmda",
            issuer="mhlw",
            title="遺伝子治療用製品等の品質及び安全性の確保に関する指針の改正について",
            url="https://www.pmda.go.jp/files/000001.pdf",
            status="通知",
            stage="final",
            language="ja",
            score=0.55,
            reasons=("gene therapy is close to your project's description",),
        ),
        item(
            change=7,
            kind=ChangeKind.STATUS_CHANGED,
            title="Concept paper on raw materials",
            agency="ema",
            issuer="ema",
            url="https://www.ema.europa.eu/concept",
            status="draft",
            was="concept paper",
            published=None,
        ),
        item(
            change=8,
            kind=ChangeKind.REVISED,
            agency="mhra",
            issuer="mhra",
            title="Advanced therapy medicinal products: regulation and licensing",
            url="https://www.gov.uk/guidance/atmp?a=1&b=2",
            status="guidance",
            stage="information",
            change_note="Updated the section on point-of-care manufacture & modular sites.",
            differences=("body reworded",),
        ),
        item(
            change=9,
            kind=ChangeKind.REVISED,
            silent=True,
            title="Questions and Answers on <comparability> & *control*",
            url="javascript:alert(1)",
            status="final",
            stage="final",
            published="2024-03-01",
            differences=("body reworded", "attachments replaced"),
        ),
        item(
            change=10,
            kind=ChangeKind.WITHDRAWN,
            title="Preparation of IDEs and INDs for Products Intended to Repair Knee Cartilage",
            status="withdrawn",
            stage="withdrawn",
            was="final",
            published="2011-12-01",
            days_left=3,
        ),
        item(change=11, kind=ChangeKind.RESTORED, title="Formal Meetings Between the FDA and Sponsors", published=None),
        sources=(*SOURCES, *UNREAD[:1]),
    )


def told(made: tuple[Message, ...]) -> dict[str, object]:
    return {"messages": [{"text": message.text.splitlines(), "blocks": message.blocks} for message in made]}


def texts(message: Message) -> list[str]:
    """All mrkdwn of a message."""
    found = re.findall(r'\{"type": "mrkdwn", "text": ("(?:[^"\\]|\\.)*")', json.dumps(message.blocks))
    return [json.loads(text) for text in found]


def held(message: Message) -> None:
    """Assert that Slack takes the message, and that nothing in it acts but our own bold titles and links."""
    assert problem({"text": message.text, "blocks": list(message.blocks)}) == ""
    assert message.text.strip()
    assert size(message.text) <= 4_000
    assert len(message.blocks) <= 40
    assert json.dumps(message.blocks, ensure_ascii=False).encode()  # no half of an emoji
    assert all(block.get("text", {}).get("verbatim", True) for block in message.blocks)  # type: ignore[attr-defined]
    for text in (*texts(message), message.text):
        inert(text)


def inert(text: str) -> None:
    words = text
    for address, label in LINK.findall(text):
        assert "javascript" not in address
        assert len(label.strip()) > 0
        words = words.replace(f"<{address}|{label}>", label)
    assert "<" not in words
    assert ">" not in words
    assert re.fullmatch(r"(?:[^&]|&(?:amp|lt|gt);)*", text), text
    assert not re.search(r"[~`\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]", words)
    assert not re.search(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", words)
    assert not re.search(r"@(?!\u2060)", words)
    for line in words.split("\n"):
        assert not line.startswith("&gt;")
        assert line.count("*") in (0, 2)
        assert "*" not in line or line.startswith("*")


def test_a_digest_of_every_kind_of_change() -> None:
    made = messages(full(), NAMES)
    for message in made:
        held(message)
    check("digest_full", {**told(made), "plain": plain_text(full(), NAMES).splitlines()})


def test_a_digest_with_nothing_new_says_what_was_read() -> None:
    made = messages(digest())
    held(made[0])
    assert "Nothing new. All 3 sources were read." in made[0].text
    check("digest_nothing_new", {**told(made), "plain": plain_text(digest()).splitlines()})


def test_a_digest_says_what_could_not_be_read_and_since_when() -> None:
    gaps = digest(sources=(*SOURCES, *UNREAD))
    made = messages(gaps)
    held(made[0])
    assert "Nothing new in what was read; 4 of 7 sources were not read." in made[0].text
    gap = "PMDA notifications could not be read since Tue 3 Nov (blocked)"
    assert gap in texts(made[0])[-1]
    assert gap in made[0].text
    check("digest_sources_unread", {**told(made), "plain": plain_text(gaps).splitlines()})


def test_an_alarm_names_what_is_wrong() -> None:
    made = alarm("PMDA notifications is broken", ["No good run since Tue 3 Nov.", "3 items, expected <40> & more", ""])
    held(made)
    check("alarm", told((made,)))


def test_what_does_not_fit_goes_into_the_thread() -> None:
    many = [item(change=number, title=f"Guidance number {number}", score=1 / number) for number in range(1, 201)]
    parent, *others = messages(digest(*many))
    assert others
    for message in (parent, *others):
        held(message)
    linked = [label for message in (parent, *others) for text in texts(message) for _, label in LINK.findall(text)]
    assert linked == [f"Guidance number {number}" for number in range(1, 201)]
    assert "200 new drafts" in parent.text
    in_thread = sum(len(LINK.findall(text)) for message in others for text in texts(message))
    assert f"{in_thread} more in the thread." in texts(parent)[0]
    assert all("*New drafts* (continued)" in texts(message)[0] for message in others)


def test_the_footer_keeps_the_gaps_when_sources_are_many() -> None:
    many = tuple(source(title=f"Source number {number} of a long list") for number in range(300))
    (made,) = messages(digest(sources=(*many, UNREAD[0])))
    held(made)
    assert texts(made)[1].startswith("PMDA notifications could not be read")
    assert re.search(r"\nFDA: all 300 sources read [^\n]+, [\d,]+ entries\n", texts(made)[1])


def test_a_footer_that_has_no_room_for_every_gap_says_how_many_more_there_are() -> None:
    many = tuple(replace(UNREAD[0], title=f"Source number {number} of a long list") for number in range(300))
    (made,) = messages(digest(sources=many))
    held(made)
    assert re.search(r"… and \d+ more$", texts(made)[-1])


def test_from_one_word_for_final_to_another_nothing_became_final() -> None:
    words = {"kind": ChangeKind.STATUS_CHANGED, "status": "fully applicable", "stage": "final", "was": "into operation"}
    assert "Became final" in plain_text(digest(item(**words, was_stage="draft")))
    told = plain_text(digest(item(**words, was_stage="final")))
    assert ("Became final" in told, "Status changed" in told) == (False, True)


def test_the_most_relevant_comes_first() -> None:
    low, high, must = (
        item(change=1, title="Low", score=0.2),
        item(change=2, title="High", score=0.9),
        item(change=3, title="Must", score=0.1, must_not_miss=True),
    )
    titles = [label for text in texts(messages(digest(low, high, must))[0]) for _, label in LINK.findall(text)]
    assert titles == ["Must", "High", "Low"]


@pytest.mark.parametrize(
    ("left", "words"), [(0, "today is the last day"), (1, "1 day left"), (2, "2 days left"), (120, "120 days left")]
)
def test_the_days_left_are_said_as_people_say_them(left: int, words: str) -> None:
    shown = plain_text(digest(item(comment_closes="2026-11-05", days_left=left)))
    assert f"Comments close Thu 5 Nov 2026 · {words}" in shown


@pytest.mark.parametrize(
    ("written", "read"), [("2026-11-03", "3 Nov 2026"), ("2026-11", "Nov 2026"), ("spring", "spring")]
)
def test_dates_are_read_as_far_as_the_agency_gives_them(written: str, read: str) -> None:
    assert f"published {read}\n" in plain_text(digest(item(published=written)))


def test_labels_without_a_name_are_made_readable() -> None:
    labelled = digest(item(topics=(LabelScore("cell_banks", 0.9), LabelScore("potency", 0.8))))
    assert "About: cell banks; Potency assays" in plain_text(labelled, NAMES)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a & b", "a &amp; b"),
        ("&amp;", "&amp;amp;"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("@here", "@\u2060here"),
        ("*a* ~b~ `c`", "∗a∗ ∼b∼ ˋcˋ"),
        ("snake_case and _this_", "snake_case and ˍthisˍ"),
        ("> quoted", "› quoted"),
        ("a\n> b|c", "a &gt; b∣c"),
        ("\u202eab\x00c\ud83d", "ab c"),
    ],
)
def test_words_from_outside_stay_words(written: str, shown: str) -> None:
    assert escaped(written, 100) == shown


@pytest.mark.parametrize(
    ("limit", "shown"),
    [(100, "Potency &amp; purity"), (18, "Potency &amp;…"), (12, "Potency…"), (9, "Potency…"), (6, "Poten…")],
)
def test_what_is_too_long_ends_at_a_word_and_never_within_an_escape(limit: int, shown: str) -> None:
    assert escaped("Potency & purity", limit) == shown


@pytest.mark.parametrize(("limit", "shown"), [(6, "snake…"), (7, "snake…"), (8, "snake_c…"), (20, "snake_case")])
def test_a_word_that_is_cut_ends_without_an_underscore(limit: int, shown: str) -> None:
    assert escaped("snake_case", limit) == shown


def test_an_emoji_is_cut_whole_or_not_at_all() -> None:
    family = "👩‍👩‍👧"
    assert escaped(f"abc{family}{family}", 12) == f"abc{family}…"
    assert escaped(f"abc{family}{family}", 11) == "abc…"
    assert escaped("cafe\u0301s" * 2, 6) == "cafe\u0301…"
    assert escaped("cafe\u0301s" * 2, 5) == "caf…"


@pytest.mark.parametrize(
    ("written", "linked"),
    [
        ("https://www.fda.gov/media/1?a=1&b=2", "https://www.fda.gov/media/1?a=1&b=2"),
        ("https://www.fda.gov/a|b>c d", "https://www.fda.gov/a%7Cb%3Ec%20d"),
        ("https://www.nmpa.gov.cn/意.html", "https://www.nmpa.gov.cn/%E6%84%8F.html"),
        ("https://www.ema.europa.eu/a%20b", "https://www.ema.europa.eu/a%20b"),
        ("javascript:alert(1)", ""),
        ("ftp://fda.gov/x", ""),
        ("https://fda.gov@evil.example/", ""),
        ("https://fda.gov\\@evil.example/", ""),
        ("https://ｆda.gov/", ""),
        ("https:///nowhere", ""),
        ("HTTPS://www.fda.gov/A", "https://www.fda.gov/A"),
        ("http://[::1", ""),
        ("https://fda.gov/a\nb", ""),
        ("https://fda.gov/\u202egpj.exe", ""),
    ],
)
def test_only_plain_web_addresses_are_links(written: str, linked: str) -> None:
    assert link(written) == linked


def test_a_title_whose_address_is_no_link_is_still_told() -> None:
    (made,) = messages(digest(item(url="javascript:alert(1)", title="Bare")))
    assert texts(made)[2].startswith("*Bare*\n")
    assert "javascript" not in json.dumps(made.blocks) + plain_text(digest(item(url="javascript:alert(1)")))


def test_a_title_of_nothing_visible_is_still_told() -> None:
    (made,) = messages(digest(item(title="\u202e\u200d\x00")))
    held(made)
    assert "|(no title)>" in texts(made)[2]


# Shrinking a digest takes minutes and shows little more.
QUICK = settings(deadline=None, database=None, phases=[Phase.explicit, Phase.generate])
WORDS = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=40)), max_size=8).map(" ".join)
ADDRESS = st.one_of(st.sampled_from(ADDRESSES), WORDS, WORDS.map("https://www.fda.gov/{}".format))
LABELS = st.lists(st.builds(LabelScore, st.one_of(st.sampled_from(sorted(NAMES)), WORDS), st.just(0.9)), max_size=6)
ITEMS = st.builds(
    replace,
    st.just(item()),
    kind=st.sampled_from(ChangeKind),
    silent=st.booleans(),
    agency=WORDS,
    issuer=WORDS,
    title=WORDS,
    url=ADDRESS,
    status=WORDS,
    stage=st.sampled_from(["draft", "final", "withdrawn"]),
    was=st.none() | WORDS,
    summary=WORDS,
    change_note=st.none() | WORDS,
    language=st.sampled_from(["en", "ja", "zh-Hans"]) | WORDS,
    published=st.none() | WORDS | st.dates().map(str),
    comment_closes=st.none() | WORDS | st.dates().map(str),
    days_left=st.none() | st.integers(0, 400),
    modalities=LABELS.map(tuple),
    topics=LABELS.map(tuple),
    score=st.floats(0, 1),
    must_not_miss=st.booleans(),
    reasons=st.lists(WORDS, max_size=3).map(tuple),
    updated=st.none() | WORDS | st.dates().map(str),
    reason=WORDS,
    differences=st.lists(WORDS, max_size=3).map(tuple),
)
HEALTH = st.builds(
    replace,
    st.just(source()),
    title=WORDS,
    state=st.sampled_from(SourceState),
    reason=WORDS,
    last_success=st.none() | st.just("2026-11-03T06:00:00Z"),
    failing_since=st.none() | st.just("2026-11-03T06:00:00Z"),
    open_problems=st.integers(0, 3),
)
DIGESTS = st.builds(
    lambda items, sources, name: digest(*items, sources=tuple(sources), name=name),
    st.lists(ITEMS, max_size=12),
    st.lists(HEALTH, max_size=12),
    WORDS,
)


@settings(QUICK, max_examples=100)
@given(DIGESTS)
def test_every_digest_holds_slacks_limits_and_nothing_in_it_acts(made: Digest) -> None:
    sent = messages(made, NAMES)
    for message in sent:
        held(message)
    entries = sum(text.startswith("*") for message in sent for text in texts(message))
    headings = sum(
        bool(re.match(r"\*[^*\n]+\*(?: \(continued\))?$", text)) for message in sent for text in texts(message)
    )
    assert entries >= len(made.items) >= entries - headings
    shown = plain_text(made, NAMES)
    assert shown.isprintable() or not re.search(
        r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown
    )


@settings(QUICK, max_examples=100)
@given(WORDS, st.lists(WORDS, max_size=60))
def test_every_alarm_holds_slacks_limits_and_nothing_in_it_acts(title: str, lines: list[str]) -> None:
    held(alarm(title, lines))


@settings(QUICK, max_examples=300)
@given(WORDS, st.integers(5, 80))
def test_escaped_text_keeps_to_its_room_and_reads_back(text: str, limit: int) -> None:
    shown = escaped(text, limit)
    assert size(shown) <= limit
    inert(shown)
    if not shown.endswith("…"):
        assert len(shown) >= len(clean(text))
