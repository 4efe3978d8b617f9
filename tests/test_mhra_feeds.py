"""GOV.UK's feeds and the inspectors' blog as they really behave, a test a trap."""

from typing import Any
from xml.sax.saxutils import escape

import pytest
from scrapy.exceptions import CloseSpider

from regintel.store.documents import changes
from regintel.vocabulary import ChangeKind, RunState
from tests.spiders import Yielded, read, spider_of
from tests.test_crawl import HTML, agency, content, desk, govuk, hit, search_page
from tests.test_mhra import SOURCES
from tests.upstream import Page

__all__ = ["agency", "desk", "govuk"]

ROUNDUP = "/drug-device-alerts/mhra-safety-roundup-april-2026"


def entry(path: str, updated: str, title: str, *more: str, id_: str = "") -> str:
    stamp = f"<updated>{updated}</updated>" if updated else ""
    link = f'<link rel="alternate" type="text/html" href="https://www.gov.uk{path}"/>'
    parts = (f"<id>{id_ or f'tag:www.gov.uk,2005:{path}'}</id>", stamp, link, f"<title>{escape(title)}</title>", *more)
    return f"<entry>{''.join(parts)}</entry>"


def feed(*entries: str) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
    return f"{head}<id>tag:www.gov.uk,2005:/drug-device-alerts</id>{''.join(entries)}</feed>".encode()


def told_by(tmp_path: Any, name: str, body: bytes) -> Yielded:
    return read(spider_of(SOURCES[name], tmp_path), body)


def alerts(tmp_path: Any, *entries: str) -> Yielded:
    return told_by(tmp_path, "mhra_alerts", feed(*entries))


def test_an_entrys_id_is_the_same_at_every_update_and_the_newest_is_taken(tmp_path):
    first = entry(ROUNDUP, "2026-04-29T14:02:41+01:00", "MHRA Safety Roundup")
    again = entry(ROUNDUP, "2026-04-30T17:08:36+01:00", "MHRA Safety Roundup: April 2026")
    (item,) = alerts(tmp_path, first, again).items
    assert (item.key, item.title, item.revised_at) == (
        ROUNDUP, "MHRA Safety Roundup: April 2026", "2026-04-30T16:08:36Z",
    )  # fmt: skip


def test_the_organisations_feed_has_a_new_id_at_every_update_so_the_path_is_the_key(tmp_path):
    ids = [f"https://www.gov.uk{ROUNDUP}#{stamp}" for stamp in ("2026-04-29T13:02:41+00:00", "2026-04-30T16:08:36Z")]
    keys = {alerts(tmp_path, entry(ROUNDUP, "2026-04-30T16:08:36Z", "Title", id_=each)).items[0].key for each in ids}
    assert keys == {ROUNDUP}
    assert not any("/government/organisations/" in source.url for source in SOURCES.values())


@pytest.mark.parametrize("stamp", ["2025-06-10T00:30:00+01:00", "2025-06-09T23:30:00Z"])
def test_a_stamp_has_londons_offset_and_its_day_is_londons(tmp_path, stamp):
    (item,) = alerts(tmp_path, entry(ROUNDUP, stamp, "Title")).items
    assert (item.updated, item.revised_at) == ("2025-06-10", "2025-06-09T23:30:00Z")


def test_an_entry_says_neither_when_it_was_first_published_nor_what_it_is(tmp_path):
    (item,) = told_by(
        tmp_path, "mhra_guidance_atom", feed(entry("/guidance/x", "2025-06-10T10:00:00+01:00", "X"))
    ).items
    assert (item.published, item.topics, item.stage) == (None, (), "unstated")


def test_an_entry_without_a_stamp_has_no_day_and_never_todays(tmp_path):
    (item,) = alerts(tmp_path, entry(ROUNDUP, "", "Title")).items
    assert (item.updated, item.revised_at) == (None, None)


def test_a_title_is_entity_decoded_and_its_runs_of_spaces_are_one(tmp_path):
    title = "Mattress,  Guidance for 'specials' & more"
    (item,) = alerts(tmp_path, entry(ROUNDUP, "2015-07-06T14:38:42+01:00", title)).items
    assert item.title == "Mattress, Guidance for 'specials' & more"


