"""Every variable of the real samples, against uproot's own reading (TTree) and against ROOT's (RNTuple)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import uproot
from topcp_columnar.containers import Jagged, Jagged2
from topcp_columnar.errors import InputError
from topcp_columnar.read import open_physlite

if TYPE_CHECKING:
    from collections.abc import Callable

    from topcp_columnar.read import PhysliteFile

# What neither `read` nor `read_links` gives: texts.
NOT_READ = {"EventInfo.detDescrTags", "MET_Core_AnalysisMET.name", "MET_Truth.name"}
# What uproot cannot read, or reads wrongly: the links of test_links.py, and what clusters keep with the objects.
CLUSTER_LAYERS = "egammaClusters.samplingPattern"
UPROOT_CANNOT = {"METAssoc_AnalysisMET.jetLink", "EventInfo.hardScatterVertexLink", CLUSTER_LAYERS}


def _every_name(file: PhysliteFile) -> list[str]:
    return [f"{container}.{variable}" for container in file.containers for variable in file.variables(container)]


def _branches(tree: Any) -> dict[str, Any]:
    """Every variable's branch by our name for it, found by taking uproot's keys apart."""
    branches = {}
    for path in tree.keys(recursive=True):
        container, found, variable = path.split("/")[-1].partition("Aux")
        variable = variable.removeprefix("Dyn").removeprefix(".")
        if found and variable and "." not in variable and "::" not in variable:
            branches.setdefault(f"{container}.{variable}", tree[path])
    return branches


def _read(file: PhysliteFile, name: str, start: int, stop: int) -> Any:
    try:
        return file.read(name, start, stop)
    except InputError:
        return file.read_links(name, start, stop)


def test_no_variable_of_the_file_is_overlooked(run2: PhysliteFile, run2_sample: Path) -> None:
    with uproot.open(run2_sample) as file:
        assert set(_every_name(run2)) == set(_branches(file["CollectionTree"])) | {CLUSTER_LAYERS}


@pytest.mark.parametrize("part", range(4))
def test_every_variable_of_a_ttree_is_read_as_uproot_reads_it(
    part: int,
    run2: PhysliteFile,
    run2_sample: Path,
    from_uproot: Callable[[Any], Any],
    cut: Callable[[Any, int, int], Any],
    assert_same: Callable[[Any, Any], None],
) -> None:
    names = [name for name in _every_name(run2) if name not in NOT_READ | UPROOT_CANNOT][part::4]
    with uproot.open(run2_sample) as file:
        branches = _branches(file["CollectionTree"])
        for name in names:
            expected = from_uproot(branches[name].array())
            for start, stop in ((0, 100), (13, 14), (7, 91)):
                assert_same(_read(run2, name, start, stop), cut(expected, start, stop))


def test_only_texts_are_not_read(run2: PhysliteFile) -> None:
    for name in NOT_READ:
        for read, what in ((run2.read, "numbers"), (run2.read_links, "links")):
            with pytest.raises(InputError, match=rf"{name} is a .*, which cannot be read as {what}"):
                read(name)


@pytest.mark.run3
def test_every_variable_of_an_rntuple_is_read(
    run3: PhysliteFile, cut: Callable[[Any, int, int], Any], assert_same: Callable[[Any, Any], None]
) -> None:
    not_read = set()
    for number, name in enumerate(_every_name(run3)):
        try:
            whole = _read(run3, name, 0, 100)
        except InputError:
            not_read.add(name)
        else:
            if number % 5 == 0:
                assert_same(_read(run3, name, 7, 91), cut(whole, 7, 91))
    navigation = {f"HLTNav_Summary_DAODSlimmed.{variable}" for variable in ("linkColNames", "name")}
    assert not_read == NOT_READ | navigation


@pytest.mark.run3
def test_an_rntuple_is_read_as_root_reads_it(run3: PhysliteFile, run3_sample: Path, cern_root: None) -> None:
    fields = {
        "AnalysisElectronsAuxDyn:pt": "float",
        "AnalysisMuonsAuxDyn:quality": "std::uint8_t",
        "AnalysisElectronsAuxDyn:DFCommonElectronsLHTight": "char",
        "EventInfoAuxDyn:mcEventWeights": "float",
        "METAssoc_AnalysisMETAux:.jettrkpx": "float",
    }
    script = Path(__file__).with_name("read_rntuple.py")
    arguments = [word for field in fields.items() for word in field]
    call = [sys.executable, "-W", "ignore", str(script), str(run3_sample), *arguments]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    for field, expected in json.loads(done.stdout).items():
        container, _, variable = field.partition("Aux")
        got = run3.read(f"{container}.{variable.removeprefix('Dyn').lstrip(':.')}")
        assert isinstance(got, Jagged)
        assert [part.tolist() for part in np.split(got.content, got.offsets[1:-1])] == expected


def _assert_an_energy_in_each_layer(file: PhysliteFile) -> None:
    layers, energies = file.read(CLUSTER_LAYERS), file.read("egammaClusters.e_sampl")
    assert isinstance(layers, Jagged)
    assert isinstance(energies, Jagged2)
    np.testing.assert_array_equal(layers.offsets, energies.offsets)
    assert [bits.bit_count() for bits in layers.content.tolist()] == np.diff(energies.inner).tolist()


def test_a_cluster_has_an_energy_in_each_of_its_layers(run2: PhysliteFile) -> None:
    _assert_an_energy_in_each_layer(run2)


@pytest.mark.run3
def test_a_cluster_of_an_rntuple_has_an_energy_in_each_of_its_layers(run3: PhysliteFile) -> None:
    _assert_an_energy_in_each_layer(run3)


@pytest.mark.run3
def test_flags_are_int8_in_both_layouts(run2: PhysliteFile, run3: PhysliteFile) -> None:
    for file in (run2, run3):
        flags = file.read("AnalysisElectrons.DFCommonElectronsLHTight")
        assert isinstance(flags, Jagged)
        assert flags.content.dtype == np.int8
        assert set(flags.content.tolist()) == {0, 1}


def test_both_layouts_of_the_same_events_read_the_same(
    run2: PhysliteFile, run2_sample: Path, tmp_path: Path, assert_same: Callable[[Any, Any], None]
) -> None:
    names = ["AnalysisElectrons.pt", "AnalysisMuons.quality", "AnalysisJets.NumTrkPt500", "EventInfo.eventNumber"]
    with uproot.open(run2_sample) as file:
        branches = _branches(file["CollectionTree"])
        arrays = {name.replace(".", "AuxDyn:"): branches[name].array() for name in names}
    with uproot.recreate(tmp_path / "rntuple.root") as out:
        ntuple = out.mkrntuple("EventData", {name: array[:40] for name, array in arrays.items()})
        ntuple.extend({name: array[40:] for name, array in arrays.items()})
    with open_physlite(str(tmp_path / "rntuple.root")) as file:
        assert file.layout == "rntuple"
        for name in names:
            for start, stop in ((0, 100), (39, 41), (50, 50)):
                assert_same(file.read(name, start, stop), run2.read(name, start, stop))


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="needs Linux' count of what is in memory")
@pytest.mark.parametrize("sample", ["run2_sample", pytest.param("run3_sample", marks=pytest.mark.run3)])
def test_what_was_read_of_a_file_can_leave_memory_and_be_read_again(
    sample: str, request: pytest.FixtureRequest
) -> None:
    path: Path = request.getfixturevalue(sample)

    def in_memory() -> int:
        """KiB of the file that this process holds, in this mapping and in those of other tests."""
        mappings = Path("/proc/self/smaps").read_text().split(f" {path.resolve()}\n")[1:]
        return sum(int(mapping.partition("Rss:")[2].split()[0]) for mapping in mappings)

    with open_physlite(str(path)) as file:
        before = [file.read(name) for name in ("AnalysisJets.pt", "EventInfo.mcEventWeights")]
        held = in_memory()
        file.let_go()
        assert in_memory() < held
        after = [file.read(name) for name in ("AnalysisJets.pt", "EventInfo.mcEventWeights")]
    for one, other in zip(before, after, strict=True):
        assert isinstance(one, Jagged)
        assert isinstance(other, Jagged)
        assert np.array_equal(one.content, other.content)
