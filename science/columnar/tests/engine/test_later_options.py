"""What is asked for less often: working points of pile-up rejection, tracks of leptons, electrons by their hits."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from ..as_lists import Sample
from .conftest import Done, Run

SAMPLES = ["run2", pytest.param("run3", marks=pytest.mark.run3)]
GSF = 776133387  # the key of GSFTrackParticles
JETS = """# release: {release}
Jets:
  - containerName: AnaJets
    jetCollection: AntiKt4EMPFlowJets
    runJvtUpdate: False
    runJvtSelection: False
    JVTWorkingPoint:
      - {{selectionName: central, jvtWP: FixedEffPt}}
    FJVTWorkingPoint:
      - {{selectionName: loose, fjvtWP: Loose}}
      - {{selectionName: tight, fjvtWP: {tight}}}
Output:
  treeName: reco
  containers: {{jet_: AnaJets, '': EventInfo}}
  vars: ['EventInfo.eventNumber -> eventNumber']
"""


@pytest.fixture(params=SAMPLES)
def path(request: pytest.FixtureRequest) -> Path:
    found: Path = request.getfixturevalue(f"{request.param}_sample")
    return found


@pytest.mark.parametrize("release", ["25.2.88", "25.2.110"])
def test_working_points_of_pile_up_rejection_are_selections_of_their_own(run: Run, path: Path, release: str) -> None:
    done = run(JETS.format(release=release, tight="Tight"), inputs=(path,))
    assert done.code == 0, done.err
    branches, sample = done.branches(), Sample(path)
    names = ("pt", "DetectorEta", "NNJvtPass", "DFCommonJets_fJvt", "Timing")
    for row, jets in enumerate(zip(*(sample.read(f"AnalysisJets.{name}") for name in names), strict=True)):
        expected: dict[str, list[bool]] = {"central": [], "loose": [], "tight": []}
        for pt, eta, passes, fjvt, time in zip(*jets, strict=True):
            asked = 20e3 <= pt <= 60e3
            expected["central"].append(bool(passes) or not (asked and abs(eta) <= 2.5))
            for name, cut in (("loose", 0.5), ("tight", 0.4)):
                forward = asked and 2.5 <= abs(eta) <= 4.5
                expected[name].append(not forward or (fjvt <= cut and time <= 10))
        for name, flags in expected.items():
            assert [bool(flag) for flag in branches[f"jet_select_{name}_NOSYS"][row]] == flags
    omitted = {entry["what"] for entry in done.report["omitted"]}
    assert {"jet_jvtEfficiency_FixedEffPt_NOSYS", "weight_fjvt_effSF_Tight_NOSYS"} <= omitted


def test_a_working_point_without_public_cuts_is_refused(run: Run) -> None:
    done = run(JETS.format(release="25.2.110", tight="Tighter"))
    assert done.code == 65
    assert "'Tighter' is not one of Loose, Tight" in done.error


LEPTONS = """# release: {release}
Electrons:
  - containerName: AnaElectrons
{block}    WorkingPoint:
      - {{selectionName: good, identificationWP: LooseLH, isolationWP: NonIso{point}}}
Muons:
  - containerName: AnaMuons
{block}    WorkingPoint:
      - {{selectionName: good, quality: Loose, isolation: NonIso{point}}}
Output: {{treeName: reco, containers: {{el_: AnaElectrons, mu_: AnaMuons}}}}
"""
IN_BLOCK, IN_POINT = (
    {"block": "    writeTrackD0Z0: True\n", "point": ""},
    {"block": "", "point": ", writeTrackD0Z0: True"},
)
PLAIN = {"d0sig", "z0sintheta"}


def tracks_of_electrons(path: Path) -> list[list[tuple[float, float]]]:
    """Significance of d0 and z0 sin theta of each electron's first track, by plain loops."""
    sample = Sample(path)
    names = ("d0", "z0", "vz", "phi", "definingParametersCovMatrixDiag")
    tracks = zip(*(sample.read(f"GSFTrackParticles.{name}") for name in names), strict=True)
    spots = zip(*(sample.read(f"EventInfo.beamPosSigma{axis}") for axis in ("X", "Y", "XY")), strict=True)
    vertices = zip(sample.read("PrimaryVertices.vertexType"), sample.read("PrimaryVertices.z"), strict=True)
    electrons = zip(
        sample.links("AnalysisElectrons.trackParticleLinks"), sample.read("AnalysisElectrons.eta"), strict=True
    )
    found = []
    for (d0, z0, vz, phi, covariance), (sx, sy, sxy), (types, z), (links, etas) in zip(
        tracks, spots, vertices, electrons, strict=True
    ):
        of_event = []
        for (key, i), *_ in links:
            assert key == GSF
            sin, cos = math.sin(phi[i]), math.cos(phi[i])
            spot = sin * (sin * sx**2 - cos * sxy) + cos * (cos * sy**2 - sin * sxy)
            sin_theta = 1 / math.cosh(etas[len(of_event)])
            of_event.append(
                (d0[i] / math.sqrt(covariance[i][0] + spot), (z0[i] + vz[i] - z[types.index(1)]) * sin_theta)
            )
        found.append(of_event)
    return found


