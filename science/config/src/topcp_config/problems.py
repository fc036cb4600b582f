"""What can be wrong with a configuration, and where."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

Severity = Literal["error", "warning"]

MAX_LENGTH = 300
"""How long a message, a hint or a path may be; keys and values in it can be of any length."""


class Mark(NamedTuple):
    """A place in a text; line and column count characters from 1."""

    file: str | None
    line: int
    column: int


class Problem(NamedTuple):
    """One thing that is wrong (error) or may be wrong (warning).

    `code` is one of `topcp_config.codes.CODES`; `path` is the dotted path of the key, such as
    `Electrons[0].WorkingPoint[1].isolationWP`, and empty where the text as a whole is meant.
    """

    severity: Severity
    code: str
    message: str
    hint: str | None
    file: str | None
    line: int | None
    column: int | None
    path: str

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        at = f" (at {self.path})" if self.path else ""
        hint = f" {self.hint}" if self.hint else ""
        return f"{place}{': ' if place else ''}{self.severity}: {self.message} [{self.code}]{at}{hint}"

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain data, ready for JSON."""
        return self._asdict()


def error(code: str, message: str, mark: Mark, *, path: str = "", hint: str | None = None) -> Problem:
    """Make an error at `mark`."""
    return _problem("error", code, message, mark, path, hint)


def warning(code: str, message: str, mark: Mark, *, path: str = "", hint: str | None = None) -> Problem:
    """Make a warning at `mark`."""
    return _problem("warning", code, message, mark, path, hint)


def _problem(severity: Severity, code: str, message: str, mark: Mark, path: str, hint: str | None) -> Problem:
    if len(message) > MAX_LENGTH or not message.isprintable():
        message = _on_one_line(message)
    if len(path) > MAX_LENGTH or not path.isprintable():
        path = _on_one_line(path)
    return Problem(severity, code, message, hint and _on_one_line(hint), *mark, path)


def _on_one_line(text: str) -> str:
    """Escape what no terminal or log should get from a configuration, and cut what is too long to read."""
    cut = text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1] + "…"
    return cut if cut.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in cut)


def has_errors(problems: list[Problem]) -> bool:
    """Tell whether any of `problems` makes the configuration invalid."""
    return any(problem.severity == "error" for problem in problems)


def in_file_order(problems: list[Problem], main: str | None) -> list[Problem]:
    """Sort by place; the problems of included files follow those of `main`."""
    return sorted(problems, key=lambda p: (p.file != main, p.file or "", p.line or 0, p.column or 0))
