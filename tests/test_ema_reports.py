"""EMA's data files: each way in which they are known to surprise, under its own name."""

import json
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.exceptions import CloseSpider

from regintel.exceptions import LayoutError
from regintel.middlewares.blocks import refusal
from regintel.orders import Listed
from regintel.sources import Source, load_sources
from regintel.spiders.ema import document_key, key_of_address, page_key
from regintel.spiders.ema_report import Report
from tests.places import CAPTURES, ROOT
from tests.spiders import Yielded, read, response, spider_of

SOURCES = load_sources(ROOT / "config")
OURS = ("ema_guidelines", "ema_documents", "ema_news")
SITE = "https://www.ema.europa.eu/en/"


def page_record(**told: Any) -> dict[str, Any]:
    """A record of the general file; real but for what a test says."""
    return {
        "title": "ICH Q3C (R9) Residual solvents - Scientific guideline",
        "summary": "",
        "categories": "Human",
        "first_published_date": "11/02/2011",
        "last_updated_date": "29/04/2026",
        "general_url": f"{SITE}ich-q3c-r9-residual-solvents-scientific-guideline",
        **told,
    }


def document_record(**told: Any) -> dict[str, Any]:
    """The one record of the documents file that is known as a whole, but for what a test says."""
    return {
        "id": "2406",
        "name": "Investigation of chiral active substances",
        "type": "scientific-guideline",
        "medicine_name": "",
        "ema_product_number": "",
        "status": "Adopted",
        "consultation_date": "",
        "first_published_date": "1993-10-01T01:00:00Z",
        "last_updated_date": "1993-10-01T01:00:00Z",
        "reference_number": "3CC29A",
        "document_url": f"{SITE}documents/scientific-guideline/investigation-chiral-active-substances_en.pdf",
        **told,
    }


def news_record(**told: Any) -> dict[str, Any]:
    return {
        "title": "EMA recommends revoking marketing authorisation for Tavneos",
        "press_release": "No",
        "related_medicine_referral": "Tavneos",
        "categories": "Human",
        "topics": "Referrals",
        "news_summary": "Benefits no longer proven to outweigh risks of treatment",
        "first_published_date": "26/06/2026",
        "last_updated_date": "",
        "news_url": f"{SITE}news/ema-recommends-revoking-marketing-authorisation-tavneos",
        **told,
    }


def numbered(count: int) -> list[dict[str, Any]]:
    address = SITE + "documents/scientific-guideline/guideline-{}_en.pdf"
    return [document_record(id=str(n), document_url=address.format(n)) for n in range(count)]


def envelope(records: list[dict[str, Any]], total: int | None = None) -> bytes:
    meta = {"total_records": len(records) if total is None else total, "timestamp": "2026-09-02T05:45:08Z"}
    return json.dumps({"meta": meta, "data": records}).encode()


def broken(records: list[dict[str, Any]], total: int | None = None) -> bytes:
    """The file as it came on 2026-07-12: no commas between records, quotes and control characters as they are."""
    rows = ["{" + ",".join('"{}":"{}"'.format(*each) for each in row.items()) + "}" for row in records]
    meta = "" if total is None else f'"meta":{{"total_records":{total},"timestamp":"2026-07-12T06:00:54Z"}},'
    return ("{" + meta + '"data":[' + "\n".join(rows) + "]}").encode()


@pytest.fixture
def found(tmp_path):
    def read_as(name: str, body: bytes, **told: Any) -> Yielded:
        spider = spider_of(SOURCES[name], tmp_path, **told)
        made = read(spider, body)
        made.spider = spider  # type: ignore[attr-defined]
        return made

    return read_as


def items(found: Any, name: str, *records: dict[str, Any]) -> list[Any]:
    made = found(name, envelope(list(records)))
    assert [each.message for each in made.problems] == []
    return made.items


# How it breaks, 1: the envelope changed


@pytest.mark.parametrize(
    "body",
    [
        envelope([page_record()]),
        json.dumps({"data": [page_record()]}).encode(),
        json.dumps([page_record()]).encode(),
        json.dumps({"data": [page_record()], "meta": {"total_records": 1}}).encode(),
        b"\xef\xbb\xbf" + envelope([page_record()]),
    ],
    ids=["meta and data", "data", "a bare array", "data before meta", "with a byte order mark"],
)
def test_every_envelope_is_read(found, body):
    made = found("ema_guidelines", body)
    assert (len(made.items), made.problems) == (1, [])
    assert made.spider.end("finished").complete


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"data":[]}', b'{"meta":{"total_records":0},"data":[]}', b'{"data":null}', b'{"items":[{}]}']
)
@pytest.mark.parametrize("name", OURS)
def test_a_file_without_records_is_not_an_empty_list(tmp_path, name, body):
    spider = spider_of(SOURCES[name], tmp_path)
    with pytest.raises(CloseSpider):
        read(spider, body)
    assert isinstance(spider.error, LayoutError)


