"""A variable is named Container.variable; files spell it in four ways.

TTree:    `AnalysisJetsAuxDyn.pt`, and of a static store `METAssoc_AnalysisMETAux./METAssoc_AnalysisMETAux.jetLink`
RNTuple:  `AnalysisJetsAuxDyn:pt`, and of a static store `METAssoc_AnalysisMETAux:.jetLink`
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Spellings: TypeAlias = dict[str, dict[str, str]]
"""container -> variable -> the file's spelling"""

_SPELLING = re.compile(r"(?:.*/)?(?P<container>[^/]+?)Aux(?:Dyn)?[.:]+(?P<variable>[^.:/]+)")


def index_spellings(spellings: Iterable[str]) -> Spellings:
    """Sort the spellings that name a variable by container; leave out all others."""
    index: Spellings = {}
    for spelling in spellings:
        if found := _SPELLING.fullmatch(spelling):
            index.setdefault(found["container"], {})[found["variable"]] = spelling
    return index


def nearest(name: str, known: Iterable[str]) -> str:
    """At most five of the known names, the likeliest first, as text for a message."""
    return ", ".join(difflib.get_close_matches(name, sorted(known), n=5, cutoff=0.5)) or "nothing alike"
