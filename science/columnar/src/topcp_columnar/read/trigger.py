"""The menu of the high-level trigger, which Run 3 files keep as JSON in their MetaData."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from topcp_columnar.read.column_types import column_type
from topcp_columnar.read.faults import Damaged

if TYPE_CHECKING:
    from topcp_columnar.read.store import Store

_CONTAINER, _VARIABLE = "TriggerMenuJson_HLT", "payload"


def read_trigger_menu(store: Store) -> dict[str, int] | None:
    """Of each chain its number, the bit of xTrigDecision.ef*; None where there is no menu; raises `Damaged`.

    Source: Trigger/TrigConfiguration/TrigConfData/Root/HLTChain.cxx; the number is called counter, and is a text.
    """
    spelling = store.spellings.get(_CONTAINER, {}).get(_VARIABLE, "")
    kind = column_type(store.type_name(spelling)) if spelling else None
    if kind is None or kind.kind != "text":
        return None
    menus = {text for entry in store.read_texts(spelling, kind, 0, store.n_events) for text in _flat(entry)}
    if not menus:
        return None
    if len(menus) > 1:
        raise Damaged("it has the menus of several trigger configurations: read one a file")
    try:
        chains = json.loads(menus.pop())["chains"]
        return {str(name): int(chain["counter"]) for name, chain in chains.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(f"its menu of the HLT cannot be read: {error}") from error


def _flat(entry: object) -> list[str]:
    return [entry] if isinstance(entry, str) else [text for item in entry for text in _flat(item)]  # type: ignore[attr-defined]
