"""Cancellation that reaches from a key press to a compiler's process group."""

import threading

from tracker.errors import CancelledError


class Cancel:
    """A flag shared between whoever started a job and the code doing it. Thread safe."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Ask the work to stop."""
        self._event.set()

    def is_set(self) -> bool:
        """True once somebody asked to stop."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep at most `seconds`; return True as soon as cancelled."""
        return self._event.wait(seconds)

    def check(self) -> None:
        """Raise `CancelledError` when cancelled; call between steps of long work."""
        if self._event.is_set():
            raise CancelledError("cancelled; what was finished before is kept")
