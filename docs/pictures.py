"""Make anew what the documents show of a run: the figure of `make demo`, and the outputs of the notebook.

Run: python docs/pictures.py BUILD    (`make pictures` does, after `make demo`)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "client" / "examples"
COMMANDS = Path(sys.executable).parent


def main(build: Path) -> None:
    """Replace both by what is made of the sample and the YAML of `make demo`."""
    shutil.copy(build / "demo" / "plot.png", ROOT / "docs" / "images" / "demo.png")
    folder = build / "notebook"
    folder.mkdir(exist_ok=True)
    shutil.copy(build / "samples" / "PHYSLITE_example.root", folder / "DAOD_PHYSLITE.root")
    shutil.copy(EXAMPLES / "talk" / "reco.yaml", folder)
    command = [COMMANDS / "servicex-harness", "up", "--dir", folder, "--port", "0"]
    environment = os.environ | {"TOPCP_PAYLOAD": "approximate"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            any(line.startswith("ready") for line in process.stdout or ())
            execute(EXAMPLES / "bands.ipynb", folder)
        finally:
            process.terminate()
    shutil.copy(folder / "bands.ipynb", EXAMPLES)


def execute(notebook: Path, folder: Path) -> None:
    """Run a copy of the notebook in `folder`, without what differs from run to run."""
    copy = Path(shutil.copy(notebook, folder))
    subprocess.run([COMMANDS / "jupyter", "execute", "--inplace", copy], check=True)
    executed = nbformat.read(copy, as_version=4)
    for cell in executed.cells:
        cell.metadata.clear()
    executed.metadata.language_info = {"name": "python"}
    nbformat.write(executed, copy)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
