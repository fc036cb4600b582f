"""`include:`: configurations put together from several files.

The toolkit's rules (runTop_el.py of TopCPToolkit 2.16, combineConfigFiles of AnalysisAlgorithmsConfig): at any level,
`include: <path>` adds what the file holds; local keys win, lists are appended to the local ones, and of several
files the earlier wins.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from operator import is_not
from pathlib import Path

from topcp_config.builder import MAX_DEPTH, MAX_NODES, Refused
from topcp_config.options import INCLUDE
from topcp_config.problems import Mark, Problem, error
from topcp_config.reader import MAX_BYTES, decode, read_text
from topcp_config.tree import Entry, Mapping, Node, Scalar, Sequence


@dataclass(slots=True)
class Loaded:
    """A file, its tree with everything included, and what is wrong with any of the files.

    `text` is that of the file itself; `tree` is None when it cannot be read.
    """

    text: str
    tree: Node | None
    problems: list[Problem]
    has_includes: bool


def load_file(path: Path, data: bytes | None = None) -> Loaded:
    """Read a configuration file, with `data` instead of what it holds if given, and whatever it includes."""
    resolver = _Resolver()
    try:
        text, tree = resolver.read(path, Mark(str(path), 1, 1), data)
        if tree is not None:
            home = path.resolve().parent
            tree = resolver.resolve(tree, _Where((path.resolve(),), (home.parent, home, *_datapath())), 1)
    except Refused as refused:
        return Loaded("", None, [*resolver.problems, refused.problem], resolver.included)
    return Loaded(text, tree, resolver.problems, resolver.included)


@dataclass(frozen=True, slots=True)
class _Where:
    """The files being included, outermost first, and the directories in which to look for more."""

    chain: tuple[Path, ...]
    directories: tuple[Path, ...]


@dataclass(slots=True)
class _Resolver:
    problems: list[Problem] = field(default_factory=list)
    included: bool = False
    _bytes: int = 0
    _nodes: int = 0

    def read(self, path: Path, asked: Mark, data: bytes | None = None) -> tuple[str, Node | None]:
        """Read one file, or take `data` for its bytes; `asked` is the place to blame when that fails."""
        try:
            data = _start_of(path, MAX_BYTES - self._bytes + 1) if data is None else data
        except OSError as bad:
            reason = f"cannot read {path}: {bad.strerror or bad}"
            self.problems.append(error("unreadable-file", reason, asked))
            return "", None
        self._bytes += len(data)
        if self._bytes > MAX_BYTES:
            message = f"with {path.name} the configuration has more than the {MAX_BYTES} bytes that it may have"
            raise Refused("too-large", message, asked)
        text, problems = decode(data, str(path))
        tree: Node | None = None
        if text is not None:
            tree, problems = read_text(text, str(path))
        self.problems += problems
        return text or "", tree

    def resolve(self, node: Node, where: _Where, depth: int) -> Node:
        """Return the tree with the includes of every level replaced by what they name.

        A node without any is returned as it is: what aliases share stays shared.
        """
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise Refused("too-large", f"with all it includes the configuration has over {MAX_NODES} nodes", node.mark)
        if depth > MAX_DEPTH:
            raise Refused("too-deep", f"with all it includes this is over {MAX_DEPTH} levels deep", node.mark)
        if isinstance(node, Scalar):
            return node
        if isinstance(node, Sequence):
            items = [self.resolve(item, where, depth + 1) for item in node.items]
            return Sequence(node.mark, items) if any(map(is_not, items, node.items)) else node
        return self._resolved(node, where, depth)

    def _resolved(self, node: Mapping, where: _Where, depth: int) -> Mapping:
        local = Mapping(node.mark)
        for key, entry in node.entries.items():
            if key != INCLUDE:
                local.entries[key] = Entry(entry.mark, self.resolve(entry.node, where, depth + 1))
        if INCLUDE not in node.entries:
            changed = any(entry.node is not node.entries[key].node for key, entry in local.entries.items())
            return local if changed else node
        return self._merged(local, self._fragments(node.entries[INCLUDE], where, depth))

    def _fragments(self, entry: Entry, where: _Where, depth: int) -> Mapping:
        """Read the files that an include names, and merge them with each other."""
        self.included = True
        merged = Mapping(entry.mark)
        for named in self._names(entry.node):
            path = self._find(named.value, named.mark, where)
            if path is not None:
                merged = self._merged(merged, self._fragment(path, named.mark, where, depth + 1))
        return merged

    def _fragment(self, path: Path, asked: Mark, where: _Where, depth: int) -> Mapping:
        """Read one included file, with what it includes itself."""
        before = len(self.problems)
        tree = self.read(path, asked)[1]
        if isinstance(tree, Mapping):
            inner = _Where((*where.chain, path), (path.parent, *_datapath()))
            resolved = self.resolve(tree, inner, depth)
            assert isinstance(resolved, Mapping)  # noqa: S101 - a mapping resolves to one; this tells mypy so
            return resolved
        if len(self.problems) == before:
            message = f"{path} is included where keys stand, so it must hold a mapping"
            self.problems.append(error("include-invalid", message, asked, path=INCLUDE))
        return Mapping(asked)

    def _names(self, node: Node) -> list[Scalar]:
        """Return the names in the value of an include: one, or a list of them."""
        items = node.items if isinstance(node, Sequence) else [node]
        names = [item for item in items if isinstance(item, Scalar) and isinstance(item.value, str) and item.value]
        if len(names) < len(items) or not items:
            message = "include: takes the path of a file, or a list of paths"
            self.problems.append(error("include-invalid", message, node.mark, path=INCLUDE))
        return names

    def _find(self, name: str, mark: Mark, where: _Where) -> Path | None:
        """Find an included file; report one that is missing or that is being included already."""
        tried = [directory / name for directory in where.directories]
        found = next((path.resolve() for path in tried if _is_file(path)), None)
        if found is None:
            message = f"there is no file {name!r} to include"
            hint = f"Searched in: {', '.join(str(path) for path in where.directories)}."
            self.problems.append(error("include-missing", message, mark, path=INCLUDE, hint=hint))
        elif found in where.chain:
            message = f"{name!r} includes itself: {' -> '.join(path.name for path in (*where.chain, found))}"
            self.problems.append(error("include-cycle", message, mark, path=INCLUDE))
            return None
        return found

    def _merged(self, local: Mapping, fragment: Mapping) -> Mapping:
        """Return `local` with what `fragment` adds to it."""
        entries = dict(local.entries)
        for key, entry in fragment.entries.items():
            mine = entries.get(key)
            entries[key] = Entry(mine.mark, self._merged_node(mine.node, entry.node)) if mine else entry
        return Mapping(local.mark, entries)

    def _merged_node(self, mine: Node, other: Node) -> Node:
        if isinstance(mine, Mapping) and isinstance(other, Mapping):
            return self._merged(mine, other)
        if isinstance(mine, Sequence) and isinstance(other, Sequence):
            return Sequence(mine.mark, [*mine.items, *other.items])
        if not isinstance(mine, Scalar):
            place = f"{other.mark.file}:{other.mark.line}:{other.mark.column}"
            message = f"a list and a mapping cannot be put together: the other one stands in {place}"
            self.problems.append(error("include-invalid", message, mine.mark))
        return mine


def _datapath() -> tuple[Path, ...]:
    return tuple(Path(part) for part in os.environ.get("DATAPATH", "").split(os.pathsep) if part)


def _start_of(path: Path, size: int) -> bytes:
    """Read no more than what can be used: the file may be anything, a ROOT file for instance."""
    with path.open("rb") as file:
        return file.read(size)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name too long, or with a NUL
        return False
