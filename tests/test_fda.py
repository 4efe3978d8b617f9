"""What trips readers of FDA's list, pages and feeds: each trap by its name, in docs/sources/fda.md."""

import json
from pathlib import Path
from typing import Any

import pytest
from scrapy import Request
from scrapy.exceptions import CloseSpider
from scrapy.http import HtmlResponse

from regintel.health import verdict
from regintel.items import GuidanceItem
from regintel.middlewares.blocks import refusal
from regintel.orders import CrawlEnd
from regintel.settings import crawl_settings
from regintel.sources import load_sources
from regintel.spiders.fda import page_address, slug_of
from regintel.spiders.fda_news import whole_words
from regintel.vocabulary import RunState
from tests.places import ROOT
from tests.spiders import Yielded, read, spider_of

SOURCES = load_sources(ROOT / "config")
PAGES = "/regulatory-information/search-fda-guidance-documents/"
SITE = "https://www.fda.gov"
SAMPLES = Path(__file__).parent / "sources"


def link(address: str, words: str) -> str:
    return f'<a href="{address}">{words}</a>'


def record(slug: str = "potency", title: str = "Potency Assurance", **told: str) -> dict[str, str]:
    """Return a record of FDA's list: sixteen strings."""
    empty = (
        "field_associated_media_2", "field_issue_datetime", "field_issuing_office_taxonomy", "field_health_topics",
        "term_node_tid", "field_topics", "topics-product", "field_comment_close_date", "field_docket_number",
        "field_center", "field_regulated_product_field",
    )  # fmt: skip
    return {
        "title": link(PAGES + slug, title),
        **dict.fromkeys(empty, ""),
        "field_final_guidance_1": "Draft",
        "open-comment": "  No ",
        "field_communication_type": "Guidance Document",
        "changed": '<time datetime="2025-03-10T15:42:19-04:00">2025-03-10 15:42</time>\n',
        **told,
    }


@pytest.fixture
def listed(tmp_path: Path) -> Any:
    """Read records as FDA's list."""
    return lambda *records: read(spider_of(SOURCES["fda_guidance"], tmp_path), json.dumps(records).encode())


def only(found: Yielded) -> GuidanceItem:
    assert [each.message for each in found.problems] == []
    (item,) = found.items
    return item


# The list


def test_a_record_has_sixteen_keys_and_an_empty_string_says_nothing(listed):
    item = only(listed(record()))
    assert len(record()) == 16
    assert (item.published, item.reference, item.reference_raw, item.comment_closes) == (None,) * 4
    assert (item.topics, item.products, item.offices, item.attachments) == ((),) * 4


def test_a_title_is_unescaped_after_it_was_taken_out_of_its_link(listed):
    item = only(listed(record(title="FDA&#039;s &quot;Q&amp;A&quot; on levels &lt; 1 %")))
    assert item.title == 'FDA\'s "Q&A" on levels < 1 %'


def test_double_and_unbreakable_spaces_in_a_title_are_squeezed(listed):
    assert only(listed(record(title=" Medical\u00a0Gases :  Guidance  for Industry "))).title == (
        "Medical Gases : Guidance for Industry"
    )


def test_the_slug_is_the_key_and_neither_docket_nor_media_number_is(listed):
    docket, media = link("https://www.regulations.gov/docket/FDA-2020-D-0957", "FDA-2020-D-0957"), pdf_of("1")
    twins = [
        record(slug, field_docket_number=docket, field_associated_media_2=media) for slug in ("notice-35", "notice-34")
    ]
    found = listed(*twins)
    assert [item.key for item in found.items] == ["notice-35", "notice-34"]
    assert {item.reference for item in found.items} == {"FDA-2020-D-0957"}


def test_long_titles_that_begin_alike_do_not_collide(listed):
    begin = "Recommendations for the Evaluation of Products of a Very Long Name that Goes On and On and On: "
    found = listed(record("part-one", begin + "Part One"), record("part-two", begin + "Part Two"))
    assert len(found.items) == 2


def pdf_of(number: str, label: str = "PDF (137.72 KB)") -> str:
    return link(f"/media/{number}/download", f'{label}<span class="sr-only">{label} of Potency Assurance</span>')


def test_the_label_of_a_pdf_is_not_doubled_by_the_words_for_screen_readers(listed):
    (file,) = only(listed(record(field_associated_media_2=pdf_of("120958")))).attachments
    assert (file.url, file.title, file.size) == (f"{SITE}/media/120958/download", "PDF", "137.72 KB")


