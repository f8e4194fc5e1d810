"""An area's own figures in a scenario file: written by `carecurve init`, edited, laid over the published profile."""

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from pydantic import model_validator

from scenarios.areas import AreaProfile, Record, load_areas
from scenarios.documents import Document
from scenarios.faults import Fault
from scenarios.names import suggestion
from scenarios.quantities import Number, Sourced, Text
from scenarios.validation import validate

FIRST_YEAR, LAST_YEAR = 1990, 2100
FIRST_PUBLISHED = 2020  # the year of a figure for every year that the profile has none of
SYNTHETIC, LIKE = "synthetic", "like"  # keys of an authority that the scenario makes up (scenarios/synthetic.py)


class AreaFigure(Sourced):
    """One quantity of an area: `by_year` (year ending 31 March: value), or one `value` for every year."""

    value: Number | None = None
    by_year: dict[Text, Number] | None = None
    unit: Text

    @model_validator(mode="after")
    def _one_form(self) -> "AreaFigure":
        """Refuse both forms or neither, and years that cannot be."""
        if (self.value is None) == (self.by_year is None):
            raise ValueError("needs one of value and by_year")
        for year in self.by_year or {}:
            if not year.isdigit() or not FIRST_YEAR <= int(year) <= LAST_YEAR:
                raise ValueError(f"by_year: {year!r} is not a year, expected one such as 2024 (ending 31 March)")
        if self.by_year == {}:
            raise ValueError("by_year: is empty, expected at least one year")
        return self


def read_figures(
    document: Document, profiles: dict[str, AreaProfile], also: Iterable[str] = ()
) -> tuple[dict[str, dict[str, AreaFigure]], list[Fault]]:
    """Check the `areas` block of a composed document whose area names are known.

    Parameters
    ----------
    document
        The document.
    profiles
        The profiles of the areas it names; quantities it may give are theirs.
    also
        Further quantities it may give: those the pathway speaks of.
    """
    figures: dict[str, dict[str, AreaFigure]] = {}
    faults: list[Fault] = []
    for area, block in document.data["areas"].items():
        if area not in profiles:
            continue
        if not isinstance(block, dict):
            faults.append(document.fault(("areas", area), f"is {block!r}, expected quantities of the area"))
            continue
        known = {*profiles[area].quantities, *also}
        made_up = SYNTHETIC in block
        if made_up:
            known |= {quantity for profile in load_areas().values() for quantity in profile.quantities}
        for quantity, data in block.items():
            path = ("areas", area, quantity)
            if made_up and quantity in (SYNTHETIC, LIKE):
                continue
            if quantity not in known:
                faults.append(
                    document.fault(path, f"unknown quantity {quantity!r}, {suggestion(quantity, known)}", True)
                )
                continue
            if not isinstance(data, dict):
                faults.append(
                    document.fault(path, f"is {data!r}, expected {{value: …, unit: …, source: …, status: …}}")
                )
                continue
            figure, wrong = validate(AreaFigure, document, path)
            faults += wrong
            if figure is not None:
                figures.setdefault(area, {})[quantity] = figure
    return figures, faults


def overlay(profile: AreaProfile, figures: dict[str, AreaFigure]) -> AreaProfile:
    """Return a profile with figures laid over it: a `value` for every year, `by_year` for the years it names."""
    records = dict(profile.records)
    for quantity, figure in figures.items():
        present = {record.year_ending: record for record in records.get(quantity, ())}
        wanted = {int(year): value for year, value in (figure.by_year or {}).items()}
        if figure.value is not None:
            wanted = dict.fromkeys(present or (FIRST_PUBLISHED,), figure.value)
        for year, value in wanted.items():
            present[year] = Record(
                area=profile.name,
                quantity=quantity,
                year_ending=year,
                value=value,
                unit=figure.unit,
                source=figure.source,
                status=figure.status,
                basis="scenario",
            )
        records[quantity] = tuple(present[year] for year in sorted(present))
    return replace(profile, records=MappingProxyType(records))


def area_scenario(profile: AreaProfile, extends: str = "baseline") -> str:
    """Return an editable scenario file that holds an area's figures with their sources.

    Figures borrowed from a region or from England are commented as such; loading the file gives the published profile
    again.
    """
    lines = [
        f"# The figures {profile.name} starts from. Edit any of them, and say where your figure comes from.",
        "# Years end on 31 March. A figure not listed here, or taken out, is the published one.",
        f"name: {_text(profile.name + ', own figures')}",
        f"description: {_text('The baseline with figures for ' + profile.name + ' that can be edited.')}",
        f"extends: {extends}",
        "areas:",
        f"  {_text(profile.name)}:",
    ]
    for quantity in profile.quantities:
        series = profile.records[quantity]
        for index, records in enumerate(_by_source(series)):
            years = ", ".join(f"{record.year_ending}: {_number(record.value)}" for record in records)
            latest = records[-1]
            lead = "    " if index == 0 else "    # "  # earlier years from another source: for the reader
            note = "" if latest.basis == "own" else f"  # borrowed: {latest.basis}"
            lines += [
                f"{lead}{quantity}:{note}",
                f"{lead}  by_year: {{{years}}}",
                f"{lead}  unit: {_text(latest.unit)}",
                f"{lead}  source: {_text(latest.source)}",
                f"{lead}  status: {latest.status}",
            ]
    return "\n".join(lines) + "\n"


def _by_source(series: tuple[Record, ...]) -> list[list[Record]]:
    """Group a quantity's records by source, the latest first."""
    groups: dict[tuple[str, ...], list[Record]] = {}
    for record in reversed(series):
        groups.setdefault((record.source, record.unit, record.status, record.basis), []).insert(0, record)
    return list(groups.values())


def _number(value: float) -> str:
    """Write a number so that reading it gives the same one."""
    return repr(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def _text(value: Any) -> str:
    """Write text in double quotes, as YAML reads it."""
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
