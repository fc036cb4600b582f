from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from topcp_columnar.containers import Jagged2
from topcp_columnar.kernels import acceptance, egamma, links
from topcp_columnar.kernels.errors import UnknownWorkingPoint

EMB2, EME2 = 2, 6
F = np.float32


@pytest.mark.parametrize(
    ("working_point", "flag"),
    [
        ("TightLH", "DFCommonElectronsLHTight"),
        ("MediumLH", "DFCommonElectronsLHMedium"),
        ("LooseLH", "DFCommonElectronsLHLoose"),
        ("VeryLooseLH", "DFCommonElectronsLHVeryLoose"),
        ("LooseBLayerLH", "DFCommonElectronsLHLooseBL"),
    ],
)
def test_the_flag_of_a_likelihood_working_point_is_in_the_sample(sample, working_point: str, flag: str) -> None:
    assert egamma.identification_flag(working_point) == flag
    passing = sample.jagged(f"AnalysisElectrons.{flag}").content
    assert set(passing.tolist()) <= {0, 1}
    assert passing.any()


def test_the_flags_of_the_neural_network_have_its_names() -> None:
    assert egamma.identification_flag("TightDNN") == "DFCommonElectronsDNNTight"
    assert egamma.identification_flag("TightNoCFDNN") == "DFCommonElectronsDNNTightNoCF"
    assert egamma.identification_flag("VeryLooseNoCF97DNN") == "DFCommonElectronsDNNVeryLooseNoCF97"


@pytest.mark.parametrize(("name", "reason"), [("TihgtLH", "is not known")])
def test_an_identification_that_cannot_be_had_is_refused(name: str, reason: str) -> None:
    with pytest.raises(UnknownWorkingPoint, match=name) as caught:
        egamma.identification_flag(name)
    assert reason in caught.value.why
    assert "TightLH" in caught.value.known


# DeadHVS1S2S3Core, Edge, MissingFEBCellCore, EdgeS1, EdgeS2, MaskedCellCore; a photon minds BadS1Core too.
BAD_ELECTRON, BAD_PHOTON = {1, 2, 5, 7, 8, 10}, {1, 2, 5, 7, 8, 10, 15}


@pytest.mark.parametrize("bit", range(32))
def test_an_object_is_bad_by_the_bits_of_its_kind_alone(bit: int) -> None:
    oq = np.array([0, 1 << bit, 0xFFFFFFFF], np.uint32)
    assert egamma.passes_object_quality(oq, "electron").tolist() == [True, bit not in BAD_ELECTRON, False]
    assert egamma.passes_object_quality(oq, "photon").tolist() == [True, bit not in BAD_PHOTON, False]


@pytest.mark.parametrize(
    ("run", "eta", "phi", "dead"),
    [
        (296938, -1.6, -1.0, False),
        (296939, -1.6, -1.0, True),
        (298966, -1.6, 1.1, False),
        (298967, -1.6, 1.1, True),
        (298967, -1.6, -1.0, True),
        (299143, -1.6, 1.1, True),
        (299144, -1.6, 1.1, False),
        (299144, -1.6, -1.0, True),
        (300279, -1.6, 1.1, True),
        (305290, -1.6, -1.0, True),
        (305291, -1.6, -1.0, False),
        (300300, 1.6, -1.0, False),
        (300300, -1.5, -1.0, False),
        (300300, -1.825, -1.0, False),
        (300300, -1.6, -0.95, False),
        (300300, -1.6, -1.11, False),
        (300300, -1.6, 1.05, False),
        (300300, -1.6, 1.21, False),
        (300300, -1.6, -1.104921, False),
        (300300, -1.6, -0.956748, False),
        (300300, -1.6, 1.054922, False),
        (300300, -1.6, 1.203097, False),
    ],
)
def test_the_region_without_high_voltage_is_dead_in_its_runs_only(run: int, eta: float, phi: float, dead: bool) -> None:
    found = egamma.in_dead_hv_region(np.uint32([run]), np.array([eta]), np.array([phi]))
    assert found.tolist() == [dead]


def reference_eta_be_2(pattern: int, energies: list[float], etas: list[float]) -> np.float32:
    """CaloCluster_v1::etaBE(2) of one cluster."""

    def sample(values: list[float], layer: int, missing: float) -> np.float32:
        position = bin(pattern & ((1 << layer) - 1)).count("1")
        return F(values[position]) if position < len(values) else F(missing)

    barrel, endcap = bool(pattern & (1 << EMB2)), bool(pattern & (1 << EME2))
    if barrel and endcap:
        e_b, e_e = sample(energies, EMB2, 0), sample(energies, EME2, 0)
        eta_b, eta_e = sample(etas, EMB2, -999), sample(etas, EME2, -999)
        if e_b + e_e > 100:
            if (e_b > 0 and e_e > 0) or (e_b < 0 and e_e < 0):
                return (e_b * eta_b + e_e * eta_e) / (e_b + e_e)
            return eta_b if e_b > 0 else eta_e
        return F(0.5 * float(eta_b + eta_e))
    if barrel:
        return sample(etas, EMB2, -999)
    if endcap:
        return sample(etas, EME2, -999)
    return F(-999)


