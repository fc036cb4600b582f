"""From a selection to an ntuple: the generator's own zip, unpacked as in a pod, and a runTop_el.py that really runs."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import uproot

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


@pytest.fixture
def engine_pod(pod, codegen):
    """A pod that was given the generator's answer, with the columnar engine in its image."""
    for name, content in codegen.made(reco=YAML).members.items():
        (pod.home / "generated" / name).write_bytes(content)
    pod.env["PATH"] = f"{Path(sys.executable).parent}:{pod.env['PATH']}"
    return pod


def test_a_real_file_becomes_an_ntuple(engine_pod, run2_sample):
    code, log = engine_pod.run(run2_sample, engine_pod.output, "root-file")
    assert code == 0, log
    with engine_pod.output.open("rb") as opened, uproot.open(opened) as file:  # uproot would split the name at colons
        assert file["reco"].num_entries == 100
    size = engine_pod.output.stat().st_size
    assert re.findall("Transform stats: (.*)", log) == [f"Total Events: 100, resulting file size {size}"]
    assert engine_pod.left_over() == []


def test_an_input_that_is_not_root_is_named_in_the_headline(engine_pod):
    wrong = engine_pod.home / "wrong.root"
    wrong.write_text("<html>404</html>")
    code, log = engine_pod.run(wrong, engine_pod.output, "root-file")
    assert code == 66
    [headline] = re.findall("^TransformError: ERROR bad input file: (.*)$", log, re.MULTILINE)
    assert str(wrong) in headline
    assert "Traceback" not in log
    assert engine_pod.left_over() == []
