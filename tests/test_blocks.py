"""What gives a refusal away, and what does not."""

import pytest
from scrapy import Request
from scrapy.http import HtmlResponse, Response

from regintel.middlewares.blocks import refusal
from regintel.sources import BlockSigns, Source, load_sources
from tests.places import ROOT

MARK = "$_ts=window['$_ts']"
PAGE = load_sources(ROOT / "config")["fda_guidance"].model_copy(
    update={"media_type": "text/html", "blocked": BlockSigns(statuses=(412, 202), scripts=(MARK,))}
)
WORDS = "<p>" + "The announcement says at length what has been decided and from which day on it holds. " * 5 + "</p>"


def asked(source: Source, body: str, status: int = 200, **meta: object) -> str | None:
    request = Request("https://www.fda.gov/x", meta=meta)
    response = HtmlResponse(request.url, status=status, body=body.encode(), headers={"Content-Type": "text/html"})
    return refusal(source, request, response)


@pytest.mark.parametrize("status", [412, 202])
def test_a_challenge_is_a_block_by_its_status(status):
    assert "refused with HTTP" in str(asked(PAGE, "<html><body></body></html>", status))


def test_a_challenge_that_answers_200_is_a_block_by_its_scripts_and_its_silence():
    silent = f"<html><head><title>x y z</title></head><body><script>{MARK};</script></body></html>"
    assert "challenge page" in str(asked(PAGE, silent))


def test_a_page_that_passed_may_carry_the_scripts_of_the_challenge():
    assert asked(PAGE, f"<html><body><script>{MARK};</script>{WORDS}</body></html>") is None


def test_a_challenge_whose_script_never_ends_is_no_page_of_words():
    endless = f"<html><body><script>{MARK};" + "many words of a program that is cut off here " * 50
    assert "challenge page" in str(asked(PAGE, endless))


def test_html_is_a_block_where_json_is_due_and_a_page_where_a_page_was_asked_for():
    listing = PAGE.model_copy(update={"media_type": "application/json"})
    assert "HTML where application/json is due" in str(asked(listing, f"<html><body>{WORDS}</body></html>"))
    assert asked(listing, f"<html><body>{WORDS}</body></html>", media_type="text/html, application/pdf") is None


def test_robots_txt_that_answers_html_is_no_block():
    request = Request("https://www.fda.gov/robots.txt")
    answered = Response(request.url, body=b"<html></html>", headers={"Content-Type": "text/html"})
    assert refusal(PAGE.model_copy(update={"media_type": "application/json"}), request, answered) is None
