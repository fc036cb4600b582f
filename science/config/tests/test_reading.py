"""No text, however hostile, does more than earn a list of problems."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml
from topcp_config import check_text
from topcp_config.reader import decode, read_text
from topcp_config.tree import Mapping, plain

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)
SAFE = """
text: plain
quoted: '25000'
int: 0x10
octal: 010
float: 2.5e+3
not a float: 25e3
bools: [yes, No, TRUE, off]
nothing: [~, null, ]
date: 2024-06-01
sexagesimal: 1:30
folded: >
  one
  two
"""


def only_problem(text: str) -> tuple[str, int | None, int | None]:
    (problem,) = check_text(text, release="25.2.15")
    return problem.code, problem.line, problem.column


def test_values_are_those_of_the_loader_that_the_toolkit_uses() -> None:
    tree, problems = read_text(SAFE, None)

    assert tree is not None
    assert not problems
    assert plain(tree) == yaml.safe_load(SAFE)


def test_anchors_aliases_and_merge_keys_work_as_in_that_loader() -> None:
    text = "base: &b {pt: 1.0, eta: 2.5}\nother: &o {eta: 1.0, phi: 0.0}\nuse: {<<: [*b, *o], pt: 3.0}\nagain: *b\n"

    tree, problems = read_text(text, None)

    assert tree is not None
    assert not problems
    assert plain(tree) == yaml.safe_load(text)


def test_a_merged_key_keeps_the_place_where_it_is_written() -> None:
    tree, _ = read_text("base: &b\n  pt: 1.0\nuse:\n  <<: *b\n", "f.yaml")

    assert isinstance(tree, Mapping)
    use = tree.entries["use"].node
    assert isinstance(use, Mapping)
    assert use.entries["pt"].mark.line == 2


def test_a_bomb_of_aliases_is_refused_where_it_grows_too_large() -> None:
    code, line, _ = only_problem(BOMB)

    assert code == "yaml-alias"
    assert line is not None
    assert 1 < line < 10


def test_aliases_cannot_nest_deeper_than_brackets_may() -> None:
    deep = "a0: &a0 " + "[" * 40 + "]" * 40 + "\na1: " + "[" * 40 + "*a0" + "]" * 40 + "\n"

    assert only_problem(deep)[:2] == ("too-deep", 2)


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 50_000, "- " * 100_000, "? " * 100_000], ids=lambda t: t[:3])
def test_nesting_of_any_depth_leaves_the_process_alive(text: str) -> None:
    code = (
        "import sys; from topcp_config import check_text;"
        "print([p.code for p in check_text(sys.stdin.read(), release='25.2.15')])"
    )

    done = subprocess.run([sys.executable, "-c", code], input=text, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout.strip()) == (0, "['too-deep']")


def test_a_text_over_256_kb_is_refused_unread() -> None:
    assert only_problem("a: '" + "x" * 262_144 + "'") == ("too-large", 1, 1)
    assert only_problem("a: '" + "é" * 131_072 + "'") == ("too-large", 1, 1)


def test_bytes_that_are_not_utf8_are_named_with_their_place() -> None:
    text, (problem,) = decode("Jets: {}\n# müon: ".encode() + b"\xff\n", "reco.yaml")

    assert text is None
    assert (problem.code, problem.file, problem.line, problem.column) == ("not-utf8", "reco.yaml", 2, 9)


def test_columns_count_characters_not_bytes() -> None:
    assert only_problem("# ü\n'Müonen': {}\n") == ("unknown-block", 2, 1)
    assert only_problem("Output: {postfix: 'ü', treeNäme: x}\n") == ("unknown-option", 1, 24)


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert check_text("\ufeffPileupReweighting: {}\n", release="25.2.15") == []


def test_windows_line_ends_are_no_mistake() -> None:
    assert (
        check_text("PileupReweighting: {}\r\nEventCleaning:\r\n  runEventCleaning: True\r\n", release="25.2.15") == []
    )


def test_both_places_of_a_duplicate_key_are_told() -> None:
    (problem,) = check_text("Output:\n  treeName: a\n  treeName: b\n", release="25.2.15")

    assert (problem.line, problem.column, problem.path) == (3, 3, "Output.treeName")
    assert "line 2, column 3" in problem.message


def test_duplicate_keys_do_not_hide_other_mistakes() -> None:
    problems = check_text("Muons: {}\nMuons:\n  containerName: M\n  maxeta: 2\n", release="25.2.15")

    assert [p.code for p in problems] == ["duplicate-key", "unknown-option"]


def test_the_parser_written_in_python_gives_the_same_places(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [
        "Elektrons: {}",
        "Jets:\n  a: b: c\n",
        "Jets:\n\tx: 1",
        "a: 'b\n",
        "Muons:\n  - maxEta: 1\n   - b\n",
        "[" * 99,
    ]
    fast = [only_place(text) for text in texts]
    monkeypatch.setattr("topcp_config.reader._LOADER", yaml.SafeLoader)

    assert [only_place(text) for text in texts] == fast


def only_place(text: str) -> list[tuple[str, int | None]]:
    return [(p.code, p.line) for p in check_text(text, release="25.2.15")]