@pytest.mark.parametrize("record", [page_record, document_record, news_record], ids=OURS)
def test_a_field_that_is_gone_stops_the_source(tmp_path, record):
    name = dict(zip((page_record, document_record, news_record), OURS, strict=True))[record]
    spider = spider_of(SOURCES[name], tmp_path)
    cut = {key: value for key, value in record().items() if not key.endswith("url")}
    with pytest.raises(CloseSpider):
        read(spider, envelope([cut]))
    assert "fields are gone" in str(spider.error)


# 2: it is not always JSON


def test_records_without_commas_between_them_are_read(found):
    made = found("ema_documents", broken(numbered(3), total=3))
    assert len(made.items) == 3
    assert [(each.kind, each.message) for each in made.problems] == [
        ("form", "ema_documents: the file is not JSON: 0 of 3 records had to be taken apart")
    ]
    assert made.spider.end("finished").complete


def test_unescaped_quotes_in_a_name_cost_nothing(found):
    title = 'Template for the qualified person\'s (QP) declaration "The QP declaration template"'
    first, second = numbered(2)
    made = found("ema_documents", broken([{**first, "name": title}, second], total=2))
    strict = found("ema_documents", envelope([{**first, "name": title}, second]))
    assert [each.title for each in made.items] == [title, second["name"]]
    assert made.items == strict.items
    assert "1 of 2 records" in made.problems[0].message


def test_control_characters_in_a_name_cost_nothing(found):
    first, second = numbered(2)
    made = found("ema_documents", broken([{**first, "name": "Chiral\tactive\nsubstances\x0b"}, second], total=2))
    assert [each.title for each in made.items] == ["Chiral active substances", second["name"]]


def test_braces_in_a_broken_name_do_not_end_its_record(found):
    first, second = numbered(2)
    made = found("ema_documents", broken([{**first, "name": 'The "{a} and {b}" case'}, second], total=2))
    assert [each.title for each in made.items] == ['The "{a} and {b}" case', second["name"]]


def test_escapes_in_a_broken_record_are_read(found):
    first = numbered(1)[0]
    body = broken([{**first, "name": r'Women\u2019s \"health\" and "more"'}], total=1)
    assert found("ema_documents", body).items[0].title == 'Women’s "health" and "more"'


def test_a_record_that_is_beyond_repair_costs_only_itself_and_no_removal_is_concluded(found):
    first, second, third = numbered(3)
    body = broken([first, second, third], total=3).replace(b'guideline-1_en.pdf"}', b"guideline-1_en.p\n")
    made = found("ema_documents", body)
    assert [each.key[-1] for each in made.items] == ["0", "2"]
    assert [each.kind for each in made.problems] == ["form", "form", "count"]
    assert not made.spider.end("finished").complete


def test_a_first_record_that_is_broken_does_not_stop_the_source(found):
    first, second = numbered(2)
    body = broken([{**first, "name": 'The "QP"'}, second], total=2).replace(b'"type"', b"type", 1)
    made = found("ema_documents", body)
    assert [each.key[-1] for each in made.items] == ["1"]
    assert [each.kind for each in made.problems] == ["layout", "form"]


def test_a_broken_file_that_counts_nothing_may_lack_more_than_it_shows(found):
    made = found("ema_documents", broken(numbered(2)))
    assert len(made.items) == 2
    assert not made.spider.end("finished").complete


def test_a_file_that_ends_within_its_list_is_told(found):
    body = envelope(numbered(3))
    made = found("ema_documents", body[: body.rindex(b', {"id"')])
    assert len(made.items) == 2
    assert [each.kind for each in made.problems] == ["form", "count"]
    assert not made.spider.end("finished").complete


def test_a_character_that_cannot_be_decoded_costs_only_its_record(found):
    body = envelope(numbered(2)).replace(b"Investigation", b"Investigation\xff", 1)
    made = found("ema_documents", body)
    assert [each.key[-1] for each in made.items] == ["1"]
    assert [(each.kind, each.key) for each in made.problems] == [
        ("layout", "documents/scientific-guideline/guideline-0")
    ]


