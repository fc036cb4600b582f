"""Datasets of Rucio, through the client that `pip install 'servicex-harness[rucio]'` brings.

It is configured as everywhere: rucio.cfg (below RUCIO_HOME), RUCIO_ACCOUNT, and an X.509 proxy or a token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from servicex_harness.errors import BadRequestError
from servicex_harness.models import FileEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SCHEMES = ["root", "roots", "davs", "https", "http"]
SET_UP = "Rucio needs rucio.cfg (in $RUCIO_HOME/etc), RUCIO_ACCOUNT and an X.509 proxy or a token"


def files(name: str) -> list[FileEntry]:
    """Return the files of `scope:name` with their replicas in Rucio's order of preference.

    BadRequestError if there is no such dataset, if files of it have no replica, or if Rucio cannot be asked.
    """
    scope, colon, dataset = name.partition(":")
    if not (scope and colon and dataset):
        raise BadRequestError(f"rucio://{name}: write the scope too: rucio://scope:name")
    return entries(name, _replicas(scope, dataset))


def _replicas(scope: str, dataset: str) -> list[dict[str, Any]]:
    try:
        from requests.exceptions import RequestException
        from rucio.client import Client
        from rucio.common.exception import DataIdentifierNotFound, RucioException
    except ImportError as error:
        raise BadRequestError(
            f"rucio://{scope}:{dataset}: {error}; install Rucio's client: pip install 'servicex-harness[rucio]'"
        ) from error
    try:
        client = Client()
        replicas = list(client.list_replicas([{"scope": scope, "name": dataset}], schemes=SCHEMES))
        if not replicas:
            client.get_did(scope, dataset)  # the listing of what does not exist is empty as well
    except DataIdentifierNotFound as error:
        raise BadRequestError(f"rucio://{scope}:{dataset}: Rucio knows no such dataset") from error
    except (RucioException, RequestException) as error:
        said = " ".join(str(error).split())
        raise BadRequestError(f"rucio://{scope}:{dataset}: {said} ({SET_UP})") from error
    return replicas


def entries(name: str, replicas: Iterable[Mapping[str, Any]]) -> list[FileEntry]:
    """Turn Rucio's listing into files; a file without any replica is refused, since leaving it out would go unseen."""
    listed = {(replica["scope"], replica["name"]): replica for replica in replicas}
    lost = [f"{scope}:{file}" for (scope, file), replica in listed.items() if not _locations(replica)]
    if lost:
        raise BadRequestError(
            f"rucio://{name}: {len(lost)} files have no replica that can be read: {', '.join(lost[:5])}"
        )
    return [FileEntry(tuple(_locations(replica)), int(replica.get("bytes") or 0)) for replica in listed.values()]


def _locations(replica: Mapping[str, Any]) -> list[str]:
    """Return where a file is: disk before tape, XRootD before HTTP, then by Rucio's priority.

    Source: ssl-hep/ServiceX, transformer_sidecar (HTTP comes last, davs:// is read as https://).
    """
    pfns = {pfn: about for pfn, about in replica["pfns"].items() if "," not in pfn}
    order = sorted(pfns, key=lambda pfn: (pfns[pfn].get("type") == "TAPE", _is_http(pfn), pfns[pfn].get("priority", 0)))
    return [pfn.replace("davs://", "https://", 1) if pfn.startswith("davs://") else pfn for pfn in order]


def _is_http(pfn: str) -> bool:
    return pfn.startswith(("davs://", "http://", "https://"))
