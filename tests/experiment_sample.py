"""Small made-up results and tallies for tests: real shapes, invented numbers, no simulation and no compilation."""

import numpy as np
import xarray as xr

from scenarios.loading import load
from sim.cost_lines import lines_of
from sim.counting import with_ratios
from sim.measures import HEADLINES, MEASURES
from sim.model import build, compile_model
from sim.results import Comparison, Results
from sim.state import empty_tally

AREAS, YEARS, RUNS = ("Bolton", "Salford"), (2025, 2026, 2027, 2028), 5


def drawn_means(actions):
    """Return every uncertain number of some actions at its mean."""
    return {(a.name, field): d.mean for a in actions for field, d in a.distributions().items()}


def compiled_and_tally(key="baseline", areas=AREAS, first="2024-04", last="2027-03", branch="2025-04"):
    """Return a compiled model, an empty tally of some months, and the levers' numbers at their means."""
    compiled = compile_model(load(key), areas, last, branch)
    drawn = drawn_means(compiled.actions)
    tally = empty_tally(compiled, build(compiled, drawn), compiled.month(first), compiled.month(last) + 1)
    tally.price_end[...] = 1.0
    return compiled, tally, drawn


def results(key="baseline", level=100.0, cost_gbp=1e6, areas=AREAS, runs=RUNS, years=YEARS, noise=1.0):
    """Return invented results; the same run has the same noise whatever the level."""
    scenario = load(key)
    draw = np.random.default_rng(7)
    lines = {line.key: {k: v for k, v in vars(line).items() if k != "key"} for line in lines_of(scenario)}
    months = [f"{year - 1}-{month:02d}" for year in years for month in range(4, 13)]
    values = level + noise * draw.normal(size=(len(areas), runs, 1, len(years))) + np.zeros((1, 1, len(MEASURES), 1))
    annual = with_ratios(values, axis=2)
    monthly = level + noise * draw.normal(size=(len(areas), runs, len(HEADLINES), len(months)))
    paid = cost_gbp * (1 + 0.01 * draw.normal(size=(len(areas), runs, 1, len(years)))) + np.zeros((1, 1, len(lines), 1))
    income = [i for i, line in enumerate(lines.values()) if line["kind"] == "income"]
    paid[:, :, income] *= -1
    space = {"area": list(areas), "replicate": list(range(runs))}

    def labelled(array, coords):
        return xr.DataArray(array, space | coords, tuple(space | coords))

    metadata = {
        "price_base": "2024-25", "general_inflation_per_year": 0.02, "discount_rate_per_year": 0.035, "from": "2025-04",
        "areas": list(areas), "checks": [], "seed": 1,
    }  # fmt: skip
    return Results(
        key, scenario.name, labelled(annual, {"measure": list(MEASURES), "year_ending": list(years)}),
        labelled(monthly, {"measure": list(HEADLINES), "month": months}),
        labelled(paid, {"line": list(lines), "year_ending": list(years)}), lines, metadata,
    )  # fmt: skip


def comparison(**options):
    """Return an invented comparison of early help with the baseline."""
    about = {"area_label": "Two boroughs", "grossing": {}, "note": "", "missing_members": []}
    return Comparison(results(**options), (results("early-help", level=98.0, **options),), about)
