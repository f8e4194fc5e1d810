"""What was fitted, as a document for people: how England's rates move, and every authority's figures with what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from calibration.dynamics import DAMPING
from calibration.fit import Fit
from calibration.identification import NORMAL_90, Known
from calibration.series import EXITS, NAMES, QUANTITIES, SERIES
from scenarios.areas import AreaProfile

PER = {True: ("per 100 children in care", 1e2), False: ("per 10,000 children aged 0-17", 1e4)}  # by whether the series is of leaving care
AFTER_YEARS = (1, 5, 10)


def parameters(fitted: Fit, known: Mapping[str, Known], profiles: Mapping[str, AreaProfile]) -> dict[str, Any]:
    """Return the document as plain data: numbers, text, lists and mappings."""
    return {
        "fitted_to_years": [fitted.records.years[0], fitted.vintage],
        "figures_of_years": [fitted.years[0], fitted.vintage + fitted.ahead],
        "authorities_learnt_from": len(fitted.records.areas),
        "authorities_fitted": len(fitted.authorities),
        "england": {"trend_left_after_a_year_pct": _round(100.0 * DAMPING), "series": {name: _of_series(fitted, i) for i, name in enumerate(NAMES)}},
        "authorities": {area: _of_authority(fitted, area, known[area], profiles[area]) for area in fitted.authorities},
    }


def _of_series(fitted: Fit, i: int) -> dict[str, Any]:
    """Return what was learnt of one series."""
    dynamics = fitted.dynamics
    unit, times = PER[i == EXITS]
    if i == EXITS:
        times /= fitted.records.balance  # from what is followed to what is published
    steps = np.arange(1, fitted.ahead + 1)
    expected, sd = dynamics.national_path(fitted.ahead)[:, i], dynamics.change_sd[i] * np.sqrt(steps)
    last = fitted.ahead - 1
    return {
        "moved_by": f"{QUANTITIES[i]}: {SERIES[i].words}",
        "departure_from_england_left_after_years_pct": {years: _round(100.0 * dynamics.share_left(years)[i]) for years in AFTER_YEARS},
        "authorities_differ_by_sd_pct": _round(100.0 * np.sqrt(sum(np.diag(part)[i] for part in dynamics.components))),
        "recording_noise_sd_pct": _round(100.0 * np.sqrt(dynamics.recording[i, i])),
        "england_change_a_year_sd_pct": _round(100.0 * dynamics.change_sd[i]),
        "level_unit": f"geometric mean over authorities, {unit}",
        "level": {year: _round(times * np.exp(dynamics.level[y, i])) for y, year in enumerate(fitted.records.years)},
        "level_expected": {fitted.vintage + int(step): _round(times * np.exp(expected[step - 1])) for step in steps},
        f"level_in_{fitted.vintage + fitted.ahead}_p05_p95": [_round(times * np.exp(expected[last] + z * sd[last])) for z in (-NORMAL_90, NORMAL_90)],
        "england_s_own_figure": _round(np.exp(fitted.national.figures[len(fitted.years) - 1, i])),
    }


def _of_authority(fitted: Fit, area: str, known: Known, profile: AreaProfile) -> dict[str, dict[str, Any]]:
    """Return an authority's figures: of the last year of its record, and expected of the last year ahead."""
    one, end = fitted.authorities[area], fitted.vintage + fitted.ahead
    low, high = known.interval()
    expected = one.steered.figures[-1]
    ends = np.quantile(expected + one.figures[:, -1], (0.05, 0.95), axis=0)
    found = {}
    for i, name in enumerate(QUANTITIES):
        now, then = (profile.value("population_0_17", year) if name == "new_family_referrals" else 1.0 for year in (fitted.vintage, end))
        found[name] = {
            "value": _round(now * np.exp(known.used[i])), "p05": _round(now * np.exp(low[i])), "p95": _round(now * np.exp(high[i])),
            "own_record_pct": _round(100.0 * known.own_share[i]), "borrowed_pct": _round(100.0 * (1.0 - known.own_share[i])),
            f"value_{end}": _round(then * np.exp(expected[i])),
            f"p05_{end}": _round(then * np.exp(ends[0, i])), f"p95_{end}": _round(then * np.exp(ends[1, i])),
        }  # fmt: skip
    return found


def _round(value: float) -> float:
    """Return a number to four digits."""
    return float(f"{value:.4g}")
