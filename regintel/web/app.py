"""The application: pages, JSON and styles behind one guard."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from regintel import __version__
from regintel.house import House
from regintel.web import api, feeds, login, schema
from regintel.web.desk import SECONDS, Desk
from regintel.web.faults import handle_faults
from regintel.web.gate import Gate
from regintel.web.guard import Guard
from regintel.web.pages import changes, deadlines, document, matrix, projects, search, sources, statistics
from regintel.web.paper import Paper

PAGES = (search, document, changes, deadlines, sources, projects, matrix, statistics)
STATIC = Path(__file__).parent / "static"


WORKERS = 8
"""Requests that are worked on at once, the others wait their turn: forty on two cores are no faster, and each holds
its own connection and its own pages of the index in memory."""


class Styles(StaticFiles):
    """Files of the page itself; a browser asks each time whether its copy still stands."""

    def file_response(self, *told: object, **more: object) -> Response:
        """Return a file, or 304."""
        answer = super().file_response(*told, **more)  # type: ignore[arg-type]
        answer.headers["cache-control"] = "no-cache"
        return answer


def make_app(house: House, *, hosts: Collection[str] = (), gate: Gate | None = None, seconds: float = SECONDS) -> Guard:
    """Return the application.

    :param hosts: the names it may be asked for by; empty: any.
    :param gate: who may come in; none: everybody who reaches it.
    :param seconds: how long one request may keep the index busy.
    """
    app = FastAPI(
        title="regintel",
        version=__version__,
        description="What medicines agencies publish as guidance, and what changed. Read-only.",
        docs_url=None,  # its page runs scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_few_at_once,
    )
    app.state.desk = Desk(house, seconds)
    app.state.paper = Paper(house)
    app.state.gate = gate
    handle_faults(app)
    app.get("/healthz", response_model=schema.HealthAnswer)(api.index_health)
    app.include_router(api.router)
    app.include_router(feeds.router)
    app.include_router(login.router)
    for page in PAGES:
        app.include_router(page.router)
    app.mount("/static", Styles(directory=STATIC))
    return Guard(app, house.clock, hosts, gate)


@asynccontextmanager
async def _few_at_once(app: FastAPI) -> AsyncIterator[None]:
    del app
    current_default_thread_limiter().total_tokens = WORKERS
    yield