def test_fewer_records_than_the_file_counts_raise_an_alarm_and_no_removal_is_concluded(found):
    made = found("ema_documents", envelope(numbered(2), total=70444))
    assert len(made.items) == 2
    assert [(each.kind, each.message) for each in made.problems] == [
        ("count", "ema_documents: 2 records where meta.total_records says 70444; no removal is concluded")
    ]
    assert not made.spider.end("finished").complete


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "id": st.text("0123456789", min_size=1, max_size=5),
                "name": st.text('aB"{}[],\n\t é', max_size=20),
                "type": st.just("other"),
            }
        ),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_stands_in_a_name_is_read_back(records):
    report = Report(broken(records, total=len(records)))
    assert list(report) == records
    assert report.is_whole


# 3: two forms of dates in one family


def test_the_day_comes_first_in_dates_with_strokes(found):
    (item,) = items(found, "ema_guidelines", page_record(first_published_date="12/03/2026"))
    assert item.published == "2026-03-12"


def test_dates_of_the_documents_file_are_stamps(found):
    record = document_record(first_published_date="2024-08-01T10:00:00Z", last_updated_date="2024-08-01T22:30:00Z")
    (item,) = items(found, "ema_documents", record)
    assert (item.published, item.updated, item.revised_at) == ("2024-08-01", "2024-08-02", "2024-08-01T22:30:00Z")


@pytest.mark.parametrize("text", ["03/13/2026", "13 March 2026", "", "00/00/0000"])
def test_a_date_that_cannot_be_read_is_none_and_never_today(found, text):
    (item,) = items(found, "ema_guidelines", page_record(first_published_date=text, last_updated_date=text))
    assert (item.published, item.updated, item.revised_at) == (None, None, None)


def test_an_empty_last_update_is_no_revision(found):
    (page,) = items(found, "ema_guidelines", page_record(last_updated_date=""))
    (document,) = items(found, "ema_documents", document_record())
    assert (page.updated, page.revised_at) == (None, None)
    assert (document.updated, document.revised_at) == ("1993-10-01", None)


# 4: words of another language


def test_a_press_release_is_known_by_its_italian_word_too(found):
    made = items(found, "ema_news", news_record(press_release="Sì"))
    assert (made[0].status, made[0].stage) == ("press release", "information")


def test_an_unknown_word_for_a_press_release_costs_only_itself(found):
    other = news_record(press_release="Oui", news_url=f"{SITE}news/other")
    made = found("ema_news", envelope([news_record(), other]))
    assert [each.status for each in made.items] == ["news"]
    assert [(each.kind, each.key) for each in made.problems] == [("unknown_value", "news/other")]


# 5: its size


def test_records_come_one_by_one_before_the_file_is_read_to_its_end():
    body = envelope(numbered(2))[:-200] + b"torn"
    assert [each["id"] for each in islice(Report(body), 1)] == ["0"]


def test_a_file_of_seventy_thousand_records_fits_the_bounds():
    politeness = SOURCES["ema_documents"].politeness
    assert politeness.max_bytes > 2 * 70_444 * 600
    assert politeness.timeout * (politeness.retries + 1) < politeness.max_seconds


# 6: an address can outlive or predate its document


def test_no_document_is_asked_for_so_a_missing_file_removes_nothing(found):
    made = found("ema_documents", envelope(numbered(2)))
    assert (len(made.items), made.requests, made.gone) == (2, [], [])


# The documents file


def test_the_agencys_words_are_quoted_for_a_consultation(found):
    record = document_record(status="Draft: consultation open", consultation_date="2024-07-29 to 2025-01-31")
    (item,) = items(found, "ema_documents", record)
    assert (item.stage, item.comment_opens, item.comment_closes) == ("draft", "2024-07-29", "2025-01-31")
    assert item.quoted == dict.fromkeys(("comment_opens", "comment_closes"), "2024-07-29 to 2025-01-31")


def test_a_consultation_date_of_another_form_is_told_and_costs_no_document(found):
    made = found("ema_documents", envelope([document_record(consultation_date="until the end of January 2025")]))
    assert (made.items[0].comment_closes, made.items[0].quoted) == (None, {})
    assert [each.kind for each in made.problems] == ["value"]
    assert "until the end of January 2025" in made.problems[0].message


def test_an_empty_status_is_unstated_and_an_unknown_one_a_problem(found):
    first, second = numbered(2)
    made = found("ema_documents", envelope([{**first, "status": ""}, {**second, "status": "Superseded"}]))
    assert [(each.status, each.stage) for each in made.items] == [("no status", "unstated")]
    assert [(each.kind, each.key[-1]) for each in made.problems] == [("unknown_value", "1")]


