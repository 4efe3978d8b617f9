"""How EMA's pages, covers and feeds really behave (sources/ema-mhra.md, A2 to A4): each trap by its name."""

from pathlib import Path
from typing import Any

import pytest
from scrapy import Request
from scrapy.exceptions import CloseSpider
from scrapy.http import Response, TextResponse

from regintel.exceptions import LayoutError
from regintel.items import GuidanceItem
from regintel.middlewares.blocks import refusal
from regintel.orders import Due
from regintel.sources import Source, load_sources
from regintel.spiders.ema_cover import cover_days
from regintel.store.documents import changes, document
from regintel.vocabulary import ListingKind
from tests.places import ROOT
from tests.spiders import Yielded, read, spider_of
from tests.test_identity import desk
from tests.test_pdf import pdf

__all__ = ["desk"]  # the fixture

SOURCES = load_sources(ROOT / "config")
PAGES, RSS = SOURCES["ema_guideline_pages"], SOURCES["ema_rss"]
SITE = "https://www.ema.europa.eu"
SLUG = "quality-aspects-mrna-vaccines-scientific-guideline"
TITLE = "Quality aspects of mRNA vaccines - Scientific guideline"
FILE = "/en/documents/scientific-guideline/quality-aspects-mrna-vaccines_en.pdf"
BANNER = '<div class="alert">On Monday, 12 January 2026, this website will be unavailable.</div>'
ALL = ("effective", "comment_opens", "comment_closes")


# Pages


def card(
    status: str = "Adopted",
    *,
    file: str = FILE,
    kind: str = "scientific-guideline",
    label: str = "label",
    extra: str = "",
) -> str:
    """Return a file card in the site's own markup, class names glued as the template glues them."""
    rows = f'<small class="file-metadata-row"><span class="value">{status}</span></small>' if status else ""
    return f"""<div class="mt-4 ema-file-wrapper"><div class="bcl-file" data-ema-document-type="{kind}">
        <p class="file-title mb-1 fw-bold">Guideline on mRNA vaccines</p>
        <p class="language-meta">English (EN) (310.46 KB - PDF)</p>
        <div class="file-metadata">{rows}<small class="file-metadata-row">
        <span class="{label} reference-numberfw-normal">Reference Number:</span>
        <span class="value">EMA/CHMP/1/2025</span></small></div>
        <div class="dates-metadata"><small class="first-publishedfw-normal"><strong class="{label}">First published:
        </strong><span class="value"><time datetime="2024-12-31T23:30:00Z">01/01/2025</time></span></small>
        <small class="last-updatedfw-normal"><strong class="{label}">Last updated: </strong><span class="value">
        <time datetime="2025-06-12T10:00:00Z">12/06/2025</time></span></small></div>{extra}
        <a href="{file}" class="standalone">View</a></div></div>"""


def section(*cards: str, heading: str = "Current version") -> str:
    return f'<div class="paragraph paragraph--type--ema-documents"><h2>{heading}</h2>{"".join(cards)}</div>'


def page_of(*parts: str, title: str = TITLE, slug: str = SLUG, banner: str = "", words: str = "") -> bytes:
    return f"""<html><head><link rel="canonical" href="{SITE}/en/{slug}" />
        <meta property="article:modified_time" content="2026-02-04T12:00:00+0200" /></head>
        <body><main class="main-content-wrapper">{banner}<h1 class="content-banner-title">{title}</h1>
        <div class="main-content"><div class="node-content-wrapper">
        <div class="item">{words}</div>{"".join(parts)}</div>
        <p>How useful do you find this page?</p><p>Share this page</p></div></main></body></html>""".encode()


def parsed(folder: Path, body: bytes, url: str = f"{SITE}/en/{SLUG}", due: Due | None = None) -> Yielded:
    """Let the spider read a page; items that wait for their file count as items."""
    source = PAGES.model_copy(update={"urls": (url,)})
    page = TextResponse(url, body=body, encoding="utf-8", request=Request(url, meta={"due": due}))
    found = Yielded(spider_of(source, folder).parse(page))
    found.items += [each.cb_kwargs["item"] for each in found.requests]
    return found


