"""The errors of this package, and the exit codes that go with them.

Every message says what happened, where, and what to do. All are `ValueError`s, as users of pydantic and of the
ServiceX client expect of a wrong argument.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from topcp_config import Problem

    from servicex_topcp.release import UsedRelease


class ExitCode(IntEnum):
    """Exit codes of the `topcp` command; the engine and the transform script use the same numbers."""

    OK = 0
    USAGE = 64
    CONFIGURATION = 65
    INPUT = 66
    UNAVAILABLE = 69
    INTERNAL = 70
    PROGRAM = 71
    OUTPUT = 73


class TopCPError(ValueError):
    """Base class of all errors that this package raises on purpose."""

    exit_code = ExitCode.USAGE


class UsageError(TopCPError):
    """The arguments contradict each other, are unknown, or have the wrong type."""


class MissingFileError(TopCPError):
    """A configuration file or folder is not there, or cannot be read."""

    exit_code = ExitCode.INPUT


class MissingProgramError(TopCPError):
    """A program that is needed is not installed."""

    exit_code = ExitCode.PROGRAM


class OutputFileError(TopCPError):
    """A file cannot be written."""

    exit_code = ExitCode.OUTPUT


class InvalidConfigError(TopCPError):
    """The YAML is wrong; the message lists all problems of all files, each with its place."""

    exit_code = ExitCode.CONFIGURATION

    def __init__(self, problems: Sequence[Problem], release: UsedRelease) -> None:
        self.problems = tuple(problems)
        self.release = release
        super().__init__(problems, release)

    def __str__(self) -> str:
        errors = sum(problem.severity == "error" for problem in self.problems)
        headline = f"{errors} error{'s' * (errors != 1)} in the configuration, checked for release {self.release}:"
        lines = [headline, *(f"  {problem}" for problem in self.problems)]
        if self.release.note:
            lines.append(self.release.note)
        if not self.release.stated:
            lines.append(
                "If another release is meant, name it: release=, or a comment `# release: 25.2.15` in the YAML."
            )
        return "\n".join(lines)
