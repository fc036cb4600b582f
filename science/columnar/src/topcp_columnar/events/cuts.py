"""The cuts of EventSelection: what each keyword asks of an event.

Source: PhysicsAnalysis/Algorithms/EventSelectionAlgorithms/Root/*.cxx, one algorithm a keyword, as
python/EventSelectionConfig.py sets them up.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from topcp_columnar.errors import ConfigRefused
from topcp_columnar.events import expressions
from topcp_columnar.kernels import events as kernels
from topcp_columnar.objects.chosen import choose
from topcp_columnar.plan.model import EVENT
from topcp_columnar.plan.part import HangsOnRefused, Refused
from topcp_columnar.selection import as_flags

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from topcp_config import Cut

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.objects.chosen import Chosen
    from topcp_columnar.plan.part import Part
    from topcp_columnar.selection import Flags

#: From a chunk and the events that reach the cut, those that pass it; what it says of the others does not matter.
Decide: TypeAlias = Callable[["Chunk", "Flags"], "Flags"]

# Objects count from a pt on, not above it, from this release at the latest: `>=` stands in the algorithms of 2025, `>`
# in those of January 2024. Only an object at exactly the threshold tells.
_CLOSED_SINCE = "25.2.52"
# OS and SS look at taus from this release at the latest: in the source of 2025, not in that of January 2024.
_TAU_CHARGES_SINCE = "25.2.52"
# JET_N_BTAG asks for 25 GeV until its forms with a selection came.
_NO_BTAG_PT_SINCE, _BTAG_PT = "25.2.29", 25e3

_SIGNS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    ">": operator.gt,
    "==": operator.eq,
    ">=": operator.ge,
    "<=": operator.le,
}
# check_ghosts in EventSelectionConfig.py; another name is that of a decoration.
_GHOSTS = {
    "B": "GhostBHadronsFinalCount",
    "C": "GhostCHadronsFinalCount",
    "T": "GhostTQuarksFinalCount",
    "W": "GhostWBosonsCount",
    "Z": "GhostZBosonsCount",
    "H": "GhostHBosonsCount",
    "TAU": "GhostTausFinalCount",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """A cut that can be computed.

    needs  the columns it reads
    """

    decide: Decide
    needs: tuple[str, ...]


class Scene:
    """The objects that the cuts of a block EventSelection act on, found when a cut asks for them."""

    def __init__(self, part: Part, cut: Cut) -> None:
        self.part, self.cut = part, cut

    def number(self, name: str) -> float:
        """An argument that is a number."""
        return float(self.cut.arguments[name])

    def objects(self, option: str, *selections: str) -> Chosen:
        """The objects of the block's option, that pass further selections too; empty ones are none."""
        name = str(self.part.option(option, ""))
        chosen = choose(self.part, name, option, *(s for s in selections if s))
        return replace(chosen, dressed=True) if self._is_dressed(option, name) else chosen

    def _is_dressed(self, option: str, name: str) -> bool:
        """Whether the leptons are cut on by their dressed momenta: truth leptons are, unless the block says no.

        Which these are the toolkit tells by the name of their container (EventSelectionConfig.py of 2025 and 2026).
        """
        is_truth = option in ("electrons", "muons") and ("Truth" in name or "Particle" in name)
        return is_truth and bool(self.part.option("useDressedProperties", default=True))

    def given(self, *options: str) -> list[Chosen]:
        """The objects of those of the options that are given."""
        return [self.objects(option) for option in options if self.part.option(option, "")]

    def met(self, variable: str) -> str:
        """The column of a variable of the missing momentum, of the term that the block asks for."""
        name, term = self.part.option("met", ""), self.part.option("metTerm") or "Final"
        if name in self.part.lost:
            raise HangsOnRefused(f"{name} is left out")
        column = f"{name}.{variable}" if term == "Final" else f"{name}.{term}_{variable}"
        if column not in self.part.plan.made():
            why = f"no block MissingET makes the term {term!r} of {name!r}"
            raise Refused(why, "metTerm" if name in self.part.plan.containers else "met")
        return column

    def event(self, name: str) -> str:
        """The column of an event's variable, written as the toolkit writes decorations: `x_%SYS%,as_char`."""
        plain = name.partition(",")[0].removesuffix("_%SYS%").removesuffix("_NOSYS")
        column = f"{EVENT}.{plain}"
        if column in self.part.lost:
            raise HangsOnRefused(f"{plain} is left out")
        if not self.part.has(column):
            raise Refused(f"{plain!r} is neither computed nor stored with the event")
        return column

    def compares(self, values: Column) -> Flags:
        """The values that stand as the cut's sign says to the cut's value; floats are compared as floats."""
        value: Any = self.cut.value
        if values.dtype.kind == "f":
            value = values.dtype.type(value)
        return np.asarray(_SIGNS[str(self.cut.sign)](values, value))

    def reach(self, values: Column, limit: float) -> Flags:
        """The values at or above a limit, as the release counts; of a limit 0, all."""
        closed = self.part.job.at_least(_CLOSED_SINCE)
        return np.asarray(values >= np.float32(limit) if closed else values > np.float32(limit))

    def require(self, chunk: Chunk, reached: Flags, right: Flags, found: Column, wanted: str) -> None:
        """Raises ConfigRefused, as the toolkit stops, if an event that reaches the cut has not the leptons it needs."""
        wrong = np.flatnonzero(reached & ~right)
        if not len(wrong):
            return
        mark, event = self.cut.mark, int(chunk.column(f"{EVENT}.eventNumber")[wrong[0]])
        raise ConfigRefused(
            f"{mark.file}:{mark.line}:{mark.column}: {self.cut.keyword} needs {wanted}, but event {event} of "
            f"{chunk.file.location}, which passes the cuts before it, has {found[wrong[0]]}; the toolkit stops here "
            f"too. Put cuts on the number of leptons before this one."
        )


