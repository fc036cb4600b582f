"""Charts rendered by Helm itself, and what came out by kind and name."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
HELM = ROOT / "helm"
CHART = HELM / "servicex-topcp"
UPSTREAM = Path(__file__).parent / "upstream"
EVERYTHING = Path(__file__).parent / "values" / "everything.yaml"
KUBERNETES = "1.34.0"  # a helm made by `go install` takes an old one by itself

Objects = dict[tuple[str, str], dict[str, Any]]


class HelmError(Exception):
    """What `helm` wrote when it failed."""


def helm(*arguments: str | Path) -> str:
    """Run helm and return its output; HelmError with its message if it fails."""
    done = subprocess.run(["helm", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise HelmError(done.stdout + done.stderr)
    return done.stdout


def template(*values: str | Path, chart: Path = CHART, release: str = "sx-topcp") -> str:
    """Render `chart`; each of `values` is a file, or KEY=VALUE as for --set."""
    given: list[str | Path] = []
    for value in values:
        given += ["--values" if isinstance(value, Path) else "--set", value]
    return helm("template", release, chart, "--namespace", "physics", "--kube-version", KUBERNETES, *given)


def objects(text: str) -> Objects:
    """The objects of a render, each by kind and name; no two may share both."""
    found = [each for each in yaml.safe_load_all(text) if each]
    named = {(each["kind"], each["metadata"]["name"]): each for each in found}
    assert len(named) == len(found)
    return named


def make_umbrella(folder: Path) -> Path:
    """The umbrella, in `folder`, with its dependencies, of which upstream's is the stand-in."""
    for name in ("servicex", "transformers", "servicex-topcp"):
        shutil.copytree(HELM / name, folder / name, ignore=shutil.ignore_patterns("charts"))
    helm("dependency", "update", "--skip-refresh", folder / "transformers")
    helm("package", folder / "transformers", "--destination", folder / "servicex" / "charts")
    shutil.copytree(UPSTREAM, folder / "servicex" / "charts" / "servicex")
    return folder / "servicex"


def notes(chart: Path, scratch: Path, *values: str | Path, release: str) -> str:
    """The text that an installation of `chart` ends with; `helm template` shows it only as part of an object."""
    copy = scratch / chart.name
    shutil.copytree(chart, copy)
    shutil.move(copy / "templates" / "NOTES.txt", copy / "notes")
    metadata = "{kind: Notes, metadata: {name: notes}, "
    (copy / "templates" / "notes.yaml").write_text(metadata + 'text: {{ tpl (.Files.Get "notes") . | quote }}}\n')
    text: str = objects(template(*values, chart=copy, release=release))["Notes", "notes"]["text"]
    return text
