"""`POST /check`: what is wrong with one YAML, where, and what it will write. The page asks it; others may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field, ValidationError
from topcp_config import ConfigError, find_release, load_text, resolve_release
from topcp_config.ntuple import describe

from .errors import SelectionRefused

if TYPE_CHECKING:
    from topcp_config import Release

# Characters; so much is checked in well under a second, and ServiceX could not carry more.
MAX_TEXT = 1024 * 1024
_FILE = "{level}.yaml"


class Question(BaseModel, extra="forbid"):
    """A YAML, what it is for, and the release to check it for: else the one in its comment, else the default."""

    text: str = Field(max_length=MAX_TEXT)
    level: Literal["reco", "parton", "particle"] = "reco"
    release: str | None = Field(default=None, pattern=r"^[\w.+-]{1,40}$")


def check_one(body: bytes, default: str) -> dict[str, Any]:
    """Answer with the release that served, the problems in the order of their lines, and what will be written.

    Raises:
        SelectionRefused: the question is not of its form.
    """
    try:
        question = Question.model_validate_json(body)
    except ValidationError as error:
        reasons = (f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}" for one in error.errors())
        raise SelectionRefused('The request must be {"text": …, "level": …, "release": …}:', *reasons) from None
    named = question.release or find_release(question.text)
    release = resolve_release(named or default)
    problems, contents = _read(question, release)
    return {
        "release": {"asked": release.asked, "facts": release.name, "named": named is not None, "note": release.note},
        "valid": contents is not None,
        "problems": problems,
        "writes": contents,
    }


def _read(question: Question, release: Release) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """The problems, and the trees and objects of the file; None if an error stands in the way."""
    file = _FILE.format(level=question.level)
    try:
        config = load_text(question.text, release=release.name, level=question.level, file=file)
    except ConfigError as error:
        return [problem.to_dict() for problem in error.problems], None
    return [problem.to_dict() for problem in config.problems], describe(config).to_dict()
