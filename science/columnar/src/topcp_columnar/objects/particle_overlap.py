"""The block PL_OverlapRemoval: leptons near jets, and jets near photons, are removed.

Source: PhysicsAnalysis/Algorithms/TruthParticleLevelAnalysisAlgorithms/{python/ParticleLevelOverlapRemovalConfig.py,
Root/ParticleLevelOverlapRemovalAlg.cxx}. All objects take part that are selected, those removed in the same run too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.kernels.kinematics import rapidity
from topcp_columnar.kernels.particle_overlap import Directions, has_near
from topcp_columnar.objects.chosen import choose
from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import HONOURED

if TYPE_CHECKING:
    from collections.abc import Callable

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.objects.chosen import Chosen
    from topcp_columnar.plan.part import Part
    from topcp_columnar.selection import Flags


@dataclass(frozen=True, slots=True)
class Place:
    """Objects, and how their direction is measured."""

    chosen: Chosen
    of: Callable[[Chunk, Chosen], tuple[Column, Column]]
    needs: tuple[str, ...]

    def directions(self, chunk: Chunk) -> Directions:
        y, phi = self.of(chunk, self.chosen)
        return Directions(self.chosen.offsets(chunk), y, phi, self.chosen.passing(chunk))


def place(chosen: Chosen, *, use_rapidity: bool, dressed: bool = False) -> Place:
    """Truth particles and truth jets have a column of their rapidity, dressed leptons have none."""
    if dressed:
        names, of = _MOMENTUM, _dressed_rapidity if use_rapidity else _dressed_eta
        return Place(chosen, of, chosen.needs(*names))
    name = "rapidity" if use_rapidity else "eta"
    return Place(chosen, _bare_rapidity if use_rapidity else _bare_eta, chosen.needs(name, "phi"))


_MOMENTUM = ("pt_dressed", "eta_dressed", "phi_dressed", "e_dressed")


def _doubles(chunk: Chunk, objects: Chosen, *names: str) -> list[Column]:
    return [objects.values(chunk, name).astype(np.float64) for name in names]


def _dressed_rapidity(chunk: Chunk, objects: Chosen) -> tuple[Column, Column]:
    pt, eta, phi, e = _doubles(chunk, objects, *_MOMENTUM)
    return _rapidity(pt, eta, e), phi


def _dressed_eta(chunk: Chunk, objects: Chosen) -> tuple[Column, Column]:
    eta, phi = _doubles(chunk, objects, "eta_dressed", "phi_dressed")
    return eta, phi


def _bare_rapidity(chunk: Chunk, objects: Chosen) -> tuple[Column, Column]:
    y, phi = _doubles(chunk, objects, "rapidity", "phi")
    return y, phi


def _bare_eta(chunk: Chunk, objects: Chosen) -> tuple[Column, Column]:
    eta, phi = _doubles(chunk, objects, "eta", "phi")
    return eta, phi


def _rapidity(pt: Column, eta: Column, e: Column) -> Column:
    """As of a TLorentzVector that is set by pt, eta, phi and E."""
    pz = pt * np.sinh(eta)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(0.5 * np.log((e + pz) / (e - pz)))


def add_jet_rapidity(part: Part, jets: Chosen) -> None:
    if not part.plan.makes(makes := jets.column("rapidity")):
        part.compute(makes, rapidity, *(jets.column(name) for name in ("pt", "eta", "m")))


def keep_far(part: Part, makes: str, objects: Place, others: Place, *, in_float: bool = False) -> str:
    """The column of objects that are selected and have none of the others, selected too, nearer than 0.4."""

    def survive(chunk: Chunk) -> Flags:
        directions = objects.directions(chunk)
        return directions.present & ~has_near(directions, others.directions(chunk), in_float=in_float)

    return part.compute_from_chunk(makes, survive, *objects.needs, *others.needs)


def _overlap_removal(part: Part) -> None:
    if not part.option("jets", ""):
        raise Refused("the toolkit needs jets here", "jets")
    given = {option: _choose(part, option) for option in ("electrons", "muons", "photons") if part.option(option, "")}
    jets = _choose(part, "jets")
    add_jet_rapidity(part, jets)
    use_rapidity, dressed = bool(part.option("useRapidityForDeltaR")), bool(part.option("useDressedProperties"))
    for option in [option for option in ("electrons", "muons") if option in given]:
        leptons = place(given[option], use_rapidity=use_rapidity, dressed=dressed)
        near = place(jets, use_rapidity=use_rapidity)
        # The distance to dressed leptons is kept in a float.
        _select(
            part, option, given[option], keep_far(part, _label(part, given[option]), leptons, near, in_float=dressed)
        )
    if "photons" in given:
        _select(part, "photons", given["photons"], _passing(part, given["photons"]))
        # The distance of photons is measured in rapidity, whatever the option says.
        photons, near = (place(chosen, use_rapidity=True) for chosen in (given["photons"], jets))
        _select(part, "jets", jets, keep_far(part, _label(part, jets), near, photons))
    else:
        _select(part, "jets", jets, _passing(part, jets))


def _choose(part: Part, option: str) -> Chosen:
    return choose(part, str(part.option(option)), option)


def _label(part: Part, chosen: Chosen) -> str:
    return chosen.column(str(part.option("label")))


def _passing(part: Part, chosen: Chosen) -> str:
    """Photons are never removed; what is not selected does not have the label."""
    return part.compute_from_chunk(_label(part, chosen), chosen.passing, *chosen.needs())


def _select(part: Part, option: str, chosen: Chosen, column: str) -> None:
    """The label is part of the selection that the option names, or of all."""
    part.select(chosen.container, column, str(part.option(option)).partition(".")[2])


BLOCKS = {
    "PL_OverlapRemoval": BlockKind(
        {
            "jets": HONOURED,
            "electrons": HONOURED,
            "muons": HONOURED,
            "photons": HONOURED,
            "label": HONOURED,
            "useDressedProperties": HONOURED,
            "useRapidityForDeltaR": HONOURED,
        },
        _overlap_removal,
        simulation_only=True,
    ),
}
