"""The baseline as it stands at a vintage: what calibration follows records with, and what a backtest goes on with."""

from __future__ import annotations

from dataclasses import replace

from scenarios.loading import Scenario, load

# Responses of the environment that are off while records are followed, and in forecasts: rates are those of what was published, slow teams and dear
# places and all, and draws of rates to come are draws of what will be. With the responses on as well they would count twice.
LOOPS = {
    "pressure": {"slows_teams": False},
    "workforce": {"follows_pressure": False},
    "courts": {"follows_work": False},
    "supply": {"follows_use": False},
    "prices": {"follow_use": False},
    "budget": {"in_force": False},
}


def scenario_at(vintage: int, first: int, until: int, followed: bool = False, loops: bool = True) -> Scenario:
    """Return the baseline with the window of published years `first` to `vintage`, until March of the year `until`.

    Families First is not in it: no vintage with a record to be scored against knew of it.

    Parameters
    ----------
    followed
        Whether the equations are to follow a path: years to `until` have figures of their own, and loops are off.
    loops
        Whether teams, posts, courts, places, prices and budgets respond to demand.
    """
    base = load("baseline")
    base = replace(base, settings=base.settings.model_copy(update={"until": f"{until + followed}-03"}))  # no window reaches the horizon
    base = base.with_published(*((first, until, None) if followed else (first, vintage, vintage - 1)))
    changes = {
        "policy": base.settings.policy.model_copy(update={"families_first": None}),
    }
    for part, switches in LOOPS.items() if followed or not loops else ():
        changes[part] = getattr(base.settings, part).model_copy(update=switches)
    settings = base.settings.model_copy(update=changes)
    return replace(base, key=f"baseline-{vintage}", settings=settings, history_settings=settings)
