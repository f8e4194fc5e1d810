"""The approved budget as a user gives it: a CSV file, or one figure a year."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Sequence
from pathlib import Path

from carecurve.console import ChoiceError

HEAD = ("year_ending", "gbp")
YEARS = (2000, 2100)
THOUSANDS = re.compile(r"£?\d{1,3}(,\d{3})+(\.\d+)?")
LONGEST_SHOWN = 60  # characters of what was given, in a message
LARGEST_FILE_BYTES = 1_000_000
LEAST_GBP = 10_000.0  # a year: less is no authority's budget, but a slip of units or of separators


def read_budget(text: str, years: Sequence[int]) -> dict[int, float]:
    """Return the approved budget by year ending 31 March, pounds in the cash of each year.

    Parameters
    ----------
    text
        A figure (`985000000`, `985m`), which stands for every year; figures for the first years, separated by commas, each an amount with `m` or
        without separators; or a CSV file with the columns year_ending and gbp. Each £10,000 a year or more.
    years
        Years of the run, from the branch on.

    Raises
    ------
    ChoiceError
        If it is neither; the message says file, line, column, what was wrong and what was expected.
    """
    if text.lower().endswith(".csv") or os.path.exists(text):  # unlike Path's, this is no error where a text cannot be a path
        return _read(Path(text))
    shown = f"--budget: {text if len(text) <= LONGEST_SHOWN else f'{text[:LONGEST_SHOWN]}…'!r}"
    if THOUSANDS.fullmatch(text.strip()):
        raise ChoiceError(f"{shown} has commas between thousands, expected commas between years alone; write 985200100 or 985.2m")
    figures = [_amount(part) for part in text.split(",")]
    if any(figure is None for figure in figures):
        raise ChoiceError(
            f"{shown} is neither a file nor pounds; expected a CSV file (columns year_ending and gbp), or a figure such as 985000000 or 985m"
        )
    if small := [figure for figure in figures if figure < LEAST_GBP]:
        raise ChoiceError(f"{shown} holds a year of {_pounds(small[0])}, expected {_pounds(LEAST_GBP)} or more, such as 985200100 or 985.2m")
    if len(figures) == 1:
        return dict.fromkeys(years, figures[0])
    if len(figures) > len(years):
        raise ChoiceError(
            f"--budget: gives {len(figures)} figures for {len(years)} years of the run; expected one a year from "
            f"{years[0] if years else 'the branch'} on"
        )
    return dict(zip(years, figures, strict=False))


def _amount(text: str) -> float | None:
    """Return pounds above 0 from `985000000`, `£985m` or `985.2m`; None if it is not an amount."""
    text = text.strip().lower().removeprefix("£")
    times = 1e6 if text.endswith("m") else 1.0
    try:
        value = float(text.removesuffix("m")) * times
    except ValueError:
        return None
    return value if 0.0 < value < 1e12 else None


def _pounds(amount: float) -> str:
    """Return pounds with separators, and pence where there are some."""
    return f"£{amount:,.0f}" if amount == round(amount) else f"£{amount:,.2f}"


def _read(path: Path) -> dict[int, float]:
    """Read a budget file."""
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise ChoiceError(f"{path}: is larger than a budget can be ({LARGEST_FILE_BYTES:,} bytes); expected a row a year")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as fault:
        raise ChoiceError(f"cannot read {path}: {fault.strerror or fault}") from None
    except UnicodeDecodeError:
        raise ChoiceError(f"{path}: is not text in UTF-8; expected a CSV file with the columns year_ending and gbp") from None
    try:
        rows = list(csv.reader(lines))
    except csv.Error as fault:
        raise ChoiceError(f"{path}: is not a CSV file ({fault}); expected the columns year_ending and gbp, a row a year") from None
    head = [name.strip().lower() for name in rows[0]] if rows else []
    for name in HEAD:
        if name not in head:
            shown = ", ".join(filter(None, head)) or "nothing"
            raise ChoiceError(f"{path}:1:1: the column {name!r} is missing (there is {shown}); expected year_ending,gbp in the first line")
    return _figures(path, rows, head)


def _figures(path: Path, rows: list[list[str]], head: list[str]) -> dict[int, float]:
    """Return the figures of a budget file's rows, every fault in one message."""
    found, faults = {}, []
    for line, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        cells = {name: row[head.index(name)].strip() if head.index(name) < len(row) else "" for name in HEAD}
        where = {name: f"{path}:{line}:{head.index(name) + 1}" for name in HEAD}
        text = cells["year_ending"]
        year = int(text) if text.isdecimal() and len(text) == len(str(YEARS[0])) else None
        if year is None or not YEARS[0] <= year <= YEARS[1]:
            faults.append(
                f"{where['year_ending']}: year_ending is {cells['year_ending']!r}, expected the year in which it ends, such as 2027 for 2026-27"
            )
            continue
        if year in found:
            faults.append(f"{where['year_ending']}: year_ending {year} is there already; expected one row a year")
        amount = _amount(cells["gbp"].replace(",", ""))
        if amount is None:
            faults.append(f"{where['gbp']}: gbp is {cells['gbp']!r}, expected pounds above 0, such as 985000000 or 985m")
        elif any(cell.strip() for cell in row[len(head) :]):
            faults.append(f"{path}:{line}:{len(head) + 1}: holds more than the first line has columns; expected pounds without commas, or in quotes")
        elif amount < LEAST_GBP:
            faults.append(f"{where['gbp']}: gbp is {cells['gbp']!r}, {_pounds(amount)} a year; expected {_pounds(LEAST_GBP)} or more, such as 985m")
        found[year] = amount or 0.0
    if faults:
        raise ChoiceError("\n".join(faults))
    if not found:
        raise ChoiceError(f"{path}: holds no row; expected one a year below year_ending,gbp")
    return found
