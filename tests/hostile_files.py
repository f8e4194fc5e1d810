"""Files made to do harm, or spoilt, by kind: each builder writes into a folder and returns the path to read and what its refusal must name.

Every file that can hold a cell holds `SECRET`, so that a message that repeats a cell is caught.
"""

import gzip
import io
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl

SECRET = "QX900417"
CSV = f"CHILD,DECOM,LS\n{SECRET},01/04/2020,C2\n".encode()
Case = Callable[[Path], tuple[Path, str]]
HOSTILE: dict[tuple[str, str], Case] = {}


def hostile(kind: str, name: str) -> Callable[[Case], Case]:
    """Register a builder under a kind and a name."""

    def register(case: Case) -> Case:
        assert (kind, name) not in HOSTILE
        HOSTILE[kind, name] = case
        return case

    return register


def _file(kind: str, name: str, file: str, content: bytes | str | Callable[[], bytes | str]) -> None:
    """Register one file of some content, made when it is asked for if it is large."""

    def case(folder: Path) -> tuple[Path, str]:
        path = folder / file
        made = content() if callable(content) else content
        path.write_bytes(made if isinstance(made, bytes) else made.encode())
        return path, file

    HOSTILE[kind, name] = case


def zipped(folder: Path, entries: dict[str, bytes], pack: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write a zip."""
    path = folder / "returns.zip"
    with zipfile.ZipFile(path, "w", pack) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def _patch(path: Path, local: int, central: int, value: bytes) -> None:
    """Overwrite bytes of every local header and every directory entry."""
    content = bytearray(path.read_bytes())
    for magic, offset in ((b"PK\x03\x04", local), (b"PK\x01\x02", central)):
        at = content.find(magic)
        while at >= 0:
            content[at + offset : at + offset + len(value)] = value
            at = content.find(magic, at + 1)
    path.write_bytes(bytes(content))


@hostile("archive", "flat bomb")
def _(folder):
    return zipped(folder, {"a.csv": bytes(64 * 1024**2)}), "a.csv"


@hostile("archive", "bomb whose header claims little")
def _(folder):
    path = zipped(folder, {"a.csv": bytes(64 * 1024**2)})
    _patch(path, 22, 24, struct.pack("<I", 1000))
    return path, "returns.zip"


@hostile("archive", "bomb whose directory claims gigabytes")
def _(folder):
    path = zipped(folder, {"a.csv": CSV})
    _patch(path, 22, 24, struct.pack("<I", 4_000_000_000))
    return path, "a.csv"


@hostile("archive", "entries that share their bytes")
def _(folder):
    path = zipped(folder, {"a.csv": CSV * 100})
    content = path.read_bytes()
    start, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    entry = content[start:end]
    directory = b"".join(entry.replace(b"a.csv", f"{n:05d}"[:1].encode() + b".csv") for n in range(1000))
    tail = bytearray(content[end:])
    tail[8:16] = struct.pack("<HHI", 1000, 1000, len(directory))
    path.write_bytes(content[:start] + directory + bytes(tail))
    return path, "returns.zip"


@hostile("archive", "archive in an archive")
def _(folder):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.csv", CSV)
    return zipped(folder, {"inner.zip": inner.getvalue()}), "inner.zip"


@hostile("archive", "archive in an archive, called CSV")
def _(folder):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.csv", CSV)
    return zipped(folder, {"inner.csv": inner.getvalue()}), "inner.csv"


def _path(name: str, entry: str) -> None:
    HOSTILE["path", name] = lambda folder: (zipped(folder, {entry: CSV}), "evil.csv")


_path("up", "../evil.csv")
_path("up from within", "2020/../../evil.csv")
_path("absolute", "/tmp/evil.csv")
_path("drive", "C:/evil.csv")
_path("drive without a slash", "C:evil.csv")
_path("backslashes", "..\\..\\evil.csv")
_path("absolute by backslash", "\\\\server\\share\\evil.csv")


@hostile("path", "link in a zip")
def _(folder):
    path = folder / "returns.zip"
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("evil.csv")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return path, "evil.csv"


@hostile("path", "link in a folder")
def _(folder):
    inside = folder / "returns"
    inside.mkdir()
    (inside / "evil.csv").symlink_to("/etc/passwd")
    return inside, "evil.csv"


@hostile("path", "link to a folder")
def _(folder):
    inside = folder / "returns"
    inside.mkdir()
    (inside / "evil").symlink_to("/")
    return inside, "evil"


@hostile("path", "pipe in a folder")
def _(folder):
    inside = folder / "returns"
    inside.mkdir()
    os.mkfifo(inside / "evil.csv")
    return inside, "evil.csv"


@hostile("archive", "password")
def _(folder):
    path = zipped(folder, {"a.csv": CSV})
    _patch(path, 6, 8, b"\x01")
    return path, "a.csv"


@hostile("archive", "broken off")
def _(folder):
    path = zipped(folder, {"a.csv": CSV * 1000})
    path.write_bytes(path.read_bytes()[:200])
    return path, "returns.zip"


@hostile("archive", "one byte changed")
def _(folder):
    path = zipped(folder, {"a.csv": CSV * 1000})
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(bytes(content))
    return path, "returns.zip"


@hostile("archive", "bytes missing")
def _(folder):
    path = zipped(folder, {"a.csv": CSV * 1000})
    content = path.read_bytes()
    path.write_bytes(content[:60] + content[69:])
    return path, "returns.zip"


@hostile("archive", "packed another way")
def _(folder):
    return zipped(folder, {"a.csv": CSV}, zipfile.ZIP_LZMA), "a.csv"


@hostile("archive", "six thousand entries")
def _(folder):
    return zipped(folder, {f"{n}.csv": b"" for n in range(6000)}, zipfile.ZIP_STORED), "returns.zip"


@hostile("archive", "six thousand files")
def _(folder):
    inside = folder / "returns"
    inside.mkdir()
    for n in range(6000):
        (inside / f"{n}.csv").touch()
    return inside, "returns"


@hostile("archive", "no archive")
def _(folder):
    path = folder / "returns.zip"
    path.write_bytes(CSV)
    return path, "returns.zip"


@hostile("archive", "program among returns")
def _(folder):
    return zipped(folder, {"a.csv": CSV, "run.exe": b"MZ"}), "run.exe"


ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
CHILD = f"<CHILD><HEADER><CHILDID>{SECRET}</CHILDID></HEADER></CHILD>"


def _xml(name: str, content: bytes | str | Callable[[], str]) -> None:
    _file("XML", name, "return.xml", content)


_xml("billion laughs", f'<!DOCTYPE x [<!ENTITY a0 "{SECRET}">{ENTITIES}]><EXPSSDA903><CHILD>&a11;</CHILD></EXPSSDA903>')
_xml("quadratic", f'<!DOCTYPE x [<!ENTITY a "{SECRET * 10_000}">]><EXPSSDA903><CHILD>{"&a;" * 10_000}</CHILD></EXPSSDA903>')
_xml("file as an entity", '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><EXPSSDA903><CHILD>&a;</CHILD></EXPSSDA903>')
_xml("parameter entity", '<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:9/a.dtd"> %a;]><EXPSSDA903/>')
_xml("document type elsewhere", f'<!DOCTYPE EXPSSDA903 SYSTEM "http://127.0.0.1:9/a.dtd"><EXPSSDA903>{CHILD}</EXPSSDA903>')
_xml("document type in UTF-16", f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x><EXPSSDA903>{CHILD}</EXPSSDA903>'.encode("utf-16"))
_xml("a hundred thousand levels", "<EXPSSDA903>" + "<CHILD>" * 100_000)
_xml("a hundred thousand levels, closed", "<EXPSSDA903>" + "<CHILD>" * 100_000 + "</CHILD>" * 100_000 + "</EXPSSDA903>")
_xml("broken off", f"<EXPSSDA903>{CHILD}<CHILD><HEADER><CHILDID>{SECRET}")
_xml("not closed in order", f"<EXPSSDA903><CHILD>{SECRET}</EXPSSDA903></CHILD>")
_xml("another encoding than declared", f'<?xml version="1.0" encoding="UTF-8"?><EXPSSDA903><CHILD>{SECRET}é</CHILD></EXPSSDA903>'.encode("cp1252"))
_xml("declared UTF-16", f'<?xml version="1.0" encoding="UTF-16"?><EXPSSDA903>{CHILD}</EXPSSDA903>')
_xml("unknown encoding", f'<?xml version="1.0" encoding="x-{SECRET}"?><EXPSSDA903>{CHILD}</EXPSSDA903>')
_xml("entity never declared", f"<EXPSSDA903><CHILD>{SECRET}&a;</CHILD></EXPSSDA903>")
_xml("a text of 50 MB", lambda: f"<EXPSSDA903><CHILD>{SECRET}{'x' * 50_000_000}</CHILD></EXPSSDA903>")
_xml("an attribute of 50 MB", lambda: f"<EXPSSDA903><CHILD a='{SECRET}{'x' * 50_000_000}'/></EXPSSDA903>")
_xml("a comment of 50 MB", lambda: f"<EXPSSDA903><!-- {SECRET}{'x' * 50_000_000} --></EXPSSDA903>")
_xml("a million elements in a child", lambda: f"<EXPSSDA903><CHILD>{SECRET}{'<a/>' * 1_000_000}</CHILD></EXPSSDA903>")
_xml("no child", "<EXPSSDA903/>")
_xml("another root", f"<html><body>{SECRET}</body></html>")
_xml("empty", "")
_xml("blanks", " \n ")
_xml("NULs", f"<EXPSSDA903><CHILD>{SECRET}\0</CHILD></EXPSSDA903>")
_xml("a zip", b"PK\x03\x04" + CSV)
_xml("a CSV", CSV)


def workbook(rows: list[list[object]]) -> bytes:
    """Return a workbook of one sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def with_part(content: bytes, name: str, change: Callable[[bytes], bytes], pack: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a workbook one part of which is changed, or added."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", pack) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry.filename, old.read(entry))
        new.writestr(name, change(old.read(name) if name in old.namelist() else b""))
    return stream.getvalue()


