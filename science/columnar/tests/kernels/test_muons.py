from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from topcp_columnar.kernels import links, muons
from topcp_columnar.kernels.errors import UnknownWorkingPoint

EDGE = float(np.float32(2.7))  # a little more than 2.7 in double, so it fails
muon = st.tuples(
    st.integers(0, 31),
    st.sampled_from([0, 1]),
    st.sampled_from([0, 1]),
    st.one_of(st.floats(-3, 3, width=32), st.sampled_from([EDGE, -EDGE, float(np.nextafter(np.float32(2.7), 0))])),
)


@given(st.lists(muon), st.sampled_from([("Tight", 0), ("Medium", 1), ("Loose", 2), ("VeryLoose", 3)]))
def test_a_muon_passes_by_its_two_lowest_bits_its_two_flags_and_its_eta(
    drawn: list, working_point: tuple[str, int]
) -> None:
    name, worst = working_point
    expected = []
    for quality, id_cuts, preselection, eta in drawn:
        # Quality is what remains of the byte without its higher flags.
        expected.append(quality % 4 <= worst and id_cuts == 1 and preselection == 1 and abs(eta) < 2.7)
    found = muons.passes_quality(
        np.array([m[0] for m in drawn], np.uint8),
        name,
        np.array([m[1] for m in drawn], np.int8),
        np.array([m[2] for m in drawn], np.int8),
        np.array([m[3] for m in drawn], np.float32),
    )
    assert found.tolist() == expected


@pytest.mark.parametrize(
    ("working_point", "accepted"),
    [
        ("Tight", [True, False, False, False]),
        ("Medium", [True, True, False, False]),
        ("Loose", [True, True, True, False]),
        ("VeryLoose", [True, True, True, True]),
    ],
)
def test_a_working_point_takes_its_own_quality_and_the_better_ones(working_point: str, accepted: list[bool]) -> None:
    quality, yes, eta = np.arange(4, dtype=np.uint8), np.ones(4, np.int8), np.zeros(4, np.float32)
    assert muons.passes_quality(quality, working_point, yes, yes, eta).tolist() == accepted
    with_other_flags = quality | np.uint8(8 + 16)
    assert muons.passes_quality(with_other_flags, working_point, yes, yes, eta).tolist() == accepted


@pytest.mark.parametrize(("changed", "to"), [(0, 2), (2, 0), (3, 0), (4, 2.7)])
def test_each_condition_alone_rejects_a_muon(changed: int, to: float) -> None:
    good = [np.uint8([8 + 1]), "Medium", np.int8([1]), np.int8([1]), np.float32([2.6])]
    assert muons.passes_quality(*good).all()
    bad = list(good)
    bad[changed] = np.array([to]).astype(good[changed].dtype)
    assert not muons.passes_quality(*bad).any()


@pytest.mark.parametrize(
    ("name", "reason"), [("HighPt", "does not store"), ("LowPtEfficiency", "model"), ("Medum", "is not known")]
)
def test_a_quality_that_cannot_be_computed_is_refused(name: str, reason: str) -> None:
    nothing = np.zeros(0, np.uint8)
    with pytest.raises(UnknownWorkingPoint, match=name) as caught:
        muons.passes_quality(nothing, name, nothing, nothing, nothing)
    assert reason in caught.value.why
    assert caught.value.known == ("Tight", "Medium", "Loose", "VeryLoose")


def test_a_muon_weighs_as_much_as_a_muon() -> None:
    assert pytest.approx(105.658, abs=0.001) == muons.MASS


COMBINED, ID = "combinedTrackParticleLink", "inDetTrackParticleLink"
EXTRAPOLATED = "extrapolatedMuonSpectrometerTrackParticleLink"
MS_ONLY = "msOnlyExtrapolatedMuonSpectrometerTrackParticleLink"
SPECTROMETER = "muonSpectrometerTrackParticleLink"
NAMES = (COMBINED, ID, EXTRAPOLATED, MS_ONLY, SPECTROMETER)


def reference_primary_track(muon_type: int, index: dict[str, int]) -> tuple[str | None, int]:
    """xAOD::Muon_v1::primaryTrackParticle."""
    if muon_type in (0, 4):
        order = [COMBINED]
    elif muon_type in (2, 3):
        order = [ID]
    elif muon_type == 1:
        order = [EXTRAPOLATED, MS_ONLY, SPECTROMETER]
    else:
        order = []
    for name in order:
        if index[name] != -1:
            return name, index[name]
    return None, -1


@given(st.lists(st.tuples(st.integers(0, 5), st.lists(st.integers(-1, 3), min_size=5, max_size=5))))
def test_the_track_of_a_muon_is_the_first_that_its_type_asks_for(drawn: list) -> None:
    resolved = {name: np.array([m[1][i] for m in drawn], np.int64) for i, name in enumerate(NAMES)}
    which, index = muons.primary_track(np.array([m[0] for m in drawn], np.uint16), resolved)
    found = [
        (muons.TRACK_LINKS[w].link if w >= 0 else None, i) for w, i in zip(which.tolist(), index.tolist(), strict=True)
    ]
    assert found == [reference_primary_track(kind, dict(zip(NAMES, values, strict=True))) for kind, values in drawn]


def test_a_link_whose_container_is_not_stored_counts_as_null() -> None:
    which, index = muons.primary_track(np.uint16([0, 1]), {ID: np.array([4, 4])})
    assert which.tolist() == [-1, -1]
    assert index.tolist() == [-1, -1]


def test_the_links_of_muons_in_the_sample_lead_where_the_table_says(sample) -> None:
    for track in muons.TRACK_LINKS:
        stored = sample.links(f"AnalysisMuons.{track.link}")
        into_table = (stored.keys == links.KEYS[track.container]) | (stored.keys == 0)
        forward = (stored.keys == links.KEYS["InDetForwardTrackParticles"]) & (track.link == ID)
        assert (into_table | forward).all()


def test_every_muon_of_the_sample_has_a_track_in_its_own_direction(sample) -> None:
    resolved, phis = {}, {}
    for track in muons.TRACK_LINKS[:3]:
        stored, phis[track.link] = sample.links(f"AnalysisMuons.{track.link}"), sample.jagged(f"{track.container}.phi")
        resolved[track.link] = links.resolve(
            stored.offsets, stored.keys, stored.indices, track.container, phis[track.link].offsets
        )
    which, index = muons.primary_track(sample.jagged("AnalysisMuons.muonType").content, resolved)
    of_muon = sample.jagged("AnalysisMuons.phi").content
    assert len(of_muon) > 0
    for w, i, phi in zip(which, index, of_muon, strict=True):
        assert abs(phis[muons.TRACK_LINKS[w].link].content[i] - phi) < 0.01
