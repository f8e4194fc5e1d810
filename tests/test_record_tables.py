"""Tables of records as text: whatever wrote a CSV, its text comes back; what cannot be read is counted or refused by its line."""

import csv
import io

import pytest
from hostile_files import BOOK, CSV, SECRET
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration import record_csv
from calibration.record_errors import RecordsError
from calibration.record_files import RecordFile
from calibration.record_tables import ROW, kind_of, read_csv, read_tables, tables_of

pytestmark = pytest.mark.e2e  # of files


def of(content: bytes | str, name: str = "a.csv"):
    return read_csv(RecordFile(name, "csv", content if isinstance(content, bytes) else content.encode()))


def cells(table) -> list[list[str]]:
    return table.frame.drop(columns=ROW).astype(str).to_numpy().tolist()


CELL = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), include_characters="\n"), max_size=20)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=12),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_csv_writes_is_read(rows, quoting, end):
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=quoting, lineterminator=end)
    writer.writerows([["CHILD", "DECOM", "NOTE"], *rows])
    expected = [[cell.strip() for cell in row] for row in rows]
    assert cells(of(stream.getvalue())) == [row for row in expected if any(row)]


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.lists(st.text("0123456789ABC/- ", max_size=8), min_size=4, max_size=4), min_size=1, max_size=30))
def test_rows_are_numbered_by_line(rows):
    text = "A,B,C,D\n" + "".join(",".join(row) + "\n" for row in rows)
    assert of(text).frame[ROW].tolist() == [line for line, row in enumerate(rows, 2) if any(cell.strip() for cell in row)]


@pytest.mark.parametrize("block", [32, 100, 10**6])
def test_rows_of_another_length_are_left_out_and_counted(block, monkeypatch):
    monkeypatch.setattr(record_csv, "BLOCK_BYTES", block)
    table = of("A,B\n" + "1,2\n" * 20 + "3\n" + "\n" + "1,2,3\n" + "4,5\n" * 20 + "6")
    assert table.left_out == {record_csv.OTHER_LENGTH: 3}
    assert cells(table) == [["1", "2"]] * 20 + [["4", "5"]] * 20
    assert table.frame[ROW].tolist() == [*range(2, 22), *range(25, 45)]


@pytest.mark.parametrize(
    ("content", "columns", "rows", "note"),
    [
        (b"\xef\xbb\xbfchild , Decom\n 1 ,2\n", {"CHILD", "DECOM"}, [["1", "2"]], ""),
        ("CHILD,NAME\n1,Zo\u00eb\n".encode("cp1252"), {"CHILD", "NAME"}, [["1", "Zo\u00eb"]], "not UTF-8"),
        (b"CHILD;DECOM\n1;2,5\n", {"CHILD", "DECOM"}, [["1", "2,5"]], "semicolons"),
        (b"CHILD\tDECOM\n1\t2\n", {"CHILD", "DECOM"}, [["1", "2"]], "tabs"),
        (b"CHILD,DECOM\r1,2\r3,4\r", {"CHILD", "DECOM"}, [["1", "2"], ["3", "4"]], ""),
        (b'"CHILD\nID",,"a ""b"""\n1,2,3', {"CHILD ID", "COLUMN 2", 'A "B"'}, [["1", "2", "3"]], ""),
        (b"CHILD,DECOM\n1,2\n\x1a", {"CHILD", "DECOM"}, [["1", "2"]], ""),
        (b"CHILD,DECOM", {"CHILD", "DECOM"}, [], ""),
        (b"CHILD\n1\n\n2\n", {"CHILD"}, [["1"], ["2"]], ""),
        (b"CHILD,SIZE\n1,5\" by 6\"\n2,3\"\n", {"CHILD", "SIZE"}, [["1", '5" by 6"'], ["2", '3"']], ""),
        (b"CHILD,NOTE\n1,\"first, second\nthird, fourth\"\n", {"CHILD", "NOTE"}, [["1", "first, second\nthird, fourth"]], ""),
        (b"CHILD,N\n=1+1,-5\n-x,+7.5\n@a,-\n", {"CHILD", "N"}, [["=1+1", "-5"], ["-x", "+7.5"], ["@a", "-"]], "3 cells begin with"),
    ],
)  # fmt: skip
def test_whatever_wrote_it(content, columns, rows, note):
    table = of(content)
    assert (table.columns, cells(table)) == (columns, rows)
    assert note in " ".join(table.notes)
    assert bool(note) == bool(table.notes)


