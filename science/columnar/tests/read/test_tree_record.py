"""The description of a TTree: what is parsed on demand is what uproot, which parses all of it, finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uproot
from topcp_columnar.containers import Jagged, Links2
from topcp_columnar.errors import InputError
from topcp_columnar.read import open_physlite
from topcp_columnar.read.column_types import column_type
from topcp_columnar.read.faults import Damaged
from topcp_columnar.read.tree_directory import TreeDirectory
from topcp_columnar.read.tree_record import TreeRecord


def assert_like_uproot(path: Path, tree: str) -> None:
    with uproot.open(path) as file:
        directory, whole = TreeDirectory(file, tree), file[tree]
        assert directory.n_events == whole.num_entries
        for variables in directory.spellings.values():
            for spelling in variables.values():
                name = spelling.removesuffix("AuxDyn.samplingPattern")
                assert_branch(directory.branch(spelling), whole[name])


def assert_branch(ours: Any, theirs: Any) -> None:
    n = theirs.num_baskets
    seeks, sizes, entries = (theirs.member(f"fBasket{what}") for what in ("Seek", "Bytes", "Entry"))
    assert ours.seeks.tolist() == seeks[:n].tolist()
    assert ours.sizes.tolist() == sizes[:n].tolist()
    assert ours.entries.tolist() == entries[: n + 1].tolist()
    if theirs.typename != "unknown" and "ElementLink" not in theirs.typename:
        assert column_type(ours.type_name) == column_type(theirs.typename)


def test_branches_of_events_are_those_that_uproot_finds(run2_sample: Path) -> None:
    assert_like_uproot(run2_sample, "CollectionTree")


@pytest.mark.run3
def test_branches_of_metadata_are_those_that_uproot_finds(run3_sample: Path) -> None:
    assert_like_uproot(run3_sample, "MetaData")


def test_a_record_cut_short_is_damaged(run2_sample: Path) -> None:
    with uproot.open(run2_sample) as file:
        key = file.key("CollectionTree")
        record = key.get_uncompressed_chunk_cursor()[0].raw_data.tobytes()
    for length in (0, 3, 50, 300, 2000, len(record) // 2):
        with pytest.raises(Damaged):
            TreeRecord(record[:length], key.fKeylen, lambda owner, number: "").branches()


def test_counts_are_those_of_the_links(run2_sample: Path) -> None:
    with open_physlite(str(run2_sample)) as file:
        links = file.read_links("PrimaryVertices.trackParticleLinks", 3, 50)
        counts = file.read_counts("PrimaryVertices.trackParticleLinks", 3, 50)
    assert isinstance(links, Links2)
    assert np.array_equal(counts.offsets, links.offsets)
    assert np.array_equal(counts.content, np.diff(links.inner))


@pytest.mark.run3
def test_counts_and_firsts_are_the_same_of_an_rntuple(run3_sample: Path) -> None:
    with open_physlite(str(run3_sample)) as file:
        links = file.read_links("PrimaryVertices.trackParticleLinks", 3, 50)
        counts = file.read_counts("PrimaryVertices.trackParticleLinks", 3, 50)
        weights, firsts = (read("EventInfo.mcEventWeights", 3, 50) for read in (file.read, file.read_firsts))
    assert isinstance(links, Links2)
    assert isinstance(weights, Jagged)
    assert np.array_equal(counts.content, np.diff(links.inner))
    assert np.array_equal(firsts, weights.content[weights.offsets[:-1]])


def test_the_first_weight_is_the_first_of_all(run2_sample: Path) -> None:
    with open_physlite(str(run2_sample)) as file:
        weights, firsts = (read("EventInfo.mcEventWeights", 3, 50) for read in (file.read, file.read_firsts))
    assert isinstance(weights, Jagged)
    assert np.array_equal(firsts, weights.content[weights.offsets[:-1]])


def test_a_vector_that_is_empty_has_no_first(run2_sample: Path) -> None:
    with open_physlite(str(run2_sample)) as file, pytest.raises(InputError, match="AnalysisMuons"):
        file.read_firsts("AnalysisMuons.pt")


def test_only_a_vector_of_vectors_has_counts(run2_sample: Path) -> None:
    with open_physlite(str(run2_sample)) as file, pytest.raises(InputError, match="AnalysisMuons"):
        file.read_counts("AnalysisMuons.pt")
