"""Records to try readers with: a synthetic authority's returns (`data/ssda903-la300`), and returns of a few rows written by hand."""

import csv
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pandas as pd

from calibration.care_records import CareRecords

SAMPLE = Path(__file__).parent / "data" / "ssda903-la300"
RETURNS = SAMPLE / "regional"
SINCE, ORIGIN = date(2020, 4, 1), date(2022, 3, 31)
EPISODE = ("CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "DEC", "REC", "REASON_PLACE_CHANGE", "HOME_POST", "PL_POST", "URN")
STAY = ("start", "end", "placement", "ended_by")
HEADER = ("CHILD", "SEX", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB")


def episode(child="A", start="2020-06-01", end="", rec="", rne="S", ls="C2", place="U6", provider="PR1", home="", **more) -> dict[str, str]:
    """A row of episodes; `more` gives other columns (LA, YEAR, ...)."""
    return {"CHILD": child, "DECOM": start, "RNE": rne, "LS": ls, "PLACE": place, "PLACE_PROVIDER": provider, "DEC": end, "REC": rec,
            "HOME_POST": home, **more}  # fmt: skip


def header(child="A", birth="2010-05-05", sex="1", **more) -> dict[str, str]:
    """A row of headers."""
    return {"CHILD": child, "SEX": sex, "DOB": birth, **more}


def write_rows(path: Path, columns: Iterable[str], rows: list[dict[str, str]]) -> None:
    """Write a CSV whose other cells are empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = [*columns, *dict.fromkeys(name for row in rows for name in row if name not in columns)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows(rows)


def write_returns(folder: Path, years: dict[int, list[dict[str, str]]], headers: list[dict[str, str]], uasc: list[dict[str, str]] = ()) -> Path:
    """Write a folder a year of episodes, the same headers in each."""
    for year, episodes in years.items():
        write_rows(folder / str(year) / "episodes.csv", EPISODE, episodes)
        write_rows(folder / str(year) / "header.csv", HEADER, headers)
        if uasc:
            write_rows(folder / str(year) / "uasc.csv", ("CHILD", "SEX", "DOB", "DUC"), list(uasc))
    return folder


def by_years(folder: Path) -> Path:
    """Write the sample as a folder a year with dd/mm/yyyy, as authorities send it, and return the folder."""
    for name in ("episodes", "header", "uasc"):
        table = pd.read_csv(RETURNS / f"{name}.csv", dtype=str, keep_default_na=False)
        for column in {"DECOM", "DEC", "DOB"} & set(table.columns):
            table[column] = table[column].str.replace(r"^(\d{4})-(\d{2})-(\d{2})$", r"\3/\2/\1", regex=True)
        for year, rows in table.groupby("YEAR"):
            there = folder / str(year)
            there.mkdir(parents=True, exist_ok=True)
            rows.drop(columns=["LA", "YEAR"]).to_csv(there / f"{name}.csv", index=False)
    return folder


def told(rows: pd.DataFrame, *columns: str) -> list[tuple]:
    """Rows as tuples, days as text."""
    shown = rows[list(columns)].copy()
    for column in columns:
        if pd.api.types.is_datetime64_any_dtype(shown[column].dtype):
            shown[column] = shown[column].dt.strftime("%Y-%m-%d").fillna("")
    return list(shown.itertuples(index=False, name=None))


def balance(records: CareRecords) -> dict[str, int]:
    """Rows of episodes: those read, and those read less left out, merged with another of one start, joined to the row before, and stays."""
    quality = records.quality
    of = {what: rows for (table, what), rows in quality.changes.items() if table == "episodes"}
    merged = sum(rows for what, rows in of.items() if what.startswith(("submitted again", "of one child and start")))
    joined = sum(rows for what, rows in of.items() if "joined to the row before" in what)
    left = sum(rows for (table, _), rows in quality.left_out.items() if table == "episodes")
    return {"read": quality.read["episodes"], "unaccounted": quality.read["episodes"] - left - merged - joined - len(records.stays)}
