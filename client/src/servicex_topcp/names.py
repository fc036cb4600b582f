"""Names that users give: what is nearest to one that does not exist, and what can be a release."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?`, or nothing when no known name is near."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def names_release(text: str) -> bool:
    """Whether a text can name a release of AnalysisBase, as `25.2.15` does and the tag `2.17.0-25.2.45` of an image."""
    return re.search(r"\d+\.\d+", text) is not None
