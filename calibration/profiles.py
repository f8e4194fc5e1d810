"""Make the area profiles that scenarios read: `python -m calibration.profiles`.

Writes `scenarios/data/areas.csv` (one row per authority) and `scenarios/data/area_profiles.csv` (long: one row per
area, quantity and year, with unit, source, status and basis). Areas are the panel's authorities of the latest year and
the pseudo-area `England`, whose rows also hold what is the same everywhere. Each part's rules are in its own module:
`profile_demand`, `profile_care` (with `uasc`), `profile_places`, `profile_money`, `profile_allowances`, `profile_distance`.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from calibration.panel import ENGLAND, PANEL_FILE, Panel, PanelError, read_panel
from calibration.profile_allowances import add_allowances
from calibration.profile_care import add_care
from calibration.profile_demand import add_court_weeks, add_demand
from calibration.profile_distance import add_distance
from calibration.profile_money import add_money
from calibration.profile_places import add_places
from calibration.profile_table import ProfileTable
from calibration.profile_years import SHIPPED, ProfileYears
from scenarios.areas import AreaProfile, Record, make_profiles

FIRST_OTHER_CODE = 20_000  # no number of the Department's is as high; codes end at 32,767 (scenarios/areas.py)
SCENARIO_DATA = Path(__file__).parents[1] / "scenarios" / "data"


def build_profiles(
    panel: str | Path | Panel = PANEL_FILE, vintage: int | None = None, rate_years: tuple[int, ...] | None = None
) -> tuple[ProfileTable, dict[str, float]]:
    """Build every row.

    Parameters
    ----------
    panel : str, Path or Panel
        A panel file of the shape of la_panel.csv, or a panel.
    vintage : int, optional
        Nothing is read that was not known then (`calibration.vintage`), inputs end with that year, and rates are of its last three years. Without it
        the profiles are those shipped: everything published, the year ending March 2025 held out of rates.
    rate_years : tuple of int, optional
        Other years for rates, at a vintage.

    Returns
    -------
    ProfileTable
        The rows.
    dict
        National checks, by name.
    """
    panel = panel if isinstance(panel, Panel) else read_panel(panel)
    table = ProfileTable(panel, years=SHIPPED if vintage is None else ProfileYears.at(vintage, rate_years))
    add_demand(table)
    add_court_weeks(table)
    add_care(table)
    add_places(table)
    checks = add_money(table)
    add_allowances(table)
    add_distance(table)
    if vintage is not None:
        return table, checks
    last = table.last_year
    children_in_care = [table.cell(place, "cla_at31", last) for place in table.names]
    covered = sum(value for value in children_in_care if value == value)
    checks["share of England's children in care in the panel"] = covered / table.cell(ENGLAND, "cla_at31", last)
    for year in (2022, 2024, last):
        rows = {row[1]: row[3] for row in table.rows if row[0] == ENGLAND and row[2] == year}
        checks[f"England UASC passing through {year}"] = rows["uasc_passthrough_started"]
        checks[f"England UASC starts, ordinary and passing through {year}"] = (
            rows["uasc_started"] + rows["uasc_passthrough_started"]
        )
    return table, checks


def profiles_at(panel: Panel, vintage: int, rate_years: tuple[int, ...] | None = None) -> dict[str, AreaProfile]:
    """Return the profiles of every authority known at a vintage, and of England, by name; no file is written.

    They hold what `area_profiles.csv` holds, as of the vintage, and none of the rates fitted to it (`area_rates.csv`).

    Parameters
    ----------
    panel : Panel
        Any panel; what is later than the vintage is not read.
    vintage : int
        Year ending 31 March.
    rate_years : tuple of int, optional
        Years whose rates are pooled; the last three if omitted.
    """
    table, _ = build_profiles(panel, vintage, rate_years)
    grouped: dict[str, dict[str, list[Record]]] = {}
    for row in table.rows:
        grouped.setdefault(row[0], {}).setdefault(row[1], []).append(Record(*row))
    return make_profiles(area_rows(table), grouped)


def area_rows(table: ProfileTable) -> list[dict[str, str]]:
    """Return one row per authority; `code` is the Department's number, the authority's part of every random address.

    Authorities of an unfamiliar panel without such a number are numbered from `FIRST_OTHER_CODE` in the order of their names.
    """
    rows, other = [], FIRST_OTHER_CODE
    for row in table.authorities.itertuples():
        known = str(row.la_code).isdigit()
        code, other = (int(row.la_code), other) if known else (other, other + 1)
        small = str(row.name in table.too_small).lower()
        rows.append({"name": row.name, "code": str(code), "ons_code": row.ons_code, "la_code": row.la_code, "region": row.region, "too_small": small})
    return rows


def write_areas(table: ProfileTable, path: Path) -> None:
    """Write one row per authority."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["name", "code", "ons_code", "la_code", "region", "too_small"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(area_rows(table))


def main(arguments: list[str] | None = None) -> int:
    """Build the profiles from a panel file and print the national checks."""
    parser = argparse.ArgumentParser(prog="python -m calibration.profiles", description="Make the area profiles.")
    parser.add_argument("--panel", default=PANEL_FILE, help="a panel file of the shape of la_panel.csv")
    parser.add_argument("-o", "--output", type=Path, default=SCENARIO_DATA, help="folder to write to")
    options = parser.parse_args(arguments)
    try:
        table, checks = build_profiles(options.panel)
    except PanelError as fault:
        print(fault)
        return 2
    options.output.mkdir(parents=True, exist_ok=True)
    write_areas(table, options.output / "areas.csv")
    table.write(options.output / "area_profiles.csv")
    print(f"{len(table.rows):,} rows for {len(table.names)} authorities and England in {options.output}")
    for name, value in checks.items():
        print(f"  {name}: {value:,.4g}" if abs(value) < 10 else f"  {name}: {value:,.0f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
