"""What the exit code of a science script says about trying again.

The codes are those of BSD's sysexits.h and of shells, as this project uses them (ARCHITECTURE.md). A script that knows
nothing of them, and ends with 1 on any error, gets what ServiceX gives it: the next replica, and no second try.
"""

from __future__ import annotations

OWN_FAULT = {64: "usage", 65: "configuration", 71: "the pod lacks something"}  # the same with every replica
TEMPORARY = {69: "a remote service cannot be reached", 75: "temporary"}
OTHER = {
    66: "input",
    70: "a bug",
    73: "the output cannot be written",
    74: "the disk is full",
    76: "the output is not complete",
    77: "no valid proxy",
    124: "a time limit",
    137: "out of memory, or killed",
}

_MEANINGS = OWN_FAULT | TEMPORARY | OTHER


def is_worth_another_replica(code: int | None) -> bool:
    """Whether the same file from another place may do better."""
    return code not in OWN_FAULT


def is_worth_another_try(code: int | None) -> bool:
    """Whether the same file may do better later."""
    return code in TEMPORARY


def explain(code: int) -> str:
    """Say what a code means, in a few words."""
    meaning = _MEANINGS.get(code)
    return f"exit code {code}: {meaning}" if meaning else f"exit code {code}"
