"""What people are told a scenario is called: the shipped baseline is current plans, wherever pictures and tables are read without its file."""

from __future__ import annotations

from dataclasses import replace

from sim.results import Comparison, Results

CURRENT_PLANS = "Current plans"
NAMES = {"baseline": CURRENT_PLANS, "do-nothing": "Do nothing (no policy)"}  # by the key of shipped scenarios; all others are called by their label


def scenario_name(one: Results) -> str:
    """Return what a scenario is called: the shipped baseline (committed policy) is `Current plans`."""
    return NAMES.get(one.scenario, one.label)


def in_a_sentence(name: str) -> str:
    """Return a baseline's name inside a sentence: `current plans`, or its own in quotation marks."""
    return "current plans" if name == CURRENT_PLANS else f"“{name}”"


def named(comparison: Comparison) -> Comparison:
    """Return a comparison whose scenarios' labels are what they are called."""
    baseline, *reforms = (replace(one, label=scenario_name(one)) for one in comparison.scenarios)
    return replace(comparison, baseline=baseline, reforms=tuple(reforms))
