"""Help for tests of workbooks: cells by their words, and a workbook as LibreOffice computes it."""

import shutil
import subprocess

import openpyxl
import pytest

needs_libreoffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not on the path: it computes the formulas")
ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def without_values(path, to, changes=(), only=None):
    """Save a workbook, or one sheet of it, without what its formulas came to, and with some cells changed ((sheet, cell, value), ...)."""
    book = openpyxl.load_workbook(path)
    for name in [name for name in book.sheetnames if only and name != only]:
        del book[name]
    for sheet, cell, value in changes:
        book[sheet][cell] = value
    book.save(to)
    return to


def computed(paths, folder):
    """Return workbooks with every formula computed by LibreOffice, in the order of `paths`, whose names differ."""
    profile, done = folder / "profile", folder / "computed"
    (profile / "user").mkdir(parents=True, exist_ok=True)
    (profile / "user" / "registrymodifications.xcu").write_text(ALWAYS_RECALCULATE)
    command = ["soffice", "--headless", f"-env:UserInstallation={profile.as_uri()}", "--convert-to", "xlsx", "--outdir", str(done), *map(str, paths)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert all((done / path.name).exists() for path in paths), run.stdout + run.stderr
    return [openpyxl.load_workbook(done / path.name, data_only=True) for path in paths]


def records(sheet, heading="Scenario"):
    """Return the rows of every table of a sheet whose first heading is this one, as dictionaries of texts and numbers."""
    found, head = [], None
    for row in sheet.iter_rows(values_only=True):
        if row[0] == heading:
            head = [name for name in row if name is not None]
        elif row[0] is None:
            head = None
        elif head:
            found.append(dict(zip(head, row, strict=False)))
    return found


def blocks(sheet, heading):
    """Return, for each table of a sheet whose first heading is this one and the lines below it, rows by their first cell, in order."""
    found, inside = [], False
    for row in sheet.iter_rows(values_only=True):
        if row[0] == heading:
            found.append({"": row})
            inside = True
        elif row[0] is None:
            inside = False
        elif inside:
            found[-1].setdefault(row[0], row)
    return found
