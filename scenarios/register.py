"""The register of a scenario: every number that matters, and every switch of a loop, with unit, range, source, status, file and line.

`carecurve explain` prints it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scenarios.faults import PathKey, dotted
from scenarios.fitted import RATES
from scenarios.scenario import Scenario

# The unit of a number from the end of its name, where the entry does not give one.
UNITS = {
    "per_year": "per year",
    "bands_days": "days",
    "quartiles_days": "days: lower quartile, median, upper quartile",
    "quartiles_working_days": "working days: lower quartile, median, upper quartile",
    "working_days": "working days",
    "days": "days",
    "at_age_years": "years of age",
    "years": "years",
    "months": "months",
    "bands": "years",
    "values": "years",
    "share": "share",
    "shares": "share",
    "multipliers": "multiplier",
    "while": "multiplier",
    "weights": "weight",
    "by_needs": "probability, by needs",
    "sibling_factor": "multiplier",
    "case_weight": "cases per child",
    "days_after_14": "days",
    "gbp_per_child_per_year": "£ per child aged 0-17 and year",
    "replicates": "runs",
    "clip": "multiple",
    "entrants": "multiple",
    "far_odds_limits": "multiple",
    "turnover_multiplier": "multiple",
    "all_enter": "share",
    "each_enters": "share",
    "reach": "share",
    "pooled_shares": "share",
}
ABOUT = ("source", "status", "range", "unit")
SWITCH = "a switch; true or false in the file"
NO_SOURCE = "stated by the file, without a source"


@dataclass(frozen=True)
class Row:
    """One number, or one list of numbers, of a scenario."""

    path: str
    value: str
    unit: str
    range: str
    source: str
    status: str
    file: str
    line: int


@dataclass(frozen=True)
class _About:
    """Source, status, range and unit in force at some depth of the document."""

    source: str = NO_SOURCE
    status: str = "assumed"
    range: str = ""
    unit: str = ""


def register(scenario: Scenario) -> list[Row]:
    """Return the rows of a scenario in the order of its files, then what `set` changes, then the tails of durations."""
    rows = [row for key, value in scenario.document.data.items() for row in _rows(scenario, (key,), value, _About())]
    return [*rows, *_overrides(scenario), *_fitted(scenario), *_tails(scenario)]


def _rows(scenario: Scenario, path: PathKey, value: Any, about: _About) -> Iterator[Row]:
    """Yield the numbers below an entry; numbers inherit the source nearest above them."""
    if isinstance(value, dict):
        about = _inherit(value, about)
        for key, item in value.items():
            if key not in ABOUT:
                yield from _rows(scenario, (*path, key), item, about)
    elif _numeric(value):
        mark = scenario.document.mark(path)
        shown = ", ".join(f"{item:g}" for item in value) if isinstance(value, list) else f"{value:g}"
        unit = about.unit or unit_of(path)
        yield Row(dotted(path), shown, unit, about.range, about.source, about.status, mark.file, mark.line)
    elif isinstance(value, bool) and path[0] == "settings":  # a switch decides as much as a number does
        mark = scenario.document.mark(path)
        yield Row(dotted(path), "on" if value else "off", "", "", SWITCH, "assumed", mark.file, mark.line)


def _inherit(entry: dict[str, Any], about: _About) -> _About:
    """Return what an entry says of its numbers: its own source, or that of its hazards, or what is in force above."""
    said = entry if "source" in entry else entry.get("rates_per_year", {})
    if not isinstance(said, dict) or "source" not in said:
        return about
    own = said is entry
    limits = said.get("range") if own else None
    return _About(
        source=str(said["source"]),
        status=str(said.get("status", "assumed")) if own else "assumed",
        range=_limits(limits, isinstance(said.get("per_year"), list)),
        unit=str(said.get("unit", "")),
    )


def _limits(limits: Any, hazards: bool) -> str:
    """Show a range; of hazards it is a multiplier where it holds 1."""
    if not isinstance(limits, list) or len(limits) != 2:
        return ""
    times = "× " if hazards and limits[0] <= 1 <= limits[1] else ""
    return f"{times}{limits[0]:g} to {limits[1]:g}"


def unit_of(path: PathKey) -> str:
    """Return the unit a number's name states."""
    for part in reversed([part for part in path if isinstance(part, str)]):
        for ending in sorted(UNITS, key=len, reverse=True):
            if part == ending or part.endswith("_" + ending):
                return UNITS[ending]
        if "gbp" in part:
            return "£ " + part[part.index("gbp") + 4 :].replace("_", " ")
    return ""


def _numeric(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(_numeric(item) for item in value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _overrides(scenario: Scenario) -> Iterator[Row]:
    """Yield what `set` changes."""
    for item in scenario.overrides:
        shown = ", ".join(f"{part:g}" for part in item.value) if isinstance(item.value, list) else str(item.value)
        when = f"from {item.month}" if item.month else "from the branch month"
        yield Row(
            f"set.{dotted(item.path)}", shown, unit_of(item.path), "", f"set by {scenario.key}, {when}", "assumed",
            item.mark.file, item.mark.line,
        )  # fmt: skip


def _fitted(scenario: Scenario) -> Iterator[Row]:
    """Yield one row for fitted figures: they are too many to print, and each has its source in the file."""
    if scenario.fitted is not None:
        mark = scenario.document.mark(("fitted",))
        years = scenario.fitted.draws.years
        value = f"{len(scenario.fitted.records)} authorities, {len(scenario.fitted.draws)} draws of {years[0]} to {years[-1]}"
        source = f"calibrated to figures up to March {scenario.fitted.vintage}: {scenario.fitted.folder}/{RATES}"
        yield Row("fitted", value, "", "", source, "derived", mark.file, mark.line)


def _tails(scenario: Scenario) -> Iterator[Row]:
    """Yield the share of each stated duration whose shape is replaced by an exponential tail (ruling 14)."""
    for name, stage in scenario.pathway.stages.items():
        if stage.duration is None:
            continue
        hazard = stage.duration.hazard()
        mark = scenario.document.mark(("stages", name, "duration"))
        source = f"constant hazard from day {hazard.bands_days[-1]:g}: {hazard.per_day[-1] * 365.25:.3g} a year"
        path = f"stages.{name}.duration.tail_share"
        yield Row(path, f"{hazard.tail_share:.4g}", "share", "", source, "derived", mark.file, mark.line)