def test_only_what_stands_in_rows_is_a_category():
    assert list(of("LS\n C2\nC2 \n").frame["LS"].cat.categories) == ["C2"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('A,B,C\n1,2,3\n4,5,"6\n7,8,9\n', 3),
        ('A,B,C\n1,2,3\n4,"5,6\n7,8,9\n', 3),
        ('A,B,C\r\n1,2,3\r\n"4,5,6\r\n7,8,9\r\n', 3),
        ('A,B,C,D\n1,"one\ntwo",3,4\n1,"2,3,4\n1,2,3,4\n1,"2",3,4\n', 4),
        ('A,B,C,D\n1,2,3,"4\n1,2,3,"4"\n', 2),
        ('A,B\n1,"2', 2),
    ],
)
def test_a_quote_left_open_is_refused_by_its_line(text, line):
    with pytest.raises(RecordsError, match="quote") as refused:
        of(text)
    assert refused.value.row == line


PLAIN_CELLS = st.sampled_from(["", "U4", "01/04/2020", '"Smith, J"', '"5 "" wide"', '""'])


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.lists(PLAIN_CELLS, min_size=3, max_size=3), min_size=2, max_size=8),
    where=st.tuples(st.integers(0, 7), st.integers(0, 3)),
    before=st.booleans(),
)
def test_no_row_is_lost_in_silence_to_a_stray_quote(rows, where, before):
    lines = [[f"k{n}", *row] for n, row in enumerate(rows)]
    row, column = where[0] % len(lines), where[1]
    cell = lines[row][column]
    lines[row][column] = '"' + cell if before else cell + '"'
    try:
        table = of("A,B,C,D\n" + "".join(",".join(line) + "\n" for line in lines))
    except RecordsError as refused:
        assert "quote" in str(refused)  # noqa: PT017 - either is right, by where the quote stands
    else:
        assert len(table.frame) + sum(table.left_out.values()) == len(lines)


def test_message_of_a_file_without_heading_tells_no_cell():
    with pytest.raises(RecordsError) as refused:
        of(f"{SECRET},b\n1,2\n{'x' * 20_000},2\n")
    assert SECRET not in str(refused.value)
    assert "column 1" in str(refused.value)


def test_many_cells_keep_their_places():
    lines = [f"{n},{n % 7},{n % 1000}" for n in range(100_000)]
    frame = of("A,B,C\n" + "\n".join(lines)).frame
    assert frame["A"].astype(int).tolist() == list(range(100_000))
    assert (frame["C"].astype(int) == frame["A"].astype(int) % 1000).all()


def test_every_table_of_a_folder(tmp_path):
    (tmp_path / "a.csv").write_bytes(CSV)
    (tmp_path / "b.xlsx").write_bytes(BOOK)
    (tmp_path / "c.xml").write_text("<EXPSSDA903><CHILD><HEADER><CHILDID>1</CHILDID></HEADER></CHILD></EXPSSDA903>")
    (tmp_path / "d.xml").write_text("<Message><Children/></Message>")
    tables = list(read_tables(tmp_path))
    assert [(table.file, table.sheet, len(table.frame)) for table in tables] == [
        ("a.csv", "", 1), ("b.xlsx", "Sheet", 1), ("c.xml", "header", 1), ("c.xml", "episodes", 0), ("c.xml", "uasc", 0), ("d.xml", "", 0),
    ]  # fmt: skip
    assert tables[-1].columns == frozenset()
    assert "CIN" in tables[-1].notes[0]


@pytest.mark.parametrize(("text", "kind"), [("<EXPSSDA903/>", "ssda903_xml"), ('<Message xmlns="urn:x"/>', "message_xml")])
def test_xml_is_told_by_its_root(text, kind):
    assert kind_of(RecordFile("a.xml", "xml", text.encode())) == kind


def test_tables_of_one_file():
    assert [len(table.frame) for table in tables_of(RecordFile("a.csv", "csv", CSV))] == [1]
