"""The speed of the engine beside coffea's, in the same run, on the same file, with one core.

Run: make bench, or python benchmarks/engine.py [--events N] [--repeats N] [--folder DIR] [--sample PHYSLITE.root]

The input is made once out of the real sample (make_input.py) and kept in the folder. Every peer runs in a process of
its own, the peers take turns, and each is warm when its time is taken (timed.py). What coffea and the engine select is
compared first: there is no ratio of different work. The figures also go to engine.json in the folder.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agreement import DifferentWork, selected_objects
from cases import Case, make_cases
from coffea_selection import SCHEMA_NEEDS
from table import figures, table

HERE = Path(__file__).parent


@dataclass
class Row:
    """One line of the table: a peer, what it does, and what was measured in each of its runs."""

    peer: str
    what: str
    paths: dict[str, str]
    arguments: dict[str, Any] = field(default_factory=dict)
    runs: list[dict[str, float]] = field(default_factory=list)

    def run(self) -> None:
        job = {"peer": self.peer, "paths": self.paths, "arguments": self.arguments}
        self.runs.append(json.loads(_python("timed.py", job).splitlines()[-1]))


def main() -> None:
    """Make what is needed, time it, print and write the figures."""
    arguments = _arguments()
    folder: Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    sample = arguments.sample or _get_sample()
    cases = make_cases(folder, sample)
    source = _input(folder, sample, arguments.events, cases)
    rows = _rows(folder, source, sample, cases)
    for _ in range(arguments.repeats):
        for row in rows:
            row.run()
        selected = _selected(folder)
    result = figures(source, selected, [(row.peer, row.what, row.runs) for row in rows])
    (folder / "engine.json").write_text(json.dumps(result, indent=1) + "\n")
    print(table(result))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--repeats", type=int, default=3, choices=range(1, 100), metavar="N")
    parser.add_argument("--folder", type=Path, default=HERE.parent / "build" / "bench")
    parser.add_argument("--sample", type=Path, help="the real sample of 100 events (default: fetched)")
    return parser.parse_args()


def _selected(folder: Path) -> dict[str, int]:
    """How many objects both select; ends here if they differ."""
    try:
        return selected_objects(folder / "shared.root", folder / "coffea.root")
    except DifferentWork as found:
        raise SystemExit(f"not the same work, so there is nothing to compare: {found}") from None


def _get_sample() -> Path:
    getter = HERE.parent / "client" / "examples" / "get_sample.py"
    command = [sys.executable, str(getter), str(HERE.parent / "build" / "samples")]
    return Path(subprocess.check_output(command, text=True).strip())


def _python(script: str, job: dict[str, Any]) -> str:
    """What a script of this folder prints, given its job."""
    command = [sys.executable, "-W", "ignore", str(HERE / script)]
    done = subprocess.run(command, input=json.dumps(job), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{script} failed:\n{done.stderr}")
    return done.stdout


def _input(folder: Path, sample: Path, events: int, cases: list[Case]) -> Path:
    """The big file with all that is read; made if there is none that was made in the same way."""
    branches = {name for case in cases for name in case.branches}
    tracks = {name.partition(".")[0] for name in branches if "TrackParticlesAuxDyn." in name}
    branches |= {f"{container}.{variable}" for container in tracks for variable in SCHEMA_NEEDS}
    makers = "".join((HERE / script).read_text() for script in ("make_input.py", "rebasket.py"))
    digest = hashlib.sha256(f"{sample} {sorted(branches)} {makers}".encode()).hexdigest()
    target = folder / f"physlite-{events}-{digest[:8]}.root"
    if not target.exists():
        for outdated in folder.glob(f"physlite-{events}-*.root"):
            outdated.unlink()
        job = {"sample": str(sample), "target": str(target), "events": events, "branches": sorted(branches)}
        _python("make_input.py", job)
    return target


def _rows(folder: Path, source: Path, sample: Path, cases: list[Case]) -> list[Row]:
    """What is timed, in the order of the table."""
    shared, talk, weights = cases
    big, real = {"source": str(source)}, {"source": str(sample)}

    def engine(case: Case) -> Row:
        paths = {"target": str(folder / f"{case.label}.root"), "configuration": str(case.configuration)}
        return Row("engine", case.name, big | paths, {"flags": case.flags})

    def decompression(case: Case) -> Row:
        return Row("decompression", case.name, big, {"branches": case.branches})

    preview = {"target": str(folder / "preview.root"), "configuration": str(talk.configuration)}
    return [
        engine(shared),
        Row("coffea", shared.name, big | {"target": str(folder / "coffea.root")}),
        decompression(shared),
        engine(talk),
        decompression(talk),
        engine(weights),
        Row("opening", "the real file", real),
        Row("preview", "100 events of it, from the command to the finished ntuple", real | preview),
    ]


if __name__ == "__main__":
    main()
