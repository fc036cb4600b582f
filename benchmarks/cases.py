"""The configurations that are timed, and which branches of the input the engine reads for them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import peers
from topcp_columnar.read import PhysliteFile

TALK = Path(__file__).parents[1] / "client" / "examples" / "talk" / "reco.yaml"
NOT_IN_COFFEA = ("crackVeto: True", "IFFClassification: {}")  # lines of it; the reasons are in coffea_selection.py
_READS = ("read", "read_links", "read_counts", "read_firsts")  # all by which the engine reads


@dataclass(frozen=True)
class Case:
    """What the engine is asked to do: flags and a folder with a configuration; and the branches that it reads."""

    label: str
    name: str
    flags: list[str]
    configuration: Path
    branches: list[str]


def make_cases(folder: Path, sample: Path) -> list[Case]:
    """What coffea can do too; all of the talk's configuration; that with its variations, the generator weights."""
    text = TALK.read_text()
    shared = "\n".join(line for line in text.splitlines() if line.strip() not in NOT_IN_COFFEA)
    nominal = ["--no-systematics"]
    return [
        _case(folder, sample, "shared", "shared with coffea", nominal, shared),
        _case(folder, sample, "talk", "the talk's", nominal, text),
        _case(folder, sample, "weights", "the talk's, all weights", [], text),
    ]


def _case(folder: Path, sample: Path, label: str, name: str, flags: list[str], text: str) -> Case:
    configuration = folder / label
    configuration.mkdir(exist_ok=True)
    (configuration / "reco.yaml").write_text(text)
    return Case(label, name, flags, configuration, _branches_read(sample, configuration, flags))


def _branches_read(sample: Path, configuration: Path, flags: list[str]) -> list[str]:
    """Run the engine on the sample and note what it asks the reader for."""
    run = peers.engine(sample, configuration / "sample.root", flags, configuration)
    with ExitStack() as stack:
        calls = [stack.enter_context(_watched(method)) for method in _READS]
        run()
    return sorted({_branch(call.args[1]) for method in calls for call in method.call_args_list})


def _watched(method: str) -> Any:
    """The reader's method, which notes its calls."""
    return patch.object(PhysliteFile, method, autospec=True, side_effect=getattr(PhysliteFile, method))


def _branch(variable: str) -> str:
    """The branch of a TTree that holds `Container.variable`."""
    if variable == "egammaClusters.samplingPattern":
        return "egammaClusters"
    return variable.replace(".", "AuxDyn.")
