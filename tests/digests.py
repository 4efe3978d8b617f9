"""Digests to render, hostile words to render them from, and what must hold of every message."""

import json
import re
from dataclasses import asdict, replace

from hypothesis import Phase, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from regintel.notify.message import Message
from regintel.records import Digest, DigestItem, LabelScore, SourceHealth
from regintel.vocabulary import ChangeKind, SourceState, Stage
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
            gist="guideline · gene therapy product · quality · safety · amendment",
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
            title="Reflection paper on raw materials",
            agency="ema",
            issuer="ema",
            url="https://www.ema.europa.eu/concept",
            status="draft",
            was="concept paper",
            was_stage="concept",
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
        *further(),
        item(change=11, kind=ChangeKind.RESTORED, title="Formal Meetings Between the FDA and Sponsors", published=None),
        sources=(*SOURCES, *UNREAD[:1]),
    )


def further() -> tuple[DigestItem, ...]:
    """Windows that close later or are open for long, what has just begun, and a word that moved."""
    return (
        item(
            change=12,
            title="Cross-Center Master Files: Where to Submit",
            url="https://www.fda.gov/media/12",
            comment_closes="2026-11-24",
            days_left=20,
            score=0.4,
        ),
        item(
            change=13,
            kind=ChangeKind.DEADLINE_CHANGED,
            agency="ema",
            issuer="ema",
            title="Guideline on the development and manufacture of oligonucleotides",
            url="https://www.ema.europa.eu/oligonucleotides",
            status="draft: consultation open",
            comment_closes="2027-09-01",
            days_left=301,
            differences=("comments close 2026-11-30 → 2027-09-01",),
            score=0.3,
        ),
        item(
            change=14,
            agency="pmda",
            issuer="pmda",
            title="Mutagenic Impurities (Early Consideration)",
            url="https://www.pmda.go.jp/files/000274534.pdf",
            status="early consideration",
            stage="concept",
        ),
        item(
            change=15,
            kind=ChangeKind.STATUS_CHANGED,
            agency="ema",
            issuer="ec",
            title="Manufacture of Sterile Medicinal Products",
            url="https://health.ec.europa.eu/annex1",
            status="fully applicable",
            stage="final",
            was="into operation",
            was_stage="final",
            differences=("effective 2023-08-25 → 2024-08-25",),
        ),
        item(
            change=16,
            agency="nmpa",
            issuer="cde",
            title="基因治疗产品长期随访临床研究技术指导原则（征求意见稿）",
            url="https://www.cde.org.cn/zdyz/16",
            gist="guideline (draft for comment) · gene therapy product · long-term follow-up · clinical research",
            language="zh-Hans",
            comment_closes="2026-12",
        ),
    )


def told(made: tuple[Message, ...]) -> dict[str, object]:
    return {"messages": [{**asdict(message), "text": message.text.splitlines()} for message in made]}


def texts(message: Message) -> list[str]:
    """All mrkdwn of a message."""
    found = re.findall(r'\{"type": "mrkdwn", "text": ("(?:[^"\\]|\\.)*")', json.dumps(message.blocks))
    return [json.loads(text) for text in found]


def held(message: Message) -> None:
    """Assert that Slack takes the message, and that nothing in it acts but our own bold titles and links."""
    assert problem({"text": message.text, "blocks": list(message.blocks)}) == ""
    for block in message.blocks:
        parsed = Block.parse(block)  # Slack's own reading of its limits
        assert parsed is not None
        assert parsed.to_dict() == block
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
        assert "*" not in line or re.match(r"\*[^*]+\*", line)


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
    stage=st.sampled_from(Stage),
    was=st.none() | WORDS,
    was_stage=st.none() | st.sampled_from(Stage),
    document=WORDS | st.just("d" * 570),
    gist=st.just("") | WORDS,
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
    lambda items, sources, name: digest(
        *(replace(each, change=number) for number, each in enumerate(items)), sources=tuple(sources), name=name
    ),
    st.lists(ITEMS, max_size=12),
    st.lists(HEALTH, max_size=12),
    WORDS,
)
