"""What blocks say about triggers: the chains of each year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from topcp_columnar.events.triggers import CAMPAIGNS, YEARS
from topcp_columnar.plan.model import EVENT
from topcp_columnar.plan.part import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from topcp_columnar.plan.part import Part

PerYear: TypeAlias = "dict[str, tuple[str, ...]]"


def entries_per_year(part: Part, option: str) -> PerYear:
    """What an option lists by year: chains, or several of them as `a || b`."""
    return listed_by_year(part.option(option, {}), option)


def listed_by_year(value: Any, option: str) -> PerYear:
    """The lists of a mapping from years; one text is a list, too. Raises Refused."""
    if not isinstance(value, dict):
        raise Refused(f"{value!r} does not list chains by year", option)
    found = {}
    for year, entries in value.items():
        listed = [entries] if isinstance(entries, str) else entries
        if not isinstance(listed, list) or not all(isinstance(entry, str) for entry in listed):
            raise Refused(f"the chains of {year} are not a list of texts", option)
        found[str(year)] = tuple(listed)
    return found


def chains_in(entries: Iterable[str]) -> tuple[str, ...]:
    """The single chains, each once."""
    return tuple(dict.fromkeys(chain.strip() for entry in entries for chain in entry.split("||")))


def trigger_named(entry: str) -> str:
    """A trigger as the tool of efficiencies calls it: the entry `HLT_a || HLT_b` is one, `a_OR_b`."""
    return "_OR_".join(chain.strip() for chain in entry.replace("HLT_", "").split("||"))


def years_of_sample(part: Part, per_year: Mapping[str, object]) -> tuple[str, ...]:
    """Of the years that have triggers those that the sample is for or from; all where its run number does not tell."""
    file = part.job.first_file
    run = int(np.asarray(file.read(f"{EVENT}.runNumber", 0, 1))[0]) if file.n_events else 0
    if not part.job.simulation:
        of_sample = tuple(year for year, (first, last) in YEARS.items() if first <= run <= last)
    else:
        of_sample = CAMPAIGNS.get(run, ())
    return tuple(year for year in per_year if year in (of_sample or YEARS))
