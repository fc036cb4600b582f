"""Hadronically decaying taus: acceptance, charge, number of tracks, and identification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.kernels import links, taus
from topcp_columnar.kernels.errors import UnknownWorkingPoint
from topcp_columnar.objects import leptons
from topcp_columnar.objects.associated_tracks import all_links
from topcp_columnar.objects.kinematics import offer_charge, offer_kinematics
from topcp_columnar.objects.offers import calibration_systematics, efficiencies, offer_stored
from topcp_columnar.plan.model import Variable
from topcp_columnar.plan.part import BlockKind, Refused
from topcp_columnar.plan.rules import HONOURED, only, without_effect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from topcp_columnar.chunk import Chunk
    from topcp_columnar.containers import Column
    from topcp_columnar.plan.model import Container
    from topcp_columnar.plan.part import Part

_CONFIG = "PhysicsAnalysis/Algorithms/TauAnalysisAlgorithms/python/TauAnalysisConfig.py"
_TRACK_FLAGS = "TauTracks.flagSet"
_NETWORK_POINTS = ("VeryLoose", "Loose", "Medium", "Tight")
_SMEARING = "pt is as stored: the toolkit's smearing of taus needs files that are not public"
# From TopCPToolkit's documentation of these releases.
_DECAY_MODE_SINCE, _TRACKS_SINCE, _CHARGED_TRACKS_SINCE = "25.2.29", "25.2.52", "25.2.88"
# The veto of electrons spares taus of three tracks in TauSelectionCuts.cxx of 2025, and not yet in January 2024.
_VETO_OF_ONE_PRONG_SINCE, _VETO_UNCERTAIN_SINCE = "25.2.88", "25.2.5"
_VETO_UNCERTAIN = "it is not known whether the veto of electrons spares taus of three tracks in this release"


@dataclass(frozen=True, slots=True)
class _Selection:
    """What a working point asks; its limits are those of `kernels.taus.passes_kinematics`.

    rnn, gntau  the working point of the network; None: no cut
    min_scores  the least score of a network, by the variable that holds it
    veto        the working point of the veto of electrons; None: no cut
    """

    min_pt: float | None = taus.MIN_PT
    eta_regions: Sequence[float] = taus.ETA_REGIONS
    charges: Sequence[int] = taus.CHARGES
    n_tracks: Sequence[int] = taus.N_TRACKS
    rnn: str | None = None
    gntau: str | None = None
    min_scores: tuple[tuple[str, float], ...] = ()
    veto: str | None = None


_RNN_SCORE, _GNTAU_SCORE = "RNNJetScoreSigTrans", "GNTauScoreSigTrans_v0prune"


def _taus(part: Part) -> None:
    container = part.add_container("AnalysisTauJets")
    offer_kinematics(part, container, _CONFIG, approximate=_SMEARING)
    offer_charge(part, container, _CONFIG)
    _compute_tracks(part, container)
    if part.job.at_least(_DECAY_MODE_SINCE):
        offer_stored(part, container, {"NNDecayMode": "NNDecayMode"}, _CONFIG)
    if part.job.at_least(_CHARGED_TRACKS_SINCE):
        _offer_decision_on_muons(part, container)
    calibration_systematics(part, container, "TAUS_TRUEHADTAU_*")


def _compute_tracks(part: Part, container: Container) -> None:
    stored = container.column("tauTrackLinks")

    def count(chunk: Chunk) -> Column:
        link = all_links(chunk, stored)
        n_links = np.diff(link.inner[link.offsets])
        offsets = np.concatenate([[0], np.cumsum(n_links)])
        positions = links.resolve(offsets, link.keys, link.indices, "TauTracks", chunk.jagged(_TRACK_FLAGS).offsets)
        return taus.charged_tracks(link, positions, chunk.column(_TRACK_FLAGS))

    column = part.compute_from_chunk(container.column("nTracksCharged"), count, stored, _TRACK_FLAGS)
    if part.option("decorateExtraVariables", default=False):
        name = "nTracksCharged" if part.job.at_least(_CHARGED_TRACKS_SINCE) else "nTracks"
        part.offer(container, Variable(name, column, _CONFIG, no_sys=True))


def _offer_decision_on_muons(part: Part, container: Container) -> None:
    if part.has(container.column("passTATTauMuonOLR")):
        offer_stored(part, container, {"passTATTauMuonOLR": "passTATTauMuonOLR"}, _CONFIG)
    else:
        part.omit(f"passTATTauMuonOLR of {container.name}", "the file does not store it")
    part.omit(f"TESCompatibility of {container.name}", "the smearing of taus needs files that are not public")


def _working_point(part: Part) -> None:
    container = part.container()
    name = leptons.selection_name(part)
    selection = _manual(part) if part.option("useSelectionConfigFile", default=True) is False else _named(part)
    _select(part, container, name, selection)
    leptons.offer_flag(part, container, name, _CONFIG)
    if not part.option("noEffSF"):
        kinds = ["effSF"] if not part.job.at_least(_CHARGED_TRACKS_SINCE) else ["Reco_effSF", "ID_effSF"]
        efficiencies(part, container, kinds, name, _CONFIG)


def _named(part: Part) -> _Selection:
    """The selection of one of the files tau_selection_*.conf."""
    quality = part.option("quality")
    early = part.knows("legacyRecommendations")
    names = (*_NETWORK_POINTS, "Baseline", "NoID" if early else "BaselineForFakes")
    if quality not in names:
        raise Refused(f"{quality!r} is not one of {', '.join(names)}", "quality")
    network = quality if quality in _NETWORK_POINTS else None
    veto = quality not in ("Baseline", "NoID") and (early or part.option("use_eVeto"))
    gntau = bool(part.option("useGNTau"))
    score = _GNTAU_SCORE if gntau else _RNN_SCORE
    return _Selection(
        min_pt=_min_pt(part),
        rnn=None if gntau else network,
        gntau=network if gntau else None,
        min_scores=((score, taus.MIN_SCORE_FOR_FAKES),) if quality == "BaselineForFakes" else (),
        veto="Loose" if veto else None,
    )


def _min_pt(part: Part) -> float | None:
    if part.option("dropPtCut"):
        return None
    return taus.LOW_MIN_PT if part.option("useLowPt") else taus.MIN_PT


def _manual(part: Part) -> _Selection:
    """The selection that the options manual_sel_* spell out."""
    if part.option("manual_sel_muonolr"):
        raise Refused(_NO_MUONS, "manual_sel_muonolr")
    if part.option("manual_sel_rnnwp") is not None:
        raise Refused("the toolkit puts manual_sel_gntauwp in its place, even where that is None", "manual_sel_rnnwp")
    scores = {
        _RNN_SCORE: part.number("manual_sel_minrnnscore", -1.0),
        _GNTAU_SCORE: part.number("manual_sel_mingntauscore", -1.0),
    }
    return _Selection(
        part.number("manual_sel_minpt"),
        _numbers(part, "manual_sel_absetaregion"),
        [int(charge) for charge in _numbers(part, "manual_sel_abscharges")],
        [int(number) for number in _numbers(part, "manual_sel_ntracks")],
        gntau=_spelt(part.option("manual_sel_gntauwp")),
        min_scores=tuple((score, least) for score, least in scores.items() if least != -1),
        veto=_spelt(part.option("manual_sel_evetowp")),
    )


def _spelt(name: str | None) -> str | None:
    """`veryloose` as it is called elsewhere."""
    return None if name is None else {"veryloose": "VeryLoose"}.get(name, name.capitalize())


def _numbers(part: Part, option: str) -> list[float]:
    value = part.option(option, [])
    if not isinstance(value, list) or not all(isinstance(x, int | float) and not isinstance(x, bool) for x in value):
        raise Refused(f"{value!r} is not a list of numbers", option)
    return value


def _select(part: Part, container: Container, name: str, selection: _Selection) -> None:
    conditions = [_kinematic_cut(part, container, name, selection)]
    try:
        conditions += _identification(part, container, name, selection)
    except UnknownWorkingPoint as error:
        raise Refused(str(error), "quality" if part.option("quality") else None) from None
    for column in conditions:
        part.select(container, column, name, approximate=_SMEARING if column == conditions[0] else "")
    if selection.veto:
        part.select(container, *_veto(part, container, name, selection.veto))


def _kinematic_cut(part: Part, container: Container, name: str, selection: _Selection) -> str:
    def passes(pt: Column, eta: Column, charge: Column, n_tracks: Column) -> Column:
        limits = (selection.min_pt, selection.eta_regions, selection.charges, selection.n_tracks)
        return taus.passes_kinematics(pt, eta, charge, n_tracks, *limits)

    needs = [container.column(variable) for variable in ("pt", "eta", "charge", "nTracksCharged")]
    return part.compute(container.column(f"tau_kinematics_{name}"), passes, *needs)


def _identification(part: Part, container: Container, name: str, selection: _Selection) -> list[str]:
    columns = []
    if selection.rnn:
        point = selection.rnn
        taus.passes_rnn(np.empty(0, np.uint32), point)
        flags = container.column("isTauFlags")
        columns.append(part.compute(container.column(f"tau_rnn_{name}"), lambda f: taus.passes_rnn(f, point), flags))
    if selection.gntau:
        flag = container.column(taus.gntau_flag(selection.gntau))
        columns.append(part.compute(container.column(f"tau_gntau_{name}"), lambda f: f != 0, flag))
    columns += [_score_cut(part, container, f"{score}_{name}", score, least) for score, least in selection.min_scores]
    return columns


def _score_cut(part: Part, container: Container, makes: str, score: str, least: float) -> str:
    limit = np.float64(np.float32(least))

    def passes(score: Column) -> Column:
        result: Column = score.astype(np.float64) >= limit
        return result

    return part.compute(container.column(makes), passes, container.column(score))


def _veto(part: Part, container: Container, name: str, working_point: str) -> tuple[str, str, str]:
    """The veto of electrons: column, selection, and why it is not exact."""
    one_prong = part.job.at_least(_VETO_OF_ONE_PRONG_SINCE)
    certain = one_prong or not part.job.at_least(_VETO_UNCERTAIN_SINCE)

    def passes(flag: Column, n_tracks: Column) -> Column:
        good: Column = flag == 1
        return good | (n_tracks != 1) if one_prong else good

    needs = (container.column(f"EleRNN{working_point}_v1"), container.column("nTracksCharged"))
    column = part.compute(container.column(f"tau_eveto_{name}"), passes, *needs)
    return column, name, "" if certain else _VETO_UNCERTAIN


_NO_MUONS = "the tool looks for the container Muons, which PHYSLITE does not have"
_RULES = dict.fromkeys(
    (
        *("useSelectionConfigFile", "manual_sel_minpt", "manual_sel_absetaregion", "manual_sel_abscharges"),
        *("manual_sel_ntracks", "manual_sel_minrnnscore", "manual_sel_mingntauscore", "manual_sel_rnnwp"),
        *("manual_sel_gntauwp", "manual_sel_evetowp", "manual_sel_muonolr"),
    ),
    HONOURED,
)

BLOCKS = {
    "TauJets": BlockKind(
        {
            "containerName": HONOURED,
            "inputContainer": only("", "AnalysisTauJets", None, why="taus are those of AnalysisTauJets"),
            "decorateExtraVariables": HONOURED,
            "decorateTruth": only(False, None, why="the truth taus' visible momenta are not computed"),
            "rerunTruthMatching": without_effect("writes no branch"),
            "postfix": without_effect("names no branch of the output"),
        },
        _taus,
    ),
    "TauJets.WorkingPoint": BlockKind(
        {
            "containerName": HONOURED,
            "selectionName": HONOURED,
            "quality": HONOURED,
            "use_eVeto": HONOURED,
            "useGNTau": HONOURED,
            "dropPtCut": HONOURED,
            "useLowPt": HONOURED,
            **_RULES,
            "use_muonOLR": only(False, None, why=_NO_MUONS),
            "legacyRecommendations": only(False, None, why="PHYSLITE stores no boosted decision tree of taus"),
            "postfix": without_effect("selectionName names the branches"),
            "addSelectionToPreselection": without_effect("the cuts are part of the selection either way"),
            "noEffSF": HONOURED,
            "saveDetailedSF": HONOURED,
            "saveCombinedSF": HONOURED,
        },
        _working_point,
    ),
}
