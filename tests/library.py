"""A small index as months of reading would have left it, made without a process or network: what web tests look at."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from regintel.clock import Clock, iso
from regintel.config import Config, Replay, Settings
from regintel.house import House
from regintel.items import Attachment, GuidanceItem, Problem, Response
from regintel.jobs.match import match
from regintel.jobs.run import desk, label
from regintel.records import Run
from regintel.store.database import Index, open_index
from regintel.store.remember import Listing
from regintel.store.runs import add_run
from regintel.vocabulary import RunState
from tests.conftest import NOBODY
from tests.places import ROOT
from tests.tiny import TinyEncoder

FIRST, SECOND = datetime(2025, 10, 15, 12, tzinfo=UTC), datetime(2025, 12, 15, 12, tzinfo=UTC)

POTENCY = "fda:potency-assurance"
HOSTILE = "fda:files/hostile"
JAPANESE = "pmda:files/000123456"
PDF = "<urn:uuid:00000000-0000-0000-0000-000000000001>"
PDF_URL = "https://www.fda.gov/media/175132/download"
BODY = "\f".join(
    f"## {number}. Section {number}\nThis page says what a potency assay of lot {number} shall show.\n"
    + "A sentence of no great weight follows it, so that there is something to read. " * 12
    for number in range(1, 5)
)
EVIL = '<script>alert("x")</script> & "quoted" **bold** potency'


def house_at(data: Path, now: datetime = SECOND) -> House:
    """Return a house with the shipped configuration and a tiny model."""
    config = Config(
        folder=ROOT / "config", data=data, settings=Settings(), secrets=NOBODY, replay=Replay(), model="tiny"
    )
    return House(config, Clock(now), TinyEncoder())


def filled(data: Path) -> House:
    """Return a house whose index two days of reading filled."""
    for now, rows in ((FIRST, FIRST_DAY), (SECOND, SECOND_DAY)):
        house = house_at(data, now)
        with open_index(house.config.index) as index:
            for source, items in rows.items():
                read(house, index, source, items, baseline=now == FIRST)
            if now == SECOND:
                fail(house, index, "ema_guidelines")
            label(house, index)
            match(index, house.encoder, list(house.projects.values()), house.names, house.clock, 14)
            desk(house, index).build(list(house.projects.values()))
    return house_at(data)


def read(house: House, index: Index, source: str, items: list[GuidanceItem], *, baseline: bool) -> None:
    """Store what a list says."""
    at = iso(house.clock.now())
    name = f"{source} {at}"
    listing = Listing(index, house.sources[source], name, at, baseline=baseline)
    with index.transaction():
        counts = listing.remember(items, [], set(), complete=True)
        run = Run(name, source, at, at, RunState.OK, "", baseline, len(items), len(items), counts, 2, 0, 1.0)
        add_run(index, run, [pdf(at)] if source == "fda_guidance" and baseline else [], [])


def fail(house: House, index: Index, source: str) -> None:
    """Note that a list was refused."""
    at = iso(house.clock.now())
    run = Run(f"{source} {at}", source, at, at, RunState.BLOCKED, f"{source}: HTTP 403", False, 0, 0, {}, 1, 0, 1.0)
    with index.transaction():
        add_run(index, run, [], [Problem(source=source, kind="blocked", message="HTTP 403")])


def pdf(at: str) -> Response:
    """Return the archived response of the file that POTENCY was read from."""
    return Response(
        id=PDF, url=PDF_URL, status=200, fetched_at=at, sha256="0" * 64, size=1, content_type="application/pdf",
        file="fda.warc.gz", offset=0,
    )  # fmt: skip


def item(source: str, key: str, title: str, **told: Any) -> GuidanceItem:
    """Return a row of a list."""
    known = {"url": f"https://www.example.org/{key}", "status": "final", "stage": "final", "published": "2024-05-02"}
    return GuidanceItem(source=source, key=key, title=title, **{**known, **told})


FINISHED = item(
    "fda_guidance", "car-t", "Considerations for the Development of CAR-T Cell Products", published="2024-01-31"
)
DRAFT = item(
    "fda_guidance", "potency-assurance", "Potency Assurance for Cellular and Gene Therapy Products",
    status="draft", stage="draft", published="2023-12-27", comment_closes="2026-01-30", reference="FDA-2023-D-4299",
    references=("FDA-2023-D-4299",), text=BODY, body_records=(PDF,), quoted={"comment_closes": "by January 30, 2026"},
    attachments=(Attachment(url=PDF_URL, title="PDF"), Attachment(url="javascript:alert(1)", title="No link")),
)  # fmt: skip
FILLERS = [
    item(
        "fda_guidance",
        f"filler-{at}",
        f"Guidance on stability number {at}",
        published=f"20{10 + at % 15}-03-0{at % 9 + 1}",
    )
    for at in range(45)
]
FDA = [
    DRAFT.model_copy(update={"comment_closes": "2025-12-31", "quoted": {}}),
    FINISHED.model_copy(update={"status": "draft", "stage": "draft", "published": "2022-03-15"}),
    item("fda_guidance", "files/hostile", EVIL, url="javascript:alert(1)", summary=EVIL, status="<b>final</b>"),
    *FILLERS,
]  # fmt: skip
PMDA = [
    item("pmda_guidance_ja", "files/000123456", "再生医療等製品の力価試験に関する留意点について", language="ja",
         status="通知", reference="薬生機審発0709第2号", summary="細胞製品の力価試験の考え方。")
]  # fmt: skip
CDE = [
    item("cde_consultations", "draft-7", "细胞治疗产品药学变更研究与评价技术指导原则（征求意见稿）",
         language="zh", issuer="cde", status="征求意见", stage="draft", published="2025-11-20",
         comment_closes="2025-12-24")
]  # fmt: skip
EMA = [
    item("ema_guidelines", "atmp", "Guideline on investigational advanced therapy medicinal products",
         published="2025-01-20", effective="2026-07-01", quoted={"effective": "Date of coming into effect 1 July 2026"})
]  # fmt: skip
FIRST_DAY = {"fda_guidance": FDA, "pmda_guidance_ja": PMDA, "cde_consultations": [], "ema_guidelines": EMA}
SECOND_DAY = {
    "fda_guidance": [DRAFT, FINISHED, *FDA[2:]],
    "cde_consultations": CDE,
}
