"""Reference pages made from data: the language of each release, the codes of problems, the routes over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from topcp_config import CODES, RELEASES
from topcp_config.catalogue import BlockEntry, OptionEntry, block_entry, blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


ROOT = Path(__file__).parents[1]
OPENAPI = {
    "routes-codegen": ROOT / "codegen" / "src" / "topcp_codegen" / "openapi.yaml",
    "routes-harness": ROOT / "harness" / "src" / "servicex_harness" / "api" / "openapi.yaml",
}
METHODS = ("get", "post", "put", "delete")


def write_pages(folder: Path) -> None:
    """Write into `folder` `codes.md`, `releases.md`, and a page for each release and each description of routes."""
    folder.mkdir(exist_ok=True)
    for name, description in OPENAPI.items():
        _write(folder / f"{name}.md", routes_page(yaml.safe_load(description.read_text())))
    _write(folder / "codes.md", codes_page())
    _write(folder / "releases.md", releases_page())
    for release in RELEASES:
        _write(folder / f"{release}.md", release_page(release))


def _write(path: Path, lines: Iterable[str]) -> None:
    """Write a page if it is new: Sphinx reads again what has changed."""
    text = "\n".join(lines) + "\n"
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def codes_page() -> Iterator[str]:
    """Yield the lines of the table of codes."""
    yield from ("# Codes of problems", "", "`topcp validate` and `topcp_config` name each problem with one of these.")
    yield from ("", "| code | meaning |", "|---|---|")
    for code, meaning in CODES.items():
        yield f"| `{code}` | {_cell(meaning)} |"


def routes_page(openapi: Any) -> Iterator[str]:
    """Yield the lines of the page of a service: each route, what it is for, and what it answers."""
    yield from (f"# Routes of {openapi['info']['title']}", "", openapi["info"]["description"])
    for path, route in openapi["paths"].items():
        for method in filter(route.__contains__, METHODS):
            yield from ("", f"## {method.upper()} {path}", "", route[method]["summary"])
            yield from ("", "| status | answer |", "|---|---|")
            for status, answer in route[method]["responses"].items():
                meant = (
                    openapi["components"]["responses"][answer["$ref"].rpartition("/")[2]]
                    if "$ref" in answer
                    else answer
                )
                yield f"| {status} | {_cell(meant['description'].strip())} |"


def releases_page() -> Iterator[str]:
    """Yield the lines of the page that leads to those of the releases, the newest first."""
    yield from (
        "# Blocks and options of each release",
        "",
        "Made from the facts that `topcp validate` checks with.",
        "",
    )
    yield from ("```{toctree}", ":maxdepth: 1", *reversed(RELEASES), "```")


def release_page(release: str) -> Iterator[str]:
    """Yield the lines of the page of a release: each block with its options."""
    yield from (f"# AnalysisBase {release}", "", "The same as JSON Schema, for editors: `topcp schema`.")
    for path in blocks(release):
        if entry := block_entry(path, release):
            yield from _block(entry)


def _block(entry: BlockEntry) -> Iterator[str]:
    yield from ("", f"## {entry.path}", "", f"{entry.certainty}: {entry.source}")
    if entry.added_by:
        yield from ("", f"To be added with `AddConfigBlocks`: `{entry.added_by}`.")
    if entry.options:
        yield from ("", "| option | type | default | values |", "|---|---|---|---|")
        yield from map(_row, entry.options)


def _row(option: OptionEntry) -> str:
    name = _code(option.path.rpartition(".")[2]) + (" (not sure)" if option.certainty == "inferred" else "")
    cells = (name, option.type, _default(option), ", ".join(map(_code, option.values)))
    return f"| {' | '.join(map(_cell, cells))} |"


def _default(option: OptionEntry) -> str:
    if option.required:
        return "must be given"
    return "" if option.default is None else _code(json.dumps(option.default))


def _code(text: str) -> str:
    return f"`{text}`"


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")
