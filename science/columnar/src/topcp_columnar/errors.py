"""Everything the engine may tell a user went wrong. Anything else that is raised is a bug (exit code 70).

A message says what happened, where (file, and line or branch) and what to do; its first line stands on its own.
"""

from __future__ import annotations


class EngineError(Exception):
    """The family's head: never raised itself."""

    exit_code: int

    @property
    def headline(self) -> str:
        """The first line of the message, for logs that take one line."""
        return str(self).partition("\n")[0]


class ConfigRefused(EngineError):  # noqa: N818  a refusal is the answer, not a fault
    """The configuration is wrong, or asks for something that cannot be computed."""

    exit_code = 65


class InputError(EngineError):
    """The input file cannot be read, or is not the PHYSLITE it should be."""

    exit_code = 66


class MissingVariable(InputError):  # noqa: N818  says what, its base says that it is an error
    """The input file lacks a variable that was asked for."""


class RemoteError(EngineError):
    """A remote input cannot be reached."""

    exit_code = 69


class OutputError(EngineError):
    """The output cannot be written."""

    exit_code = 73


class WorkerLost(EngineError):  # noqa: N818  says what happened
    """A worker was ended from outside, by want of memory for instance; the exit code says by which signal."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code
