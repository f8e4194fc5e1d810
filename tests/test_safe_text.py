"""What is written for spreadsheets: no text becomes a formula, no number becomes text."""

import csv

import openpyxl
import pandas as pd
import pytest

from outputs.safe_text import safe, safe_frame, write_safe_csv, write_safe_workbook

pytestmark = pytest.mark.unit

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "=cmd|' /C calc'!A0", "\uff1d1", "\x00=1"]
PLAIN = ["U4", "a=b", "", "1+1", "'=1", "x@y", "2020-01-01"]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_like_a_formula_is_after_an_apostrophe(text):
    assert safe(text) == "'" + text


@pytest.mark.parametrize("value", [*PLAIN, -1, -1.5, None, True])
def test_everything_else_is_untouched(value):
    assert safe(value) is value


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame({"=HEAD": FORMULAS[:3] + PLAIN[:1], "n": [-1, 2, -3, 4], "x": [-1.5, None, 2.5, 0.0]}).assign(
        kind=lambda t: t["=HEAD"].astype("category"), day=pd.Timestamp("2020-01-02")
    )


def test_csv(table, tmp_path):
    write_safe_csv(table, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["'=HEAD", "n", "x", "kind", "day"]
    assert rows[1] == ["'=1+1", "-1", "-1.5", "'=1+1", "2020-01-02"]
    assert [row[1] for row in rows[1:]] == ["-1", "2", "-3", "4"]


def test_numbers_keep_their_types(table):
    done = safe_frame(table)
    assert (done.dtypes.iloc[[1, 2, 4]] == table.dtypes.iloc[[1, 2, 4]]).all()


def test_workbook_cells_are_text_and_numbers_never_formulas(table, tmp_path):
    write_safe_workbook({"first": table, "second": table.head(0)}, tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["first", "second"]
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    assert [cell.value for cell in book["first"][2]][:4] == ["=1+1", -1, -1.5, "=1+1"]
    assert book["first"]["C3"].value is None


@pytest.mark.parametrize("title", ["", "a/b", "x" * 32])
def test_titles_that_no_sheet_can_have(table, tmp_path, title):
    with pytest.raises(ValueError, match="no title"):
        write_safe_workbook({title: table}, tmp_path / "a.xlsx")
    assert not (tmp_path / "a.xlsx").exists()


def test_no_table_is_no_workbook(tmp_path):
    with pytest.raises(ValueError, match="a table at least"):
        write_safe_workbook({}, tmp_path / "a.xlsx")
