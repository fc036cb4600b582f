"""Bootstrap replicas are, number by number, those of ROOT's own generator with the seed of the toolkit."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from topcp_columnar.kernels.bootstrap import replicas, seed

EVENTS = [(1, 1, 0), (293298002, 450000, 601229), (2**64 - 1, 2**32 - 1, 2**32 - 1), (7608691, 349263, 0)]
# What the toolkit's algorithm does, in ROOT itself.
PROGRAM = """
import json, sys
import ROOT
n, events = json.loads(sys.argv[1])
ROOT.gInterpreter.Declare('''
std::vector<int> draw(ULong64_t event, unsigned run, unsigned channel, int n) {
  auto hash = [](const void* buffer, size_t size, uint64_t h) {
    for (size_t i = 0; i < size; ++i) { h ^= static_cast<const unsigned char*>(buffer)[i]; h *= 1099511628211u; }
    return h;
  };
  uint64_t h = hash(&run, sizeof run, 14695981039346656037u);
  h = hash(&event, sizeof event, h);
  TRandomRanluxpp generator;
  generator.SetSeed(hash(&channel, sizeof channel, h));
  std::vector<int> found;
  for (int i = 0; i < n; ++i) found.push_back(static_cast<uint8_t>(generator.Poisson(1)));
  return found;
}
''')
print(json.dumps([list(ROOT.draw(*event, n)) for event in events]))
"""


def columns() -> list[np.ndarray]:
    return [np.array(column, kind) for column, kind in zip(zip(*EVENTS, strict=True), ("u8", "u4", "u4"), strict=True)]


def test_replicas_are_those_that_root_draws(cern_root: None) -> None:
    call = [sys.executable, "-W", "ignore", "-c", PROGRAM, json.dumps([2000, EVENTS])]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    found = replicas(*columns(), 2000)
    assert found.dtype == np.uint8
    assert found.tolist() == json.loads(done.stdout)


@pytest.mark.parametrize("n", [1, 3, 100])
def test_fewer_replicas_are_the_first_ones(n: int) -> None:
    np.testing.assert_array_equal(replicas(*columns(), n), replicas(*columns(), 500)[:, :n])


def test_replicas_have_a_poisson_distribution_of_mean_one() -> None:
    event = np.arange(40, dtype="u8")
    drawn = replicas(event, np.full(40, 350000, "u4"), np.zeros(40, "u4"), 2000)
    assert drawn.mean() == pytest.approx(1, abs=0.02)
    assert drawn.var() == pytest.approx(1, abs=0.03)
    assert len({seed(number, 350000, 0) for number in range(1000)}) == 1000
