"""Trigger decisions and matching, on the real samples."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import uproot
from topcp_columnar.read import open_physlite

from .conftest import Run, added, changed

ELECTRONS = ("HLT_e26_lhtight_nod0_ivarloose", "HLT_e60_lhmedium_nod0", "HLT_e140_lhloose_nod0")
PLATEAUS = dict(zip(ELECTRONS, (27e3, 61e3, 141e3), strict=True))
RUN_3_CHAINS = ("HLT_e26_lhtight_ivarloose_L1eEM26M", "HLT_mu24_ivarmedium_L1MU14FCH", "HLT_no_such_chain")
PER_YEAR = """
Trigger:
  - triggerChainsPerYear:
      '2017': ['{0} || {1} || {2}', 'HLT_mu26_ivarmedium']
      '2018': ['{0} || {1} || {2}', 'HLT_mu26_ivarmedium']
    electrons: 'AnaElectrons.tight'
    muons: 'AnaMuons.tight'
    noFilter: True
""".format(*ELECTRONS)
ONE_ENTRY = f"'{' || '.join(ELECTRONS)}', "
DECISIONS = "\nTrigger:\n  - triggerChainsForSelection: [{}]\n".format(", ".join(f"'{c}'" for c in RUN_3_CHAINS))


@pytest.mark.run3
def test_decisions_are_the_bits_that_the_menu_names(run: Run, example: str, run3_sample: Path) -> None:
    done = run(added(example, DECISIONS), "--no-systematics", inputs=(run3_sample,))
    assert done.code == 0, done.err
    branches = done.branches()
    with uproot.open(run3_sample) as file:
        menus = file["MetaData"]["TriggerMenuJson_HLTAux./TriggerMenuJson_HLTAux.payload"].array()
        chains = json.loads(menus[0][0])["chains"]
        words = file["EventData"]["xTrigDecisionAux:.efPassedPhysics"].array().to_list()
        numbers = file["EventData"]["EventInfoAuxDyn:eventNumber"].array().to_list()
    fired = {}
    for number, of_event in zip(numbers, words, strict=True):
        bits = [int(chains[chain]["counter"]) if chain in chains else None for chain in RUN_3_CHAINS]
        fired[number] = [b is not None and bool(of_event[b // 32] >> (b % 32) & 1) for b in bits]
    for row, number in enumerate(branches["eventNumber"]):
        found = [bool(branches[f"trigPassed_{chain}"][row]) for chain in RUN_3_CHAINS]
        assert found == fired[number]
        assert any(found)
    assert 0 < len(branches["eventNumber"]) <= sum(any(flags) for flags in fired.values())


def test_electrons_on_the_plateau_match_what_they_fired(run: Run, example: str, run2_sample: Path) -> None:
    done = run(added(example, PER_YEAR), "--no-systematics", "--allow-missing")
    assert done.code == 0, done.err
    branches = done.branches()
    linked: dict[str, list[set[int]]] = {}
    with uproot.open(run2_sample) as file:
        for chain in ELECTRONS:
            combinations = file["CollectionTree"][f"AnalysisTrigMatch_{chain}AuxDyn.TrigMatchedObjects"].array()
            linked[chain] = [
                {link["m_persIndex"] for links in event for link in links if link["m_persKey"] == 956497600}
                for event in combinations.to_list()
            ]
    expected = []
    for event, (pts, tight) in enumerate(zip(branches["el_pt_NOSYS"], branches["el_select_tight_NOSYS"], strict=True)):
        matches = [
            ok and pt >= PLATEAUS[chain] and i in linked[chain][event]
            for chain in ELECTRONS
            for i, (pt, ok) in enumerate(zip(pts, tight, strict=True))
        ]
        expected.append(any(matches))
    assert [bool(flag) for flag in branches["globalTriggerMatch"]] == expected
    assert 10 < sum(expected) < 100


OF_YEARS = """
# release: {}
CommonServices: {{}}
PileupReweighting: {{}}
Trigger:
  - triggerChainsPerYear:
      '2022': ['HLT_mu24_ivarmedium_L1MU14FCH']
      '2023': ['HLT_e26_lhtight_ivarloose_L1eEM26M']
Output: {{treeName: reco, containers: {{'': EventInfo}}}}
"""


@pytest.mark.run3
@pytest.mark.parametrize(("release", "strict"), [("25.2.52", False), ("25.2.110", True)])
def test_later_releases_ask_for_the_chains_of_the_samples_years(
    run: Run, run3_sample: Path, release: str, strict: bool
) -> None:
    """The sample is of 2023; of the other year the branch is there, and drops nothing."""
    done = run(OF_YEARS.format(release), inputs=(run3_sample,))
    assert done.code == 0, done.err
    branches = done.branches()
    of_2022, of_2023 = (
        branches[f"trigPassed_HLT_{chain}"] for chain in ("mu24_ivarmedium_L1MU14FCH", "e26_lhtight_ivarloose_L1eEM26M")
    )
    assert any(of_2022)
    assert all(of_2023) is strict


PAIRS = ("HLT_2e17_lhvloose_nod0_L12EM15VHI", "HLT_2e24_lhvloose_nod0")


@pytest.mark.parametrize(("chain", "plateau"), [(PAIRS[0], 18e3), (PAIRS[1], 25e3)])
def test_a_pair_matches_if_both_are_in_one_combination(
    run: Run, example: str, run2_sample: Path, chain: str, plateau: float
) -> None:
    config = changed(
        added(example, PER_YEAR).replace("'HLT_mu26_ivarmedium'", f"'{chain}'").replace(ONE_ENTRY, ""),
        (
            "likelihoodWP: 'TightLH'\n        isolationWP: 'Tight_VarRad'",
            "likelihoodWP: 'LooseLH'\n        isolationWP: 'NonIso'",
        ),
        ("    PtEtaSelection:\n      minPt: 25000.0\n      maxEta: 2.47\n", ""),
    )
    done = run(config, "--no-systematics", "--allow-missing")
    assert done.code == 0, done.err
    branches = done.branches()
    with uproot.open(run2_sample) as file:
        links = file["CollectionTree"][f"AnalysisTrigMatch_{chain}AuxDyn.TrigMatchedObjects"].array().to_list()
    expected = []
    for combinations, pts, tight in zip(links, branches["el_pt_NOSYS"], branches["el_select_tight_NOSYS"], strict=True):
        good = {i for i, (pt, ok) in enumerate(zip(pts, tight, strict=True)) if ok and pt >= plateau}
        linked = [{one["m_persIndex"] for one in some if one["m_persKey"] == 956497600} for some in combinations]
        expected.append(any(len(some & good) > 1 for some in linked))
    assert [bool(flag) for flag in branches["globalTriggerMatch"]] == expected
    assert 10 < sum(expected) < len(expected)


def test_what_a_file_does_not_tell_is_refused_where_events_would_be_dropped(run: Run, example: str) -> None:
    done = run(changed(added(example, PER_YEAR), ("noFilter: True", "noFilter: False")))
    assert (done.code, done.left_behind) == (65, set())
    assert "menu of the HLT" in done.error


@pytest.mark.run3
def test_the_menu_is_that_of_the_metadata(run3_sample: Path) -> None:
    with open_physlite(str(run3_sample)) as file:
        menu = file.trigger_menu
    assert menu is not None
    assert len(menu) > 1000
    assert len(set(menu.values())) == len(menu)
    assert np.min([*menu.values()]) >= 0
