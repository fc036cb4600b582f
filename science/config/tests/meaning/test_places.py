"""A mistake inside a text value is at its line and column of the file, however the value is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from topcp_config import check_file, check_text
from topcp_config.places import places_of
from topcp_config.reader import read_text
from topcp_config.tree import Mapping, Node, Scalar, Sequence

from .world import OBJECTS, TALK

SELECTION = "EventSelection:\n  electrons: AnaElectrons\n  selectionCutsDict:\n"
STYLES = {
    "a literal": "    signal: |\n      EL_N 25000 >= 1\n      ELN 1\n      SAVE\n",
    "a literal, stripped": "    signal: |-\n      EL_N 25000 >= 1\n      ELN 1\n      SAVE\n",
    "a literal, kept": "    signal: |+\n\n      EL_N 25000 >= 1\n\n      ELN 1\n      SAVE\n\n",
    "a literal with its indentation": "    signal: |2\n       EL_N 25000 >= 1\n      ELN 1\n      SAVE\n",
    "a literal with a comment": "    signal: |  # the signal\n      # ELN\n      ELN 1\n      SAVE\n",
    "a literal with an anchor": "    signal: &cuts |\n      EL_N 25000 >= 1\n      ELN 1\n      SAVE\n",
    "a literal with a tag": "    signal: !!str |\n      ELN 1\n      SAVE\n",
    "a literal below its key": "    signal: &a\n      !!str |\n      ELN 1\n      SAVE\n",
    "a literal with tabs": "    signal: |\n      EL_N\t25000\t>=\t1\n      \tELN 1\n      SAVE\n",
    "a folded text": "    signal: >\n      EL_N 25000 >= 1\n\n      ELN 1\n\n      SAVE\n",
    "a folded text with indented lines": "    signal: >-\n\n      # a\n\n\n        ELN 1\n        OS\n\n      SAVE\n",
    "single quotes": "    signal: 'EL_N 25000 >= 1\n\n      # it''s\n\n      ELN 1\n\n      SAVE'\n",
    "double quotes": '    signal: "EL_N 25000 >= 1\\n# \\"\\t\\x41\\u00e9\\nELN 1\\nSAVE"\n',
    "double quotes over several lines": '    signal: "EL_N 25000 \\\n      >= 1\\n\n      ELN 1\n\n      SAVE"\n',
    "double quotes, nearly all escaped": '    signal: "\\x53\\u0041\\x56\\U00000045\\x0a\\x20\\u2028ELN 1"\n',
    "no quotes": "    signal: EL_N 25000 >= 1\n\n      ELN 1\n\n      SAVE\n",
    "in brackets": "    {signal: 'SAVE\n\n     ELN 1'}\n",
}


@pytest.mark.parametrize("written", STYLES.values(), ids=list(STYLES))
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_wrong_cut_is_where_it_is_written(written: str, newline: str) -> None:
    text = OBJECTS + SELECTION + written
    (line,) = (number for number, content in enumerate(text.split("\n"), start=1) if "ELN 1" in content)
    column = text.split("\n")[line - 1].index("ELN 1") + 1

    problems = check_text(text.replace("\n", newline), release=TALK)

    assert [(p.line, p.column) for p in problems if p.code == "unknown-cut"] == [(line, column)]


def test_cuts_that_are_used_again_by_an_alias_are_where_they_are_written() -> None:
    text = OBJECTS + SELECTION + "    one: &cuts |\n      ELN 1\n      SAVE\n    two: *cuts\n"

    lines = [p.line for p in check_text(text, release=TALK) if p.code == "unknown-cut"]

    assert lines == [text[: text.index("ELN")].count("\n") + 1] * 2


def test_cuts_in_an_included_file_are_in_that_file(tmp_path: Path) -> None:
    (tmp_path / "selection.yaml").write_text("selectionCutsDict:\n  signal: |\n    SAVE\n    ELN 1\n")
    main = tmp_path / "reco.yaml"
    main.write_text("EventSelection:\n  include: selection.yaml\ninclude: []\n")

    problems = [p for p in check_file(main, release=TALK) if p.code == "unknown-cut"]

    assert [(Path(p.file or "").name, p.line, p.column) for p in problems] == [("selection.yaml", 4, 5)]


REFERENCES = [
    "'AnaElectrons.loose||tihgt'",
    '"AnaElectrons.loose||tihgt"',
    '"AnaElectrons.\\x6coose||tihgt"',
    "AnaElectrons.loose||tihgt",
    "&e !!str AnaElectrons.loose||tihgt",
    "   AnaElectrons.loose||tihgt",
    ">-\n    AnaElectrons.loose||tihgt",
    "|-\n    AnaElectrons.loose||tihgt",
]


MET_OF = "MissingET:\n  containerName: AnaMET\n  jets: AnaJets\n  electrons: {}\n"


@pytest.mark.parametrize("written", REFERENCES)
def test_a_wrong_selection_in_an_expression_is_where_it_is_written(written: str) -> None:
    text = OBJECTS[: OBJECTS.index("MissingET")] + MET_OF.format(written)

    (problem,) = check_text(text, release=TALK)

    last = text.split("\n")[-2]
    assert (problem.line, problem.column) == (text.count("\n"), last.index("tihgt") + 1)


def scalars(node: Node) -> list[Scalar]:
    """All values in a document."""
    if isinstance(node, Scalar):
        return [node]
    if isinstance(node, Sequence):
        return [found for item in node.items for found in scalars(item)]
    assert isinstance(node, Mapping)
    return [found for entry in node.entries.values() for found in scalars(entry.node)]


class _Styled(yaml.SafeDumper):
    """Writes each text in the style that it is given with."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent(dumper: yaml.SafeDumper, data: tuple[str, str]) -> yaml.ScalarNode:
    text, style = data
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style or None)


_Styled.add_representer(tuple, _represent)
words = st.lists(
    st.sampled_from(
        [
            "a",
            "b'c",
            'd"e',
            "\\",
            "é",
            "中",
            "\U0001f600",
            "# f",
            ": g",
            "- h",
            " ",
            "  ",
            "\n",
            "\n\n",
            "\t",
            "\x85",
            "\xa0",
            "\x07",
        ]
    )
    | st.characters(codec="utf-8"),
    max_size=30,
).map("".join)
styled = st.tuples(words, st.sampled_from(["", "'", '"', "|", ">"]))


@settings(deadline=None)
@given(st.lists(styled, min_size=1, max_size=4), st.sampled_from([8, 20, 1000]), st.booleans(), st.booleans())
def test_every_character_that_can_be_seen_is_found_in_the_file(
    texts: list[tuple[str, str]], width: int, flow: bool, unicode: bool
) -> None:
    document = {"key": [{"inner": text} for text in texts]}
    dumped = yaml.dump(document, Dumper=_Styled, width=width, allow_unicode=unicode, default_flow_style=flow)
    node, problems = read_text(dumped, None)

    assert problems == []
    assert node is not None
    for scalar in scalars(node):
        if not isinstance(scalar.value, str):
            continue
        assert scalar.source is not None
        places = places_of(scalar)
        for offset, char in enumerate(scalar.value):
            mark = places.at(offset)
            assert (mark.line, mark.column) >= (scalar.mark.line, 1)
            if not char.isspace():
                assert scalar.source.lines[mark.line - 1][mark.column - 1] in (char, "\\")
