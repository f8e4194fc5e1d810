"""Settings of a scenario that a slider can move: each one number of its register, with its range, unit, status and source."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from outputs.report.answer import month_in_words
from scenarios.faults import PathKey
from scenarios.overrides import find_path
from scenarios.register import NO_SOURCE, Row, register
from scenarios.scenario import Scenario
from scenarios.timeline import MonthError, month_index

PRICES = ("settings.prices.real_growth_per_year.", "settings.prices.response_to_utilisation.")
LEFT_OUT_OF_LABELS = {"levers", "settings", "value", "triangular", "lognormal", "median", "effects", "costs", "prices"}
SPELT = {"s47": "section 47 enquiries", "ramp": "time to build up", "lasts": "how long it lasts", "set up": "setting up"}
MAIN = (  # parts of a path that make a setting one of the main ones, most asked for first
    "spend", "reach", "hazard_ratio", "risk_ratio", "price_gain", "rise", "scale", "ratio", "set_up_months", "pooled_shares", "ramp_months",
    "cost_per_family_gbp", "cost_gbp_per_family", "gbp_per_child_0_17_per_year", "fidelity",
)  # fmt: skip
MAIN_SHOWN = 7
STEPS = 50  # of a slider from end to end, or thereabouts
TEN_YEARS = 120


@dataclass(frozen=True)
class Setting:
    """A number a slider moves.

    Attributes
    ----------
    path
        Where it stands, as `set` names it; of a triangular distribution its corners are set, and `value` is the middle one, the likeliest.
    corners
        Least, likeliest and greatest value of a triangular distribution; none of a single number.
    low, high, step
        Where the slider ends, and how far it moves at a time.
    whole
        Whether it takes whole numbers alone.
    ranged
        Whether the register gives the range; otherwise `limits` says what the slider goes by.
    main
        Whether it is shown at once, or folded with the others.
    """

    path: str
    label: str
    value: float
    low: float
    high: float
    step: float
    unit: str
    status: str
    source: str
    limits: str
    corners: tuple[float, ...] = ()
    whole: bool = False
    main: bool = False

    def written(self, value: float) -> float | int | list[float]:
        """Return what `set` holds for a value of the slider."""
        if self.corners:
            return [self.corners[0], tidy(value), self.corners[2]]
        return round(value) if self.whole else tidy(value)

    def moved(self, value: float) -> bool:
        """Whether a slider's value is another than the register's."""
        return abs(value - self.value) > 1e-9 * max(1.0, abs(self.value))


def tidy(value: float) -> float:
    """Return a slider's number without the dust of binary fractions."""
    return float(f"{value:.10g}")


def settings_of(scenario: Scenario) -> list[Setting]:
    """Return the settings of the levers a scenario adds to its baseline, main ones first, in the register's order."""
    own = [lever.name for lever in scenario.levers if scenario.document.mark(("levers", lever.name)).file != scenario.chain[0]]
    rows = [row for row in register(scenario) if row.path.startswith(tuple(f"levers.{name}." for name in own))]
    found = list(_settings(scenario, rows, several=len(own) > 1))
    ranks = {setting.path: _rank(setting.path) for setting in found}
    main = sorted((one for one in found if ranks[one.path] < len(MAIN)), key=lambda one: ranks[one.path])[:MAIN_SHOWN]
    return [replace(one, main=True) for one in main] + [one for one in found if one not in main]


def price_settings(scenario: Scenario) -> list[Setting]:
    """Return what prices of placements do in every scenario of a comparison: their real growth, and how they answer use."""
    rows = [row for row in register(scenario) if row.path.startswith(PRICES)]
    return list(_settings(scenario, rows, several=False))