@pytest.mark.parametrize(
    ("raw", "reference"),
    [
        ("EMA/CHMP/CVMP/QWP/262313/2024", "EMA/CHMP/CVMP/QWP/262313/2024"),
        ("EMEA/CHMP/BWP/157653/2007", "EMEA/CHMP/BWP/157653/2007"),
        ("CPMP/BWP/3088/99", "CPMP/BWP/3088/99"),
        ("3CC29A", "3CC29A"),
        ("EMA/CHMP/BWP/187338/2014 Rev. 1", "EMA/CHMP/BWP/187338/2014"),
        ("III/5442/89", "III/5442/89"),
        ("", None),
    ],
)
def test_references_of_old_and_new_forms_are_kept(found, raw, reference):
    (item,) = items(found, "ema_documents", document_record(reference_number=raw))
    assert (item.reference, item.references, item.reference_raw) == (
        reference, (reference,) if reference else (), raw or None,
    )  # fmt: skip


def test_documents_that_are_no_guidance_are_left_out_without_a_word(found):
    agenda = document_record(type="agenda", document_url=f"{SITE}documents/agenda/x_en.pdf")
    made = found("ema_documents", envelope([document_record(), agenda]))
    assert (len(made.items), made.problems, made.spider.listed) == (1, [], 1)
    assert made.spider.end("finished").complete


def test_a_type_that_nobody_knows_is_told_once(found):
    odd = [{**each, "type": "reflection-paper"} for each in numbered(3)]
    made = found("ema_documents", envelope([document_record(), *odd]))
    assert len(made.items) == 1
    assert [(each.kind, each.message, each.key) for each in made.problems] == [
        ("unknown_value", "ema_documents: unknown type 'reflection-paper' of 3 documents", None)
    ]


@pytest.mark.parametrize(
    ("word", "told"), [("presentation", "listed_elsewhere"), ("reflection-paper", "unknown_value")]
)
def test_a_known_document_of_another_type_is_not_withdrawn(found, word, told):
    first, second = numbered(2)
    key = "documents/scientific-guideline/guideline-1"
    known = {key: Listed(url=second["document_url"])}
    made = found("ema_documents", envelope([first, {**second, "type": word}]), listed=known)
    assert [each.key[-1] for each in made.items] == ["0"]
    named = [(each.verdict, each.key) for each in made.gone] + [(e.kind, e.key) for e in made.problems if e.key]
    assert named == [(told, key)]


# The general file


@pytest.mark.parametrize(
    ("title", "slug", "kind"),
    [
        ("Residual solvents - Scientific guideline", "ich-q3c-scientific-guideline", "scientific-guideline"),
        ("Extractables - scientific guideline", "ich-q3e", "scientific-guideline"),
        ("Plasmid DNA vaccines – Scientific guideline", "plasmid", "scientific-guideline"),
        ("Residual solvents", "ich-q3c-r9-residual-solvents-scientific-guideline", "scientific-guideline"),
        ("Residual solvents", "residual-solvents-scientific-guideline-1", "scientific-guideline"),
        ("Submission - Regulatory and procedural guideline", "submission", "regulatory-procedural-guideline"),
        ("Scientific guidelines: paediatrics", "overview/scientific-guidelines-paediatrics", "web page"),
        ("Submission dates", "human-regulatory-overview/marketing-authorisation/submission-dates", "web page"),
    ],
)
def test_a_guideline_is_known_by_its_titles_end_or_its_slugs(found, title, slug, kind):
    (item,) = items(found, "ema_guidelines", page_record(title=title, general_url=SITE + slug))
    assert (item.document_type, item.status) == (kind, kind)
    assert item.stage == ("information" if kind == "web page" else "unstated")
    assert "guideline" not in item.title or kind == "web page"


def test_pages_of_one_title_are_two_by_their_addresses(found):
    slug = "non-inferiority-equivalence-comparisons-clinical-trials-scientific-guideline"
    rows = [page_record(general_url=f"{SITE}{slug}{end}") for end in ("", "-0", "-1")]
    made = items(found, "ema_guidelines", *rows)
    assert [each.key for each in made] == [slug, f"{slug}-0", f"{slug}-1"]


def test_categories_and_topics_are_joined_by_semicolons_and_may_be_empty(found):
    rows = [page_record(categories="Human;Veterinary;Herbal"), page_record(categories="", general_url=SITE + "x")]
    assert [each.products for each in items(found, "ema_guidelines", *rows)] == [("Human", "Veterinary", "Herbal"), ()]
    (news,) = items(found, "ema_news", news_record(topics="Data on medicines;Innovation"))
    assert news.topics == ("Data on medicines", "Innovation")


