"""When a proxy is made anew: at a fraction of its life; when that fails, again and again while the old one lasts."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from servicex_harness.x509.voms import ProxyError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from servicex_harness.x509.destinations import Destination
    from servicex_harness.x509.voms import Proxy

FIRST_PAUSE, LAST_PAUSE = 10.0, 600.0  # seconds between tries that fail

log = logging.getLogger(__name__)


@dataclass
class Renewal:
    """Keeps `destinations` supplied. `margin` is the life in seconds that a proxy must have left to be called good."""

    make: Callable[[], Proxy]
    destinations: Sequence[Destination]
    fraction: float
    margin: float
    clock: Callable[[], float] = time.time
    ends: float = field(default=0.0, init=False)  # when the proxy that is in place ends, by `clock`
    renewals: int = field(default=0, init=False)
    failures: int = field(default=0, init=False)
    failures_in_a_row: int = field(default=0, init=False)

    @property
    def seconds_left(self) -> float:
        """The life that the proxy in place has left."""
        return max(0.0, self.ends - self.clock())

    @property
    def ready(self) -> bool:
        """Whether the proxy in place is good for a while."""
        return self.seconds_left > self.margin

    def run(self, stop: threading.Event) -> None:
        """Renew until told to stop."""
        while not stop.wait(self.step()):
            pass

    def step(self) -> float:
        """Try to renew once, and return the seconds until the next time."""
        started = self.clock()
        try:
            proxy = self.make()
            self._put_in_place(proxy, started + proxy.seconds)
        except ProxyError as error:
            self.failures += 1
            self.failures_in_a_row += 1
            log.error("no new proxy, the old one has %d s left: %s", self.seconds_left, error)  # noqa: TRY400
            return float(min(LAST_PAUSE, FIRST_PAUSE * 2 ** min(self.failures_in_a_row - 1, 10)))
        self.renewals += 1
        self.failures_in_a_row = 0
        log.info("a new proxy, good for %d s", self.seconds_left)
        return max(FIRST_PAUSE, self.seconds_left * self.fraction)

    def _put_in_place(self, proxy: Proxy, ends: float) -> None:
        """A proxy that ends before the one in place, or too soon to be called good, is of no use."""
        if proxy.seconds <= self.margin:
            raise ProxyError(
                f"the new proxy is good for {proxy.seconds} s only, it should be more than {self.margin:g}"
            )
        if ends < self.ends:
            raise ProxyError(f"the new proxy would end {self.ends - ends:.0f} s before the old one")
        for destination in self.destinations:
            destination.write(proxy.content)
        self.ends = ends