def test_a_record_without_a_pdf_is_a_record(listed):
    assert only(listed(record(field_associated_media_2=""))).attachments == ()


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("03/11/2019", "2019-03-11"),
        ("", None),
        ("01/01/1900", None),
        ("12/31/1937", None),
        ("06/25/1938", "1938-06-25"),
    ],
)
def test_an_issue_date_may_be_empty_and_before_the_act_it_is_a_placeholder(listed, written, day):
    assert only(listed(record(field_issue_datetime=written))).published == day


def test_an_issue_date_may_lie_after_the_stamp_of_its_page(listed):
    item = only(listed(record(field_issue_datetime="03/11/2025")))
    assert (item.published, item.updated) == ("2025-03-11", "2025-03-10")


def test_the_day_of_a_stamp_is_washingtons(listed):
    late = '<time datetime="2025-01-10T23:42:19-05:00">2025-01-10 23:42</time>\n'
    assert only(listed(record(changed=late))).updated == "2025-01-10"


def test_the_stamp_of_a_page_is_no_revision(listed):
    assert only(listed(record())).revised_at is None


def test_offices_are_parted_by_breaks_and_their_parts_by_commas_without_a_space(listed):
    offices = (
        "Center for Biologics Evaluation and Research,Office of Therapeutic Products<br><br>"
        "Office of Policy, Legislation, and International Affairs"
    )
    assert only(listed(record(field_issuing_office_taxonomy=offices))).offices == (
        "Center for Biologics Evaluation and Research",
        "Office of Therapeutic Products",
        "Office of Policy, Legislation, and International Affairs",
    )


def test_biologics_are_found_by_office_for_another_centre_may_lead(listed):
    both = "Center for Drug Evaluation and Research<br><br>Center for Biologics Evaluation and Research"
    item = only(
        listed(record(field_center="Center for Drug Evaluation and Research", field_issuing_office_taxonomy=both))
    )
    assert "Center for Biologics Evaluation and Research" in item.offices


@pytest.mark.parametrize(
    "name",
    ["Chemistry, Manufacturing, and Controls (CMC)", "Safety - Issues, Errors, and Problems", "Ear, Nose &amp; Throat"],
)
def test_a_topic_name_that_holds_a_comma_is_one_topic(listed, name):
    topics = only(listed(record(term_node_tid=f"Gene Therapy, {name}, Labeling"))).topics
    assert set(topics) == {"Gene Therapy", name.replace("&amp;", "&"), "Labeling"}


def test_topics_are_not_read_from_the_field_that_bears_their_name(listed):
    assert only(listed(record(field_topics="Wrong", field_health_topics="Wrong", term_node_tid="Right"))).topics == (
        "Right",
    )


def test_topics_are_a_set_without_trailing_spaces_or_repetitions(listed):
    one = only(listed(record(term_node_tid="Dental , Cardiovascular , Dental ")))
    other = only(listed(record(term_node_tid="Cardiovascular, Dental")))
    assert one.topics == other.topics == ("Cardiovascular", "Dental")


def test_products_are_unescaped(listed):
    written = "Food &amp; Beverages, Animal &amp; Veterinary"
    assert set(only(listed(record(field_regulated_product_field=written))).products) == {
        "Animal & Veterinary",
        "Food & Beverages",
    }


@pytest.mark.parametrize(
    ("field", "reference", "raw"),
    [
        (link("https://www.regulations.gov/docket/x", "FDA-2000-D-0075"), "FDA-2000-D-0075", "FDA-2000-D-0075"),
        (link("https://www.regulations.gov/docket/x", " 2008-D-0205 "), "FDA-2008-D-0205", "2008-D-0205"),
        ("FDA–2008–D–0659", "FDA-2008-D-0659", "FDA–2008–D–0659"),
        ("Docket No. FDA-2022-D-0084", "FDA-2022-D-0084", "Docket No. FDA-2022-D-0084"),
        ("None found", None, "None found"),
        ("2019-22690", None, "2019-22690"),
        ("", None, None),
    ],
)
def test_a_docket_is_a_link_or_words_and_typed_by_hand(listed, field, reference, raw):
    item = only(listed(record(field_docket_number=field)))
    assert (item.reference, item.reference_raw) == (reference, raw)


def test_two_dockets_and_prose_in_one_field_are_two_references(listed):
    item = only(listed(record(field_docket_number="FDA-2017-D-6159 and FDA 2018-D-2238 (see both)")))
    assert item.references == ("FDA-2017-D-6159", "FDA-2018-D-2238")


def test_withdrawn_in_a_title_is_no_status(listed):
    item = only(
        listed(record(title="CPG Sec. 257.100 (Obsolete, Withdrawn 2/20/2020)", field_final_guidance_1="Final"))
    )
    assert (item.status, item.stage) == ("final", "final")


