"""What is put into a tree comes out of it, as uproot reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import uproot
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from topcp_columnar.containers import Jagged
from topcp_columnar.write import Branch, NtupleFile

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Columns

PT = Branch("jet_pt_NOSYS", np.dtype("float32"), vector=True)
WEIGHT = Branch("weight", np.dtype("float64"), vector=False)


def read(path: Path, tree: str = "reco") -> dict[str, list[Any]]:
    """By branch and event."""
    with uproot.open(path, object_cache=None, array_cache=None) as file:
        return {branch.name: branch.array().tolist() for branch in file[tree].branches}


@pytest.mark.parametrize("events", [0, 1, 2, 1000])
def test_every_type_comes_back_equal(tmp_path: Path, every_type: Callable[[int], Columns], events: int) -> None:
    columns = every_type(events)
    with NtupleFile(tmp_path / "all.root") as out:
        tree = out.tree("reco", columns.branches)
        tree.extend(columns.values)
    assert tree.entries == events
    assert read(tmp_path / "all.root") == columns.as_lists()


@st.composite
def jagged(draw: st.DrawFn) -> Jagged:
    """Vectors of numbers, of any length and any bits: also infinities and every NaN."""
    counts = draw(st.lists(st.integers(0, 7), max_size=40))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    content = draw(hnp.arrays(np.float32, int(offsets[-1]), elements=st.floats(width=32)))
    return Jagged(offsets, content)


@settings(deadline=None)
@given(parts=st.lists(jagged(), max_size=5), cluster=st.integers(1, 400))
def test_vectors_come_back_bit_by_bit_however_they_come_in(
    tmp_path_factory: pytest.TempPathFactory, parts: list[Jagged], cluster: int
) -> None:
    path = tmp_path_factory.mktemp("jagged") / "jagged.root"
    with pytest.MonkeyPatch.context() as patch, NtupleFile(path) as out:
        patch.setattr("topcp_columnar.write.cluster._CLUSTER_BYTES", cluster)
        tree = out.tree("reco", [PT])
        for part in parts:
            tree.extend({PT.name: part})
    with uproot.open(path) as file:
        found = file["reco"][PT.name].array().layout
    counts = np.concatenate([np.diff(part.offsets) for part in parts] or [[]])
    content = np.concatenate([part.content for part in parts] or [np.empty(0, np.float32)])
    assert np.diff(found.offsets).tolist() == counts.tolist()
    assert np.asarray(found.content.data)[: len(content)].tobytes() == content.tobytes()


def test_small_chunks_are_gathered_into_one_basket(tmp_path: Path) -> None:
    with NtupleFile(tmp_path / "gathered.root") as out:
        tree = out.tree("reco", [PT, WEIGHT])
        for number in range(50):
            weights = np.array([number, -number], dtype=float)
            tree.extend({PT.name: Jagged(np.array([0, 1, 3]), np.full(3, number, np.float32)), WEIGHT.name: weights})
    found = read(tmp_path / "gathered.root")
    assert found[PT.name] == [vector for n in range(50) for vector in ([n], [n, n])]
    assert found[WEIGHT.name] == [weight for n in range(50) for weight in (n, -n)]
    with uproot.open(tmp_path / "gathered.root") as file:
        assert {branch.num_baskets for branch in file["reco"].branches} == {1}


def test_a_large_chunk_is_cut_into_clusters_that_readers_can_hold(tmp_path: Path) -> None:
    events = 6_000_000
    vector = Jagged(np.arange(events + 1), np.arange(events, dtype=np.float32))
    with NtupleFile(tmp_path / "large.root") as out:
        weights = np.arange(events, dtype=float)
        out.tree("reco", [PT, WEIGHT]).extend({PT.name: vector, WEIGHT.name: weights})
    with uproot.open(tmp_path / "large.root") as file:
        tree = file["reco"]
        sizes = [sum(branch.basket_uncompressed_bytes(n) for branch in tree.branches) for n in range(2)]
        assert tree[PT.name].num_baskets == tree[WEIGHT.name].num_baskets == 2
        assert max(sizes) < 160e6
        assert np.array_equal(tree[WEIGHT.name].array(library="np"), weights)
        assert np.array_equal(np.asarray(tree[PT.name].array().layout.content.data), vector.content)


def test_arrays_may_be_changed_once_they_were_given(tmp_path: Path) -> None:
    pt, weight = Jagged(np.array([0, 2]), np.array([1, 2], np.float32)), np.array([3.0])
    with NtupleFile(tmp_path / "changed.root") as out:
        out.tree("reco", [PT, WEIGHT]).extend({PT.name: pt, WEIGHT.name: weight})
        pt.content[:], pt.offsets[:], weight[:] = 9, 0, 9
    assert read(tmp_path / "changed.root") == {PT.name: [[1, 2]], WEIGHT.name: [3]}


def test_branches_that_share_arrays_are_the_same_as_with_arrays_of_their_own(tmp_path: Path) -> None:
    names = ["pt", "pt_a_variation", "other_pt", "pt_with_a_longer_name"]
    branches = [Branch(name, np.dtype("int32"), vector=True) for name in names]
    shared = [Jagged(np.array([0, 2, 3]), np.array([1, 2, 3], np.int32)) for _ in range(2)]
    first = dict.fromkeys(names, shared[0])
    second = first | {"other_pt": shared[1]}
    for path, copied in ((tmp_path / "shared.root", False), (tmp_path / "own" / "shared.root", True)):
        path.parent.mkdir(exist_ok=True)
        with NtupleFile(path) as out:
            tree = out.tree("reco", branches)
            for columns in (first, second):
                tree.extend(
                    {n: Jagged(c.offsets.copy(), c.content.copy()) if copied else c for n, c in columns.items()}
                )
    assert read(tmp_path / "shared.root") == {name: [[1, 2], [3], [1, 2], [3]] for name in names}
    assert (tmp_path / "shared.root").read_bytes() == (tmp_path / "own" / "shared.root").read_bytes()


def test_many_variations_of_a_container_are_read_back_whether_they_change_it_or_not(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    offsets = np.concatenate([[0], np.cumsum(rng.poisson(4, 2000))])
    nominal, varied = rng.normal(50, 20, (2, offsets[-1])).astype(np.float32)
    contents = {f"jet_pt_{n:02}": varied if n == 30 else nominal.copy() for n in range(40)}
    with NtupleFile(tmp_path / "many.root") as out:
        tree = out.tree("reco", [Branch(name, np.dtype("float32"), vector=True) for name in contents])
        tree.extend({name: Jagged(offsets.copy(), content) for name, content in contents.items()})
    with uproot.open(tmp_path / "many.root") as file:
        for name, content in contents.items():
            found = file["reco"][name].array().layout
            assert np.array_equal(found.offsets, offsets)
            assert np.array_equal(found.content.data, content)


class Lazy(Mapping[str, Any]):
    """Columns that are made anew each time one is asked for."""

    def __getitem__(self, name: str) -> Any:
        return Jagged(np.array([0, len(name)]), np.full(len(name), ord(name[-1]), np.int32))

    def __iter__(self) -> Iterator[str]:
        return (f"pt_{letter}" for letter in "abcdefgh")

    def __len__(self) -> int:
        return 8


def test_columns_may_be_made_while_they_are_asked_for(tmp_path: Path) -> None:
    with NtupleFile(tmp_path / "lazy.root") as out:
        out.tree("reco", [Branch(name, np.dtype("int32"), vector=True) for name in Lazy()]).extend(Lazy())
    assert read(tmp_path / "lazy.root") == {name: [[ord(name[-1])] * 4] for name in Lazy()}


def test_columns_need_not_lie_closely_in_memory(tmp_path: Path) -> None:
    pt, weight = np.arange(8, dtype=np.float32)[::2], np.arange(6, dtype=float)[::3]
    with NtupleFile(tmp_path / "strided.root") as out:
        out.tree("reco", [PT, WEIGHT]).extend({PT.name: Jagged(np.array([0, 1, 4]), pt), WEIGHT.name: weight})
    assert read(tmp_path / "strided.root") == {PT.name: [[0], [2, 4, 6]], WEIGHT.name: [0, 3]}


def test_titles_are_those_given_or_roots_own(tmp_path: Path) -> None:
    branches = [PT, WEIGHT, Branch("met_met_NOSYS", np.dtype("float32"), vector=False, title="exact [MeV]")]
    with NtupleFile(tmp_path / "titles.root") as out:
        out.tree("reco", branches, "selected events")
    with uproot.open(tmp_path / "titles.root") as file:
        assert file["reco"].title == "selected events"
        assert [branch.title for branch in file["reco"].branches] == [PT.name, "weight/D", "exact [MeV]"]


def test_names_of_any_length_and_script_are_kept(tmp_path: Path) -> None:
    long, text = "jet_pt_" + "x" * 300, "Δη(e, jet) " * 50
    with NtupleFile(tmp_path / "names.root") as out:
        out.tree("réco", [Branch(long, np.dtype("int8"), vector=True, title=text)])
        out.text("report", text)
    with uproot.open(tmp_path / "names.root") as file:
        assert file["réco"][long].title == text
        assert str(file["report"]) == text


def test_equal_content_gives_equal_bytes_and_other_content_another_identity(tmp_path: Path) -> None:
    def write(folder: str, weight: float) -> Path:
        (tmp_path / folder).mkdir()
        with NtupleFile(tmp_path / folder / "out.root") as out:
            out.tree("reco", [WEIGHT]).extend({WEIGHT.name: np.array([weight])})
        return tmp_path / folder / "out.root"

    first, again, other = write("first", 1.0), write("again", 1.0), write("other", 2.0)
    assert first.read_bytes() == again.read_bytes()
    with uproot.open(first) as one, uproot.open(other) as two:
        assert one.file.uuid != two.file.uuid


def test_what_does_not_compress_is_read_back_too(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 2**63, 2_000_000)
    branch = Branch("noise", np.dtype("int64"), vector=False)
    with NtupleFile(tmp_path / "noise.root") as out:
        out.tree("reco", [branch]).extend({"noise": noise})
    with uproot.open(tmp_path / "noise.root") as file:
        assert np.array_equal(file["reco"]["noise"].array(library="np"), noise)


WRONG = {
    "columns are missing: weight": {PT.name: Jagged(np.array([0]), np.empty(0, np.float32))},
    "no branches for columns: mass": {
        PT.name: Jagged(np.array([0]), np.empty(0, np.float32)),
        WEIGHT.name: np.empty(0),
        "mass": np.empty(0),
    },
    "'jet_pt_NOSYS' has 1 events, 'weight' has 2": {
        PT.name: Jagged(np.array([0, 1]), np.empty(1, np.float32)),
        WEIGHT.name: np.empty(2),
    },
    "'jet_pt_NOSYS': takes a Jagged of float32, not a Jagged of float64": {
        PT.name: Jagged(np.array([0, 1]), np.empty(1)),
        WEIGHT.name: np.empty(1),
    },
    "'jet_pt_NOSYS': takes a Jagged of float32, not an array of float32": {
        PT.name: np.empty(1, np.float32),
        WEIGHT.name: np.empty(1),
    },
    "'weight': takes an array of float64, not an array of float64 in 2 dimensions": {
        PT.name: Jagged(np.array([0, 1]), np.empty(1, np.float32)),
        WEIGHT.name: np.empty((1, 1)),
    },
    "offsets end at 3, there are 1 values": {
        PT.name: Jagged(np.array([0, 3]), np.empty(1, np.float32)),
        WEIGHT.name: np.empty(1),
    },
    "offsets must be int64, start at 0 and never decrease": {
        PT.name: Jagged(np.array([0, 4, 1]), np.empty(1, np.float32)),
        WEIGHT.name: np.empty(2),
    },
}


@pytest.mark.parametrize("message", WRONG)
def test_columns_that_do_not_fit_are_refused_before_anything_is_taken(tmp_path: Path, message: str) -> None:
    good = {PT.name: Jagged(np.array([0, 1]), np.array([5], np.float32)), WEIGHT.name: np.array([2.0])}
    with NtupleFile(tmp_path / "out.root") as out:
        tree = out.tree("reco", [PT, WEIGHT])
        with pytest.raises(ValueError, match=message):
            tree.extend(WRONG[message])
        tree.extend(good)
    assert read(tmp_path / "out.root") == {PT.name: [[5]], WEIGHT.name: [2]}


def test_branches_and_objects_need_names_of_their_own_and_types_that_root_has(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ROOT trees hold no complex128; they hold bool, int8"):
        Branch("phase", np.dtype(complex), vector=False)
    with NtupleFile(tmp_path / "out.root") as out:
        out.tree("reco", [PT])
        with pytest.raises(ValueError, match="'reco' is there already"):
            out.text("reco", "")
        with pytest.raises(ValueError, match="cannot find an object by the name 'a/b'"):
            out.text("a/b", "")
        with pytest.raises(ValueError, match="needs branches, each with a name of its own"):
            out.tree("twice", [PT, PT])
