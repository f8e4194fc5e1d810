"""Files of records: what is opened of a folder, a zip or a file, in which order, and what is left alone."""

import zipfile

import pytest
from hostile_files import CSV, zipped

from calibration import record_archives, record_files
from calibration.record_errors import RecordsError, shown
from calibration.record_files import RecordFile
from calibration.record_files import record_files as opened

pytestmark = pytest.mark.e2e  # of files


def test_a_folder_and_its_folders_by_name(tmp_path):
    for name in ("2021/episodes.csv", "2020/Header.CSV", "2020/notes.txt", ".hidden/a.csv", "2021/~$book.xlsx", "2021/book.xlsx"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(name.encode())
    assert list(opened(tmp_path)) == [
        RecordFile("2020/Header.CSV", "csv", b"2020/Header.CSV"),
        RecordFile("2021/book.xlsx", "xlsx", b"2021/book.xlsx"),
        RecordFile("2021/episodes.csv", "csv", b"2021/episodes.csv"),
    ]


def test_a_zip_is_as_its_folder(tmp_path):
    entries = {"b/return.xml": b"<a/>", "a.csv": CSV, "__MACOSX/a.csv": b"x", "notes.pdf": b"%PDF", "b/.DS_Store": b""}
    assert list(opened(zipped(tmp_path, entries))) == [RecordFile("a.csv", "csv", CSV), RecordFile("b/return.xml", "xml", b"<a/>")]


def test_one_file(write):
    assert list(opened(write(CSV, "mine.csv"))) == [RecordFile("mine.csv", "csv", CSV)]


def test_stored_and_deflated_zips_hold_the_same(tmp_path):
    (tmp_path / "stored").mkdir()
    (tmp_path / "deflated").mkdir()
    stored = zipped(tmp_path / "stored", {"a.csv": CSV}, zipfile.ZIP_STORED)
    deflated = zipped(tmp_path / "deflated", {"a.csv": CSV}, zipfile.ZIP_DEFLATED)
    assert list(opened(stored)) == list(opened(deflated))


def test_a_return_of_much_repetition_is_no_bomb(tmp_path):
    content = CSV + b"".join(b"%d,01/04/20%02d,C%d\n" % (100_000 + n // 400, n % 20, n % 3) for n in range(100_000))
    path = zipped(tmp_path, {"a.csv": content})
    assert len(content) > 10 * path.stat().st_size
    assert next(opened(path)).content == content


@pytest.mark.parametrize(("name", "message"), [("none", "no such file"), ("a.docx", "expected a folder, a .zip, or"), ("empty", "holds no file")])
def test_nothing_to_read(tmp_path, name, message):
    (tmp_path / "a.docx").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(RecordsError, match=message):
        list(opened(tmp_path / name))


def test_a_file_on_disk_has_a_limit(write, monkeypatch):
    monkeypatch.setattr(record_files, "MOST_BYTES", 10)
    with pytest.raises(RecordsError, match="holds more than 10 bytes"):
        list(opened(write(CSV, "a.csv")))


def test_the_files_of_an_archive_have_a_limit_together(tmp_path, monkeypatch):
    path = zipped(tmp_path, {f"{n}.csv": CSV for n in range(3)})
    monkeypatch.setattr(record_files, "MOST_BYTES_TOGETHER", 3 * len(CSV))
    assert len(list(opened(path))) == 3
    monkeypatch.setattr(record_files, "MOST_BYTES_TOGETHER", 3 * len(CSV) - 1)
    with pytest.raises(RecordsError, match="expected 113 at most"):
        list(opened(path))


def test_what_unpacks_is_counted_whatever_the_header_says(tmp_path, monkeypatch):
    path = zipped(tmp_path, {"a.csv": bytes(5000)})
    monkeypatch.setattr(record_archives, "SMALL", 100)
    with zipfile.ZipFile(path) as archive, pytest.raises(RecordsError, match=r"returns\.zip/a\.csv: unpacks from"):
        record_archives.unpacked(archive, archive.getinfo("a.csv"), "returns.zip", 10**6)


def test_names_in_messages_are_one_line_and_not_endless():
    assert shown("a\nb\x1b[2J\u202e.csv") == "a?b?[2J?.csv"
    assert shown("x" * 500 + ".csv").endswith("x.csv")
    assert len(shown("x" * 500)) == 123
