"""Data: the same objects, no weights and no truth, good runs only; and blocks that are for some samples only.

There is no public data file of this size. A real simulated one is made to look like data: its events say so, are of a
run of 2018, and have neither truth nor weights.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import uproot

from tests.altered import alter

from .conftest import Run, added, changed, write_inputs
from .payloads import entry, flat, write_payload
from .test_trigger import PER_YEAR

EVENT = "EventInfoAuxDyn."
RUN_OF_2018 = 349263
NOT_IN_DATA = [
    "*Truth*",
    "*truth*",
    *(EVENT + name for name in ("mc*", "PileupWeight_NOSYS", "RandomRunNumber", "beamSpotWeight", "GenFilt*")),
]
GOOD_RUNS = """<LumiRangeCollection><NamedLumiRange><LumiBlockCollection>
<Run>{run}</Run><LBRange Start="{first}" End="{last}"/></LumiBlockCollection></NamedLumiRange></LumiRangeCollection>"""
RECENT = """# release: 25.2.52
CommonServices: {}
PileupReweighting: {}
EventCleaning:
  runEventCleaning: True
Jets:
  - {containerName: 'AnaJets', jetCollection: 'AntiKt4EMPFlowJets', runJvtUpdate: False}
Muons:
  - containerName: 'AnaMuons'
    WorkingPoint:
      - {selectionName: 'tight', quality: 'Medium', isolation: 'Tight_VarRad'}
Output:
  treeName: 'reco'
  containers: {'': 'EventInfo', jet_: 'AnaJets'}
"""
SIMULATION_ONLY = ("weight_", "mcChannelNumber", "el_IFFClass", "mu_IFFClass")
DSID = 700322  # of the sample


@pytest.fixture(scope="module")
def data(run2_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample as data."""
    changes = {
        EVENT + "eventTypeBitmask": lambda events: [0 for _ in events],
        EVENT + "runNumber": lambda events: [RUN_OF_2018 for _ in events],
        EVENT + "larFlags": lambda events: [2 << 28, *events[1:]],
    }
    return alter(run2_sample, tmp_path_factory.mktemp("data") / "data.root", changes, dropped=NOT_IN_DATA)


