"""Make values.schema.json and docs/operators/values.md from values.schema.yaml.

python helm/tools/schema.py           write both
python helm/tools/schema.py --check   exit with 1, naming the files, if one is not what it would write
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "servicex-topcp"
HEAD = """# Values of the chart servicex-topcp

Made by `python helm/tools/schema.py` from `helm/servicex-topcp/values.schema.yaml`; edit that file.

| key | default | meaning |
|---|---|---|
"""


def made() -> dict[Path, str]:
    """Return the text of each file that is made."""
    schema = yaml.safe_load((CHART / "values.schema.yaml").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    return {
        CHART / "values.schema.json": json.dumps(schema, indent=2) + "\n",
        ROOT / "docs" / "operators" / "values.md": HEAD + "".join(rows(schema, values)),
    }


def rows(schema: dict[str, Any], values: Any, prefix: str = "") -> Iterator[str]:
    """Yield a row for each key: of an object, its description if it has one, then its keys."""
    for key, part in schema["properties"].items():
        name = prefix + key
        value = values.get(key) if isinstance(values, dict) else None
        inner = part.get("properties")
        if "description" in part:
            default = "" if inner or value is None else f"`{json.dumps(value)}`"
            yield f"| `{name}` | {default} | {part['description'].replace('|', chr(92) + '|')} |\n"
        if inner and prefix.count(".") == 0 and any("description" in each for each in inner.values()):
            yield from rows(part, value, f"{name}.")


def main(arguments: list[str]) -> int:
    """Write the files, or with --check compare them."""
    if arguments == ["--check"]:
        stale = [file for file, text in made().items() if not file.is_file() or file.read_text() != text]
        for file in stale:
            print(f"{file.relative_to(ROOT)} is not up to date: run python helm/tools/schema.py", file=sys.stderr)
        return 1 if stale else 0
    for file, text in made().items():
        file.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
