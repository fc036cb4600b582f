"""The toolkit's own configurations are accepted for their release; of the talk's, others refuse just what they lack."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from topcp_config import Problem, check_file

TALK = Path(__file__).parents[3] / "client" / "examples" / "talk" / "reco.yaml"
RELEASE_OF = {"2024-10": "25.2.29", "2025-06": "25.2.52", "talk": "25.2.15"}

WP = "Electrons[0].WorkingPoint[{}].likelihoodWP"
GENERATOR = "Jets[0].FlavourTagging[{}].generator"
RENAMED = "It was renamed to identificationWP between 24.2.37 and 25.2.29."
MOVED = "It was moved to Jets.FlavourTaggingEventSF.generator in 25.2.40."
SCORES = ("Jets[0].BTaggingScores", "It was moved to Jets.FlavourTagging.saveScores in 25.2.20.")
LATER = [(GENERATOR.format(n), MOVED) for n in (0, 1)] + [SCORES] + [(WP.format(n), RENAMED) for n in (0, 1)]
TABLE = {
    "24.2.37": [
        (
            "CommonServices.systematicsHistogram",
            "24.2.37 calls it Output.systematicsHistogram (changed between 24.2.37 and 25.2.15).",
        )
    ],
    "25.2.15": [],
    "25.2.29": [SCORES] + [(WP.format(n), RENAMED) for n in (0, 1)],
    "25.2.52": LATER,
    "25.2.88": LATER,
    "25.2.110": LATER,
}


def errors(problems: list[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity == "error"]


@pytest.mark.parametrize("release", TABLE)
def test_of_the_talk_each_release_refuses_just_what_it_has_under_another_name(release: str) -> None:
    found = errors(check_file(TALK, release=release))

    assert [(problem.path, problem.hint) for problem in found] == TABLE[release]
    assert {problem.code for problem in found} <= {"renamed-option"}


def level_of(path: Path) -> Literal["reco", "parton", "particle"]:
    return "parton" if path.stem == "parton" else "particle" if path.stem == "particle" else "reco"


@pytest.mark.configs
@pytest.mark.parametrize("era", RELEASE_OF)
def test_the_toolkit_s_own_configurations_are_accepted_for_their_release(era: str, toolkit_configs: Path) -> None:
    paths = sorted((toolkit_configs / era).rglob("*.yaml"))

    assert paths
    for path in paths:
        assert errors(check_file(path, release=RELEASE_OF[era], level=level_of(path))) == [], path


@pytest.mark.configs
@pytest.mark.parametrize("release", TABLE)
def test_of_the_talk_s_own_file_each_release_refuses_the_same(release: str, toolkit_configs: Path) -> None:
    expected = [wrong for wrong in TABLE[release] if wrong != SCORES]

    found = errors(check_file(toolkit_configs / "talk" / "reco.yaml", release=release))

    assert [(problem.path, problem.hint) for problem in found] == expected
