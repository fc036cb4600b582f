"""A PHYSLITE file of either layout as Python lists, read through uproot alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import uproot


class Sample:
    """Variables of a PHYSLITE file of either layout as Python lists; links as (key, index)."""

    def __init__(self, path: Path) -> None:
        file = uproot.open(path)
        self.events, self.between = (
            (file["EventData"], ":") if "EventData" in file else (file["CollectionTree"], ".")
        )  # fmt: skip

    def read(self, name: str) -> list[Any]:
        """Most variables lie beside their container, those of its own class within it."""
        container, _, variable = name.partition(".")
        beside = f"{container}AuxDyn{self.between}{variable}"
        within = f"{container}Aux:.{variable}" if self.between == ":" else f"{container}Aux./{container}Aux.{variable}"
        stored = beside if beside in self.events else within
        values: list[Any] = self.events[stored].array().to_list()
        return values

    def links(self, name: str) -> list[Any]:
        stored = name.replace(".", f"AuxDyn{self.between}")
        if self.between == "." and self.events[stored].branches:  # the members are branches of their own
            keys, indices = (
                self.events[f"{stored}/{stored}.m_pers{part}"].array().to_list() for part in ("Key", "Index")
            )
            return [list(zip(k, i, strict=True)) for k, i in zip(keys, indices, strict=True)]
        found: list[Any] = pairs(self.read(name))
        return found


def pairs(value: Any) -> Any:
    if isinstance(value, list):
        return [pairs(item) for item in value]
    return tuple(value.values()) if isinstance(value, dict) else tuple(value)
