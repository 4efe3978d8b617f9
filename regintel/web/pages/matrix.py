"""`/matrix`: topics by agencies, so that a gap between regions is seen at once."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from regintel.classify.taxonomy import NO_MODALITY, NO_TOPIC
from regintel.exceptions import UsageError
from regintel.jobs.standing import standing
from regintel.store.matrix import IN_DRAFT, IN_FORCE, cells
from regintel.vocabulary import Agency
from regintel.web.asked import Word
from regintel.web.desk import Desk, desk_of
from regintel.web.links import Here
from regintel.web.paper import Paper, paper_of

router = APIRouter(include_in_schema=False)


@router.get("/matrix")
def matrix_page(
    request: Request,
    desk: Annotated[Desk, Depends(desk_of)],
    paper: Annotated[Paper, Depends(paper_of)],
    modality: Word = "",
) -> HTMLResponse:
    """Show the table, of one modality or of all."""
    taxonomy = desk.house.taxonomy
    known = [each.id for each in taxonomy.modality if each.id != NO_MODALITY]
    if modality and modality not in known:
        raise UsageError(f"unknown modality {modality!r}")
    with desk.reading() as index:
        found = {(each.topic, each.agency): each for each in cells(index, modality or None)}
        stands = standing(index, desk.house)
    search = Here("/", [("modality", modality)])
    return paper.page(
        request, "matrix", cells=found, topics=[each.id for each in taxonomy.topic if each.id != NO_TOPIC],
        agencies=list(Agency), modalities=known, modality=modality, standing=stands,
        search=search, in_force=IN_FORCE, in_draft=IN_DRAFT,
    )  # fmt: skip
