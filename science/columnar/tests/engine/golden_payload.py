"""A payload with the systematics of a real production by name, and invented sizes."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from .payloads import entry, flat, write_payload

# What the toolkit's systematics act on: pattern of the name, objects, effect, scale factors. The first that fits holds.
EFFECTS: list[tuple[str, str, str, str]] = [
    ("JET_NNJvtEfficiency", "jets", "weight", "jvtEfficiency"),
    ("JET_JER*", "jets", "resolution", ""),
    ("JET_*", "jets", "scale", ""),
    ("EG_RESOLUTION_*", "electrons", "resolution", ""),
    ("EG_SCALE_*", "electrons", "scale", ""),
    ("EL_EFF_Reco_*", "electrons", "weight", "reco_effSF_*"),
    ("EL_EFF_ID_*", "electrons", "weight", "id_effSF_*"),
    ("EL_EFF_Iso_*", "electrons", "weight", "isol_effSF_*"),
    ("EL_EFF_TriggerEff_*", "electrons", "weight", "trigEff_*"),
    ("EL_EFF_Trigger_*", "electrons", "weight", "trigEffSF_*"),
    ("MUON_EFF_RECO_*", "muons", "weight", "reco_effSF_*"),
    ("MUON_EFF_ISO_*", "muons", "weight", "isol_effSF_*"),
    ("MUON_EFF_TTVA_*", "muons", "weight", "TTVA_effSF_*"),
    ("MUON_EFF_TrigStatUncertainty", "muons", "weight", "trigEffData_*"),
    ("MUON_EFF_TrigSystUncertainty", "muons", "weight", "trigEff_*"),
    ("MUON_*", "muons", "scale", ""),
    ("FT_EFF_*", "jets", "weight", "GN2v01_Continuous_eff"),
]
# Invented cuts: what is tested is the names.
CUTS = {"90": -1.0, "85": 0.0, "77": 1.0, "70": 2.0, "65": 3.0}
TAGGERS = {"GN2v01": {"fraction_c": 0.2, "fraction_tau": 0.01, "cuts": CUTS, "source": "a test"}}


def golden_payload(path: Path, systematics: list[str], size: float) -> Path:
    """Each systematic of this relative size; invented efficiencies of triggers."""
    entries = [
        *(entry("NOSYS", "weight", "efficiency", kind, variable="trigEff_*") for kind in ("electrons", "muons")),
        entry("NOSYS", "weight", "other_efficiency", "muons", variable="trigEffData_*"),
        entry("NOSYS", "weight", "efficiency", "electrons", variable="trigEffSF_*"),
        *map(_entry, systematics),
    ]
    made = [flat("size", size), flat("efficiency", 0.8), flat("other_efficiency", 0.7)]
    return write_payload(path, made, entries, taggers=TAGGERS)


def _entry(name: str) -> dict[str, Any]:
    objects, effect, variable = next(found for pattern, *found in EFFECTS if fnmatchcase(name, pattern))
    more = {"variable": variable} if variable else {}
    return entry(name, effect, "size", objects, **more)
