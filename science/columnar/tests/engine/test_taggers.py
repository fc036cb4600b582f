"""Flavour tagging with the numbers of a payload: what is computed, that it says so, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from topcp_columnar.errors import ConfigRefused
from topcp_columnar.payload import load_payload

from ..as_lists import Sample
from .conftest import Run
from .payloads import write_payload

# Invented numbers: what is tested is what is made of them.
F_C, F_TAU, CUTS = 0.2, 0.01, {"85": -0.4, "77": 0.8, "65": 2.7}
TAGGERS = {"GN2v01": {"fraction_c": F_C, "fraction_tau": F_TAU, "cuts": CUTS, "source": "a test"}}
CONFIG = """
CommonServices: {runSystematics: False}
Jets:
  - containerName: AnaJets
    jetCollection: AntiKt4EMPFlowJets
    FlavourTagging:
      - {btagger: GN2v01, btagWP: FixedCutBEff_77, saveScores: 'All'}
      - {btagger: GN2v01, btagWP: Continuous}
Output: {treeName: reco, containers: {jet_: AnaJets}}
# release: 25.2.52
"""


def discriminant(b: float, c: float, u: float, tau: float) -> float:
    f_c, f_tau = float(np.float32(F_C)), float(np.float32(F_TAU))
    return math.log(b / (f_c * c + f_tau * tau + (1 - f_c - f_tau) * u))


@pytest.mark.run3
def test_decisions_and_quantiles_follow_the_payload_and_say_so(run: Run, run3_sample: Path, tmp_path: Path) -> None:
    payload = write_payload(tmp_path / "taggers.json", [], [], taggers=TAGGERS)
    done = run(CONFIG, "--payload", str(payload), inputs=(run3_sample,))
    assert done.code == 0, done.err
    sample = Sample(run3_sample)
    inputs = [sample.read(f"BTagging_AntiKt4EMPFlow.GN2v01_p{flavour}") for flavour in ("b", "c", "u", "tau")]
    pt, eta = sample.read("AnalysisJets.pt"), sample.read("AnalysisJets.eta")
    links = sample.links("AnalysisJets.btaggingLink")
    branches, cuts = done.branches(), sorted(float(np.float32(cut)) for cut in CUTS.values())
    for i in range(100):
        for j, (_, place) in enumerate(links[i]):
            score = discriminant(*(column[i][place] for column in inputs))
            central = pt[i][j] >= 20e3 and abs(eta[i][j]) <= 2.5
            assert branches["jet_GN2v01"][i][j] == pytest.approx(score, rel=1e-6)
            assert bool(branches["jet_GN2v01_FixedCutBEff_77_select"][i][j]) == (central and score >= cuts[1])
            expected = 1 + sum(score >= cut for cut in cuts) if central else -1
            assert branches["jet_GN2v01_Continuous_quantile"][i][j] == expected
    (tree,) = done.report["trees"]
    verdicts = {entry["name"]: (entry["verdict"], entry.get("why", "")) for entry in tree["branches"]}
    assert verdicts["jet_GN2v01_FixedCutBEff_77_select"][0] == "approx"
    assert "payload test: a test" in verdicts["jet_GN2v01_Continuous_quantile"][1]
    assert verdicts["jet_GN2v01_pb"][0] == "exact"


def test_a_file_without_the_tagger_is_refused_by_name(run: Run, tmp_path: Path) -> None:
    payload = write_payload(tmp_path / "taggers.json", [], [], taggers=TAGGERS)
    done = run(CONFIG, "--payload", str(payload))
    assert done.code == 66
    assert "GN2v01_pb" in done.error
    assert "GN2v00_pb" in done.error


@pytest.mark.parametrize(
    ("taggers", "reason"),
    [
        ({"GN2v01": {"fraction_c": 0.2, "cuts": CUTS}}, "lacks source"),
        ({"GN2v01": TAGGERS["GN2v01"] | {"fraction_b": 1}}, "fraction_b, which means nothing"),
        ({"GN2v01": TAGGERS["GN2v01"] | {"fraction_c": "much"}}, "'much', not a number"),
        ({"GN2v01": TAGGERS["GN2v01"] | {"fraction_c": 1.5}}, "between 0 and 1"),
        ({"GN2v01": TAGGERS["GN2v01"] | {"cuts": {}}}, "does not map efficiencies"),
        (["GN2v01"], "does not map names"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(tmp_path: Path, taggers: Any, reason: str) -> None:
    payload = write_payload(tmp_path / "taggers.json", [], [], taggers=taggers)
    with pytest.raises(ConfigRefused, match=reason):
        load_payload(str(payload))
