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

KEY_LENGTH = struct.Struct(">14xh")  # of a TKey (ROOT, io/io/src/TKey.cxx)
BLOCK_HEAD = 9  # of a compressed block (ROOT, core/zip/src/RZip.cxx)


def engine(source: Path, target: Path, flags: list[str], configuration: Path) -> Callable[[], None]:
    """The command runTop_el.py."""
    from topcp_columnar.cli import main

    listed = target.with_suffix(".txt")
    listed.write_text(f"{source}\n")
    argv = ["-i", str(listed), "-o", str(target.with_suffix("")), "-t", str(configuration), *flags]

    def run() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            if code := main(argv):
                raise SystemExit(f"the engine ended with exit code {code}")

    return run


def coffea(source: Path, target: Path) -> Callable[[], None]:
    """NanoEvents with PHYSLITESchema."""
    import coffea_selection

    return lambda: coffea_selection.run(source, target)


def decompression(source: Path, branches: list[str]) -> Callable[[], None]:
    """Zstandard on the baskets of these branches, and nothing else: what no reader of them can beat."""
    with uproot.open(source) as file:
        tree = file["CollectionTree"]
        places = [place for name in branches for place in _baskets(tree[name])]
    content = memoryview(source.read_bytes())
    blocks = [block for seek, size in places for block in _blocks(content[seek : seek + size])]

    def run() -> None:
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


def opening(source: Path) -> Callable[[], None]:
    """Opening a file with the engine's reader."""
    from topcp_columnar.read import open_physlite

    return lambda: open_physlite(str(source)).close()


def preview(source: Path, target: Path, configuration: Path) -> Callable[[], None]:
    """The command as a user starts it, for a hundred events: from nothing to the finished ntuple."""
    listed = target.with_suffix(".txt")
    listed.write_text(f"{source}\n")
    program = Path(sys.executable).with_name("runTop_el.py")
    paths = ["-i", str(listed), "-o", str(target.with_suffix("")), "-t", str(configuration)]

    def run() -> None:
        subprocess.run([program, *paths, "--no-systematics", "-e", "100"], check=True, capture_output=True)

    return run
