"""What the code generator may tell its caller. Anything else that is raised is a bug: a 500 without details.

ServiceX shows the text of a message to the user as it is, so each says what is wrong, where, and what to do.
"""

from __future__ import annotations

from typing import ClassVar

MAX_MESSAGE = 4000  # characters; more helps nobody, and the message crosses two more services


class CodegenError(Exception):
    """The family's head: never raised itself."""

    status: ClassVar[int]


class SelectionRefused(CodegenError):  # noqa: N818  a refusal is the answer, not a fault
    """The selection is wrong: its JSON, its YAML, its image or its size. One line for each problem."""

    status = 400

    def __init__(self, *problems: str) -> None:
        lines: list[str] = []
        room = MAX_MESSAGE
        for problem in problems:
            room -= len(problem) + 1
            if room < 0 and lines:
                lines.append(f"… and {len(problems) - len(lines)} more")
                break
            lines.append(problem[:MAX_MESSAGE])
        super().__init__("\n".join(lines))


class NotReady(CodegenError):  # noqa: N818  says what it is
    """The deployment lacks something, so that no request can be answered."""

    status = 503
