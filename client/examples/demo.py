"""The main job from nothing: a real PHYSLITE file and a TopCPToolkit YAML in, a flat ntuple, a plot and a report out.

Run: python demo.py FOLDER    (`make demo` does; results in FOLDER/demo)

Starts ServiceX's dialogue on this machine (`servicex-harness up`), runs `deliver_topcp.py` against it with the
unmodified `servicex` client, draws a figure from the returned ntuple and says what it holds. The YAML lies beside them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uproot
from get_sample import get_sample

EXAMPLES = Path(__file__).parent
COMMANDS = Path(sys.executable).parent


def main(build: Path) -> None:
    """Run the job in `build`/demo and print its summary as the last line."""
    sample = get_sample(build / "samples")
    out = build / "demo"
    with harness(out / "servicex") as endpoint:
        conffile = shutil.copy(EXAMPLES / "talk" / "reco.yaml", out)
        _run("deliver_topcp.py", "--conffile", conffile, "--file", sample, "--out", out, cwd=endpoint)
    (ntuple,) = out.glob("*.root")
    _run("plot_ntuple.py", ntuple, out / "plot.png", cwd=out)
    print(summary(ntuple, out / "report.json"))


@contextmanager
def harness(home: Path) -> Iterator[Path]:
    """Run `servicex-harness up` with its files in `home`; yield the folder that holds its servicex.yaml."""
    home.mkdir(parents=True, exist_ok=True)
    command = [COMMANDS / "servicex-harness", "up", "--dir", home, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            if not any(line.startswith("ready") for line in process.stdout or ()):
                raise SystemExit("servicex-harness did not start; its messages are above")
            yield home
        finally:
            process.terminate()


def summary(ntuple: Path, report: Path) -> str:
    """Write the engine's report, which travels inside the ntuple, to `report`; return one line about the ntuple."""
    with uproot.open(ntuple) as file:
        tree = file["reco"]
        systematics = file["listOfSystematics"].axis().labels()
        report.write_text(json.dumps(json.loads(str(file["report"])), indent=2))
        return (
            f"demo: {tree.num_entries} events, {len(tree.keys())} branches, {len(systematics)} systematics "
            f"-> {os.path.relpath(ntuple)}"
        )


def _run(script: str, *arguments: str | Path, cwd: Path) -> None:
    subprocess.run([sys.executable, EXAMPLES / script, *map(str, arguments)], cwd=cwd, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
