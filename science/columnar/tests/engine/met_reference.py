"""The recipe of METMaker, event by event, on plain objects: slow, and written to be compared with its text."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

Float = np.float32
_NONE = Float(0)


@dataclass
class Vector:
    """ConstVec: all its numbers are floats."""

    px: Float = _NONE
    py: Float = _NONE
    e: Float = _NONE
    sumpt: Float = _NONE

    def __add__(self, other: Vector) -> Vector:
        return Vector(self.px + other.px, self.py + other.py, self.e + other.e, self.sumpt + other.sumpt)

    def times(self, scale: Float) -> Vector:
        return Vector(self.px * scale, self.py * scale, self.e * scale, self.sumpt * scale)


@dataclass(eq=False)
class Thing:
    """An electron (kind e), photon (g), tau (t) or muon (m)."""

    kind: str
    px: Float
    py: Float
    pt: Float
    selected: bool = True
    stored_pt: Float = _NONE
    calo_tagged: bool = False
    eloss: Float = _NONE
    id_pt: Float = _NONE


@dataclass(eq=False)
class Jet:
    pt: Float
    eta: Float
    px: float
    py: float
    const_px: float
    const_py: float
    const_e: float
    rejected: bool
    n_tracks: Float
    track_sumpt: Float
    em: Float
    width: Float
    presampler: Float


@dataclass(eq=False)
class Association:
    """What shares constituents with a jet, or with none (`jet` None: misc)."""

    jet: Jet | None
    objects: list[Thing | None]
    overlaps: list[list[tuple[int, int]]]
    cal: list[tuple[int, Vector]]
    trk: list[tuple[int, Vector]]
    tracks: Vector = field(default_factory=Vector)
    chosen: set[int] = field(default_factory=set)

    def place(self, thing: Thing) -> int | None:
        return next((i for i, other in enumerate(self.objects) if other is thing), None)

    def cal_of_chosen(self) -> Vector:
        return _total(vector for key, vector in self.cal if _has(key, self.chosen))

    def trk_of_chosen(self) -> Vector:
        return _total(vector for key, vector in self.trk if _has(key, self.chosen))


@dataclass
class Event:
    things: dict[str, list[Thing]]
    jets: list[Jet]
    associations: list[Association]
    core: tuple[Float, Float, Float]


class Term:
    def __init__(self) -> None:
        self.mpx, self.mpy, self.sumet = Float(0), Float(0), Float(0)
        self.count = 0

    def add(self, px: float, py: float, pt: float) -> None:
        self.count += 1
        self.mpx, self.mpy, self.sumet = self.mpx - Float(px), self.mpy - Float(py), self.sumet + Float(pt)


def _total(vectors: object) -> Vector:
    total = Vector()
    for vector in vectors:  # type: ignore[attr-defined]
        total = total + vector
    return total


def _has(key: int, places: set[int]) -> bool:
    return any(key >> place & 1 for place in places)


NAMES = {"e": "RefEle", "g": "RefGamma", "t": "RefTau", "m": "Muons"}
ORDER = ("RefEle", "RefGamma", "RefTau", "Muons", "MuonEloss", "RefJet", "PVSoftTrk")


def missing_et(
    event: Event, central: float, forward: float, *, energy_loss: bool, invisible: str = ""
) -> dict[str, Term]:
    """`invisible` is a kind of things that claim what they share before all others, and are in no term."""
    terms = {name: Term() for name in (*ORDER, "Final")}
    if not event.associations:
        return terms
    for thing in event.things[invisible] if invisible else ():
        _add_thing(event, thing, Term())
    for kind, name in NAMES.items():
        for thing in event.things[kind]:
            if thing.selected:
                _add_thing(event, thing, terms[name])
    soft = terms["PVSoftTrk"]
    soft.mpx, soft.mpy, soft.sumet = event.core
    for jet in event.jets:
        found = next((a for a in event.associations if a.jet is None or a.jet is jet), None)
        if found is not None and found.jet is not None:
            _add_jet(event, found, found.jet, terms, (central, forward), energy_loss)
    misc = next((a for a in reversed(event.associations) if a.jet is None), None)
    if misc is not None:
        free = _total(vector for key, vector in misc.trk if not _has(key, misc.chosen))
        soft.add(free.px, free.py, free.sumpt)
    for name in ORDER:
        total, term = terms["Final"], terms[name]
        total.mpx, total.mpy, total.sumet = total.mpx + term.mpx, total.mpy + term.mpy, total.sumet + term.sumet
    return terms


def _add_thing(event: Event, thing: Thing, term: Term) -> None:
    holders = [a for a in event.associations if a.place(thing) is not None]
    if thing.kind == "e" and not holders:
        return
    if any(a.place(thing) in a.chosen for a in holders):
        return
    clash = False
    for a in holders:
        for other, types in a.overlaps[a.place(thing) or 0]:
            clash |= other in a.chosen and bool(types & 8)
    if not clash:
        for a in holders:
            a.chosen.add(a.place(thing) or 0)
    counts = not clash
    if thing.kind == "m":
        counts = True
        if thing.calo_tagged:
            for a in holders:
                for other, _ in a.overlaps[a.place(thing) or 0]:
                    neighbour = a.objects[other]
                    if neighbour is not None and neighbour.kind == "e" and other in a.chosen:
                        counts = False
    if counts:
        term.add(thing.px, thing.py, thing.pt)


def _add_jet(
    event: Event, a: Association, jet: Jet, terms: dict[str, Term], limits: tuple[float, float], energy_loss: bool
) -> None:
    is_hard = jet.pt > limits[0] if abs(jet.eta) < 2.5 else jet.pt > limits[1]
    rejected = jet.rejected
    overlap = a.cal_of_chosen()
    touched = overlap.e > 0
    overlap = overlap.times(Float(1 if jet.const_e > 1e-9 else 0))
    left_x, left_y = jet.const_px - overlap.px, jet.const_py - overlap.py
    electrons = [
        i for i, o in enumerate(a.objects) if o is not None and o.kind == "e" and i in a.chosen and o.stored_pt > 90e3
    ]
    own = _total(_total(v for key, v in a.trk if key >> i & 1) for i in electrons)
    keeps = math.hypot(own.px, own.py) > 1e-9 and a.tracks.sumpt - a.trk_of_chosen().sumpt > 10e3
    muons = [
        (i, o)
        for i, o in enumerate(a.objects)
        if o is not None and o.kind == "m" and any(b.place(o) in b.chosen for b in event.associations)
    ]
    is_loss = False
    for _, muon in muons:
        if rejected:
            continue
        sumpt = jet.track_sumpt + (muon.id_pt if 0.9999 * muon.id_pt > jet.track_sumpt else Float(0))
        share = sumpt > 1e-9 and muon.id_pt / sumpt > 0.8
        rejected = bool(muon.id_pt > 1e-9 and share and jet.pt / muon.id_pt < 2 and jet.n_tracks < 5)
        if energy_loss and share and jet.n_tracks < 3 and jet.em > 0.9 and jet.width < 0.1 and jet.presampler > 2500:
            left = Float(0 if muon.eloss >= jet.const_e else 1 - muon.eloss / jet.const_e)
            left_x, left_y, is_loss = left_x * left, left_y * left, True
    of_muons = _total(vector for key, vector in a.cal if _has(key, {i for i, _ in muons}))
    left_x, left_y = left_x + of_muons.px, left_y + of_muons.py
    left_pt = math.sqrt(left_x * left_x + left_y * left_y)
    if is_loss:
        terms["MuonEloss"].add(left_x, left_y, left_pt)
        return
    if is_hard and not rejected:
        if not touched:
            terms["RefJet"].add(jet.px, jet.py, jet.pt)
            return
        unique = 1 - float(overlap.e - of_muons.e) / jet.const_e if jet.const_e else -math.inf
        if (unique > 0 or keeps) and left_pt > 20e3:
            terms["RefJet"].add(unique * jet.px, unique * jet.py, unique * float(jet.pt))
            return
    if a.tracks.e > 1e-9:
        taken = a.trk_of_chosen()
        terms["PVSoftTrk"].add(a.tracks.px - taken.px, a.tracks.py - taken.py, a.tracks.sumpt - taken.sumpt)
