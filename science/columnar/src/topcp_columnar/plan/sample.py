"""What sample the run is on, and which blocks are meant for it.

Source: ATLAS-experiment/athena, PhysicsAnalysis/Algorithms/AnalysisAlgorithmsConfig/python/ConfigBlock.py
(isUsedForConfig, filter_dsids).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from topcp_columnar.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from topcp_config import Block

    from topcp_columnar.read import PhysliteFile

_TYPE, _CHANNEL = "EventInfo.eventTypeBitmask", "EventInfo.mcChannelNumber"
_SIMULATION = 1  # xAOD::EventInfo::IS_SIMULATION, bit 0 of eventTypeBitmask
_DATA_CHANNEL = 0  # as the toolkit calls the sample of data
_PATTERN = set("^$*+?.()|[]{}\\")


class BadSampleFilter(ValueError):  # noqa: N818  the caller makes a refusal of it
    """The text is no regular expression."""


def is_simulation(file: PhysliteFile) -> bool:
    """Whether the first event is simulated; a file without events counts as simulation."""
    if file.n_events == 0:
        return True
    return bool(np.asarray(file.read(_TYPE, 0, 1))[0] & _SIMULATION)


def channel_number(file: PhysliteFile) -> int:
    """The number of the simulated sample, 0 for data. Raises InputError for a file without events."""
    if file.n_events == 0:
        why = "it has no events, which would tell the sample that the configuration asks for; put another file first"
        raise InputError(f"{file.location}: {why}")
    return int(np.asarray(file.read(_CHANNEL, 0, 1))[0]) if is_simulation(file) else _DATA_CHANNEL


def in_sample(filters: Sequence[object], channel: int) -> bool:
    """Whether one of the filters, numbers or regular expressions, is for the sample. Raises BadSampleFilter."""
    return any(_matches(str(text), str(channel)) for text in filters)


def _matches(text: str, channel: str) -> bool:
    if not _PATTERN & set(text):
        return text == channel
    try:
        return re.match(text, channel) is not None
    except re.error as error:
        raise BadSampleFilter(f"{text!r} is no regular expression: {error}") from None


def why_not_run(block: Block, file: PhysliteFile, *, simulation_only: bool) -> str:
    """Why a block is not for the sample of a file; empty if it is. Raises BadSampleFilter."""
    simulation = is_simulation(file)
    if not simulation and simulation_only:
        return "on data the block does nothing"
    skip = "skipOnMC" if simulation else "skipOnData"
    if block.options.get(skip):
        return f"the block is not to run on {'simulation' if simulation else 'data'} ({skip})"
    wanted = block.options.get("onlyForDSIDs")
    if isinstance(wanted, list) and wanted and not in_sample(wanted, channel_number(file)):
        return f"the block is for other samples than {channel_number(file)} (onlyForDSIDs)"
    return ""