def item_of(folder: Path, body: bytes, **told: Any) -> GuidanceItem:
    found = parsed(folder, body, **told)
    assert found.problems == []
    (item,) = found.items
    return item


def test_the_status_of_the_current_version_is_not_read_from_the_document_history(tmp_path):
    draft = card("Draft: consultation closed", file="/en/documents/x/draft_en.pdf")
    history = section(draft, heading="Document history")
    item = item_of(tmp_path, page_of(history, section(card("Adopted"))))
    assert (item.status, item.stage, item.attachments[0].url) == ("adopted", "final", SITE + FILE)
    found = parsed(tmp_path, page_of(history))
    assert (found.items, [each.kind for each in found.problems]) == ([], ["layout"])


def test_labels_are_known_by_their_words_for_their_class_names_are_glued(tmp_path):
    for label in ("label", "labelfw-normal"):
        item = item_of(tmp_path, page_of(section(card(label=label))))
        assert (item.status, item.reference) == ("adopted", "EMA/CHMP/1/2025")
        assert (item.published, item.updated) == ("2025-01-01", "2025-06-12")


def test_a_card_without_a_status_row_is_unstated(tmp_path):
    item = item_of(tmp_path, page_of(section(card(""))))
    assert (item.status, item.stage, item.quoted) == ("no status", "unstated", {})


def test_an_unknown_status_is_a_problem_with_the_pages_key(tmp_path):
    found = parsed(tmp_path, page_of(section(card("Endorsed"))))
    assert [(each.kind, each.key) for each in found.problems] == [("unknown_value", SLUG)]


def test_the_first_pdf_of_a_page_need_not_be_the_guideline(tmp_path):
    other = card("", file="/en/documents/comments/overview_en.pdf", kind="comments")
    german = '<a href="/de/documents/scientific-guideline/quality-aspects-mrna-vaccines_de.pdf">Deutsch</a>'
    item = item_of(tmp_path, page_of(section(other, card(extra=german))))
    assert item.same_as == (SITE + FILE,)
    assert [each.url for each in item.attachments] == [f"{SITE}/en/documents/comments/overview_en.pdf", SITE + FILE]
    assert item.attachments[1].size == "310.46 KB"


def test_a_site_wide_banner_is_no_change(tmp_path):
    plain = item_of(tmp_path, page_of(section(card())))
    assert item_of(tmp_path, page_of(section(card()), banner=BANNER)) == plain


def test_the_pages_own_stamp_is_not_that_of_the_guideline(tmp_path):
    item = item_of(tmp_path, page_of(section(card())))
    assert (item.updated, item.revised_at) == ("2025-06-12", "2025-06-12")


def test_keywords_and_summary_are_the_paragraphs_above_the_files(tmp_path):
    words = "<p>What a vaccine's file holds.</p><p>Keywords: mRNA vaccines, lipid nanoparticle (LNP), quality</p>"
    item = item_of(tmp_path, page_of(section(card()), words=words))
    assert item.summary == "What a vaccine's file holds."
    assert item.topics == ("mRNA vaccines", "lipid nanoparticle (LNP)", "quality")


@pytest.mark.parametrize(
    "url",
    [f"{SITE}/en/quality-aspects-mrna", f"https://ema.europa.eu/en/{SLUG}", f"{SITE}/en/human-regulatory/mrna-quality"],
)
def test_a_short_slug_a_host_without_www_and_a_path_that_moved_are_the_same_page(tmp_path, url):
    item = item_of(tmp_path, page_of(section(card())), url=url)
    assert (item.key, item.url) == (SLUG, f"{SITE}/en/{SLUG}")


def test_concept_paper_draft_and_guideline_can_be_pages_of_their_own(tmp_path):
    slugs = (SLUG, "development-guideline-quality-aspects-mrna-vaccines-scientific-guideline")
    items = [item_of(tmp_path, page_of(section(card()), slug=slug)) for slug in slugs]
    assert [each.key for each in items] == list(slugs)


