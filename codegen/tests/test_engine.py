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
# What can be asked of the two other levels, in a release that has blocks for them.
ALL_LEVELS = {
    "reco": YAML.replace("likelihoodWP", "identificationWP").replace("25.2.15", "25.2.52"),
    "particle": """
CommonServices: {}
PL_Electrons: {PtEtaSelection: {useDressedProperties: True, minPt: 20000.0}}
Output:
  treeName: particleLevel
  containers: {el_: TruthElectrons, '': EventInfo}
  vars: ['EventInfo.eventNumber -> eventNumber']
# release: 25.2.52
""",
    "parton": """
AddConfigBlocks:
  - modulePath: TopCPToolkit.truthConfig
    functionName: truthConfig
    algName: PartonHistory
    pos: Output
CommonServices: {}
PartonHistory: [{histories: Ttbar}]
Output:
  treeName: truth
  containers: {'Ttbar_': PartonHistoryTtbar}
  vars: ['EventInfo.eventNumber -> eventNumber']
# release: 25.2.52
""",
}
pytestmark = pytest.mark.needs("jq", "nc")


@pytest.fixture
def engine_pod(pod, codegen):
    """A pod that was given the generator's answer, with the columnar engine in its image."""
    give(pod, codegen, reco=YAML)
    (pod.home / "bin" / "runTop_el.py").unlink()
    (pod.home / "bin" / "runTop_el.py").symlink_to(Path(sys.executable).with_name("runTop_el.py"))
    return pod


def give(pod, codegen, **selection):
    """Put the generator's answer into a pod."""
    for name, content in codegen.made(**selection).members.items():
        (pod.home / "generated" / name).write_bytes(content)


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


def test_all_levels_become_trees_of_one_file(engine_pod, codegen, run2_sample):
    give(engine_pod, codegen, **ALL_LEVELS)
    (made,) = engine_pod.transform(run2_sample)
    assert (made.said, made.code) == ("success.", 0), made.log
    assert set(made.result["trees"]) == {"reco", "particleLevel", "truth"}
    (name,) = engine_pod.outputs()
    with (engine_pod.scratch / name).open("rb") as opened, uproot.open(opened) as file:
        assert {tree: file[tree].num_entries for tree in made.result["trees"]} == dict.fromkeys(
            made.result["trees"], 100
        )
        assert "el_charge" in file["particleLevel"]
        assert "Ttbar_MC_ttbar_afterFSR_m" in file["truth"]


def test_a_level_that_is_not_written_is_missed(engine_pod, codegen, run2_sample):
    give(engine_pod, codegen, **ALL_LEVELS)
    (engine_pod.home / "generated" / "parton.yaml").unlink()  # as if the toolkit had passed it over
    (answer,) = engine_pod.transform(run2_sample)
    assert (answer.said, answer.code) == ("failure.", 76), answer.log
    assert "no tree truth" in answer.log
    assert engine_pod.outputs() == []


def test_an_image_may_have_cprun_alone(engine_pod, run2_sample):
    (engine_pod.home / "bin" / "runTop_el.py").unlink()
    (engine_pod.home / "bin" / "CPRun.py").symlink_to(Path(sys.executable).with_name("CPRun.py"))
    engine_pod.env["PATH"] = f"{engine_pod.home / 'bin'}:/usr/bin:/bin"
    (made,) = engine_pod.transform(run2_sample)
    assert (made.said, made.code) == ("success.", 0), made.log
    assert set(made.result["trees"]) == {"reco"}
    (name,) = engine_pod.outputs()
    with (engine_pod.scratch / name).open("rb") as opened, uproot.open(opened) as file:
        assert file["reco"].num_entries == 100
        assert "report" in file.keys(cycle=False)