@pytest.mark.parametrize(
    "body",
    [
        feed(entry("/", "2026-01-01T00:00:00+00:00", "This feed has ended", id_="tag:www.gov.uk,2005:/x/feed-ended")),
        feed(),  # an empty feed has no <updated> of its own either
    ],
    ids=["a feed that has ended answers 200 with one entry", "an empty feed"],
)
def test_a_feed_without_documents_is_no_empty_list(tmp_path, body):
    spider = spider_of(SOURCES["mhra_guidance_atom"], tmp_path)
    with pytest.raises(CloseSpider):
        read(spider, body)
    assert spider.end("failed").error_kind == "layout"


def test_an_entry_that_leads_away_from_govuk_costs_only_itself(tmp_path):
    away = entry("", "2026-04-30T17:08:36+01:00", "Away").replace("https://www.gov.uk", "https://example.com/x")
    found = alerts(tmp_path, away, entry(ROUNDUP, "2026-04-29T14:02:41+01:00", "MHRA Safety Roundup: April 2026"))
    assert ([item.key for item in found.items], [each.kind for each in found.problems]) == ([ROUNDUP], ["layout"])


@pytest.mark.parametrize(
    ("name", "page", "words"),
    [
        (
            "mhra_alerts",
            Page(b"<!DOCTYPE html><html>Sorry</html>", 200, HTML),
            "HTML where application/atom+xml is due",
        ),
        ("mhra_inspectorate_blog", Page(b"<html>Forbidden</html>", 403, HTML), "HTTP 403"),
    ],
    ids=["HTML with 200", "the blog's 403"],
)
def test_a_refusal_is_a_block(desk, name, page, words):
    desk.agency.set("atom|feed/", page)
    report = desk.crawl(name)
    assert (report.run.state, words in report.run.reason) == (RunState.BLOCKED, True)


def post(address: str, updated: str, more: str = "") -> bytes:
    return f"""<feed xmlns="http://www.w3.org/2005/Atom"><entry>
    <title type="html"><![CDATA[Decentralised Manufacturing: emerging considerations]]></title>
    <link rel="alternate" href="https://mhrainspectorate.blog.gov.uk/{address}/"/>
    <id>https://mhrainspectorate.blog.gov.uk/?p=1</id>{more}
    <published>2025-09-15T23:30:00Z</published><updated>{updated}</updated></entry></feed>""".encode()


def test_a_posts_id_outlives_its_address_and_its_day_is_londons(tmp_path):
    one, two = (
        told_by(tmp_path, "mhra_inspectorate_blog", post(address, "2025-09-15T23:30:00Z")).items[0]
        for address in ("2025/09/15/decentralised", "2025/09/16/decentralised")
    )
    assert (one.key, one.url != two.url) == (two.key, True)
    assert one.published == "2025-09-16"


def test_the_blogs_stamp_of_an_edit_is_shown_and_is_no_revision(tmp_path):
    (item,) = told_by(tmp_path, "mhra_inspectorate_blog", post("x", "2025-11-10T09:00:00Z")).items
    assert (item.updated, item.revised_at) == ("2025-11-10", None)


def test_a_body_that_moved_with_a_date_that_the_feed_told_is_no_silent_edit(govuk):
    row = hit(4)
    govuk.agency.set("atom", Page(feed(entry(row["link"], row["public_timestamp"], row["title"]))))
    govuk.crawl_all("mhra_alerts", "mhra_guidance")
    moved = {**row, "public_timestamp": "2025-10-17T09:00:00Z", "updated_at": "2025-10-17T09:00:05.000Z"}
    govuk.agency.set("atom", Page(feed(entry(row["link"], "2025-10-17T10:00:00+01:00", row["title"]))))
    govuk.crawl("mhra_alerts")
    govuk.agency.set("api/search.json", search_page(moved, *[hit(number) for number in range(4)]))
    govuk.agency.set(f"api/content{row['link']}$", content(moved, details={"body": "<p>Revised.</p>"}))
    govuk.crawl("mhra_guidance")
    assert [(each.kind, each.silent, each.document) for each in changes(govuk.index)] == [
        (ChangeKind.REVISED, False, f"mhra:{row['content_id']}")
    ]
