"""Scale factors of triggers from a synthetic payload, recomputed event by event from the ntuple."""

from __future__ import annotations

import math
from bisect import bisect_right
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
import uproot

from .conftest import Done, Run, added, changed, run_in
from .payloads import binned, correction, entry, write_payload
from .test_trigger import ELECTRONS
from .test_weights import branch

E_LEG = "_OR_".join(chain.removeprefix("HLT_") for chain in ELECTRONS)
MU_LEG = "mu26_ivarmedium"
YEARS = f"""
    triggerChainsPerYear:
      '2017': ['{" || ".join(ELECTRONS)}', 'HLT_mu26_ivarmedium']
      '2018': ['HLT_mu24_imedium']  # the sample is of 2017
"""
ELECTRON_OPTIONS = """    electronID: 'Tight'
    electronIsol: 'Tight_VarRad'
    saveEff: True
"""
MUON_OPTIONS = """    muonID: 'Medium'
    saveEff: True
    saveEffData: True
"""
TRIGGER = f"""
Trigger:
  - noFilter: True
    electrons: 'AnaElectrons.tight'
    muons: 'AnaMuons.tight'
    electronID: 'Tight'
    electronIsol: 'Tight_VarRad'
    muonID: 'Medium'{YEARS}"""
EDGES = (0.0, 35e3, 50e3, 80e3, 1e6)
# Invented numbers: efficiencies in simulation and ratios in bins of pt, of the ratio in two ranges of runs.
E_SIMULATION, MU_SIMULATION, MU_DATA = (0.7, 0.85, 0.9, 0.95), (0.6, 0.65, 0.7, 0.72), (0.55, 0.63, 0.72, 0.71)
RUNS = (325713, 334000, 341650)
E_RATIO = (0.95, 0.98)
E_UP, MU_UP = 0.02, (0.01, 0.02, 0.03, 0.04)
SELECTION = {"e": "Tight.Tight_VarRad", "mu": "Medium"}


def variable(what: str, kind: str) -> str:
    return f"{what}_{E_LEG if kind == 'e' else MU_LEG}.{SELECTION[kind]}"


def by_run(name: str) -> dict[str, Any]:
    data = {"nodetype": "binning", "input": "RandomRunNumber", "edges": list(RUNS), "content": list(E_RATIO)}
    return correction(name, data | {"flow": "clamp"}, ("RandomRunNumber", "int"))


def flat(name: str, value: float) -> dict[str, Any]:
    return correction(name, value)


def entries(*less: str) -> list[dict[str, Any]]:
    """What the payload says, without what is named."""
    weights = [
        ("NOSYS", "e_mc", "electrons", variable("trigEff", "e")),
        ("NOSYS", "e_sf", "electrons", variable("trigEffSF", "e")),
        ("NOSYS", "mu_mc", "muons", variable("trigEff", "mu")),
        ("NOSYS", "mu_data", "muons", variable("trigEffData", "mu")),
        ("EL_EFF_Trigger_TOTAL", "e_up", "electrons", "trigEffSF_*.Tight.*"),
        ("EL_EFF_TriggerEff_TOTAL", "e_up", "electrons", "trigEff_*.Tight.*"),
        ("MUON_EFF_TrigStatUncertainty", "mu_up", "muons", "trigEffData_*"),
    ]
    found = [entry(name, "weight", what, of, variable=v) for name, what, of, v in weights if what not in less]
    return [*found, entry("EG_SCALE_ALL", "scale", "scale", "electrons"), entry("JET_SCALE", "scale", "scale")]


CORRECTIONS = [
    binned("e_mc", EDGES, E_SIMULATION),
    by_run("e_sf"),
    binned("mu_mc", EDGES, MU_SIMULATION),
    binned("mu_data", EDGES, MU_DATA),
    flat("e_up", E_UP),
    binned("mu_up", EDGES, MU_UP),
    flat("scale", 0.1),
]


