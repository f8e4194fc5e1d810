"""The register that a manifest keeps, so that a folder says what it rests on without its scenarios' files."""

from __future__ import annotations

from dataclasses import astuple

from scenarios.register import register
from scenarios.scenario import Scenario
from scenarios.timeline import year_name
from sim.cost_lines import ASSUMPTIONS, assumptions

Kept = list[str | int]


def kept_register(scenario: Scenario) -> list[Kept]:
    """Return rows of path, value, unit, range, source, status, file and line: of the scenario, of costs beside areas' prices, of deflators."""
    rows: list[Kept] = [list(astuple(row)) for row in register(scenario)]
    for line, (name, row) in enumerate(assumptions().items(), 2):
        rows.append(
            [f"costs.{name}", row["value"], row["unit"], f"{row['low']} to {row['high']}", row["source"], row["status"], ASSUMPTIONS.name, line]
        )
    table = scenario.deflators
    for line, (year, (source, status)) in enumerate(table.sources.items(), 2):
        rows.append([f"deflators.{year_name(year)}", f"{table.index[year]:g}", "index", "", source, status, table.file, line])
    return rows
