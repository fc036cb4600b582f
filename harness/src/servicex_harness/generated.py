"""The answer of a code generator, checked for all that would make a pod fail later."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import TYPE_CHECKING, Any

from servicex_harness.errors import CodegenError
from servicex_harness.models import Generated
from servicex_harness.stats import PARSERS

if TYPE_CHECKING:
    from pathlib import Path

CAPABILITIES = "transformer_capabilities.json"
GENERATED = "/generated/"  # where a pod finds the generated code

# ServiceX hands the code to the pod in a ConfigMap: Kubernetes limits its keys and its size, base64 counted.
MEMBER_NAME = re.compile(r"[-._a-zA-Z0-9]{1,253}")
MAX_CONFIG_MAP = 1024 * 1024


def read_generated(image: str, language: str, command: str, archive: bytes) -> Generated:
    """Return the checked answer; CodegenError says what a pod could not run."""
    for name, text in (("image", image), ("language", language), ("command", command)):
        if not text:
            raise CodegenError(f"the code generator named no {name}")
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as members:
            _check_members(members.infolist())
            capabilities = _capabilities(members)
            _check_command(command, members.namelist())
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:  # broken, or in a way no pod could read
        raise CodegenError(f"the code generator's fourth part is not a plain zip archive: {error}") from error
    return Generated(image, language, command, archive, _stats_parser(capabilities))


def unpack(archive: Path, directory: Path) -> None:
    """Write the members of a checked archive into `directory`."""
    with zipfile.ZipFile(archive) as members:
        members.extractall(directory)


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    for member in members:
        if not MEMBER_NAME.fullmatch(member.filename):
            raise CodegenError(
                f"the generated archive holds {member.filename!r}, but a ConfigMap takes only plain file names "
                "of letters, digits, '-', '_' and '.'"
            )
    size = sum(4 * ((member.file_size + 2) // 3) for member in members)
    if size > MAX_CONFIG_MAP:
        raise CodegenError(f"the generated code takes {size} bytes in base64; a ConfigMap holds {MAX_CONFIG_MAP}")


def _capabilities(members: zipfile.ZipFile) -> dict[str, Any]:
    try:
        capabilities = json.loads(members.read(CAPABILITIES))
    except KeyError as error:
        raise CodegenError(f"the generated archive lacks {CAPABILITIES}") from error
    except ValueError as error:
        raise CodegenError(f"{CAPABILITIES} in the generated archive is not JSON: {error}") from error
    if not isinstance(capabilities, dict) or not isinstance(capabilities.get("file-formats"), list):
        raise CodegenError(f'{CAPABILITIES} in the generated archive needs a list "file-formats"')
    return capabilities


def _stats_parser(capabilities: dict[str, Any]) -> str:
    name = capabilities.get("stats-parser")
    if name not in PARSERS:
        known = ", ".join(PARSERS)
        raise CodegenError(f'{CAPABILITIES} names the "stats-parser" {name!r}; this harness knows {known}')
    return str(name)


def _check_command(command: str, members: list[str]) -> None:
    if command.startswith(GENERATED) and command.removeprefix(GENERATED) not in members:
        raise CodegenError(f"the command is {command}, but the generated archive lacks that file")
