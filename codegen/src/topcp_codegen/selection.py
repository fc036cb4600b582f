"""The selection: the JSON that the TopCP query of ServiceX's client makes, every key checked strictly."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from .errors import SelectionRefused

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails
    from topcp_config import Level

LEVELS: tuple[Level, ...] = ("reco", "parton", "particle")


class Selection(BaseModel):
    """What a user asks for. All keys but `image` must be there, as the client sends them."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    reco: str | None
    parton: str | None
    particle: str | None
    max_events: Annotated[int, Field(ge=-1, lt=2**63)]  # -1: all; ROOT counts entries in 64 bits
    no_systematics: bool
    no_filter: bool
    image: str | None = None

    @model_validator(mode="after")
    def _holds_yaml(self) -> Self:
        if not self.texts:
            raise PydanticCustomError("no_yaml", "reco, parton and particle are all null: give at least one YAML text")
        return self

    @property
    def texts(self) -> dict[Level, str]:
        """The YAML text of each level that was given."""
        return {level: text for level in LEVELS if (text := getattr(self, level)) is not None}


def parse_selection(text: str) -> Selection:
    """Read a selection; SelectionRefused lists everything that is wrong with it."""
    try:
        return Selection.model_validate_json(text)
    except ValidationError as error:
        lines = [f"selection: {_explain(detail)}" for detail in error.errors(include_url=False)]
        raise SelectionRefused(*lines) from error


def _explain(detail: ErrorDetails) -> str:
    key = ".".join(str(part) for part in detail["loc"])[:80]
    if detail["type"] == "extra_forbidden":
        near = get_close_matches(key, Selection.model_fields, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(Selection.model_fields)}"
        return f"unknown key {key!r}; {hint}"
    if detail["type"] == "missing":
        return f"key {key!r} is missing"
    return f"{key}: {detail['msg']}" if key else detail["msg"]
