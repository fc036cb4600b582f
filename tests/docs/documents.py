"""Documents as somebody reads them who types what they show, from top to bottom.

```console   a shell: after each `$ command`, what must be printed; `...` stands for anything
```sh        a shell: each line is a command, whatever it prints
```python    a program; those without a command between them are one
```text      what the program before it prints

A block without a language is shown only: what it needs is another machine, a cluster or an account.
"""

from __future__ import annotations

import doctest
import re
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from markdown_it.token import Token

PROMPT = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
# It gets a terminal of its own, as the documents say.
STAYS_UP = "servicex-harness up"
END = "=== end of the command ==="


@dataclass
class Step:
    """What is typed, and what must be shown: None for anything."""

    language: str
    typed: str
    shown: str | None = None

    def as_command(self) -> str:
        """What to type into a shell."""
        return self.typed if self.language == "sh" else f"python - <<'PASTED'\n{self.typed}PASTED"

    def is_met_by(self, printed: str) -> bool:
        """Whether what must be shown was printed."""
        return self.shown is None or doctest.OutputChecker().check_output(self.shown, printed, doctest.ELLIPSIS)


def steps(page: Path) -> list[Step]:
    """Return what a page has one type, in its order."""
    found: list[Step] = []
    for token in _fences(page):
        last = found[-1] if found else Step("", "")
        if token.info == "text":
            last.shown = (last.shown or "") + token.content
        elif token.info == last.language == "python":
            last.typed += token.content
        else:
            found += _new_steps(token.info, token.content)
    return found


def blocks(page: Path, language: str) -> list[str]:
    """Return the blocks of a language; "" for those without."""
    return [token.content for token in _fences(page) if token.info == language]


def links_of(page: Path) -> list[str]:
    """Return where the links and pictures of a page lead to."""
    inline = [child for token in MarkdownIt().parse(page.read_text()) for child in token.children or ()]
    return [str(child.attrs[key]) for child in inline for key in ("href", "src") if key in child.attrs]


def _fences(page: Path) -> list[Token]:
    return [token for token in MarkdownIt().parse(page.read_text()) if token.type == "fence"]


def _new_steps(language: str, content: str) -> list[Step]:
    match language:
        case "console":
            return [Step("sh", typed, shown) for typed, shown in PROMPT.findall(content)]
        case "sh":
            return [Step("sh", line) for line in content.splitlines()]
        case "python":
            return [Step("python", content)]
    return []


class Shell:
    """A shell that is typed into."""

    def __init__(self, *command: str | Path, **options: Any) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self._process = subprocess.Popen(command, text=True, **pipes, **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def run(self, command: str) -> tuple[int, str]:
        """Type a command; return its exit code and what it printed."""
        self._type(f'{{ {command}\n}} </dev/null; echo; echo "{END} $?"')
        lines = list(self._lines_until(END))
        return int(lines[-1].rpartition(" ")[2]), "".join(lines[:-1]).removesuffix("\n")

    def leave_running(self, command: str) -> str:
        """Type a command that stays up, as the last one; return what it printed until it is ready."""
        self._type(f"exec {command}")
        return "".join(self._lines_until("ready"))

    def _type(self, text: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()

    def _lines_until(self, start: str) -> Iterator[str]:
        for line in self._process.stdout or ():
            yield line
            if line.startswith(start):
                return
        raise AssertionError("the shell has ended")


def follow(todo: Iterable[Step], shell: Callable[[], Shell]) -> None:
    """Type each step into a shell, and compare what it prints with what must be shown."""
    with ExitStack() as opened:
        first = opened.enter_context(shell())
        for step in todo:
            if STAYS_UP in step.typed:
                other = opened.enter_context(shell())
                other.run(f"cd '{first.run('pwd')[1].strip()}'")
                code, printed = 0, other.leave_running(step.typed)
            else:
                code, printed = first.run(step.as_command())
            # 65 is the answer to a YAML that is wrong, which documents show, too.
            assert code in (0, 65), f"{step.typed}\n{printed}"
            assert step.is_met_by(printed), f"{step.typed}\n{printed}"
