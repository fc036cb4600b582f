"""From a selection to an ntuple: the generator's own zip, unpacked as in a pod, and a runTop_el.py that really runs."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import uproot

from .pods import HEADLINE

YAML = """
CommonServices: {}
Electrons:
  - containerName: AnaElectrons
    WorkingPoint:
      - {selectionName: loose, likelihoodWP: TightLH, isolationWP: NonIso}
Output:
  treeName: reco
  containers: {el_: AnaElectrons, '': EventInfo}
# release: 25.2.15
"""
pytestmark = pytest.mark.needs("jq", "nc")


@pytest.fixture
def engine_pod(pod, codegen):
    """A pod that was given the generator's answer, with the columnar engine in its image."""
    for name, content in codegen.made(reco=YAML).members.items():
        (pod.home / "generated" / name).write_bytes(content)
    (pod.home / "bin" / "runTop_el.py").unlink()
    (pod.home / "bin" / "runTop_el.py").symlink_to(Path(sys.executable).with_name("runTop_el.py"))
    return pod


def test_a_real_file_becomes_an_ntuple_also_after_one_that_fails(engine_pod, run2_sample):
    other = engine_pod.file("other.root")  # a ROOT file, but no PHYSLITE
    failed, made = engine_pod.transform(other, run2_sample)
    assert (failed.said, failed.code, made.said, made.code) == ("failure.", 66, "success.", 0), failed.log + made.log
    [(kind, what, _, _)] = HEADLINE.findall(failed.log)
    assert kind == "bad input file"
    assert str(other) in what
    assert failed.headlines == [failed.log.splitlines()[-1]] * 2
    (name,) = engine_pod.outputs()
    with (engine_pod.scratch / name).open("rb") as opened, uproot.open(opened) as file:
        assert file["reco"].num_entries == 100
    assert made.events == [100, 100]
    assert made.result["events"] == 100
    assert made.result["trees"] in ({"reco": 100}, {"reco": None})  # None on a machine without libzstd
    assert engine_pod.processes() == []


REFUSED = YAML.replace(
    "Output:",
    """Photons:
  - {containerName: AnaPhotons, recomputeIsEM: True}
EventSelection:
  - {electrons: AnaElectrons.loose, selectionCutsDict: {two: "EL_N loose 5000 >= 2\\nSAVE"}}
Output:""",
)


@pytest.mark.parametrize("no_filter", [False, True])
def test_a_comment_lets_the_engine_leave_out_what_it_cannot_compute(engine_pod, codegen, run2_sample, no_filter):
    for text, code in ((REFUSED, 65), (f"{REFUSED}# allow-missing: true\n", 0)):
        made = codegen.made(reco=text, no_filter=no_filter).members["reco.yaml"]
        (engine_pod.home / "generated" / "reco.yaml").write_bytes(made)
        (answer,) = engine_pod.transform(run2_sample)
        assert answer.code == code, answer.log


def test_a_configuration_that_the_engine_refuses_is_named_with_its_place(engine_pod, run2_sample):
    config = engine_pod.home / "generated" / "reco.yaml"
    config.write_text(YAML.replace("likelihoodWP", "likelihodWP"))
    (answer,) = engine_pod.transform(run2_sample)
    assert (answer.said, answer.code) == ("failure.", 65)
    assert re.search(
        r"ERROR bad configuration: \S+reco\.yaml:6:32: error: .*likelihodWP.* correct the YAML", answer.log
    )
    assert "Traceback" not in answer.log
    assert engine_pod.outputs() == []