def test_the_old_layout_is_read_with_the_day_that_its_title_tells(tmp_path):
    old = card().replace("Guideline on mRNA vaccines", "Revision 1 (effective from 1/06/2021)")
    item = item_of(tmp_path, page_of(section(old, heading="Current effective version")))
    assert (item.status, item.effective) == ("adopted", "2021-06-01")
    assert item.quoted["effective"] == "effective from 1/06/2021"


def test_a_page_that_a_list_asks_for_has_the_lists_key_and_stamp(tmp_path):
    due = Due(key="the-lists-key", url=f"{SITE}/en/{SLUG}", title=TITLE, stamp="17")
    item = item_of(tmp_path, page_of(section(card())), due=due)
    assert item.key == "the-lists-key"
    assert (item.touched or "").startswith("17")


def test_an_ich_page_bears_its_code(tmp_path):
    item = item_of(tmp_path, page_of(section(card()), title="ICH Q3C (R9) Residual solvents - Scientific guideline"))
    assert (item.title, item.references) == ("ICH Q3C (R9) Residual solvents", ("EMA/CHMP/1/2025", "ICH Q3C(R9)"))


def test_of_a_page_that_is_no_guidelines_the_words_are_read_when_its_list_asks(tmp_path):
    due = Due(key="gmp-questions", url=f"{SITE}/en/gmp-questions", title="GMP: Q&A", stamp="17")
    body = page_of(title="GMP: Q&amp;A", slug="gmp-questions", banner=BANNER, words="<h3>Annex 1</h3><p>An answer.</p>")
    item = item_of(tmp_path, body, url=due.url, due=due)
    assert (item.key, item.title, item.status, item.text) == (
        "gmp-questions", "GMP: Q&A", "web page", "## Annex 1\nAn answer.",
    )  # fmt: skip


def test_a_pinned_page_that_lists_files_gives_an_item_per_file(tmp_path):
    files = [f"/en/documents/regulatory-procedural-guideline/{name}_en.pdf" for name in ("quality-systems", "gdp")]
    cards = [card("", file=file, kind="regulatory-procedural-guideline") for file in files]
    body = page_of(*cards, title="Compilation of Union procedures", slug="human-regulatory-overview/compilation")
    found = parsed(tmp_path, body, url=f"{SITE}/en/human-regulatory-overview/compilation")
    assert [each.key for each in found.items] == [
        "documents/regulatory-procedural-guideline/quality-systems", "documents/regulatory-procedural-guideline/gdp",
    ]  # fmt: skip
    assert found.requests == []  # their words are left to the list of documents


def test_searches_and_pages_that_count_wrongly_are_not_asked():
    asked = [*PAGES.addresses, *RSS.addresses]
    assert not [each for each in asked if "/search" in each or "page=" in each or "open-consultations" in each]


# Covers


@pytest.mark.parametrize(
    ("cover", "expected"),
    [
        ("Date for coming into effect 1 May 2012", {"effective": "2012-05-01"}),
        ("DATE FOR COMING INTO EFFECT\n1 May 2012", {"effective": "2012-05-01"}),
        ("Date for coming into effect: June 2009", {"effective": "2009-06"}),
        ("Date for coming into effect\nKeywords 1 May 2012", {}),
        (
            "Draft agreed by BWP April 2014 Adoption by CHMP for release for consultation 25 April 2014 "
            "Start of public consultation 15 May 2014 End of consultation (deadline for comments) 31 August 2014",
            {"comment_opens": "2014-05-15", "comment_closes": "2014-08-31"},
        ),
        ("Start of consultation 21 February 2019\nDeadline for comments 1 August 2019\nAgreed by CAT",
         {"comment_opens": "2019-02-21", "comment_closes": "2019-08-01"}),
    ],
)  # fmt: skip
def test_the_cover_tells_days_in_any_case_order_and_precision(cover, expected):
    assert {name: day for name, (day, _) in cover_days(cover, ALL).items()} == expected


