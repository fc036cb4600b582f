"""Read a `!TopCPToolkit` node of a ServiceX spec file."""

from pathlib import Path
from typing import Any

from servicex_topcp.errors import UsageError
from servicex_topcp.files import LEVELS

PATHS = ("conffile", *LEVELS)

EXAMPLE = """
    Query: !TopCPToolkit
      conffile: reco.yaml
      max_events: 100"""


def node_fields(constructor: Any, node: Any) -> dict[str, Any]:
    """Return the fields that `node` gives; its relative paths start at the folder of the spec file.

    Raises:
        UsageError: the node is not a mapping.
    """
    if node.id != "mapping":
        raise UsageError(f"{place(node)}: !TopCPToolkit takes keys and values, such as{EXAMPLE}")
    fields: dict[str, Any] = constructor.construct_mapping(node)
    folder = Path(node.start_mark.name).parent
    paths = {name: folder / fields[name] for name in PATHS if isinstance(fields.get(name), str)}
    return fields | paths


def place(node: Any) -> str:
    """Return `file:line:column` of a node, counted from 1."""
    mark = node.start_mark
    return f"{mark.name}:{mark.line + 1}:{mark.column + 1}"
