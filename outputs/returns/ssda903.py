"""SSDA903 returns of a log: each year's header, episodes and unaccompanied children, and the files they are written to.

Three layouts hold the same rows: a folder a year with dd/mm/yyyy, as authorities upload them; one file of all years with ISO dates and columns LA and
YEAR, as regions pass them on; and XML a year. A return of a year (1 April to 31 March) holds every episode open on any day of it, whole: an episode
open at the end has neither end nor reason. `FAMILY` in the header is no field of the Department's: the return links siblings by nothing but a common
home postcode, and many case systems export a family number beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd

from outputs.returns.care import Period
from outputs.returns.code_shares import Person
from outputs.returns.episodes import Episode, episodes_of
from outputs.returns.people import People, add_years

LAYOUTS = ("years", "single", "xml")
HEADER = ("CHILD", "SEX", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB", "FAMILY")
EPISODES = (
    "CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "DEC", "REC", "REASON_PLACE_CHANGE", "HOME_POST", "PL_POST", "URN",
)  # fmt: skip
UNACCOMPANIED = ("CHILD", "SEX", "DOB", "DUC")
TABLES = {"header": HEADER, "episodes": EPISODES, "uasc": UNACCOMPANIED}
DATES = ("DOB", "MC_DOB", "DECOM", "DEC", "DUC")
IN_XML = {"CHILD": "CHILDID", "PLACE": "PL"}  # fields that XML calls otherwise

Tables = dict[str, pd.DataFrame]


def year_bounds(year: int) -> tuple[np.datetime64, np.datetime64]:
    """Return 1 April and 31 March of the year ending then."""
    return np.datetime64(f"{year - 1}-04-01"), np.datetime64(f"{year}-03-31")


def ssda903_returns(periods: Sequence[Period], people: People, years: Sequence[int]) -> dict[int, Tables]:
    """Return the tables `header`, `episodes` and `uasc` of each year's return; dates are datetime64 (NaT: blank), all else text."""
    rows = [row for period in periods for row in episodes_of(period, people)]
    return {year: _return_of(rows, people, year) for year in years}


def _return_of(rows: Sequence[Episode], people: People, year: int) -> Tables:
    """Return the tables of a year."""
    first, last = year_bounds(year)
    here = [row for row in rows if row.starts <= last and (row.ends is None or row.ends >= first)]
    children = list(dict.fromkeys(row.who for row in here))
    episodes = [_episode(row, people, last) for row in here]
    headers = [_header(who, people, last) for who in children]
    alone = [_unaccompanied(who, people, last) for who in children if who.unaccompanied]
    return {name: _table(part, columns) for (name, columns), part in zip(TABLES.items(), (headers, episodes, alone), strict=True)}


def _table(rows: list[tuple], columns: Sequence[str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(columns))
    for column in DATES:
        if column in columns:
            table[column] = table[column].astype("datetime64[s]")
    return table


def _header(who: Person, people: People, last: np.datetime64) -> tuple:
    no_date = np.datetime64("NaT")
    return (
        people.number(who), people.sex(who), people.birthday(who), people.ethnicity(who), people.no_pupil_number(who, last), "", no_date,
        people.family(who),
    )  # fmt: skip


def _episode(row: Episode, people: People, last: np.datetime64) -> tuple:
    """Return a row as a return made after `last` has it."""
    known = row.ends is not None and row.ends <= last
    ends, reason, change = (row.ends, row.reason_ended, row.reason_place_change) if known else (np.datetime64("NaT"), "", "")
    return (
        people.number(row.who), row.starts, row.reason_new, row.legal_status, people.need(row.who), row.place, row.provider, ends, reason, change,
        people.postcode(row.who), "", "",
    )  # fmt: skip


def _unaccompanied(who: Person, people: People, last: np.datetime64) -> tuple:
    """Return a row of an unaccompanied child: the status ends at 18, once that is past."""
    adult = add_years(people.birthday(who), 18)
    return people.number(who), people.sex(who), people.birthday(who), adult if adult <= last else np.datetime64("NaT")


# ---------------------------------------------------------------- files


def write_ssda903(returns: dict[int, Tables], authority: str, layout: str, folder: Path) -> None:
    """Write returns into a folder in one of `LAYOUTS`; an authority without unaccompanied children has no such file in the year."""
    if layout == "single":
        _write_single(returns, authority, folder)
        return
    for year, tables in returns.items():
        if layout == "xml":
            (folder / f"ssda903-{year}.xml").write_bytes(as_xml(tables))
            continue
        (folder / str(year)).mkdir()
        for name, table in tables.items():
            if len(table):
                _write_csv(table, folder / str(year) / f"{name}.csv", "%d/%m/%Y")


def _write_single(returns: dict[int, Tables], authority: str, folder: Path) -> None:
    """Write one file a table, of all years."""
    for name in TABLES:
        whole = pd.concat([tables[name].assign(LA=authority, YEAR=year) for year, tables in returns.items()], ignore_index=True)
        if len(whole):
            _write_csv(whole, folder / f"{name}.csv", "%Y-%m-%d")


def _write_csv(table: pd.DataFrame, path: Path, dates: str) -> None:
    table.to_csv(path, index=False, date_format=dates, lineterminator="\n")


def as_xml(tables: Tables) -> bytes:
    """Return a return as XML: a CHILD with its HEADER and EPISODEs, fields as in the tables but those of `IN_XML`, empty ones left out."""
    root = ElementTree.Element("EXPSSDA903")
    parts = {name: _as_text(table) for name, table in tables.items()}
    alone = {row["CHILD"]: row["DUC"] for row in parts["uasc"]}
    children = {}
    for row in parts["header"]:
        child = children[row["CHILD"]] = ElementTree.SubElement(root, "CHILD")
        is_alone = row["CHILD"] in alone
        _add(child, "HEADER", row | {"UASC": "1" if is_alone else "0", "DUC": alone.get(row["CHILD"], "")})
    for row in parts["episodes"]:
        _add(children[row.pop("CHILD")], "EPISODE", row)
    return xml_bytes(root)


def xml_bytes(root: ElementTree.Element) -> bytes:
    """Return a whole document, indented."""
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")  # in one piece: five times as fast as to bytes
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def _as_text(table: pd.DataFrame) -> list[dict[str, str]]:
    """Return rows as text, dates dd/mm/yyyy."""
    table = table.copy()
    for column in table.columns.intersection(DATES):
        table[column] = table[column].dt.strftime("%d/%m/%Y").fillna("")
    return table.to_dict("records")


def _add(parent: ElementTree.Element, name: str, fields: dict[str, str]) -> None:
    """Add an element with fields that are not empty."""
    element = ElementTree.SubElement(parent, name)
    for key, text in fields.items():
        if text:
            ElementTree.SubElement(element, IN_XML.get(key, key)).text = text
