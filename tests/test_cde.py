"""The traps of CDE's lists, each by its name (shared/sources/pmda-nmpa.md §5, 7 to 11)."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from scrapy.exceptions import CloseSpider

from regintel.clock import Clock
from regintel.config import Replay
from regintel.exceptions import LayoutError
from regintel.house import House
from regintel.jobs.crawl import CrawlReport, crawl
from regintel.middlewares.blocks import refusal
from regintel.sources import load_sources
from regintel.store.database import Index
from regintel.store.documents import changes
from regintel.text.numbers import inner_title
from regintel.vocabulary import RunState, Stage
from tests.places import ROOT
from tests.spiders import Yielded, response, spider_of
from tests.upstream import Page, Upstream

SOURCES = load_sources(ROOT / "config")
GUIDANCE = SOURCES["cde_guidance"]
HTML = {"Content-Type": "text/html; charset=utf-8"}
REFUSAL = Path(__file__).parent.joinpath("sources", "cde_guidance", "blocked.html").read_bytes()
CHALLENGE = Path(__file__).parent.joinpath("sources", "cde_consultations", "blocked.html").read_bytes()
ISSUED = "2853510d929253719601db17b8a9fd81"

Record = dict[str, Any]


def guide(number: int, **told: str) -> Record:
    return {"zdyzIdCODE": f"{number:032x}", "title": f"技术指导原则之{number}", "issueDate": "20251205",
            "nowstate": "颁布", "fclass": "", **told}  # fmt: skip


def notice(number: int, title: str = "关于公开征求《药物注射剂研发技术指导意见》意见的通知", **told: str) -> Record:
    address = f"https://www.cde.org.cn/main/news/viewInfoCommon/{number:032x}"
    return {"title": title, "issueDate": "20180112", "externalLinks": address, **told}


def answer(*records: Record, total: int | None = None, **told: Any) -> bytes:
    data = {"records": list(records), "total": len(records) if total is None else total, "current": 1, "pages": 1}
    return json.dumps({"code": 200, "msg": "success", "data": data, **told}).encode()


def read(folder: Path, body: bytes, name: str = "cde_guidance") -> Yielded:
    spider = spider_of(SOURCES[name], folder)
    found = Yielded(spider.parse(response(SOURCES[name].url, body)))
    found.items += [each for each in spider.found if each.key not in {item.key for item in found.items}]  # type: ignore[attr-defined]
    return found


# Records (§5)


def test_the_guideline_s_own_id_is_its_key_and_its_page(tmp_path):
    (item,) = read(tmp_path, answer(guide(7))).items
    assert item.key == item.reference == f"{7:032x}"
    assert item.url == f"https://www.cde.org.cn/zdyz/domesticinfopage?zdyzIdCODE={7:032x}"
    assert (item.published, item.issuer, item.language) == ("2025-12-05", "cde", "zh")


def test_applicability_is_joined_by_commas_and_may_be_empty(tmp_path):
    found = read(tmp_path, answer(guide(1, fclass="化学药,生物制品"), guide(2), guide(3, fclass="中药,")))
    assert [item.products for item in found.items] == [("化学药", "生物制品"), (), ("中药",)]


def test_a_guideline_need_not_say_so_in_its_title(tmp_path):
    found = read(tmp_path, answer(guide(1, title="化学仿制药生物等效性研究重大缺陷情形")))
    assert (len(found.items), found.problems) == (1, [])


def test_trial_implementation_is_in_force_and_no_draft(tmp_path):
    (item,) = read(tmp_path, answer(guide(1, title="预防用mRNA疫苗临床试验技术指导原则（试行）"))).items
    assert (item.status, item.stage) == ("颁布", Stage.FINAL)


def test_a_revised_edition_says_so_in_its_title_and_is_in_force(tmp_path):
    titles = ("疫苗临床试验不良事件分级标准指导原则（修订版）", "药物安全药理学研究技术指导原则（2020年修订版）")
    found = read(tmp_path, answer(*(guide(number, title=title) for number, title in enumerate(titles, 1))))
    assert [(item.title, item.stage, item.reference) for item in found.items] == [
        (title, Stage.FINAL, f"{number:032x}") for number, title in enumerate(titles, 1)
    ]


def test_a_state_we_have_no_word_for_is_a_problem_and_no_default(tmp_path):
    found = read(tmp_path, answer(guide(1, nowstate="废止"), guide(2)))
    assert [each.kind for each in found.problems] == ["unknown_value"]
    assert ([each.key for each in found.problems], len(found.items)) == ([f"{1:032x}"], 1)


@pytest.mark.parametrize("day", ["", "2026", "20261301", "now"])
def test_a_date_that_cannot_be_read_is_none_and_never_today(tmp_path, day):
    (item,) = read(tmp_path, answer(guide(1, issueDate=day))).items
    assert item.published is None


def test_the_same_guideline_twice_is_one_row(tmp_path):
    spider = spider_of(GUIDANCE, tmp_path)
    found = Yielded(spider.parse(response(GUIDANCE.url, answer(guide(1), guide(1), guide(2)))))
    assert (spider.listed, found.problems) == (2, [])


def test_a_circular_is_keyed_by_its_notice_and_numbered_by_its_title(tmp_path):
    title = "国家药监局药审中心关于发布《模型引导的创新药物剂量探索和优化技术指导原则》的通告（2024年第53号）"
    found = read(tmp_path, answer(notice(5, title), notice(6, "细胞和基因治疗产品临床相关沟通交流技术指导原则")))
    numbered, bare = found.items
    assert (numbered.key, numbered.reference, numbered.document_type) == (f"{5:032x}", "2024年第53号", "通告")
    assert (numbered.title, numbered.summary) == (title, "模型引导的创新药物剂量探索和优化技术指导原则")
    assert (bare.reference, bare.document_type, bare.summary) == (None, "", "")
    assert {each.status for each in found.items} == {"发布通告"}


def test_a_draft_is_a_draft_and_its_envelope_is_taken_off_beside_the_whole_title(tmp_path):
    (item,) = read(tmp_path, answer(notice(5)), "cde_consultations").items
    assert (item.status, item.stage, item.summary) == ("征求意见", Stage.DRAFT, "药物注射剂研发技术指导意见")
    assert item.title.startswith("关于公开征求《")


def test_an_envelope_around_several_documents_stays_on():
    assert inner_title("关于发布《甲》《乙》的通告") == "关于发布《甲》《乙》的通告"


def test_a_notice_on_another_site_is_keyed_by_its_address_and_not_read(tmp_path):
    spider = spider_of(SOURCES["cde_consultations"], tmp_path)
    row = notice(5, externalLinks="http://www.nmpa.gov.cn/xxgk/ggtg/20250912092255131.html")
    (item,) = Yielded(spider.parse(response(SOURCES["cde_consultations"].url, answer(row)))).items
    assert (item.key, item.url) == ("20250912092255131", row["externalLinks"].replace("http:", "https:"))
    assert spider.document_address(item) is None  # type: ignore[attr-defined]


@pytest.mark.parametrize("row", [{"title": "x"}, {"zdyzIdCODE": ""}, "text", None, ["a"]])
def test_a_record_we_do_not_know_costs_only_itself(tmp_path, row):
    found = read(tmp_path, answer(row, guide(2)))
    assert (len(found.items), len(found.problems)) == (1, 1)


# The notice of a draft (§5.2, §7)


@pytest.mark.parametrize("css", ["new_detail_content", "news_detail_box"])
def test_the_window_of_a_draft_is_read_from_its_notice_on_both_templates(tmp_path, css):
    spider = spider_of(SOURCES["cde_consultations"], tmp_path)
    (item,) = Yielded(spider.parse(response(SOURCES["cde_consultations"].url, answer(notice(5))))).items
    links = '<a href="/main/att/download/0a1b">附件1：意见反馈表.docx</a><a href="/x">更多</a>'
    words = f'<div class="{css}"><p>征求意见时限为自发布之日起一个月。</p></div>'
    body = f'<html><body>{words}<div class="relatedNews">{links}</div></body></html>'
    page = response(item.url, body.encode(), media_type="text/html")
    (known,) = Yielded(spider.open_document(page, item)).items  # type: ignore[attr-defined]
    assert (known.comment_opens, known.comment_closes) == ("2018-01-12", "2018-02-12")
    assert known.quoted["comment_closes"] == "征求意见时限为自发布之日起一个月"
    assert [(each.url, each.title) for each in known.attachments] == [
        ("https://www.cde.org.cn/main/att/download/0a1b", "附件1：意见反馈表.docx")
    ]


# What is asked (§5.1)


def forms(spider: Any, source: Any) -> tuple[dict[str, list[str]], dict[str, str]]:
    request = spider.list_request(source.url)
    form = parse_qs(request.body.decode(), keep_blank_values=True)
    return form, {name.decode(): value[0].decode() for name, value in request.headers.items()}


def test_the_list_page_is_the_referer_and_the_form_is_the_documented_one(tmp_path):
    form, headers = forms(spider_of(GUIDANCE, tmp_path), GUIDANCE)
    assert form == {name: [value] for name, value in {
        "pageNum": "1", "pageSize": "100", "searchTitle": "", "zyfl1": "", "zyfl2": "", "issueDate1": "",
        "issueDate2": "",
    }.items()}  # fmt: skip
    assert headers["Referer"] == "https://www.cde.org.cn/zdyz/listpage/9cd8db3b7530c6fa0c86485e563f93c7"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    source = SOURCES["cde_consultations"]
    form, headers = forms(spider_of(source, tmp_path), source)
    assert (form["fclass"], form["pageSize"]) == (["征求意见"], ["100"])
    assert headers["Referer"].endswith("/zdyz/listpage/3c49fad55caad7a034c263cfc2b6eb9c")


def test_the_one_time_token_of_their_script_is_never_sent_and_the_post_never_conditional(tmp_path):
    request = spider_of(GUIDANCE, tmp_path).list_request(GUIDANCE.url)
    assert request.method == "POST"
    assert "MmEwMD" not in request.url + request.body.decode()
    assert not request.meta.get("conditional")


def test_pages_are_read_until_the_total_and_then_the_circulars(tmp_path):
    spider = spider_of(GUIDANCE, tmp_path)
    first = Yielded(spider.parse(response(GUIDANCE.url, answer(guide(1), guide(2), total=3))))
    (second,) = first.requests
    assert parse_qs(second.body.decode())["pageNum"] == ["2"]
    page = response(GUIDANCE.url, answer(guide(3), total=3)).replace(request=second)
    (circulars,) = Yielded(spider.parse(page)).requests
    form = parse_qs(circulars.body.decode())
    assert (form["pageNum"], form["isFbtg"], form["classid"]) == (["1"], ["1"], [ISSUED])
    assert circulars.headers["Referer"].decode().endswith(f"/zdyz/listpage/{ISSUED}")
    last = response(GUIDANCE.url, answer(notice(9))).replace(request=circulars)
    assert len(Yielded(spider.parse(last)).items) == 4
    assert spider.end("finished").complete


@pytest.mark.parametrize("second", [answer(total=3), answer(guide(2), total=3)])
def test_a_list_shorter_than_its_total_concludes_no_removal(tmp_path, second):
    source = SOURCES["cde_consultations"]
    spider = spider_of(source, tmp_path)
    (request,) = Yielded(spider.parse(response(source.url, answer(guide(1), guide(2), total=3)))).requests
    list(spider.parse(response(source.url, second).replace(request=request)))
    assert not spider.end("finished").complete


@pytest.mark.parametrize(
    "body",
    [
        answer(),
        answer(guide(1), code=500),
        b'{"code":200,"data":null}',
        b'{"code":200,"data":{"records":null,"total":0}}',
        b"[]",
        b"",
        REFUSAL,
        CHALLENGE,
    ],
)
def test_an_answer_without_records_is_an_error_and_never_an_empty_list(tmp_path, body):
    spider = spider_of(GUIDANCE, tmp_path)
    with pytest.raises(CloseSpider):
        list(spider.parse(response(GUIDANCE.url, body)))
    assert isinstance(spider.error, LayoutError)


# Refusals (§9), whole crawls, politeness (§10)


@pytest.mark.parametrize(
    ("body", "status"), [(REFUSAL, 403), (REFUSAL, 200), (CHALLENGE, 200), (CHALLENGE, 202), (CHALLENGE, 412)]
)
def test_every_refusal_that_was_seen_is_known_as_one(body, status):
    for name in ("cde_guidance", "cde_consultations"):
        page = response(SOURCES[name].url, body, status=status, media_type="text/html")
        assert page.request is not None
        assert refusal(SOURCES[name], page.request, page)


def test_html_that_calls_itself_json_is_still_a_refusal():
    page = response(GUIDANCE.url, b"<!DOCTYPE html><html><body>x</body></html>")
    assert page.request is not None
    assert refusal(GUIDANCE, page.request, page) == "HTML where application/json is due"


def test_cde_is_asked_once_a_day_at_most_and_slowly():
    for name in ("cde_guidance", "cde_consultations"):
        source = SOURCES[name]
        assert source.politeness.delay >= 5
        assert (source.schedule.split()[1].isdigit(), source.schedule.split()[2:]) == (True, ["*", "*", "*"])


@pytest.fixture
def agency() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


def run(house: House, index: Index, agency: Upstream, *names: str, day: int = 0) -> CrawlReport:
    config = replace(house.config, replay=Replay(agency.prefix, delay=0.0, expect=False))
    clock = Clock(datetime(2025, 10, 15, 12, tzinfo=UTC) + timedelta(days=day))
    return crawl(config, index, [house.sources[name] for name in names], clock)[0]


def test_both_queries_are_posted_and_a_refusal_of_the_second_concludes_nothing(house, index, agency):
    guides = Page(answer(guide(1), guide(2)))
    agency.set("getDomesticGuideList", Page(answer(notice(9)), form="isFbtg=1"), guides)
    assert run(house, index, agency, "cde_guidance").run.items == 3
    assert [headers["Referer"].rsplit("/", 1)[1] for _, headers in agency.forms] == [
        "9cd8db3b7530c6fa0c86485e563f93c7",
        ISSUED,
    ]
    assert run(house, index, agency, "cde_guidance", day=1).run.counts["unchanged"] == 3
    agency.set("getDomesticGuideList", Page(CHALLENGE, headers=HTML, form="isFbtg=1"), Page(answer(guide(1))))
    blocked = run(house, index, agency, "cde_guidance", day=2)
    assert (blocked.run.state, sum(blocked.run.counts.values())) == (RunState.BLOCKED, 0)
    assert changes(index) == []


def test_a_guideline_that_leaves_the_whole_list_is_withdrawn(house, index, agency):
    agency.set("getDomesticGuideList", Page(answer(notice(9)), form="isFbtg=1"), Page(answer(guide(1), guide(2))))
    run(house, index, agency, "cde_guidance")
    agency.set("getDomesticGuideList", Page(answer(notice(9)), form="isFbtg=1"), Page(answer(guide(2))))
    assert run(house, index, agency, "cde_guidance", day=1).run.counts["withdrawn"] == 1


def test_the_first_refusal_ends_the_crawl_even_where_robots_txt_is_refused_too(house, index, agency):
    agency.set("", Page(REFUSAL, 403, HTML))
    report = run(house, index, agency, "cde_consultations")
    assert (report.run.state, report.run.requests) == (RunState.BLOCKED, 2)
    assert [url.rsplit("/", 1)[1] for url, _ in agency.requests] == ["robots.txt", "getOpinionList"]
