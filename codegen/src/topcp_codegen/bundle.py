"""The zip that becomes the pod's /generated folder: data, and a script that is the same for every request.

ServiceX turns each member into one entry of a Kubernetes ConfigMap, in base64: names are flat, and the whole must stay
under 1 MiB (https://kubernetes.io/docs/concepts/configuration/configmap/).
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from .errors import NotReady, SelectionRefused
from .texts import pod_texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .checks import Checked
    from .selection import Selection

POD = Path(__file__).parent / "pod"
CAPABILITIES = "transformer_capabilities.json"
MAX_BYTES = 1024 * 1024
VERSION = version("servicex-topcp-codegen")
GENERATOR = f"servicex-topcp-codegen {VERSION}"


@dataclass(frozen=True)
class PodFiles:
    """What every pod gets: how ServiceX is to start the script, and the script with its modules."""

    language: str
    command: str
    members: Mapping[str, bytes]


def pod_files(stats_parser: str) -> PodFiles:
    """Read the files that are the same for all requests; NotReady if the installation lacks them."""
    try:
        capabilities = json.loads((POD / CAPABILITIES).read_bytes())
        members = {path.name: path.read_bytes() for path in POD.glob("*.py")}
    except OSError as error:
        raise NotReady(f"the installation lacks a file: {error}") from error
    command = capabilities["command"]
    if PurePosixPath(command).name not in members:
        raise NotReady(f"the installation lacks {command}")
    members[CAPABILITIES] = f"{json.dumps(capabilities | {'stats-parser': stats_parser}, indent=2)}\n".encode()
    return PodFiles(capabilities["language"], command, members)


def bundle(pod: PodFiles, selection: Selection, checked: Checked, limits: Mapping[str, float]) -> bytes:
    """Zip everything; equal requests give equal bytes. SelectionRefused if a ConfigMap cannot hold it."""
    texts = pod_texts(selection, checked, GENERATOR)
    members = {**pod.members, "request.json": _request(selection, checked, limits)}
    members |= {name: text.encode() for name, text in texts.items()}
    if (size := base64_size(members)) >= MAX_BYTES:
        given = ", ".join(f"{name} ({len(members[name])} bytes)" for name in texts)
        room = (MAX_BYTES - base64_size(pod.members)) * 3 // 4
        raise SelectionRefused(
            f"The configuration is too large: {size} bytes in base64, and a pod takes less than {MAX_BYTES}. "
            f"Shorten {given} to {room} bytes in all"
        )
    return _zip(members)


def base64_size(members: Mapping[str, bytes]) -> int:
    """How much of a ConfigMap files take, in bytes."""
    return sum(4 * -(-len(data) // 3) for data in members.values())


def _request(selection: Selection, checked: Checked, limits: Mapping[str, float]) -> bytes:
    """What the script must know beside the YAML, as JSON."""
    request = selection.model_dump(include={"max_events", "no_systematics", "no_filter"})
    request |= {"release": checked.release, "warnings": checked.warnings, "trees": checked.trees}
    request |= {"generator": GENERATOR, "limits": dict(limits)}
    return json.dumps(request, indent=1, sort_keys=True).encode()


def _zip(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(members):
            info = zipfile.ZipInfo(name)  # dated 1980, so that the bytes depend on nothing but the content
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, members[name])
    return buffer.getvalue()
