"""What is read behind a list: only what is new or moved, and what is wrong with it costs only itself."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from scrapy import Request
from scrapy.exceptions import CloseSpider
from scrapy.http import Response, TextResponse
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from regintel.archive import ArchiveWriter
from regintel.exceptions import BlockedError, FetchError
from regintel.items import GuidanceItem
from regintel.orders import CrawlOrder, Due, Listed, SpoolWriter
from regintel.sources import Expect, Follow, Source
from regintel.spiders.following import FollowingSpider, PagesSpider, stamp_of
from regintel.vocabulary import ListingKind, Stage
from tests.spiders import Yielded, response

LIST = "https://www.example.org/list.txt"
LATELY = datetime(2025, 10, 14, tzinfo=UTC)
ROWS = b"one 2025-10-01\ntwo 2025-10-02\nthree 2025-10-03"


class ListSpider(FollowingSpider[str]):
    """A line a row: a key and a day; the document stands at the key."""

    name = "example"

    def rows(self, page: TextResponse) -> Iterable[str]:
        return page.text.splitlines()

    def key_of(self, row: str) -> str | None:
        return row.split()[0]

    def parse_row(self, page: TextResponse, row: str) -> GuidanceItem:
        key, day = row.split()
        url = f"https://www.example.org/{key}"
        return self.item(page, key=key, url=url, title=f"Guidance {key}", status="final", published=day)


class OnePageSpider(PagesSpider[TextResponse]):
    """A page a document: its words are its title; a page that says `nothing` is not understood."""

    name = "example_pages"

    def rows(self, page: TextResponse) -> Iterable[TextResponse]:
        return [page]

    def parse_row(self, page: TextResponse, row: TextResponse) -> GuidanceItem:
        key = page.url.rsplit("/", 1)[1]
        title = "" if page.text == "nothing" else page.text
        return self.item(page, key=key, url=page.url, title=title, status="final")

    def key_of(self, row: TextResponse) -> str | None:
        return row.url.rsplit("/", 1)[1]

    def document_address(self, item: GuidanceItem) -> str | None:
        return f"{item.url}.pdf"


def source(**told: Any) -> Source:
    fields = {"id": "example", "title": "Example", "agency": "fda", "url": LIST, "media_type": "text/plain"}
    expect = Expect(min_items=1, max_items=9)
    return Source(**{**fields, "expect": expect, "statuses": {"final": Stage.FINAL}, **told})


PAGES = source(id="example_pages", kind=ListingKind.PAGES, follows="example", url="https://www.example.org/pinned",
               urls=("https://www.example.org/pinned",))  # fmt: skip


def made(form: type[Any], folder: Path, of: Source, **told: Any) -> Any:
    order = CrawlOrder(source=of, run="r", now=None, user_agent="t", archive=folder, spool=folder / "s.jsonl", **told)
    spool = SpoolWriter(order.spool)
    spool.__exit__(None, None, None)
    spider = form(order=order, spool=spool, archive=ArchiveWriter(folder, "r", run="r", source=of.id, robots="obey"))
    spider._open_pages = 1
    return spider


def listed_of(spider: ListSpider, body: bytes = ROWS) -> dict[str, Listed]:
    """Return what the index knows after a run over these rows."""
    spider_rows = [spider.parse_row(response(LIST, body), row) for row in body.decode().splitlines()]
    return {row.key: Listed(url=row.url, touched=stamp_of(row)) for row in spider_rows}


def read(spider: Any, body: bytes = ROWS) -> Yielded:
    return Yielded(spider.parse(response(LIST, body, media_type="text/plain")))


def asked(found: Yielded) -> list[str]:
    return [request.url.rsplit("/", 1)[1] for request in found.requests]


def test_of_a_first_run_no_document_is_read(tmp_path):
    found = read(made(ListSpider, tmp_path, source()))
    assert (asked(found), len(found.items)) == ([], 3)
    assert {item.unread for item in found.items} == {("text",)}
    assert all(item.touched for item in found.items)


def test_of_a_first_run_as_many_documents_are_read_as_the_operator_allows(tmp_path):
    found = read(made(ListSpider, tmp_path, source(follow=Follow(backfill=2))))
    assert asked(found) == ["two", "three"] or asked(found) == ["three", "two"]
    assert [item.key for item in found.items] == ["one"]


def test_only_what_is_new_or_moved_is_read(tmp_path):
    known = listed_of(made(ListSpider, tmp_path, source()))
    del known["three"]
    spider = made(ListSpider, tmp_path, source(), last_success=LATELY, listed=known)
    found = read(spider, ROWS.replace(b"one 2025-10-01", b"one 2025-10-14"))
    assert sorted(asked(found)) == ["one", "three"]
    assert [item.key for item in found.items] == ["two"]


def test_what_goes_beyond_the_limit_of_a_run_waits_and_a_problem_says_so(tmp_path):
    spider = made(ListSpider, tmp_path, source(follow=Follow(most=1)), last_success=LATELY)
    found = read(spider)
    assert asked(found) == ["three"]
    assert [(problem.kind, problem.message) for problem in found.problems] == [
        ("waiting", "example: 2 documents wait to be read by the next run")
    ]
    assert {item.touched for item in found.items} == {None}


def request_of(spider: Any) -> Request:
    found = read(spider)
    return next(each for each in found.requests if each.url.endswith("three"))


def spider_with_news(folder: Path) -> Any:
    return made(ListSpider, folder, source(), last_success=LATELY)


def failure(request: Request, status: int) -> Failure:
    answered = Response(request.url, status=status)
    told = Failure(HttpError(answered, "no"))
    told.request = request  # type: ignore[attr-defined]
    return told


def test_a_page_of_words_becomes_the_documents_text(tmp_path):
    spider = spider_with_news(tmp_path)
    request = request_of(spider)
    page = response(request.url, b"<html><nav>Home</nav><main><h2>Scope</h2><p>Words.</p></main></html>",
                    media_type="text/html")  # fmt: skip
    (item,) = Yielded(request.callback(page, **request.cb_kwargs)).items
    assert (item.text, item.unread, item.body_records) == ("## Scope\nWords.", (), ("<urn:uuid:sample>",))


def test_html_that_arrives_as_a_pdf_is_a_problem_and_no_text(tmp_path):
    spider = spider_with_news(tmp_path)
    request = request_of(spider)
    page = response(request.url, b"<html>Page Not Found</html>", media_type="application/pdf")
    found = Yielded(request.callback(page, **request.cb_kwargs))
    assert [problem.kind for problem in found.problems] == ["pdf_not_pdf"]
    assert [(item.text, item.unread) for item in found.items] == [("", ("text",))]


@pytest.mark.parametrize(("status", "kind"), [(404, "missing"), (410, "missing"), (500, "fetch")])
def test_a_document_that_cannot_be_had_costs_only_itself_and_is_due_again(tmp_path, status, kind):
    spider = spider_with_news(tmp_path)
    request = request_of(spider)
    found = Yielded(request.errback(failure(request, status)))
    assert [(problem.kind, problem.key) for problem in found.problems] == [(kind, "three")]
    assert [(item.unread, item.touched) for item in found.items] == [(("text",), None)]
    assert spider.error is None


def test_a_document_that_was_asked_for_in_vain_often_enough_is_left_until_its_row_moves(tmp_path):
    known = listed_of(made(ListSpider, tmp_path, source()))
    known["three"] = Listed(url=known["three"].url, touched=None)
    told = {"last_success": LATELY, "listed": known}
    found = read(made(ListSpider, tmp_path, source(), **told, tries={"three": 4}))
    assert asked(found) == ["three"]
    given_up = read(made(ListSpider, tmp_path, source(), **told, tries={"three": 5}))
    assert (asked(given_up), [problem.kind for problem in given_up.problems]) == ([], ["given_up"])
    settled = {item.key: Listed(url=item.url, touched=item.touched) for item in given_up.items}
    again = read(made(ListSpider, tmp_path, source(), last_success=LATELY, listed=settled, tries={"three": 5}))
    assert (asked(again), again.problems) == ([], [])


def test_what_failed_before_waits_behind_what_is_new(tmp_path):
    spider = made(ListSpider, tmp_path, source(follow=Follow(most=2)), last_success=LATELY, tries={"three": 1})
    assert sorted(asked(read(spider))) == ["one", "two"]


def test_a_half_of_a_pdf_is_no_edit_of_its_text(tmp_path):
    spider = spider_with_news(tmp_path)
    request = request_of(spider)
    page = response(request.url, b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog", media_type="application/pdf")
    (item,) = Yielded(request.callback(page, **request.cb_kwargs)).items
    assert (item.text, item.unread, item.touched) == ("", ("text",), None)


def test_a_refusal_behind_the_list_stops_the_source(tmp_path):
    spider = spider_with_news(tmp_path)
    request = request_of(spider)
    refused = Failure(BlockedError("example", "refused with HTTP 403", url=request.url))
    refused.request = request  # type: ignore[attr-defined]
    with pytest.raises(CloseSpider):
        list(request.errback(refused))
    assert spider.end("failed").error_kind == "blocked"


DUE = Due(key="one", url="https://www.example.org/one", title="One", stamp="17")


async def started(spider: Any) -> list[Any]:
    return [each async for each in spider.start()]


def run(coroutine: Any) -> Any:
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("the coroutine waits for something")


def test_pages_are_asked_for_that_are_pinned_or_due_and_no_others(tmp_path):
    spider = made(OnePageSpider, tmp_path, PAGES, due=(DUE,))
    assert [request.url.rsplit("/", 1)[1] for request in run(started(spider))] == ["pinned", "one"]
    nothing_due = made(OnePageSpider, tmp_path, PAGES.model_copy(update={"urls": ()}))
    assert run(started(nothing_due)) == []
    assert nothing_due.end("finished").error_kind is None


def test_pages_beyond_the_limit_of_a_run_wait_and_a_problem_says_so(tmp_path):
    due = tuple(DUE.model_copy(update={"key": key, "url": f"https://www.example.org/{key}"}) for key in "abc")
    pages = PAGES.model_copy(update={"urls": (), "follow": Follow(most=1)})
    request, problem = run(started(made(OnePageSpider, tmp_path, pages, due=due)))
    assert (request.url, problem.kind) == ("https://www.example.org/a", "waiting")
    assert problem.message == "example_pages: 2 documents wait to be read by the next run"


def page(spider: Any, body: bytes, due: Due | None = DUE) -> Yielded:
    request = spider.page_request(due.url if due else PAGES.url, due)
    answered = TextResponse(request.url, body=body, headers={"Content-Type": "text/plain"}, request=request)
    return Yielded(spider.parse(answered))


def test_a_page_is_stamped_with_the_state_of_the_list_that_asked_for_it(tmp_path):
    (request,) = page(made(OnePageSpider, tmp_path, PAGES, due=(DUE,)), b"One").requests
    assert request.url == "https://www.example.org/one.pdf"
    item = request.cb_kwargs["item"]
    assert (item.key, item.touched.split()[0]) == ("one", "17")
    known = {"one": Listed(url=DUE.url, touched=item.touched)}
    same = page(made(OnePageSpider, tmp_path, PAGES, listed=known), b"One", due=DUE.model_copy(update={"stamp": ""}))
    assert (same.requests, [each.touched for each in same.items]) == ([], [item.touched])


def test_the_file_behind_a_pinned_page_is_asked_for_only_when_the_page_moved(tmp_path):
    first = page(made(OnePageSpider, tmp_path, PAGES), b"Words", due=None)
    stamp = first.requests[0].cb_kwargs["item"].touched
    known = {"pinned": Listed(url=PAGES.url, touched=stamp)}
    same = page(made(OnePageSpider, tmp_path, PAGES, listed=known), b"Words", due=None)
    assert (same.requests, [item.unread for item in same.items]) == ([], [("text",)])
    assert page(made(OnePageSpider, tmp_path, PAGES, listed=known), b"Other words", due=None).requests


def test_a_landing_page_that_is_missing_is_a_problem_of_its_document_and_not_of_the_source(tmp_path):
    spider = made(OnePageSpider, tmp_path, PAGES, due=(DUE,))
    found = Yielded(spider.page_failed(failure(spider.page_request(DUE.url, DUE), 404)))
    assert [(problem.kind, problem.key) for problem in found.problems] == [("missing", "one")]
    assert spider.end("finished").error_kind is None


def test_a_page_that_is_not_understood_costs_only_its_document(tmp_path):
    spider = made(OnePageSpider, tmp_path, PAGES, due=(DUE,))
    assert [problem.key for problem in page(spider, b"nothing").problems] == ["one"]
    assert spider.end("finished").error_kind is None


def test_when_not_one_page_could_be_had_the_source_was_not_read(tmp_path):
    spider = made(OnePageSpider, tmp_path, PAGES, due=(DUE,))
    request = spider.page_request(DUE.url, DUE)
    broken = Failure(FetchError("example_pages", "no answer in time", url=DUE.url))
    broken.request = request  # type: ignore[attr-defined]
    list(spider.page_failed(broken))
    ended = spider.end("finished")
    assert (ended.error_kind, "none of 1 pages could be had" in ended.error) == ("fetch", True)
