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
from topcp_columnar.kernels.events import begins
from topcp_columnar.kernels.overlap import Directions
from topcp_columnar.kernels.overlap_removal import Candidates
from topcp_columnar.objects import associated_tracks as tracks
from topcp_columnar.objects.kinematics import momentum
from topcp_columnar.objects.overlap_flags import register
from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import HONOURED, only, without_effect

if TYPE_CHECKING:
    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
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


@dataclass(frozen=True, slots=True)
class _Taking:
    """A kind of objects that take part: their container, and columns of those that are selected.

    places    their positions in the container
    offsets   where those of each event begin among them
    rapidity  theirs
    """

    objects: Container
    places: str
    offsets: str
    rapidity: str

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.places, self.offsets, self.rapidity, self.objects.column("phi"), self.objects.column("pt"))

    def candidates(self, chunk: Chunk) -> Candidates:
        places, offsets, rapidity, phi, pt = (chunk.column(name) for name in self.columns)
        where = Directions(offsets, rapidity, phi.take(places).astype(np.float64))
        return Candidates(places, where, pt.take(places), np.ones(len(places), np.bool_))

    def survivors(self, chunk: Chunk, candidates: Candidates) -> Column:
        """Which of all objects of the container survive."""
        return candidates.marked(int(chunk.offsets(self.objects.name)[-1]))


def _overlap_removal(part: Part) -> None:
    if not part.option("inputLabel"):
        raise Refused("without a label the toolkit would take all objects, selected or not; give it one", "inputLabel")
    taking = {kind: _taking(part, kind) for kind in KINDS if part.option(kind)}
    if not taking:
        raise Refused("it names no objects")
    steps = list(_steps(part, {kind: took.objects for kind, took in taking.items()}))
    label = part.option("outputLabel")
    survivors = f"OverlapRemoval.{label}"

    def compute(chunk: Chunk) -> Column:
        objects = {kind: took.candidates(chunk) for kind, took in taking.items()}
        for step in steps:
            step.remove(chunk, objects)
        return np.concatenate([took.survivors(chunk, objects[kind]) for kind, took in taking.items()])

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
        sizes = [chunk.offsets(container.name)[-1] for container in containers]
        ends = np.cumsum([0, *sizes])
        return chunk.column(survivors)[ends[index] : ends[index + 1]]

    counted = [container.column("pt") for container in containers]
    return part.compute_from_chunk(containers[index].column(label), cut_out, survivors, *counted)


def _taking(part: Part, kind: str) -> _Taking:
    objects, selection = part.container_and_selection(kind)
    label = f"{part.option('inputLabel')}_{part.option('outputLabel')}"
    selected = part.full_selection(objects, selection, objects.column(label), option=kind)
    places = part.compute(f"{selected}_places", np.flatnonzero, selected)

    def begin(chunk: Chunk) -> Column:
        return begins(chunk.column(places), chunk.offsets(objects.name))

    offsets = part.compute_from_chunk(f"{selected}_offsets", begin, places)
    return _Taking(objects, places, offsets, _rapidity(part, objects, places))


def _rapidity(part: Part, objects: Container, places: str) -> str:
    """The rapidity of some objects."""
    needs, function = momentum(part, objects)

    def of_some(chunk: Chunk) -> Column:
        rows = chunk.rows(chunk.column(places))
        return function(*(rows.column(need) for need in needs))

    return part.compute_from_chunk(f"{places}_rapidity", of_some, places, some=needs)


def _steps(part: Part, containers: Mapping[str, Container]) -> list[_Step]:
    """The steps that are run, in the order of OverlapRemovalTool.cxx."""
    steps = []
    for option, needed, make in _ORDER:
        if part.option(option) and all(kind in containers for kind in needed):
            steps.append(make(part, *(containers[kind] for kind in needed)))
    return steps


def _near(test: str, reference: str, radius: float) -> Callable[..., _Step]:
    """A step that removes objects of one kind near those of another."""

    def remove(_chunk: Chunk, objects: Objects) -> None:
        overlap_removal.remove_near(objects[test], objects[reference], radius)

    return lambda _part, *_containers: _Step((), remove)


def _photons_near(lepton: str) -> Callable[..., _Step]:
    """Photons give way to leptons, or leptons to photons where these are favoured."""

    def make(part: Part, *containers: Container) -> _Step:
        kinds = (lepton, "photons") if part.option("favourPhotonOverLepton") else ("photons", lepton)
        return _near(*kinds, overlap_removal.PHOTON)(part, *containers)

    return make


def _electrons_of_one_track(part: Part, electrons: Container) -> _Step:
    track, author = tracks.gsf_tracks(part, electrons), electrons.column("author")

    def remove(chunk: Chunk, objects: Objects) -> None:
        electrons = objects["electrons"]
        columns = (electrons.of(chunk.column(track)), electrons.of(chunk.column(author)))
        overlap_removal.remove_shared_electrons(electrons, *columns)

    part.require(author)
    return _Step((track, author), remove)


def _electrons_and_muons(part: Part, electrons: Container, muons: Container) -> _Step:
    of_electrons = tracks.original_tracks(part, electrons)
    of_muons = tracks.inner_detector_tracks(part, muons)
    muon_type = muons.column("muonType")

    def remove(chunk: Chunk, objects: Objects) -> None:
        electrons, muons = objects["electrons"], objects["muons"]
        calo_tagged = muons.of(chunk.column(muon_type)) == _CALO_TAGGED
        columns = (electrons.of(chunk.column(of_electrons)), muons.of(chunk.column(of_muons)), calo_tagged)
        overlap_removal.separate_electrons_from_muons(electrons, muons, *columns)

    return _Step((of_electrons, of_muons, muon_type), remove)


