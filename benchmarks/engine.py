"""The speed of the engine beside its peers', in the same run, on the same file, with one core.

Run: make bench, or python benchmarks/engine.py [--quick] [--events N] [--repeats N] [--folder DIR] [--sample FILE]

The engine is also timed with two workers, on all cores, and several times the file.
Peers: coffea with PHYSLITESchema, ROOT's RDataFrame, uproot with awkward alone, and the decompression of what the
engine reads, which no reader can beat. All but the last do the work of reco.yaml, nominally and with variations of the
jets. The input is made once out of the real sample (make_input.py) and kept in the folder. Every run is a process of
its own, the peers take turns, and each is warm when its time is taken (timed.py), but for --quick. The outputs are
compared value by value: there is no ratio of different work. `bench.json` beside the folder gets the rows, engine.json
in it everything.
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

from agreement import DifferentWork, passed
from peers import FILES
from table import bench_rows, figures, table
from work import Work, shared_work, talk_work, with_what_coffea_needs

HERE = Path(__file__).parent
VARIATIONS = (0, 10, 50, 150)
FULL, QUICK = (50_000, 3, VARIATIONS, 1000), (1000, 1, (2,), 0)  # events, repeats, variations, events to be warm
RIVALS = ("coffea", "rdataframe", "plain_uproot")


@dataclass
class Row:
    """One line of the table: a peer, what it does, and what was measured in each of its runs."""

    peer: str
    work: Work
    paths: dict[str, str]
    arguments: dict[str, Any]
    events: int
    runs: list[dict[str, Any]] = field(default_factory=list)

    def run(self, warm_up_events: int) -> None:
        job: dict[str, Any] = {key: getattr(self, key) for key in ("peer", "paths", "arguments", "events")}
        job["warm_up_events"] = min(warm_up_events, self.events)
        self.runs.append(json.loads(_python("timed.py", job).splitlines()[-1]))


def main() -> None:
    """Make what is needed, time it, print and write the figures."""
    arguments = _arguments()
    folder: Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    sample = arguments.sample or _get_sample()
    shared = [shared_work(folder, sample, variations) for variations in arguments.variations]
    talk = [] if arguments.quick else [talk_work(folder, sample, weights=weights) for weights in (False, True)]
    source = _input(folder, sample, arguments.events, [*shared, *talk])
    rows = [*_rows(folder, source, arguments.events, shared, talk), *_starts(folder, sample, [*talk, *shared][0])]
    for repeat in range(arguments.repeats):
        for row in rows:
            row.run(arguments.warm_up)
        if repeat == 0:
            selected = {work.name: _passed(folder, work) for work in shared}
    result = figures(source, selected, rows)
    (folder / "engine.json").write_text(json.dumps(result, indent=1) + "\n")
    (folder.parent / "bench.json").write_text(json.dumps(bench_rows(result), indent=1) + "\n")
    print(table(result))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a thousand events, once, with two variations")
    parser.add_argument("--events", type=int, metavar="N")
    parser.add_argument("--repeats", type=int, choices=range(1, 100), metavar="N")
    parser.add_argument("--folder", type=Path, default=HERE.parent / "build" / "bench")
    parser.add_argument("--sample", type=Path, help="the real sample of 100 events (default: fetched)")
    arguments = parser.parse_args()
    events, repeats, arguments.variations, arguments.warm_up = QUICK if arguments.quick else FULL
    arguments.events, arguments.repeats = arguments.events or events, arguments.repeats or repeats
    return arguments


def _passed(folder: Path, work: Work) -> dict[str, int]:
    """How many events and objects pass, the same for all; ends here if any peer differs."""
    ours, *theirs = (_output(folder, peer, work) for peer in ("engine", *RIVALS))
    try:
        (counts,) = {tuple(passed(ours, other).items()) for other in theirs}
    except DifferentWork as found:
        raise SystemExit(f"not the same work, so there is nothing to compare: {found}") from None
    return dict(counts)


def _output(folder: Path, peer: str, work: Work) -> Path:
    return folder / f"{peer}-{Path(work.configuration).name}.root"


def _get_sample() -> Path:
    getter = HERE.parent / "client" / "examples" / "get_sample.py"
    command = [sys.executable, str(getter), str(HERE.parent / "build" / "samples")]
    return Path(subprocess.check_output(command, text=True).strip())


def _python(script: str, job: dict[str, Any]) -> str:
    """What a script of this folder prints, given its job."""
    command = [sys.executable, "-W", "ignore", str(HERE / script)]
    done = subprocess.run(command, input=json.dumps(job), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{script} failed on {job}:\n{done.stderr}")
    return done.stdout


def _input(folder: Path, sample: Path, events: int, works: list[Work]) -> Path:
    """The big file with all that is read; made if there is none that was made in the same way."""
    branches = sorted(with_what_coffea_needs({name for work in works for name in work.needed}))
    makers = "".join((HERE / script).read_text() for script in ("make_input.py", "rebasket.py"))
    digest = hashlib.sha256(f"{sample} {branches} {makers}".encode()).hexdigest()
    target = folder / f"physlite-{events}-{digest[:8]}.root"
    if not target.exists():
        for outdated in folder.glob(f"physlite-{events}-*.root"):
            outdated.unlink()
        job = {"sample": str(sample), "target": str(target), "events": events, "branches": branches}
        _python("make_input.py", job)
    return target


def _rows(folder: Path, source: Path, events: int, shared: list[Work], talk: list[Work]) -> list[Row]:
    """What is timed, in the order of the table."""
    big = {"source": str(source)}
    rows = []
    for work in [*shared, *talk]:
        target = {"target": str(_output(folder, "engine", work))}
        rows.append(Row("engine", work, big | target, work.arguments(), events))
        if work in shared:
            target = {"target": str(_output(folder, "two_workers", work))}
            rows.append(Row("two_workers", work, big | target, work.arguments(), events * FILES))
        for peer in RIVALS if work in shared else ():
            target = {"target": str(_output(folder, peer, work))}
            rows.append(Row(peer, work, big | target, {"payload": work.payload}, events))
    floors = [shared[0], *talk[:1]]
    return rows + [Row("decompression", work, big, {"branches": work.inputs}, events) for work in floors]


def _starts(folder: Path, sample: Path, work: Work) -> list[Row]:
    """What does not go through the big file."""
    real, preview = {"source": str(sample)}, {"target": str(folder / "preview.root")}
    return [
        Row("opening", work, real, {}, 100),
        Row("preview", work, real | preview, {"configuration": work.configuration}, 100),
    ]


if __name__ == "__main__":
    main()
