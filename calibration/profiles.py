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

from calibration.panel import ENGLAND, PANEL_FILE, PanelError, read_panel
from calibration.profile_allowances import add_allowances
from calibration.profile_care import add_care
from calibration.profile_demand import add_court_weeks, add_demand
from calibration.profile_distance import add_distance
from calibration.profile_money import add_money
from calibration.profile_places import add_places
from calibration.profile_table import LAST_YEAR, ProfileTable

SCENARIO_DATA = Path(__file__).parents[1] / "scenarios" / "data"


def build_profiles(panel_file: str | Path = PANEL_FILE) -> tuple[ProfileTable, dict[str, float]]:
    """Build every row.

    Returns
    -------
    ProfileTable
        The rows.
    dict
        National checks, by name.
    """
    table = ProfileTable(read_panel(panel_file))
    add_demand(table)
    add_court_weeks(table)
    add_care(table)
    add_places(table)
    checks = add_money(table)
    add_allowances(table)
    add_distance(table)
    children_in_care = [table.cell(place, "cla_at31", LAST_YEAR) for place in table.names]
    covered = sum(value for value in children_in_care if value == value)
    checks["share of England's children in care in the panel"] = covered / table.cell(ENGLAND, "cla_at31", LAST_YEAR)
    for year in (2022, 2024, LAST_YEAR):
        rows = {row[1]: row[3] for row in table.rows if row[0] == ENGLAND and row[2] == year}
        checks[f"England UASC passing through {year}"] = rows["uasc_passthrough_started"]
        checks[f"England UASC starts, ordinary and passing through {year}"] = (
            rows["uasc_started"] + rows["uasc_passthrough_started"]
        )
    return table, checks


def write_areas(table: ProfileTable, path: Path) -> None:
    """Write one row per authority; `code` is the Department's number, the authority's part of every random address."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["name", "code", "ons_code", "la_code", "region", "too_small"])
        for row in table.authorities.itertuples():
            small = str(row.name in table.too_small).lower()
            writer.writerow([row.name, int(row.la_code), row.ons_code, row.la_code, row.region, small])


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