def _electrons_and_jets(part: Part, _electrons: Container, jets: Container) -> _Step:
    b_jets = _label(part, jets, "bJetLabel")
    inner, outer, sliding = _cones(part)

    def remove(chunk: Chunk, objects: Objects) -> None:
        electrons, jets = objects["electrons"], objects["jets"]
        overlap_removal.remove_jets_near_electrons(jets, electrons, _flags(chunk, b_jets, jets), inner)
        overlap_removal.remove_leptons_near_jets(electrons, jets, outer, sliding=sliding)

    return _Step(tuple(filter(None, [b_jets])), remove)


def _muons_and_jets(part: Part, muons: Container, jets: Container) -> _Step:
    b_jets = _label(part, jets, "bJetLabel")
    inner, outer, sliding = _cones(part)
    of_muons = tracks.inner_detector_tracks(part, muons)
    n_tracks = tracks.tracks_from_primary_vertex(part, jets)
    ghosts = jets.column("GhostTrack")

    def remove(chunk: Chunk, objects: Objects) -> None:
        muons, jets = objects["muons"], objects["jets"]
        protected = jets.of(chunk.column(n_tracks)) >= overlap_removal.MIN_JET_TRACKS
        protected |= _flags(chunk, b_jets, jets)
        found = overlap_removal.Ghosts(
            tracks.all_links(chunk, ghosts), muons.of(chunk.column(of_muons)), tracks.inner_detector_offsets(chunk)
        )
        overlap_removal.remove_jets_near_muons(jets, muons, protected, found, inner)
        overlap_removal.remove_leptons_near_jets(muons, jets, outer, sliding=sliding)

    return _Step((*filter(None, [b_jets]), of_muons, n_tracks, ghosts, tracks.INNER_DETECTOR_COUNT), remove)


def _taus_and_jets(part: Part, taus: Container, jets: Container) -> _Step:
    if not part.option("doTauAntiTauJetOR"):
        return _near("jets", "taus", overlap_removal.TAU_JET)(part)
    if part.job.at_least(_ANTI_TAUS_CHANGED):
        raise Refused("it asks for antiTauEventCategory, which no block of the toolkit makes", "doTauAntiTauJetOR")
    tau, anti_tau = (_label(part, taus, option) for option in ("antiTauIDTauLabel", "antiTauLabel"))
    b_jets = _label(part, jets, "antiTauBJetLabel")

    def remove(chunk: Chunk, objects: Objects) -> None:
        taus, jets = objects["taus"], objects["jets"]
        labels = (_flags(chunk, tau, taus), _flags(chunk, anti_tau, taus), _flags(chunk, b_jets, jets))
        overlap_removal.separate_taus_from_jets(taus, jets, *labels)

    return _Step(tuple(filter(None, [tau, anti_tau, b_jets])), remove)


def _cones(part: Part) -> tuple[float, float, bool]:
    """The radii that jets and leptons are removed in, and whether that of the leptons shrinks with pt."""
    inner = part.number("InnerDR", overlap_removal.INNER)
    return inner, part.number("OuterDR", overlap_removal.OUTER), bool(part.option("boostedLeptons"))


def _label(part: Part, objects: Container, option: str) -> str | None:
    """The flag that an option names; None if it names none."""
    if not (name := part.option(option)):
        return None
    if not part.has(column := objects.column(name)):
        flags = [c.partition(".")[2] for c in sorted(part.plan.made()) if c.startswith(objects.column("ftag_select_"))]
        raise Refused(f"{objects.name} has no flag {name!r}; for b-tagging: {', '.join(flags) or 'none'}", option)
    return column


def _flags(chunk: Chunk, column: str | None, objects: Candidates) -> Column:
    return np.zeros(len(objects.pt), np.bool_) if column is None else objects.of(chunk.column(column)) != 0


_ORDER: tuple[tuple[str, tuple[str, ...], Callable[..., _Step]], ...] = (
    ("doEleEleOR", ("electrons",), _electrons_of_one_track),
    ("doTauEleOR", ("taus", "electrons"), _near("taus", "electrons", overlap_removal.TAU_LEPTON)),
    ("doTauMuOR", ("taus", "muons"), _near("taus", "muons", overlap_removal.TAU_LEPTON)),
    ("doEleMuOR", ("electrons", "muons"), _electrons_and_muons),
    ("doPhEleOR", ("photons", "electrons"), _photons_near("electrons")),
    ("doPhMuOR", ("photons", "muons"), _photons_near("muons")),
    ("doEleJetOR", ("electrons", "jets"), _electrons_and_jets),
    ("doMuJetOR", ("muons", "jets"), _muons_and_jets),
    ("doTauJetOR", ("taus", "jets"), _taus_and_jets),
    ("doPhJetOR", ("photons", "jets"), _near("jets", "photons", overlap_removal.PHOTON)),
    ("doEleFatJetOR", ("electrons", "fatJets"), _near("fatJets", "electrons", overlap_removal.LARGE_R_JET)),
    ("doJetFatJetOR", ("jets", "fatJets"), _near("jets", "fatJets", overlap_removal.LARGE_R_JET)),
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
