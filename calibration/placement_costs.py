"""Read an authority's placement cost list: what each placement costs a week, from whom, since when and until when, and who pays.

The one table no return holds. CSV or a sheet of a workbook with the headings of the template (`write_template`). The identifier may be that of the
SSDA903: read with the same `Pseudonyms`, the same child links. Unlike returns, which come as they are, the list is made for this: every fault is
told at once, by file, row and field, and nothing is used until there is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from importlib.resources import files
from pathlib import Path

import pandas as pd

from calibration.care_records import PLACEMENTS, DataQuality
from calibration.identifiers import Pseudonyms
from calibration.record_days import DAY, days, stated
from calibration.record_errors import RecordsError
from calibration.record_files import RecordFile, record_files
from calibration.record_tables import ROW, RecordTable, read_csv
from calibration.record_workbooks import read_workbook
from scenarios.ssda903_codes import codes, placement_of

TEMPLATE = "placement_cost_list_template.csv"
SHARES = ("authority", "health", "education")
COLUMNS = ("child", "cost_gbp_per_week", "placement", "provider", "start", "planned_end", *(f"share_{payer}" for payer in SHARES))
NEEDED = ("child", "cost_gbp_per_week", "placement", "start")
LEAST_GBP_PER_WEEK, MOST_GBP_PER_WEEK = 1.0, 60_000.0  # the dearest reported placements cost about £60,000 a week (LGA survey 2023); more is a slip
PROVIDERS = {code.meaning: known for known, code in codes("PLACE_PROVIDER").items()}  # `private` -> PR4
SUM_WITHIN = 0.005  # of shares from 1: thirds written as 33.3 %
EARLIEST = date(1990, 1, 1)
MOST_TOLD = 200  # faults told one by one


@dataclass(frozen=True)
class PlacementCosts:
    """Prices of placements, one row each.

    Attributes
    ----------
    placements
        By content, never by identifier: `pseudonym` (keyed hash), `cost_gbp_per_week`, `placement` (of `PLACEMENTS`), `provider` (code of the
        SSDA903, empty if not stated), `start`, `planned_end` (days; NaT if not stated), `share_authority`, `share_health`, `share_education` (of the
        cost; sum to 1).
    quality
        What was read.
    """

    placements: pd.DataFrame
    quality: DataQuality


class PlacementCostsError(RecordsError):
    """All faults of a placement cost list, each as file:row: field: what is wrong and what was expected; never what a cell says."""

    def __init__(self, faults: list[RecordsError]) -> None:
        told = [str(fault) for fault in faults[:MOST_TOLD]]
        more = [f"and {len(faults) - MOST_TOLD:,} more"] if len(faults) > MOST_TOLD else []
        ValueError.__init__(self, "\n".join([*told, *more]))
        self.file, self.row, self.field, self.faults = faults[0].file, faults[0].row, faults[0].field, tuple(faults)


def write_template(file: str | Path) -> None:
    """Write the template: headings, and an example behind `#`.

    Raises
    ------
    FileExistsError
        If the file is there already.
    """
    with Path(file).open("xb") as out:
        out.write((files("calibration") / "data" / TEMPLATE).read_bytes())


def read_placement_costs(path: str | Path, pseudonyms: Pseudonyms) -> PlacementCosts:
    """Read a placement cost list: a CSV or workbook, or a folder or zip of them.

    A missing `share_*` column or cell is no share; without any, the authority pays all.

    Raises
    ------
    RecordsError
        If the file cannot be read.
    PlacementCostsError
        With every fault of the rows.
    """
    quality, faults, found = DataQuality(), [], []
    for table in _tables(path):
        rows = table.frame[~table.frame.iloc[:, 0].astype(str).fillna("").str.startswith("#")]
        quality.read["placement cost list"] += len(rows)
        faults += [RecordsError(table.file, f"{reason}: {count:,} rows") for reason, count in table.left_out.items()]
        quality.notes += [f"{table.file} {note}" for note in table.notes]
        faults += _heading_faults(table)
        if set(NEEDED) <= _named(table).keys():
            found.append(_priced(table, rows, pseudonyms, faults))
    if faults:
        raise PlacementCostsError(sorted(faults, key=lambda fault: (fault.file, fault.row)))
    placements = pd.concat(found, ignore_index=True) if found else pd.DataFrame()
    if placements.empty:
        raise RecordsError(str(path), "holds no row of a placement; see the template for what is expected")
    order = [name for name in placements.columns if name != "pseudonym"]
    return PlacementCosts(placements.sort_values(order, kind="stable", ignore_index=True), quality)


def _tables(path: str | Path) -> list[RecordTable]:
    """Return the tables at a path."""
    tables = []
    for file in record_files(path):
        if file.kind == "xml":
            raise RecordsError(file.name, "is XML; expected CSV or a workbook")
        tables += [read_csv(_without_comments(file))] if file.kind == "csv" else _sheets(file)
    return tables


def _without_comments(file: RecordFile) -> RecordFile:
    """Return a CSV with nothing in the cells of lines that begin with `#`, so that other lines keep their numbers."""
    lines = file.content.split(b"\n")
    delimiter = max((b",", b";", b"\t"), key=lines[0].count)
    nothing = delimiter * lines[0].count(delimiter)
    return replace(file, content=b"\n".join(nothing if line.startswith(b"#") else line for line in lines))


def _sheets(file: RecordFile) -> list[RecordTable]:
    """Return the sheets of a workbook that have a heading of the list; all, if none has, so that what is missing is told."""
    sheets = list(read_workbook(file))
    return [sheet for sheet in sheets if _named(sheet).keys() & set(NEEDED)] or sheets


def _named(table: RecordTable) -> dict[str, str]:
    """Return a table's headings by our names: case, blanks and hyphens do not count, and CHILD may be called pseudonym."""
    named = {re.sub(r"[\s\-]+", "_", str(heading).strip().lower()): heading for heading in table.frame.columns if heading != ROW}
    return ({"child": named["pseudonym"]} if "pseudonym" in named and "child" not in named else {}) | named


