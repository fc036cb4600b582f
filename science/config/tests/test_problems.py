"""A problem reads well in a terminal and travels as JSON."""

from __future__ import annotations

import json

import pytest
from topcp_config import ConfigError, Problem

FULL = Problem(
    "error", "unknown-option", "no such option", "Did you mean x?", "reco.yaml", 12, 9, "Electrons[0].WorkingPoint[1]"
)


def test_a_problem_reads_as_one_line_with_its_place_first() -> None:
    assert str(FULL) == (
        "reco.yaml:12:9: error: no such option [unknown-option] (at Electrons[0].WorkingPoint[1]) Did you mean x?"
    )


@pytest.mark.parametrize(
    ("file", "line", "text"),
    [
        (None, 3, "3:1: warning: odd [empty-list]"),
        ("a.yaml", None, "a.yaml: warning: odd [empty-list]"),
        (None, None, "warning: odd [empty-list]"),
    ],
)
def test_a_problem_reads_well_without_file_or_line(file: str | None, line: int | None, text: str) -> None:
    assert str(Problem("warning", "empty-list", "odd", None, file, line, 1 if line else None, "")) == text


def test_a_problem_travels_as_json() -> None:
    assert Problem(**json.loads(json.dumps(FULL.to_dict()))) == FULL


def test_an_error_lists_its_problems_line_by_line() -> None:
    raised = ConfigError([FULL, FULL])

    assert raised.problems == (FULL, FULL)
    assert str(raised).splitlines() == [str(FULL), str(FULL)]