_EVENT_NUMBER = (f"{EVENT}.eventNumber",)


def _count(scene: Scene, *groups: tuple[Chosen, float]) -> Decision:
    """How many objects there are with their pt, of several kinds together."""
    counts = tuple(_number(scene, chosen, min_pt) for chosen, min_pt in groups)
    return Decision(lambda chunk, _: scene.compares(reduce(operator.add, map(chunk.column, counts))), counts)


def _number(scene: Scene, chosen: Chosen, min_pt: float) -> str:
    """The column of how many objects there are with that pt, which the cuts of several regions may ask for."""
    makes = f"{EVENT}.number of {' and '.join(chosen.needs())} from {min_pt}"

    def number(chunk: Chunk) -> Column:
        flags = chosen.passing(chunk) & scene.reach(chosen.values(chunk, "pt"), min_pt)
        return kernels.count(flags, chosen.offsets(chunk))

    if not scene.part.plan.makes(makes):
        scene.part.compute_from_chunk(makes, number, *chosen.needs())
    return makes


def _counted(option: str) -> Callable[[Scene], Decision]:
    """EL_N and its like."""
    return lambda scene: _count(scene, (scene.objects(option, scene.cut.text("selection")), scene.number("pt")))


def _any_object(scene: Scene) -> Decision:
    return _count(scene, (choose(scene.part, scene.cut.text("container"), None), scene.number("pt")))


def _leptons(*names: str) -> Callable[[Scene], Decision]:
    """SUM_EL_N_MU_N and SUM_EL_N_MU_N_TAU_N."""

    def decision(scene: Scene) -> Decision:
        arguments = scene.cut.arguments
        groups = []
        for name in names:
            selection = scene.cut.text(f"selection{name}")
            pt = float(arguments.get(f"pt{name}", arguments.get("pt", 0.0)))
            groups.append((scene.objects(name.lower(), selection), pt))
        return _count(scene, *groups)

    return decision


