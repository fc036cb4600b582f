"""A configuration in which everything is there that cuts and references can be about."""

from __future__ import annotations

from typing import Any, NamedTuple

from topcp_config import RELEASES, Problem, check_text

OLD, TALK, DOCS, MID, LAST, NEW = "24.2.37", "25.2.15", "25.2.29", "25.2.52", "25.2.88", "25.2.110"
assert {OLD, TALK, DOCS, MID, LAST, NEW} <= set(RELEASES)

OBJECTS = """\
Jets:
  - containerName: AnaJets
    jetCollection: AntiKt4EMPFlowJets
    PtEtaSelection: {selectionName: hard, minPt: 25000.0}
    FlavourTagging: {btagger: DL1dv01, btagWP: FixedCutBEff_77}
  - {containerName: AnaLargeRJets, jetCollection: AntiKt10UFOCSSKSoftDropBeta100Zcut10Jets,
     PtEtaSelection: {selectionName: heavy, minPt: 200000.0}}
Electrons:
  containerName: AnaElectrons
  WorkingPoint:
    - {selectionName: loose, isolationWP: NonIso}
    - {selectionName: tight, isolationWP: NonIso}
Muons:
  containerName: AnaMuons
  WorkingPoint:
    - {selectionName: loose, quality: Loose, isolation: NonIso}
    - {selectionName: tight, quality: Tight, isolation: NonIso}
Photons: {containerName: AnaPhotons, WorkingPoint: {selectionName: tight, qualityWP: Tight, isolationWP: NonIso}}
TauJets: {containerName: AnaTaus, WorkingPoint: {selectionName: tight, quality: Tight}}
MissingET: {containerName: AnaMET, jets: AnaJets}
"""
OLD_WORDS = {
    "containerName: AnaLargeRJets,": "containerName: AnaLargeRJets, postfix: large,",
    "{selectionName: loose, isolationWP: NonIso}": "{selectionName: loose, likelihoodWP: LooseLH, isolationWP: NonIso}",
    "{selectionName: tight, isolationWP: NonIso}": "{selectionName: tight, likelihoodWP: TightLH, isolationWP: NonIso}",
}
"""What the oldest release needs beside, on the same lines."""
INPUTS = {
    "electrons": "AnaElectrons.loose",
    "muons": "AnaMuons.loose",
    "photons": "AnaPhotons.tight",
    "taus": "AnaTaus.tight",
    "jets": "AnaJets.hard",
    "largeRjets": "AnaLargeRJets.heavy",
    "met": "AnaMET",
    "btagDecoration": "ftag_select_DL1dv01_FixedCutBEff_77",
}


class Found(NamedTuple):
    """A problem: its severity and code; the line counts from the first cut, the column from the begin of its line."""

    severity: str
    code: str
    line: int
    column: int


def fitted(text: str, release: str) -> str:
    """A text that begins with OBJECTS, with what a release needs beside."""
    for words, more in OLD_WORDS.items() if release == OLD else ():
        text = text if more in text else text.replace(words, more)
    return text


def checked(text: str, release: str, **more: Any) -> list[Problem]:
    """Check a text that begins with OBJECTS."""
    return check_text(fitted(text, release), release=release, **more)


def inputs_of(release: str, *without: str) -> dict[str, str]:
    """The inputs of an event selection in a release, but for those not wanted."""
    unknown = ("largeRjets",) if release in (OLD, TALK) else ()
    return {name: value for name, value in INPUTS.items() if name not in (*without, *unknown)}


def head_of_selection(release: str, *without: str, region: str = "signal") -> str:
    """The beginning of a block EventSelection, up to where the cuts of its region follow, indented by six."""
    inputs = "".join(f"  {name}: {value}\n" for name, value in inputs_of(release, *without).items())
    cuts = f"  selectionCutsDict:\n    {region}: |\n"
    if release == NEW:
        cuts = f"  selectionName: {region}\n  selectionCuts: |\n"
    return f"EventSelection:\n{inputs}{cuts}"


def with_cuts(release: str, *lines: str, without: tuple[str, ...] = ()) -> str:
    """A configuration with the cuts of one region, and SAVE where it is needed."""
    end = () if release == NEW else ("SAVE",)
    return (
        fitted(OBJECTS, release)
        + head_of_selection(release, *without)
        + "".join(f"      {line}\n" for line in (*lines, *end))
    )


def problems_of(release: str, *lines: str, without: tuple[str, ...] = ()) -> list[Problem]:
    """The problems of a configuration with these cuts."""
    return check_text(with_cuts(release, *lines, without=without), release=release)


def found_in(release: str, *lines: str, without: tuple[str, ...] = ()) -> list[Found]:
    """The problems of some cuts, with places that count from the first of them."""
    first = (OBJECTS + head_of_selection(release, *without)).count("\n") + 1
    return [
        Found(p.severity, p.code, (p.line or 0) - first, (p.column or 0) - 7)
        for p in problems_of(release, *lines, without=without)
    ]


def errors_in(text: str, release: str) -> list[Problem]:
    """The errors of a configuration."""
    return [problem for problem in checked(text, release) if problem.severity == "error"]
