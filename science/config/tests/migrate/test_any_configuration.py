"""Migration of any configuration: nothing is lost in silence, nothing else is touched, and once is enough."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from topcp_config import RELEASES, ConfigError, check_text
from topcp_config.migrate import Migration, migrate_text
from topcp_config.problems import has_errors
from topcp_config.reader import read_text

from ..written import configurations

steady = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=100)
releases = st.sampled_from(RELEASES)


@st.composite
def migrations(draw: st.DrawFn) -> tuple[str, Migration]:
    text = draw(releases.flatmap(configurations))
    return text, migrate_text(text, to=draw(releases))


def told(text: str, migration: Migration, place: int) -> bool:
    """Whether a change is reported for the line of a character, or for a line that it is part of."""
    number = text.count("\n", 0, place) + 1
    lines = text.splitlines()
    indent = len(lines[number - 1]) - len(lines[number - 1].lstrip())
    for note in migration.changes:
        above = lines[note.line - 1]
        between = lines[note.line : number]
        inside = all(len(line) - len(line.lstrip()) >= len(above) - len(above.lstrip(" -")) for line in between)
        if note.line == number or (note.line < number and inside and indent > 0):
            return True
    return False


@steady
@given(migrations())
def test_every_value_and_comment_is_there_still_or_its_line_is_reported(case: tuple[str, Migration]) -> None:
    text, migration = case
    for token in re.finditer(r"comment-\d+-|aside-\d+-|value-\d+-|\b1\d{5}\b", text):
        kept = token[0] in migration.text
        assert kept or (not token[0].startswith("comment") and told(text, migration, token.start())), token[0]


@steady
@given(migrations())
def test_a_second_migration_changes_nothing(case: tuple[str, Migration]) -> None:
    _, migration = case
    again = migrate_text(migration.text, to=migration.target.name)
    assert (again.text, again.changes) == (migration.text, ())


@steady
@given(migrations())
def test_what_the_release_lacks_is_gone_from_the_result(case: tuple[str, Migration]) -> None:
    """But for regions: items that differ in more than their cuts are left to a person."""
    _, migration = case
    unknown = {"unknown-option", "renamed-option", "unknown-block", "misplaced-block"}
    errors = [problem for problem in migration.problems if problem.severity == "error" and problem.code in unknown]
    assert [str(problem) for problem in errors if not problem.path.startswith("EventSelection")] == []


@steady
@given(releases.flatmap(configurations), releases)
def test_lines_that_need_no_change_stay_as_they_are_and_in_order(text: str, to: str) -> None:
    migration = migrate_text(text, to=to)
    result = iter(migration.text.splitlines())
    touched = {note.line for note in migration.changes}
    whole = {re.split(r"[.\[]", note.path)[0] for note in migration.changes}
    whole |= {
        moved[1]
        for note in migration.changes
        if (moved := re.match(r"moved to (?:a new item of )?(\w+)", note.message))
    }
    block = ""
    for number, line in enumerate(text.splitlines(), start=1):
        block = line.partition(":")[0] if line[:1].isalpha() else block
        if number not in touched and block not in whole and not line.startswith("#"):
            assert line in result, line


@steady
@given(releases.flatmap(configurations))
def test_a_text_for_the_same_release_is_returned_as_it_is(text: str) -> None:
    release = re.findall(r"# release: (\S+)", text)[0]
    floats_are_floats = migrate_text(text, to=release)
    assert floats_are_floats.text == text


@pytest.mark.parametrize("release", RELEASES)
def test_the_generator_writes_what_the_release_takes(release: str) -> None:
    """Else the properties above would speak of nothing."""

    @steady
    @given(configurations(release))
    def holds(text: str) -> None:
        unknown = {"unknown-option", "renamed-option", "unknown-block", "misplaced-block", "yaml-syntax", "wrong-type"}
        assert [str(problem) for problem in check_text(text, release=release) if problem.code in unknown] == []

    holds()


PIECES = ["Jets:", "Electrons:", "\n", "  ", "- ", ": ", "{", "}", "[", "]", "&a ", "*a", "<<: ", "|\n", "#", "'", ","]
WORDS = ["likelihoodWP", "WorkingPoint:", "trackSelection: ", "EventSelection:", "selectionCutsDict:", "generator: x"]
anything = st.text(max_size=60) | st.lists(st.sampled_from([*PIECES, *WORDS]), max_size=30).map("".join)


@settings(deadline=None, max_examples=150)
@given(anything, releases, st.sampled_from(["reco", "particle", "parton"]))
def test_any_text_is_migrated_or_refused(text: str, to: str, level: Any) -> None:
    if has_errors(read_text(text, None)[1]):
        with pytest.raises(ConfigError):
            migrate_text(text, to=to, source="24.2.37", level=level)
        return
    migration = migrate_text(text, to=to, source="24.2.37", level=level)
    assert migrate_text(migration.text, to=to, level=level).text == migration.text
