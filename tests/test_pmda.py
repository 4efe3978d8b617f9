"""What PMDA and MHLW really do, a test for each of their traps (pmda-nmpa.md, sections 1, 2, 7, 8, 9, 11)."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from scrapy import Request
from scrapy.exceptions import CloseSpider
from scrapy.http import TextResponse

from regintel.exceptions import LayoutError
from regintel.identity import Witness, identifiers, same_document
from regintel.items import GuidanceItem, Response
from regintel.middlewares.blocks import refusal
from regintel.orders import Listed, Validator
from regintel.sources import load_sources
from regintel.spiders import mhlw
from regintel.spiders.base import GuidanceSpider
from regintel.spiders.pmda import key_of_address
from regintel.text.titles import agree
from regintel.vocabulary import ListingKind
from tests.places import ROOT
from tests.spiders import Yielded, response, spider_of

SOURCES = load_sources(ROOT / "config")
PMDA = "https://www.pmda.go.jp"
NITROSAMINES = f"{PMDA}/safety/info-services/drugs/0371.html"
TRIALS = f"{PMDA}/english/review-services/regulatory-info/0016.html"
DEVICES = f"{PMDA}/english/review-services/regulatory-info/0021.html"
REGENERATIVE = f"{PMDA}/english/review-services/reviews/0003.html"
WHATS_NEW = f"{PMDA}/english/0006.html"
TEXT = "https://www.mhlw.go.jp/web/t_doc?dataId=00tc4403&dataType=1&pageNo=1"

TODAY = datetime.now(UTC).date().isoformat()

RDF = """<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>PMDA</title></channel>{}</rdf:RDF>"""


class Reading(Yielded):
    """What a spider made of one page, its items by key."""

    def __init__(self, spider: GuidanceSpider[Any], page: TextResponse) -> None:
        super().__init__(spider.parse(page))
        self.spider = spider
        self.items = getattr(spider, "found", None) or self.items

    @property
    def only(self) -> GuidanceItem:
        (item,) = self.items
        return item


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def reading(name: str, body: str, url: str | None = None, **told: Any) -> Reading:
        spider = spider_of(SOURCES[name], tmp_path, **told)
        address = url or SOURCES[name].addresses[0]
        return Reading(spider, response(address, body.encode(), media_type="text/html"))

    return reading


@pytest.fixture
def feed(read: Any) -> Any:
    def reading(*entries: tuple[str, str, str], name: str = "pmda_news_ja", more: str = "") -> Reading:
        items = "".join(
            f"<item><title>{title}</title><link>{link}</link>{more}<dc:date>{day}</dc:date></item>"
            for title, link, day in entries
        )
        found: Reading = read(name, RDF.format(items))
        return found

    return reading


@pytest.fixture
def bullet(read: Any) -> Any:
    """Read one bullet of a Japanese list page."""

    def reading(words: str, href: str = "/files/000269156.pdf") -> Reading:
        found: Reading = read("pmda_guidance_ja", f'<main><ul><li><a href="{href}">{words}</a></li></ul></main>')
        return found

    return reading


@pytest.fixture
def guideline(read: Any) -> Any:
    """Read one list of an English page, under the heading that holds its guidance."""

    def reading(html: str, url: str = TRIALS) -> Reading:
        found: Reading = read("pmda_guidance_en", f"<main><h2>Regulations and Notifications</h2>{html}</main>", url)
        return found

    return reading


def english(words: str, title: str = "First-in-Human Guidance[263.18KB]") -> str:
    return f'<ul><li><a href="/files/000153028.pdf">{title}</a></li></ul><p>{words}</p>'


def text(*lines: str, links: str = "") -> str:
    body = "".join(f"<p>{line}</p>" for line in lines)
    return f"<html><body><p>添付一覧</p><p>添付画像はありません</p>{body}{links}</body></html>"


# 1.1 feeds


@pytest.mark.parametrize(
    "stamp", ["2026-05-15T12:00:00+09:00", "2026-05-15T00:30:00+09:00", "2026-05-15T23:30:00+09:00"]
)
def test_the_hour_of_dc_date_means_nothing_and_the_day_is_that_of_japan(feed, stamp):
    item = feed(("[審査]甲", f"{PMDA}/a.html", stamp)).only
    assert (item.published, item.updated, item.revised_at) == ("2026-05-15", None, None)


def test_a_feed_whose_only_date_is_dc_date_has_its_dates_read(feed):
    assert feed(("甲", f"{PMDA}/a.html", "2026-03-23T12:00:00+09:00")).only.published == "2026-03-23"


def test_an_entry_without_a_readable_date_has_none_and_never_today(feed):
    item = feed(("甲", f"{PMDA}/a.html", "no date")).only
    assert item.published is None
    assert TODAY not in item.model_dump_json()


def test_tags_in_brackets_are_topics_and_no_part_of_the_title(feed):
    item = feed(("[審査][イベント]PMDAシンポジウム", f"{PMDA}/a.html", "2026-03-06T12:00:00+09:00")).only
    assert (item.title, item.topics) == ("PMDAシンポジウム", ("審査", "イベント"))


def test_a_tag_that_nobody_has_seen_is_kept_as_a_topic(feed):
    assert feed(("[新設]甲", f"{PMDA}/a.html", "2026-03-06T12:00:00+09:00")).only.topics == ("新設",)


def test_full_width_brackets_belong_to_the_title(feed):
    item = feed(("[安全]［MID-NET］利活用状況を更新しました", f"{PMDA}/a.html", "2026-03-16T12:00:00+09:00")).only
    assert (item.title, item.topics) == ("［MID-NET］利活用状況を更新しました", ("安全",))


@pytest.mark.parametrize("tag", ["採用", "調達"])
def test_recruitment_and_procurement_are_kept_as_what_they_are(feed, tag):
    item = feed((f"[{tag}]甲", f"{PMDA}/a.html", "2026-03-23T12:00:00+09:00")).only
    assert (item.document_type, item.topics, item.stage) == (tag, (tag,), "information")


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("医薬品（ニュースリリース）[2.05MB]", "医薬品（ニュースリリース）"),
        ("一時停止について[401KB]（2026年4月22日）", "一時停止について（2026年4月22日）"),
        ("甲［399KB］", "甲"),
        ("甲 [798 KB]", "甲"),
        ("甲[1,024KB]", "甲"),
    ],
)
def test_a_file_size_is_taken_off_wherever_it_stands(feed, typed, title):
    assert feed((typed, f"{PMDA}/a.pdf", "2026-03-25T12:00:00+09:00")).only.title == title


def test_an_address_that_comes_back_is_one_document_and_its_newest_row_speaks(feed):
    found = feed(
        ("2025年10月分", f"{PMDA}/0005.html", "2026-02-19T12:00:00+09:00"),
        ("2025年11月分", f"{PMDA}/0005.html", "2026-03-19T12:00:00+09:00"),
    )
    assert (found.spider.listed, found.problems) == (2, [])
    assert (found.only.title, found.only.published) == ("2025年11月分", "2026-03-19")


def test_what_falls_off_the_end_of_fifty_entries_is_no_removal():
    for name in ("pmda_news_ja", "pmda_news_en", "mhlw_news"):
        assert SOURCES[name].kind is ListingKind.FEED


def test_a_link_to_a_pdf_is_an_entry_like_any_other(feed):
    item = feed(("甲", f"{PMDA}/about-pmda/news-release/0090.pdf", "2026-03-25T12:00:00+09:00")).only
    assert item.key == "about-pmda/news-release/0090.pdf"


def test_the_feeds_are_those_that_exist_and_not_the_empty_or_invented_ones():
    addresses = {SOURCES[name].url for name in ("pmda_news_ja", "pmda_news_en", "mhlw_news")}
    assert addresses == {f"{PMDA}/rss_015.xml", f"{PMDA}/rss_008.xml", "https://www.mhlw.go.jp/stf/news.rdf"}


def test_an_empty_feed_is_an_error_and_never_an_empty_list(read):
    with pytest.raises(CloseSpider):
        read("pmda_news_ja", RDF.format(""))


def test_a_news_entry_of_a_guidelines_file_is_that_guideline(feed, guideline):
    told = ("Mutagenic Impurities (Early Consideration)", f"{PMDA}/files/000153028.pdf", "2025-01-16T12:00:00+09:00")
    news = feed(told, name="pmda_news_en").only
    assert news.key == guideline(english("January 16, 2025 Administrative Notice")).only.key


# 1.2 What's New


NEWS_ROW = (
    '<main><ul class="list__news"><li><a href="/files/000274534.pdf"><p class="date">January 16, 2025</p>'
    '<p class="category">Reviews</p><p class="status">{}</p>'
    '<p class="title">Mutagenic Impurities</p></a></li></ul></main>'
)


def test_the_whats_new_page_is_read_like_the_feed(read):
    item = read("pmda_news_en", NEWS_ROW.format("New"), WHATS_NEW).only
    assert (item.key, item.url) == ("files/000274534", f"{PMDA}/files/000274534.pdf")
    assert (item.title, item.published, item.topics) == ("Mutagenic Impurities", "2025-01-16", ("Reviews",))


@pytest.mark.parametrize("word", ["New", "Updated", "", "anything"])
def test_the_marker_of_a_news_row_is_not_the_state_of_its_document(read, word):
    item = read("pmda_news_en", NEWS_ROW.format(word), WHATS_NEW).only
    assert (item.status, item.stage) == ("news", "information")


def test_links_outside_the_news_list_are_no_rows(read):
    with pytest.raises(CloseSpider):
        read(
            "pmda_news_en", '<footer><ul><li><a href="/english/0006.html">What\'s New</a></li></ul></footer>', WHATS_NEW
        )


def test_the_page_is_asked_as_html_and_the_feed_as_xml(tmp_path):
    spider = spider_of(SOURCES["pmda_news_en"], tmp_path)
    assert spider.list_request(WHATS_NEW).meta["media_type"] == "text/html"
    assert "media_type" not in spider.list_request(f"{PMDA}/rss_008.xml").meta


# 1.3 English lists


def test_the_date_stands_in_the_paragraph_after_the_list(guideline):
    item = guideline(english("April 18, 2012 PFSB/ELD Administrative Notice")).only
    assert (item.published, item.reference) == ("2012-04-18", "PFSB/ELD Administrative Notice")
    assert (item.status, item.stage, item.issuer) == ("administrative notice", "final", "mhlw")


def test_the_date_stands_inside_the_bullet_after_a_break(guideline):
    html = (
        '<ul><li><a href="/files/000274534.pdf">A［399KB］</a><br>\n January 16, 2025 Administrative Notice</li></ul>'
    )
    item = guideline(html + "<p>March 27, 2024 PSB/PED Notification No. 0327-4</p>").only
    assert (item.published, item.reference, item.attachments[0].size) == (
        "2025-01-16",
        "Administrative Notice",
        "399KB",
    )


def test_the_paragraph_beside_a_bullet_is_about_that_bullet(read):
    html = (
        '<main><div class="inner editor"><ul><li><a href="/files/000000001.pdf">First</a></li>'
        '<p class="ml20">July 31, 2017</p><li><a href="/files/000000002.pdf">Second</a></li>'
        '<p class="ml20">August, 2024</p></ul></div></main>'
    )
    found = read("pmda_guidance_en", html, DEVICES)
    assert [(item.title, item.published) for item in found.items] == [("First", "2017-07-31"), ("Second", "2024-08")]


def test_a_paragraph_after_several_bullets_is_about_all_of_them(guideline):
    links = "".join(f'<li><a href="/files/00000000{n}.pdf">Part {n}</a></li>' for n in (1, 2))
    found = guideline(f"<ul>{links}</ul><p>April 18, 2012 PFSB/ELD Administrative Notice</p>")
    assert [item.published for item in found.items] == ["2012-04-18", "2012-04-18"]


def test_other_headings_are_no_guidance(guideline):
    faq = '<h2>Frequently Asked Questions (FAQ)</h2><ul><li><a href="/files/999900001.pdf">No guidance</a></li></ul>'
    other = '<h2>Contact</h2><ul><li><a href="/files/999900002.pdf">No guidance</a></li></ul>'
    assert guideline(english("April 18, 2012") + faq + other).only.title == "First-in-Human Guidance"


def test_an_faq_is_left_out_of_pages_without_the_usual_heading(read):
    faq = '<h2>Frequently Asked Questions (FAQ)</h2><a href="/files/999900001.pdf">No guidance</a>'
    page = f'<main><p><a href="/files/000000001.pdf">Guidance</a></p>{faq}</main>'
    assert read("pmda_guidance_en", page, DEVICES).only.title == "Guidance"


def test_headings_of_the_third_and_fourth_level_are_topics(guideline):
    html = "<h3>Blood Products</h3><h4>Human Immunoglobulin Products</h4>" + english("April 18, 2012")
    assert guideline(html).only.topics == ("Blood Products", "Human Immunoglobulin Products")


def test_what_has_no_type_at_all_is_not_taken_for_final(guideline):
    item = guideline(english("September 2, 2020 Office of Vaccines and Blood Products")).only
    assert (item.status, item.stage, item.document_type) == ("unstated", "unstated", "")
    assert (item.published, item.reference) == ("2020-09-02", None)
    assert (item.offices, item.issuer) == (("Office of Vaccines and Blood Products",), "pmda")


def test_an_early_consideration_is_a_status_of_its_own(guideline):
    item = guideline(
        english("January 16, 2025 Administrative Notice", "Mutagenic Impurities (Early Consideration)")
    ).only
    assert (item.status, item.stage, item.issuer) == ("early consideration", "concept", "pmda")
    assert (item.document_type, item.reference) == ("Administrative Notice", "Administrative Notice")


def test_an_attachment_keeps_its_word_in_the_title(guideline):
    item = guideline(english("March 27, 2024 Administrative Notice", "(Attachment) Questions and Answers[12KB]")).only
    assert item.title == "(Attachment) Questions and Answers"


def test_an_english_number_and_its_japanese_one_share_an_entry(guideline, bullet):
    one = guideline(english("March 27, 2024 PSB/PED Notification No. 0327-4")).only
    other = bullet("ワクチンの臨床試験ガイドラインについて（2024年（令和6年）3月27日　医薬薬審発0327第4号）").only
    assert set(one.references) & set(other.references) == {"医薬薬審発0327第4号"}
    names = identifiers("pmda", "mhlw", one, None, 0)
    witness = Witness("pmda:x", "pmda", "ja", other.title, other.published)
    (shared,) = set(names) & set(identifiers("pmda", "mhlw", other, None, 0))
    assert same_document("pmda", "en", one, {shared: [witness]})


@pytest.mark.parametrize(
    ("english_name", "japanese"),
    [
        ("PSB/PED Notification No. 0327-4", "医薬薬審発0327第4号"),
        ("PSEHB/PED Notification No. 0327-4", "薬生薬審発0327第4号"),
        ("PFSB/ELD Notification No. 1031-1", "薬食審査発1031第1号"),
        ("PFSB/ELD Administrative Notice", "事務連絡"),
    ],
)
def test_sections_have_other_names_by_era_and_language(guideline, english_name, japanese):
    references = guideline(english(f"June 1, 2020 {english_name}")).only.references
    assert references == (english_name, japanese)


TABLE = "<main><table><tr><th>Title</th><th>Date</th></tr>{}</table></main>"


def table_row(cell: str) -> str:
    return TABLE.format(f'<tr><td><a href="/files/000240233.pdf">Guidance [1.2MB]</a></td><td>{cell}</td></tr>')


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("July 31, 2017", "2017-07-31"),
        ("August, 2024", "2024-08"),
        ("July 31, 2017(1)", "2017-07-31"),
        ("August, 2024 (1)", "2024-08"),
        ("to be announced", None),
        ("", None),
    ],
)
def test_a_tables_second_cell_is_the_date_of_its_row(read, cell, day):
    item = read("pmda_guidance_en", table_row(cell), DEVICES).only
    assert (item.title, item.published, item.stage) == ("Guidance", day, "unstated")
    assert TODAY not in item.model_dump_json()


def test_the_regenerative_page_names_its_links_after_their_languages(read):
    page = (
        "<main><h2>Approved Regenerative Medical Products</h2><ul><li>A [<a href='/files/1.pdf'>English</a>]</li></ul>"
        "<h2>Related Guidelines and Notifications for Regenerative Medical Products</h2><h3>Good tissue practice</h3>"
        "<ul><li>Standards of biological raw materials, MHLW Notification No. 210, 2003. "
        "[<a href='/files/000000001.pdf'>Japanese</a>] [<a href='/files/000000002.pdf'>English</a>]</li>"
        "<li>Standards of biological raw materials, Operational guideline, PFSB/ELD Notification No. 1002-1, "
        "PFSB/MDRMPE Notification No. 1002-5, 2014. <a href='/files/000000003.pdf'>[Japanese]</a></li></ul></main>"
    )
    first, second = read("pmda_guidance_en", page, REGENERATIVE).items
    assert (first.title, first.key, first.language) == (
        "Standards of biological raw materials",
        "files/000000002",
        "en",
    )
    assert (first.reference, first.published, first.status) == ("MHLW Notification No. 210, 2003", None, "notification")
    assert [each.title for each in first.attachments] == ["", "Japanese"]
    assert (second.title, second.language) == ("Standards of biological raw materials, Operational guideline", "ja")
    assert second.references[:1] == ("PFSB/ELD Notification No. 1002-1",)
    assert "PFSB/MDRMPE Notification No. 1002-5" in second.references
    assert second.published == "2014-10-02"  # month and day are in the number


@pytest.mark.parametrize("ending", ["pdf", "xlsx", "zip"])
def test_nine_digits_are_the_key_of_a_file_whatever_its_ending(ending):
    assert key_of_address(f"http://www.pmda.go.jp/files/000276579.{ending}") == "files/000276579"


def test_only_pdfs_are_read_and_other_hosts_are_not_asked(bullet):
    words = "甲について（2026年（令和8年）8月19日　事務連絡）"
    for href, read_at in (
        ("/files/000276579.pdf", f"{PMDA}/files/000276579.pdf"),
        ("/files/000276579.xlsx", None),
        ("https://www.mhlw.go.jp/hourei/doc/tsuchi/T250310I0040.pdf", None),
    ):
        found = bullet(words, href)
        assert found.spider.document_address(found.only) == read_at


def test_a_file_issued_anew_under_its_number_is_seen_by_its_size(bullet):
    words = "ニトロソアミン類の限度値（2026年（令和8年）8月19日　事務連絡）"
    before, after = bullet(f"{words}[200 KB]").only, bullet(f"{words}[237 KB]").only
    assert (before.key, before.attachments[0].size) == (after.key, "200 KB")
    assert before.touched != after.touched


def test_files_that_did_not_move_are_asked_for_again_in_turn(tmp_path):
    source = SOURCES["pmda_guidance_ja"].model_copy(update={"urls": (NITROSAMINES,)})
    words = "甲について（2024年（令和6年）6月18日　医薬薬審発0618第{}号）"
    page = "".join(f'<li><a href="/files/00000000{n}.pdf">{words.format(n)}</a></li>' for n in range(1, 9))
    checked = {f"{PMDA}/files/00000000{n}.pdf": _validator(f"2026-01-0{n}T00:00:00Z") for n in range(1, 9)}
    first = Reading(spider_of(source, tmp_path), response(NITROSAMINES, f"<main><ul>{page}</ul></main>".encode()))
    listed = {item.key: Listed(url=item.url, touched=item.touched) for item in first.items}
    told = {"validators": checked, "listed": listed, "last_success": datetime(2026, 1, 9, tzinfo=UTC)}
    again = Reading(
        spider_of(source, tmp_path, **told), response(NITROSAMINES, f"<main><ul>{page}</ul></main>".encode())
    )
    asked = [request.url[-5:-4] for request in again.requests]
    assert sorted(asked) == ["1", "2", "3", "4", "5"]
    assert all(request.meta["conditional"] for request in again.requests)


def _validator(checked_at: str) -> Validator:
    kept = Response(id="<urn:uuid:x>", url="x", status=200, fetched_at=checked_at, sha256="", size=1, file="", offset=0)
    return Validator(response=kept, checked_at=checked_at)


# 1.4 Japanese lists


def test_a_bullet_holds_title_date_number_and_size_in_one_string(bullet):
    item = bullet("再生医療等製品の製造販売承認申請について(2014年(平成26年)8月12日 薬食発0812第30号)[112 KB]").only
    assert (item.title, item.published) == ("再生医療等製品の製造販売承認申請について", "2014-08-12")
    assert (item.reference, item.attachments[0].size) == ("薬食発0812第30号", "112 KB")
    assert (item.status, item.stage, item.issuer) == ("通知", "final", "mhlw")


def test_several_numbers_follow_one_date_and_one_lacks_its_last_sign(bullet):
    numbers = "薬生薬審発1122第4号　薬生機審発1122第10　薬生安発1122第7号"
    item = bullet(f"「甲」の改正等について（2016年（平成28年）11月22日　{numbers}）[1 KB]").only
    assert item.references == ("薬生薬審発1122第4号", "薬生機審発1122第10号", "薬生安発1122第7号")
    assert "薬生機審発1122第10 " in (item.reference_raw or "")


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("甲（Q&amp;A）について（2016年（平成28年）11月22日　事務連絡）", "甲（Q&A）について"),
        (
            "「甲（2013年（平成25年）7月1日　乙）」について(2016年(平成28年)11月22日 事務連絡)",
            "「甲（2013年（平成25年）7月1日 乙）」について",
        ),
        ("甲について（2016年(平成28年）11月22日 事務連絡)", "甲について"),
        ("甲について（2016年（平成28年）11月22日　事務連絡", "甲について"),
        ("甲について（２０１６年（平成２８年）１１月２２日　事務連絡）", "甲について"),
    ],
)
def test_brackets_are_nested_and_of_either_width_and_the_last_dated_group_counts(bullet, words, title):
    item = bullet(words).only
    assert (item.title, item.published, item.reference) == (title, "2016-11-22", "事務連絡")


def test_headings_without_bullets_are_nothing(read):
    page = "<h4>再生医療等製品の軽微変更事例集</h4><h3>製品開発について</h3>"
    bullets = '<ul><li><a href="/files/000000001.pdf">甲（2022年（令和4年）3月28日　事務連絡）</a></li></ul>'
    assert len(read("pmda_guidance_ja", f"<main>{bullets}{page}</main>").items) == 1


def test_links_without_a_date_are_no_notifications(read):
    page = (
        '<main><ul><li><a href="/files/999909998.pdf">再生医療等製品の製造販売手順について[798 KB]</a></li>'
        '<li><a href="/review-services/drug-reviews/0026.html">申請等手続き（オンライン届出の取扱い）</a></li>'
        '<li><a href="/files/000000001.pdf">甲（2022年（令和4年）3月28日　事務連絡）</a></li></ul></main>'
    )
    found = read("pmda_guidance_ja", page)
    assert (found.only.key, found.spider.listed) == ("files/000000001", 1)


def test_a_number_inside_a_title_is_that_of_another_notification(bullet):
    item = bullet("「甲」（平成25年7月1日付け薬食審査発0701第4号）の廃止について").only
    assert (item.reference, item.published, item.stage) == (None, None, "unstated")


def test_a_date_and_size_behind_the_link_belong_to_it(read):
    bullet = '<li><a href="/files/000000001.pdf">甲</a>（2022年（令和4年）3月28日　事務連絡）[45 KB]</li>'
    item = read("pmda_guidance_ja", f"<main><ul>{bullet}</ul></main>").only
    assert (item.title, item.published, item.attachments[0].size) == ("甲", "2022-03-28", "45 KB")


def test_http_and_https_are_one_address(bullet):
    words = "甲（2022年（令和4年）3月28日　事務連絡）"
    one, other = (
        bullet(words, "http://www.pmda.go.jp/files/000000001.pdf").only,
        bullet(words, "/files/000000001.pdf").only,
    )
    assert (one.url, one.key) == (other.url, other.key) == (f"{PMDA}/files/000000001.pdf", "files/000000001")


def test_pages_are_utf_8_also_where_no_header_says_so(tmp_path):
    words = (
        '<meta charset="utf-8"><main><a href="/files/000000001.pdf">甲（2022年（令和4年）3月28日　事務連絡）</a></main>'
    )
    page = TextResponse(NITROSAMINES, body=words.encode(), request=Request(NITROSAMINES))
    assert Reading(spider_of(SOURCES["pmda_guidance_ja"], tmp_path), page).only.title == "甲"


def test_lists_of_approvals_are_not_read():
    asked = " ".join(address for source in SOURCES.values() if source.agency == "pmda" for address in source.addresses)
    assert "p-drugs/" not in asked


def test_a_file_under_two_headings_is_one_document(read):
    link = '<li><a href="/files/000000001.pdf">甲（2022年（令和4年）3月28日　事務連絡）</a></li>'
    found = read("pmda_guidance_ja", f"<main><h3>一</h3><ul>{link}</ul><h3>二</h3><ul>{link}</ul></main>")
    assert (found.only.topics, found.problems) == (("一",), [])


def test_the_number_and_the_date_are_checked_against_each_other_and_the_date_stands(bullet):
    found = bullet("甲について（2024年（令和6年）7月18日　医薬薬審発0618第1号）")
    assert found.only.published == "2024-07-18"
    (problem,) = found.problems
    assert (problem.kind, problem.key) == ("date", found.only.key)
    assert "医薬薬審発0618第1号" in problem.message


def test_a_date_that_is_missing_is_recovered_from_the_number(bullet):
    assert bullet("甲について（2024年　医薬薬審発0618第1号）").only.published == "2024-06-18"
    assert bullet("甲について（2024年6月　医薬薬審発0618第1号）").only.published == "2024-06"


def test_an_era_that_contradicts_its_western_year_gives_no_date_and_a_problem(bullet):
    found = bullet("甲について（2014年（平成25年）8月12日　薬食発0812第30号）")
    assert (found.only.published, [problem.kind for problem in found.problems]) == (None, ["date"])


# 2 MHLW


def test_the_ministrys_feed_may_not_be_redistributed_so_title_link_and_day_are_all(feed):
    told = (
        "薬事審議会　部会を開催します",
        "https://www.mhlw.go.jp/stf/newpage_70780.html",
        "2026-02-27T14:00:00+09:00",
    )
    item = feed(told, name="mhlw_news", more="<description>words of the feed</description>").only
    assert "words of the feed" not in item.model_dump_json()
    assert (item.title, item.published, item.issuer) == ("薬事審議会 部会を開催します", "2026-02-27", "mhlw")
    assert (item.summary, item.text, item.topics) == ("", "", ())


def test_news_of_the_whole_ministry_are_kept_as_information(feed):
    told = ("人口動態統計月報", "https://www.mhlw.go.jp/toukei/10.html", "2026-03-06T15:00:00+09:00")
    assert feed(told, name="mhlw_news").only.stage == "information"


HEAD = ("○遺伝子治療用製品等の品質及び安全性の確保について", "(令和元年7月9日)", "(薬生機審発0709第2号)")
ADDRESSEE = "(各都道府県衛生主管部(局)長あて厚生労働省医薬・生活衛生局医療機器審査管理課長通知)"


def test_a_notification_is_title_date_number_addressee_and_body(read):
    item = read("mhlw_notifications", text(*HEAD, ADDRESSEE, "(公印省略)", "本文")).only
    assert (item.key, item.title) == ("00tc4403", "遺伝子治療用製品等の品質及び安全性の確保について")
    assert (item.published, item.reference, item.status) == ("2019-07-09", "薬生機審発0709第2号", "通知")
    assert item.text == f"{ADDRESSEE}\n本文"
    assert item.offices == ("厚生労働省医薬・生活衛生局医療機器審査管理課長",)


def test_old_notifications_write_kanji_dates_and_numbers(read):
    item = read(
        "mhlw_notifications",
        text("○規格及び試験方法の設定について", "(平成一三年五月一日)", "(医薬審発第五七一号)", "本文"),
    ).only
    assert (item.published, item.reference, item.status) == ("2001-05-01", "医薬審発第五七一号", "通知")
    item = read("mhlw_notifications", text("○甲について", "(平成17年4月1日)", "(薬食発第0401022号)", "本文")).only
    assert (item.published, item.reference) == ("2005-04-01", "薬食発第0401022号")


def test_joint_notifications_name_several_numbers(read):
    number = "(薬生薬審発1008第1号・薬生安発1008第1号・薬生監麻発1008第1号)"
    item = read("mhlw_notifications", text("○自主点検について", "(令和3年10月8日)", number, "本文")).only
    assert item.references == ("薬生薬審発1008第1号", "薬生安発1008第1号", "薬生監麻発1008第1号")


def test_an_administrative_notice_has_no_number(read):
    item = read("mhlw_notifications", text("○考え方について", "(平成24年2月1日)", "(事務連絡)", "本文")).only
    assert (item.status, item.reference) == ("事務連絡", "事務連絡")
    assert list(identifiers("pmda", "mhlw", item, None, 0))[2:] == []  # it numbers nothing


def test_a_public_notice_has_data_type_0(read):
    url = "https://www.mhlw.go.jp/web/t_doc?dataId=74ab6770&dataType=0&pageNo=1"
    item = read(
        "mhlw_notifications", text("○甲の規格", "(平成十五年五月二十日)(厚生労働省告示第二百十号)", "本文"), url
    ).only
    assert (item.key, item.url, item.status) == ("74ab6770", url, "告示")
    assert (item.published, item.reference) == ("2003-05-20", "厚生労働省告示第二百十号")


@pytest.mark.parametrize("known", ["00tc8778", "74ab6770", "80001000"])
def test_a_data_id_has_letters_or_only_digits(known):
    assert mhlw.data_id(f"https://www.mhlw.go.jp/web/t_doc?dataId={known}&dataType=1&pageNo=1") == known
    assert mhlw.data_id(f"https://www.mhlw.go.jp/web/t_doc?dataId={known}x&dataType=1") is None


def test_long_notifications_go_on_at_their_second_page(tmp_path):
    spider = spider_of(SOURCES["mhlw_notifications"], tmp_path)
    onward = '<a href="/web/t_doc?dataId=00tc4403&dataType=1&pageNo={}">次</a>'
    elsewhere = '<a href="/web/t_doc?dataId=00tc9999&dataType=1&pageNo=2">他</a>'
    first = Yielded(spider.parse(response(TEXT, text(*HEAD, "一", links=elsewhere + onward.format(2)).encode())))
    (request,) = first.requests
    assert (request.url, first.items) == (TEXT.replace("pageNo=1", "pageNo=2"), [])
    page = response(request.url, text(*HEAD, "二", links=onward.format(3)).encode())
    second = Yielded(spider.open_document(page, **request.cb_kwargs))
    (request,) = second.requests
    page = response(request.url, "<body><p>三</p></body>".encode())
    (item,) = Yielded(spider.open_document(page, **request.cb_kwargs)).items
    assert [line for line in item.text.split("\n") if line in "一二三"] == ["一", "二", "三"]
    assert item.text.count("薬生機審発0709第2号") == 0


def test_a_second_page_that_is_no_page_leaves_the_last_known_text(tmp_path):
    spider = spider_of(SOURCES["mhlw_notifications"], tmp_path)
    onward = '<a href="/web/t_doc?dataId=00tc4403&dataType=1&pageNo=2">次</a>'
    (request,) = Yielded(spider.parse(response(TEXT, text(*HEAD, "一", links=onward).encode()))).requests
    found = Yielded(spider.open_document(response(request.url, b"<body></body>"), **request.cb_kwargs))
    assert [problem.kind for problem in found.problems] == ["layout"]
    assert "text" in found.items[0].unread


def test_the_same_notification_on_pmdas_list_shares_its_number(read, bullet):
    one = read("mhlw_notifications", text(*HEAD, "本文")).only
    other = bullet(f"{one.title}（2019年（令和元年）7月9日　薬生機審発0709第2号）").only
    shared = set(identifiers("pmda", "mhlw", one, None, 0)) & set(identifiers("pmda", "mhlw", other, None, 0))
    assert "number pmda 薬生機審発0709第2号 2019" in shared


def test_an_address_of_a_notice_with_a_doubled_slash_is_the_same_and_its_day_is_not_trusted(bullet):
    words = "第十九改正日本薬局方の制定等について（2026年（令和8年）4月10日　医薬発0410第1号）"
    one = bullet(words, "https://www.mhlw.go.jp/hourei/doc/tsuchi/T260413I0030.pdf").only
    other = bullet(words, "http://www.mhlw.go.jp/hourei//doc/tsuchi/T260413I0030.pdf").only
    assert (one.key, one.url) == (other.key, other.url)
    assert (one.key, one.published) == ("T260413I0030", "2026-04-10")


@pytest.mark.parametrize(
    "number",
    ["薬食審査発0701第4号", "薬生機審発0709第2号", "医薬薬審発0618第1号", "医薬監麻発0618第1号", "医薬発0410第1号"],
)
def test_numbers_of_every_era_are_the_ministrys(number):
    assert mhlw.is_from_bureau(number)


def test_who_signed_an_administrative_notice_is_not_told(bullet):
    assert bullet("甲（2022年（令和4年）12月22日　事務連絡）").only.issuer == ""


# 7 dates


@pytest.mark.parametrize(
    ("date_line", "day"),
    [
        ("(令和元年7月9日)", "2019-07-09"),
        ("(平成26年8月12日)", "2014-08-12"),
        ("(平成一三年五月一日)", "2001-05-01"),
        ("(平成七年六月二六日)", "1995-06-26"),
        ("(平成十五年五月二十日)", "2003-05-20"),
        ("(平成十六年三月三十日)", "2004-03-30"),
        ("(平成 26 年8月 12 日)", "2014-08-12"),
        ("(平成三一年四月三十日)", "2019-04-30"),
        ("(平成三一年五月一日)", None),
    ],
)
def test_eras_and_kanji_of_every_form_are_read(read, date_line, day):
    assert read("mhlw_notifications", text("○甲について", date_line, "(事務連絡)", "本文")).only.published == day


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ("2014年（平成26年）8月12日", "2014-08-12"),
        ("令和６（2024）年６月18日", "2024-06-18"),
        ("平成26年8月12日", "2014-08-12"),
        ("2014年 ( 平成 26 年 ) 8 月 12 日", "2014-08-12"),
    ],
)
def test_western_and_era_years_stand_in_either_order(bullet, told, day):
    assert bullet(f"甲について（{told}　事務連絡）").only.published == day


@pytest.mark.parametrize(
    ("sentence", "day"),
    [
        ("1 平成13年7月1日以降に承認申請する生物薬品について", "2001-07-01"),
        ("令和8年4月1日から適用する。", "2026-04-01"),
        ("令和 8 年 4 月 1 日 より施行すること。", "2026-04-01"),
        ("平成6年9月1日医薬審第586号通知を平成13年6月30日付けで廃止する。", None),
        ("平成15年6月30日までに承認申請されるもの", None),
        ("令和8年4月1日から適用する。令和9年4月1日から施行する。", None),
    ],
)
def test_the_day_from_which_a_text_holds_is_read_where_it_names_one(read, sentence, day):
    item = read("mhlw_notifications", text(*HEAD, sentence)).only
    assert (item.effective, "effective" in item.quoted) == (day, day is not None)


def test_the_words_of_a_pdf_tell_from_when_on_it_holds(bullet):
    found = bullet("甲（2022年（令和4年）3月28日　事務連絡）")
    page = response(found.only.url, b"")
    item = found.spider.with_text(found.only, page, "平成 30 年4月 1 日から適用する。")
    assert (item.effective, item.quoted["effective"]) == ("2018-04-01", "平成30年4月1日から適用")
    assert {"text", "effective"} <= set(found.spider.without(item).unread)


# 8 titles


@pytest.mark.parametrize(
    ("title", "status", "stage"),
    [
        ("甲について", "通知", "final"),
        ("「甲」の一部改正について", "通知", "final"),
        ("「甲」の廃止について", "通知", "final"),
        ("「甲（改訂版）」の取扱いについて", "通知", "final"),
        ("甲に関する質疑応答集（Q&amp;A）について", "通知", "final"),
        ("甲について（廃止）", "廃止", "withdrawn"),
        ("【廃止】甲について", "廃止", "withdrawn"),
        ("甲について（一部改正）", "改正", "revised"),
        ("甲ガイドライン（改訂版）", "改正", "revised"),
        ("甲ガイドライン（案）", "案", "draft"),
        ("「甲ガイドライン（案）」に関する意見募集について", "意見募集", "draft"),
        ("「甲ガイドライン(案)」に関する御意見の募集について", "意見募集", "draft"),
        ("「甲ガイドライン（案）」に関する意見募集の結果について", "通知", "final"),
    ],
)
def test_a_title_says_what_the_document_itself_is_or_what_it_does_to_another(bullet, title, status, stage):
    item = bullet(f"{title}（2024年（令和6年）6月18日　医薬薬審発0618第1号）").only
    assert (item.status, item.stage) == (status, stage)


def test_titles_are_kept_as_written_and_compared_in_one_form(bullet):
    number = "（2024年（令和6年）6月18日　医薬薬審発0618第1号）"
    one = bullet(f"ヒト細胞加工製品の同等性／同質性評価（ＩＣＨ　Ｑ５Ｅ）{number}").only
    other = bullet(f"ヒト細胞加工製品の同等性/同質性評価(ICH Q5E){number}").only
    assert "同等性／同質性評価（ＩＣＨ" in one.title
    assert agree(one.title, other.title, 1.0)
    assert one.references[-1] == other.references[-1] == "ICH Q5E"


# 9, 11 refusals, and how other readers break


def test_html_where_a_feed_is_due_is_a_refusal():
    for name in ("pmda_news_ja", "pmda_news_en", "mhlw_news"):
        page = response(SOURCES[name].url, b"<!DOCTYPE html><html></html>", media_type="text/html")
        assert refusal(SOURCES[name], Request(SOURCES[name].url), page) == "HTML where application/xml is due"


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_status_of_refusal_is_a_refusal(status):
    for source in SOURCES.values():
        if source.agency == "pmda":
            page = response(source.url, b"", status=status)
            assert refusal(source, Request(source.url), page) == f"refused with HTTP {status}"


def test_a_list_page_without_its_main_part_stops_the_source(tmp_path):
    for name in ("pmda_guidance_ja", "pmda_guidance_en"):
        spider = spider_of(SOURCES[name], tmp_path)
        with pytest.raises(CloseSpider):
            Reading(spider, response(SOURCES[name].url, b"<html><body>Forbidden</body></html>"))
        assert isinstance(spider.error, LayoutError)


def test_keys_are_the_same_in_every_run():
    told = {"files/000274534", "review-services/symposia/0199.html", "00tc4403"}
    addresses = (f"{PMDA}/files/000274534.pdf", f"{PMDA}/review-services/symposia/0199.html#top", TEXT)
    assert {key_of_address(address) for address in addresses} == told
