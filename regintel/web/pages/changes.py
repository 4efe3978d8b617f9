"""`/changes`: the change log."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from regintel.jobs.standing import standing
from regintel.store.documents import languages
from regintel.vocabulary import Agency, ChangeKind
from regintel.web.asked import AgencyOrAll, Day, KindOrAll, PageNumber, Word
from regintel.web.desk import Desk, desk_of
from regintel.web.log import logged
from regintel.web.paper import Paper, paper_of

router = APIRouter(include_in_schema=False)

SIZE = 50


@router.get("/changes")
def changes_page(
    request: Request,
    desk: Annotated[Desk, Depends(desk_of)],
    paper: Annotated[Paper, Depends(paper_of)],
    agency: AgencyOrAll = "",
    kind: KindOrAll = "",
    project: Word = "",
    since: Day = "",
    page: PageNumber = 1,
) -> HTMLResponse:
    """Show what changed, newest first."""
    with desk.reading() as index:
        found = logged(index, desk.house, agency=agency, kind=kind, project=project, since=since)
        stands = standing(index, desk.house)
        pages = max(1, -(-len(found) // SIZE))
        page = min(page, pages)
        shown = found[(page - 1) * SIZE : page * SIZE]
        spoken = languages(index, {change.document for change in shown})
    return paper.page(
        request, "changes", changes=shown, languages=spoken, total=len(found), page=page, pages=pages,
        agencies=list(Agency), kinds=list(ChangeKind), projects=desk.house.projects, standing=stands,
        wanted={"agency": agency, "kind": kind, "project": project, "since": since},
    )  # fmt: skip
