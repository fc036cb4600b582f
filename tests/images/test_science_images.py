"""What ServiceX's pods ask of a science image, asked of both in such pods."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import awkward as ak
import jsonschema
import pytest
import topcp_config
import uproot

from .containers import SCIENCE_IMAGES, VERSION, run
from .pod import REQUEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from .pod import Pod

pytestmark = [pytest.mark.images, pytest.mark.needs("docker")]
science_images = pytest.mark.parametrize("image", SCIENCE_IMAGES)
shells = pytest.mark.parametrize("shell", [("-c",), ("--login", "-c")], ids=" ".join)


@science_images
def test_the_command_says_its_version(image: str) -> None:
    assert run(image, "runTop_el.py", "--version") == f"runTop_el.py {VERSION}\n"


@science_images
@shells
def test_every_bash_finds_what_a_pod_calls(image: str, shell: tuple[str, ...]) -> None:
    script = "for c in bash cut date jq nc python runTop_el.py tee; do command -v $c || echo no $c; done; echo $0"
    said = run(image, *shell, script, options=("--entrypoint", "bash")).splitlines()
    assert len(said) == 9
    assert [line for line in said if line.startswith("no ")] == []


@science_images
@shells
def test_set_up_twice_is_set_up_once(image: str, shell: tuple[str, ...]) -> None:
    def variables(*command: str) -> list[str]:
        said = run(image, *command, options=("--entrypoint", "bash")).splitlines()
        return sorted(line for line in said if line.startswith(("CALIBPATH=", "DATAPATH=", "PYTHONPATH=")))

    assert variables(*shell, "bash -c env") == variables(*shell, "env") != []


@science_images
def test_a_grid_proxy_has_a_place_that_anyone_can_write_to(image: str) -> None:
    script = 'mkdir -p "$(dirname "$X509_USER_PROXY")" && echo proxy >"$X509_USER_PROXY" && cat "$X509_USER_PROXY"'
    assert run(image, "--login", "-c", script, options=("--entrypoint", "bash")) == "proxy\n"


@science_images
def test_the_command_line_of_the_first_example_runs(image: str, work: Path) -> None:
    command = "runTop_el.py -i input.txt -o output -t customConfig --no-systematics -e 10"
    said = run(image, *command.split(), options=("--volume", f"{work}:/job", "--workdir", "/job"))
    assert said.count("Package.EventLoop        INFO    Processing events 0-10 in file") == 1
    with uproot.open(work / "output.root") as file:
        assert file["reco"].num_entries == 10


@science_images
def test_a_configuration_copied_to_config_loc_is_found(image: str, work: Path) -> None:
    script = (
        'cp customConfig/reco.yaml "$CONFIG_LOC" && cp input.txt /tmp && cd /tmp && '
        'runTop_el.py -i input.txt -o /job/output -t "$(basename "$CONFIG_LOC")" --no-systematics'
    )
    (work / "input.txt").write_text(f"/job/{(work / 'input.txt').read_text()}")
    run(image, "bash", "-c", script, options=("--volume", f"{work}:/job", "--workdir", "/job"))
    assert (work / "output.root").exists()


@science_images
@shells
def test_a_pod_makes_the_ntuple_that_the_engine_makes_outside(
    image: str, shell: tuple[str, ...], pod: Callable[..., Pod], run2_sample: Path, ntuple: Path
) -> None:
    made = pod(*shell)
    (answer,) = made.transform(image, [run2_sample])
    assert answer["said"] == "success.", answer["log"]
    (output,) = made.outputs.iterdir()
    assert f"Transform stats: Total Events: 100, resulting file size {output.stat().st_size}\n" in answer["log"]
    assert output.name == f":data:{run2_sample.name}"
    assert_same_ntuple(output, ntuple)


@science_images
def test_a_file_that_fails_does_not_spoil_the_next(
    image: str, pod: Callable[..., Pod], run2_sample: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.root"
    damaged.write_bytes(run2_sample.read_bytes()[:1000])
    made = pod("--login", "-c")
    failed, succeeded = made.transform(image, [damaged, run2_sample])
    assert failed["said"] == "failure."
    assert (
        failed["log"]
        .splitlines()[-1]
        .startswith("TransformError: ERROR bad input file: /data/damaged.root was cut off")
    )
    assert succeeded["said"] == "success."
    assert [output.name for output in made.outputs.iterdir()] == [f":data:{run2_sample.name}"]


@science_images
def test_memory_that_ends_is_told_by_the_kernels_own_count(
    image: str, pod: Callable[..., Pod], run2_sample: Path
) -> None:
    made = pod("-c")
    (answer,) = made.transform(image, [run2_sample], ("--memory", "40m", "--memory-swap", "40m"))
    assert answer["said"] == "failure."
    assert answer["log"].splitlines()[-1].startswith("TransformError: ERROR out of memory: ")
    assert list(made.outputs.iterdir()) == []


def test_a_disk_that_is_full_is_told_and_nothing_is_delivered(pod: Callable[..., Pod], run2_sample: Path) -> None:
    made = pod("-c")
    small = f"/servicex/output/{REQUEST}/scratch:size=16k,mode=1777"
    (answer,) = made.transform("columnar", [run2_sample], ("--tmpfs", small))
    assert answer["said"] == "failure."
    headline = answer["log"].splitlines()[-1]
    assert headline.startswith("TransformError: ERROR disk full: [Errno 28] No space left on device")
    assert list(made.outputs.iterdir()) == []


EVERYTHING = Path(__file__).parents[2] / "science" / "columnar" / "tests" / "engine" / "everything.yaml"


@pytest.mark.parametrize("configuration", ["talk", "everything"])
def test_the_columnar_image_has_its_loops_compiled(work: Path, configuration: str) -> None:
    if configuration == "everything":
        shutil.copy(EVERYTHING, work / "customConfig" / "reco.yaml")
    command = "runTop_el.py -i input.txt -o output -t customConfig --payload approximate"
    options = ("--volume", f"{work}:/job", "--workdir", "/job", "--env", "NUMBA_DEBUG_CACHE=1")
    said = run("columnar", *command.split(), options=options)
    assert "data loaded from" in said
    assert "data saved to" not in said


def test_the_columnar_image_trusts_the_grids_authorities() -> None:
    script = "cd /etc/grid-security/certificates && readlink *.0 | grep CERN | sort -u && find . -xtype l"
    assert run("columnar", "bash", "-c", script).split() == ["CERN-GridCA.pem", "CERN-Root-2.pem"]


def test_the_facts_of_the_release_are_in_the_analysisbase_image() -> None:
    facts = json.loads(run("analysisbase", "bash", "-c", "cat /opt/TopCPToolkit/facts/*.json"))
    schema = Path(topcp_config.__file__).parent / "facts" / "facts.schema.json"
    jsonschema.validate(facts, json.loads(schema.read_text()))
    assert (facts["release"], facts["toolkit"]) == ("25.2.45", "2.17.0")
    assert any(name.startswith("TopCPToolkit.") for name in facts["addable"])


@pytest.fixture
def work(tmp_path: Path, talk: Path, run2_sample: Path) -> Path:
    """A folder as the toolkit's documentation has one, open to everybody: input.txt and customConfig/reco.yaml."""
    (tmp_path / "customConfig").mkdir()
    shutil.copy(talk, tmp_path / "customConfig")
    shutil.copyfile(run2_sample, tmp_path / "sample.root")  # readable by all, whatever the original is
    (tmp_path / "input.txt").write_text("sample.root\n")
    tmp_path.chmod(0o777)
    return tmp_path


def assert_same_ntuple(one: Path, other: Path) -> None:
    """All trees and histograms are there, with the same content."""
    with uproot.open(one) as found, uproot.open(other) as expected:
        assert found.classnames() == expected.classnames()
        for name, kind in expected.classnames().items():
            if kind == "TTree":
                assert found[name].keys() == expected[name].keys()
                assert ak.array_equal(found[name].arrays(), expected[name].arrays(), equal_nan=True)
            elif kind.startswith("TH1"):
                assert (found[name].values() == expected[name].values()).all()
