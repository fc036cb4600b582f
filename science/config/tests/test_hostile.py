"""Texts made to break a reader: each gives a problem, in a process that may take little memory and time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from topcp_config import check_text

SEEDS = sorted((Path(__file__).parents[1] / "fuzz" / "corpus").iterdir())
BOMB = "a: &a [x]\n" + "".join(
    f"{n}: &{n} [*{m}, *{m}]\n" for m, n in zip("abcdefghijklmnopqrst", "bcdefghijklmnopqrstu", strict=True)
)
HOSTILE = {
    "an alias bomb": (BOMB, "yaml-alias"),
    "a million brackets": ("[" * 10**6, "too-large"),
    "as many brackets as may be read": ("[" * 250_000, "too-deep"),
    "a NUL": ("Jets: {containerName: A\0B}\n", "yaml-syntax"),
    "an integer of 5000 digits": (f"Electrons: {{containerName: E, minPt: {'9' * 5000}}}\n", "yaml-value"),
    "a lone surrogate": ("Jets: {containerName: \ud800}\n", "not-utf8"),
    "a lone surrogate as an escape": ('Output: {treeName: "\\ud800"}\n', None),
    "a tag of Python": ("Jets: !!python/object/apply:os.system ['true']\n", "yaml-tag"),
    "several documents": ("Jets: {}\n---\nMuons: {}\n", "several-documents"),
}
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
from topcp_config import check_text
text = sys.stdin.buffer.read().decode(errors="surrogatepass")
print(*(problem.code for problem in check_text(text, release="25.2.15")))
"""


@pytest.mark.parametrize(("text", "code"), HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_text_gives_its_problem_in_little_memory_and_time(text: str, code: str | None) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED], input=text.encode(errors="surrogatepass"), capture_output=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert code is None or code in done.stdout.decode().split()


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name)
def test_what_fuzzing_begins_with_gives_problems_that_can_be_shown(seed: Path) -> None:
    text = seed.read_bytes()[1:].decode(errors="surrogateescape")

    assert all(str(problem).isprintable() for problem in check_text(text, release="25.2.15"))
