"""The traps of NMPA's Chinese and English sites, each by its name (shared/sources/pmda-nmpa.md §3, 4, 7 to 11)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from scrapy.exceptions import CloseSpider

from regintel.clock import Clock
from regintel.config import Replay
from regintel.exceptions import LayoutError
from regintel.house import House
from regintel.items import GuidanceItem
from regintel.jobs.crawl import CrawlReport, crawl
from regintel.middlewares.blocks import refusal
from regintel.sources import load_sources
from regintel.spiders.base import GuidanceSpider
from regintel.spiders.nmpa import document_key, issuer_of, page_address
from regintel.store.database import Index
from regintel.store.documents import changes, count_documents, documents, sightings
from regintel.text.notices import comment_deadline, effective_day, notice_kind
from regintel.vocabulary import ListingKind, RunState, Stage
from tests.places import ROOT
from tests.spiders import Yielded, response, spider_of
from tests.upstream import Page, Upstream

SOURCES = load_sources(ROOT / "config")
ANNOUNCEMENTS = SOURCES["nmpa_announcements"]
ENGLISH = SOURCES["nmpa_english"]
SAMPLES = Path(__file__).parent / "sources"
HTML = {"Content-Type": "text/html; charset=utf-8"}
MARK = """<script type="text/javascript" r='m'>$_ts=window['$_ts'];if(!$_ts)$_ts={};$_ts.cd="qtYJ";</script>"""
NO_86 = "国家药监局关于优化创新药临床试验审评审批有关事项的公告（2025年第86号）"
ENGLISH_86 = (
    "NMPA Announcement on Optimizing of the Review and Approval Process for Clinical Trials of Innovative Drugs "
    "([2025] No. 86)"
)


def row(address: str = "../../xxgk/ggtg/ypggtg/ypqtggtg/20250912092255131.html", title: str = NO_86,
        day: str = "(2025-09-12)") -> str:  # fmt: skip
    return f"<li>\n<a href='{address}' title='{title}'>\n\t\t{title}\n</a><span>{day}</span></li>"


def column(*rows: str, name: str = "药品公告通告") -> bytes:
    head = f'<html><head><meta charset="utf-8"><meta name="ColumnName" content="{name}"></head>'
    navigation = "<ul><li><a href='../../yaopin/index.html'>药品</a></li><li><span>无障碍</span></li></ul>"
    pager = '<div class="gray"><a href="index_1.html">2</a><span>共24,539条</span><span>共1,227页</span></div>'
    text = f'{head}<body>{navigation}<div class="yp-child-list"><div class="list"><ul>{"".join(rows)}</ul>{pager}'
    return f"{text}</div></div></body></html>".encode()


def notice(body: str, css: str = 'class="text"', more: str = "") -> bytes:
    head = '<html><head><meta charset="utf-8"><meta name="PubDate" content="2025-09-12 23:38"></head>'
    return f"{head}<body><h2 class='title'>公告</h2><div {css}>{body}</div>{more}</body></html>".encode()


def english(*links: tuple[str, str]) -> bytes:
    return ("<html><body>" + "".join(f'<a href="{at}">{words}</a>' for at, words in links) + "</body></html>").encode()


def read(folder: Path, body: bytes, name: str = "nmpa_announcements", **told: Any) -> Yielded:
    spider = spider_of(SOURCES[name], folder, **told)
    found = Yielded(spider.parse(response(SOURCES[name].url, body, media_type="text/html")))
    found.items += [each.cb_kwargs["item"] for each in found.requests]
    return found


def one(folder: Path, *rows: str) -> GuidanceItem:
    found = read(folder, column(*(rows or (row(),))))
    assert found.problems == []
    return found.items[0]


def opened(folder: Path, body: bytes, name: str = "nmpa_announcements", **told: Any) -> Yielded:
    """Read the page of a notice that the list shows."""
    item = one(folder).model_copy(update=told)
    spider: GuidanceSpider[Any] = spider_of(SOURCES[name], folder)
    return Yielded(spider.open_document(response(item.url, body, media_type="text/html"), item))  # type: ignore[attr-defined]


# The list (§3.1)


def test_list_items_of_the_navigation_are_no_rows(tmp_path):
    assert len(read(tmp_path, column(row())).items) == 1


def test_a_title_between_tabs_and_newlines_is_squeezed_and_the_whole_one_is_in_the_attribute(tmp_path):
    cut = row().replace(f"\t{NO_86}", "\t国家药监局关于优化创新药临床试验审评审批有关…")
    assert one(tmp_path, cut).title == NO_86
    assert one(tmp_path, row().replace(f" title='{NO_86}'", "")).title == NO_86


def test_a_relative_address_is_joined_to_the_page_and_not_stripped_or_joined_to_the_root(tmp_path):
    item = one(tmp_path, row("../../xxgk/./ggtg/ypggtg/ypqtggtg/20250912092255131.html"))
    assert item.url == "https://www.nmpa.gov.cn/xxgk/ggtg/ypggtg/ypqtggtg/20250912092255131.html"
    assert one(tmp_path, row("./20250912092255131.html")).url.startswith("https://www.nmpa.gov.cn/yaopin/ypggtg/2025")


def test_the_day_of_the_span_is_the_date_and_the_day_in_the_id_is_not_trusted(tmp_path):
    item = one(tmp_path, row("../../xxgk/20190101092255131.html", day="(2025-09-12)"))
    assert (item.key, item.published) == ("20190101092255131", "2025-09-12")


@pytest.mark.parametrize("day", ["", "(0000-00-00)", "(今天)", "(2025-02-30)"])
def test_a_date_that_cannot_be_read_is_none_and_never_today(tmp_path, day):
    assert one(tmp_path, row(day=day)).published is None


@pytest.mark.parametrize(
    "address",
    [
        "https://www.nmpa.gov.cn/xxgk/ggtg/ypggtg/ypqtggtg/20250912092255131.html",
        "http://www.nmpa.gov.cn/directory/web/nmpa/xxgk/ggtg/ypggtg/ypqtggtg/20250912092255131.html",
        "https://www.nmpa.gov.cn/directory/web/nmpa///xxgk/ggtg///ypggtg/ypqtggtg/20250912092255131.html#top",
    ],
)
def test_the_mirror_s_prefix_and_extra_slashes_are_taken_off(tmp_path, address):
    item = one(tmp_path, row(address))
    assert (item.key, item.url) == (
        "20250912092255131",
        "https://www.nmpa.gov.cn/xxgk/ggtg/ypggtg/ypqtggtg/20250912092255131.html",
    )


def test_a_file_keeps_the_prefix_under_which_it_lies():
    address = "https://www.nmpa.gov.cn/directory/web/nmpa/images/1757640175131016789.docx"
    assert page_address(address) == address


def test_links_to_other_sites_are_rows_with_their_address_for_a_key_and_are_not_crawled(tmp_path):
    strange = [
        "https://mp.weixin.qq.com/s/AbC_d",
        "http://www.cfdi.org.cn/resource/news/15879.html",
        "https://www.cde.org.cn/main/news/viewInfoCommon/3a55263f274e0525c1172a37f5b04a8e",
        "https://www.cmde.org.cn/flfg/zdyz/fbg/20250912092255131.html",
    ]
    later = {"last_success": datetime(2025, 10, 1, tzinfo=UTC)}
    found = read(tmp_path, column(row(), *(row(each) for each in strange)), **later)
    assert [request.url for request in found.requests] == [one(tmp_path).url]
    assert {item.key for item in found.items} == {
        "20250912092255131",
        "mp.weixin.qq.com/s/AbC_d",
        "cfdi.org.cn/resource/news/15879.html",
        "3a55263f274e0525c1172a37f5b04a8e",
        "cmde.org.cn/flfg/zdyz/fbg/20250912092255131.html",
    }
    assert {item.issuer for item in found.items} == {"nmpa", "cde", "cfdi", "cmde"}


def test_a_key_is_the_same_in_every_process_for_it_is_no_hash():
    assert document_key("https://www.nmpa.gov.cn/xxgk/20250912092255131.html") == "20250912092255131"


def test_a_sub_column_s_code_is_the_document_type_and_says_what_is_for_information(tmp_path):
    codes = ["ypqtggtg", "ypshmshxdgg", "zhybhpzh/zhybhpzhgg", "ypchj/ypgjjgg", "ypjgdt", "unknown"]
    rows = [row(f"/xxgk/ggtg/ypggtg/{code}/2025091209225513{n}.html") for n, code in enumerate(codes)]
    items = read(tmp_path, column(*rows)).items
    assert [item.document_type for item in items] == [
        "other announcements", "label revision", "TCM protection", "sampling failures", "news", "",
    ]  # fmt: skip
    assert [item.stage for item in items] == [Stage.FINAL, *[Stage.INFORMATION] * 4, Stage.FINAL]


def test_page_one_is_enough_and_what_falls_off_its_end_is_no_removal(tmp_path):
    spider = spider_of(ANNOUNCEMENTS, tmp_path)
    assert spider.next_page(response(ANNOUNCEMENTS.url, column(row()))) is None
    assert {SOURCES[name].kind for name in ("nmpa_announcements", "nmpa_consultations", "nmpa_english")} == {
        ListingKind.FEED
    }


def test_the_column_that_is_a_404_is_not_asked_for():
    assert ANNOUNCEMENTS.addresses == ("https://www.nmpa.gov.cn/yaopin/ypggtg/index.html",)


@pytest.mark.parametrize("name", ["nmpa_announcements", "nmpa_consultations", "nmpa_english"])
def test_a_page_without_its_list_is_an_error_and_never_no_news(tmp_path, name):
    spider = spider_of(SOURCES[name], tmp_path)
    with pytest.raises(CloseSpider):
        list(spider.parse(response(SOURCES[name].url, b"<html><body><ul><li>x</li></ul></body></html>")))
    assert isinstance(spider.error, LayoutError)


def test_a_row_without_a_link_costs_only_itself(tmp_path):
    found = read(tmp_path, column("<li><span>(2025-09-12)</span></li>", row()))
    assert (len(found.items), [each.kind for each in found.problems]) == (1, ["layout"])


# A notice's page (§3.2)


@pytest.mark.parametrize("css", ['class="text"', 'class="TRS_Editor"', 'id="zoom"', 'class="wenzhang"'])
def test_a_notice_is_read_on_every_template(tmp_path, css):
    (item,) = opened(tmp_path, notice("<p>为进一步支持创新药研发</p><script>_$hk();</script>", css)).items
    assert (item.text, item.unread) == ("为进一步支持创新药研发", ())


def test_a_notice_on_a_template_nobody_knows_costs_only_its_words(tmp_path):
    found = opened(tmp_path, notice("公告", 'class="unknown"'))
    assert [each.kind for each in found.problems] == ["layout"]
    assert "text" in found.items[0].unread


def test_the_files_of_a_notice_are_listed_whatever_their_form(tmp_path):
    names = ("1757640175131016789.docx", "MjAyNTA5MTI=.PDF", "a.xls", "a.xlsx", "a.zip", "a.rar", "a.doc")
    links = "".join(f"<a href='/directory/web/nmpa/images/{name}'>附件 {name}</a>" for name in names)
    (item,) = opened(tmp_path, notice(f"<p>附件：</p>{links}<a href='x.html'>其他</a>{links}")).items
    assert [each.url.rsplit("/", 1)[1] for each in item.attachments] == list(names)
    assert item.attachments[0].title == "附件 1757640175131016789.docx"
    assert item.attachments[0].url.startswith("https://www.nmpa.gov.cn/directory/web/nmpa/images/")


def test_the_page_s_own_stamp_is_beijing_s_day(tmp_path):
    (item,) = opened(tmp_path, notice("<p>正文</p>"), published=None).items
    assert item.published == "2025-09-12"  # 23:38 in Beijing, in UTC the same day's afternoon


# Dates, windows and titles (§7, §8)


def test_a_comment_window_is_counted_from_the_notice_s_date_and_its_words_are_quoted(tmp_path):
    page = notice("<p>征求意见时限为自发布之日起一个月。</p>")
    (item,) = opened(tmp_path, page, "nmpa_consultations", published="2025-01-31").items
    assert (item.comment_opens, item.comment_closes) == ("2025-01-31", "2025-02-28")
    assert item.quoted["comment_closes"] == "征求意见时限为自发布之日起一个月"


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("征求意见时限为自发布之日起一个月", "2025-12-15"),
        ("征求意见时限为自发布之日起1个月", "2025-12-15"),
        ("征求意见时限为自发布之日起两个月", "2026-01-15"),
        ("征求意见时限为自发布之日起三十日", "2025-12-15"),
        ("请于2025年12月20日前将意见反馈至邮箱", "2025-12-20"),
        ("征求意见时限为自发布之日起一个月。请于2025年12月20日前将意见反馈", None),
        ("征求意见时限为自发布之日起十五个工作日", None),
        ("征求意见", None),
    ],
)
def test_a_comment_window_is_read_or_none(words, day):
    told = comment_deadline(words, "2025-11-15")
    assert (told.day if told else None) == day


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("本公告自发布之日起施行。", "2025-09-12"),
        ("本规定自2026年9月1日起施行。", "2026-09-01"),
        ("自２０２６年９月１日起施行", "2026-09-01"),
        ("This Regulation shall come into force as of October 1, 2020.", "2020-10-01"),
        ("第三条自2026年9月1日起施行，其余自发布之日起施行。", None),
        ("自2026年13月1日起施行", None),
        ("已于2020年施行", None),
    ],
)
def test_when_a_notice_is_in_force_is_read_from_its_words(words, day):
    told = effective_day(words, "2025-09-12")
    assert (told.day if told else None) == day


def test_the_effective_day_stands_in_the_notice_with_its_words(tmp_path):
    (item,) = opened(tmp_path, notice("<p>本公告自发布之日起施行。</p>")).items
    assert (item.effective, item.quoted) == ("2025-09-12", {"status": "公告", "effective": "自发布之日起施行"})


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("药品注册管理办法（征求意见稿）", "征求意见"),
        ("关于公开征求《药物注射剂研发技术指导意见》意见的通知", "征求意见"),
        ("国家药监局药审中心关于发布《模型引导的创新药物剂量探索和优化技术指导原则》的通告（2024年第53号）", "通告"),
        (NO_86, "公告"),
        ("《国家药监局关于优化创新药临床试验审评审批有关事项的公告》政策解读", "解读"),
        ("国家药监局关于发布《疫苗临床试验技术指导原则（征求意见稿）》修订版的公告", "公告"),
    ],
)
def test_a_title_says_whether_it_is_a_draft_or_final(title, kind):
    assert (notice_kind(title) or ("",))[0] == kind


def test_a_call_for_comment_among_the_announcements_is_a_draft(tmp_path):
    item = one(tmp_path, row(title="国家药监局关于公开征求《药品生产质量管理规范（征求意见稿）》意见的公告"))
    assert (item.status, item.stage) == ("征求意见", Stage.DRAFT)


def test_a_title_that_names_no_kind_is_unstated_and_not_final(tmp_path):
    item = one(tmp_path, row(title="2020年09月11日药品批准证明文件待领取信息发布"))
    assert (item.status, item.stage, item.reference) == ("药品公告通告", Stage.UNSTATED, None)


def test_a_consultation_row_that_asks_for_no_comment_is_a_problem_and_no_draft(tmp_path):
    found = read(tmp_path, column(row(), name="征求意见稿"), "nmpa_consultations")
    assert (found.items, [each.kind for each in found.problems]) == ([], ["unknown_value"])
    assert found.problems[0].key == "20250912092255131"


@pytest.mark.parametrize(
    ("title", "issuer"),
    [
        (NO_86, "nmpa"),
        ("国家药品监督管理局关于ω-3鱼油脂肪乳注射液说明书增加儿童用药信息的公告（2025年第85号）", "nmpa"),
        ("食品药品监管总局关于发布药物安全药理学研究技术指导原则的通告", "nmpa"),
        ("国家药监局药审中心关于发布《…》的通告（2024年第53号）", "cde"),
        ("国家药监局药品审评中心关于发布《…》的通告", "cde"),
        ("国家药监局关于药审中心收费标准的公告", "nmpa"),
    ],
)
def test_old_and_short_names_of_the_agency_and_of_its_centre_are_known(title, issuer):
    assert issuer_of("https://www.nmpa.gov.cn/xxgk/20250912092255131.html", title, "nmpa") == issuer


def test_full_width_signs_are_read_like_their_narrow_twins(tmp_path):
    item = one(tmp_path, row(title="国家药监局关于…的公告（２０２５年第８６号）", day="（２０２５－０９－１２）"))
    assert (item.reference, item.published) == ("2025年第86号", "2025-09-12")


# The English site (§4)


def test_the_english_date_is_in_the_address_and_every_suffix_is_one_key(tmp_path):
    title = "NMPA Announcement on the Applicability of ICH Guideline E11A: Pediatric Extrapolation (No. 139, 2024)"
    for address in (
        "2025-02/19/c_9900010.html",
        "http://english.nmpa.gov.cn/2025-02/19/c_9900010.htm",
        "//english.nmpa.gov.cn/2025-02/19/c_9900010.shtml",
    ):
        (item,) = read(tmp_path, english((address, title)), "nmpa_english").items
        assert (item.key, item.published, item.reference) == ("c_9900010", "2025-02-19", "2024年第139号")
        assert item.url.startswith("https://english.nmpa.gov.cn/2025-02/19/c_9900010.")


def test_navigation_of_the_same_address_pattern_is_dropped(tmp_path):
    at = "2019-07/18/c_37758{}.htm"
    names = ("Our Responsibilities", "CONTACT US", "Leadership", "About NMPA", "Home", "More…", "")
    links = [(at.format(n), name) for n, name in enumerate(names)]
    found = read(tmp_path, english(*links, ("2025-10/14/c_1132769.html", ENGLISH_86)), "nmpa_english")
    assert [item.key for item in found.items] == ["c_1132769"]


def test_an_article_that_is_linked_twice_is_one_row_with_its_longer_title(tmp_path):
    at = "2025-10/14/c_1132769.html"
    found = read(tmp_path, english((at, ENGLISH_86[:40] + "…"), (at, ENGLISH_86)), "nmpa_english")
    assert ([item.title for item in found.items], found.problems) == ([ENGLISH_86], [])


def test_a_dead_english_index_is_an_error_and_not_no_news_for_months(tmp_path):
    spider = spider_of(ENGLISH, tmp_path)
    with pytest.raises(CloseSpider):
        list(spider.parse(response(ENGLISH.url, english(("2019-09/25/c_386498.htm", "Home")))))


def test_the_words_of_an_english_article_are_in_art_or_main(tmp_path):
    for css in ("art", "main"):
        body = f"<html><body><div class='{css}'><p>shall come into force as of October 1, 2020</p></div></body></html>"
        (item,) = opened(tmp_path, body.encode(), "nmpa_english").items
        assert (item.text, item.effective) == ("shall come into force as of October 1, 2020", "2020-10-01")


# Refusals (§9) and politeness (§10)


def page_of(source_name: str, body: str, status: int = 200) -> str | None:
    page = response(SOURCES[source_name].url, body.encode(), status=status, media_type="text/html")
    assert page.request is not None
    return refusal(SOURCES[source_name], page.request, page)


@pytest.mark.parametrize("status", [412, 202, 403, 401])
def test_a_refusal_of_ruishu_is_known_by_its_status(status):
    assert page_of("nmpa_announcements", "<html><body></body></html>", status)


def test_a_challenge_with_200_is_known_by_its_marks_and_an_empty_body():
    assert page_of("nmpa_announcements", f"<html><head>{MARK}</head><body></body></html>")
    short_id = """<meta id="13JnD7t9MzWf" content="lKkT" r='m'>"""
    assert page_of("nmpa_announcements", f"<html><head>{short_id}</head><body></body></html>")


def test_a_page_that_passed_carries_the_same_scripts_and_is_read(tmp_path):
    page = notice("<p>为进一步支持以临床价值为导向的创新药研发，提高临床研发质效，现公告如下。</p>").decode()
    marked = page.replace("</head>", f"{MARK}</head>")
    assert page_of("nmpa_announcements", marked) is None
    assert opened(tmp_path, marked.encode()).items[0].text.startswith("为进一步支持")


def test_nmpa_is_asked_seldom_and_slowly_and_never_in_disguise():
    for name in ("nmpa_announcements", "nmpa_consultations", "nmpa_english"):
        source = SOURCES[name]
        assert source.politeness.delay >= 2
        assert source.politeness.retries <= 2
        assert source.schedule.split()[2:] == ["*", "*", "*"]
        assert source.schedule.split()[1].isdigit()
        assert source.follow.most <= 10


# Whole crawls


@pytest.fixture
def agency() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


def run(house: House, index: Index, agency: Upstream, *names: str, day: int = 0) -> list[CrawlReport]:
    config = replace(house.config, replay=Replay(agency.prefix, delay=0.0, expect=False))
    clock = Clock(datetime(2025, 10, 15, 12, tzinfo=UTC) + timedelta(days=day))
    return crawl(config, index, [house.sources[name] for name in names], clock)


def test_a_refusal_of_a_notice_stops_the_crawl_at_the_first_and_nothing_is_concluded(house, index, agency):
    new = [
        row(f"../../xxgk/ggtg/ypggtg/ypqtggtg/2025101409225513{n}.html", f"公告（2025年第10{n}号）") for n in range(3)
    ]
    agency.set("ypggtg/index", Page(column(row()), headers=HTML))
    (first,) = run(house, index, agency, "nmpa_announcements")
    assert first.ok
    agency.set("ypggtg/index", Page(column(*new, row()), headers=HTML))
    agency.set("/ypqtggtg/", Page(b"<html></html>", 412, HTML))
    (second,) = run(house, index, agency, "nmpa_announcements", day=1)
    assert (second.run.state, sum(second.run.counts.values())) == (RunState.BLOCKED, 0)
    assert len(agency.asked("/ypqtggtg/")) == 1
    assert changes(index) == []
    agency.set("/ypqtggtg/", Page(notice("<p>本公告自发布之日起施行。</p>"), headers=HTML))
    (third,) = run(house, index, agency, "nmpa_announcements", day=2)
    assert (third.run.counts["new"], third.problems) == (3, ())


def test_a_chinese_announcement_and_its_late_english_version_are_one_document_with_two_sightings(house, index, agency):
    agency.set("ypggtg/index", Page(column(row()), headers=HTML))
    late = ("2025-10/14/c_1132769.html", ENGLISH_86)
    no_number = ("2025-10/14/c_9900003.html", "Policy Interpretation of the Announcement on Optimizing the Review")
    agency.set("drugs.html", Page(english(no_number), headers=HTML))
    assert all(each.ok for each in run(house, index, agency, "nmpa_announcements", "nmpa_english"))
    agency.set("drugs.html", Page(english(late, no_number), headers=HTML))
    agency.set("c_1132769", Page(b"<div class='art'><p>To further support innovative drugs</p></div>", headers=HTML))
    (report,) = run(house, index, agency, "nmpa_english", day=1)
    assert (report.run.counts["joined"], report.run.counts["new"], report.problems) == (1, 0, ())
    assert count_documents(index) == 2
    (found,) = documents(index, ["nmpa:20250912092255131"])
    assert (found.language, found.current.reference) == ("zh", "2025年第86号")
    assert {each["source"] for each in sightings(index, found.id)} == {"nmpa_announcements", "nmpa_english"}


def test_a_circular_of_cde_and_an_announcement_of_nmpa_of_the_same_number_are_two(house, index, agency):
    cde = SAMPLES.joinpath("cde_guidance", "page.json").read_text()
    circular = (
        '{"code":200,"data":{"records":[{"title":"国家药监局药审中心关于发布《甲技术指导原则》的通告（2025年第86号）",'
        '"issueDate":"20250912","externalLinks":'
        '"https://www.cde.org.cn/main/news/viewInfoCommon/3a55263f274e0525c1172a37f5b04a8e"}],"total":1}}'
    )
    agency.set("ypggtg/index", Page(column(row()), headers=HTML))
    agency.set("getDomesticGuideList", Page(circular.encode(), form="isFbtg=1"), Page(cde.encode()))
    assert all(each.ok for each in run(house, index, agency, "nmpa_announcements", "cde_guidance"))
    names = ["nmpa:20250912092255131", "nmpa:3a55263f274e0525c1172a37f5b04a8e"]
    assert [each.current.reference for each in documents(index, names)] == ["2025年第86号"] * 2
    assert count_documents(index) == 7
