"""What the toolkit's own code of 24.2.37 refused is refused; what it took is taken, or is a trap that the README names.

`judged/24.2.37.jsonl` holds configurations, one a line, and the verdicts of that code, as the README of this package
says how they were got: refused by their `form`, refused at `set-up`, or `taken`. `traps` says of one that is taken what
is lost of it, by the code of the error here, as was found by changing it and comparing all algorithms and properties.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from topcp_config import CODES, check_text

RELEASE = "24.2.37"
HERE = Path(__file__).parent


@cache
def judged() -> list[dict[str, Any]]:
    """The texts, their verdicts and traps."""
    lines = (HERE / "judged" / f"{RELEASE}.jsonl").read_text(encoding="ascii").splitlines()
    return [json.loads(line) for line in lines]


@cache
def documented() -> set[str]:
    """The codes in the README's table of traps."""
    section = (HERE.parent / "README.md").read_text(encoding="utf-8").partition("## How the verdicts were compared")[2]
    rows = re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)
    return {code for row in rows for code in re.findall(r"`([a-z-]+)`", row)}


def errors(text: str) -> set[str]:
    """The codes of the errors in a text."""
    return {one.code for one in check_text(text, release=RELEASE) if one.severity == "error"}


def test_the_record_has_enough_of_each_kind() -> None:
    kinds = Counter((one["verdict"], "traps" in one) for one in judged())

    assert min(kinds.values()) >= 70
    assert set(kinds) == {("form", False), ("set-up", False), ("taken", True), ("taken", False)}


@pytest.mark.parametrize("verdict", ["form", "set-up"])
def test_what_the_toolkit_refuses_is_refused(verdict: str) -> None:
    missed = [one["text"] for one in judged() if one["verdict"] == verdict and not errors(one["text"])]

    assert missed == []


def test_what_the_toolkit_takes_as_it_is_meant_is_taken() -> None:
    refused = [
        (one["text"], errors(one["text"])) for one in judged() if one["verdict"] == "taken" and not one.get("traps")
    ]

    assert [one for one in refused if one[1]] == []


def test_what_the_toolkit_takes_and_loses_is_refused_for_that_alone() -> None:
    for one in judged():
        if "traps" in one:
            assert errors(one["text"]) == set(one["traps"]), one["text"]


def test_every_trap_is_in_the_table() -> None:
    found = {code for one in judged() for code in one.get("traps", ())}

    assert documented() <= set(CODES)
    assert found <= documented()
