"""Children through the pathway, year by year: how many are in each stage, enter and leave it, and for whom each transition fires.

Measures (`sim.measures`) count by the Department's rules; these count what the pathway's own names say, so that stocks and flows can be drawn
from whatever pathway was run. Means over runs, one number for each stage or transition and year: nothing grows with the number of families.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from scenarios.pathway_schema import FAMILY_TRACKS, Pathway
from scenarios.schema import FamiliesFirst
from sim.compile_pathway import Names
from sim.counting import complete_years, tally_months
from sim.kernels.layout import Tally

AT_31_MARCH, ENTERED, LEFT, FIRED, ARRIVED = "at_31_march", "entered", "left", "fired", "arrived"
UNACCOMPANIED = "unaccompanied"  # who arrives in care by themselves, of whatever stream


def count_names(names: Names) -> tuple[str, ...]:
    """Return what is counted, as `kind:name`, in the order of `pathway_counts`."""
    stages = [f"{kind}:{stage}" for kind in (AT_31_MARCH, ENTERED, LEFT) for stage in names.stages]
    return (*stages, *(f"{FIRED}:{name}" for name in names.transitions), f"{ARRIVED}:{UNACCOMPANIED}")


def pathway_counts(tally: Tally, compiled: Any) -> np.ndarray:
    """Return children by authority, count and complete year (A, Q, Y), in single precision: whole below sixteen million.

    Children of a family are counted in each of its stages. A transition that fires counts the children its family's stage then counts, also where
    only some of them are concerned (entry to care); `arrived` counts children who start to be looked after unaccompanied.
    """
    years = complete_years(tally_months(tally, compiled))
    alone = tally.started[..., 1].sum(axis=2)[..., None]
    found = np.empty((len(compiled.areas), len(count_names(compiled.names)), len(years)), np.float32)
    for y, span in enumerate(years.values()):
        flows = (tally.entered_children, tally.left_children, tally.fired_children, alone)
        found[..., y] = np.concatenate([tally.children_end[:, span.stop - 1], *(flow[:, span].sum(axis=1) for flow in flows)], axis=1)
    return found


def described(pathway: Pathway, policy: FamiliesFirst | None = None) -> dict[str, Any]:
    """Return what drawing a pathway takes, as plain data for the manifest: its stages, where transitions lead, what replaces what."""
    arrives: dict[str, list[str]] = {}
    for name, stream in pathway.streams.items():
        if stream.arrives_at:
            arrives.setdefault(stream.arrives_at, []).append(name)
    stages = {
        name: {
            "label": stage.label, "track": stage.track, "in_care": stage.in_care, "exit": stage.exit is not None,
            "passed_through": stage.exit is not None and not stage.transitions, "arrives": arrives.get(name, []),
        }
        for name, stage in pathway.stages.items()
    }  # fmt: skip
    transitions = {
        f"{name}.{key}": {"to": step.to, "opens": step.opens, "enters_care": step.care_entry is not None}
        for name, stage in pathway.stages.items()
        for key, step in stage.steps()
    }
    return {"stages": stages, "transitions": transitions, "replaces": dict(policy.replaces) if policy else {}}


def grossing_of(counts: Any, about: dict[str, Any], factors: Mapping[str, float]) -> np.ndarray:
    """Return what carries each count (Q) to more authorities than these: families' by referrals, children's in and after care by children in care.

    `counts` are their names; `about` is what `described` returned; `factors` as in `Results.total`.
    """
    grossed_by = {name: "referrals" if stage["track"] in FAMILY_TRACKS else "cla" for name, stage in about["stages"].items()}
    stages = (str(count).split(":", 1)[1].split(".")[0] for count in counts)
    return np.array([factors.get(grossed_by.get(stage, "cla"), 1.0) for stage in stages])