def _btagged(scene: Scene) -> Decision:
    cut, part = scene.cut, scene.part
    tagger = cut.text("tagger")
    decoration = f"ftag_select_{tagger}_{cut.text('workingPoint')}" if tagger else part.option("btagDecoration", "")
    jets = scene.objects("jets", cut.text("selection"))
    tagged = _btag_flag(scene, jets, decoration)
    min_pt = 0.0 if part.job.at_least(_NO_BTAG_PT_SINCE) else _BTAG_PT

    def decide(chunk: Chunk, _: Flags) -> Flags:
        flags = jets.passing(chunk) & as_flags(chunk.column(tagged)) & scene.reach(jets.values(chunk, "pt"), min_pt)
        return scene.compares(kernels.count(flags, jets.offsets(chunk)))

    return Decision(decide, (*jets.needs(), tagged))


def _btag_flag(scene: Scene, jets: Chosen, decoration: str) -> str:
    column = jets.column(decoration.partition(",")[0].removesuffix("_%SYS%"))
    if column in scene.part.lost:
        raise HangsOnRefused(f"{decoration} is left out")
    if not scene.part.has(column):
        raise Refused(f"no block FlavourTagging of {jets.container.name} makes {decoration}")
    return column


def _ghosts(option: str) -> Callable[[Scene], Decision]:
    """JET_N_GHOST and LJET_N_GHOST: jets with the ghost, and without that which is vetoed."""

    def decision(scene: Scene) -> Decision:
        cut = scene.cut
        jets = scene.objects(option)
        ghost, veto = (_GHOSTS.get(cut.text(name).upper(), cut.text(name)) for name in ("ghost", "vetoedGhost"))
        min_pt = np.float32(cut.arguments.get("pt", 0.0))

        def decide(chunk: Chunk, _: Flags) -> Flags:
            flags = jets.passing(chunk) & (jets.values(chunk, "pt") >= min_pt) & (jets.values(chunk, ghost) > 0)
            if veto:
                flags &= ~(jets.values(chunk, veto) > 0)
            return scene.compares(kernels.count(flags, jets.offsets(chunk)))

        return Decision(decide, jets.needs(*filter(None, (ghost, veto))))

    return decision


def _heavy(scene: Scene) -> Decision:
    """LJETMASS_N and LJETMASSWINDOW_N; with veto, jets outside of the window are counted."""
    cut = scene.cut
    jets = scene.objects("largeRjets", cut.text("selection"))
    low = scene.number("low" if "low" in cut.arguments else "mass")
    high = float(cut.arguments.get("high", np.inf))

    def decide(chunk: Chunk, _: Flags) -> Flags:
        m = jets.values(chunk, "m")
        inside = (m > np.float32(low)) & (m < np.float32(high))
        flags = jets.passing(chunk) & (inside ^ ("veto" in cut.flags))
        return scene.compares(kernels.count(flags, jets.offsets(chunk)))

    return Decision(decide, jets.needs("m"))


def _met(scene: Scene) -> Decision:
    met = scene.met("met")
    return Decision(lambda chunk, _: scene.compares(chunk.column(met)), (met,))


def _transverse_mass(*, plus_met: bool) -> Callable[[Scene], Decision]:
    """MWT and MET+MWT, of the first electron or the first muon: events with both, or with none, stop the job."""

    def decision(scene: Scene) -> Decision:
        leptons = scene.given("electrons", "muons")
        met, met_phi = scene.met("met"), scene.met("phi")

        def decide(chunk: Chunk, reached: Flags) -> Flags:
            pt, phi, kinds = _first_leptons(chunk, leptons)
            scene.require(chunk, reached, kinds == 1, kinds, "an electron or a muon, and not both")
            values = kernels.transverse_mass(pt, phi, chunk.column(met), chunk.column(met_phi))
            return scene.compares(values + chunk.column(met) if plus_met else values)

        needs = [need for chosen in leptons for need in chosen.needs("phi")]
        return Decision(decide, (*needs, met, met_phi, *_EVENT_NUMBER))

    return decision