def test_the_line_numbers_of_a_draft_are_no_part_of_its_days():
    cover = "5 Start of public consultation\n6 15 May 2014\n7 End of consultation\n8 31 August 2014"
    assert {name: day for name, (day, _) in cover_days(cover, ALL).items()} == {
        "comment_opens": "2014-05-15", "comment_closes": "2014-08-31",
    }  # fmt: skip


COVER = [
    "EMA/CHMP/1/2025", "Start of public consultation 15 May 2014",
    "End of consultation (deadline for comments) 31 August 2014", "Date for coming into effect 1 July 2025", "Keywords",
]  # fmt: skip


def with_cover(folder: Path, status: str) -> GuidanceItem:
    """Return what a page's item becomes when its PDF has come."""
    waiting = item_of(folder, page_of(section(card(status))))
    answer = Response(SITE + FILE, body=pdf(COVER), request=Request(SITE + FILE))
    found = Yielded(spider_of(PAGES, folder).open_document(answer, waiting))  # type: ignore[attr-defined]
    (item,) = found.items
    return item


def test_the_effective_date_stands_on_the_pdfs_cover(tmp_path):
    item = with_cover(tmp_path, "Adopted")
    assert (item.effective, item.unread) == ("2025-07-01", ())
    assert item.quoted["effective"] == "Date for coming into effect 1 July 2025"
    assert item.comment_closes is None  # of an adopted guideline that window is long past


def test_a_drafts_cover_tells_its_comment_window(tmp_path):
    item = with_cover(tmp_path, "Draft: consultation open")
    assert (item.comment_opens, item.comment_closes) == ("2014-05-15", "2014-08-31")


def test_an_error_page_that_arrives_as_a_pdf_is_no_text(tmp_path):
    waiting = item_of(tmp_path, page_of(section(card())))
    answer = Response(SITE + FILE, body=b"<html>Page not found</html>", headers={"Content-Type": "application/pdf"})
    found = Yielded(spider_of(PAGES, tmp_path).open_document(answer, waiting))  # type: ignore[attr-defined]
    assert [each.kind for each in found.problems] == ["pdf_not_pdf"]
    assert (found.items[0].text, set(found.items[0].unread)) == ("", {"text", *ALL})


CHANGED, KEPT = ("EMA/CAT/852602/2018", "EMA/CAT/22473/2025"), ("EMA/CAT/80183/2014", "EMA/CAT/80183/2014")


@pytest.mark.parametrize(("draft", "final"), [CHANGED, KEPT])
def test_the_reference_may_change_from_draft_to_final_or_not(desk, tmp_path, draft, final):
    body = page_of(section(card("Draft: consultation closed"))).replace(b"EMA/CHMP/1/2025", draft.encode())
    desk.store(PAGES, item_of(tmp_path, body), baseline=True)
    body = page_of(section(card("Adopted"))).replace(b"EMA/CHMP/1/2025", final.encode())
    counts = desk.store(PAGES, item_of(tmp_path, body))
    assert (counts["status_changed"], counts["new"]) == (1, 0)
    found = document(desk.index, f"ema:{SLUG}")
    assert found is not None
    assert found.current.reference == final


# Feeds


def entry(title: str, link: str, when: str = "<pubDate>Thu, 11 Jun 2026 12:00:00 +0200</pubDate>") -> str:
    return f"<item><title>{title}</title>{link}<description></description>{when}</item>"


def feed(*entries: str) -> bytes:
    head = '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    dcterms = 'xmlns:dcterms="http://purl.org/dc/terms/">'
    return f"{head}{dcterms}<channel><title>x</title>{''.join(entries)}</channel></rss>".encode()


def of_feed(name: str) -> Source:
    return RSS.model_copy(update={"urls": (f"{SITE}/en/{name}.xml",)})


def read_feed(folder: Path, *entries: str, name: str = "scientific-guidelines") -> list[GuidanceItem]:
    found = read(spider_of(of_feed(name), folder), feed(*entries))
    assert found.problems == []
    return [each.model_copy(update={"record": None}) for each in found.items]


OLD, NEW = (f"{SITE}/{path}/documents/other/qa-us-mra_en.pdf" for path in ("system/files", "en"))


