"""Long work beside the page: how far it is, what it came to, and stopping it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Progress = Callable[[int, int], None]
Result = TypeVar("Result")


class StoppedError(Exception):
    """The work was cancelled."""


class Job(Generic[Result]):
    """Work in a thread of its own, begun at once.

    Attributes
    ----------
    done, of
        How many runs are done, of how many.
    result, fault
        What it came to, or the error that ended it.
    """

    def __init__(self, work: Callable[[Progress], Result]) -> None:
        self.done, self.of = 0, 0
        self.result: Result | None = None
        self.fault: Exception | None = None
        self.began = time.monotonic()
        self.seconds = 0.0
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(work,), name="carecurve-run", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """Stop it as soon as the runs in hand are done; no other is begun."""
        self._cancelled.set()

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._thread.is_alive()

    @property
    def cancelled(self) -> bool:
        """Whether it was asked to stop."""
        return self._cancelled.is_set()

    @property
    def elapsed(self) -> float:
        """Seconds since it began, or that it took."""
        return time.monotonic() - self.began if self.running else self.seconds

    def wait(self, seconds: float | None = None) -> None:
        """Wait until it has ended, or so many seconds."""
        self._thread.join(seconds)

    def _run(self, work: Callable[[Progress], Result]) -> None:
        """Do the work, and keep what it came to; what was cancelled has no result, however far it came."""
        try:
            found = work(self._report)
            self.result = None if self.cancelled else found
        except StoppedError:
            pass
        except Exception as fault:  # it is shown on the page, where the person who asked is
            self.fault = fault
        finally:
            self.seconds = time.monotonic() - self.began

    def _report(self, done: int, of: int) -> None:
        """Note how far it is.

        Raises
        ------
        StoppedError
            If it was cancelled: runs not begun are dropped by what calls this.
        """
        self.done, self.of = done, of
        if self.cancelled:
            raise StoppedError
