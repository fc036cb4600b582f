"""The ways in which the work on a file can fail: their exit codes, their names, and what to do about each.

Codes 64 to 78 are those of sysexits.h, 124 is that of timeout(1), and 128 + n a shell's for signal n.
"""

from __future__ import annotations

import errno
import signal

CLASSES = {
    64: ("usage", "call it as transform_single_file.py INPUT OUTPUT FORMAT"),
    65: ("bad configuration", "correct the YAML, `topcp validate` shows the places"),
    66: ("bad input file", "check the file where it comes from, or leave it out of the dataset"),
    69: ("input unreachable", "another replica may do, or the same one later"),
    70: ("toolkit crash", "read the log above, and report it if the YAML is right"),
    71: ("broken image", "tell the operator: the pod lacks what the transformer needs"),
    73: ("output cannot be written", "tell the operator: the pod's output folder must be writable"),
    74: ("disk full", "tell the operator: the pod needs more ephemeral storage, or write less, with no systematics"),
    75: ("temporary failure", "try again"),
    76: ("bad output", "nothing was delivered, report it with the log above"),
    77: ("no valid grid proxy", "tell the operator: the pod's proxy must be there, private and of some hours' life"),
    124: ("time limit", "ask for fewer events or systematics, or tell the operator to raise the limit"),
    137: ("out of memory", "ask for no systematics, or tell the operator to raise the pod's memory limit"),
}
KILLED = ("killed", "submit again, somebody or something ended the pod")


class Failure(Exception):  # noqa: N818  it is the answer, not an error of this program
    """What ends the work without an output. `passing` ones may be over at the next try."""

    def __init__(self, code: int, what: str, *, passing: bool = False, kind: tuple[str, str] | None = None) -> None:
        super().__init__(what)
        self.code = code
        self.passing = passing
        self.kind, self.advice = kind or CLASSES.get(code, KILLED)

    def headline(self) -> str:
        """The one line for people. It is the first with ERROR in it, which is the one that ServiceX shows."""
        what = " ".join(str(self).split())[:2000]
        return f"TransformError: ERROR {self.kind}: {what}; {self.advice} (exit code {self.code})"


def of_signal(number: int, what: str) -> Failure:
    """The failure of somebody's sending signal `number`."""
    return Failure(128 + number, f"{what}signal {number} ({signal.Signals(number).name})", kind=KILLED)


def of_oserror(error: OSError, code: int) -> Failure:
    """The failure that an OSError means: a full disk is the same wherever it is met, the rest is of class `code`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Failure(74, str(error))
    if error.errno == errno.ENOMEM:
        return Failure(137, str(error))
    return Failure(code, str(error))
