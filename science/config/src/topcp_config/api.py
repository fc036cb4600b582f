"""The functions that others call."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from topcp_config.checker import check
from topcp_config.config import Block, Config, Level
from topcp_config.emit import as_yaml
from topcp_config.errors import ConfigError
from topcp_config.facts import load_facts
from topcp_config.garbage import no_collection
from topcp_config.includes import load_file as load_with_includes
from topcp_config.meaning import check_meaning
from topcp_config.problems import Problem, has_errors, in_file_order
from topcp_config.reader import read_text
from topcp_config.releases import find_release, resolve_release

if TYPE_CHECKING:
    import os

    from topcp_config.cuts import EventSelection
    from topcp_config.tree import Node


@no_collection()
def check_text(text: str, *, release: str, level: Level = "reco", file: str | None = None) -> list[Problem]:
    """Check the text of a configuration; whatever the text, the answer is a list of problems, in file order.

    Args:
        text: YAML.
        release: of AnalysisBase; see `resolve_release` for one that is not known.
        level: which of the three levels the text configures.
        file: its name, for the problems' places.
    """
    return _check_text(text, release, level, file).problems


@no_collection()
def load_text(text: str, *, release: str, level: Level = "reco", file: str | None = None) -> Config:
    """Read and check a configuration and fill in the defaults.

    Raises:
        ConfigError: the text has errors; all of them are listed.
    """
    return _config(_check_text(text, release, level, file), release, level)


@no_collection()
def check_file(
    path: str | os.PathLike[str], *, release: str, level: Level = "reco", text: str | None = None
) -> list[Problem]:
    """Check a file and what it includes, like `check_text`; a file that cannot be read is a problem too.

    `text` stands for what the file holds, if it is to be checked before it is written.
    """
    return _check_file(Path(path), release, level, text).problems


@no_collection()
def load_file(path: str | os.PathLike[str], *, release: str, level: Level = "reco") -> Config:
    """Read and check a file and what it includes; the places of its blocks name the file they come from.

    Raises:
        ConfigError: the file cannot be read or has errors; all of them are listed.
    """
    return _config(_check_file(Path(path), release, level), release, level)


def merged_text(path: str | os.PathLike[str]) -> str:
    """Return the text of a file with every `include:` replaced by what it names.

    A text without `include:` is returned as it is. Otherwise comments are lost, but for `# release:`.

    Raises:
        ConfigError: a file cannot be read, is not YAML or cannot be included.
    """
    loaded = load_with_includes(Path(path))
    if has_errors(loaded.problems):
        raise ConfigError(in_file_order(loaded.problems, str(path)))
    if loaded.tree is None or not loaded.has_includes:
        return loaded.text
    release = find_release(loaded.text)
    return as_yaml(loaded.tree) + (f"# release: {release}\n" if release else "")


class _Checked(NamedTuple):
    """The blocks of a configuration and its event selections, as far as they make sense; all problems."""

    blocks: tuple[Block, ...]
    selections: tuple[EventSelection, ...]
    problems: list[Problem]


def _check_file(path: Path, release: str, level: Level, text: str | None = None) -> _Checked:
    loaded = load_with_includes(path, None if text is None else text.encode(errors="surrogatepass"))
    return _check_tree(loaded.tree, loaded.problems, release, level, str(path))


def _check_text(text: str, release: str, level: Level, file: str | None) -> _Checked:
    tree, problems = read_text(text, file)
    return _check_tree(tree, problems, release, level, file)


def _check_tree(tree: Node | None, problems: list[Problem], release: str, level: Level, file: str | None) -> _Checked:
    if tree is None and problems:
        return _Checked((), (), in_file_order(problems, file))
    try:
        facts = load_facts(resolve_release(release).name)
    except ConfigError as bad_facts:
        return _Checked((), (), in_file_order([*problems, *bad_facts.problems], file))
    blocks, found = check(tree, facts, level, file)
    selections, late = check_meaning(tree, blocks, facts.release, level)
    return _Checked(blocks, selections, in_file_order([*problems, *found, *late], file))


def _config(checked: _Checked, release: str, level: Level) -> Config:
    if has_errors(checked.problems):
        raise ConfigError(checked.problems)
    return Config(resolve_release(release).name, level, checked.blocks, tuple(checked.problems), checked.selections)
