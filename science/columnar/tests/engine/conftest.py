"""A folder to run the command in, and configurations: the talk's example with some of its lines changed."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uproot
from topcp_columnar.cli import main

EXAMPLE = Path(__file__).parents[4] / "client" / "examples" / "talk" / "reco.yaml"


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def error(self) -> str:
        """The one line on stderr that begins with ERROR."""
        (line,) = [line for line in self.err.splitlines() if line.startswith("ERROR ")]
        return line

    @property
    def left_behind(self) -> set[str]:
        """What lies in the folder beside the inputs."""
        return {path.name for path in self.folder.iterdir()} - {"input.txt", "config"}

    @property
    def report(self) -> Any:
        return json.loads((self.folder / "out.report.json").read_text())

    def branches(self, tree: str = "reco") -> dict[str, list[Any]]:
        with uproot.open(self.folder / "out.root") as file:
            return {name: branch.array().to_list() for name, branch in file[tree].items()}

    def names(self, tree: str = "reco") -> list[str]:
        with uproot.open(self.folder / "out.root") as file:
            return list(file[tree].keys())


Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path, run2_sample: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command, in this process, with a configuration and inputs (the real sample unless given)."""

    def run(config: str, *flags: str, inputs: tuple[Path | str, ...] = (run2_sample,), level: str = "reco") -> Done:
        write_inputs(tmp_path, config, inputs, level)
        monkeypatch.chdir(tmp_path)
        capsys.readouterr()
        code = main(["-i", "input.txt", "-o", "out", "-t", "config", *flags])
        printed = capsys.readouterr()
        return Done(code, printed.out, printed.err, tmp_path)

    return run


def run_in(folder: Path, config: str, *flags: str, inputs: tuple[Path | str, ...]) -> Done:
    """Run the command once for several tests, in a folder that they share."""
    write_inputs(folder, config, inputs)
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(["-i", f"{folder}/input.txt", "-o", f"{folder}/out", "-t", f"{folder}/config", *flags])
    return Done(code, out.getvalue(), err.getvalue(), folder)


def write_inputs(folder: Path, config: str, inputs: tuple[Path | str, ...], level: str = "reco") -> None:
    (folder / "input.txt").write_text("".join(f"{location}\n" for location in inputs))
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config" / f"{level}.yaml").write_text(config)


def command(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the installed command, as a user does."""
    program = Path(sys.executable).with_name("runTop_el.py")
    return subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def example() -> str:
    """The configuration of the talk."""
    return EXAMPLE.read_text()


def changed(config: str, *changes: tuple[str, str]) -> str:
    """The configuration with lines replaced; each must be there once."""
    for before, after in changes:
        assert config.count(before) == 1, before
        config = config.replace(before, after)
    return config


def added(config: str, block: str) -> str:
    """The configuration with a block before its Output."""
    return changed(config, ("Output:\n", f"{block}\nOutput:\n"))


def line_of(config: str, text: str) -> int:
    """The line, from 1, on which a text begins."""
    return config[: config.index(text)].count("\n") + 1


def without_branch(source: Path, target: Path, branch: str) -> Path:
    """A copy of a PHYSLITE file that lacks one branch; everything else stays byte for byte as it was."""
    program = """
import sys, warnings
warnings.simplefilter("ignore")
import ROOT
ROOT.gErrorIgnoreLevel = ROOT.kError
source, target, branch = sys.argv[1:]
file = ROOT.TFile.Open(source)
tree = file.Get("CollectionTree")
tree.SetBranchStatus(branch, False)
copy = ROOT.TFile(target, "RECREATE")
tree.CloneTree(-1, "fast").Write()
copy.Close()
"""
    subprocess.run([sys.executable, "-c", program, source, target, branch], check=True, capture_output=True)
    return target
