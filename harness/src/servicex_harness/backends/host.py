"""How containers reach servers of this machine that listen on loopback only."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from ipaddress import ip_network
from typing import TYPE_CHECKING

from docker.errors import DockerException

from servicex_harness.backends.relay import Relay
from servicex_harness.names import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient

ALIAS = "host.docker.internal"  # docker's own name for this machine, where docker runs in a virtual machine


@contextmanager
def bridge_up(engine: DockerClient, image: str, labels: dict[str, str]) -> Iterator[None]:
    """Have the bridge be there: podman makes it for its first container, and may take it away with its last one.

    Who begins to listen there inside goes on to do so, also while the bridge is away.
    """
    if _gateway(engine):
        yield
        return
    container = engine.containers.run(image, ["sleep", "infinity"], detach=True, labels=labels)
    try:
        yield
    finally:
        container.remove(force=True)


class Host:
    """`address` is where to listen for containers, `name` is what they call it."""

    def __init__(self, engine: DockerClient) -> None:
        self._relays: list[Relay] = []
        gateway = _gateway(engine)
        self.address, self.name = (gateway, gateway) if gateway else (LOOPBACK, ALIAS)

    def reachable(self, endpoint: str) -> str:
        """Return the address `host:port` at which containers reach an endpoint."""
        name, _, port = endpoint.partition(":")
        if name not in (LOOPBACK, "localhost"):
            return endpoint
        if self.address == LOOPBACK:
            return f"{self.name}:{port}"
        self._relays.append(Relay(self.address, (LOOPBACK, int(port))))
        return f"{self.name}:{self._relays[-1].port}"

    def stop(self) -> None:
        """Reach nothing any more."""
        for relay in self._relays:
            relay.stop()


def _gateway(engine: DockerClient) -> str:
    """Return this machine's address on the bridge, or nothing where the engine runs in a machine of its own."""
    try:
        (configuration, *_) = engine.networks.get("bridge").attrs["IPAM"]["Config"]
        # Some releases of docker do not name it; it is then the first address.
        gateway = configuration.get("Gateway") or str(next(ip_network(configuration["Subnet"]).hosts()))
        with socket.create_server((gateway, 0)):
            return gateway
    except (DockerException, OSError, KeyError, ValueError):
        return ""
