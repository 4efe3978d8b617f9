"""`/login`: type the token once, get a session."""

from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from regintel.web.gate import COOKIE, LASTS, Gate
from regintel.web.paper import Paper, paper_of

router = APIRouter(include_in_schema=False)

MOST = 8192
"""Bytes of a form: a token and an address."""


@router.get("/login")
def login_page(request: Request, paper: Annotated[Paper, Depends(paper_of)], next: str = "/") -> Response:  # noqa: A002
    """Show the form."""
    _gate(request)
    return paper.page(request, "login", next=own(next), refused=False, standing=None)


@router.post("/login")
async def log_in(request: Request, paper: Annotated[Paper, Depends(paper_of)]) -> Response:
    """Take a token; give a session and the page that was wanted, or show the form again."""
    gate = _gate(request)
    form = await _form(request)
    wanted = own(form.get("next", "/"))
    if not gate.knows(form.get("token", "")):
        return paper.page(request, "login", status=401, next=wanted, refused=True, standing=None)
    answer = RedirectResponse(wanted, 303)
    session = gate.session(request.app.state.desk.house.clock.now().timestamp())
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, session, max_age=LASTS, httponly=True, samesite="strict", secure=secure)
    return answer


@router.post("/logout")
async def log_out(request: Request) -> Response:
    """End the session in this browser."""
    _gate(request)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


def own(address: str) -> str:
    """Return an address of our own to go on to; anything else is the first page."""
    parts = urlsplit(address) if address.isprintable() else None
    stays = parts is not None and not parts.scheme and not parts.netloc
    return address if stays and address.startswith("/") and address[1:2] not in {"/", "\\"} else "/"


def _gate(request: Request) -> Gate:
    gate: Gate | None = request.app.state.gate
    if gate is None:
        raise HTTPException(404, "no token is asked for on this machine")
    return gate


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST:
            raise HTTPException(413, "too much for a token")
    told = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    return {name: values[0] for name, values in told.items()}