def _heading_faults(table: RecordTable) -> list[RecordsError]:
    """Return what is wrong with the headings."""
    named = _named(table)
    lacking = [RecordsError(table.file, "is missing; expected a column so headed", 1, name) for name in NEEDED if name not in named]
    strange = [name for name in named if name not in COLUMNS and name != "pseudonym" and not name.startswith("column_")]
    if strange:
        message = f"has {len(strange)} columns that are not of the list (leave them out); expected {', '.join(COLUMNS)}"
        lacking.append(RecordsError(table.file, message, 1))
    return lacking


def _priced(table: RecordTable, rows: pd.DataFrame, pseudonyms: Pseudonyms, faults: list[RecordsError]) -> pd.DataFrame:
    """Return the placements of a table, its faults added to those found."""
    named = _named(table)
    nothing = pd.Series("", index=rows.index, dtype=object)
    text = {name: rows[named[name]].astype(str).fillna("").str.strip() if name in named else nothing for name in COLUMNS}

    def refuse(field: str, holds: pd.Series, message: str) -> None:
        """Add a fault of a field for each row of which something holds."""
        faults.extend(RecordsError(table.file, message, int(row), field) for row in rows.loc[holds, ROW])

    cost = _amount(text["cost_gbp_per_week"])
    refuse("child", text["child"] == "", "is empty, expected the child's identifier")
    refuse("cost_gbp_per_week", cost.isna(), "is not an amount, expected pounds a week such as 5250.00")
    absurd = cost.notna() & ~cost.between(LEAST_GBP_PER_WEEK, MOST_GBP_PER_WEEK)
    refuse("cost_gbp_per_week", absurd, f"is no price of a week, expected £{LEAST_GBP_PER_WEEK:,.0f} to £{MOST_GBP_PER_WEEK:,.0f}")
    provider = text["provider"].map(_provider)
    refuse("provider", provider.isna(), f"is not known, expected {', '.join(PROVIDERS)} or a code {', '.join(PROVIDERS.values())}")
    placed = [_placement(one, by) for one, by in zip(text["placement"], provider.fillna(""), strict=True)]
    placement = pd.Series(placed, index=rows.index, dtype=object)
    refuse("placement", placement == "", f"is not known, expected one of {', '.join(PLACEMENTS)}, or a code of the SSDA903 such as K2")
    start, planned_end = days(text["start"]), days(text["planned_end"])
    refuse("start", start.isna(), "is not a day, expected one such as 2025-11-03 or 03/11/2025")
    refuse("start", start < pd.Timestamp(EARLIEST), f"is before {EARLIEST}, expected the start of a placement that is still paid for")
    refuse("planned_end", stated(text["planned_end"]) & planned_end.isna(), "is not a day, expected one such as 2026-10-30, or nothing")
    refuse("planned_end", planned_end < start, "is before the start")
    refuse("child", pd.concat(text, axis=1).duplicated() & (text["child"] != ""), "and all else is as in an earlier row; expected each price once")
    return pd.DataFrame({
        "pseudonym": pseudonyms.of(text["child"]), "cost_gbp_per_week": cost, "placement": placement, "provider": provider,
        "start": start.astype(DAY), "planned_end": planned_end.astype(DAY),
    }).assign(**_shares(text, refuse))  # fmt: skip


