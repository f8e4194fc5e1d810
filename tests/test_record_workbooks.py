"""Workbooks as tables of text: values as they are written, headings below titles, sheets that are no tables, no block of memory for a far cell."""

import tracemalloc
from datetime import date, datetime, time
from io import BytesIO

import openpyxl
import pytest
from hostile_files import SHEET, with_part, workbook
from openpyxl.chart import BarChart, Reference

from calibration import record_workbooks
from calibration.record_errors import RecordsError
from calibration.record_files import RecordFile
from calibration.record_tables import ROW
from calibration.record_workbooks import read_workbook

pytestmark = pytest.mark.e2e  # of files


def read(content: bytes):
    return list(read_workbook(RecordFile("book.xlsx", "xlsx", content)))


def cells(table) -> list[list[str]]:
    return table.frame.drop(columns=ROW).astype(str).to_numpy().tolist()


def saved(book: openpyxl.Workbook, tmp_path) -> bytes:
    book.save(tmp_path / "book.xlsx")
    return (tmp_path / "book.xlsx").read_bytes()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(2020, 4, 1), "2020-04-01"), (datetime(2020, 4, 1), "2020-04-01"), (datetime(2020, 4, 1, 9, 30), "2020-04-01 09:30:00"),
        (time(9, 30), "09:30:00"), (123456.0, "123456"), (123456, "123456"), (-3, "-3"), (12.5, "12.5"), (True, "TRUE"), (False, "FALSE"), (0, "0"),
        (1, "1"), (" text ", "text"), ("01/04/2020", "01/04/2020"), ("00123", "00123"), (None, ""),
    ],
)  # fmt: skip
def test_a_cell_is_text(value, text):
    assert cells(read(workbook([["A", "B"], ["x", value]]))[0]) == [["x", text]]


def test_equal_values_of_other_kinds_stay_apart():
    assert cells(read(workbook([["A", "B", "C"], [1, True, 1.0], [0, False, 0.0]]))[0]) == [["1", "TRUE", "1"], ["0", "FALSE", "0"]]


def test_the_heading_is_the_first_row_of_two_cells():
    rows = [["List 8: looked after"], [], ["", "as at 31 March"], ["Child ", "date  of\nbirth", None], [1, 2], [None, None], [3, 4]]
    table = read(workbook(rows))[0]
    assert table.columns == {"CHILD", "DATE OF BIRTH"}
    assert cells(table) == [["1", "2"], ["3", "4"]]
    assert table.frame[ROW].tolist() == [5, 7]
    assert table.notes == ("2 rows above its heading taken for a title",)


def test_a_table_a_sheet_and_none_of_what_is_no_table(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Guidance"])
    book.create_sheet("List 1").append(["A", "B"])
    second = book.create_sheet("List 2")
    second.append(["A", "B"])
    second.append([1, 2])
    chart = BarChart()
    chart.add_data(Reference(second, min_col=1, min_row=2))
    book.create_chartsheet("Chart").add_chart(chart)
    assert [(table.sheet, len(table.frame)) for table in read(saved(book, tmp_path))] == [("List 1", 0), ("List 2", 1)]


def test_of_formulas_the_last_value_and_what_begins_like_one_is_text():
    content = workbook([["A", "B", "C"], ["x", "=1+1", "@me"], ["-", "+44", "-x"]])
    content = with_part(content, SHEET, lambda sheet: sheet.replace(b"<v></v>", b"<v>2</v>").replace(b"<v />", b"<v>2</v>"))
    table = read(content)[0]
    assert cells(table)[0][1] == "2"
    assert any("1 formulas" in note for note in table.notes)
    assert any("2 cells begin with" in note for note in table.notes)


def test_a_formula_never_computed_is_said_and_its_error_is_nothing():
    content = workbook([["A", "B"], ["x", "=1/0"], ["y", "#N/A"]])
    table = read(content)[0]
    assert cells(table) == [["x", ""], ["y", ""]]
    assert any("never computed" in note for note in table.notes)
    assert any("1 cells hold the error" in note for note in table.notes)


def test_cells_beside_the_columns_are_counted():
    table = read(workbook([["A", "B"], [1, 2, None, "a remark"], [3, 4]]))[0]
    assert cells(table) == [["1", "2"], ["3", "4"]]
    assert table.notes == ("1 rows have cells beside its columns, which are not read",)


def test_a_cell_in_the_last_row_and_column_takes_no_memory():
    book = openpyxl.Workbook()
    book.active.append(["A", "B"])
    book.active.append([1, 2])
    book.active["XFD20000"] = "x"
    stream = BytesIO()
    book.save(stream)
    tracemalloc.start()
    table = read(stream.getvalue())[0]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert cells(table) == [["1", "2"]]
    assert peak < 20 * 1024**2  # laid out, the sheet has 330 million cells


def test_a_size_that_a_sheet_claims_is_not_believed():
    content = with_part(workbook([["A", "B"], [1, 2]]), SHEET, lambda sheet: sheet.replace(b"A1:B2", b"A1:A1"))
    assert cells(read(content)[0]) == [["1", "2"]]


def test_dates_out_of_range_warn_nobody(recwarn):
    content = workbook([["A", "B"], ["x", date(2020, 1, 1)]])
    assert cells(read(with_part(content, SHEET, lambda sheet: sheet.replace(b"<v>43831</v>", b"<v>1e300</v>")))[0]) == [["x", ""]]
    assert not recwarn


def test_cells_have_a_limit(monkeypatch):
    monkeypatch.setattr(record_workbooks, "MOST_CELLS", 4)
    assert len(read(workbook([["A", "B"], [1, 2], [3, 4]]))[0].frame) == 2
    with pytest.raises(RecordsError, match="more than 4 cells"):
        read(workbook([["A", "B"], [1, 2], [3, 4], [5, 6]]))
