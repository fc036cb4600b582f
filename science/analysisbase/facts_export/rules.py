"""How the release treats what all blocks have in common, tried out."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType

from facts_export.blocks import ADD_CONFIG_BLOCKS
from facts_export.making import Json, fails, quietly
from facts_export.toolkit import Toolkit


def rules(toolkit: Toolkit) -> Json:
    """Try out how the release treats what all blocks have in common; see `facts.schema.json` for the answers."""
    empty = count(toolkit, "ProbeA: [{number: 1.0}, {}, {number: 2.0}]")
    bare = count(toolkit, "ProbeA: [{number: 1.0}, {Child: {number: 1.0}}]")
    return {
        "intForFloat": "reject" if fails(lambda: toolkit.run("ProbeA: {number: 1}")) else "convert",
        "nullOption": "reject" if fails(lambda: toolkit.run("ProbeA: {number: null}")) else "ignore",
        "emptyListItem": "accept" if empty == 3 else "ends-list",
        "bareListItem": "accept" if bare == 3 else "reject",
        "sharedBlock": shared_block(toolkit),
        **added_blocks(toolkit),
        "include": include(),
        "otherLevels": "known",
    }


def count(toolkit: Toolkit, text: str) -> int:
    """Return how many blocks a text makes."""
    try:
        return len(toolkit.run(text))
    except Exception:  # noqa: BLE001 - whatever the toolkit raises, it has made nothing
        return 0


def shared_block(toolkit: Toolkit) -> str:
    """Try which container a mapping gets that stands under two blocks by an alias."""
    text = "ProbeA: {containerName: A, Child: &child {number: 1.0}}\nProbeB: {containerName: B, Child: *child}\n"
    containers = [part.containerName for part in toolkit.run(text)]
    return "apart" if containers == ["A", "A", "B", "B"] else "first-container"


def added_blocks(toolkit: Toolkit) -> Json:
    """Try what AddConfigBlocks takes, and whether it takes a name twice."""
    if ADD_CONFIG_BLOCKS not in toolkit.factory()._algs:
        return {"addConfigBlocks": "none", "addedTwice": "twice"}
    module = ModuleType("facts_export_probe")
    vars(module)["FactsProbe"] = toolkit.probe
    sys.modules[module.__name__] = module
    block = f"modulePath: {module.__name__}, functionName: FactsProbe"
    named = f"AddConfigBlocks: {{Mine: {{{block}}}}}\nMine: {{number: 1.0}}\n"
    twice = f"AddConfigBlocks: [{{{block}, algName: ProbeA}}]\nProbeB: {{number: 1.0}}\n"
    return {
        "addConfigBlocks": "one-or-list" if fails(lambda: toolkit.run(named)) else "named-or-list",
        "addedTwice": "reject" if fails(lambda: toolkit.run(twice)) else "twice",
    }


def include() -> str:
    """Try at what level TopCPToolkit follows `include:`."""
    try:
        merge = importlib.import_module("TopCPToolkit.commonAlgoConfig").mergeYAMLconfig
    except ImportError:
        return "unknown"
    except AttributeError:
        return "never"
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "share").mkdir()
        (Path(place) / "more.yaml").write_text("Block: {option: 1}\n", encoding="utf-8")
        path = Path(place) / "share" / "reco.yaml"
        path.write_text("Deep: {include: more.yaml}\n", encoding="utf-8")
        here = Path.cwd()
        os.chdir(place)
        try:
            merged = quietly(lambda: merge(str(path)))
        finally:
            os.chdir(here)
        return "with-root" if merged == str(path) else "any"
