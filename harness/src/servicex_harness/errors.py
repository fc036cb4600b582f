"""The one family of errors that a user of the harness may see.

Each has the exit code it gives the command (one table for the whole project: ARCHITECTURE.md) and the HTTP status it
gives a client.
"""

from __future__ import annotations


class HarnessError(Exception):
    """What happened, where, and what to do about it."""

    exit_code = 70
    http_status = 500


class UsageError(HarnessError):
    """An argument of the command is wrong."""

    exit_code = 64


class StartError(HarnessError):
    """A part of the harness does not start, or ended by itself."""

    exit_code = 69


class StateError(HarnessError):
    """The state directory cannot be used."""

    exit_code = 73


class BadRequestError(HarnessError):
    """The client asks for something that is wrong, or that this harness does not do."""

    exit_code = 64
    http_status = 400


class AuthorizationError(HarnessError):
    """The client has no token, or not a good one."""

    http_status = 401


class NotFoundError(HarnessError):
    """The client asks about something that is not there."""

    http_status = 404


class CodegenError(HarnessError):
    """The code generator refused, cannot be reached, or gave an answer that no pod could run."""

    exit_code = 65


class StoreError(HarnessError):
    """The object store does not do what it is asked."""

    exit_code = 69


class DiskFullError(HarnessError):
    """There is no room left below the directory of the harness."""

    exit_code = 74


class PodError(HarnessError):
    """The science process cannot be started, or does not speak the protocol."""


class PodEndedError(PodError):
    """The science process went away in the middle of the dialogue; another one may do better."""


class FileTimeoutError(PodError):
    """One file took longer than the wall-clock limit."""
