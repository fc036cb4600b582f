"""What is installed for a user or into an image may be used and handed on by anybody, under licences known here."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parents[1] / "requirements"
# What users and images get. servicex-transformer (BSD-3-Clause) is in no environment but its image's own.
SETS = ("client", "codegen", "columnar", "demo", "sidecar")

# SPDX names, and the older classifiers of the same licences.
PERMISSIVE = {
    *("0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0"),
    *("MIT", "MIT-0", "MIT-CMU", "PSF-2.0", "Unlicense", "Zlib"),
    *("Apache License 2.0", "Apache Software License", "BSD License", "ISC License (ISCL)", "MIT License"),
    *("Python Software Foundation License", "Zope Public License"),
}
# Copyleft by file: we change none of theirs.
BY_FILE = {"Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"}
# Linked at run time, exchangeable, unchanged; only for files on the grid.
BY_LIBRARY = {"xrootd": "LGPL-3.0-or-later"}
# The package says nothing in its metadata; this is what its licence file is.
SAID_ELSEWHERE = {"qastle": "MIT"}
# For Windows only.
NOT_HERE = {"pywin32"}


def packages() -> list[str]:
    texts = [(REQUIREMENTS / f"{name}.txt").read_text() for name in SETS]
    return sorted({name for text in texts for name in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)} - NOT_HERE)


def licences(name: str) -> set[str]:
    """The licences that all hold (`AND`); of alternatives (`OR`) the first will do."""
    told = importlib.metadata.metadata(name)
    if expression := told.get("License-Expression"):
        return {part.partition(" OR ")[0].strip() for part in expression.split(" AND ")}
    classifiers = [one.split(" :: ")[-1] for one in told.get_all("Classifier", []) if one.startswith("License :: ")]
    return set(classifiers) or {(told.get("License") or SAID_ELSEWHERE.get(name, "")).splitlines()[0]}


@pytest.mark.parametrize("name", packages())
def test_a_dependency_may_be_used_and_handed_on(name: str) -> None:
    found = licences(name)
    assert found
    assert found <= PERMISSIVE | BY_FILE | {BY_LIBRARY.get(name, "")} - {""}
