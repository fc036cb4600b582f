"""What a payload says: which variations there are, of what, how large, and who says so.

A payload is a correctionlib file whose `description` is this text, YAML:

    topcp_payload: 1
    name: my-jets
    official: false
    systematics:
    - name: JET_MINE            # gives JET_MINE__1up and JET_MINE__1down
      objects: jets             # electrons, muons, photons, taus, jets, largeRJets, met
      effect: scale             # scale, resolution, mass, weight; of met soft_scale, soft_parallel, soft_perpendicular
      correction: jet_scale     # of this file
      source: where the numbers are from
    - {name: JET_RES, objects: jets, effect: resolution, correction: jet_res, one_sided: true, source: …}
    - {name: MUON_ID, objects: muons, effect: weight, correction: mu_id, variable: "reco_effSF_*", source: …}
    - {name: NOSYS, objects: muons, effect: weight, correction: mu_nominal, variable: "reco_effSF_*", source: …}
    taggers:                    # may be left out
      GN2v01:
        fraction_c: 0.2         # weights of charm and of taus in the background; that of taus may be left out
        fraction_tau: 0.01
        cuts: {85: …, 70: …}    # efficiency in percent -> the least discriminant
        source: where the numbers are from

Inputs of a correction are variables of the objects by their names (pt in MeV, eta, phi in rad, or whatever else the
input file stores of them), taken nominally, or else of the event (RandomRunNumber for instance). A text input
`systematic` gets the variation, `NOSYS` for nominal.

A weight called NOSYS is no variation: it is the nominal scale factor itself. The efficiencies of triggers are weights,
too, of the variables `trigEff_<leg>.<selection>` (in simulation), `trigEffData_…` and `trigEffSF_…`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from topcp_columnar.systematics import NOSYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from topcp_columnar.kernels.btag import Tagger
    from topcp_columnar.payload.corrections import Correction

Effect: TypeAlias = Literal[
    "scale", "resolution", "mass", "weight", "soft_scale", "soft_parallel", "soft_perpendicular"
]
OF_OBJECTS: tuple[Effect, ...] = ("scale", "resolution", "mass", "weight")
OF_SOFT_TERM: tuple[Effect, ...] = ("soft_scale", "soft_parallel", "soft_perpendicular")
EFFECTS = (*OF_OBJECTS, *OF_SOFT_TERM)
# What a payload calls the objects, and the stored container that they are made from.
OBJECTS = {
    "electrons": "AnalysisElectrons",
    "muons": "AnalysisMuons",
    "photons": "AnalysisPhotons",
    "taus": "AnalysisTauJets",
    "jets": "AnalysisJets",
    "largeRJets": "AnalysisLargeRJets",
    "met": "MET_Core_AnalysisMET",
}
UP, DOWN = "__1up", "__1down"


@dataclass(frozen=True, slots=True)
class PayloadVariation:
    """One systematic of a payload, acting on one kind of objects.

    effect      scale: pt (and the mass of jets) times 1 ± c; resolution: times 1 ± c g, with g a standard normal number
                of the object's own; mass: m times 1 ± c; weight: a scale factor of 1 ± c.
                With an input `systematic`, c is the signed shift of that side, and a weight is the scale factor itself.
                Of the soft term c is in MeV: soft_scale shifts it by ± c along the hard momentum, soft_parallel and
                soft_perpendicular by c g along it and across it; these two have one side, without a suffix
    variable    of a weight: a pattern of the names of the scale factors that it is for
    one_sided   there is no down
    """

    name: str
    objects: str
    effect: Effect
    correction: Correction
    source: str
    variable: str = ""
    one_sided: bool = False

    @property
    def container(self) -> str:
        """The stored container of the objects."""
        return OBJECTS[self.objects]

    @property
    def has_nominal(self) -> bool:
        """Whether it says what a scale factor is, and not only how uncertain."""
        return self.name == NOSYS or self.correction.has_systematic

    @property
    def sides(self) -> tuple[tuple[str, int], ...]:
        """The names of its variations, and their signs."""
        if self.name == NOSYS:
            return ()
        if self.effect in ("soft_parallel", "soft_perpendicular"):
            return ((self.name, 1),)
        both = ((self.name + UP, 1), (self.name + DOWN, -1))
        return both[:1] if self.one_sided else both


@dataclass(frozen=True, slots=True)
class Payload:
    """A file of corrections.

    sha256    of its bytes, for the report
    official  whether its numbers are the collaboration's for this use; if not, all that they change is approximate
    taggers   the numbers of flavour taggers, by name
    """

    name: str
    location: str
    sha256: str
    official: bool
    variations: tuple[PayloadVariation, ...]
    taggers: Mapping[str, Tagger] = field(default_factory=dict)

    def of(self, container: str, *effects: Effect) -> Iterator[PayloadVariation]:
        """The variations of the objects of a stored container that have one of these effects."""
        return (v for v in self.variations if v.container == container and v.effect in effects)

    def describe(self, variation: PayloadVariation) -> str:
        """Where a variation comes from."""
        return f"payload {self.name}, {variation.effect} of {variation.objects}: {variation.source}"
