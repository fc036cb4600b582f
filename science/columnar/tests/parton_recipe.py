"""Parton histories as public code has them: texts for keys, recursion down the record, one particle after the other.

Source: TopCPToolkit, source/TopCPToolkit/Root/{PartonHistoryUtils,Calc*PartonHistory}.cxx (2025), here `old`; athena,
PhysicsAnalysis/Algorithms/TruthPartonLevelAnalysisAlgorithms/Root (2026), here not. Nothing of the engine is used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

DEFAULT = {"pt": -1.0, "eta": -999.0, "phi": -999.0, "m": -1.0, "pdgId": 0}
TYPES = {
    **dict.fromkeys((1, 2, 3), "_q"),
    **dict.fromkeys((-1, -2, -3), "_qbar"),
    6: "_t",
    -6: "_tbar",
    5: "_b",
    -5: "_bbar",
    25: "_H",
    23: "_Z",
    22: "_gamma",
    21: "_g",
    2212: "_p",
    **dict.fromkeys((11, 13, 15), "_l"),
    **dict.fromkeys((-11, -13, -15), "_lbar"),
    **dict.fromkeys((12, 14, 16), "_nu"),
    **dict.fromkeys((-12, -14, -16), "_nubar"),
}
OLD_TYPES = {**TYPES, 4: "_q", -4: "_qbar", 24: "_Wp", -24: "_Wm"}
NEW_TYPES = {**TYPES, 4: "_c", -4: "_cbar", 24: "_W", -24: "_W"}


@dataclass(eq=False)
class Particle:
    """One of the record; links that lead nowhere are None."""

    pdg: int
    barcode: int
    px: float = 0.0
    py: float = 0.0
    pz: float = 0.0
    m: float = 0.0
    children: list[Particle | None] = field(default_factory=list)
    parents: list[Particle | None] = field(default_factory=list)
    twin: Particle | None = None

    @property
    def parent(self) -> Particle | None:
        return self.parents[0] if self.parents else None


Record = dict[str, list[Particle]]
Map = dict[str, list[Particle]]


def link_bosons(record: Record) -> None:
    for boson in record["TruthBoson"]:
        for other in record["TruthBosonsWithDecayParticles"]:
            if (other.pdg, other.barcode) == (boson.pdg, boson.barcode):
                boson.twin = other
                break


def with_decay(p: Particle) -> Particle:
    return p.twin if abs(p.pdg) == 24 and p.twin else p


def has_identical_child(p: Particle) -> bool:
    return any(child is not None and child.pdg == p.pdg for child in p.children)


def has_parent(p: Particle, pdg: int) -> bool:
    return p.parent is not None and p.parent.pdg == pdg


def is_child_of(parent: Particle | None, child: Particle) -> bool:
    if parent is None:
        return False
    return parent.barcode == child.barcode or any(is_child_of(one, child) for one in parent.children)


def is_from_pdf(p: Particle) -> bool:
    return 1 <= abs(p.pdg) <= 5 and p.m == 0


def find_after_fsr(p: Particle) -> Particle:
    while True:
        following = [child for child in p.children if child is not None and child.pdg == p.pdg]
        if not following:
            return p
        p = following[0]


def roots(record: Record, collections: tuple[str, ...], *, old: bool) -> list[Particle]:
    candidates = [p for name in collections for p in record[name]]
    found = []
    for one in candidates:
        if not old and is_from_pdf(one):
            continue
        others = [other for other in candidates if other is not one and (old or not is_from_pdf(other))]
        if not any(is_child_of(other, one) for other in others):
            found.append(one)
    return found


def trace(p: Particle | None, path: list[Particle], paths: list[list[Particle]]) -> None:
    if p is None or (p.pdg == 6 and not p.children):
        return
    if not has_identical_child(p):
        p = with_decay(p)
    path.append(p)
    if not p.children:
        paths.append(list(path))
    else:
        after = with_decay(find_after_fsr(p))
        if after is not p:
            trace(after, path, paths)
        else:
            for child in after.children:
                trace(child, path, paths)
    path.pop()


def add(found: Map, key: str, p: Particle) -> None:
    if p not in found.setdefault(key, []):
        found[key].append(p)


def decay_number(p: Particle) -> int:
    if p.parent is not None:
        for number, child in enumerate(p.parent.children, 1):
            if child is p:
                return number
    return 2 if p.pdg < 0 else 1


def fill_map(paths: list[list[Particle]], *, old: bool) -> Map:
    found: Map = {}
    types = OLD_TYPES if old else NEW_TYPES
    for path in paths:
        key = "MC"
        for p in path:
            like_child, like_parent = has_identical_child(p), has_parent(p, p.pdg)
            if like_child and like_parent:
                continue
            of_boson = any(has_parent(p, sign * pdg) for pdg in (23, 24, 25) for sign in (1, -1)) and not like_parent
            number = decay_number(p)
            if old and (p.pdg == 22 or of_boson):
                postfix = f"_GammaRad{number}" if p.pdg == 22 else f"Decay{number}"
                add(found, f"{key}{postfix}_beforeFSR", p)
                add(found, f"{key}{postfix}_afterFSR", find_after_fsr(p))
                key += f"{postfix}_"
            elif of_boson:
                key += f"Decay{number}"
                add(found, f"{key}_beforeFSR", p)
                if not like_child:
                    add(found, f"{key}_afterFSR", p)
            else:
                if not like_parent:
                    key += types.get(p.pdg, f"_{p.pdg}")
                add(found, f"{key}_{'afterFSR' if like_parent else 'beforeFSR'}", p)
                if not like_parent and not like_child:
                    add(found, f"{key}_afterFSR", p)
    return found


def particles_by_key(record: Record, collections: tuple[str, ...], *, old: bool) -> Map:
    link_bosons(record)
    paths: list[list[Particle]] = []
    for root in roots(record, collections, old=old):
        if not any(parent is not None and parent.pdg == root.pdg for parent in root.parents):
            trace(root, [], paths)
    return fill_map(paths, old=old)


def values(found: Map, key: str, number: int = 0) -> dict[str, Any]:
    if len(found.get(key, [])) <= number:
        return dict(DEFAULT)
    p = found[key][number]
    pt = math.hypot(p.px, p.py)
    return {"pt": pt, "eta": math.asinh(p.pz / pt), "phi": math.atan2(p.py, p.px), "m": p.m, "pdgId": p.pdg}


def summed(found: Map, keys: list[str]) -> dict[str, Any]:
    if any(key not in found for key in keys):
        return {name: value for name, value in DEFAULT.items() if name != "pdgId"}
    total = [0.0] * 4
    for key in keys:
        p = found[key][0]
        e = math.sqrt(p.px**2 + p.py**2 + p.pz**2 + p.m**2)
        total = [a + b for a, b in zip(total, (p.px, p.py, p.pz, e), strict=True)]
    px, py, pz, e = total
    m = math.sqrt(max(e**2 - px**2 - py**2 - pz**2, 0.0))
    pt = math.hypot(px, py)
    return {"pt": pt, "eta": math.asinh(pz / pt), "phi": math.atan2(py, px), "m": m}


COLLECTIONS = {
    "Ttbar": ("TruthTop",),
    "FourTop": ("TruthTop",),
    "Ttbarbbbar": ("TruthTop", "TruthBottom"),
    "Ttw": ("TruthTop", "TruthBosonsWithDecayParticles"),
    "Tth": ("TruthTop", "TruthBosonsWithDecayParticles", "TruthBottom"),
}


def branches(record: Record, history: str, *, old: bool) -> dict[str, dict[str, Any]]:
    """Of each particle of a history its values, by the name of its branches without the variable."""
    found = particles_by_key(record, COLLECTIONS[history], old=old)
    result: dict[str, dict[str, Any]] = {}
    for fsr in ("beforeFSR", "afterFSR"):
        if history == "FourTop":
            for number in (1, 2):
                add_top(result, found, fsr, "t", f"t{number}", number - 1, old=old)
                add_top(result, found, fsr, "tbar", f"tbar{number}", number - 1, old=old)
            continue
        add_top(result, found, fsr, "t", "t", 0, old=old)
        add_top(result, found, fsr, "tbar", "tbar", 0, old=old)
        add_ttbar(result, found, fsr, old=old)
        if history == "Ttw":
            for name, key in (("W", "W"), ("Wdecay1", "WDecay1"), ("Wdecay2", "WDecay2")):
                result[f"MC_{name}_{fsr}"] = values(found, f"MC_{key}_{fsr}")
        if history == "Ttbarbbbar":
            for quark in ("b", "bbar"):
                quarks = found.get(f"MC_{quark}_{fsr}", [])
                all_values = [values(found, f"MC_{quark}_{fsr}", number) for number in range(len(quarks))]
                result[f"MC_{quark}_{fsr}"] = {name: [one[name] for one in all_values] for name in DEFAULT}
        if history == "Tth":
            add_higgs(result, found, fsr, old=old)
    return result


def add_top(result: dict[str, Any], found: Map, fsr: str, key: str, name: str, number: int, *, old: bool) -> None:
    quark = "b" if key == "t" else "bbar"
    w = ("Wp" if key == "t" else "Wm") if old else "W"
    result[f"MC_{name}_{fsr}"] = values(found, f"MC_{key}_{fsr}", number)
    result[f"MC_{quark}_{fsr}_from_{name}"] = values(found, f"MC_{key}_{quark}_{fsr}", number)
    result[f"MC_W_{fsr}_from_{name}"] = values(found, f"MC_{key}_{w}_{fsr}", number)
    for decay in (1, 2):
        result[f"MC_Wdecay{decay}_{fsr}_from_{name}"] = values(found, f"MC_{key}_{w}Decay{decay}_{fsr}", number)


def add_ttbar(result: dict[str, Any], found: Map, fsr: str, *, old: bool) -> None:
    wp, wm = ("Wp", "Wm") if old else ("W", "W")
    result[f"MC_ttbar_{fsr}"] = summed(found, [f"MC_t_{fsr}", f"MC_tbar_{fsr}"])
    decays = [f"MC_t_{wp}Decay1", f"MC_t_{wp}Decay2", f"MC_tbar_{wm}Decay1", f"MC_tbar_{wm}Decay2"]
    keys = [f"{name}_{fsr}" for name in (*decays, "MC_t_b", "MC_tbar_bbar")]
    result[f"MC_ttbar_fromDecay_{fsr}"] = summed(found, keys)


def add_higgs(result: dict[str, Any], found: Map, fsr: str, *, old: bool) -> None:
    between = "_" if old else ""
    result[f"MC_H_{fsr}"] = values(found, f"MC_H_{fsr}")
    for one in (1, 2):
        result[f"MC_Hdecay{one}_{fsr}"] = values(found, f"MC_HDecay{one}_{fsr}")
        for two in (1, 2):
            name = f"MC_Hdecay{one}_decay{two}_{fsr}"
            result[name] = values(found, f"MC_HDecay{one}{between}Decay{two}_{fsr}")
