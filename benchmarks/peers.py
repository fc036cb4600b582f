"""What is timed: each peer reads the same file. All of them stand ready before the clock starts."""

from __future__ import annotations

import contextlib
import io
import struct
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uproot
import zstandard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Run = Callable[[int], None]  # takes how many events to go through

FILES = 4  # that two workers share: the same one so often
CHUNK_EVENTS = 10_000  # of coffea and uproot: the fastest of 5, 10, 25 and 50 thousand
KEY_LENGTH = struct.Struct(">14xh")  # of a TKey (ROOT, io/io/src/TKey.cxx)
BLOCK_HEAD = 9  # of a compressed block (ROOT, core/zip/src/RZip.cxx)


def engine(source: Path, target: Path, configuration: str, payload: str, flags: list[str], files: int = 1) -> Run:
    """The command runTop_el.py, on so many times the file."""
    from topcp_columnar.cli import main

    listed = target.with_suffix(".txt")
    listed.write_text(f"{source}\n" * files)
    argv = ["-i", str(listed), "-o", str(target.with_suffix("")), "-t", configuration, *flags]
    argv += ["--payload", payload] if payload else []

    def run(events: int) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            if code := main([*argv, "-e", str(events)]):
                raise SystemExit(f"the engine ended with exit code {code}")

    return run


def two_workers(source: Path, target: Path, configuration: str, payload: str, flags: list[str]) -> Run:
    """The same with several files, two at a time."""
    return engine(source, target, configuration, payload, [*flags, "--workers", "2"], FILES)


def coffea(source: Path, target: Path, payload: str) -> Run:
    """NanoEvents with PHYSLITESchema; the output through uproot."""
    from coffea.nanoevents import NanoEventsFactory, PHYSLITESchema

    def load(start: int, stop: int) -> Any:
        return NanoEventsFactory.from_root(
            {str(source): "CollectionTree"},
            schemaclass=PHYSLITESchema,
            entry_start=start,
            entry_stop=stop,
            mode="virtual",
        ).events()

    return _in_chunks(load, target, payload)


def plain_uproot(source: Path, target: Path, payload: str) -> Run:
    """uproot and awkward alone, with the branches named."""
    import awkward as ak
    from awkward_selection import READ

    tree = uproot.open(source)["CollectionTree"]
    branches = {c: {n: f"{_stored_name(c)}AuxDyn.{n}" for n in names} for c, names in READ.items()}
    wanted = [branch for names in branches.values() for branch in names.values()]

    def load(start: int, stop: int) -> Any:
        flat = tree.arrays(wanted, entry_start=start, entry_stop=stop)
        containers = {
            container: ak.zip({n: flat[b] for n, b in names.items()}, depth_limit=1 if container == "EventInfo" else 2)
            for container, names in branches.items()
        }
        return ak.zip(containers, depth_limit=1)

    return _in_chunks(load, target, payload)


def _stored_name(container: str) -> str:
    return container if container == "EventInfo" else f"Analysis{container}"


def _in_chunks(load: Callable[[int, int], Any], target: Path, payload: str) -> Run:
    """The selection in awkward arrays, chunk by chunk, into one tree."""
    import awkward as ak
    import awkward_selection

    shifts = awkward_selection.shifts(Path(payload) if payload else None)

    def run(events: int) -> None:
        with uproot.recreate(target, compression=uproot.ZSTD(1)) as out:
            for start in range(0, events, CHUNK_EVENTS):
                columns = awkward_selection.columns(load(start, min(start + CHUNK_EVENTS, events)), shifts)
                if start == 0:
                    out.mktree("reco", {name: ak.type(values).content for name, values in columns.items()})
                out["reco"].extend(columns)

    return run


def rdataframe(source: Path, target: Path, payload: str) -> Run:
    """RDataFrame of ROOT's Python package."""
    import rdataframe_selection

    return lambda events: rdataframe_selection.run(source, target, Path(payload) if payload else None, events)


def decompression(source: Path, branches: list[str]) -> Run:
    """Zstandard on the baskets of these branches, and nothing else: what no reader of them can beat."""
    with uproot.open(source) as file:
        tree = file["CollectionTree"]
        places = [place for name in branches for place in _baskets(tree[name])]
    content = memoryview(source.read_bytes())
    blocks = [block for seek, size in places for block in _blocks(content[seek : seek + size])]

    def run(_events: int) -> None:
        decompress = zstandard.ZstdDecompressor().decompress
        for block, size in blocks:
            decompress(block, max_output_size=size)

    return run


def _baskets(branch: Any) -> Iterator[tuple[int, int]]:
    """Where the baskets are; of a split branch those of its members, which hold all there is to know."""
    for part in branch.branches or [branch]:
        seeks, sizes = part.member("fBasketSeek"), part.member("fBasketBytes")
        yield from zip(seeks[: part.num_baskets].tolist(), sizes[: part.num_baskets].tolist(), strict=True)


def _blocks(basket: memoryview) -> Iterator[tuple[memoryview, int]]:
    """The packed blocks of a basket and their unpacked sizes; a basket stored as it is has none."""
    (start,) = KEY_LENGTH.unpack_from(basket)
    while bytes(basket[start : start + 2]) == b"ZS":
        head = basket[start : start + BLOCK_HEAD]
        packed, unpacked = (int.from_bytes(head[first : first + 3], "little") for first in (3, 6))
        yield basket[start + BLOCK_HEAD : start + BLOCK_HEAD + packed], unpacked
        start += BLOCK_HEAD + packed


def opening(source: Path) -> Run:
    """Opening a file with the engine's reader."""
    from topcp_columnar.read import open_physlite

    return lambda _events: open_physlite(str(source)).close()


def preview(source: Path, target: Path, configuration: str) -> Run:
    """The command as a user starts it: from nothing to the finished ntuple."""
    listed = target.with_suffix(".txt")
    listed.write_text(f"{source}\n")
    program = Path(sys.executable).with_name("runTop_el.py")
    paths = ["-i", str(listed), "-o", str(target.with_suffix("")), "-t", configuration]

    def run(events: int) -> None:
        subprocess.run([program, *paths, "--no-systematics", "-e", str(events)], check=True, capture_output=True)

    return run
