"""Names of systematic variations, and which of them a job runs.

A variation is an overlay of changed columns over the nominal ones. The variations that PHYSLITE lets one compute
exactly are those of the generator weights.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from topcp_columnar.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

NOSYS = "NOSYS"
GENERATOR_PREFIX = "GEN_"

# Names that mean "the nominal weight", in lower case, and the substitutions that make a name fit for a branch:
# PMGTools::weightNameCleanup, PhysicsAnalysis/AnalysisCommon/PMGTools/Root/WeightHelpers.cxx.
_NOMINAL_NAMES = ("default", "nominal", "weight", "0")
_SUBSTITUTIONS = (
    (" set = ", "_"),
    (" = ", "_"),
    ("+", ""),
    ("-", ""),
    ("=", ""),
    (",", ""),
    (".", ""),
    (":", ""),
    (" ", "_"),
    ("#", "num"),
    ("\n", "_"),
    ("/", "over"),
)

# SystematicsCategories in AsgAnalysisAlgorithms/python/AsgAnalysisConfig.py (ATLAS-experiment/athena, 2025).
CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "jets": ("JET_",),
    "jer": ("JET_JER",),
    "electrons": ("EG_", "EL_"),
    "muons": ("MUON_",),
    "photons": ("EG_", "PH_"),
    "taus": ("TAUS_",),
    "met": ("MET_",),
    "tracks": ("TRK_",),
    "event": ("GEN_", "PRW_"),
    "ftag": ("FT_",),
}


# From the same file, CommonServicesConfig.
_WEIGHTS_ONLY = re.compile(
    r"(GEN_|EL_EFF_|MUON_EFF_|PH_EFF_|TAUS_TRUEHADTAU_EFF_|FT_EFF_|extrapolation_pt_|JET_.*JvtEfficiency_|PRW_).*"
)


def _clean(name: str) -> str:
    """A generator weight's name as the toolkit spells it; empty for the nominal weight."""
    name = name.strip(" \t\n\r")
    if name.lower() in _NOMINAL_NAMES:
        return ""
    for before, after in _SUBSTITUTIONS:
        name = name.replace(before, after)
    return name


def generator_variations(names: Sequence[str] | None, n_weights: int) -> dict[str, int]:
    """The variations of the generator weight, by name, and the index of each in EventInfo.mcEventWeights.

    names      the file's names of its weights, in their order; None where the file has no MetaData
    n_weights  how many weights an event has

    With names, `GEN_<name>` as PMGTools::weightNameWithPrefix spells it; names that mean "nominal" are no variation.
    Without names, `GEN_INDEX_<i>` for i from 1: index 0 is the nominal weight
    (PMGTools::PMGTruthWeightTool, PhysicsAnalysis/AnalysisCommon/PMGTools/Root/PMGTruthWeightTool.cxx).

    Raises InputError if two weights come out with one name, or if there are more names than weights.
    """
    if names is None:
        return {f"{GENERATOR_PREFIX}INDEX_{index}": index for index in range(1, n_weights)}
    if len(names) > n_weights:
        raise InputError(f"the file names {len(names)} generator weights, but its events hold {n_weights}")
    found: dict[str, int] = {}
    for index, cleaned in enumerate(map(_clean, names)):
        if not cleaned:
            continue
        if (name := GENERATOR_PREFIX + cleaned) in found:
            raise InputError(f"generator weights {found[name]} and {index} of the file are both called {name}")
        found[name] = index
    return found


def changes_weights_only(name: str) -> bool:
    """Whether the toolkit counts a systematic, by its name, among those that change weights and nothing else."""
    return _WEIGHTS_ONLY.fullmatch(name) is not None


def chosen(names: Iterable[str], regex: str | None, categories: Sequence[str] | None) -> tuple[str, ...]:
    """Those of `names` that the configuration asks for; the regular expression overrules the categories.

    regex       `filterSystematics`: matches the whole name (CP::SystematicsSvc uses std::regex_match)
    categories  `onlySystematicsCategories`: keys of CATEGORIES, in any case of letters
    """
    if regex is not None:
        return tuple(name for name in names if re.fullmatch(regex, name))
    if categories is not None:
        parts = [part for category in categories for part in CATEGORIES[category.lower()]]
        return tuple(name for name in names if any(part in name for part in parts))
    return tuple(names)