def _first_leptons(chunk: Chunk, leptons: Sequence[Chosen]) -> tuple[Column, Column, Column]:
    """pt and phi of the first lepton, and how many kinds of leptons the event has."""
    pt, phi = (np.zeros(len(chunk), np.float32) for _ in range(2))
    kinds = np.zeros(len(chunk), np.int64)
    for chosen in leptons:
        position = kernels.first(chosen.passing(chunk), chosen.offsets(chunk))
        found = position >= 0
        pt[found] = chosen.values(chunk, "pt")[position[found]]
        phi[found] = chosen.values(chunk, "phi")[position[found]]
        kinds += found
    return pt, phi, kinds


def _two_leptons(scene: Scene, chunk: Chunk, reached: Flags, leptons: Sequence[Chosen]) -> None:
    counts = sum((kernels.count(c.passing(chunk), c.offsets(chunk)) for c in leptons), np.zeros(len(chunk), np.int64))
    scene.require(chunk, reached, counts == 2, counts, "exactly two leptons")


def _pair_mass(scene: Scene) -> Decision:
    """MLL and MLLWINDOW."""
    cut = scene.cut
    leptons = scene.given("electrons", "muons")

    def decide(chunk: Chunk, reached: Flags) -> Flags:
        _two_leptons(scene, chunk, reached, leptons)
        total = np.zeros((4, len(chunk)))
        for chosen in leptons:
            flags, offsets = chosen.passing(chunk), chosen.offsets(chunk)
            total += [kernels.summed(part, flags, offsets) for part in chosen.four_vectors(chunk)]
        values = kernels.mass(total)
        if cut.sign is not None:
            return scene.compares(values)
        low, high = np.float32(scene.number("low")), np.float32(scene.number("high"))
        return np.asarray(((values > low) & (values < high)) ^ ("veto" in cut.flags))

    needs = [need for chosen in leptons for need in chosen.needs(*chosen.momentum)]
    return Decision(decide, (*needs, *_EVENT_NUMBER))


def _pair_of_other_charges(scene: Scene) -> Decision:
    """MLL_OSSF: some pair of electrons, or of muons, lies in the window."""
    leptons = scene.given("electrons", "muons")
    low, high = scene.number("low"), scene.number("high")

    def decide(chunk: Chunk, _: Flags) -> Flags:
        found = np.zeros(len(chunk), np.bool_)
        for chosen in leptons:
            flags, charge = chosen.passing(chunk), chosen.values(chunk, "charge")
            p = chosen.four_vectors(chunk)
            found |= kernels.has_pair_in_window(chosen.offsets(chunk), flags, charge, p, low, high)
        return np.asarray(found ^ ("veto" in scene.cut.flags))

    return Decision(decide, tuple(need for c in leptons for need in c.needs("charge", *c.momentum)))


def _charges(*, opposite: bool) -> Callable[[Scene], Decision]:
    """OS and SS, of the kinds that the flags name, or else of all."""
    options = {"el": "electrons", "mu": "muons", "tau": "taus"}

    def decision(scene: Scene) -> Decision:
        early = not scene.part.job.at_least(_TAU_CHARGES_SINCE)
        flags = scene.cut.flags or [flag for flag in options if not (early and flag == "tau")]
        leptons = scene.given(*(option for flag, option in options.items() if flag in flags))

        def decide(chunk: Chunk, reached: Flags) -> Flags:
            _two_leptons(scene, chunk, reached, leptons)
            total = np.zeros(len(chunk))
            for chosen in leptons:
                charge = chosen.values(chunk, "charge").astype(np.int64)
                total += kernels.summed(charge, chosen.passing(chunk), chosen.offsets(chunk))
            return np.asarray(total == 0 if opposite else np.abs(total) == 2)

        needs = [need for chosen in leptons for need in chosen.needs("charge")]
        return Decision(decide, (*needs, *_EVENT_NUMBER))

    return decision


def _run_number(scene: Scene) -> Decision:
    column = scene.part.run_number()
    return Decision(lambda chunk, _: scene.compares(chunk.column(column).astype(np.int64)), (column,))


