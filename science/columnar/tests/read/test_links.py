"""ElementLinks, where only their meaning tells whether they are read rightly."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
import uproot
from topcp_columnar.containers import Jagged, Links
from topcp_columnar.read.faults import Damaged
from topcp_columnar.read.links import read_vector_links

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from topcp_columnar.read import PhysliteFile
    from topcp_columnar.read.baskets import Branch
    from topcp_columnar.read.source import LocalFile


def _assert_one_link_a_jet_and_one_more(file: PhysliteFile) -> None:
    """The association map has an entry per jet, in the order of the jets, and one for what is in no jet."""
    links, jets = file.read_links("METAssoc_AnalysisMET.jetLink"), file.read("AnalysisJets.pt")
    assert isinstance(links, Links)
    assert isinstance(jets, Jagged)
    counts = np.diff(jets.offsets)
    np.testing.assert_array_equal(np.diff(links.offsets), counts + 1)
    for event, n_jets in enumerate(counts.tolist()):
        indices = links.indices[links.offsets[event] : links.offsets[event + 1]]
        assert indices.tolist() == [*range(n_jets), 0xFFFFFFFF]


def test_jet_links_of_the_missing_et_map_are_in_the_order_of_the_jets(run2: PhysliteFile) -> None:
    _assert_one_link_a_jet_and_one_more(run2)


@pytest.mark.run3
def test_jet_links_of_an_rntuple_are_in_the_order_of_the_jets(run3: PhysliteFile) -> None:
    _assert_one_link_a_jet_and_one_more(run3)


def test_a_naive_reading_of_the_jet_links_differs(run2: PhysliteFile, run2_sample: Path) -> None:
    with uproot.open(run2_sample) as file:
        naive = file["CollectionTree"]["METAssoc_AnalysisMETAux./METAssoc_AnalysisMETAux.jetLink"].array()
    links = run2.read_links("METAssoc_AnalysisMET.jetLink")
    assert isinstance(links, Links)
    own = np.split(links.indices, links.offsets[1:-1])
    agreeing = [event for event in range(100) if naive[event].m_persIndex.tolist() == own[event].tolist()]
    assert len(agreeing) <= 1


def test_jet_links_of_some_events_are_those_of_the_whole(run2: PhysliteFile) -> None:
    whole, some = (run2.read_links("METAssoc_AnalysisMET.jetLink", *range_) for range_ in ((0, 100), (33, 67)))
    assert isinstance(whole, Links)
    assert isinstance(some, Links)
    first, last = whole.offsets[33], whole.offsets[67]
    np.testing.assert_array_equal(some.offsets, whole.offsets[33:68] - first)
    np.testing.assert_array_equal(some.keys, whole.keys[first:last])
    np.testing.assert_array_equal(some.indices, whole.indices[first:last])


def test_the_hard_scatter_vertex_is_the_primary_one(run2: PhysliteFile) -> None:
    links, types = run2.read_links("EventInfo.hardScatterVertexLink"), run2.read("PrimaryVertices.vertexType")
    assert isinstance(links, Links)
    assert isinstance(types, Jagged)
    assert links.offsets.tolist() == list(range(101))
    assert set(types.content[types.offsets[:-1] + links.indices].tolist()) == {1}


@pytest.mark.run3
def test_the_same_container_has_the_same_key_in_both_layouts(run2: PhysliteFile, run3: PhysliteFile) -> None:
    for name in ("EventInfo.hardScatterVertexLink", "AnalysisJets.btaggingLink", "AnalysisElectrons.caloClusterLinks"):
        keys = [set(file.read_links(name).keys.tolist()) - {0} for file in (run2, run3)]
        assert keys[0] == keys[1]
        assert len(keys[0]) == 1


def _object_wise(link: tuple[int, int]) -> bytes:
    """ElementLink<T> with its base ElementLinkBase, each with byte count, version and checksum."""
    return struct.pack(">IHIIHIII", 0x40000018, 0, 0xD31237D7, 0x4000000E, 0, 0xFEB3DF9E, *link)


def _vector(links: list[tuple[int, int]]) -> bytes:
    items = b"".join(map(_object_wise, links))
    return struct.pack(">IHI", 0x40000000 | (6 + len(items)), 9, len(links)) + items


def test_links_streamed_object_by_object_are_read(
    handmade: Callable[[list[bytes]], tuple[LocalFile, Branch]],
) -> None:
    events = [[(7, 1), (7, 0)], [], [(0, 0xFFFFFFFF)], [(9, 4)] * 5]
    links = read_vector_links(*handmade([_vector(event) for event in events]), 0, 4)
    assert links.offsets.tolist() == [0, 2, 2, 3, 8]
    assert list(zip(links.keys.tolist(), links.indices.tolist(), strict=True)) == [link for e in events for link in e]


def test_links_of_an_unknown_class_version_are_refused(
    handmade: Callable[[list[bytes]], tuple[LocalFile, Branch]],
) -> None:
    longer = _vector([(7, 1)]).replace(b"\x40\x00\x00\x0e", b"\x40\x00\x00\x0c")
    with pytest.raises(Damaged, match="not streamed as known"):
        read_vector_links(*handmade([longer]), 0, 1)