def parameters(done: Done, prefix: str) -> set[str]:
    assert done.code == 0, done.err
    known = ("d0", "d0sig", "z0", "z0sintheta", "z0sinthetasig")
    plain = [name.removeprefix(prefix).removesuffix("_NOSYS") for name in done.names() if name.startswith(prefix)]
    return {name for name in plain if name in known}


@pytest.mark.parametrize(
    ("release", "where", "of_electrons", "of_muons"),
    [
        ("25.2.29", IN_POINT, PLAIN, PLAIN),
        ("25.2.52", IN_BLOCK, PLAIN, PLAIN),
        ("25.2.88", IN_BLOCK, {*PLAIN, "d0"}, {*PLAIN, "d0"}),
        ("25.2.110", IN_BLOCK, {*PLAIN, "d0", "z0"}, {*PLAIN, "d0"}),
    ],
)
def test_parameters_of_tracks_are_written_as_each_release_has_them(
    run: Run, path: Path, release: str, where: dict[str, str], of_electrons: set[str], of_muons: set[str]
) -> None:
    done = run(LEPTONS.format(release=release, **where), inputs=(path,))
    assert (parameters(done, "el_"), parameters(done, "mu_")) == (of_electrons, of_muons)
    suffix = "_NOSYS" if release == "25.2.110" else ""
    branches = done.branches()
    rows = zip(branches[f"el_d0sig{suffix}"], branches[f"el_z0sintheta{suffix}"], strict=True)
    for row, expected in zip(rows, tracks_of_electrons(path), strict=True):
        assert list(zip(*row, strict=True)) == [pytest.approx(pair, rel=1e-4, abs=1e-5) for pair in expected]
    verdicts = {b["verdict"] for b in done.report["trees"][0]["branches"] if b["name"].startswith("el_d0sig")}
    assert verdicts == {"approx" if release == "25.2.110" else "exact"}


def test_a_muon_without_a_track_has_minus_999(run: Run, path: Path) -> None:
    branches: dict[str, list[list[Any]]] = run(LEPTONS.format(release="25.2.88", **IN_BLOCK), inputs=(path,)).branches()
    flat = [value for event in branches["mu_z0sintheta"] for value in event]
    assert len([value for value in flat if abs(value) < 1]) > len(flat) / 3 > 0
    assert all(abs(value) < 500 or value == -999 for value in flat)


@pytest.mark.parametrize(
    ("release", "block", "option"),
    [
        ("24.2.37", "trackSelection: False, ", "likelihoodWP"),
        ("25.2.52", "", "trackSelection: False, identificationWP"),
    ],
)
def test_electrons_by_their_hits_are_not_loose_and_in_events_with_a_pair(
    run: Run, path: Path, release: str, block: str, option: str
) -> None:
    point = f"{{selectionName: hits, {option}: SiHitElectron, isolationWP: NonIso}}"
    config = f"""# release: {release}
Electrons: [{{containerName: AnaElectrons, minPt: 0.0, {block}WorkingPoint: [{point}]}}]
Output:
  treeName: reco
  containers: {{el_: AnaElectrons}}
  vars: ['AnaElectrons_NOSYS.selectEta -> el_in', 'AnaElectrons_NOSYS.goodOQ -> el_good']
"""
    done = run(config, inputs=(path,))
    assert done.code == 0, done.err
    branches, sample = done.branches(), Sample(path)
    names = ("DFCommonElectronsLHLoose", "DFCommonElectronsLHLooseBLIsEMValue")
    loose, words = (sample.read(f"AnalysisElectrons.{name}") for name in names)
    muons = sample.read("AnalysisMuons.pt")
    for row, flags in enumerate(branches["el_select_hits_NOSYS"]):
        pair = len(loose[row]) > 1 or len(muons[row]) > 1
        accepted = zip(branches["el_in"][row], branches["el_good"][row], strict=True)
        expected = [
            all(ok) and pair and not is_loose and word & 0b110 == 0
            for ok, is_loose, word in zip(accepted, loose[row], words[row], strict=True)
        ]
        assert [bool(flag) for flag in flags] == expected
    assert any(any(row) for row in branches["el_in"])
