"""What holds for every block: options are honoured or refused, and steps read what they declare."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from topcp_columnar.chunk import Chunk
from topcp_columnar.plan.model import Plan
from topcp_columnar.plan.part import Job
from topcp_columnar.planner import BLOCKS, make_plan
from topcp_columnar.read import open_physlite
from topcp_config import RELEASES, load_text
from topcp_config.facts import load_facts


@pytest.mark.parametrize("release", RELEASES)
def test_every_option_of_a_release_is_declared(release: str) -> None:
    undeclared = {
        f"{path}.{option}"
        for path, block in load_facts(release).blocks.items()
        if path in BLOCKS
        for option in block.options
        if option not in BLOCKS[path].rules
    }
    assert not undeclared


def test_every_block_is_one_of_a_release() -> None:
    facts = [load_facts(release) for release in RELEASES]
    known = {path for release in facts for path in release.blocks}
    known |= {block.usual_name for release in facts for block in release.addable.values() if block.usual_name}
    assert set(BLOCKS) <= known


@pytest.fixture
def planned(example: str, run2_sample: Path) -> Iterator[tuple[Plan, Job]]:
    config = load_text(example, release="25.2.15")
    with open_physlite(str(run2_sample)) as file:
        job = Job(config.release, file, no_systematics=False)
        yield make_plan(config, job, allow_missing=False), job


class _Watching(Chunk):
    """A chunk that remembers which columns were asked for."""

    asked: set[str]

    def column(self, name: str, *rest: str | None) -> object:  # type: ignore[override]
        self.asked.add(name)
        return super().column(name, *rest)

    def stored(self, name: str) -> object:  # type: ignore[override]
        self.asked.add(name)
        return super().stored(name)

    def links(self, name: str) -> object:  # type: ignore[override]
        self.asked.add(name)
        return super().links(name)


def test_every_step_declares_what_it_reads(planned: tuple[Plan, Job]) -> None:
    plan, job = planned
    chunk = _Watching(plan, job.first_file, 0, 20)
    for step in plan.steps.values():
        chunk.asked = set()
        chunk.under(step.systematic).run(step)
        declared = {step.makes, *step.needs} | {plan.stored(need) for need in step.needs}
        anchors = {f"{plan.source_of(step.makes.partition('.')[0])}.pt"}
        assert chunk.asked <= declared | anchors, step.makes


def test_every_step_comes_after_those_it_needs(planned: tuple[Plan, Job]) -> None:
    plan, job = planned
    made: set[str] = set()
    for step in plan.steps.values():
        assert all(need in made or job.first_file.has(plan.stored(need)) for need in step.needs), step.makes
        made.add(step.makes)


def test_every_branch_names_its_source(planned: tuple[Plan, Job]) -> None:
    plan, _ = planned
    assert all(branch.variable.source and branch.variable.block for tree in plan.trees for branch in tree.branches)
