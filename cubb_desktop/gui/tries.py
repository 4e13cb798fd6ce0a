"""How often somebody has failed to unlock a library since it was last open, and how long they wait for the next try."""

from __future__ import annotations

import time
from collections.abc import Callable

FREE_TRIES = 5
_FIRST_WAIT_S, _LONGEST_WAIT_S = 2.0, 60.0


class Tries:
    """Counts failed tries in memory alone: nothing is written by somebody who does not get in."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waits_until = 0.0
        self.failed = 0

    def fail(self) -> None:
        """Count a failed try; from the fifth on, the next one must wait 2, 4, 8 ... 60 seconds."""
        self.failed += 1
        beyond = self.failed - FREE_TRIES
        if beyond >= 0:
            self._waits_until = self._clock() + min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0**beyond)

    def wait_s(self) -> float:
        """Return how many seconds the next try must wait, 0 when it need not."""
        return max(0.0, self._waits_until - self._clock())

    def succeed(self) -> int:
        """Forget the failed tries and return how many there were."""
        failed, self.failed, self._waits_until = self.failed, 0, 0.0
        return failed
