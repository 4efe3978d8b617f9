"""What is answered where there is no answer: in JSON to programs, as a page to people, never with a traceback."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from regintel.exceptions import ModelError, StoreError, UsageError
from regintel.web.desk import NoIndexError
from regintel.web.guard import is_for_programs

SOON = {"retry-after": "30"}
TITLES = {
    404: "Nothing here", 405: "Not that way", 413: "Too much", 422: "That question cannot be read",
    500: "Something went wrong", 503: "The index cannot be read just now",
}  # fmt: skip


def handle_faults(app: FastAPI) -> None:
    """Give the application its answers to errors."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(UsageError, _invalid)
    for unreadable in (StoreError, ModelError, sqlite3.Error):
        app.add_exception_handler(unreadable, _unreadable)
    app.add_exception_handler(Exception, _broken)


def fault(request: Request, status: int, words: Sequence[str], *, headers: dict[str, str] | None = None) -> Response:
    """Return an error in the form that whoever asked can read."""
    if is_for_programs(request.url.path):
        return JSONResponse({"detail": "; ".join(words)}, status, headers)
    page: Response = request.app.state.paper.page(
        request, "fault", status=status, title=TITLES.get(status, "No answer"), code=status, words=words, standing=None
    )
    page.headers.update(headers or {})
    return page


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  (for the type checker)
    return fault(request, error.status_code, [str(error.detail)], headers=dict(error.headers or {}))


def _invalid(request: Request, error: Exception) -> Response:
    """Tell what of a question cannot be read; what was sent is not repeated, it may be anything."""
    if isinstance(error, RequestValidationError):
        found: list[dict[str, Any]] = [
            {"loc": [str(part) for part in each["loc"]], "msg": each["msg"], "type": each["type"]}
            for each in error.errors()
        ]
    else:
        found = [{"loc": ["query"], "msg": str(error), "type": "unknown"}]
    if is_for_programs(request.url.path):
        return JSONResponse({"detail": found}, 422)
    words = [f"{each['loc'][-1]}: {each['msg']}" if each["type"] != "unknown" else each["msg"] for each in found]
    return fault(request, 422, words)


def _unreadable(request: Request, error: Exception) -> Response:
    if isinstance(error, NoIndexError):
        return fault(request, 503, ["There is no index yet: `regintel run` makes it."], headers=SOON)
    if isinstance(error, ModelError):
        return fault(request, 503, [f"{error}. Searching by words alone still works: mode=lexical."], headers=SOON)
    if isinstance(error, sqlite3.OperationalError) and "interrupted" in str(error):
        return fault(request, 503, ["The question took too long. Narrow it, or ask again."], headers=SOON)
    if isinstance(error, StoreError):  # its words name a file of this machine, which is nobody's business
        told = str(error).partition(": ")[2] or "the file cannot be read"
        return fault(request, 503, [f"The index: {told}"], headers=SOON)
    return fault(request, 503, ["The index is busy. Ask again in a moment."], headers=SOON)


def _broken(request: Request, error: Exception) -> Response:
    del error  # the server logs it with its traceback
    return fault(request, 500, ["This is a fault of regintel; its log says more."])
