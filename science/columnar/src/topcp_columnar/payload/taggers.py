"""The numbers of flavour taggers that a payload gives."""

from __future__ import annotations

import math
from typing import Any

from topcp_columnar.errors import ConfigRefused
from topcp_columnar.kernels.btag import Tagger, in_float

_REQUIRED = {"fraction_c", "cuts", "source"}
_ALLOWED = _REQUIRED | {"fraction_tau"}


def read_taggers(about: dict[str, Any], location: str) -> dict[str, Tagger]:
    """The entries of `taggers` in a payload's description, by name; none if it has none.

    Raises ConfigRefused, naming the file and the tagger.
    """
    entries = about.get("taggers", {})
    if not isinstance(entries, dict):
        raise ConfigRefused(f"{location}: `taggers` does not map names to their numbers")
    return {str(name): _tagger(str(name), entry, about, location) for name, entry in entries.items()}


def _tagger(name: str, entry: Any, about: dict[str, Any], location: str) -> Tagger:
    where, given = f"{location}: tagger {name}", set(entry) if isinstance(entry, dict) else set()
    if lacking := sorted(_REQUIRED - given):
        raise ConfigRefused(f"{where} lacks {', '.join(lacking)}")
    if unknown := sorted(given - _ALLOWED):
        raise ConfigRefused(f"{where} has {', '.join(unknown)}, which means nothing here")
    cuts = entry["cuts"]
    if not isinstance(cuts, dict) or not cuts:
        raise ConfigRefused(f"{where}: `cuts` does not map efficiencies to discriminants")
    fractions = {key: _number(entry.get(key, 0), f"{where}: {key}") for key in ("fraction_c", "fraction_tau")}
    if min(fractions.values()) < 0 or sum(fractions.values()) > 1:
        raise ConfigRefused(f"{where}: its fractions are not between 0 and 1")
    levels = {int(_number(p, f"{where}: an efficiency")): _number(cut, f"{where}: a cut") for p, cut in cuts.items()}
    why = "" if about["official"] else f"the numbers of {name} are those of payload {about['name']}: {entry['source']}"
    return Tagger(name, in_float(fractions["fraction_c"]), levels, in_float(fractions["fraction_tau"]), why)


def _number(value: Any, what: str) -> float:
    """A number; keys of JSON are texts."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number) or isinstance(value, bool):
        raise ConfigRefused(f"{what} is {value!r}, not a number")
    return in_float(number)