def test_an_empty_link_has_its_address_in_its_tail(tmp_path):
    (item,) = read_feed(tmp_path, entry("Q&amp;A", f"<link/>{NEW}\n"))
    assert (item.url, item.title) == (NEW, "Q&A")


@pytest.mark.parametrize("tag", ["dc:date", "dcterms:modified"])
def test_a_dublin_core_date_may_stand_in_place_of_pubdate(tmp_path, tag):
    (item,) = read_feed(tmp_path, entry("Q", f"<link>{NEW}</link>", f"<{tag}>2026-06-11T23:30:00+02:00</{tag}>"))
    assert item.published == "2026-06-11"


def test_both_forms_of_a_documents_address_are_one_document(desk, tmp_path):
    old, new = (read_feed(tmp_path, entry("Q", f"<link>{link}</link>")) for link in (OLD, NEW))
    assert old[0].key == new[0].key == "documents/other/qa-us-mra"
    assert (old[0].url, old[0].same_as, new[0].same_as) == (OLD, (NEW,), ())
    desk.store(RSS, *old, baseline=True)
    assert desk.store(RSS, *new)["unchanged"] == 1
    assert changes(desk.index) == []


def test_what_falls_off_the_end_is_no_removal(desk, tmp_path):
    rest = entry("R", f"<link>{SITE}/en/documents/other/rest_en.pdf</link>")
    desk.store(RSS, *read_feed(tmp_path, entry("Q", f"<link>{NEW}</link>"), rest), baseline=True)
    desk.store(RSS, *read_feed(tmp_path, rest))
    assert (RSS.kind, changes(desk.index)) == (ListingKind.FEED, [])


def test_what_the_feed_of_consultations_announces_is_under_consultation(tmp_path):
    (item,) = read_feed(tmp_path, entry("Q", f"<link>{NEW}</link>"), name="public-consultations")
    assert (item.status, item.stage) == ("public consultations", "draft")


def test_a_document_that_leaves_one_feed_and_stays_in_another_is_no_change(desk, tmp_path):
    one = entry("Q", f"<link>{NEW}</link>")
    desk.store(RSS, *read_feed(tmp_path, one, name="public-consultations"), baseline=True)
    assert desk.store(RSS, *read_feed(tmp_path, one))["unchanged"] == 1
    found = document(desk.index, "ema:documents/other/qa-us-mra")
    assert found is not None
    assert found.current.stage == "draft"


def test_a_feed_whose_name_is_not_known_states_nothing_by_default(tmp_path):
    found = read(spider_of(of_feed("whats-new"), tmp_path), feed(entry("Q", f"<link>{NEW}</link>")))
    assert [(each.kind, each.key) for each in found.problems] == [("unknown_value", "documents/other/qa-us-mra")]


def test_feeds_that_are_noise_are_not_read():
    assert not [each for each in RSS.addresses if "whats-new" in each or "agendas" in each]


@pytest.mark.parametrize("name", ["ema_rss", "ema_guideline_pages"])
def test_a_firewalls_page_with_200_is_a_refusal(name, tmp_path):
    source = SOURCES[name]
    request = Request(source.addresses[0])
    body = b"<!DOCTYPE html>\n<html><head></head><body><h1>Request blocked.</h1></body></html>"
    page = TextResponse(request.url, body=body, headers={"Content-Type": "text/html"}, request=request)
    assert refusal(source, request, page)
    with pytest.raises(CloseSpider):
        read(spider_of(RSS, tmp_path), body)


@pytest.mark.parametrize("status", [401, 403, 429])
def test_bursts_and_data_centres_are_refused_by_status(status):
    request = Request(RSS.addresses[0])
    assert refusal(RSS, request, Response(request.url, status=status)) == f"refused with HTTP {status}"


def test_a_feed_without_entries_is_no_empty_list(tmp_path):
    spider = spider_of(RSS, tmp_path)
    with pytest.raises(CloseSpider):
        read(spider, feed())
    assert isinstance(spider.error, LayoutError)
