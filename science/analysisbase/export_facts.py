#!/usr/bin/env python3
"""Write down what the AnalysisBase at hand knows of the YAML language of TopCPToolkit.

Run it where AnalysisBase is set up, with TopCPToolkit if its blocks are to be known too:

    export_facts.py --toolkit 2.19.0 --output facts

It asks the real ConfigFactory: every block is made as the toolkit makes it, and asked for its options. How the release
treats an int for a float, an option without a value and the like is tried out with blocks of its own. So it needs no
change for a new release. What it writes, `facts/<release>.json`, follows `facts.schema.json` of the package
`topcp_config`, which reads the files of the directory that the environment variable TOPCP_FACTS names.

It needs Python 3.9 and what an AnalysisBase holds. Exit codes: 0 done, 64 usage, 69 there is no AnalysisBase, 73 the
output cannot be written. Blocks that cannot be made are named on stderr; of them is written only that they exist.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import NoReturn

from facts_export.addable import describe_addable
from facts_export.blocks import describe_factory
from facts_export.making import Json
from facts_export.rules import rules
from facts_export.toolkit import Toolkit

GROUP = "groupName"
"""A common option whose default is made up anew for each group of blocks."""


def export(release: str, toolkit_version: str | None, packages: list[str], failed: list[str]) -> Json:
    """Return the facts of the release at hand."""
    toolkit = Toolkit()
    order, blocks = describe_factory(toolkit.factory(), failed)
    addable = describe_addable(toolkit, packages, failed)
    common = toolkit.common_options()
    for entry in [*blocks.values(), *addable.values()]:
        options = entry["options"]
        for name, option in common.items():
            if name == GROUP or {**options.get(name, {}), "certainty": "introspected"} == option:
                options.pop(name, None)
    return {
        "$schema": "facts.schema.json",
        "release": release,
        "toolkit": toolkit_version,
        "sources": {"athena": f"introspection of the ConfigFactory of AnalysisBase {release}, by export_facts.py"},
        "rules": rules(toolkit),
        "commonOptions": common,
        "order": order,
        "blocks": blocks,
        "addable": addable,
    }


def release_at_hand() -> str | None:
    """Return the release that the environment names, as the set-up of AnalysisBase does."""
    names = ("AnalysisBase_VERSION", "AthAnalysis_VERSION")
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


def write(facts: Json, directory: Path) -> Path:
    """Write the facts under their release's name, whole or not at all; return the path."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{facts['release']}.json"
    part = path.with_suffix(".part")
    try:
        part.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """End with the exit code of all commands of the project for wrong usage."""
        self.exit(64, f"ERROR {message}\n{self.format_usage()}")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = _Parser(description="Write down what this AnalysisBase knows of TopCPToolkit's YAML.")
    parser.add_argument("--release", default=release_at_hand(), help="of AnalysisBase (default: the environment's)")
    parser.add_argument("--toolkit", help="version of TopCPToolkit")
    parser.add_argument("--package", action="append", help="a package with blocks to add (default: TopCPToolkit)")
    parser.add_argument("--output", type=Path, default=Path(), help="directory (default: this one)")
    given = parser.parse_args()
    if not given.release:
        parser.error("no release: set up AnalysisBase, or give --release")
    return given


def main() -> int:
    """Run the command; return its exit code."""
    given = arguments()
    failed: list[str] = []
    try:
        facts = export(given.release, given.toolkit, given.package or ["TopCPToolkit"], failed)
    except ImportError as bad:
        print(f"ERROR there is no AnalysisBase here: {bad}", file=sys.stderr)
        return 69
    try:
        path = write(facts, given.output)
    except OSError as bad:
        print(f"ERROR cannot write: {bad}", file=sys.stderr)
        return 73
    for one in failed:
        print(f"WARNING could not be asked: {one}", file=sys.stderr)
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
