"""Invented counts of a pathway: any numbers, of whatever stages and transitions it has, that its stocks and flows can be drawn from."""

from dataclasses import replace

import numpy as np
import xarray as xr
from experiment_sample import AREAS, YEARS, results

from scenarios.loading import load
from sim.compile_pathway import names_of
from sim.pathway_counts import count_names, described


def counted(scenario="baseline", seed=1, areas=AREAS, about=None, names=None):
    """Return invented results of a scenario that hold invented counts of its pathway."""
    found = load(scenario)
    about = about or described(found.pathway, found.settings.policy.families_first)
    labels = count_names(names or names_of(found.pathway))
    draw = np.random.default_rng(seed)
    values = np.round(draw.lognormal(4.0, 1.2, (len(areas), len(labels), len(YEARS)))).clip(1.0, 500.0)
    of = {label: i for i, label in enumerate(labels)}
    came = [i for label, i in of.items() if label.startswith("entered:")]
    values[:, came] += 3000.0  # more than its transitions bring, so that every way into a stage is there
    for stage in about["stages"]:  # what is there at the end is what was there before, and what came, less what left
        at, came, left = (values[:, of[f"{kind}:{stage}"]] for kind in ("at_31_march", "entered", "left"))
        left += 2500.0
        at[:, 0] += left.sum(axis=1)
        for y in range(1, len(YEARS)):
            at[:, y] = at[:, y - 1] + came[:, y] - left[:, y]
    counts = xr.DataArray(values, {"area": list(areas), "count": list(labels), "year_ending": list(YEARS)}, ("area", "count", "year_ending"))
    base = results(areas=areas)
    return replace(base, pathway=counts, metadata=dict(base.metadata) | {"pathway": about})
