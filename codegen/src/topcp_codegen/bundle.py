"""The zip that becomes the pod's /generated folder: data, and one script that is the same for every request.

ServiceX turns each member into one entry of a Kubernetes ConfigMap, in base64: names are flat, and the whole must stay
under 1 MiB (https://kubernetes.io/docs/concepts/configuration/configmap/).
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import NotReady, SelectionRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .checks import Checked
    from .selection import Selection

POD = Path(__file__).parent / "pod"
CAPABILITIES = "transformer_capabilities.json"
SCRIPT = "transform_single_file.py"
MAX_BYTES = 1024 * 1024
VERSION = version("servicex-topcp-codegen")


@dataclass(frozen=True)
class PodFiles:
    """What every pod gets: how ServiceX is to start the script, and the script."""

    language: str
    command: str
    members: Mapping[str, bytes]


def pod_files() -> PodFiles:
    """Read the files that are the same for all requests; NotReady if the installation lacks them."""
    try:
        members = {name: (POD / name).read_bytes() for name in (CAPABILITIES, SCRIPT)}
    except OSError as error:
        raise NotReady(f"the installation lacks a file: {error}") from error
    capabilities = json.loads(members[CAPABILITIES])
    return PodFiles(capabilities["language"], capabilities["command"], members)


def bundle(pod: PodFiles, selection: Selection, checked: Checked) -> bytes:
    """Zip everything; equal requests give equal bytes. SelectionRefused if a ConfigMap cannot hold it."""
    members = dict(pod.members)
    members["request.json"] = _request(selection, checked)
    members |= {f"{level}.yaml": text.encode() for level, text in selection.texts.items()}
    size = sum(4 * -(-len(data) // 3) for data in members.values())
    if size >= MAX_BYTES:
        raise SelectionRefused(f"The configuration is too large: {size} bytes in base64, a pod takes {MAX_BYTES}")
    return _zip(members)


def _request(selection: Selection, checked: Checked) -> bytes:
    """What the script must know beside the YAML, as JSON."""
    request = selection.model_dump(include={"max_events", "no_systematics", "no_filter"})
    request |= {"release": checked.release, "warnings": checked.warnings}
    request |= {"generator": f"servicex-topcp-codegen {VERSION}"}
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
