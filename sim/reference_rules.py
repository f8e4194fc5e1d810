"""The shared rules of hazards, called with one-row arrays: those reach compiled code much faster than records."""

from __future__ import annotations

from sim.kernels.compiling import entry
from sim.kernels.schedule import draw, schedule


@entry
def begin_stay(h, facts, slot, stage, start, waiting, admitted, who, entries):
    """Note a stay's stage and times, and draw the threshold of each of its transitions."""
    stay = slot[0]
    stay["stage"], stay["start"], stay["evaluated"] = stage, start, start
    stay["waiting"], stay["admitted"] = waiting, admitted
    draw(h, stage, stay, facts[0]["id"], who, entries)


@entry
def soonest(h, c, a, facts, story, slot, is_child, until, commit):
    """Return (which transition of a stay fires first, when); with `commit`, reduce the residuals up to `until` instead."""
    found = schedule(h, c, a, facts[0], story[0], slot[0], is_child, until, commit)
    if commit:
        slot[0]["evaluated"] = until
    return found
