"""The particle numbering scheme of the Particle Data Group (pdg.lbl.gov, Monte Carlo particle numbering)."""

from __future__ import annotations


def heaviest_quark_of_hadron(pdg_id: int) -> int:
    """The heaviest quark of a meson or baryon by the PDG's numbering scheme, 0 for anything else.

    Source: leadingQuark and isHadron of Generators/TruthUtils/TruthUtils/AtlasPID.h, without tetra- and pentaquarks.
    """
    spin, third, second, first = (abs(pdg_id) // 10**digit % 10 for digit in range(4))
    if max(first, second, third) > 5 or 0 in (second, third):
        return 0
    is_meson = first == 0 and second >= third and spin % 2 == 1 and not (pdg_id < 0 and second == third)
    is_baryon = first > 0 and spin % 2 == 0 and spin > 0
    return max(first, second, third) if is_meson or is_baryon else 0