@pytest.mark.parametrize("word", ["Withdrawn", ""])
def test_a_status_that_is_neither_draft_nor_final_is_reported_and_never_guessed(listed, word):
    found = listed(record(field_final_guidance_1=word))
    assert (found.items, [(each.kind, each.key) for each in found.problems]) == ([], [("unknown_value", "potency")])


def test_a_final_guidance_may_keep_the_deadline_of_its_draft(listed):
    told = {"field_final_guidance_1": "Final", "field_comment_close_date": "02/12/2026", "open-comment": "  Yes "}
    item = only(listed(record(**told)))
    assert (item.stage, item.comment_closes) == ("final", "2026-02-12")


def test_the_order_of_the_list_means_nothing(listed):
    days = ("01/01/1986", "12/01/2025", "07/01/2003")
    found = listed(*(record(f"slug-{number}", field_issue_datetime=day) for number, day in enumerate(days)))
    assert [item.published for item in found.items] == ["1986-01-01", "2025-12-01", "2003-07-01"]


@pytest.mark.parametrize(
    "answer",
    [
        b'{"draw": 1, "recordsTotal": 0, "recordsFiltered": 0, "data": []}',
        b"<!DOCTYPE html><html><body><table><thead><tr><th>Summary</th></tr></thead></table></body></html>",
    ],
    ids=["the server-side table", "the search page with a head and no rows"],
)
def test_what_is_no_bare_array_is_no_list(tmp_path, answer):
    spider = spider_of(SOURCES["fda_guidance"], tmp_path)
    with pytest.raises(CloseSpider):
        read(spider, answer)
    assert spider.end("failed").error_kind == "layout"


def test_the_table_that_answers_scripts_with_503_is_not_asked():
    assert not [name for name in SOURCES if "datatables-json" in SOURCES[name].url]


def test_a_list_that_lost_a_fiftieth_in_a_day_is_not_believed():
    def judged(items: int) -> RunState:
        end = CrawlEnd(listed=items, complete=True, requests=2, not_modified=0)
        return verdict(SOURCES["fda_guidance"], end, items, 2794, bounds=True).state

    assert (judged(2794 - 16), judged(2794 - 60)) == (RunState.OK, RunState.FAILED)


# The wall


FDA = [name for name in SOURCES if name.startswith("fda_")]
APOLOGY = b"<!DOCTYPE html><html><head><title>FDA Apology</title></head><body>We apologize</body></html>"


def answered(name: str, status: int, body: bytes, *trail: str) -> str | None:
    source = SOURCES[name]
    request = Request(source.addresses[0] if source.addresses else source.url, meta={"redirect_urls": list(trail)})
    html = {"Content-Type": "text/html; charset=utf-8"}
    address = f"{SITE}/apology_objects/abuse-detection-apology.html" if trail else request.url
    return refusal(source, request, HtmlResponse(address, status=status, headers=html, body=body))


@pytest.mark.parametrize("name", FDA)
@pytest.mark.parametrize("status", [404, 200])
def test_a_redirect_to_the_apology_is_a_block_and_no_missing_page(name, status):
    assert "redirected to a refusal" in str(answered(name, status, APOLOGY, SOURCES[name].url))


@pytest.mark.parametrize("name", FDA)
def test_a_redirect_by_way_of_install_php_is_a_block(name):
    trail = (SOURCES[name].url, f"{SITE}/core/install.php")
    assert "/core/install.php" in str(answered(name, 404, b"", *trail))


@pytest.mark.parametrize("name", FDA)
def test_an_apology_in_place_of_the_page_is_a_block(name):
    assert "FDA Apology" in str(answered(name, 200, APOLOGY))


@pytest.mark.parametrize("name", ["fda_biologics_news", "fda_drugs_news", "fda_guidance", "federal_register_fda"])
def test_html_where_a_feed_or_json_is_due_is_a_block(name):
    page = b"<!DOCTYPE html><html><body>Something else</body></html>"
    assert f"HTML where {SOURCES[name].media_type} is due" in str(answered(name, 200, page))


@pytest.mark.parametrize("name", FDA)
def test_robots_asks_for_thirty_seconds_and_gets_them(name):
    assert SOURCES[name].politeness.delay == 30


def test_we_say_who_we_are_and_take_no_browsers_name(tmp_path):
    order = spider_of(SOURCES["fda_guidance"], tmp_path).order.model_copy(
        update={"user_agent": "regintel/1.0 (+https://example.org)"}
    )
    settings = crawl_settings(order)
    assert settings["USER_AGENT"] == "regintel/1.0 (+https://example.org)"
    assert settings["ROBOTSTXT_OBEY"] is True


def test_each_source_of_fdas_site_may_only_ask_that_site():
    assert {SOURCES[name].hosts for name in FDA} == {("www.fda.gov",)}