@pytest.fixture
def config(example: str, data: Path, tmp_path: Path) -> str:
    """The talk's configuration with a good-run list that names half of the events' blocks."""
    blocks = sorted(of_each_event(data, "lumiBlock"))
    text = GOOD_RUNS.format(run=RUN_OF_2018, first=blocks[0], last=blocks[len(blocks) // 2])
    (tmp_path / "config").mkdir(exist_ok=True)
    (tmp_path / "config" / "good.xml").write_text(text)
    good_runs = ("runEventCleaning: True\n", "runEventCleaning: True\n  userGRLFiles: ['config/good.xml']\n")
    return changed(example, good_runs)


def of_each_event(path: Path, name: str) -> list[int]:
    with uproot.open(path) as file:
        values: list[int] = file["CollectionTree"][EVENT + name].array().to_list()
    return values


def test_data_have_the_objects_of_simulation_and_no_weights(run: Run, example: str, config: str, data: Path) -> None:
    simulated = run(example, "--no-systematics").branches()
    done = run(config, inputs=(data,))
    assert done.code == 0, done.err
    branches = done.branches()
    assert {*simulated} - {*branches} == {name for name in simulated if name.startswith(SIMULATION_ONLY)}
    rows = [simulated["eventNumber"].index(number) for number in branches["eventNumber"]]
    for name in {*branches} - {"runNumber"}:
        assert branches[name] == [simulated[name][row] for row in rows], name
    assert set(branches["runNumber"]) == {RUN_OF_2018}
    assert done.report["systematics"] == ["NOSYS"]
    assert not [entry["what"] for entry in done.report["omitted"] if "effSF" in entry["what"]]


def test_events_outside_of_good_runs_and_with_a_detector_in_error_are_dropped(
    run: Run, config: str, data: Path
) -> None:
    blocks, numbers = of_each_event(data, "lumiBlock"), of_each_event(data, "eventNumber")
    last = sorted(blocks)[len(blocks) // 2]
    good = [number for number, block in zip(numbers, blocks, strict=True) if block <= last]
    done = run(config, inputs=(data,))
    cuts = {entry["cut"]: entry["events"] for entry in done.report["events"]}
    assert (cuts["all"], cuts["good runs"]) == (100, len(good))
    assert set(done.branches()["eventNumber"]) <= set(good) - {numbers[0]}
    assert cuts["event status"] == len(set(good) - {numbers[0]}) < 100


def test_without_a_good_run_list_data_are_refused_unless_it_is_not_wanted(run: Run, example: str, data: Path) -> None:
    done = run(example, inputs=(data,))
    assert (done.code, done.left_behind) == (65, set())
    assert "userGRLFiles" in done.error
    unlisted = run(changed(RECENT, ("EventCleaning:\n", "EventCleaning:\n  runGRL: False\n")), inputs=(data,))
    assert unlisted.code == 0, unlisted.err
    assert "good runs" not in [entry["cut"] for entry in unlisted.report["events"]]


def test_leptons_of_data_match_the_triggers_of_their_own_run(run: Run, config: str, data: Path) -> None:
    done = run(added(config, PER_YEAR), "--allow-missing", inputs=(data,))
    assert done.code == 0, done.err
    assert any(done.branches()["globalTriggerMatch"])
    assert "globalTriggerEffSF" not in done.out
    earlier = added(config, PER_YEAR.replace("'2018'", "'2016'"))
    assert not any(run(earlier, "--allow-missing", inputs=(data,)).branches()["globalTriggerMatch"])


def test_what_is_for_simulation_only_is_not_asked_of_data(run: Run, data: Path) -> None:
    config = changed(
        RECENT,
        ("'AnaJets'}\n", "'AnaJets'}\n  containersOnlyForMC: {mu_: 'AnaMuons'}\n"),
        ("EventCleaning:\n", "EventCleaning:\n  runGRL: False\n"),
    )
    config += "  varsOnlyForMC: ['EventInfo.mcChannelNumber -> dsid']\n  commands: ['disable weight_.*']\n"
    done = run(config, inputs=(data,))
    assert done.code == 0, done.err
    names = done.names()
    simulated = run(config)
    assert simulated.code == 0, simulated.err
    extra = {"dsid", "mcChannelNumber"} | {name for name in simulated.names() if name.startswith("mu_")}
    assert {*simulated.names()} - {*names} == extra
    assert len(extra) > 5


def test_data_have_neither_particles_nor_partons(run: Run, config: str, data: Path, tmp_path: Path) -> None:
    particle = "PL_Neutrinos: {}\nOutput: {treeName: particleLevel, containers: {nu_: TruthNeutrinos}}\n"
    write_inputs(tmp_path, particle, (), "particle")
    done = run(config, "--particle", inputs=(data,))
    assert done.code == 0, done.err
    assert "particle level" in [entry["what"] for entry in done.report["omitted"]]
    alone = run(config, "--particle", "--no-reco", "-e", "1", inputs=(data,))
    assert alone.code == 65
    assert "data" in alone.error


def test_data_and_simulation_do_not_mix(run: Run, config: str, data: Path, run2_sample: Path) -> None:
    done = run(config, inputs=(data, run2_sample))
    assert (done.code, done.left_behind) == (66, set())
    assert "simulation" in done.error


def test_of_data_only_the_resolution_of_jets_varies_and_only_if_asked_for(run: Run, data: Path, tmp_path: Path) -> None:
    entries = [entry("JET_JER_A", "scale", "s"), entry("JET_B", "scale", "s"), entry("MUON_C", "scale", "s", "muons")]
    payload = str(write_payload(tmp_path / "p.json", [flat("s", 0.05)], entries))
    config = changed(RECENT, ("EventCleaning:\n", "EventCleaning:\n  runGRL: False\n"))
    assert run(config, "--payload", payload, inputs=(data,)).report["systematics"] == ["NOSYS"]
    asked = changed(config, ("runJvtUpdate: False", "runJvtUpdate: False, runJERsystematicsOnData: True"))
    done = run(asked, "--payload", payload, inputs=(data,))
    assert done.code == 0, done.err
    assert done.report["systematics"] == ["NOSYS", "JET_JER_A__1up", "JET_JER_A__1down"]


@pytest.mark.parametrize(
    ("option", "on_simulation", "on_data"),
    [
        ("skipOnMC: True", False, True),
        ("skipOnData: True", True, False),
        (f"onlyForDSIDs: ['{DSID}']", True, False),
        ("onlyForDSIDs: ['^7003.*']", True, False),
        ("onlyForDSIDs: ['^(?!410)']", True, True),
        ("onlyForDSIDs: ['700323', '41.*']", False, False),
        ("onlyForDSIDs: ['7003']", False, False),
    ],
)
def test_a_block_is_run_on_the_samples_it_is_for(
    run: Run, data: Path, run2_sample: Path, option: str, on_simulation: bool, on_data: bool
) -> None:
    config = changed(RECENT, ("EventCleaning:\n", f"EventCleaning:\n  runGRL: False\n  {option}\n"))
    for path, wanted in ((run2_sample, on_simulation), (data, on_data)):
        done = run(config, "-e", "5", inputs=(path,))
        assert done.code == 0, done.err
        assert ("primary vertex" in [entry["cut"] for entry in done.report["events"]]) is wanted
        skipped = [entry["why"] for entry in done.report["omitted"] if entry["what"] == "EventCleaning"]
        assert bool(skipped) is not wanted


def test_a_block_that_is_not_run_is_not_refused(run: Run) -> None:
    refused = "JetReclustering: {containerName: Big, jets: AnaJets, skipOnMC: %s}\nOutput:\n"
    assert run(changed(RECENT, ("Output:\n", refused % "False"))).code == 65
    assert run(changed(RECENT, ("Output:\n", refused % "True"))).code == 0


def test_a_pattern_of_samples_that_is_none_is_refused(run: Run) -> None:
    done = run(changed(RECENT, ("EventCleaning:\n", "EventCleaning:\n  onlyForDSIDs: ['(']\n")))
    assert done.code == 65
    assert "regular expression" in done.error


@pytest.mark.parametrize(("dsid", "is_this"), [(str(DSID), True), ("410.*", False), ("7.*", True)])
def test_containers_and_commands_may_be_for_some_samples(run: Run, dsid: str, is_this: bool) -> None:
    more = (
        f"  containersOnlyForDSIDs: {{jet_: ['{dsid}']}}\n  commandsOnlyForDSIDs: {{'{dsid}': ['disable actual.*']}}\n"
    )
    done = run(RECENT + more + "  vars: ['AnaJets_NOSYS.Width -> width']\n")
    assert done.code == 0, done.err
    assert ("jet_pt_NOSYS" in done.names()) is is_this
    assert ("width" in done.names()) is is_this
    assert ("actualInteractionsPerCrossing" in done.names()) is not is_this