def _event_variable(scene: Scene) -> Decision:
    column = scene.event(scene.cut.text("variable"))
    value = np.float32(scene.cut.value)
    sign = _SIGNS[str(scene.cut.sign)]
    return Decision(lambda chunk, _: np.asarray(sign(chunk.column(column).astype(np.float64), value)), (column,))


def _expression(scene: Scene) -> Decision:
    """EXPR; an event that lacks one of the objects stops the job."""
    asked = scene.cut.expression
    if asked is None:
        raise Refused("EXPR has no expression")
    objects = [(_operand(scene, operand.collection), operand.index) for operand in asked.operands]
    met = (scene.met("met"), scene.met("phi")) if any(index is None for _, index in objects) else ()

    def decide(chunk: Chunk, reached: Flags) -> Flags:
        momenta = []
        for operand, index in objects:
            if operand is None or index is None:
                momenta.append(expressions.of_met(chunk, *met))
                continue
            of_object, counts = expressions.of_object(chunk, operand[0], index)
            scene.require(chunk, reached, counts > index, counts, f"{index + 1} of {operand[1]}")
            momenta.append(of_object)
        return scene.compares(expressions.quantity(asked.variable, momenta))

    needs = [need for operand, _ in objects if operand for need in operand[0].needs(*operand[0].momentum)]
    return Decision(decide, (*needs, *met, *_EVENT_NUMBER))


def _operand(scene: Scene, collection: str) -> tuple[Chosen, str] | None:
    """The objects of a collection, and its name; None for met."""
    if collection == "met":
        return None
    chosen = scene.objects(expressions.COLLECTIONS[collection])
    if collection == "bjet":
        flag = _btag_flag(scene, chosen, scene.part.option("btagDecoration", ""))
        chosen = replace(chosen, flags=(*chosen.flags, flag))
    return chosen, collection


#: What each keyword asks; IMPORT, EVENTFLAG, GLOBALTRIGMATCH and SAVE ask nothing themselves.
DECISIONS: Mapping[str, Callable[[Scene], Decision]] = {
    "EL_N": _counted("electrons"),
    "MU_N": _counted("muons"),
    "JET_N": _counted("jets"),
    "PH_N": _counted("photons"),
    "TAU_N": _counted("taus"),
    "LJET_N": _counted("largeRjets"),
    "OBJ_N": _any_object,
    "SUM_EL_N_MU_N": _leptons("Electrons", "Muons"),
    "SUM_EL_N_MU_N_TAU_N": _leptons("Electrons", "Muons", "Taus"),
    "JET_N_BTAG": _btagged,
    "JET_N_GHOST": _ghosts("jets"),
    "LJET_N_GHOST": _ghosts("largeRjets"),
    "LJETMASS_N": _heavy,
    "LJETMASSWINDOW_N": _heavy,
    "MET": _met,
    "MWT": _transverse_mass(plus_met=False),
    "MET+MWT": _transverse_mass(plus_met=True),
    "MLL": _pair_mass,
    "MLLWINDOW": _pair_mass,
    "MLL_OSSF": _pair_of_other_charges,
    "OS": _charges(opposite=True),
    "SS": _charges(opposite=False),
    "RUN_NUMBER": _run_number,
    "EVENTVAR": _event_variable,
    "EXPR": _expression,
}
#: How the toolkit names the flag of a cut, between the region and the number of the line.
TAGS: Mapping[str, str] = {
    "EL_N": "NEL",
    "MU_N": "NMU",
    "JET_N": "NJET",
    "PH_N": "NPH",
    "TAU_N": "NTAU",
    "LJET_N": "NLJET",
    "OBJ_N": "NOBJ",
    "SUM_EL_N_MU_N": "SUMNELNMU",
    "SUM_EL_N_MU_N_TAU_N": "SUMNLEPTONS",
    "JET_N_BTAG": "NBJET",
    "JET_N_GHOST": "NJETGHOST",
    "LJET_N_GHOST": "NLJETGHOST",
    "LJETMASS_N": "NLJETMASS",
    "LJETMASSWINDOW_N": "NLJETMASSWINDOW",
    "MET+MWT": "METMWT",
}
