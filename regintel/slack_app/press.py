"""A pressed feedback button: what its value says, believed only after a look into the index."""

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from regintel.store.database import Index
from regintel.store.feedback import was_told

LARGEST = 2**63 - 1


class Press(BaseModel):
    """Which change, of which document, was told to which project; as the button's value spells it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    project: str = Field(alias="p", min_length=1, max_length=200)
    change: int = Field(alias="c", ge=1, le=LARGEST)
    document: str = Field(alias="d", min_length=1, max_length=1_500)


def press_of(index: Index, value: str) -> Press | None:
    """Return what was pressed; none for a value that names nothing we told anybody."""
    try:
        press = Press.model_validate_json(value)
    except ValidationError:
        return None
    return press if was_told(index, press.project, press.change, press.document) else None
