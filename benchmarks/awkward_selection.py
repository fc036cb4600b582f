"""The work of reco.yaml in awkward arrays, as a user would write it: a selection, once more for each variation.

coffea and plain uproot share it; they differ in how they read. What the engine does besides, the acceptance and the
dead regions of an electron's cluster, would need branches that uproot cannot read, and changes nothing in these events:
the outputs are compared. Units MeV and rad.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from work import PREFIXES, STORED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

NOSYS = "NOSYS"
# BADCLUSELECTRON (xAODEgamma/EgammaDefs.h)
BAD_CLUSTER = 1 << 10 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 1 | 1 << 2
MUON_MASS = 105.6583715
READ = {
    "Electrons": [*STORED["Electrons"], "pt", "eta", "phi", "m", "charge"],
    "Muons": [*STORED["Muons"], "pt", "eta", "phi", "charge", "DFCommonMuonPassIDCuts", "DFCommonMuonPassPreselection"],
    "Jets": [*STORED["Jets"], "pt", "eta", "phi"],
    "EventInfo": [
        *STORED["EventInfo"],
        *("runNumber", "eventNumber", "mcChannelNumber", "PileupWeight_NOSYS", "beamSpotWeight", "mcEventWeights"),
    ],
}
Shifts = dict[str, tuple[Any, int]]
Selected = dict[str, Any]


def shifts(payload: Path | None) -> Shifts:
    """Of each variation its correction and its sign."""
    if payload is None:
        return {}
    import correctionlib

    sides = (("1up", 1), ("1down", -1))
    corrections = correctionlib.CorrectionSet.from_file(str(payload))
    return {f"{name}__{side}": (corrections[name], sign) for name in corrections for side, sign in sides}


def columns(events: Any, variations: Shifts) -> dict[str, Any]:
    """The columns of the output; the objects of a container together, so that they share one counter."""
    electrons, muons = _electrons(events.Electrons), _muons(events.Muons)
    varied = {NOSYS: _selected(electrons, muons, _jets(events.Jets, 1))}
    for name, (correction, sign) in variations.items():
        jets = _jets(events.Jets, _factor(events.Jets, correction, sign))
        varied[name] = _selected(electrons, muons, jets)
    keep = _any(selected[f"pass_{region}"] for selected in varied.values() for region in ("ejets", "mujets"))
    jets = _any(selected["jets"].baseline for selected in varied.values())
    made = {
        "el": _electron_columns(events.Electrons, electrons, varied)[electrons.loose],
        "mu": _muon_columns(events.Muons, muons, varied)[muons.tight],
        "jet": _jet_columns(events.Jets, varied)[jets],
        **_event_columns(events.EventInfo, varied),
    }
    return {name: ak.to_packed(ak.without_parameters(values[keep])) for name, values in made.items()}


def _any(flags: Iterator[Any]) -> Any:
    result = next(flags)
    for more in flags:
        result = result | more
    return result


def _electrons(electrons: Any) -> Any:
    loose = (
        (electrons.pt >= 25e3)
        & (abs(electrons.eta) <= 2.47)
        & (electrons.DFCommonElectronsLHTight != 0)
        & ((electrons.OQ & BAD_CLUSTER) == 0)
    )
    isolated = (electrons.ptvarcone30_Nonprompt_All_MaxWeightTTVALooseCone_pt1000 <= 0.06 * electrons.pt) & (
        electrons.topoetcone20 <= 0.06 * electrons.pt
    )
    rapidity = _rapidity(electrons, electrons.m)
    return ak.zip({"rapidity": rapidity, "phi": electrons.phi, "loose": loose, "tight": loose & isolated})


def _muons(muons: Any) -> Any:
    tight = (
        (muons.pt >= 25e3)
        & (abs(muons.eta) <= 2.5)
        & ((muons.quality & 3) <= 1)
        & (muons.DFCommonMuonPassIDCuts != 0)
        & (muons.DFCommonMuonPassPreselection != 0)
        & (muons.ptvarcone30_Nonprompt_All_MaxWeightTTVA_pt1000 <= 0.04 * muons.pt)
        & (muons.topoetcone20 <= 0.15 * muons.pt)
    )
    return ak.zip({"tight": tight})


def _jets(jets: Any, factor: Any) -> Any:
    pt, m = jets.pt * factor, jets.m * factor
    can_fail = (pt >= 20e3) & (pt <= 60e3) & (abs(jets.DetectorEta) <= 2.5)
    baseline = (~can_fail | (jets.NNJvtPass != 0)) & (pt >= 32e3) & (abs(jets.eta) <= 2.5)
    moved = ak.zip({"pt": pt, "eta": jets.eta})
    return ak.zip(
        {
            "pt": pt,
            "e": _energy(moved, m),
            "rapidity": _rapidity(moved, m),
            "phi": jets.phi,
            "baseline": baseline,
        }
    )


def _factor(jets: Any, correction: Any, sign: int) -> Any:
    pt, eta = ak.flatten(jets.pt).to_numpy(), ak.flatten(jets.eta).to_numpy()
    shift = sign * correction.evaluate(pt.astype(np.float64), eta.astype(np.float64))
    return ak.unflatten(np.float32(1) + shift.astype(np.float32), ak.num(jets.pt))


def _selected(electrons: Any, muons: Any, jets: Any) -> Selected:
    """Overlap removal, then the regions: everything that a variation of the jets changes."""
    jet_or = jets.baseline & ~_is_near(jets, electrons[electrons.tight], 0.2)
    el_or = electrons.tight & ~_is_near(electrons, jets[jet_or], 0.4)
    two_jets = ak.sum(jet_or & (jets.pt >= 32e3), axis=1) >= 2
    return {
        "jets": jets,
        "jet_or": jet_or,
        "el_or": el_or,
        "mu_or": muons.tight,
        "pass_ejets": two_jets & (ak.sum(el_or, axis=1) >= 1),
        "pass_mujets": two_jets & (ak.sum(muons.tight, axis=1) >= 1),
    }


def _is_near(objects: Any, others: Any, radius: float) -> Any:
    """Whether one of the others is within the radius, in rapidity and phi."""
    one, other = ak.unzip(
        ak.cartesian([objects[["rapidity", "phi"]], others[["rapidity", "phi"]]], axis=1, nested=True)
    )
    delta_phi = (one.phi - other.phi + np.pi) % (2 * np.pi) - np.pi
    return ak.any((one.rapidity - other.rapidity) ** 2 + delta_phi**2 <= radius**2, axis=-1)


def _energy(objects: Any, m: Any) -> Any:
    pt = ak.values_astype(objects.pt, np.float64)
    return np.sqrt((pt * np.cosh(objects.eta)) ** 2 + ak.values_astype(m, np.float64) ** 2)


def _rapidity(objects: Any, m: Any) -> Any:
    pt, eta = (ak.values_astype(value, np.float64) for value in (objects.pt, objects.eta))
    return np.arcsinh(pt * np.sinh(eta) / np.sqrt(pt**2 + ak.values_astype(m, np.float64) ** 2))


def _electron_columns(stored: Any, electrons: Any, varied: Mapping[str, Selected]) -> Any:
    return _zipped(
        {
            **_nominal(stored, "Electrons", stored.m),
            "select_loose_NOSYS": electrons.loose,
            "select_tight_NOSYS": electrons.tight,
            **{f"select_or_{name}": selected["el_or"] for name, selected in varied.items()},
        }
    )


def _muon_columns(stored: Any, muons: Any, varied: Mapping[str, Selected]) -> Any:
    return _zipped(
        {
            **_nominal(stored, "Muons", MUON_MASS * ak.ones_like(stored.pt)),
            "select_tight_NOSYS": muons.tight,
            **{f"select_or_{name}": selected["mu_or"] for name, selected in varied.items()},
        }
    )


def _nominal(stored: Any, container: str, m: Any) -> dict[str, Any]:
    made = {"pt_NOSYS": stored.pt, "eta": stored.eta, "phi": stored.phi, "charge": stored.charge}
    e = ak.values_astype(_energy(stored, m), np.float32)
    return made | {"e_NOSYS": e} | {name: stored[name] for name in STORED[container]}


def _jet_columns(stored: Any, varied: Mapping[str, Selected]) -> Any:
    made = {"eta": stored.eta, "phi": stored.phi} | {name: stored[name] for name in STORED["Jets"]}
    for name, selected in varied.items():
        made[f"pt_{name}"] = selected["jets"].pt
        made[f"e_{name}"] = ak.values_astype(selected["jets"].e, np.float32)
        made[f"select_baselineJvt_{name}"] = selected["jets"].baseline
        made[f"select_or_{name}"] = selected["jet_or"]
    return _zipped(made)


def _event_columns(event: Any, varied: Mapping[str, Selected]) -> dict[str, Any]:
    stored = ("runNumber", "eventNumber", "mcChannelNumber", *STORED["EventInfo"])
    return {
        **{PREFIXES["EventInfo"] + name: event[name] for name in stored},
        "weight_pileup_NOSYS": event.PileupWeight_NOSYS,
        "weight_beamspot": event.beamSpotWeight,
        "weight_mc_NOSYS": event.mcEventWeights[:, 0],
        **{
            f"pass_{region}_{name}": selected[f"pass_{region}"]
            for name, selected in varied.items()
            for region in ("ejets", "mujets")
        },
    }


def _zipped(columns: dict[str, Any]) -> Any:
    """A record per object; flags as small integers, which is what a branch can hold."""
    return ak.zip({name: _written(values) for name, values in columns.items()})


def _written(values: Any) -> Any:
    return ak.values_astype(values, np.int8) if "bool" in str(ak.type(values)) else values
