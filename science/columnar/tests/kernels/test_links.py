from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from topcp_columnar.containers import Links2
from topcp_columnar.kernels import links

# As they stand in the links of two real files.
SEEN = {
    "AnalysisElectrons": 956497600,
    "AnalysisMuons": 980095599,
    "AnalysisPhotons": 902907695,
    "AnalysisTauJets": 518718875,
    "AnalysisJets": 452794649,
    "BTagging_AntiKt4EMPFlow": 582299515,
    "InDetTrackParticles": 490246363,
    "GSFTrackParticles": 776133387,
    "egammaClusters": 360221983,
    "CombinedMuonTrackParticles": 873304470,
    "ExtrapolatedMuonTrackParticles": 350445215,
}
KEY = links.KEYS["GSFTrackParticles"]
OTHER = links.KEYS["InDetTrackParticles"]
NULL = 0xFFFFFFFF


@pytest.mark.parametrize(("name", "key"), SEEN.items())
def test_the_key_of_a_container_is_the_one_real_files_hold(name: str, key: int) -> None:
    assert links.KEYS[name] == key


def test_no_two_containers_share_a_key() -> None:
    assert len(set(links.KEYS.values())) == len(links.KEYS)


def test_the_key_depends_on_the_class_as_well_as_on_the_name() -> None:
    assert links.store_gate_key("GSFTrackParticles", 1287425431) == KEY
    assert links.store_gate_key("GSFTrackParticles", 1287425432) != KEY


@pytest.mark.parametrize(
    ("variable", "container"),
    [
        ("AnalysisJets.btaggingLink", "BTagging_AntiKt4EMPFlow"),
        ("AnalysisTauJets.vertexLink", "PrimaryVertices"),
        ("AnalysisTauJets.truthJetLink", "AntiKt4TruthDressedWZJets"),
        ("GSFTrackParticles.originalTrackParticle", "InDetTrackParticles"),
        ("HardScatterParticles.decayVtxLink", "HardScatterVertices"),
    ],
)
def test_links_of_the_sample_hold_the_key_of_their_target(sample, variable: str, container: str) -> None:
    assert set(sample.links(variable).keys.tolist()) - {0} == {links.KEYS[container]}


@pytest.mark.parametrize(
    ("variable", "container"),
    [
        ("AnalysisTauJets.tauTrackLinks", "TauTracks"),
        ("AnalysisPhotons.caloClusterLinks", "egammaClusters"),
        ("TruthMuons.parentLinks", "TruthBottom"),
    ],
)
def test_vectors_of_links_of_the_sample_hold_the_key_of_their_target(sample, variable: str, container: str) -> None:
    assert set(sample.links2(variable).keys.tolist()) - {0} == {links.KEYS[container]}


one_link = st.tuples(st.sampled_from([KEY, OTHER, 0]), st.sampled_from([0, 1, 2, 3, NULL]))
one_event = st.tuples(st.lists(one_link, max_size=4), st.integers(0, 3))


def offsets_of(counts: list[int]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64)


@given(st.lists(one_event, max_size=5))
def test_a_link_leads_to_its_object_in_the_same_event_or_nowhere(events: list) -> None:
    expected, start = [], 0
    for event_links, size in events:
        for key, index in event_links:
            expected.append(start + index if key == KEY and index < size else -1)
        start += size
    flat = [link for event_links, _ in events for link in event_links]
    keys, indices = (np.array([link[i] for link in flat], np.uint32) for i in (0, 1))
    found = links.resolve(
        offsets_of([len(event_links) for event_links, _ in events]),
        keys,
        indices,
        "GSFTrackParticles",
        offsets_of([size for _, size in events]),
    )
    assert found.dtype == np.int64
    assert found.tolist() == expected


def test_a_target_nobody_knows_is_an_error() -> None:
    nothing = np.zeros(0, np.uint32)
    with pytest.raises(KeyError, match="Tracks"):
        links.resolve(offsets_of([]), nothing, nothing, "Tracks", offsets_of([]))


@given(st.lists(st.lists(one_link, max_size=3), max_size=6))
def test_the_first_link_of_an_object_is_null_if_it_has_none(objects: list) -> None:
    flat = [link for object_links in objects for link in object_links]
    several = Links2(
        offsets_of([len(objects)]),
        offsets_of([len(object_links) for object_links in objects]),
        np.array([key for key, _ in flat], np.uint32),
        np.array([index for _, index in flat], np.uint32),
    )
    one = links.first(several)
    assert one.offsets is several.offsets
    assert list(zip(one.keys.tolist(), one.indices.tolist(), strict=True)) == [
        object_links[0] if object_links else (0, 0) for object_links in objects
    ]


def test_what_is_not_found_takes_the_missing_value_and_the_type_stays() -> None:
    taken = links.take(np.array([1.5, 2.5], np.float32), np.array([1, -1, 0]), np.nan)
    assert taken.dtype == np.float32
    np.testing.assert_array_equal(taken, [2.5, np.nan, 1.5])


def test_every_electron_of_the_sample_has_a_track_in_its_own_direction(sample) -> None:
    first = links.first(sample.links2("AnalysisElectrons.trackParticleLinks"))
    phi = sample.jagged("GSFTrackParticles.phi")
    found = links.resolve(first.offsets, first.keys, first.indices, "GSFTrackParticles", phi.offsets)
    assert (found >= 0).all()
    difference = sample.jagged("AnalysisElectrons.phi").content - phi.content[found]
    assert np.abs(np.sin(difference / 2)).max() < 0.01


def test_the_truth_electrons_of_the_sample_are_where_the_links_of_electrons_say(sample) -> None:
    stored = sample.links("AnalysisElectrons.TruthLink")
    px, py = (sample.jagged(f"TruthElectrons.{p}") for p in ("px", "py"))
    found = links.resolve(stored.offsets, stored.keys, stored.indices, "TruthElectrons", px.offsets)
    linked = found >= 0
    assert linked.tolist() == (stored.keys != 0).tolist()
    phi = np.arctan2(py.content[found[linked]], px.content[found[linked]])
    difference = sample.jagged("AnalysisElectrons.phi").content[linked] - phi
    assert np.median(np.abs(np.sin(difference / 2))) < 0.001
