"""The toolkit's own configurations run on the real samples but for the items of a list, each with its reason."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
import yaml

from .conftest import Run

LISTED: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(
    (Path(__file__).with_name("refused.yaml")).read_text(encoding="utf-8")
)
FLAGS = {"particle": ("--no-reco", "--particle"), "parton": ("--no-reco", "--parton")}
# The tree of each level, and branches of which it has one set or another, as the era has it.
WRITTEN: dict[str, tuple[str, list[set[str]]]] = {
    "reco": ("reco", [{"el_pt_NOSYS", "jet_pt_NOSYS", "met_met_NOSYS"}]),
    "particle": (
        "particleLevel",
        [{"el_pt", "jet_nGhosts_bHadron", "met_met"}, {"PL_el_pt", "PL_jet_nGhosts_bHadron", "PL_met_met"}],
    ),
    "parton": ("truth", [{"Ttbar_MC_t_afterFSR_pt", "Ttbar_MC_ttbar_fromDecay_beforeFSR_m"}]),
}
RELEASES = {"2024-10": "25.2.29", "2025-06": "25.2.52"}
_LINE = re.compile(r"(?:ERROR|) *config/\w+\.yaml:\d+(?::\d+)?: (?P<what>.+?)(?: \(and \d+ more\))?")


def expected(configuration: str, sample: str) -> dict[str, str]:
    """Patterns of what is refused, with the reasons."""
    lists = LISTED[configuration]
    return {**lists.get("both", {}), **lists.get(sample, {})}


def refused(error: str) -> list[str]:
    """What the lines of an error call what they refuse: all before the reason."""
    lines = [match["what"] for line in error.splitlines() if (match := _LINE.fullmatch(line))]
    assert len(lines) == len(error.splitlines())
    return [line.partition(": ")[0] for line in lines]


def matches(what: str, pattern: str) -> bool:
    return fnmatchcase(what, pattern.replace("[", "[[]"))


SAMPLES = ["run2", pytest.param("run3", marks=pytest.mark.run3)]


@pytest.mark.configs
@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("configuration", LISTED)
def test_a_configuration_runs_but_for_what_is_listed(
    run: Run, toolkit_configs: Path, request: pytest.FixtureRequest, configuration: str, sample: str
) -> None:
    path: Path = request.getfixturevalue(f"{sample}_sample")
    level = Path(configuration).stem if Path(configuration).stem in WRITTEN else "reco"  # solution.yaml is of reco
    flags = ("--no-systematics", *FLAGS.get(level, ()))
    release = RELEASES[configuration.partition("/")[0]]
    text = f"{(toolkit_configs / configuration).read_text()}\n# release: {release}\n"
    patterns, found = expected(configuration, sample), refused(run(text, *flags, inputs=(path,), level=level).err)
    assert [what for what in found if not any(matches(what, pattern) for pattern in patterns)] == []
    assert [pattern for pattern in patterns if not any(matches(what, pattern) for what in found)] == []
    allowed = run(text, *flags, "--allow-missing", "-e", "30", inputs=(path,), level=level)
    assert allowed.code == 0, allowed.err
    tree, branches = WRITTEN[level]
    assert any(wanted <= set(allowed.names(tree)) for wanted in branches)