# The feeds


def feed(*entries: str) -> bytes:
    head = '<rss xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0" xml:base="http://www.fda.gov/"><channel>'
    return f'<?xml version="1.0" encoding="utf-8"?>{head}<description/>{"".join(entries)}</channel></rss>'.encode()


def entry(
    address: str, title: str = "A title ", description: str = "Words.", when: str = "Thu, 10 Sep 2026 16:37:00 EDT"
) -> str:
    return (
        f"<item><title>{title}</title><link>{address}</link><description>{description}</description>"
        f'<pubDate>{when}</pubDate><dc:creator>FDA</dc:creator><guid isPermaLink="true">{address}</guid></item>'
    )


@pytest.fixture
def announced(tmp_path: Path) -> Any:
    """Read entries as the biologics feed."""
    return lambda *entries: read(spider_of(SOURCES["fda_biologics_news"], tmp_path), feed(*entries))


def test_a_feeds_http_link_goes_to_https_before_it_keys_anything(announced):
    item = only(announced(entry("http://www.fda.gov/safety/recalls/bread")))
    assert (item.key, item.url) == ("fda.gov/safety/recalls/bread", f"{SITE}/safety/recalls/bread")


def test_a_feed_knows_a_guidance_by_the_key_that_the_list_knows_it_by(announced, listed):
    of_feed = only(announced(entry("http://www.fda.gov" + PAGES + "potency")))
    assert of_feed.key == only(listed(record("potency"))).key == "potency"


def test_the_marks_of_a_mailing_are_no_part_of_an_address():
    mailed = SITE + PAGES + "potency?utm_medium=email&utm_source=govdelivery"
    assert (slug_of(mailed), page_address(mailed)) == ("potency", SITE + PAGES + "potency")
    assert slug_of("https://www.example.org" + PAGES + "potency") is None
    assert slug_of(SITE + PAGES.rstrip("/")) is None


def test_a_feeds_title_may_end_in_a_space(announced):
    assert only(announced(entry("http://www.fda.gov/x", "Recall of Bread "))).title == "Recall of Bread"


def test_a_description_that_was_cut_ends_with_a_whole_word(announced):
    long = ("severe sensitivity to sesame " * 20)[:299] + "s"
    summary = only(announced(entry("http://www.fda.gov/x", description=long))).summary
    assert summary.endswith(" …")
    assert long.startswith(summary.removesuffix(" …"))
    assert long[len(summary.removesuffix(" …"))] == " "
    whole = "x" * 299 + "."
    assert whole_words(whole) == whole


def test_a_description_that_was_escaped_twice_is_read(announced):
    item = only(announced(entry("http://www.fda.gov/x", "Almond &amp; Cocoa", "Almond &amp;amp; Cocoa Spread.")))
    assert (item.title, item.summary) == ("Almond & Cocoa", "Almond & Cocoa Spread.")


@pytest.mark.parametrize(
    ("when", "day"),
    [
        ("Thu, 10 Sep 2026 16:37:00 EDT", "2026-09-10"),
        ("Mon, 01 Dec 2025 23:59:59 EST", "2025-12-01"),
        ("Sun, 06 Sep 2026 00:00:00 EDT", "2026-09-06"),
    ],
)
def test_a_feeds_stamp_names_a_us_zone_and_a_sunday_at_midnight_occurs(announced, when, day):
    assert only(announced(entry("http://www.fda.gov/x", when=when))).published == day


def test_the_day_of_an_announcement_is_no_revision_of_what_it_announces(announced):
    assert only(announced(entry("http://www.fda.gov" + PAGES + "potency"))).revised_at is None


@pytest.mark.parametrize(
    ("title", "status", "stage"),
    [
        ("Cross-Center Master Files: Draft Guidance for Industry ", "draft guidance", "draft"),
        ("Q3E Guideline for Extractables and Leachables ", "guidance", "unstated"),
    ],
)
def test_a_feed_says_draft_in_a_title_or_says_nothing_of_the_status(announced, title, status, stage):
    item = only(announced(entry("http://www.fda.gov" + PAGES + "x", title)))
    assert (item.status, item.stage) == (status, stage)


def test_the_landing_page_of_the_feeds_is_no_feed(tmp_path):
    spider = spider_of(SOURCES["fda_drugs_news"], tmp_path)
    with pytest.raises(CloseSpider):
        read(spider, b"<!DOCTYPE html><html><body><h1>RSS Feeds</h1></body></html>")


def test_an_entry_that_falls_off_the_end_of_a_feed_is_no_removal():
    assert {SOURCES[name].kind for name in ("fda_biologics_news", "fda_drugs_news", "federal_register_fda")} == {"feed"}
