"""Payloads for tests: files of corrections, made as a user would make them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def correction(name: str, data: Any, *inputs: tuple[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        "version": 1,
        "inputs": [{"name": variable, "type": kind} for variable, kind in inputs],
        "output": {"name": "value", "type": "real"},
        "data": data,
    }


def flat(name: str, value: float) -> dict[str, Any]:
    """The same for all."""
    return correction(name, value, ("pt", "real"))


def binned(name: str, edges: Sequence[float], content: Sequence[float], variable: str = "pt") -> dict[str, Any]:
    """A table in pt, or another variable."""
    data = {"nodetype": "binning", "input": variable, "edges": list(edges), "content": list(content), "flow": "clamp"}
    return correction(name, data, (variable, "real"))


def entry(name: str, effect: str, correction: str, objects: str = "jets", **more: Any) -> dict[str, Any]:
    return {"name": name, "objects": objects, "effect": effect, "correction": correction, "source": "a test", **more}


def write_payload(
    path: Path, corrections: Sequence[dict[str, Any]], systematics: Sequence[dict[str, Any]], **about: Any
) -> Path:
    description = {"topcp_payload": 1, "name": "test", "official": False, "systematics": list(systematics)} | about
    content = {"schema_version": 2, "description": json.dumps(description), "corrections": list(corrections)}
    path.write_text(json.dumps(content))
    return path
