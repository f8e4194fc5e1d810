"""The SSDA903 return as XML: the same tables, with the same headings, as its CSV.

Its form is that of the Department for Education's technical specification (children looked after, section 1.1 and annex A): EXPSSDA903, then for each
CHILD a HEADER (CHILDID, SEX, DOB, ..., and UASC and DUC) and its EPISODEs. The placement is `PL` there, `PLACE` in the CSV; both are taken.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

import numpy as np

from calibration.record_errors import RecordsError
from calibration.record_files import RecordFile
from calibration.record_frames import RecordTable, table_of, text_column
from calibration.record_xml import elements

SSDA903_ROOT = "EXPSSDA903"
HEADINGS = {
    "header": ("CHILD", "SEX", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB"),
    "episodes": (
        "CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "DEC", "REC", "REASON_PLACE_CHANGE", "HOME_POST", "PL_POST", "URN",
    ),
    "uasc": ("CHILD", "SEX", "DOB", "DUC"),
}  # fmt: skip
OTHER_NAMES = {"CHILDID": "CHILD", "PL": "PLACE", "GENDER": "SEX"}
YES = frozenset({"1", "Y", "YES", "TRUE"})


def read_ssda903_xml(file: RecordFile) -> list[RecordTable]:
    """Return the tables `header`, `episodes` and `uasc` of a return; a row's number is the number of its child in the file.

    Raises
    ------
    RecordsError
        If it is not XML that is safe to read, or holds no child.
    """
    rows: dict[str, list[list[str]]] = {name: [] for name in HEADINGS}
    numbers: dict[str, list[int]] = {name: [] for name in HEADINGS}

    def add(table: str, cells: dict[str, str], number: int) -> None:
        """Add a row to a table."""
        rows[table].append([cells.get(heading, "") for heading in HEADINGS[table]])
        numbers[table].append(number)

    number = 0
    for number, child in enumerate(elements(file, "CHILD"), 1):
        header: dict[str, str] = {}
        for part in child:
            if part.tag.upper() == "HEADER" or not len(part):  # some systems leave a child's own fields beside its header
                header |= _fields(part) if len(part) else {_named(part): _text(part)}
        add("header", header, number)
        if header.get("UASC", "").upper() in YES or header.get("DUC"):
            add("uasc", header, number)
        for part in child.iter():
            if part.tag.upper() in {"EPISODE", "EPISODES"} and (episode := _fields(part)):
                add("episodes", episode | {"CHILD": header.get("CHILD", "")}, number)
    if not number:
        raise RecordsError(file.name, "holds no child (CHILD), expected a return")
    tables = []
    for name, headings in HEADINGS.items():
        columns = zip(*rows[name], strict=True) if rows[name] else [()] * len(headings)
        texts = {heading: text_column(list(column)) for heading, column in zip(headings, columns, strict=True)}
        tables.append(table_of(file.name, name, texts, np.array(numbers[name], dtype=int)))
    return tables


def _fields(part: Element) -> dict[str, str]:
    """Return the texts right below an element by name, as the CSV names them."""
    return {_named(field): _text(field) for field in part if not len(field)}


def _named(field: Element) -> str:
    """Return the CSV's name of a field."""
    name = field.tag.upper()
    return OTHER_NAMES.get(name, name)


def _text(field: Element) -> str:
    """Return a field's text."""
    return (field.text or "").strip()
