from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from topcp_columnar.kernels import isolation
from topcp_columnar.kernels.errors import UnknownWorkingPoint

E_TRACKS, MU_TRACKS = "Nonprompt_All_MaxWeightTTVALooseCone", "Nonprompt_All_MaxWeightTTVA"
Object = dict[str, float]


def track(tracks: str, momentum: int, fixed: bool, pt: float) -> str:
    """A FixedRad working point changes the cone above 50 GeV."""
    cone = "ptcone20" if fixed and pt > 50000 else "ptvarcone30"
    return f"{cone}_{tracks}_pt{momentum}"


def tracks_only(tracks: str, fraction: float, fixed: bool = False) -> Callable[[Object, float], bool]:
    return lambda o, pt: o[track(tracks, 1000, fixed, pt)] <= np.float32(fraction * pt)


def tracks_and_calorimeter(
    tracks: str, track_fraction: float, fraction: float, fixed: bool = False
) -> Callable[[Object, float], bool]:
    of_tracks = tracks_only(tracks, track_fraction, fixed)
    return lambda o, pt: of_tracks(o, pt) and o["topoetcone20"] <= np.float32(fraction * pt)


def particle_flow(tracks: str, fraction: float, fixed: bool = False) -> Callable[[Object, float], bool]:
    def decide(o: Object, pt: float) -> bool:
        neutral = o["neflowisol20"] if o["neflowisol20"] > 0 else 0.0
        total = np.float32(abs(o[track(tracks, 500, fixed, pt)]) + 0.4 * neutral)
        return total <= np.float32(fraction * pt)

    return decide


def topoetcone40(o: Object, pt: float) -> bool:
    return o["topoetcone40"] <= np.float32(0.022 * pt + 2450)


def ptcone20(o: Object, pt: float) -> bool:
    return o["ptcone20"] <= np.float32(0.05 * pt)


REFERENCE: dict[tuple[str, str], Callable[[Object, float], bool]] = {
    ("electron", "NonIso"): lambda o, pt: True,
    ("electron", "Loose_VarRad"): tracks_and_calorimeter(E_TRACKS, 0.15, 0.20),
    ("electron", "Tight_VarRad"): tracks_and_calorimeter(E_TRACKS, 0.06, 0.06),
    ("electron", "TightTrackOnly_VarRad"): tracks_only(E_TRACKS, 0.06),
    ("electron", "TightTrackOnly_FixedRad"): tracks_only(E_TRACKS, 0.06, fixed=True),
    ("electron", "HighPtCaloOnly"): lambda o, pt: o["topoetcone20"] <= np.float32(max(0.015 * pt, 3500.0)),
    ("electron", "PflowTight"): particle_flow(E_TRACKS, 0.045),
    ("electron", "PflowLoose"): particle_flow(E_TRACKS, 0.16),
    ("electron", "PflowTight_FixedRad"): particle_flow(E_TRACKS, 0.045, fixed=True),
    ("electron", "PflowLoose_FixedRad"): particle_flow(E_TRACKS, 0.16, fixed=True),
    ("muon", "NonIso"): lambda o, pt: True,
    ("muon", "Loose_VarRad"): tracks_and_calorimeter(MU_TRACKS, 0.15, 0.30),
    ("muon", "Tight_VarRad"): tracks_and_calorimeter(MU_TRACKS, 0.04, 0.15),
    ("muon", "Loose_FixedRad"): tracks_and_calorimeter(MU_TRACKS, 0.15, 0.30, fixed=True),
    ("muon", "Tight_FixedRad"): tracks_and_calorimeter(MU_TRACKS, 0.04, 0.15, fixed=True),
    ("muon", "TightTrackOnly_VarRad"): tracks_only(MU_TRACKS, 0.06),
    ("muon", "TightTrackOnly_FixedRad"): tracks_only(MU_TRACKS, 0.06, fixed=True),
    ("muon", "HighPtTrackOnly"): lambda o, pt: o[f"ptcone20_{MU_TRACKS}_pt1000"] <= 1250,
    ("muon", "PflowTight_VarRad"): particle_flow(MU_TRACKS, 0.045),
    ("muon", "PflowLoose_VarRad"): particle_flow(MU_TRACKS, 0.16),
    ("muon", "PflowTight_FixedRad"): particle_flow(MU_TRACKS, 0.045, fixed=True),
    ("muon", "PflowLoose_FixedRad"): particle_flow(MU_TRACKS, 0.16, fixed=True),
    ("photon", "NonIso"): lambda o, pt: True,
    ("photon", "FixedCutTight"): lambda o, pt: topoetcone40(o, pt) and ptcone20(o, pt),
    ("photon", "FixedCutLoose"): lambda o, pt: o["topoetcone20"] <= np.float32(0.065 * pt) and ptcone20(o, pt),
    ("photon", "TightCaloOnly"): topoetcone40,
}
# The slope and the offset [MeV] of every straight line that is a limit of some working point.
LIMITS = [(f, 0.0) for f in (0.015, 0.04, 0.045, 0.05, 0.06, 0.065, 0.15, 0.16, 0.20, 0.30)]
LIMITS += [(0.022, 2450.0), (0.0, 3500.0), (0.0, 1250.0)]
all_working_points = pytest.mark.parametrize(("kind", "working_point"), REFERENCE)


