"""The block OverlapRemoval: which objects take part, the steps that are run, and the flag of those that survive.

Source: PhysicsAnalysis/Algorithms/AsgAnalysisAlgorithms/python/OverlapAnalysisConfig.py, which sets up the tools that
`kernels.overlap_removal` follows. How the flags become selections and branches is in `objects.overlap_flags`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from topcp_columnar.kernels import overlap_removal
from topcp_columnar.kernels.overlap_removal import Candidates, Cone
from topcp_columnar.objects import associated_tracks as tracks
from topcp_columnar.objects.overlap_flags import register
from topcp_columnar.objects.overlap_pairs import Taking, plan_pairs
from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import HONOURED, only, without_effect

if TYPE_CHECKING:
    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.objects.overlap_pairs import PairColumns
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

KINDS = ("electrons", "muons", "jets", "taus", "photons", "fatJets")
#: The objects of a chunk, by kind.
Objects: TypeAlias = Mapping[str, Candidates]
_CALO_TAGGED = 3  # xAOD::Muon::CaloTagged
# Later releases ask the decoration antiTauEventCategory, which analyses make with algorithms of their own.
_ANTI_TAUS_CHANGED = "25.2.5"


@dataclass(frozen=True, slots=True)
class _Step:
    """One step: what it reads besides the objects, and what it does to them."""

    needs: tuple[str, ...]
    remove: Callable[[Chunk, Objects], None]


Make: TypeAlias = Callable[["Part", Mapping[str, Taking]], _Step]


def _overlap_removal(part: Part) -> None:
    if not part.option("inputLabel"):
        raise Refused("without a label the toolkit would take all objects, selected or not; give it one", "inputLabel")
    taking = {kind: _taking(part, kind) for kind in KINDS if part.option(kind)}
    if not taking:
        raise Refused("it names no objects")
    steps = list(_steps(part, taking))
    label = part.option("outputLabel")
    survivors = f"OverlapRemoval.{label}"

    def compute(chunk: Chunk) -> Column:
        objects = {kind: took.candidates(chunk) for kind, took in taking.items()}
        for step in steps:
            step.remove(chunk, objects)
        return np.concatenate([objects[kind].survives for kind in taking])

    needs = [column for took in taking.values() for column in took.columns]
    needs += [need for step in steps for need in step.needs]
    part.compute_from_chunk(survivors, compute, *needs, nominal_only=bool(part.option("nominalOnly")))
    containers = [took.objects for took in taking.values()]
    flags = [_flag(part, containers, index, survivors) for index in range(len(containers))]
    register(part, dict(zip(taking, zip(containers, flags, strict=True), strict=True)))


def _flag(part: Part, containers: list[Container], index: int, survivors: str) -> str:
    """The flags of one container: its part of all survivors, which lie one container after the other."""
    label = part.option("outputLabel")

    def cut_out(chunk: Chunk) -> Column:
        *before, size = (int(chunk.offsets(container.name)[-1]) for container in containers[: index + 1])
        return chunk.column(survivors)[sum(before) : sum(before) + size]

    counted = [container.column("pt") for container in containers]
    return part.compute_from_chunk(containers[index].column(label), cut_out, survivors, *counted)


def _taking(part: Part, kind: str) -> Taking:
    objects, selection = part.container_and_selection(kind)
    label = f"{part.option('inputLabel')}_{part.option('outputLabel')}"
    selected = part.full_selection(objects, selection, objects.column(label), option=kind)
    return Taking(objects, selected)


def _steps(part: Part, taking: Mapping[str, Taking]) -> list[_Step]:
    """The steps that are run, in the order of OverlapRemovalTool.cxx."""
    steps = []
    for option, needed, make in _ORDER:
        if part.option(option) and all(kind in taking for kind in needed):
            steps.append(make(part, taking))
    return steps


def _remove_near(test: str, reference: str, radius: float) -> Make:
    """A step that removes objects of one kind near those of another."""

    def make(part: Part, taking: Mapping[str, Taking]) -> _Step:
        cone = Cone(radius)
        pairs = plan_pairs(part, taking, (test, reference), cone.widest)
        return _Step(pairs.columns, lambda chunk, objects: pairs.neighbours(chunk, objects, cone).remove())

    return make


def _photons_near(lepton: str) -> Make:
    """Photons give way to leptons, or leptons to photons where these are favoured."""

    def make(part: Part, taking: Mapping[str, Taking]) -> _Step:
        kinds = (lepton, "photons") if part.option("favourPhotonOverLepton") else ("photons", lepton)
        return _remove_near(*kinds, overlap_removal.PHOTON)(part, taking)

    return make


def _electrons_of_one_track(part: Part, taking: Mapping[str, Taking]) -> _Step:
    track, author = tracks.gsf_tracks(part, taking["electrons"].objects), taking["electrons"].objects.column("author")

    def remove(chunk: Chunk, objects: Objects) -> None:
        overlap_removal.remove_shared_electrons(objects["electrons"], chunk.column(track), chunk.column(author))

    part.require(author)
    return _Step((track, author), remove)


def _electrons_and_muons(part: Part, taking: Mapping[str, Taking]) -> _Step:
    of_electrons = tracks.original_tracks(part, taking["electrons"].objects)
    of_muons = tracks.inner_detector_tracks(part, taking["muons"].objects)
    muon_type = taking["muons"].objects.column("muonType")

    def remove(chunk: Chunk, objects: Objects) -> None:
        columns = (chunk.column(of_electrons), chunk.column(of_muons), chunk.column(muon_type) == _CALO_TAGGED)
        overlap_removal.separate_electrons_from_muons(objects["electrons"], objects["muons"], *columns)

    return _Step((of_electrons, of_muons, muon_type), remove)


def _electrons_and_jets(part: Part, taking: Mapping[str, Taking]) -> _Step:
    b_jets = _label(part, taking["jets"].objects, "bJetLabel")
    pairs, inner, outer = _jets_and(part, taking, "electrons")

    def remove(chunk: Chunk, objects: Objects) -> None:
        flags = None if b_jets is None else chunk.column(b_jets) != 0
        overlap_removal.remove_jets_near_electrons(pairs.neighbours(chunk, objects, inner), flags)
        pairs.neighbours(chunk, objects, outer, second=True).remove()

    return _Step((*filter(None, [b_jets]), *pairs.columns), remove)


def _muons_and_jets(part: Part, taking: Mapping[str, Taking]) -> _Step:
    b_jets = _label(part, taking["jets"].objects, "bJetLabel")
    pairs, inner, outer = _jets_and(part, taking, "muons")
    of_muons = tracks.inner_detector_tracks(part, taking["muons"].objects)
    n_tracks = tracks.tracks_from_primary_vertex(part, taking["jets"].objects)
    ghosts = taking["jets"].objects.column("GhostTrack")

    def remove(chunk: Chunk, objects: Objects) -> None:
        protected = chunk.column(n_tracks) >= overlap_removal.MIN_JET_TRACKS
        if b_jets is not None:
            protected |= chunk.column(b_jets) != 0
        found = overlap_removal.Ghosts(
            tracks.all_links(chunk, ghosts), chunk.column(of_muons), tracks.inner_detector_offsets(chunk)
        )
        overlap_removal.remove_jets_near_muons(pairs.neighbours(chunk, objects, inner), protected, found)
        pairs.neighbours(chunk, objects, outer, second=True).remove()

    needs = (*filter(None, [b_jets]), of_muons, n_tracks, ghosts, tracks.INNER_DETECTOR_COUNT)
    return _Step((*needs, *pairs.columns), remove)


def _jets_and(part: Part, taking: Mapping[str, Taking], leptons: str) -> tuple[PairColumns, Cone, Cone]:
    """Jets and leptons, the cone around jets, and that around leptons, which may shrink with their pt."""
    inner = Cone(part.number("InnerDR", overlap_removal.INNER))
    outer = Cone(part.number("OuterDR", overlap_removal.OUTER), sliding=bool(part.option("boostedLeptons")))
    return plan_pairs(part, taking, ("jets", leptons), max(inner.widest, outer.widest)), inner, outer


def _taus_and_jets(part: Part, taking: Mapping[str, Taking]) -> _Step:
    if not part.option("doTauAntiTauJetOR"):
        return _remove_near("jets", "taus", overlap_removal.TAU_JET)(part, taking)
    if part.job.at_least(_ANTI_TAUS_CHANGED):
        raise Refused("it asks for antiTauEventCategory, which no block of the toolkit makes", "doTauAntiTauJetOR")
    tau, anti_tau = (_label(part, taking["taus"].objects, option) for option in ("antiTauIDTauLabel", "antiTauLabel"))
    b_jets = _label(part, taking["jets"].objects, "antiTauBJetLabel")
    cone = Cone(overlap_removal.TAU_JET)
    pairs = plan_pairs(part, taking, ("jets", "taus"), cone.widest)

    def remove(chunk: Chunk, objects: Objects) -> None:
        labels = [_flags(chunk, label, objects[kind]) for label, kind in of_kinds]
        jets, taus = (pairs.neighbours(chunk, objects, cone, second=second) for second in (False, True))
        overlap_removal.separate_taus_from_jets(jets, taus, *labels)

    of_kinds = ((tau, "taus"), (anti_tau, "taus"), (b_jets, "jets"))
    return _Step((*filter(None, [tau, anti_tau, b_jets]), *pairs.columns), remove)


def _label(part: Part, objects: Container, option: str) -> str | None:
    """The flag that an option names; None if it names none."""
    if not (name := part.option(option)):
        return None
    if not part.has(column := objects.column(name)):
        flags = [c.partition(".")[2] for c in sorted(part.plan.made()) if c.startswith(objects.column("ftag_select_"))]
        raise Refused(f"{objects.name} has no flag {name!r}; for b-tagging: {', '.join(flags) or 'none'}", option)
    return column


def _flags(chunk: Chunk, column: str | None, objects: Candidates) -> Column:
    return np.zeros(len(objects.pt), np.bool_) if column is None else chunk.column(column) != 0


_ORDER: tuple[tuple[str, tuple[str, ...], Make], ...] = (
    ("doEleEleOR", ("electrons",), _electrons_of_one_track),
    ("doTauEleOR", ("taus", "electrons"), _remove_near("taus", "electrons", overlap_removal.TAU_LEPTON)),
    ("doTauMuOR", ("taus", "muons"), _remove_near("taus", "muons", overlap_removal.TAU_LEPTON)),
    ("doEleMuOR", ("electrons", "muons"), _electrons_and_muons),
    ("doPhEleOR", ("photons", "electrons"), _photons_near("electrons")),
    ("doPhMuOR", ("photons", "muons"), _photons_near("muons")),
    ("doEleJetOR", ("electrons", "jets"), _electrons_and_jets),
    ("doMuJetOR", ("muons", "jets"), _muons_and_jets),
    ("doTauJetOR", ("taus", "jets"), _taus_and_jets),
    ("doPhJetOR", ("photons", "jets"), _remove_near("jets", "photons", overlap_removal.PHOTON)),
    ("doEleFatJetOR", ("electrons", "fatJets"), _remove_near("fatJets", "electrons", overlap_removal.LARGE_R_JET)),
    ("doJetFatJetOR", ("jets", "fatJets"), _remove_near("jets", "fatJets", overlap_removal.LARGE_R_JET)),
)

BLOCKS = {
    "OverlapRemoval": BlockKind(
        {
            "inputLabel": HONOURED,
            "outputLabel": HONOURED,
            "selectionName": HONOURED,
            **dict.fromkeys(KINDS, HONOURED),
            **{f"{kind}SelectionName": HONOURED for kind in KINDS},
            **{option: HONOURED for option, _, _ in _ORDER},
            "doTauAntiTauJetOR": HONOURED,
            "bJetLabel": HONOURED,
            "boostedLeptons": HONOURED,
            "InnerDR": HONOURED,
            "OuterDR": HONOURED,
            "antiTauIDTauLabel": HONOURED,
            "antiTauLabel": HONOURED,
            "antiTauBJetLabel": HONOURED,
            "favourPhotonOverLepton": HONOURED,
            "allowNoPV": HONOURED,
            "addToAllSelections": HONOURED,
            "forceOROutputFlags": HONOURED,
            "forceOROutputFlagName": HONOURED,
            "nominalOnly": HONOURED,
            "nominalOnlyUnifiedSelection": only(False, None, why="the selections of all variations are not united"),
            "linkOverlapObjects": without_effect("writes no branch"),
            "enableUserPriority": without_effect("all objects that are selected have the same priority"),
            "addPreselection": without_effect("repeats the decision of the overlap removal"),
            "preselectLabel": without_effect("names no branch"),
            "postfix": without_effect("names no branch"),
            "configName": without_effect("names no branch"),
        },
        _overlap_removal,
    )
}