@pytest.mark.parametrize(
    ("title", "references"),
    [
        ("ICH Q3C (R9) Residual solvents - Scientific guideline", ("ICH Q3C(R9)",)),
        ("ICH: M 4 Q: Common technical document - Quality - Scientific guideline", ("ICH M4Q",)),
        ("VICH GL18(R2) impurities: residual solvents - Scientific guideline", ()),
        ("ICH Q8, Q9 and Q10 - questions and answers - Scientific guideline", ()),
    ],
)
def test_a_guideline_of_ich_bears_its_code(found, title, references):
    (item,) = items(found, "ema_guidelines", page_record(title=title))
    assert item.references == references


def test_an_address_of_another_host_costs_only_itself(found):
    made = found("ema_guidelines", envelope([page_record(), page_record(general_url="https://example.org/en/x")]))
    assert len(made.items) == 1
    assert [each.kind for each in made.problems] == ["layout"]
    assert not made.spider.end("finished").complete  # a row that nobody can name


# Rules of the road


@pytest.mark.parametrize("name", OURS)
def test_no_query_is_put_behind_a_files_name_and_nothing_else_is_asked(tmp_path, name):
    source = SOURCES[name]
    assert "?" not in source.url
    assert source.addresses == (source.url,)
    assert spider_of(source, tmp_path).list_request(source.url).url == source.url


@pytest.mark.parametrize("name", OURS)
def test_files_are_read_after_they_were_made_and_gently(name):
    minute, hours = SOURCES[name].schedule.split()[:2]
    assert (hours, int(minute) >= 45) == ("6,18", True)
    assert SOURCES[name].politeness.delay >= 1.5


# Keys


@pytest.mark.parametrize(
    "address",
    [
        "https://www.ema.europa.eu/en/documents/other/qa-us-mra-updated-9-june-2026_en.pdf",
        "https://www.ema.europa.eu/system/files/documents/other/qa-us-mra-updated-9-june-2026_en.pdf",
        "http://ema.europa.eu/en/documents/other/qa-us-mra-updated-9-june-2026_en.pdf?download=1",
    ],
)
def test_all_addresses_of_a_document_give_one_key(address):
    assert document_key(address) == key_of_address(address) == "documents/other/qa-us-mra-updated-9-june-2026"
    assert page_key(address) is None


def test_what_is_not_emas_has_no_key():
    assert key_of_address("https://health.ec.europa.eu/en/documents/other/x_en.pdf") is None
    assert key_of_address("") is None


# Refusals


def refused(source: Source, fault: dict[str, Any]) -> str | None:
    media_type = fault.get("headers", {}).get("Content-Type", "text/html")
    answer = response(source.url, fault["text"].encode(), status=fault["status"], media_type=media_type)
    assert answer.request is not None
    return refusal(source, answer.request, answer)


def faults(name: str) -> list[dict[str, Any]]:
    faults: list[dict[str, Any]] = json.loads((CAPTURES / "blocked" / f"{name}.json").read_text())
    return faults


captured = pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures of real responses are not here")


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_refusal_by_status_is_a_block(name, status):
    assert refused(SOURCES[name], {"status": status, "text": ""}) == f"refused with HTTP {status}"


@captured
@pytest.mark.parametrize("name", OURS)
def test_the_answers_of_faults_ema_429_are_refusals(name):
    assert [refused(SOURCES[name], each) for each in faults("faults_ema_429")] == [
        "refused with HTTP 429", "refused with HTTP 403",
    ]  # fmt: skip


@captured
@pytest.mark.parametrize("name", OURS)
def test_a_firewalls_page_with_200_is_a_block_and_no_list(tmp_path, name):
    (fault,) = faults("faults_ema_waf_with_200")
    assert "Request blocked" in (refused(SOURCES[name], fault) or "")
    spider = spider_of(SOURCES[name], tmp_path)
    with pytest.raises(CloseSpider):
        read(spider, fault["text"].encode())
    assert spider.end("failed").error_kind == "layout"


@pytest.mark.parametrize("name", OURS)
def test_any_html_where_json_is_due_is_a_block(name):
    fault = {"status": 200, "text": "<!DOCTYPE html><html><body>Page not found</body></html>"}
    assert refused(SOURCES[name], fault) == "HTML where application/json is due"


@captured
def test_total_records_that_disagree_are_told_and_no_removal_is_concluded(found):
    (fault,) = faults("faults_ema_total_records_disagree")
    made = found("ema_guidelines", fault["text"].encode())
    assert len(made.items) == 400
    assert [(each.kind, each.message) for each in made.problems] == [
        ("count", "ema_guidelines: 400 records where meta.total_records says 859; no removal is concluded")
    ]
    assert not made.spider.end("finished").complete