def variables(kind: str) -> list[str]:
    names = (name for point in isolation.working_points(kind) for name in isolation.inputs(kind, point))
    return list(dict.fromkeys(names))


def test_every_working_point_that_can_be_computed_has_a_reference_here() -> None:
    known = {(kind, point) for kind in ("electron", "muon", "photon") for point in isolation.working_points(kind)}
    assert known == set(REFERENCE)


@st.composite
def objects(draw: Any, kind: str) -> list[tuple[float, Object]]:
    """Objects whose isolation lies anywhere, or on a limit, or one float beside it; pt often exactly 50 GeV."""
    edge = float(np.nextafter(np.float32(50e3), np.float32(1e9)))
    pts = st.one_of(st.floats(4.5e3, 2e6, width=32), st.sampled_from([50e3, edge, 3500 / 0.015]))

    def one_object() -> tuple[float, Object]:
        pt = float(np.float32(draw(pts)))
        around = []
        for slope, offset in LIMITS:
            limit = np.float32(slope * pt + offset)
            around += [float(limit), float(np.nextafter(limit, np.float32(np.inf)))]
        values = st.one_of(st.sampled_from(around), st.floats(-5e3, 1e5, width=32))
        return pt, {name: draw(values) for name in variables(kind)}

    return [one_object() for _ in range(draw(st.integers(0, 5)))]