@st.composite
def clusters(draw: Any) -> tuple[int, list[float], list[float]]:
    pattern = draw(st.integers(0, 1 << 18) | st.just(0xFF) | st.just(0x44))
    size = bin(pattern).count("1")
    # A cluster that lost its layers has fewer values than its pattern says.
    stored = draw(st.sampled_from([size, size, size, 0]))
    energies = st.one_of(st.floats(-200, 1e5, width=32), st.sampled_from([0.0, 50.0, 100.0, -50.0]))
    etas = st.floats(-2.5, 2.5, width=32)
    return (
        pattern,
        draw(st.lists(energies, min_size=stored, max_size=stored)),
        draw(st.lists(etas, min_size=stored, max_size=stored)),
    )


@given(st.lists(clusters(), max_size=8))
def test_the_eta_of_a_cluster_equals_a_loop_over_the_clusters(drawn: list) -> None:
    offsets = np.array([0, len(drawn)])
    inner = np.concatenate([[0], np.cumsum([len(e) for _, e, _ in drawn], dtype=np.int64)]).astype(np.int64)
    energies = Jagged2(offsets, inner, np.array([x for _, e, _ in drawn for x in e], F))
    etas = Jagged2(offsets, inner, np.array([x for _, _, eta in drawn for x in eta], F))
    found = egamma.cluster_eta(np.array([pattern for pattern, _, _ in drawn], np.uint32), energies, etas)
    assert found.dtype == F
    assert found.tolist() == [float(reference_eta_be_2(*cluster)) for cluster in drawn]


@pytest.mark.parametrize(
    ("e_barrel", "e_endcap", "expected"),
    [
        (300, 100, 1.425),  # the mean, weighted by energy
        (300, -100, 1.4),  # only one is positive
        (-100, 300, 1.5),
        (75, 25, 1.45),  # not more than 100 MeV: the plain mean
        (75, 25.5, 1.4 + 0.1 * 25.5 / 100.5),
        (0.5, 199.5, 1.5 - 0.1 * 0.5 / 200),
        (199.5, 0.5, 1.4 + 0.1 * 0.5 / 200),
        (-300, -100, 1.45),
    ],
)
def test_barrel_and_end_cap_share_a_cluster_by_energy(e_barrel: float, e_endcap: float, expected: float) -> None:
    offsets, inner = np.array([0, 1]), np.array([0, 2])
    pattern = np.array([1 << EMB2 | 1 << EME2])
    found = egamma.cluster_eta(
        pattern, Jagged2(offsets, inner, F([e_barrel, e_endcap])), Jagged2(offsets, inner, F([1.4, 1.5]))
    )
    np.testing.assert_allclose(found, [expected], rtol=1e-6)


@pytest.fixture(scope="module")
def eta_of_clusters(sample) -> Any:
    e_sampl, eta_sampl = (sample.jagged2(f"egammaClusters.{name}") for name in ("e_sampl", "eta_sampl"))
    return egamma.cluster_eta(sample.sampling_pattern(), e_sampl, eta_sampl)


def test_the_pattern_of_a_cluster_has_a_bit_for_each_value_it_stores(sample) -> None:
    stored = np.diff(sample.jagged2("egammaClusters.e_sampl").inner)
    assert [bin(word).count("1") for word in sample.sampling_pattern().tolist()] == stored.tolist()


def test_the_eta_of_clusters_agrees_with_the_moment_of_the_same_layer(sample, eta_of_clusters) -> None:
    """ETA2CALOFRAME is the second layer's eta in the calorimeter's own frame, which is shifted by some mm."""
    moment = sample.jagged("egammaClusters.ETA2CALOFRAME").content
    assert np.abs(eta_of_clusters - moment).max() < 0.02


def test_the_crack_veto_goes_by_the_cluster_not_by_the_track(sample, eta_of_clusters) -> None:
    first = links.first(sample.links2("AnalysisElectrons.caloClusterLinks"))
    target = sample.jagged("egammaClusters.calEta").offsets
    found = links.resolve(first.offsets, first.keys, first.indices, "egammaClusters", target)
    of_cluster = links.take(eta_of_clusters, found, np.nan)
    of_track = sample.jagged("AnalysisElectrons.eta").content
    # The track's eta is seen from its vertex, some cm along the beam from the detector's centre.
    assert np.abs(of_cluster - of_track).max() < 0.1
    by_cluster, by_track = (acceptance.passes_eta(eta, gap=egamma.CRACK) for eta in (of_cluster, of_track))
    assert not by_cluster.all()
    assert (by_cluster != by_track).any()