BOOK = workbook([["CHILD", "DECOM"], [SECRET, "01/04/2020"]])
SHEET = "xl/worksheets/sheet1.xml"
LAUGHS = f'<!DOCTYPE x [<!ENTITY a0 "{SECRET}">{ENTITIES}]>'.encode()


def _book(name: str, content: bytes | Callable[[], bytes]) -> None:
    _file("workbook", name, "book.xlsx", content)


_book("bomb inside", lambda: with_part(BOOK, "xl/media/a.xml", lambda _: bytes(64 * 1024**2)))
_book("bomb as a sheet", lambda: with_part(BOOK, SHEET, lambda sheet: sheet.replace(b"</sheetData>", b"<row/>" * 10_000_000 + b"</sheetData>")))
_book("entity bomb in texts", with_part(BOOK, "xl/sharedStrings.xml", lambda _: LAUGHS + b"<sst><si><t>&a11;</t></si></sst>"))
_book("entity bomb in a sheet", with_part(BOOK, SHEET, lambda sheet: LAUGHS + sheet))
_book("file as an entity", with_part(BOOK, SHEET, lambda sheet: b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + sheet))
_book("document type in relations", with_part(BOOK, "_rels/.rels", lambda part: b"<!DOCTYPE x>" + part))
_book("document type in UTF-16", with_part(BOOK, SHEET, lambda sheet: ("<!DOCTYPE x>" + sheet.decode()).encode("utf-16")))
_book("part that leads out", with_part(BOOK, "../evil.xml", lambda _: b"<a/>"))
_book("a zip of something else", with_part(BOOK, "a.xml", lambda _: b"<a/>").replace(b"[Content_Types].xml", b"[Content-Types].xml"))
_book("a CSV", CSV)
_book("a PDF", b"%PDF-1.7" + CSV)
_book("locked, or of old", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512))
_book("broken off", BOOK[: len(BOOK) // 2])
_book("bytes missing", BOOK[:60] + BOOK[69:])
_book("empty", b"")
_book("sheet missing", with_part(BOOK, "xl/_rels/workbook.xml.rels", lambda part: part.replace(b"sheet1.xml", b"sheet9.xml")))
_book("sheet broken off", with_part(BOOK, SHEET, lambda sheet: sheet[: len(sheet) // 2]))
_book("text that is not there", with_part(BOOK, SHEET, lambda sheet: sheet.replace(b"</row>", b'<c r="C1" t="s"><v>99999</v></c></row>')))
_book("headings alike", workbook([["CHILD", "child "], [SECRET, "1"]]))
_book("a thousand columns", workbook([[f"C{n}" for n in range(1000)], [SECRET]]))
_book("cell of a book", workbook([["CHILD", "NOTE"], [SECRET, "x" * 20_000]]))


def _csv(name: str, content: bytes | Callable[[], bytes]) -> None:
    _file("CSV", name, "episodes.csv", content)


_csv("NULs", CSV + b"\0\0\0")
_csv("UTF-16", CSV.decode().encode("utf-16"))
_csv("UTF-16 without its mark", CSV.decode().encode("utf-16-le"))
_csv("no encoding", CSV + b"\x81\x8d,1,2\n")
_csv("control characters", CSV + b"\x1b[2J,1,2\n")
_csv("cell of 50 MB", lambda: CSV + SECRET.encode() + b"x" * 50_000_000 + b",1,2\n")
_csv("quoted cell of 50 MB", lambda: CSV + b'"' + SECRET.encode() + b"x\n" * 25_000_000 + b'",1,2\n')
_csv("quote open in the last column", CSV + f'1,2,"3\n{SECRET},5,6\n7,8,9\n'.encode())
_csv("quote open in the first column", CSV + f'"1,2,3\n{SECRET},5,6\n7,8,9\n'.encode())
_csv("quote closed by a later row's", b"A,B,C,D\n" + f'1,"2,3,4\n{SECRET},2,3,4\n1,"2",3,4\n5,6,7,8\n'.encode())
_csv("quote open in the heading", b'CHILD,"DECOM,LS\n' + CSV)
_csv("hundred thousand columns", b",".join(b"C%d" % n for n in range(100_000)) + b"\n" + CSV)
_csv("million columns", lambda: b"," * 1_000_000 + b"\n" + CSV)
_csv("headings alike", b"CHILD,DECOM, child\n" + CSV)
_csv("headings without names", b",,\n" + CSV)
_csv("empty", b"")
_csv("blank lines", b"\n\n\n")
_csv("binary", bytes(range(256)) * 100)
_csv("workbook", BOOK)
_csv("PDF", b"%PDF-1.7\n" + CSV)
_csv("gzip", gzip.compress(CSV))
_csv("web page", b"<!DOCTYPE html><html>" + CSV)
_file("CSV", "name that steers a terminal", "a\x1b[2Jb.csv", b"")
