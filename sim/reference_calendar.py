"""The calendar of the reference engine: SimPy's, with absolute times, a stated order of ties, and alarms set again."""

from __future__ import annotations

from heapq import heappop, heappush

import simpy

AT_ONCE = -1  # SimPy's own bookkeeping (a process starts) comes before anything else at that time


class Alarm(simpy.Event):
    """An event that one process waits for, set to a time, and set again or cancelled as often as that time changes."""

    def __init__(self, calendar: Calendar) -> None:
        super().__init__(calendar)
        self._ok, self._value = True, None
        self.entry = -1  # which entry of the calendar counts; the others are stale

    def wait(self) -> Alarm:
        """Return the alarm, ready to ring (again)."""
        if self.callbacks is None:
            self.callbacks = []
        return self

    def cancel(self) -> None:
        """Do not ring."""
        self.entry = -1


class Calendar(simpy.Environment):
    """Events at absolute times; ties are ordered by class, authority, stream, id, unit, name (docs/engine.md)."""

    def schedule(self, event: simpy.Event, priority: int = 1, delay: float = 0.0) -> None:
        """Schedule SimPy's own events, ahead of the model's at the same time."""
        heappush(self._queue, (self._now + delay, (AT_ONCE, priority), next(self._eid), event))

    def set(self, alarm: Alarm, time: float, key: tuple) -> None:
        """Let an alarm ring at `time`, whatever it was set to before."""
        alarm.entry = next(self._eid)
        heappush(self._queue, (time, key, alarm.entry, alarm))

    def step(self) -> None:
        """Process the next event, passing over alarms that have been set anew or cancelled."""
        queue = self._queue
        while queue and isinstance(queue[0][3], Alarm) and queue[0][3].entry != queue[0][2]:
            heappop(queue)
        super().step()