def _settings(scenario: Scenario, rows: list[Row], several: bool) -> Iterator[Setting]:
    """Yield what a slider can move: what `set` can reach, and is one number or a triangular distribution."""
    for row in rows:
        path, fault = find_path(scenario.document.data, row.path)
        if fault is not None:
            continue  # a key with a dot in it, which `set` cannot name
        held = _held(scenario, path)
        limits = _limits(scenario, path, row, held)
        if limits is None:
            continue
        low, high, said = limits
        corners = tuple(held) if isinstance(held, list) else ()
        value = float(corners[1] if corners else held)
        if not low <= value <= high or low == high:
            continue
        whole = isinstance(held, int) and "months" in str(path[-1])
        source = "no source given in the file" if row.source == NO_SOURCE else row.source
        step = 1.0 if whole else _step(low, high, value)
        if path[-1] == "median":  # the interval has to hold it
            low, high = tidy(low + step), high - step / 2
        end = max(value, tidy(low + math.floor((high - low) / step + 1e-9) * step))  # a browser would round the end up, out of the range
        yield Setting(row.path, label_of(path, several), value, low, end, step, row.unit, row.status, source, said, corners, whole)


def _held(scenario: Scenario, path: PathKey) -> float | int | list:
    """Return what a scenario's document holds at a path."""
    here = scenario.document.data
    for part in path:
        here = here[part]
    return here


def _limits(scenario: Scenario, path: PathKey, row: Row, held: float | int | list) -> tuple[float, float, str] | None:
    """Return where a slider ends, and what it goes by; None for what no slider moves."""
    if isinstance(held, list):
        if path[-1] != "triangular" or len(held) != 3:
            return None
        return float(held[0]), float(held[2]), f"{held[0]:g} to {held[2]:g}, drawn for each run; the slider moves the likeliest"
    if path[-1] == "median":
        interval = _held(scenario, (*path[:-1], "interval_95")) if "interval_95" in _held(scenario, path[:-1]) else None
        if interval is None:
            return None
        low, high = (float(end) for end in interval)
        return low, high, f"95 % interval {low:g} to {high:g}, drawn for each run; the slider moves the middle"
    if row.range:
        low, high = (float(end) for end in row.range.split(" to "))
        return low, high, f"{row.range}"
    if "share" in row.unit and held >= 0:
        return 0.0, 1.0, "no range given: none to all"
    if held <= 0:
        return None
    most = min(2 * held, TEN_YEARS) if "months" in str(path[-1]) else 2 * held
    return 0.0, float(max(most, held)), "no range given: nothing to twice as much"


def _step(low: float, high: float, value: float) -> float:
    """Return a step of 1, 2 or 5 times a power of ten, fine enough to reach the value and to cut the range into some fifty."""
    least = (high - low) / STEPS
    power = 10.0 ** -12
    while True:
        for step in (power, 2 * power, 5 * power):
            if step * 2.5 >= least:
                return _dividing(step, low, value)
        power *= 10.0


def _dividing(step: float, low: float, value: float) -> float:
    """Return a step, or a tenth or hundredth of it, from which the value is reached."""
    for finer in (step, step / 2, step / 5, step / 10, step / 100):
        steps = (value - low) / finer
        if abs(steps - round(steps)) < 1e-6:
            return tidy(finer)
    return tidy(step / 100)


def _rank(path: str) -> int:
    """Return where a setting stands among the main ones; beyond them all if it is none."""
    parts = path.split(".")[2:]
    return next((rank for rank, name in enumerate(MAIN) if any(part == name or (name == "spend" and part.startswith("spend")) for part in parts)),
                len(MAIN))  # fmt: skip


def label_of(path: PathKey, several: bool) -> str:
    """Return a label in words from a path: `Care entry: hazard ratio`; the lever's name before it where there are several levers."""
    start = 1 if several or path[0] == "settings" else 2
    words = [_said(str(part)) for part in path[start:] if str(part) not in LEFT_OUT_OF_LABELS]
    text = ": ".join(word for word in words if word) or _said(str(path[-1]))
    return text[0].upper() + text[1:]


def _said(part: str) -> str:
    """Return a name as words, its unit left out (it stands after the label), a month as a date."""
    try:
        month_index(part)
    except MonthError:
        words = re.sub(r"_?gbp.*$|_per_year$|_months$", "", part).replace("_", " ").strip()
        if part.startswith("gbp"):
            words = "cost"
        return SPELT.get(words, words).replace("childrens", "children's").replace("in house", "in-house")
    return f"from {month_in_words(part)}"