def _shares(text: dict[str, pd.Series], refuse: Callable[[str, pd.Series, str], None]) -> dict[str, pd.Series]:
    """Return who pays what share, summing to 1; a share is a number from 0 to 1, or a percentage with its sign."""
    shares, good = {}, pd.Series(True, index=text["child"].index)
    for payer in SHARES:
        said = text[f"share_{payer}"]
        percent = said.str.endswith("%")
        value = pd.to_numeric(said.str.removesuffix("%").str.strip().mask(said == "", "0"), errors="coerce") / percent.map({True: 100.0, False: 1.0})
        wrong = ~value.between(0.0, 1.0)
        refuse(f"share_{payer}", wrong, "is not a share, expected 0 to 1, or a percentage with its sign such as 60%")
        shares[f"share_{payer}"], good = value, good & ~wrong
    unsaid = pd.concat([text[f"share_{payer}"] == "" for payer in SHARES], axis=1).all(axis=1)
    shares["share_authority"] = shares["share_authority"].mask(unsaid, 1.0)
    total = sum(shares.values())
    refuse("share_authority", good & ((total - 1.0).abs() > SUM_WITHIN), "and the other shares do not sum to 1 (or 100%)")
    return {name: value / total for name, value in shares.items()}


def _amount(texts: pd.Series) -> pd.Series:
    """Return amounts written with or without a pound sign and commas between thousands; NaN for anything else (1.5e9, nan and inf too)."""
    plain = texts.str.removeprefix("£").str.strip()
    good = plain.str.fullmatch(r"-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?")
    return pd.to_numeric(plain.str.replace(",", "").where(good.fillna(False).astype(bool)), errors="coerce")


def _provider(text: str) -> str | None:
    """Return the code of a provider by code or word; empty if not stated, None if not known."""
    if not text:
        return ""
    code = text.upper().split()[0]
    return code if code in codes("PLACE_PROVIDER") else PROVIDERS.get(re.sub(r"[\s\-]+", "_", text.lower()))


def _placement(text: str, provider: str) -> str:
    """Return the placement by our name or by the SSDA903's code; empty if not known."""
    name = re.sub(r"[\s\-]+", "_", text.lower())
    return name if name in PLACEMENTS else placement_of(text.upper(), provider)
