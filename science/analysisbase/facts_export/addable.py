"""The blocks that a configuration brings with AddConfigBlocks."""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from facts_export.blocks import ADD_CONFIG_BLOCKS, describe_or_note
from facts_export.making import Json
from facts_export.toolkit import Toolkit


def describe_addable(toolkit: Toolkit, packages: list[str], failed: list[str]) -> Json:
    """Return the facts of the blocks that a configuration brings with AddConfigBlocks, by module and function.

    They are those in the modules of `packages`, and those that the configurations on DATAPATH add.
    """
    usual = dict(added_in_configurations(failed))
    members = {key: member for package in packages for key, member in blocks_of(package, toolkit, failed)}
    for key in usual:
        module, _, function = key.rpartition(".")
        if key not in members:
            with noting(key, failed):
                members[key] = getattr(importlib.import_module(module), function)
    addable: Json = {}
    for key, member in sorted(members.items()):
        factory = toolkit.factory()
        factory.addAlgConfigBlock(algName=key, alg=member)
        facts = describe_or_note(factory._algs[key], key, key, failed).facts
        addable[key] = {**usual.get(key, {"name": usual_name(key)}), **facts}
    return addable


def blocks_of(package: str, toolkit: Toolkit, failed: list[str]) -> Iterator[tuple[str, Any]]:
    """Yield the blocks that the modules of a package define."""
    paths: Iterable[str] = ()
    with noting(package, failed):
        paths = importlib.import_module(package).__path__
    for info in pkgutil.iter_modules(paths):
        with noting(f"{package}.{info.name}", failed):
            module = importlib.import_module(f"{package}.{info.name}")
            for name, member in vars(module).items():
                own = getattr(member, "__module__", None) == module.__name__ and not name.startswith("_")
                if own and toolkit.is_block(member):
                    yield f"{module.__name__}.{name}", member


@contextlib.contextmanager
def noting(what: str, failed: list[str]) -> Iterator[None]:
    """Name in `failed` what cannot be imported: that runs code of others, which may raise anything."""
    try:
        yield
    except Exception as bad:  # noqa: BLE001 - see above
        failed.append(f"{what}: {type(bad).__name__}: {bad}")


def added_in_configurations(failed: list[str]) -> Iterator[tuple[str, Json]]:
    """Yield what the configurations that come with the software add: module and function, usual name and place."""
    yaml = importlib.import_module("yaml")
    directories = [part for part in os.environ.get("DATAPATH", "").split(os.pathsep) if part]
    for path in (path for directory in directories for path in sorted(Path(directory).glob("*/configs/**/*.yaml"))):
        with noting(str(path), failed):
            added = (yaml.safe_load(path.read_bytes()) or {}).get(ADD_CONFIG_BLOCKS) or []
            if isinstance(added, dict):
                added = [{"algName": name, **one} for name, one in added.items()]
            for one in added:
                usual = {"name": one["algName"], **({"pos": one["pos"]} if "pos" in one else {})}
                yield f"{one['modulePath']}.{one['functionName']}", usual


def usual_name(key: str) -> str:
    """Return what a block may be called of which no configuration tells: its function without Config or Block."""
    name = key.rpartition(".")[2]
    for ending in ("Config", "Block"):
        name = name[: -len(ending)] if name.endswith(ending) and name != ending else name
    return name[:1].upper() + name[1:]