@given(st.sampled_from(list(REFERENCE)), st.data(), st.booleans())
def test_isolation_equals_a_loop_over_the_objects(case: tuple[str, str], data: Any, close_by: bool) -> None:
    kind, working_point = case
    drawn = data.draw(objects(kind))
    suffix = "_CloseByCorr" if close_by else ""
    columns = {name + suffix: np.array([o[name] for _, o in drawn], np.float32) for name in variables(kind)}
    needed = {name: columns[name] for name in isolation.inputs(kind, working_point, close_by)}
    found = isolation.passes(kind, working_point, np.array([pt for pt, _ in drawn], np.float32), needed, close_by)
    assert found.dtype == np.bool_
    assert found.tolist() == [bool(REFERENCE[case](o, pt)) for pt, o in drawn]


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1))
def test_isolation_equals_a_loop_over_thousands_of_objects(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pt = rng.choice(np.float32([12e3, 30e3, 50e3, 60e3, 200e3]), 300) * rng.uniform(0.9, 1.1, 300).astype(np.float32)
    for (kind, working_point), reference in REFERENCE.items():
        names = isolation.inputs(kind, working_point)
        columns = {name: (rng.exponential(0.08, 300) * pt - 500).astype(np.float32) for name in names}
        found = isolation.passes(kind, working_point, pt, columns)
        objects = [{name: column[k] for name, column in columns.items()} for k in range(300)]
        expected = [bool(reference(o, float(p))) for o, p in zip(objects, pt, strict=True)]
        assert found.tolist() == expected
        assert working_point == "NonIso" or 0 < sum(expected) < 300


def around_all_limits(pt: float) -> np.ndarray:
    """Every limit there is at this pt, and that of a variable that counts by 0.4, each with the next float above."""
    limits = np.float32([slope * pt + offset for slope, offset in LIMITS])
    limits = np.concatenate([limits, np.float32(limits / 0.4)])
    return np.concatenate([limits, np.nextafter(limits, np.float32(np.inf))])


@pytest.mark.parametrize("pt", [20e3, 50e3, 80e3, 300e3])
@all_working_points
def test_each_variable_alone_rejects_an_object_from_its_limit_on(kind: str, working_point: str, pt: float) -> None:
    names, values = isolation.inputs(kind, working_point), around_all_limits(pt)
    rejecting = set()
    for name in names:
        columns = {other: np.zeros(len(values), np.float32) for other in names}
        columns[name] = values
        found = isolation.passes(kind, working_point, np.full(len(values), pt, np.float32), columns)
        expected = [
            bool(REFERENCE[kind, working_point]({other: float(column[k]) for other, column in columns.items()}, pt))
            for k in range(len(values))
        ]
        assert found.tolist() == expected
        assert found.any()
        rejecting |= {name} if not found.all() else set()
    unused = {name for name in names if name.startswith("ptcone20" if pt <= 50e3 else "ptvarcone30")}
    one_cone_at_a_time = "FixedRad" in working_point
    assert rejecting == (set(names) - unused if one_cone_at_a_time else set(names))


def test_the_fixed_radius_cone_takes_over_just_above_50_gev() -> None:
    pt = np.float32([50e3, np.nextafter(np.float32(50e3), np.float32(1e9))])
    shrinking, constant = isolation.inputs("electron", "TightTrackOnly_FixedRad")
    bad, good = np.full(2, 1e6, np.float32), np.zeros(2, np.float32)
    only_shrinking_is_bad, only_constant_is_bad = {shrinking: bad, constant: good}, {shrinking: good, constant: bad}
    assert isolation.passes("electron", "TightTrackOnly_FixedRad", pt, only_shrinking_is_bad).tolist() == [False, True]
    assert isolation.passes("electron", "TightTrackOnly_FixedRad", pt, only_constant_is_bad).tolist() == [True, False]


def test_the_close_by_correction_reads_the_corrected_variables() -> None:
    assert isolation.inputs("electron", "Tight_VarRad", close_by=True) == (
        "ptvarcone30_Nonprompt_All_MaxWeightTTVALooseCone_pt1000_CloseByCorr",
        "topoetcone20_CloseByCorr",
    )


@pytest.mark.parametrize(
    ("kind", "working_point", "reason"),
    [
        ("photon", "Tight", "ptcone20_Nonprompt_All_MaxWeightTTVA_pt1000"),
        ("photon", "Loose", "ptcone20_Nonprompt_All_MaxWeightTTVA_pt1000"),
        ("electron", "PLImprovedTight", "does not store"),
        ("muon", "PLVTight", "does not store"),
        ("muon", "PromptLepton", "does not store"),
        ("muon", "R3PLITasPLIVefficiencyTight", "does not store"),
        ("electron", "Tight_VarRat", "is not known"),
        ("electron", "HighPtTrackOnly", "is not known"),
    ],
)
def test_what_cannot_be_computed_is_refused_with_the_reason(kind: str, working_point: str, reason: str) -> None:
    with pytest.raises(UnknownWorkingPoint) as caught:
        isolation.inputs(kind, working_point)
    assert caught.value.name == working_point
    assert reason in caught.value.why
    assert caught.value.known == isolation.working_points(kind)
    assert all(point in str(caught.value) for point in isolation.working_points(kind))
    with pytest.raises(UnknownWorkingPoint):
        isolation.passes(kind, working_point, np.float32([]), {})


@pytest.mark.parametrize(
    ("container", "kind", "working_point"),
    [("AnalysisElectrons", kind, point) for kind, point in REFERENCE if kind == "electron"]
    + [("AnalysisMuons", kind, point) for kind, point in REFERENCE if kind == "muon"]
    + [("AnalysisPhotons", kind, point) for kind, point in REFERENCE if kind == "photon"],
)
def test_objects_of_the_samples_pass_as_a_loop_says(
    real: Callable[[str], np.ndarray], container: str, kind: str, working_point: str
) -> None:
    pt = real(f"{container}.pt")
    columns = {name: real(f"{container}.{name}") for name in isolation.inputs(kind, working_point)}
    found = isolation.passes(kind, working_point, pt, columns)
    expected = []
    for k in range(len(pt)):
        o = {name: float(column[k]) for name, column in columns.items()}
        expected.append(bool(REFERENCE[kind, working_point](o, float(pt[k]))))
    assert found.tolist() == expected
    assert found.any()
    if kind == "electron" and working_point != "NonIso":
        assert not found.all()


@pytest.mark.parametrize("working_point", ["Loose_VarRad", "Tight_VarRad", "TightTrackOnly_FixedRad"])
def test_the_corrected_variables_that_the_sample_stores_can_be_used(sample, working_point: str) -> None:
    names = isolation.inputs("electron", working_point, close_by=True)
    columns = {name: sample.jagged(f"AnalysisElectrons.{name}").content for name in names}
    pt = sample.jagged("AnalysisElectrons.pt").content
    assert isolation.passes("electron", working_point, pt, columns, close_by=True).any()
