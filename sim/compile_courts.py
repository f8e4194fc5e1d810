"""Compile what courts do: the weeks published, and after them capacity against the proceedings that are open.

Numbers come from the area profile (weeks) and from the scenario's settings (`settings.courts`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.kernels.courts import FOLLOWS_WORK, REFERENCE, RESPONSE

STATED_YEAR = 2024  # where it is among the published years: the pathway's duration of proceedings is of this year
WEEKS = {"stated": 42.0, "default": 40.0}


def rules(compiled: Any) -> np.ndarray:
    """Return the rules in the kernels' order: pressure in the year published last, response to it, 1 if courts follow their work (3)."""
    courts = compiled.scenario.settings.courts
    return np.array([courts.reference.value, courts.response.value, float(courts.follows_work)]) if courts else np.array([1.0, 1.0, 0.0])


def tables(compiled: Any) -> dict[str, np.ndarray]:
    """Return the model's tables of courts, but for their capacity, which levers may change."""
    stages = (compiled.pathway.stages[name] for name in compiled.stage_names)
    return {
        "in_court": np.array([stage.unit == "family" and stage.driven_by == "court" for stage in stages], np.int64),
        "court_rules": rules(compiled),
    }


def pace(compiled: Any, years: list[int], unpublished_from: int) -> np.ndarray:
    """Return the pace of what courts drive before pressure slows it, over that of the pathway (A, M); `years` holds weeks of each month's year.

    It makes the weeks published of each year. Where courts follow their work, it is afterwards the pace at pressure 1: that of the year
    published last times reference ** response, since at the reference pressure that much is lost again.
    """
    weeks = np.array([figures.by_month("court_weeks", years, WEEKS["default"]) for figures in compiled.figures])
    known = compiled.published.last >= STATED_YEAR
    found, stated = (compiled.figures[0].get("court_weeks", STATED_YEAR, WEEKS["stated"]) if known else WEEKS["stated"]) / weeks, rules(compiled)
    if stated[FOLLOWS_WORK]:
        found[:, max(int(unpublished_from), 0) :] *= stated[REFERENCE] ** stated[RESPONSE]
    return found
