"""The YAML as it goes into the pod: as it came, and at its end what it was checked for, and by which generator.

ServiceX's client keeps results by the text of a selection, and the toolkit prints what it reads: so both tell one
release or generator from another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from topcp_config import ALLOW_MISSING, allows_missing

from .errors import SelectionRefused

if TYPE_CHECKING:
    from topcp_config import Config

    from .checks import Checked
    from .selection import Selection

BLOCK, OPTION = "EventSelection", "noFilter"
_ONE_FOR_ALL = "selectionName"  # an option of the releases that filter once, by the first item's noFilter


def pod_texts(selection: Selection, checked: Checked, generator: str) -> dict[str, str]:
    """Return each YAML by its file's name; SelectionRefused if the release cannot do without its filter."""
    made = {}
    for level, text in selection.texts.items():
        kept = unfiltered(text, checked.configs[level]) if selection.no_filter else text
        said = (
            [f"# {ALLOW_MISSING}"] if allows_missing(text) and not allows_missing(kept) else []
        )  # a comment, now lost
        lines = [kept.removesuffix("\n"), *said, f"# release: {checked.release}", f"# generator: {generator}", ""]
        made[f"{level}.yaml"] = "\n".join(lines)
    return made


def unfiltered(text: str, config: Config) -> str:
    """Return a configuration whose event selections drop no event; where it has none, that is the text itself.

    `runTop_el.py -t` takes --no-filter and does nothing with it, so that the YAML has to say it.
    """
    blocks = [block for block in config.blocks if block.name == BLOCK]
    if not blocks:
        return text
    if OPTION not in blocks[0].options:
        raise SelectionRefused(f"no_filter: {BLOCK} has no option {OPTION} in {config.release}, so events are dropped")
    tree = yaml.safe_load(text)
    items = tree[BLOCK] if isinstance(tree[BLOCK], list) else [tree[BLOCK]]
    for item in items[:1] if _ONE_FOR_ALL in blocks[0].options else items:
        item[OPTION] = True
    dumped: str = yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=120)
    return dumped