MATCHING = """
# release: {}
CommonServices: {{}}
Electrons:
  - containerName: AnaElectrons
    WorkingPoint: [{{selectionName: tight, likelihoodWP: TightLH, isolationWP: NonIso}}]
Muons:
  - containerName: AnaMuons
    WorkingPoint: [{{selectionName: tight, quality: Medium, isolation: NonIso}}]
Trigger:
  - triggerChainsPerYear: {{'2017': ['{}']}}
    noFilter: True
    electrons: AnaElectrons.tight
    muons: AnaMuons.tight
Output: {{treeName: reco, containers: {{'': EventInfo}}}}
"""


@pytest.fixture(scope="module")
def config(example: str) -> str:
    return added(example, TRIGGER)


@pytest.fixture(scope="module")
def payload(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_payload(tmp_path_factory.mktemp("payload") / "trigger.json", CORRECTIONS, entries())


@pytest.fixture(scope="module")
def done(config: str, payload: Path, tmp_path_factory: pytest.TempPathFactory, run2_sample: Path) -> Done:
    """The run that most tests look at."""
    folder = tmp_path_factory.mktemp("run")
    done = run_in(folder, config, "--payload", str(payload), "--allow-missing", inputs=(run2_sample,))
    assert done.code == 0, done.err
    return done


def at(pt: float, content: tuple[float, ...]) -> float:
    return content[min(max(bisect_right(EDGES, pt) - 1, 0), len(content) - 1)]


def side(systematic: str, name: str) -> int:
    return {f"{name}__1up": 1, f"{name}__1down": -1}.get(systematic, 0)


def electron(pt: float, run: int, systematic: str) -> tuple[float, float]:
    """Efficiencies in data and in simulation."""
    simulation = at(pt, E_SIMULATION) * (1 + E_UP * side(systematic, "EL_EFF_TriggerEff_TOTAL"))
    ratio = E_RATIO[run >= RUNS[1]] * (1 + E_UP * side(systematic, "EL_EFF_Trigger_TOTAL"))
    return simulation * ratio, simulation


def muon(pt: float, systematic: str) -> tuple[float, float]:
    data = at(pt, MU_DATA) * (1 + at(pt, MU_UP) * side(systematic, "MUON_EFF_TrigStatUncertainty"))
    return data, at(pt, MU_SIMULATION)


def slow_factor(efficiencies: list[tuple[float, float]]) -> float:
    """The ratio of 1 - Π(1 - ε) in data and in simulation; 1 where nothing can fire."""
    data, simulation = (1 - math.prod(1 - pair[i] for pair in efficiencies) for i in range(2))
    return data / simulation if data > 0 and simulation > 0 else 1.0


def factors(branches: dict[str, list[Any]], runs: list[int], systematic: str) -> list[float]:
    """Of each event, from what the ntuple holds of its leptons."""
    columns = (branch(branches, name, systematic) for name in ("el_pt", "el_select_tight", "mu_pt", "mu_select_tight"))
    result = []
    for run, el_pt, el_tight, mu_pt, mu_tight in zip(runs, *columns, strict=True):
        fired = [electron(pt, run, systematic) for pt, ok in zip(el_pt, el_tight, strict=True) if ok and pt >= 27e3]
        fired += [muon(pt, systematic) for pt, ok in zip(mu_pt, mu_tight, strict=True) if ok and pt >= 27.3e3]
        result.append(slow_factor(fired))
    return result


def runs_of(sample: Path, numbers: list[int]) -> list[int]:
    with uproot.open(sample) as file:
        names = ("EventInfoAuxDyn.eventNumber", "EventInfoAuxDyn.RandomRunNumber")
        tree = file["CollectionTree"]
        event = tree[names[0]].array() if names[0] in tree else tree["EventInfoAux./EventInfoAux.eventNumber"].array()
        of_event = dict(zip(event.to_list(), tree[names[1]].array().to_list(), strict=True))
    return [of_event[number] for number in numbers]


def test_the_factor_of_an_event_is_that_of_its_leptons_under_every_variation(done: Done, run2_sample: Path) -> None:
    branches = done.branches()
    runs = runs_of(run2_sample, branches["eventNumber"])
    assert len({run >= RUNS[1] for run in runs}) == 2
    names = ("EL_EFF_Trigger_TOTAL", "EL_EFF_TriggerEff_TOTAL", "MUON_EFF_TrigStatUncertainty", "EG_SCALE_ALL")
    systematics = ["NOSYS", *(f"{name}__1{way}" for name in names for way in ("up", "down"))]
    written = {name for name in branches if name.startswith("globalTriggerEffSF_")}
    assert written == {f"globalTriggerEffSF_{systematic}" for systematic in systematics}
    for systematic in systematics:
        expected = factors(branches, runs, systematic)
        assert branches[f"globalTriggerEffSF_{systematic}"] == pytest.approx(expected, rel=2e-6), systematic
    nominal = branches["globalTriggerEffSF_NOSYS"]
    assert len({round(value, 5) for value in nominal}) > 8
    assert len({tuple(branches[name]) for name in written if "MUON" not in name}) == 7


def test_the_factor_is_called_approximate_and_says_who_says_so(done: Done) -> None:
    (tree,) = done.report["trees"]
    (found,) = [one for one in tree["branches"] if one["name"] == "globalTriggerEffSF_NOSYS"]
    assert found["verdict"] == "approx"
    assert found["payload"] == "test"
    assert "not official" in found["why"]


@pytest.mark.parametrize(
    ("release", "chain", "doubt"),
    [
        ("24.2.37", "HLT_mu26_ivarmedium", ""),
        ("25.2.15", "HLT_mu26_ivarmedium", "the plateau of mu26_ivarmedium is that of AnalysisBase 24.2.37"),
        ("25.2.15", "HLT_e26_lhtight_nod0_ivarloose", ""),
    ],
)
def test_plateaus_that_have_changed_since_make_matches_approximate(
    run: Run, release: str, chain: str, doubt: str
) -> None:
    done = run(MATCHING.format(release, chain), "--no-systematics")
    assert done.code == 0, done.err
    (tree,) = done.report["trees"]
    (found,) = [one for one in tree["branches"] if one["name"].startswith("globalTriggerMatch")]
    assert found["verdict"] == ("approx" if doubt else "exact")
    assert found.get("why", "").startswith(doubt)


def test_chunks_change_nothing(run: Run, config: str, payload: Path, done: Done) -> None:
    again = run(config, "--payload", str(payload), "--allow-missing", "--chunk-events", "7")
    assert again.code == 0, again.err
    assert again.branches() == done.branches()


SETS = f"""
TriggerMatching:
  - noFilter: True
    electrons: 'AnaElectrons.tight'
    muons: 'AnaMuons.tight'
    electronID: 'Tight'
    electronIsol: 'Tight_VarRad'
    muonID: 'Medium'
    multiTriggerChainsPerYear:
      '_e': {{'2017': ['{" || ".join(ELECTRONS)}']}}
      '_both': {{'2017': ['{" || ".join(ELECTRONS)}', 'HLT_mu26_ivarmedium']}}
    postfix: '_x'
"""


def test_each_set_of_chains_has_a_factor_and_a_match_of_its_own(
    run: Run, example: str, payload: Path, done: Done
) -> None:
    """Without decisions of triggers, of which the block has none."""
    again = run(later(added(example, SETS)), "--payload", str(payload))
    assert again.code == 0, again.err
    branches, single = again.branches(), done.branches()
    assert branches["globalTriggerEffSF_both_x_NOSYS"] == single["globalTriggerEffSF_NOSYS"]
    assert "globalTriggerEffSF_e_x_NOSYS" in branches
    assert branches["globalTriggerMatch_both_x_NOSYS"] == single["globalTriggerMatch"]
    assert not [name for name in branches if name.startswith("trigPassed")]
    assert not [name for name in branches if "_e_x_MUON" in name]


def test_sets_of_chains_beside_those_of_one_set_are_refused(run: Run, example: str) -> None:
    one = "    triggerChainsPerYear: {'2017': ['HLT_mu50']}\n"
    done = run(later(added(example, SETS + one)))
    assert done.code == 65
    assert "cannot stand beside triggerChainsPerYear" in done.error


def test_no_matching_and_no_factor_are_written_where_that_is_asked_for(run: Run, config: str, payload: Path) -> None:
    edited = changed(later(config), ("  - noFilter: True\n", "  - noFilter: True\n    noGlobalTriggerEff: True\n"))
    done = run(edited, "--payload", str(payload), "--no-systematics")
    assert done.code == 0, done.err
    assert not [name for name in done.names() if "globalTrigger" in name]


def test_a_pair_trigger_beside_single_ones_counts_pairs_too(run: Run, config: str, tmp_path: Path) -> None:
    """The leg of the pair is the looser one."""
    pair, single = "2e17_lhvloose_nod0_L12EM15VHI", "e26_lhtight_nod0_ivarloose"
    loose, tight = (0.9, 0.95), (0.6, 0.8)
    chances = {"e17_lhvloose_nod0_L1EM15VHI": loose, single: tight}
    sides = [
        (leg, what, chance) for leg, both in chances.items() for what, chance in zip(("Data", ""), both, strict=True)
    ]
    made = [flat(f"{leg}{what}", chance) for leg, what, chance in sides]
    weights = [
        entry("NOSYS", "weight", f"{leg}{what}", "electrons", variable=f"trigEff{what}_{leg}.*")
        for leg, what, _ in sides
    ]
    edited = changed(
        config,
        (f"'{' || '.join(ELECTRONS)}', 'HLT_mu26_ivarmedium'", f"'HLT_{single}', 'HLT_{pair}'"),
        ("    PtEtaSelection:\n      minPt: 25000.0\n      maxEta: 2.47\n", ""),
    )
    payload = write_payload(tmp_path / "pair.json", made, weights)
    done = run(edited, "--payload", str(payload), "--allow-missing", "--no-systematics")
    assert done.code == 0, done.err
    branches = done.branches()
    seen = set()
    for found, pts, flags in zip(
        *(branches[f"{name}_NOSYS"] for name in ("globalTriggerEffSF", "el_pt", "el_select_tight")), strict=True
    ):
        good = [pt for pt, ok in zip(pts, flags, strict=True) if ok and pt >= 18e3]
        n_tight = sum(pt >= 27e3 for pt in good)
        seen.add((n_tight, len(good)))
        assert found == pytest.approx(pair_or_single(n_tight, len(good), tight, loose), rel=1e-6)
    assert {(0, 0), (1, 1), (1, 2), (2, 2)} <= seen


def pair_or_single(n_tight: int, n: int, tight: tuple[float, float], loose: tuple[float, float]) -> float:
    """Of at most two electrons, of which some are on the plateau of the tighter trigger, too."""
    assert n <= 2
    data, simulation = (
        1 - (1 - t) ** n_tight + (pair_alone(n_tight, t, e) if n == 2 else 0) for t, e in zip(tight, loose, strict=True)
    )
    return data / simulation if data > 0 else 1.0


def pair_alone(n_tight: int, tight: float, loose: float) -> float:
    """Both fire the looser leg and none the tighter one."""
    return (loose - tight) ** n_tight * loose ** (2 - n_tight)


def later(config: str) -> str:
    """The configuration as a release takes it that has the block TriggerSF."""
    scores = "    BTaggingScores:\n      taggerName: 'DL1dv01'\n"
    edited = changed(config, ("# release: 25.2.15", "# release: 25.2.29"), (scores, ""))
    return edited.replace("likelihoodWP", "identificationWP")


def omitted(done: Done) -> dict[str, str]:
    return {one["what"]: one["why"] for one in done.report["omitted"]}


def why_left_out(done: Done, name: str) -> str:
    (why,) = [why for what, why in omitted(done).items() if what.startswith(name)]
    return why


@pytest.mark.parametrize(
    ("less", "change", "message"),
    [
        ((), ("muonID: 'Medium'", "muonID: ''"), "muonID is not given"),
        ((), ("'HLT_mu26_ivarmedium']", "'HLT_mu24_imedium']"), "lacks trigEff_mu24_imedium.Medium"),
        (("mu_mc",), ("", ""), "the payload test lacks trigEff_mu26_ivarmedium.Medium of AnalysisMuons"),
        (("e_sf",), ("", ""), f"the payload test lacks trigEffSF_{E_LEG}.Tight.Tight_VarRad or trigEffData_{E_LEG}"),
        ((), ("'2017': [", "'2016': ["), "it lists no triggers for the years of the sample"),
    ],
)
def test_what_is_not_given_leaves_the_factor_out_with_the_reason(
    less: tuple[str, ...], change: tuple[str, str], message: str, run: Run, config: str, tmp_path: Path
) -> None:
    payload = write_payload(tmp_path / "less.json", CORRECTIONS, entries(*less))
    edited = changed(config, change) if change[0] else config
    done = run(edited, "--payload", str(payload), "--allow-missing", "--no-systematics")
    assert done.code == 0, done.err
    assert message in why_left_out(done, "globalTriggerEffSF")
    assert not [name for name in done.names() if name.startswith("globalTriggerEffSF")]


def test_without_a_payload_no_number_is_made_up(run: Run, config: str) -> None:
    done = run(config, "--allow-missing", "--no-systematics")
    assert done.code == 0, done.err
    assert "not public" in why_left_out(done, "globalTriggerEffSF")
    assert not [name for name in done.names() if name.startswith("globalTriggerEffSF")]


def test_a_ratio_beside_both_efficiencies_is_refused(run: Run, config: str, tmp_path: Path) -> None:
    both = [*entries(), entry("NOSYS", "weight", "mu_up", "muons", variable="trigEffSF_*")]
    done = run(config, "--payload", str(write_payload(tmp_path / "both.json", CORRECTIONS, both)))
    assert done.code == 65
    assert "gives both trigEffData_mu26_ivarmedium.Medium and trigEffSF" in done.err


def test_leptons_have_factors_and_efficiencies_of_each_leg(
    run: Run, config: str, payload: Path, run2_sample: Path
) -> None:
    edited = later(config)
    for kind, options in (("Electrons", ELECTRON_OPTIONS), ("Muons", MUON_OPTIONS)):
        first = f"  - containerName: 'Ana{kind}'\n"
        edited = changed(edited, (first, f"{first}    TriggerSF:{indent(YEARS + options, '  ')}"))
    done = run(edited, "--payload", str(payload), "--allow-missing")
    assert done.code == 0, done.err
    branches = done.branches()
    runs = runs_of(run2_sample, branches["eventNumber"])
    for systematic in ("NOSYS", "EL_EFF_Trigger_TOTAL__1up", "EL_EFF_TriggerEff_TOTAL__1down"):
        ratio, simulation = (branch(branches, f"el_{what}_{E_LEG}", systematic) for what in ("trigEffSF", "trigEff"))
        for event, pts in enumerate(branches["el_pt_NOSYS"]):
            expected = [electron(pt, runs[event], systematic) for pt in pts]
            assert ratio[event] == pytest.approx([data / mc for data, mc in expected], rel=1e-6)
            assert simulation[event] == pytest.approx([mc for _, mc in expected], rel=1e-6)
    for systematic in ("NOSYS", "MUON_EFF_TrigStatUncertainty__1up"):
        found = {what: branch(branches, f"mu_{what}_{MU_LEG}", systematic) for what in ("trigEffSF", "trigEffData")}
        for event, pts in enumerate(branches["mu_pt_NOSYS"]):
            expected = [muon(pt, systematic) for pt in pts]
            assert found["trigEffSF"][event] == pytest.approx([data / mc for data, mc in expected], rel=1e-6)
            assert found["trigEffData"][event] == pytest.approx([data for data, _ in expected], rel=1e-6)
